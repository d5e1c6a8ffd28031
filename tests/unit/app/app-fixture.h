/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fake-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A window of the handset's size over a fake session, and hands and eyes for tests of it. */

typedef struct
{
  GcSession *session;
  GtkWindow *window;
} AppFixture;

void
app_fixture_init (int *argc, char ***argv);
void
app_fixture_open (AppFixture *self, gboolean paired, int width, int height);
void
app_fixture_close (AppFixture *self);

GcTaskItem *
app_fixture_add_task (AppFixture *self, GcTaskUrgency urgency, GcTaskState state);
GcAlertItem *
app_fixture_add_alert (AppFixture *self, GcCapSeverity severity, gboolean loud);
void
app_fixture_settle (AppFixture *self);
GtkWidget *
app_fixture_find (AppFixture *self, GType type, const char *text);
void
app_fixture_click (AppFixture *self, const char *text);
void
app_fixture_wait_for (AppFixture *self, GType type, const char *text);
void
app_fixture_look (AppFixture *self, const char *name);
void
app_fixture_assert_called (AppFixture *self, const char *call);

G_END_DECLS
