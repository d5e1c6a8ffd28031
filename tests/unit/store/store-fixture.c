/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include "base/gc-database.h"
#include "protocol/gc-json.h"
#include "store/gc-store-schema.h"
#include "test-tree.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static GAsyncResult *
await (GAsyncResult **slot)
{
  gint64 deadline_us = g_get_monotonic_time () + 30 * G_USEC_PER_SEC;

  while (*slot == NULL)
    {
      g_assert_cmpint (g_get_monotonic_time (), <, deadline_us);
      g_main_context_iteration (NULL, TRUE);
    }
  return *slot;
}

void
store_fixture_set_up (StoreFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("gridcast-store-XXXXXX", NULL);
  fixture->path = g_build_filename (fixture->folder, "data", "store.db", NULL);
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
}

void
store_close (GcStore *store)
{
  gc_store_close (store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (store);
}

void
store_fixture_tear_down (StoreFixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->store, store_close);
  test_remove_tree (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

void
store_fixture_reopen (StoreFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&fixture->store, store_close);
  fixture->store = store_open (fixture->path, &error);
  g_assert_no_error (error);
}

GcStore *
store_open (const char *path, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_open_async (path, NULL, on_result, &result);
  return gc_store_open_finish (await (&result), error);
}

JsonObject *
parse_object (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = gc_json_parse_object (text, -1, 1 << 20, &error);

  g_assert_no_error (error);
  return object;
}

gint64
store_enqueue (GcStore *store, const char *type, const char *text, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (JsonObject) body = json_object_new ();
  g_autoptr (GcEnvelope) envelope = NULL;

  json_object_set_string_member (body, "text", text);
  envelope = gc_envelope_new (type, body);
  gc_store_enqueue_async (store, envelope, NULL, on_result, &result);
  return gc_store_enqueue_finish (store, await (&result), error);
}

GPtrArray *
store_try_read_outbox (GcStore *store, gint64 after_seq, guint limit, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_read_outbox_async (store, after_seq, limit, FALSE, NULL, on_result, &result);
  return gc_store_read_outbox_finish (store, await (&result), error);
}

GPtrArray *
store_read_outbox (GcStore *store, gint64 after_seq, guint limit)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *envelopes = store_try_read_outbox (store, after_seq, limit, &error);

  g_assert_no_error (error);
  return envelopes;
}

gboolean
store_acknowledge (GcStore *store, gint64 ack, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_acknowledge_async (store, ack, NULL, on_result, &result);
  return gc_store_acknowledge_finish (store, await (&result), error);
}

gboolean
store_meet (GcStore *store, const char *stream, const char *known, gint64 ack, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_meet_peer_async (store, stream, known, ack, NULL, on_result, &result);
  return gc_store_meet_peer_finish (store, await (&result), error);
}

static gboolean
try_receive (GcStore *store, const GcEnvelope *envelope, GcReceipt *receipt, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_receive_async (store, envelope, NULL, on_result, &result);
  return gc_store_receive_finish (store, await (&result), receipt, error);
}

GcReceipt
store_receive (GcStore *store, const GcEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;
  GcReceipt receipt;

  try_receive (store, envelope, &receipt, &error);
  g_assert_no_error (error);
  return receipt;
}

gboolean
store_try_receive_text (GcStore *store,
                        gint64 seq,
                        const char *type,
                        const char *body,
                        GcReceipt *receipt,
                        GError **error)
{
  g_autoptr (JsonObject) object = parse_object (body);
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (type, object);

  envelope->seq = seq;
  return try_receive (store, envelope, receipt, error);
}

GcReceipt
store_receive_text (GcStore *store, gint64 seq, const char *type, const char *body)
{
  g_autoptr (GError) error = NULL;
  GcReceipt receipt;

  store_try_receive_text (store, seq, type, body, &receipt, &error);
  g_assert_no_error (error);
  return receipt;
}

GPtrArray *
store_read_urgent (GcStore *store, gint64 after_seq)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *envelopes;

  gc_store_read_outbox_async (store, after_seq, 100, TRUE, NULL, on_result, &result);
  envelopes = gc_store_read_outbox_finish (store, await (&result), &error);
  g_assert_no_error (error);
  return envelopes;
}

void
store_confirm (GcStore *store, const char *envelope_id)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  gc_store_confirm_async (store, envelope_id, NULL, on_result, &result);
  gc_store_confirm_finish (store, await (&result), &error);
  g_assert_no_error (error);
}

GcSos *
store_press_sos (GcStore *store, const GcFix *fix, int battery_percent, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_press_sos_async (store, fix, battery_percent, NULL, on_result, &result);
  return gc_store_press_sos_finish (store, await (&result), error);
}

gboolean
store_withdraw_sos (GcStore *store, const char *id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_withdraw_sos_async (store, id, NULL, on_result, &result);
  return gc_store_withdraw_sos_finish (store, await (&result), error);
}

GcTask *
store_advance (GcStore *store,
               const char *task_id,
               GcTaskState state,
               const char *note,
               const GcFix *fix,
               GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_advance_task_async (store, task_id, state, note, fix, NULL, on_result, &result);
  return gc_store_advance_task_finish (store, await (&result), error);
}

GcStoredFile *
store_add_file (GcStore *store, const char *task_id, const char *content, GError **error)
{
  const GcFix fix = { 121.5, 31.2, 1000, 5, NAN, NAN };
  g_autoptr (GBytes) bytes = g_bytes_new (content, strlen (content));
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_add_file_async (store, task_id, bytes, "image/jpeg", &fix, NULL, on_result, &result);
  return gc_store_add_file_finish (store, await (&result), error);
}

GPtrArray *
store_try_list_files (GcStore *store, const char *task_id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_list_files_async (store, task_id, NULL, on_result, &result);
  return gc_store_list_files_finish (store, await (&result), error);
}

GPtrArray *
store_list_files (GcStore *store, const char *task_id)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *files = store_try_list_files (store, task_id, &error);

  g_assert_no_error (error);
  return files;
}

gboolean
store_set_file_delivered (GcStore *store, const char *id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_set_file_delivered_async (store, id, NULL, on_result, &result);
  return gc_store_set_file_delivered_finish (store, await (&result), error);
}

GPtrArray *
store_try_list_tasks (GcStore *store, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_list_tasks_async (store, NULL, on_result, &result);
  return gc_store_list_tasks_finish (store, await (&result), error);
}

GPtrArray *
store_list_tasks (GcStore *store)
{
  g_autoptr (GError) error = NULL;
  GPtrArray *tasks = store_try_list_tasks (store, &error);

  g_assert_no_error (error);
  return tasks;
}

GPtrArray *
store_list_watches (GcStore *store, guint limit)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *watches;

  gc_store_list_watches_async (store, limit, NULL, on_result, &result);
  watches = gc_store_list_watches_finish (store, await (&result), &error);
  g_assert_no_error (error);
  return watches;
}

GPtrArray *
store_list_alerts (GcStore *store)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *alerts;

  gc_store_list_alerts_async (store, NULL, on_result, &result);
  alerts = gc_store_list_alerts_finish (store, await (&result), &error);
  g_assert_no_error (error);
  return alerts;
}

gboolean
store_read_alert (GcStore *store, const char *id, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_read_alert_async (store, id, NULL, on_result, &result);
  return gc_store_read_alert_finish (store, await (&result), error);
}

char *
make_alert_body (const char *id, GcCap *cap)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autofree char *xml = gc_cap_print (cap);

  json_object_set_string_member (body, "id", id);
  json_object_set_string_member (body, "cap", xml);
  return gc_json_print (body);
}

GcCap *
make_alert (const char *identifier, GcCapType type, const char *refers_to)
{
  GcCap *cap = gc_cap_new ();
  GcCapReference reference = { (char *) "office@example.org", (char *) refers_to, 1000 };

  cap->self.identifier = g_strdup (identifier);
  cap->self.sender = g_strdup ("office@example.org");
  cap->self.sent_ms = 1000;
  cap->type = type;
  if (refers_to != NULL)
    gc_cap_add_reference (cap, &reference);
  if (type != GC_CAP_CANCEL)
    {
      GcCapInfo *info = gc_cap_add_info (cap);
      GcCapArea *area = gc_cap_info_add_area (info);

      info->category = g_strdup ("Met");
      info->event = g_strdup ("Flood");
      info->expires_ms = G_GINT64_CONSTANT (4102444800000);
      area->description = g_strdup ("river");
      gc_cap_area_add_circle (area, 121.1, 28.8, 2000);
    }
  return cap;
}

gboolean
store_set_duty (GcStore *store, gboolean on, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_set_duty_async (store, on, NULL, on_result, &result);
  return gc_store_set_duty_finish (store, await (&result), error);
}

gboolean
store_set_state (GcStore *store, const char *key, const char *value, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_set_state_async (store, key, value, NULL, on_result, &result);
  return gc_store_set_state_finish (store, await (&result), error);
}

gssize
store_forget_center (GcStore *store, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_store_forget_center_async (store, NULL, on_result, &result);
  return gc_store_forget_center_finish (store, await (&result), error);
}

static gpointer
read_text (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, data, "");

  return rows != NULL && gc_rows_next (rows, error) ? g_strdup (gc_rows_text (rows, 0)) : NULL;
}

char *
store_query (const char *path, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open (path, GC_STORE_SCHEMA, &error);
  char *text;

  g_assert_no_error (error);
  text = gc_database_run (database, read_text, (gpointer) sql, &error);
  g_assert_no_error (error);
  return text;
}

gint64
store_count (const char *path, const char *sql)
{
  g_autofree char *text = store_query (path, sql);

  return text != NULL ? g_ascii_strtoll (text, NULL, 10) : 0;
}
