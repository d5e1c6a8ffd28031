/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a terminal does with a frame of the channel: parse it, take it for a hello, commit it with
 * its effect, print it. Each line of the input is one frame, so that one input can make a task and
 * cancel it. */

#include "base/gc-database.h"
#include "channel/gc-hello.h"
#include "store/gc-inbox.h"
#include "store/gc-store-schema.h"

#include <glib/gstdio.h>
#include <stdint.h>
#include <string.h>

/* One that the center may speak of. */
#define SOS "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"

/* The store's schema and effects, without a disk to wait for. */
static GcDatabase *
open_in_memory (void)
{
  g_autoptr (GError) error = NULL;
  GcDatabase *database = gc_database_open (":memory:", GC_STORE_SCHEMA, &error);

  g_assert_no_error (error);
  return database;
}

static gint64
read_committed (GcDatabase *database, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, "SELECT committed FROM stream", "");

  g_assert_true (rows != NULL && gc_rows_next (rows, error));
  return gc_rows_int64 (rows, 0);
}

static void
receive_frame (GcDatabase *database, const char *frame, GcStoreOutcome *outcome, GError **error)
{
  gsize length = strlen (frame);
  g_autoptr (GcEnvelope) envelope = gc_envelope_parse (frame, length, NULL);
  g_autoptr (GcHello) hello = NULL;
  gint64 committed;

  if (envelope == NULL)
    return;
  if (gc_envelope_type_is_urgent (envelope->type))
    {
      envelope->seq = 0;
      g_assert_cmpint (gc_inbox_receive (database, envelope, outcome, error), !=, GC_RECEIPT_GAP);
      g_assert_cmpint (gc_inbox_receive (database, envelope, outcome, error), ==,
                       GC_RECEIPT_DUPLICATE);
    }
  hello = gc_hello_parse (envelope, NULL);
  committed = read_committed (database, error);
  envelope->seq = committed + 1;
  g_assert_cmpint (gc_inbox_receive (database, envelope, outcome, error), <=, GC_RECEIPT_IGNORED);
  g_assert_no_error (*error);
  g_assert_cmpint (gc_inbox_receive (database, envelope, outcome, error), ==, GC_RECEIPT_DUPLICATE);
  g_assert_cmpint (read_committed (database, error), ==, committed + 1);
}

static gpointer
receive_all (GcDatabase *database, gpointer data, GError **error)
{
  static const char *const CLEANING[] = { "DELETE FROM inbox", "DELETE FROM task",
                                          "DELETE FROM watch", "UPDATE sos SET state = 'open'" };
  GcStoreOutcome *outcome = gc_store_outcome_new ();
  g_auto (GStrv) frames = g_strsplit (data, "\n", 16);

  gc_database_exec (database, error, "INSERT OR REPLACE INTO stream (one, own) VALUES (1, 'x')",
                    "");
  gc_database_exec (database, error,
                    "INSERT OR IGNORE INTO sos (id, pressed_ms, battery, state)"
                    " VALUES (?, 1, -1, 'open')",
                    "s", SOS);
  for (guint i = 0; frames[i] != NULL; i++)
    receive_frame (database, frames[i], outcome, error);
  for (gsize i = 0; i < G_N_ELEMENTS (CLEANING); i++)
    gc_database_exec (database, error, CLEANING[i], "");
  gc_store_outcome_free (outcome);
  return NULL;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static GcDatabase *database;
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GError) error = NULL;

  if (database == NULL)
    database = open_in_memory ();
  gc_database_run (database, receive_all, text, &error);
  g_assert_no_error (error);
  return 0;
}
