/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What is attached to the fake session's tasks: where each file is, the test says. */
#include "fake-session.h"

static GHashTable *states; /* id of a file → GcAttachmentState */

/* What was here of a picture when the test said that it is loading. */
#define PERCENT 40

static void
set_state (const char *id, GcAttachmentState state)
{
  if (states == NULL)
    states = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_replace (states, g_strdup (id), GINT_TO_POINTER (state));
}

void
fake_session_set_attachment (GcSession *self, const char *id, GcAttachmentState state)
{
  set_state (id, state);
  g_signal_emit_by_name (self, "attachment-changed", id);
}

GcAttachmentState
gc_session_look_at_attachment (GcSession *self,
                               const GcTask *task,
                               const GcFileReference *file,
                               guint *percent)
{
  *percent = PERCENT;
  return states != NULL
             ? (GcAttachmentState) GPOINTER_TO_INT (g_hash_table_lookup (states, file->id))
             : GC_ATTACHMENT_WAITING;
}

void
gc_session_want_attachment (GcSession *self, const GcFileReference *file)
{
  fake_session_set_attachment (self, file->id, GC_ATTACHMENT_LOADING);
}

char *
gc_session_dup_attachment (GcSession *self, const GcFileReference *file)
{
  return g_test_build_filename (G_TEST_DIST, "..", "data", "screenshots", "console.png", NULL);
}
