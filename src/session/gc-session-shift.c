/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session-private.h"

#include "base/gc-error.h"
#include "protocol/gc-json.h"
#include "protocol/gc-live-figures.h"

#include <string.h>

#define STORE_NAME "gridcast.db"
/* How long going off duty waits for the center to hear of it. */
#define FLUSH_MS 3000
/* While somebody looks, the point on the map should move. */
#define TRACK_INTERVAL_MS 5000
#define TRACK_INTERVAL_LIVE_MS 2000
/* PROTOCOL.md, “live.figures”. */
#define FIGURES_INTERVAL_S 2
#define ID_LENGTH 36

/* What waiting for the next attempt is due to. */
static GcLink
read_problem (GcChannel *channel)
{
  g_autoptr (GError) problem = NULL;

  g_object_get (channel, "problem", &problem, NULL);
  if (g_error_matches (problem, GC_ERROR, GC_ERROR_UNAUTHORIZED)
      || g_error_matches (problem, GC_ERROR, GC_ERROR_REFUSED))
    return GC_LINK_REFUSED;
  if (g_error_matches (problem, GC_ERROR, GC_ERROR_UNTRUSTED))
    return GC_LINK_UNTRUSTED;
  if (g_error_matches (problem, GC_ERROR, GC_ERROR_CLOCK))
    return GC_LINK_CLOCK;
  return GC_LINK_WAITING;
}

/**
 * gc_session_get_link:
 * @self: a session
 *
 * Returns: how the connection to the center is
 */
GcLink
gc_session_get_link (GcSession *self)
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
    case GC_CHANNEL_VERSION_UNKNOWN:
      return GC_LINK_OUTDATED;
    case GC_CHANNEL_OFF:
    case GC_CHANNEL_WAITING:
    default:
      return read_problem (self->channel);
    }
}

static void
on_channel_state (GcChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  gc_session_follow_sos (user_data);
  gc_session_watch_sender (user_data);
  gc_session_renew_if_due (user_data);
  gc_session_notify (user_data, GC_SESSION_PROP_LINK);
}

static void
on_worker_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcSession) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_store_set_state_finish (GC_STORE (source), result, &error))
    gc_session_report_problem (self, error);
  gc_session_notify (self, GC_SESSION_PROP_WORKER);
}

static void
on_hello (GcChannel *channel, GParamSpec *pspec, gpointer user_data)
{
  GcSession *self = user_data;
  g_autofree char *worker = NULL;

  g_object_get (channel, "worker", &worker, NULL);
  if (worker == NULL
      || g_strcmp0 (worker, gc_store_get_state (self->store, GC_SESSION_STATE_WORKER)) == 0)
    return;
  gc_store_set_state_async (self->store, GC_SESSION_STATE_WORKER, worker, NULL, on_worker_stored,
                            g_object_ref (self));
}

/* Of a session that has ended meanwhile, or from a confused center: no effect. */
static void
take_mode (GcSession *self, JsonObject *body)
{
  const char *session = gc_json_get_string (body, "session", ID_LENGTH, NULL);
  gboolean sharp;

  if (session != NULL && g_strcmp0 (session, gc_live_session_get_id (self->live)) == 0
      && gc_json_get_boolean (body, "sharp", &sharp, NULL))
    gc_studio_set_sharp (self->studio, sharp);
}

static void
on_received (GcChannel *channel, const GcEnvelope *envelope, gpointer user_data)
{
  GcSession *self = user_data;

  if (!self->on_duty)
    return;
  if (strcmp (envelope->type, GC_MSG_LIVE_MODE) == 0)
    take_mode (self, envelope->body);
  else
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
  gc_session_open_sender (self);
  g_signal_connect_object (self->channel, "notify::state", G_CALLBACK (on_channel_state), self, 0);
  g_signal_connect_object (self->channel, "notify::worker", G_CALLBACK (on_hello), self, 0);
  g_signal_connect_object (self->channel, "received", G_CALLBACK (on_received), self, 0);
}

/**
 * gc_session_drop_channel:
 * @self: a session
 *
 * Ends the connection to the center, if there is one. Main context.
 */
void
gc_session_drop_channel (GcSession *self)
{
  g_clear_object (&self->reporter);
  gc_session_drop_sender (self);
  if (self->channel != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->channel, self);
      gc_channel_set_enabled (self->channel, FALSE);
    }
  g_clear_object (&self->channel);
}

/**
 * gc_session_adopt_credentials:
 * @self: a session
 * @credentials: (nullable): of the center that the terminal belongs to from now on
 *
 * Main context.
 */
void
gc_session_adopt_credentials (GcSession *self, GcCredentials *credentials)
{
  gc_session_drop_channel (self);
  g_set_object (&self->credentials, credentials);
  gc_live_session_set_credentials (self->live, credentials);
  if (credentials != NULL)
    open_channel (self);
  gc_session_notify (self, GC_SESSION_PROP_PAIRED);
  gc_session_notify (self, GC_SESSION_PROP_CENTER_NAME);
  gc_session_notify (self, GC_SESSION_PROP_CENTER_HOST);
  gc_session_notify (self, GC_SESSION_PROP_TERMINAL_ID);
  gc_session_notify (self, GC_SESSION_PROP_WORKER);
  gc_session_notify (self, GC_SESSION_PROP_LINK);
}

/* --- duty --- */

static void
on_duty_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcSession) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_store_set_duty_finish (GC_STORE (source), result, &error))
    gc_session_report_problem (self, error);
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
  gc_track_thinner_init (&self->thinner);
  gc_location_source_start (self->location);
  gc_reminder_set_active (self->reminder, TRUE);
}

static void
end_shift (GcSession *self)
{
  gc_live_session_end (self->live, GC_LIVE_WHY_OFF_DUTY);
  gc_location_source_stop (self->location);
  gc_reminder_set_active (self->reminder, FALSE);
  gc_store_flush_track (self->store);
  gc_session_forget_fix (self);
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
  gc_session_notify (self, GC_SESSION_PROP_ON_DUTY);
  gc_session_notify (self, GC_SESSION_PROP_LINK);
}

/* --- what the stages report --- */

static void
on_fix (GcLocationSource *source, const GcFix *fix, gpointer user_data)
{
  gc_session_take_fix (user_data, fix);
}

static void
on_failed (GObject *source, const GError *error, gpointer user_data)
{
  gc_session_report_problem (user_data, error);
}

static void
on_code_text (GcStudio *studio, const char *text, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPairingCode) code = gc_pairing_code_parse (text, &error);

  gc_session_emit (user_data, GC_SESSION_SIGNAL_CODE_FOUND, code, error);
}

static void
on_network_changed (GcNetworkMonitor *network, gboolean moved, gpointer user_data)
{
  GcSession *self = user_data;

  gc_session_notify (self, GC_SESSION_PROP_UPLINK);
  gc_session_notify (self, GC_SESSION_PROP_SIGNAL_PERCENT);
  if (moved && self->channel != NULL)
    gc_channel_network_changed (self->channel, gc_network_monitor_is_available (network));
}

static void
notify_picture (GcSession *self)
{
  gc_session_notify (self, GC_SESSION_PROP_LIVE_GRADE);
  gc_session_notify (self, GC_SESSION_PROP_LIVE_STILLS);
  gc_session_notify (self, GC_SESSION_PROP_LIVE_LIMIT);
}

static void
on_live_state (GcLiveSession *live, GParamSpec *pspec, gpointer user_data)
{
  GcSession *self = user_data;
  gboolean idle = gc_live_session_get_state (live) == GC_LIVE_IDLE;

  if (self->store != NULL)
    gc_store_set_track_interval (self->store, idle ? TRACK_INTERVAL_MS : TRACK_INTERVAL_LIVE_MS);
  /* A new session begins as most want it. */
  if (idle)
    gc_studio_set_sharp (self->studio, FALSE);
  self->sos_opened_live &= !idle;
  gc_session_notify (self, GC_SESSION_PROP_LIVE);
  notify_picture (self);
  gc_session_notify (self, GC_SESSION_PROP_WATCHING);
}

static void
on_live_stats (GcLiveSession *live, gpointer user_data)
{
  GcSession *self = user_data;

  notify_picture (self);
  gc_session_log_figures (self);
  self->stats_seconds++;
  if (self->stats_seconds % FIGURES_INTERVAL_S == 0 && self->channel != NULL)
    gc_session_send_figures (self);
}

static void
on_live_property (GcLiveSession *live, GParamSpec *pspec, gpointer user_data)
{
  const char *name = g_param_spec_get_name (pspec);
  guint id = strcmp (name, "by") == 0       ? GC_SESSION_PROP_LIVE_BY
             : strcmp (name, "reason") == 0 ? GC_SESSION_PROP_LIVE_REASON
                                            : GC_SESSION_PROP_LIVE_SINCE_MS;

  gc_session_notify (user_data, id);
}

static void
on_live_failed (GcLiveSession *live, const GError *error, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_LIVE_FAILED, error);
}

static void
on_live_ended (GcLiveSession *live, const char *reason, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_LIVE_ENDED, reason);
}

static void
on_studio_property (GcStudio *studio, GParamSpec *pspec, gpointer user_data)
{
  const char *name = g_param_spec_get_name (pspec);
  guint id = strcmp (name, "camera-count") == 0        ? GC_SESSION_PROP_CAMERA_COUNT
             : strcmp (name, "camera-active") == 0     ? GC_SESSION_PROP_CAMERA_ACTIVE
             : strcmp (name, "microphone-active") == 0 ? GC_SESSION_PROP_MICROPHONE_ACTIVE
                                                       : GC_SESSION_PROP_LIVE_SHARP;

  gc_session_notify (user_data, id);
}

static void
on_task_arrived (GcTaskList *list, GcTaskItem *item, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_TASK_ARRIVED, item);
}

static void
on_task_changed (GcTaskList *list, GcTaskItem *item, const char *why, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_TASK_CHANGED, item, why);
}

static void
on_task_due (GcReminder *reminder, GcTaskItem *item, gboolean overdue, gpointer user_data)
{
  gc_session_emit (user_data, GC_SESSION_SIGNAL_TASK_DUE, item, overdue);
}

static void
on_set_aside (GcStore *store, GParamSpec *pspec, gpointer user_data)
{
  gc_session_notify (user_data, GC_SESSION_PROP_SET_ASIDE);
}

static void
on_watching (GcWatchList *watches, GParamSpec *pspec, gpointer user_data)
{
  gc_session_notify (user_data, GC_SESSION_PROP_WATCHING);
}

static void
watch_live (GcSession *self)
{
  g_signal_connect_object (self->live, "notify::state", G_CALLBACK (on_live_state), self, 0);
  g_signal_connect_object (self->live, "notify::by", G_CALLBACK (on_live_property), self, 0);
  g_signal_connect_object (self->live, "notify::reason", G_CALLBACK (on_live_property), self, 0);
  g_signal_connect_object (self->live, "notify::since-ms", G_CALLBACK (on_live_property), self, 0);
  g_signal_connect_object (self->live, "send", G_CALLBACK (on_live_send), self, 0);
  g_signal_connect_object (self->live, "stats", G_CALLBACK (on_live_stats), self, 0);
  g_signal_connect_object (self->live, "failed", G_CALLBACK (on_live_failed), self, 0);
  g_signal_connect_object (self->live, "ended", G_CALLBACK (on_live_ended), self, 0);
}

/**
 * gc_session_watch_stages:
 * @self: a session that is being made
 *
 * Connects what camera, live session, location and network report. Main context.
 */
void
gc_session_watch_stages (GcSession *self)
{
  watch_live (self);
  g_signal_connect_object (self->studio, "code-found", G_CALLBACK (on_code_text), self, 0);
  g_signal_connect_object (self->studio, "failed", G_CALLBACK (on_failed), self, 0);
  g_signal_connect_object (self->studio, "notify", G_CALLBACK (on_studio_property), self, 0);
  g_signal_connect_object (self->location, "fix", G_CALLBACK (on_fix), self, 0);
  g_signal_connect_object (self->location, "failed", G_CALLBACK (on_failed), self, 0);
  g_signal_connect_object (self->network, "changed", G_CALLBACK (on_network_changed), self, 0);
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
    gc_session_adopt_credentials (self, credentials);
  if (credentials != NULL && gc_store_get_on_duty (self->store))
    {
      /* The shift goes on where it was when the handset or the app died. */
      self->on_duty = TRUE;
      begin_shift (self);
      gc_session_notify (self, GC_SESSION_PROP_ON_DUTY);
      gc_session_notify (self, GC_SESSION_PROP_LINK);
    }
  g_task_return_boolean (task, TRUE);
}

static void
adopt_store (GcSession *self, GcStore *store)
{
  self->store = store;
  self->tasks = gc_task_list_new (store);
  self->reminder = gc_reminder_new (G_LIST_MODEL (self->tasks), store);
  self->watches = gc_watch_list_new (store);
  gc_session_adopt_alerts (self);
  gc_store_set_track_interval (store, TRACK_INTERVAL_MS);
  gc_session_watch_files (self);
  g_signal_connect_object (store, "notify::set-aside", G_CALLBACK (on_set_aside), self, 0);
  g_signal_connect_object (store, "failed", G_CALLBACK (on_failed), self, 0);
  g_signal_connect_object (self->tasks, "arrived", G_CALLBACK (on_task_arrived), self, 0);
  g_signal_connect_object (self->tasks, "changed-by-center", G_CALLBACK (on_task_changed), self, 0);
  g_signal_connect_object (self->reminder, "due", G_CALLBACK (on_task_due), self, 0);
  g_signal_connect_object (self->watches, "notify::watching", G_CALLBACK (on_watching), self, 0);
  gc_session_watch_sos (self);
  gc_session_notify (self, GC_SESSION_PROP_TASKS);
  gc_session_notify (self, GC_SESSION_PROP_WATCHES);
  gc_session_notify (self, GC_SESSION_PROP_SET_ASIDE);
  gc_session_notify (self, GC_SESSION_PROP_UNSENT);
}

static void
open_keyring (GcSession *self, GTask *task)
{
  if (!gc_session_resume_unpairing (self, task))
    gc_keyring_load_async (self->keyring, NULL, on_key_loaded, g_object_ref (task));
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
  open_keyring (self, task);
}

/**
 * gc_session_open_async:
 * @self: a session that is not open
 * @cancellable: (nullable): to give up
 * @callback: called when it is ready
 * @user_data: for @callback
 *
 * Opens store and keyring; goes on with the shift if one was open. If that failed, as with a full
 * disk, it may be called again. Main context.
 */
void
gc_session_open_async (GcSession *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *path = g_build_filename (self->data_dir, STORE_NAME, NULL);

  g_return_if_fail (GC_IS_SESSION (self));

  if (self->store != NULL)
    open_keyring (self, task);
  else
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
  gc_live_session_end (self->live, GC_LIVE_WHY_CLOSED);
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
