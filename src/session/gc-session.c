/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session.h"

#include "base/gc-error.h"
#include "channel/gc-channel.h"
#include "identity/gc-enrolment.h"
#include "identity/gc-keyring.h"
#include "location/gc-location-source-geoclue.h"
#include "location/gc-location-source-replay.h"
#include "location/gc-tracker.h"
#include "session/gc-reporter.h"
#include "session/gc-task-list.h"
#include "session/gc-watch-list.h"

#include <glib/gstdio.h>
#include <string.h>

#define STORE_NAME "gridcast.db"
#define STATE_WORKER "worker"
#define DRAFT_PREFIX "draft."
/* How long going off duty waits for the center to hear of it. */
#define FLUSH_MS 3000
/* While somebody looks, the point on the map should move. */
#define TRACK_INTERVAL_MS 5000
#define TRACK_INTERVAL_LIVE_MS 2000

struct _GcSession
{
  GObject parent_instance;

  char *data_dir;
  GcKeyring *keyring;
  GcCredentials *credentials;
  GcStore *store;
  GcChannel *channel;
  GcReporter *reporter;
  GcNetworkMonitor *network;
  GcBattery *battery;
  GcLocationSource *location;
  GcStudio *studio;
  GcLiveSession *live;
  GcTaskList *tasks;
  GcWatchList *watches;
  GcFix *fix;
  gboolean on_duty;
  gboolean closing;
};

G_DEFINE_ENUM_TYPE (GcLink,
                    gc_link,
                    G_DEFINE_ENUM_VALUE (GC_LINK_OFF, "off"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_WAITING, "waiting"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_CONNECTING, "connecting"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_ONLINE, "online"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_REPLACED, "replaced"),
                    G_DEFINE_ENUM_VALUE (GC_LINK_REVOKED, "revoked"))

G_DEFINE_FINAL_TYPE (GcSession, gc_session, G_TYPE_OBJECT)

enum
{
  PROP_PAIRED = 1,
  PROP_CENTER_NAME,
  PROP_CENTER_HOST,
  PROP_WORKER,
  PROP_TERMINAL_ID,
  PROP_ON_DUTY,
  PROP_LINK,
  PROP_UNSENT,
  PROP_LIVE,
  PROP_LIVE_BY,
  PROP_LIVE_REASON,
  PROP_LIVE_SINCE_MS,
  PROP_WATCHING,
  PROP_MUTED,
  PROP_CAMERA_COUNT,
  PROP_CAMERA_ACTIVE,
  PROP_FIX,
  PROP_UPLINK,
  PROP_SIGNAL_PERCENT,
  PROP_TASKS,
  PROP_WATCHES,
  N_PROPS
};

enum
{
  SIGNAL_CODE_FOUND,
  SIGNAL_LIVE_FAILED,
  SIGNAL_LIVE_ENDED,
  SIGNAL_TASK_ARRIVED,
  SIGNAL_TASK_CHANGED,
  SIGNAL_PROBLEM,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static void
notify (GcSession *self, guint id)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[id]);
}

static void
report_problem (GcSession *self, const GError *error)
{
  g_message ("Problem: %s", error->message);
  g_signal_emit (self, signals[SIGNAL_PROBLEM], 0, error);
}

/* --- the channel --- */

static GcLink
get_link (GcSession *self)
{
  if (self->channel == NULL || !self->on_duty)
    return GC_LINK_OFF;
  switch (gc_channel_get_state (self->channel))
    {
    case GC_CHANNEL_CONNECTING:
      return GC_LINK_CONNECTING;
    case GC_CHANNEL_ONLINE:
      return GC_LINK_ONLINE;
    case GC_CHANNEL_REPLACED:
      return GC_LINK_REPLACED;
    case GC_CHANNEL_REVOKED:
      return GC_LINK_REVOKED;
    case GC_CHANNEL_OFF:
    case GC_CHANNEL_WAITING:
    case GC_CHANNEL_VERSION_UNKNOWN:
    default:
      return GC_LINK_WAITING;
    }
}

static void
on_channel_state (GcChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  notify (user_data, PROP_LINK);
}

static void
on_hello (GcChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  GcSession *self = user_data;
  g_autofree char *worker = NULL;

  g_object_get (channel, "worker", &worker, NULL);
  if (worker == NULL || g_strcmp0 (worker, gc_store_get_state (self->store, STATE_WORKER)) == 0)
    return;
  gc_store_set_state_async (self->store, STATE_WORKER, worker, NULL, NULL, NULL);
  notify (self, PROP_WORKER);
}

static void
on_received (GcChannel *channel, const GcEnvelope *envelope, gpointer user_data)
{
  GcSession *self = user_data;

  if (self->on_duty)
    gc_live_session_take (self->live, envelope);
}

static gboolean
on_live_send (GcLiveSession *live, const GcEnvelope *envelope, gpointer user_data)
{
  GcSession *self = user_data;

  return self->channel != NULL && gc_channel_send (self->channel, envelope);
}

static void
open_channel (GcSession *self)
{
  const char *base_url = gc_credentials_get_base_url (self->credentials);
  g_autofree char *url = g_strconcat ("wss", base_url + strlen ("https"), "/channel", NULL);

  self->channel = gc_channel_new (url, gc_credentials_get_anchors (self->credentials),
                                  gc_credentials_get_certificate (self->credentials), self->store,
                                  g_get_host_name ());
  self->reporter = gc_reporter_new (self->channel, self->network, self->battery);
  g_signal_connect_object (self->channel, "notify::state", G_CALLBACK (on_channel_state), self, 0);
  g_signal_connect_object (self->channel, "notify::worker", G_CALLBACK (on_hello), self, 0);
  g_signal_connect_object (self->channel, "received", G_CALLBACK (on_received), self, 0);
}

static void
drop_channel (GcSession *self)
{
  g_clear_object (&self->reporter);
  if (self->channel != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->channel, self);
      gc_channel_set_enabled (self->channel, FALSE);
    }
  g_clear_object (&self->channel);
}

static void
adopt_credentials (GcSession *self, GcCredentials *credentials)
{
  drop_channel (self);
  g_set_object (&self->credentials, credentials);
  gc_live_session_set_credentials (self->live, credentials);
  if (credentials != NULL)
    open_channel (self);
  notify (self, PROP_PAIRED);
  notify (self, PROP_CENTER_NAME);
  notify (self, PROP_CENTER_HOST);
  notify (self, PROP_TERMINAL_ID);
  notify (self, PROP_WORKER);
  notify (self, PROP_LINK);
}

/* --- duty --- */

static void
on_duty_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcSession) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_store_set_duty_finish (GC_STORE (source), result, &error))
    report_problem (self, error);
  if (self->on_duty || self->channel == NULL)
    return;
  /* The center shall know, if it can be told in a moment; then nothing is sent any more. */
  gc_channel_close_async (self->channel, FLUSH_MS, NULL, NULL, NULL);
}

static void
begin_shift (GcSession *self)
{
  if (self->channel != NULL)
    gc_channel_set_enabled (self->channel, TRUE);
  gc_location_source_start (self->location);
}

static void
end_shift (GcSession *self)
{
  gc_live_session_end (self->live, "off duty");
  gc_location_source_stop (self->location);
  gc_store_flush_track (self->store);
  g_clear_pointer (&self->fix, gc_fix_free);
  gc_task_list_set_fix (self->tasks, NULL);
  notify (self, PROP_FIX);
}

/**
 * gc_session_set_on_duty:
 * @self: an open session
 * @on_duty: whether the worker is at work; only if the terminal is paired
 *
 * Off duty nothing leaves the handset, but for the word that it is off duty. Main context.
 */
void
gc_session_set_on_duty (GcSession *self, gboolean on_duty)
{
  g_return_if_fail (GC_IS_SESSION (self));

  if (self->store == NULL || self->on_duty == on_duty || (on_duty && self->credentials == NULL))
    return;
  self->on_duty = on_duty;
  if (!on_duty)
    end_shift (self);
  gc_store_set_duty_async (self->store, on_duty, NULL, on_duty_stored, g_object_ref (self));
  if (on_duty)
    begin_shift (self);
  notify (self, PROP_ON_DUTY);
  notify (self, PROP_LINK);
}

/* --- what the stages report --- */

static void
on_fix (GcLocationSource *source, const GcFix *fix, gpointer user_data)
{
  GcSession *self = user_data;

  if (!self->on_duty)
    return;
  g_clear_pointer (&self->fix, gc_fix_free);
  self->fix = gc_fix_copy (fix);
  gc_store_add_fix (self->store, fix);
  gc_task_list_set_fix (self->tasks, fix);
  notify (self, PROP_FIX);
}

static void
on_failed (GObject *source, const GError *error, gpointer user_data)
{
  report_problem (user_data, error);
}

static void
on_code_text (GcStudio *studio, const char *text, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPairingCode) code = gc_pairing_code_parse (text, &error);

  g_signal_emit (user_data, signals[SIGNAL_CODE_FOUND], 0, code, error);
}

static void
on_network_changed (GcNetworkMonitor *network, gboolean moved, gpointer user_data)
{
  GcSession *self = user_data;

  notify (self, PROP_UPLINK);
  notify (self, PROP_SIGNAL_PERCENT);
  if (!moved)
    return;
  if (self->channel != NULL)
    gc_channel_network_changed (self->channel, gc_network_monitor_is_available (network));
  if (gc_network_monitor_is_available (network))
    gc_live_session_network_changed (self->live);
}

static void
on_live_state (GcLiveSession *live, GParamSpec *pspec, gpointer user_data)
{
  GcSession *self = user_data;
  gboolean idle = gc_live_session_get_state (live) == GC_LIVE_IDLE;

  if (self->store != NULL)
    gc_store_set_track_interval (self->store, idle ? TRACK_INTERVAL_MS : TRACK_INTERVAL_LIVE_MS);
  notify (self, PROP_LIVE);
  notify (self, PROP_WATCHING);
}

static void
on_live_property (GcLiveSession *live, GParamSpec *pspec, gpointer user_data)
{
  const char *name = g_param_spec_get_name (pspec);
  guint id = strcmp (name, "by") == 0       ? PROP_LIVE_BY
             : strcmp (name, "reason") == 0 ? PROP_LIVE_REASON
                                            : PROP_LIVE_SINCE_MS;

  notify (user_data, id);
}

static void
on_live_failed (GcLiveSession *live, const GError *error, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_LIVE_FAILED], 0, error);
}

static void
on_live_ended (GcLiveSession *live, const char *reason, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_LIVE_ENDED], 0, reason);
}

static void
on_studio_property (GcStudio *studio, GParamSpec *pspec, gpointer user_data)
{
  notify (user_data, strcmp (g_param_spec_get_name (pspec), "camera-count") == 0
                         ? PROP_CAMERA_COUNT
                         : PROP_CAMERA_ACTIVE);
}

static void
on_task_arrived (GcTaskList *list, GcTaskItem *item, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_TASK_ARRIVED], 0, item);
}

static void
on_task_changed (GcTaskList *list, GcTaskItem *item, const char *why, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_TASK_CHANGED], 0, item, why);
}

static void
on_store_property (GcStore *store, GParamSpec *pspec, gpointer user_data)
{
  notify (user_data, PROP_UNSENT);
}

static void
on_watching (GcWatchList *watches, GParamSpec *pspec, gpointer user_data)
{
  notify (user_data, PROP_WATCHING);
}

/* --- opening and closing --- */

static void
on_key_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GcCredentials) credentials
      = gc_keyring_load_finish (GC_KEYRING (source), result, &error);

  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (credentials != NULL)
    adopt_credentials (self, credentials);
  if (credentials != NULL && gc_store_get_on_duty (self->store))
    {
      /* The shift goes on where it was when the handset or the app died. */
      self->on_duty = TRUE;
      begin_shift (self);
      notify (self, PROP_ON_DUTY);
      notify (self, PROP_LINK);
    }
  g_task_return_boolean (task, TRUE);
}

static void
adopt_store (GcSession *self, GcStore *store)
{
  self->store = store;
  self->tasks = gc_task_list_new (store);
  self->watches = gc_watch_list_new (store);
  gc_store_set_track_interval (store, TRACK_INTERVAL_MS);
  g_signal_connect_object (store, "notify::unsent", G_CALLBACK (on_store_property), self, 0);
  g_signal_connect_object (store, "failed", G_CALLBACK (on_failed), self, 0);
  g_signal_connect_object (self->tasks, "arrived", G_CALLBACK (on_task_arrived), self, 0);
  g_signal_connect_object (self->tasks, "changed-by-center", G_CALLBACK (on_task_changed), self, 0);
  g_signal_connect_object (self->watches, "notify::watching", G_CALLBACK (on_watching), self, 0);
  notify (self, PROP_TASKS);
  notify (self, PROP_WATCHES);
  notify (self, PROP_UNSENT);
}

static void
report_set_aside (GcSession *self)
{
  g_autofree char *set_aside = NULL;
  g_autoptr (GError) error = NULL;

  g_object_get (self->store, "set-aside", &set_aside, NULL);
  if (set_aside == NULL)
    return;
  error = g_error_new (GC_ERROR, GC_ERROR_STORAGE,
                       "the stored data were damaged; they are kept in %s", set_aside);
  report_problem (self, error);
}

static void
on_store_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  GcStore *store = gc_store_open_finish (result, &error);

  if (store == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  adopt_store (self, store);
  report_set_aside (self);
  gc_keyring_load_async (self->keyring, NULL, on_key_loaded, g_steal_pointer (&task));
}

/**
 * gc_session_open_async:
 * @self: a new session
 * @cancellable: (nullable): to give up
 * @callback: called when it is ready
 * @user_data: for @callback
 *
 * Opens store and keyring; goes on with the shift if one was open. Main context.
 */
void
gc_session_open_async (GcSession *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *path = g_build_filename (self->data_dir, STORE_NAME, NULL);

  g_return_if_fail (GC_IS_SESSION (self) && self->store == NULL);

  g_mkdir_with_parents (self->data_dir, 0700);
  gc_store_open_async (path, cancellable, on_store_opened, g_steal_pointer (&task));
}

/**
 * gc_session_open_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_UNSUPPORTED (a newer version wrote the data),
 *   %GC_ERROR_INVALID (the key is damaged)
 *
 * Returns: whether it is ready
 */
gboolean
gc_session_open_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_channel_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);

  gc_channel_close_finish (GC_CHANNEL (source), result, NULL);
  if (self->store != NULL)
    gc_store_close (self->store);
  g_task_return_boolean (task, TRUE);
}

/**
 * gc_session_close_async:
 * @self: a session
 * @callback: called when everything is on disk and closed
 * @user_data: for @callback
 *
 * The shift stays open, and goes on when the session is opened again. Main context.
 */
void
gc_session_close_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self));

  self->closing = TRUE;
  gc_live_session_end (self->live, "closed");
  gc_location_source_stop (self->location);
  gc_studio_set_preview_sink (self->studio, NULL);
  gc_studio_set_scanning (self->studio, FALSE, NULL);
  if (self->channel != NULL)
    {
      gc_channel_close_async (self->channel, 0, NULL, on_channel_closed, g_steal_pointer (&task));
      return;
    }
  if (self->store != NULL)
    gc_store_close (self->store);
  g_task_return_boolean (task, TRUE);
}

/**
 * gc_session_close_finish:
 * @self: a session
 * @result: what the callback got
 * @error: not set
 *
 * Returns: %TRUE
 */
gboolean
gc_session_close_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- pairing --- */

static void
on_key_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!gc_keyring_save_finish (GC_KEYRING (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  adopt_credentials (self, g_task_get_task_data (task));
  g_task_return_boolean (task, TRUE);
}

static void
on_enrolled (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  GcCredentials *credentials = gc_enrolment_run_finish (result, &error);

  if (credentials == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  g_task_set_task_data (task, credentials, g_object_unref);
  gc_keyring_save_async (self->keyring, credentials, NULL, on_key_saved, g_steal_pointer (&task));
}

/**
 * gc_session_pair_async:
 * @self: an open session
 * @code: a code that the worker has confirmed
 * @cancellable: (nullable): to give up, until the center has answered
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_session_pair_async (GcSession *self,
                       const GcPairingCode *code,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self) && code != NULL);

  if (self->store == NULL || self->credentials != NULL)
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_CONFLICT, "the terminal is paired already");
      return;
    }
  g_task_set_check_cancellable (task, FALSE);
  gc_enrolment_run_async (code, g_get_host_name (), cancellable, on_enrolled,
                          g_steal_pointer (&task));
}

/**
 * gc_session_pair_finish:
 * @self: a session
 * @result: what the callback got
 * @error: as gc_enrolment_run_finish(), or %GC_ERROR_STORAGE
 *
 * Returns: whether the terminal is paired
 */
gboolean
gc_session_pair_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_center_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_store_forget_center_finish (GC_STORE (source), result, &error) < 0)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
on_key_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;

  if (!gc_keyring_clear_finish (GC_KEYRING (source), result, &error))
    {
      g_task_return_error (task, error);
      return;
    }
  adopt_credentials (self, NULL);
  gc_store_forget_center_async (self->store, NULL, on_center_forgotten, g_steal_pointer (&task));
}

/**
 * gc_session_unpair_async:
 * @self: an open session
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Forgets the center, its key and what it was to be told. Main context.
 */
void
gc_session_unpair_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self) && self->store != NULL);

  gc_session_set_on_duty (self, FALSE);
  gc_keyring_clear_async (self->keyring, NULL, on_key_cleared, g_steal_pointer (&task));
}

/**
 * gc_session_unpair_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether the center is forgotten
 */
gboolean
gc_session_unpair_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- camera and live --- */

/**
 * gc_session_start_scanning:
 * @self: a session
 *
 * Looks for pairing codes: see the signal code-found. Main context.
 */
void
gc_session_start_scanning (GcSession *self)
{
  g_autoptr (GError) error = NULL;

  g_return_if_fail (GC_IS_SESSION (self));

  if (!gc_studio_set_scanning (self->studio, TRUE, &error))
    report_problem (self, error);
}

/**
 * gc_session_stop_scanning:
 * @self: a session
 *
 * Main context.
 */
void
gc_session_stop_scanning (GcSession *self)
{
  g_return_if_fail (GC_IS_SESSION (self));

  gc_studio_set_scanning (self->studio, FALSE, NULL);
}

/**
 * gc_session_set_preview_sink:
 * @self: a session
 * @gst_element: (nullable): a video sink
 *
 * Main context.
 */
void
gc_session_set_preview_sink (GcSession *self, GObject *gst_element)
{
  g_return_if_fail (GC_IS_SESSION (self));

  if (!self->closing || gst_element == NULL)
    gc_studio_set_preview_sink (self->studio, (GstElement *) gst_element);
}

/**
 * gc_session_go_live:
 * @self: a session on duty
 *
 * Main context.
 */
void
gc_session_go_live (GcSession *self)
{
  g_return_if_fail (GC_IS_SESSION (self));

  if (self->on_duty)
    gc_live_session_go_live (self->live);
}

/**
 * gc_session_answer_live:
 * @self: a session that rings
 * @accept: whether to go live
 * @reason: (nullable): why not
 *
 * Main context.
 */
void
gc_session_answer_live (GcSession *self, gboolean accept, const char *reason)
{
  g_return_if_fail (GC_IS_SESSION (self));

  gc_live_session_answer (self->live, accept, reason);
}

/**
 * gc_session_end_live:
 * @self: a session
 *
 * Main context.
 */
void
gc_session_end_live (GcSession *self)
{
  g_return_if_fail (GC_IS_SESSION (self));

  gc_live_session_end (self->live, "ended by the worker");
}

/**
 * gc_session_switch_camera:
 * @self: a session
 *
 * Main context.
 */
void
gc_session_switch_camera (GcSession *self)
{
  g_return_if_fail (GC_IS_SESSION (self));

  gc_studio_switch_camera (self->studio);
}

/* --- tasks --- */

static void
on_advanced (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcSession *self = g_task_get_source_object (task);
  GError *error = NULL;
  g_autoptr (GcTask) advanced = gc_store_advance_task_finish (GC_STORE (source), result, &error);

  if (advanced == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  gc_session_set_draft (self, advanced->id, NULL);
  g_task_return_boolean (task, TRUE);
}

/**
 * gc_session_advance_task_async:
 * @self: an open session
 * @task_id: which task
 * @state: the next step
 * @note: (nullable): the worker's words
 * @callback: called when the step is on disk
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_session_advance_task_async (GcSession *self,
                               const char *task_id,
                               GcTaskState state,
                               const char *note,
                               GAsyncReadyCallback callback,
                               gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);

  g_return_if_fail (GC_IS_SESSION (self) && self->store != NULL);

  gc_store_advance_task_async (self->store, task_id, state, note, self->fix, NULL, on_advanced,
                               g_steal_pointer (&task));
}

/**
 * gc_session_advance_task_finish:
 * @self: a session
 * @result: what the callback got
 * @error: %GC_ERROR_CONFLICT if the task does not allow the step now, %GC_ERROR_NOT_FOUND,
 *   %GC_ERROR_INVALID, %GC_ERROR_STORAGE
 *
 * Returns: whether the step is stored
 */
gboolean
gc_session_advance_task_finish (GcSession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * gc_session_set_draft:
 * @self: an open session
 * @task_id: which task
 * @text: (nullable): what the worker has written so far; %NULL or empty forgets it
 *
 * Main context.
 */
void
gc_session_set_draft (GcSession *self, const char *task_id, const char *text)
{
  g_autofree char *key = g_strconcat (DRAFT_PREFIX, task_id, NULL);
  gboolean empty = text == NULL || text[0] == '\0';

  g_return_if_fail (GC_IS_SESSION (self) && task_id != NULL);

  if (self->store != NULL && !self->closing
      && g_strcmp0 (gc_store_get_state (self->store, key), empty ? NULL : text) != 0)
    gc_store_set_state_async (self->store, key, empty ? NULL : text, NULL, NULL, NULL);
}

/**
 * gc_session_dup_draft:
 * @self: an open session
 * @task_id: which task
 *
 * Main context.
 *
 * Returns: (transfer full) (nullable): what the worker had written
 */
char *
gc_session_dup_draft (GcSession *self, const char *task_id)
{
  g_autofree char *key = g_strconcat (DRAFT_PREFIX, task_id, NULL);

  g_return_val_if_fail (GC_IS_SESSION (self) && task_id != NULL, NULL);

  return self->store != NULL ? g_strdup (gc_store_get_state (self->store, key)) : NULL;
}

/* --- the object --- */

static void
gc_session_dispose (GObject *object)
{
  GcSession *self = GC_SESSION (object);

  drop_channel (self);
  if (self->location != NULL)
    gc_location_source_stop (self->location);
  g_clear_object (&self->live);
  g_clear_object (&self->studio);
  g_clear_object (&self->tasks);
  g_clear_object (&self->watches);
  g_clear_object (&self->store);
  g_clear_object (&self->location);
  g_clear_object (&self->network);
  g_clear_object (&self->battery);
  g_clear_object (&self->credentials);
  g_clear_object (&self->keyring);
  G_OBJECT_CLASS (gc_session_parent_class)->dispose (object);
}

static void
gc_session_finalize (GObject *object)
{
  GcSession *self = GC_SESSION (object);

  g_free (self->data_dir);
  g_clear_pointer (&self->fix, gc_fix_free);
  G_OBJECT_CLASS (gc_session_parent_class)->finalize (object);
}

static void
get_identity (GcSession *self, guint id, GValue *value)
{
  GcCredentials *credentials = self->credentials;

  if (id == PROP_PAIRED)
    g_value_set_boolean (value, credentials != NULL);
  else if (id == PROP_WORKER)
    g_value_set_string (value, credentials != NULL ? gc_store_get_state (self->store, STATE_WORKER)
                                                   : NULL);
  else if (credentials == NULL)
    g_value_set_string (value, NULL);
  else if (id == PROP_CENTER_NAME)
    g_value_set_string (value, gc_credentials_get_center_name (credentials));
  else if (id == PROP_CENTER_HOST)
    g_value_set_string (value, gc_credentials_get_base_url (credentials) + strlen ("https://"));
  else
    g_value_set_string (value, gc_credentials_get_terminal_id (credentials));
}

static void
get_live (GcSession *self, guint id, GValue *value)
{
  const char *const names[] = { "state", "by", "reason", "since-ms" };

  if (id == PROP_MUTED)
    g_object_get_property (G_OBJECT (self->live), "muted", value);
  else if (id == PROP_WATCHING)
    g_value_set_uint (value, self->watches != NULL
                                     && gc_live_session_get_state (self->live) != GC_LIVE_IDLE
                                 ? gc_watch_list_get_watching (self->watches)
                                 : 0);
  else
    g_object_get_property (G_OBJECT (self->live), names[id - PROP_LIVE], value);
}

static void
gc_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcSession *self = GC_SESSION (object);

  if (id <= PROP_TERMINAL_ID)
    get_identity (self, id, value);
  else if (id >= PROP_LIVE && id <= PROP_MUTED)
    get_live (self, id, value);
  else if (id == PROP_ON_DUTY)
    g_value_set_boolean (value, self->on_duty);
  else if (id == PROP_LINK)
    g_value_set_enum (value, get_link (self));
  else if (id == PROP_UNSENT)
    g_value_set_uint (value, self->store != NULL ? gc_store_get_unsent (self->store) : 0);
  else if (id == PROP_CAMERA_COUNT)
    g_value_set_uint (value, gc_studio_get_camera_count (self->studio));
  else if (id == PROP_CAMERA_ACTIVE)
    g_value_set_boolean (value, gc_studio_is_camera_active (self->studio));
  else if (id == PROP_FIX)
    g_value_set_boxed (value, self->fix);
  else if (id == PROP_UPLINK)
    g_value_set_static_string (value,
                               gc_uplink_to_string (gc_network_monitor_get_uplink (self->network)));
  else if (id == PROP_SIGNAL_PERCENT)
    g_value_set_int (value, gc_network_monitor_get_signal_percent (self->network));
  else if (id == PROP_TASKS)
    g_value_set_object (value, self->tasks);
  else if (id == PROP_WATCHES)
    g_value_set_object (value, self->watches);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_session_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GcSession *self = GC_SESSION (object);

  if (id != PROP_MUTED)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_object_set_property (G_OBJECT (self->live), "muted", value);
  notify (self, PROP_MUTED);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const struct
  {
    guint id;
    const char *name;
  } strings[] = { { PROP_CENTER_NAME, "center-name" },
                  { PROP_CENTER_HOST, "center-host" },
                  { PROP_WORKER, "worker" },
                  { PROP_TERMINAL_ID, "terminal-id" },
                  { PROP_LIVE_BY, "live-by" },
                  { PROP_LIVE_REASON, "live-reason" },
                  { PROP_UPLINK, "uplink" } };

  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    properties[strings[i].id] = g_param_spec_string (strings[i].name, NULL, NULL, NULL, flags);
  properties[PROP_PAIRED] = g_param_spec_boolean ("paired", NULL, NULL, FALSE, flags);
  properties[PROP_ON_DUTY] = g_param_spec_boolean ("on-duty", NULL, NULL, FALSE, flags);
  properties[PROP_CAMERA_ACTIVE] = g_param_spec_boolean ("camera-active", NULL, NULL, FALSE, flags);
  properties[PROP_MUTED]
      = g_param_spec_boolean ("muted", NULL, NULL, FALSE,
                              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_LINK] = g_param_spec_enum ("link", NULL, NULL, GC_TYPE_LINK, GC_LINK_OFF, flags);
  properties[PROP_LIVE] = g_param_spec_enum ("live", NULL, NULL, GC_TYPE_LIVE, GC_LIVE_IDLE, flags);
  properties[PROP_UNSENT] = g_param_spec_uint ("unsent", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_WATCHING] = g_param_spec_uint ("watching", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_CAMERA_COUNT]
      = g_param_spec_uint ("camera-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LIVE_SINCE_MS]
      = g_param_spec_int64 ("live-since-ms", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[PROP_SIGNAL_PERCENT]
      = g_param_spec_int ("signal-percent", NULL, NULL, -1, 100, -1, flags);
  properties[PROP_FIX] = g_param_spec_boxed ("fix", NULL, NULL, GC_TYPE_FIX, flags);
  properties[PROP_TASKS] = g_param_spec_object ("tasks", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  properties[PROP_WATCHES] = g_param_spec_object ("watches", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static guint
add_signal (const char *name, guint n_params, GType first, GType second)
{
  return g_signal_new (name, GC_TYPE_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                       n_params, first, second);
}

static void
gc_session_class_init (GcSessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_session_dispose;
  object_class->finalize = gc_session_finalize;
  object_class->get_property = gc_session_get_property;
  object_class->set_property = gc_session_set_property;
  install_properties (object_class);
  signals[SIGNAL_CODE_FOUND] = add_signal ("code-found", 2, GC_TYPE_PAIRING_CODE, G_TYPE_ERROR);
  signals[SIGNAL_LIVE_FAILED] = add_signal ("live-failed", 1, G_TYPE_ERROR, G_TYPE_NONE);
  signals[SIGNAL_LIVE_ENDED] = add_signal ("live-ended", 1, G_TYPE_STRING, G_TYPE_NONE);
  signals[SIGNAL_TASK_ARRIVED] = add_signal ("task-arrived", 1, GC_TYPE_TASK_ITEM, G_TYPE_NONE);
  signals[SIGNAL_TASK_CHANGED] = add_signal ("task-changed", 2, GC_TYPE_TASK_ITEM, G_TYPE_STRING);
  signals[SIGNAL_PROBLEM] = add_signal ("problem", 1, G_TYPE_ERROR, G_TYPE_NONE);
}

static void
gc_session_init (GcSession *self)
{
  self->network = gc_network_monitor_new ();
  self->battery = gc_battery_new ();
  g_signal_connect_object (self->network, "changed", G_CALLBACK (on_network_changed), self, 0);
}

static void
connect_live (GcSession *self)
{
  g_signal_connect_object (self->live, "notify::state", G_CALLBACK (on_live_state), self, 0);
  g_signal_connect_object (self->live, "notify::by", G_CALLBACK (on_live_property), self, 0);
  g_signal_connect_object (self->live, "notify::reason", G_CALLBACK (on_live_property), self, 0);
  g_signal_connect_object (self->live, "notify::since-ms", G_CALLBACK (on_live_property), self, 0);
  g_signal_connect_object (self->live, "send", G_CALLBACK (on_live_send), self, 0);
  g_signal_connect_object (self->live, "failed", G_CALLBACK (on_live_failed), self, 0);
  g_signal_connect_object (self->live, "ended", G_CALLBACK (on_live_ended), self, 0);
}

/**
 * gc_session_new:
 * @options: where input comes from
 *
 * GStreamer must have been initialised. Main context.
 *
 * Returns: (transfer full): a session that is not open
 */
GcSession *
gc_session_new (const GcSessionOptions *options)
{
  GcSession *self = g_object_new (GC_TYPE_SESSION, NULL);
  g_autoptr (GcLocationSource) receiver = NULL;

  self->data_dir = options->data_dir != NULL
                       ? g_strdup (options->data_dir)
                       : g_build_filename (g_get_user_data_dir (), "gridcast", NULL);
  self->keyring = gc_keyring_new (self->data_dir);
  self->studio = gc_studio_new (options->camera, options->microphone);
  self->live = gc_live_session_new (self->studio);
  receiver = options->nmea_file != NULL ? gc_location_source_replay_new (options->nmea_file)
                                        : gc_location_source_geoclue_new (GC_APP_ID);
  self->location = GC_LOCATION_SOURCE (gc_tracker_new (receiver));
  connect_live (self);
  g_signal_connect_object (self->studio, "code-found", G_CALLBACK (on_code_text), self, 0);
  g_signal_connect_object (self->studio, "failed", G_CALLBACK (on_failed), self, 0);
  g_signal_connect_object (self->studio, "notify", G_CALLBACK (on_studio_property), self, 0);
  g_signal_connect_object (self->location, "fix", G_CALLBACK (on_fix), self, 0);
  g_signal_connect_object (self->location, "failed", G_CALLBACK (on_failed), self, 0);
  return self;
}
