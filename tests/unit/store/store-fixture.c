/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store-fixture.h"

#include "base/gc-database.h"
#include "protocol/gc-json.h"
#include "store/gc-store-schema.h"

#include <glib/gstdio.h>
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

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static void
close_store (StoreFixture *fixture)
{
  if (fixture->store == NULL)
    return;
  gc_store_close (fixture->store);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_finalize_object (g_steal_pointer (&fixture->store));
}

void
store_fixture_tear_down (StoreFixture *fixture, gconstpointer data)
{
  close_store (fixture);
  remove_tree (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->path);
}

void
store_fixture_reopen (StoreFixture *fixture)
{
  g_autoptr (GError) error = NULL;

  close_store (fixture);
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
store_read_outbox (GcStore *store, gint64 after_seq, guint limit)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *envelopes;

  gc_store_read_outbox_async (store, after_seq, limit, NULL, on_result, &result);
  envelopes = gc_store_read_outbox_finish (store, await (&result), &error);
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

GcReceipt
store_receive (GcStore *store, const GcEnvelope *envelope)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GcReceipt receipt;

  gc_store_receive_async (store, envelope, NULL, on_result, &result);
  gc_store_receive_finish (store, await (&result), &receipt, &error);
  g_assert_no_error (error);
  return receipt;
}

GcReceipt
store_receive_text (GcStore *store, gint64 seq, const char *type, const char *body)
{
  g_autoptr (JsonObject) object = parse_object (body);
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (type, object);

  envelope->seq = seq;
  return store_receive (store, envelope);
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

GPtrArray *
store_list_tasks (GcStore *store)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  GPtrArray *tasks;

  gc_store_list_tasks_async (store, NULL, on_result, &result);
  tasks = gc_store_list_tasks_finish (store, await (&result), &error);
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
read_number (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (database, error, data, "");

  return rows != NULL && gc_rows_next (rows, error)
             ? GSIZE_TO_POINTER ((gsize) gc_rows_int64 (rows, 0))
             : NULL;
}

gint64
store_count (const char *path, const char *sql)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcDatabase) database = gc_database_open (path, GC_STORE_SCHEMA, &error);
  gint64 number;

  g_assert_no_error (error);
  number
      = (gint64) GPOINTER_TO_SIZE (gc_database_run (database, read_number, (gpointer) sql, &error));
  g_assert_no_error (error);
  return number;
}
