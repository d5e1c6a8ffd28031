/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center-fixture.h"
#include "channel/gc-channel.h"
#include "store-fixture.h"
#include "test-link.h"

/* A terminal's store and channel, and the real center at the other end. */

typedef struct
{
  Fixture center;
  StoreFixture terminal;
  GcCredentials *credentials;
  TestLink *link; /* one port, though the center takes another when it starts again */
  GcChannel *channel;
  char *task_id;
  const char *expected;
} Both;

GcChannel *
both_make_channel (Both *both);
void
both_end_channel (Both *both);
void
both_set_up (Both *both, gconstpointer data);
void
both_tear_down (Both *both, gconstpointer data);
gboolean
both_is_online (gpointer both);
/* Whether the center has acknowledged everything. */
gboolean
both_is_delivered (gpointer both);
void
both_go_online (Both *both);
