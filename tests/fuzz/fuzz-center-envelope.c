/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What a terminal, or a dispatcher with a form, can make the center write into its database: the
 * input is the body of an envelope, and the form. */
#include "base/gc-database.h"
#include "center/gc-center-schema.h"
#include "center/gc-channel-store.h"
#include "center/gc-reports.h"
#include "center/gc-sos-store.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"

#include <stdint.h>

#define TERMINAL "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static gpointer
add_terminal (GcDatabase *database, gpointer data, GError **error)
{
  gc_database_exec (database, error,
                    "INSERT INTO terminal (id, worker, device, fingerprint, paired_ms,"
                    "  last_seen_ms, stream) VALUES (?, 'w', 'd', 'f', 1, 1, 's')",
                    "s", TERMINAL);
  return NULL;
}

static void
apply_sos (GcDatabase *database, JsonObject *body)
{
  g_autoptr (GcSos) press = gc_sos_parse_press (body, NULL);
  g_autoptr (GcSos) position = gc_sos_parse_position (body, NULL);
  g_autoptr (JsonArray) list = NULL;
  g_autoptr (JsonObject) answer = NULL;

  if (press == NULL || !gc_sos_store_press (database, TERMINAL, press, NULL))
    return;
  if (position != NULL)
    gc_sos_store_move (database, TERMINAL, position, NULL);
  answer = gc_sos_store_answer (database, press->id, GC_SOS_SEEN, "u", NULL);
  g_assert_nonnull (answer);
  g_assert_true (gc_sos_store_withdraw (database, TERMINAL, press->id, NULL));
  list = gc_sos_store_list (database, NULL);
  g_assert_cmpuint (json_array_get_length (list), ==, 0);
}

/* The error rolls everything back: each input meets the same database. */
static gpointer
apply (GcDatabase *database, gpointer data, GError **error)
{
  const GcEnvelope *envelope = data;
  g_autoptr (JsonObject) task
      = gc_task_store_create (database, TERMINAL, "u", envelope->body, NULL);
  g_autoptr (JsonObject) status = gc_status_read (envelope->body);
  g_autoptr (GArray) fixes = gc_track_store (database, TERMINAL, envelope->body, NULL);
  g_autoptr (JsonObject) track
      = fixes != NULL ? gc_track_print (database, TERMINAL, 72, NULL) : NULL;
  g_autofree char *id = NULL;

  gc_task_store_step (database, TERMINAL, envelope->body, &id, NULL);
  apply_sos (database, envelope->body);
  gc_channel_store_keep (database, TERMINAL, envelope, NULL);
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, "roll back");
  return NULL;
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  static GcDatabase *database;
  g_autoptr (JsonObject) body
      = gc_json_parse_object ((const char *) data, (gssize) size, GC_ENVELOPE_MAX_LENGTH, NULL);
  g_autoptr (GcEnvelope) envelope = NULL;
  g_autoptr (GError) error = NULL;

  if (database == NULL)
    {
      database = gc_database_open (":memory:", GC_CENTER_SCHEMA, NULL);
      gc_database_run (database, add_terminal, NULL, NULL);
    }
  if (body == NULL)
    return 0;
  envelope = gc_envelope_new ("x", body);
  gc_database_run (database, apply, envelope, &error);
  return 0;
}
