/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-session.h"

#include "base/gc-error.h"
#include "fake-items.h"

#define MAX_PROPERTIES 32

struct _GcSession
{
  GObject parent_instance;

  GValue values[MAX_PROPERTIES];
  GListStore *tasks;
  GListStore *watches;
  GListStore *alerts;
  GHashTable *drafts;
  GPtrArray *files; /* of GcStoredFile */
  GString *calls;
  GError *next_error;
};

G_DEFINE_FINAL_TYPE (GcSession, gc_session, G_TYPE_OBJECT)

G_DEFINE_ENUM_TYPE (GcLink,
                    gc_link,
                    G_DEFINE_ENUM_VALUE (GC_LINK_OFF, "off"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_CONNECTING, "connecting"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_ONLINE, "online"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_REPLACED, "replaced"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_REVOKED, "revoked"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_REFUSED, "refused"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_UNTRUSTED, "untrusted"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_CLOCK, "clock"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_OUTDATED, "outdated"))
G_DEFINE_ENUM_TYPE (GcLive,
                    gc_live,
                    G_DEFINE_ENUM_VALUE (GC_LIVE_IDLE, "idle"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_ASKING, "asking"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_RINGING, "ringing"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_CONNECTING, "connecting"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_SENDING, "sending"),
                    G_DEFINE_ENUM_VALUE (GC_LIVE_RECONNECTING, "reconnecting"))

static void
gc_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_copy (&GC_SESSION (object)->values[id], value);
}

static void
gc_session_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  g_value_copy (value, &GC_SESSION (object)->values[id]);
}

static void
gc_session_finalize (GObject *object)
{
  GcSession *self = GC_SESSION (object);

  for (guint i = 0; i < MAX_PROPERTIES; i++)
    if (G_IS_VALUE (&self->values[i]))
      g_value_unset (&self->values[i]);
  g_object_unref (self->tasks);
  g_object_unref (self->watches);
  g_object_unref (self->alerts);
  g_hash_table_unref (self->drafts);
  g_ptr_array_unref (self->files);
  g_string_free (self->calls, TRUE);
  g_clear_error (&self->next_error);
  G_OBJECT_CLASS (gc_session_parent_class)->finalize (object);
}

static void
add_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS;
  static const char *const booleans[]
      = { "paired",     "on-duty",    "muted", "camera-active", "microphone-active",
          "live-sharp", "live-stills" };
  static const char *const uints[] = { "unsent", "watching", "camera-count" };
  static const char *const strings[]
      = { "center-name", "center-host", "worker", "terminal-id", "live-by",
          "live-reason", "live-limit",  "uplink", "set-aside" };
  guint id = 1;

  for (gsize i = 0; i < G_N_ELEMENTS (booleans); i++)
    g_object_class_install_property (object_class, id++,
                                     g_param_spec_boolean (booleans[i], NULL, NULL, FALSE, flags));
  for (gsize i = 0; i < G_N_ELEMENTS (uints); i++)
    g_object_class_install_property (
        object_class, id++, g_param_spec_uint (uints[i], NULL, NULL, 0, G_MAXUINT, 0, flags));
  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    g_object_class_install_property (object_class, id++,
                                     g_param_spec_string (strings[i], NULL, NULL, NULL, flags));
  g_object_class_install_property (object_class, id++,
                                   g_param_spec_enum ("link", NULL, NULL, GC_TYPE_LINK, 0, flags));
  g_object_class_install_property (object_class, id++,
                                   g_param_spec_enum ("live", NULL, NULL, GC_TYPE_LIVE, 0, flags));
  g_object_class_install_property (
      object_class, id++,
      g_param_spec_int64 ("live-since-ms", NULL, NULL, G_MININT64, G_MAXINT64, 0, flags));
  g_object_class_install_property (object_class, id++,
                                   g_param_spec_boxed ("fix", NULL, NULL, GC_TYPE_FIX, flags));
  g_object_class_install_property (
      object_class, id++, g_param_spec_int ("signal-percent", NULL, NULL, -1, 100, -1, flags));
  g_object_class_install_property (object_class, id++,
                                   g_param_spec_int ("live-grade", NULL, NULL, -1, 4, -1, flags));
  g_object_class_install_property (object_class, id++,
                                   g_param_spec_boxed ("sos", NULL, NULL, GC_TYPE_SOS, flags));
  g_object_class_install_property (
      object_class, id++, g_param_spec_object ("tasks", NULL, NULL, G_TYPE_LIST_MODEL, flags));
  g_object_class_install_property (
      object_class, id++, g_param_spec_object ("watches", NULL, NULL, G_TYPE_LIST_MODEL, flags));
  g_object_class_install_property (
      object_class, id++, g_param_spec_object ("alerts", NULL, NULL, G_TYPE_LIST_MODEL, flags));
  g_assert_cmpuint (id, <=, MAX_PROPERTIES);
}

static void
add_signal (const char *name, guint n_arguments, GType first, GType second)
{
  GType types[] = { first, second };

  g_signal_newv (name, GC_TYPE_SESSION, G_SIGNAL_RUN_LAST, NULL, NULL, NULL, NULL, G_TYPE_NONE,
                 n_arguments, types);
}

static void
gc_session_class_init (GcSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = gc_session_get_property;
  object_class->set_property = gc_session_set_property;
  object_class->finalize = gc_session_finalize;
  add_properties (object_class);
  add_signal ("code-found", 2, GC_TYPE_PAIRING_CODE, G_TYPE_ERROR);
  add_signal ("live-failed", 1, G_TYPE_ERROR, 0);
  add_signal ("live-ended", 1, G_TYPE_STRING, 0);
  add_signal ("task-arrived", 1, GC_TYPE_TASK_ITEM, 0);
  add_signal ("task-changed", 2, GC_TYPE_TASK_ITEM, G_TYPE_STRING);
  add_signal ("task-due", 2, GC_TYPE_TASK_ITEM, G_TYPE_BOOLEAN);
  add_signal ("file-changed", 1, GC_TYPE_STORED_FILE, 0);
  add_signal ("attachment-changed", 1, G_TYPE_STRING, 0);
  add_signal ("alert-arrived", 1, GC_TYPE_ALERT_ITEM, 0);
  add_signal ("alert-withdrawn", 2, GC_TYPE_ALERT_ITEM, G_TYPE_STRING);
  add_signal ("problem", 1, G_TYPE_ERROR, 0);
}

static void
gc_session_init (GcSession *self)
{
  guint n_specs;
  g_autofree GParamSpec **specs
      = g_object_class_list_properties (G_OBJECT_GET_CLASS (self), &n_specs);

  for (guint i = 0; i < n_specs; i++)
    {
      GValue *value = &self->values[specs[i]->param_id];

      g_value_init (value, specs[i]->value_type);
      g_param_value_set_default (specs[i], value);
    }
  self->tasks = g_list_store_new (GC_TYPE_TASK_ITEM);
  self->watches = g_list_store_new (GC_TYPE_WATCH_ITEM);
  self->alerts = g_list_store_new (GC_TYPE_ALERT_ITEM);
  self->drafts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->files = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_stored_file_free);
  self->calls = g_string_new (NULL);
  g_object_set (self, "tasks", self->tasks, "watches", self->watches, "alerts", self->alerts, NULL);
}

/* Ends a call at the next turn of the main loop, as the real session's calls do. */
static void
complete (GcSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  if (self->next_error)
    g_task_return_error (task, g_steal_pointer (&self->next_error));
  else
    g_task_return_boolean (task, TRUE);
}

static gboolean
finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

GcSession *
gc_session_new (const GcSessionOptions *options)
{
  return g_object_new (GC_TYPE_SESSION, NULL);
}

void
gc_session_open_async (GcSession *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  complete (self, callback, user_data);
}

gboolean
gc_session_open_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

void
gc_session_close_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_string_append (self->calls, "close\n");
  complete (self, callback, user_data);
}

gboolean
gc_session_close_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

void
gc_session_start_scanning (GcSession *self)
{
  g_string_append (self->calls, "scan\n");
}

void
gc_session_stop_scanning (GcSession *self)
{
}

void
gc_session_pair_async (GcSession *self,
                       const GcPairingCode *code,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_string_append_printf (self->calls, "pair %s:%u\n", code->host, code->port);
  if (!self->next_error)
    g_object_set (self, "center-name", code->name, "paired", TRUE, NULL);
  complete (self, callback, user_data);
}

gboolean
gc_session_pair_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

void
gc_session_unpair_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_string_append (self->calls, "unpair\n");
  g_object_set (self, "paired", FALSE, NULL);
  complete (self, callback, user_data);
}

gboolean
gc_session_unpair_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

void
gc_session_dismiss_set_aside (GcSession *self)
{
  g_object_set (self, "set-aside", NULL, NULL);
}

void
gc_session_set_on_duty (GcSession *self, gboolean on_duty)
{
  g_string_append_printf (self->calls, "duty %d\n", on_duty);
  g_object_set (self, "on-duty", on_duty, "link", on_duty ? GC_LINK_ONLINE : GC_LINK_OFF, NULL);
}

void
gc_session_set_preview_sink (GcSession *self, GObject *gst_element)
{
  g_string_append_printf (self->calls, "preview %s\n", gst_element ? "on" : "off");
}

void
gc_session_go_live (GcSession *self)
{
  g_string_append (self->calls, "go-live\n");
  g_object_set (self, "live", GC_LIVE_ASKING, NULL);
}

void
gc_session_answer_live (GcSession *self, gboolean accept, const char *reason)
{
  g_string_append_printf (self->calls, "answer %s %s\n", accept ? "yes" : "no",
                          reason ? reason : "-");
  g_object_set (self, "live", accept ? GC_LIVE_CONNECTING : GC_LIVE_IDLE, NULL);
}

void
gc_session_end_live (GcSession *self)
{
  g_string_append (self->calls, "end-live\n");
  g_object_set (self, "live", GC_LIVE_IDLE, NULL);
}

void
gc_session_set_rate_limit (GcSession *self, GcUplinkCost cost, guint kbps)
{
  g_string_append_printf (self->calls, "limit %d %u\n", (int) cost, kbps);
}

void
gc_session_switch_camera (GcSession *self)
{
  g_string_append (self->calls, "switch-camera\n");
}

void
gc_session_press_sos (GcSession *self, gboolean open_live)
{
  const GcFix fix = { .longitude = 121.124, .latitude = 28.852, .time_ms = 1, .accuracy_m = 8 };
  g_autoptr (GcSos) sos = gc_sos_new (&fix, 42);

  g_string_append_printf (self->calls, "sos %s\n", open_live ? "live" : "silent");
  g_object_set (self, "sos", sos, NULL);
}

void
gc_session_withdraw_sos (GcSession *self)
{
  g_autoptr (GcSos) sos = NULL;

  g_string_append (self->calls, "withdraw-sos\n");
  g_object_get (self, "sos", &sos, NULL);
  sos->state = GC_SOS_WITHDRAWN;
  sos->ended_ms = sos->pressed_ms;
  g_object_set (self, "sos", sos, NULL);
}

void
gc_session_advance_task_async (GcSession *self,
                               const char *task_id,
                               GcTaskState state,
                               const char *note,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_string_append_printf (self->calls, "task %s %s\n", gc_task_state_to_string (state),
                          note ? note : "-");
  for (guint i = 0; i < g_list_model_get_n_items (G_LIST_MODEL (self->tasks)); i++)
    {
      g_autoptr (GcTaskItem) item = g_list_model_get_item (G_LIST_MODEL (self->tasks), i);

      if (!self->next_error && g_str_equal (item->task->id, task_id))
        fake_session_change_task (item, state, note, FALSE);
    }
  complete (self, callback, user_data);
}

gboolean
gc_session_advance_task_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

/* What was on the camera: a picture of ours. */
static GcStoredFile *
make_photo (const char *task_id)
{
  GcStoredFile *file = g_new0 (GcStoredFile, 1);
  GcFileReference *reference = g_new0 (GcFileReference, 1);

  reference->id = g_uuid_string_random ();
  reference->sha256 = g_strdup ("");
  reference->media_type = g_strdup ("image/png");
  reference->taken_ms = g_get_real_time () / 1000;
  file->task = g_strdup (task_id);
  file->reference = reference;
  file->path
      = g_test_build_filename (G_TEST_DIST, "..", "data", "screenshots", "console.png", NULL);
  return file;
}

void
fake_session_deliver_files (GcSession *self)
{
  for (guint i = 0; i < self->files->len; i++)
    {
      GcStoredFile *file = g_ptr_array_index (self->files, i);

      file->delivered = TRUE;
      g_signal_emit_by_name (self, "file-changed", file);
    }
}

void
gc_session_take_photo_async (GcSession *self,
                             const char *task_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_string_append (self->calls, "photo\n");
  if (!self->next_error)
    {
      g_ptr_array_add (self->files, make_photo (task_id));
      g_signal_emit_by_name (self, "file-changed",
                             g_ptr_array_index (self->files, self->files->len - 1));
    }
  complete (self, callback, user_data);
}

gboolean
gc_session_take_photo_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

static gpointer
copy_file (gconstpointer file, gpointer unused)
{
  return gc_stored_file_copy (file);
}

void
gc_session_list_files_async (GcSession *self,
                             const char *task_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_task_return_pointer (task, g_ptr_array_copy (self->files, copy_file, NULL),
                         (GDestroyNotify) g_ptr_array_unref);
}

GPtrArray *
gc_session_list_files_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

void
gc_session_set_draft (GcSession *self, const char *task_id, const char *text)
{
  g_hash_table_replace (self->drafts, g_strdup (task_id), g_strdup (text));
}

char *
gc_session_dup_draft (GcSession *self, const char *task_id)
{
  return g_strdup (g_hash_table_lookup (self->drafts, task_id));
}

static void
remove_alert (GcSession *self, const char *alert_id)
{
  g_autofree char *id = g_strdup (alert_id); /* which may be that of the item */

  for (guint i = g_list_model_get_n_items (G_LIST_MODEL (self->alerts)); i-- > 0;)
    {
      g_autoptr (GcAlertItem) item = g_list_model_get_item (G_LIST_MODEL (self->alerts), i);

      if (g_str_equal (gc_alert_item_get_id (item), id))
        g_list_store_remove (self->alerts, i);
    }
}

void
gc_session_read_alert_async (GcSession *self,
                             const char *id,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_string_append_printf (self->calls, "read %s\n", id);
  if (!self->next_error)
    remove_alert (self, id);
  complete (self, callback, user_data);
}

gboolean
gc_session_read_alert_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  return finish (result, error);
}

GcAlertItem *
fake_session_add_alert (GcSession *self, GcCap *cap, gboolean loud)
{
  g_autofree char *id
      = g_strdup_printf ("alert-%u", g_list_model_get_n_items (G_LIST_MODEL (self->alerts)));
  g_autoptr (GcAlertItem) item = gc_alert_item_new (id, cap, 0, 0, loud);

  g_list_store_append (self->alerts, item);
  g_signal_emit_by_name (self, "alert-arrived", item);
  return item; /* the list keeps it */
}

void
fake_session_withdraw_alert (GcSession *self, GcAlertItem *item)
{
  g_autoptr (GcAlertItem) alive = g_object_ref (item);

  remove_alert (self, gc_alert_item_get_id (item));
  g_signal_emit_by_name (self, "alert-withdrawn", item, NULL);
}

GcTaskItem *
fake_session_add_task (GcSession *self, GcTask *task)
{
  g_autoptr (GcTaskItem) item = g_object_new (GC_TYPE_TASK_ITEM, NULL);

  item->task = task;
  g_list_store_append (self->tasks, item);
  return item; /* the list keeps it */
}

void
fake_session_change_task (GcTaskItem *item, GcTaskState state, const char *note, gboolean sent)
{
  item->task->state = state;
  if (note)
    {
      g_free (item->task->note);
      item->task->note = g_strdup (note);
    }
  item->sent = sent;
  g_object_notify (G_OBJECT (item), "task");
}

void
fake_session_cancel_too_late (GcTaskItem *item, const char *reason)
{
  g_set_str (&item->task->late_cancel, reason);
  g_object_notify (G_OBJECT (item), "task");
}

void
fake_session_add_watch (GcSession *self, const char *viewer, gint64 from_ms, gint64 until_ms)
{
  g_autoptr (GcWatchItem) item = g_object_new (GC_TYPE_WATCH_ITEM, NULL);

  item->viewer = g_strdup (viewer);
  item->from_ms = from_ms;
  item->until_ms = until_ms;
  g_list_store_append (self->watches, item);
}

void
fake_session_fail_next (GcSession *self, int code)
{
  g_clear_error (&self->next_error);
  self->next_error = g_error_new (GC_ERROR, code, "a test made this fail");
}

char *
fake_session_take_calls (GcSession *self)
{
  char *calls = g_string_free_and_steal (self->calls);

  self->calls = g_string_new (NULL);
  return calls;
}
