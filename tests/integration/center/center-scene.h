/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center-fixture.h"

/* What a console hears. */
typedef struct
{
  SoupWebsocketConnection *socket;
  gboolean failed;
  GQueue events; /* of JsonObject */
} Ear;

/* Look at @socket for whether it was let in. */
void
ear_connect (Ear *ear, Fixture *fixture, const char *origin);
/* Waits for an event of that name whose member has that text; others before it are dropped. */
JsonObject *
ear_wait (Ear *ear, const char *name, const char *member, const char *value);
void
ear_expect (Ear *ear, const char *name, const char *member, const char *value);
void
ear_clear (Ear *ear);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Ear, ear_clear)

/* A dispatcher and a terminal that is online. */
typedef struct
{
  Fixture base;
  GcCredentials *credentials;
  Channel *channel;
  const char *terminal;
} Scene;

void
scene_set_up (Scene *scene, gconstpointer data);
void
scene_tear_down (Scene *scene, gconstpointer data);
/* Its id. */
char *
create_task (Scene *scene);
