/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-session.h"

#include "location/gc-location-source-geoclue.h"
#include "location/gc-location-source-replay.h"
#include "location/gc-tracker.h"
#include "session/gc-session-private.h"

#include <string.h>

#define DRAFT_PREFIX "draft."

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

G_DEFINE_FINAL_TYPE (GcSession, gc_session, G_TYPE_OBJECT)

static GParamSpec *properties[GC_SESSION_N_PROPS];
static guint signals[GC_SESSION_N_SIGNALS];

/**
 * gc_session_notify:
 * @self: a session
 * @property: a GC_SESSION_PROP_
 *
 * Tells that a property changed. Main context.
 */
void
gc_session_notify (GcSession *self, guint property)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * gc_session_emit:
 * @self: a session
 * @signal: a GC_SESSION_SIGNAL_
 * @...: its arguments
 *
 * Emits a signal. Main context.
 */
void
gc_session_emit (gpointer self, guint signal, ...)
{
  va_list values;

  va_start (values, signal);
  g_signal_emit_valist (self, signals[signal], 0, values);
  va_end (values);
}

/**
 * gc_session_report_problem:
 * @self: a session
 * @error: what the worker is to be shown
 *
 * Main context.
 */
void
gc_session_report_problem (GcSession *self, const GError *error)
{
  g_message ("Problem: %s", error->message);
  gc_session_emit (self, GC_SESSION_SIGNAL_PROBLEM, error);
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
    gc_session_report_problem (self, error);
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

  gc_live_session_end (self->live, GC_LIVE_WHY_WORKER);
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

/**
 * gc_session_set_rate_limit:
 * @self: a session
 * @cost: of which uplinks
 * @kbps: how much live video may take over them, with sound and headers, 50 to 50,000 kbit/s; 0 for
 *   no limit
 *
 * Holds at once, also for what is being sent. Main context.
 */
void
gc_session_set_rate_limit (GcSession *self, GcUplinkCost cost, guint kbps)
{
  g_return_if_fail (GC_IS_SESSION (self));

  gc_thrift_set_limit (self->thrift, cost, kbps);
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

/**
 * gc_session_dismiss_set_aside:
 * @self: a session
 *
 * The worker has read that data were damaged: stored, so that nobody says it again. The damaged
 * file stays. Main context.
 */
void
gc_session_dismiss_set_aside (GcSession *self)
{
  g_return_if_fail (GC_IS_SESSION (self));

  if (self->store != NULL && !self->closing)
    gc_store_set_state_async (self->store, GC_STORE_SET_ASIDE, NULL, NULL, NULL, NULL);
}

static void
gc_session_dispose (GObject *object)
{
  GcSession *self = GC_SESSION (object);

  gc_session_drop_channel (self);
  if (self->location != NULL)
    gc_location_source_stop (self->location);
  g_clear_object (&self->live);
  g_clear_object (&self->studio);
  g_clear_object (&self->tasks);
  g_clear_object (&self->alerts);
  g_clear_object (&self->reminder);
  g_clear_object (&self->watches);
  g_clear_object (&self->store);
  g_clear_object (&self->location);
  g_clear_object (&self->network);
  g_clear_object (&self->battery);
  g_clear_object (&self->thrift);
  g_clear_object (&self->credentials);
  g_clear_object (&self->keyring);
  G_OBJECT_CLASS (gc_session_parent_class)->dispose (object);
}

static void
gc_session_finalize (GObject *object)
{
  GcSession *self = GC_SESSION (object);

  g_free (self->data_dir);
  gc_live_log_free (self->live_log);
  g_clear_pointer (&self->fix, gc_fix_free);
  G_OBJECT_CLASS (gc_session_parent_class)->finalize (object);
}

static void
get_identity (GcSession *self, guint id, GValue *value)
{
  GcCredentials *credentials = self->credentials;

  if (id == GC_SESSION_PROP_PAIRED)
    g_value_set_boolean (value, credentials != NULL);
  else if (id == GC_SESSION_PROP_WORKER)
    g_value_set_string (value, credentials != NULL
                                   ? gc_store_get_state (self->store, GC_SESSION_STATE_WORKER)
                                   : NULL);
  else if (credentials == NULL)
    g_value_set_string (value, NULL);
  else if (id == GC_SESSION_PROP_CENTER_NAME)
    g_value_set_string (value, gc_credentials_get_center_name (credentials));
  else if (id == GC_SESSION_PROP_CENTER_HOST)
    g_value_set_string (value, gc_credentials_get_base_url (credentials) + strlen ("https://"));
  else
    g_value_set_string (value, gc_credentials_get_terminal_id (credentials));
}

static void
get_live (GcSession *self, guint id, GValue *value)
{
  const GcLiveStats *stats = gc_live_session_get_stats (self->live);
  const char *const names[] = { "state", "by", "reason", "since-ms" };

  if (id == GC_SESSION_PROP_MUTED)
    g_object_get_property (G_OBJECT (self->live), "muted", value);
  else if (id == GC_SESSION_PROP_LIVE_GRADE)
    g_value_set_int (value, stats != NULL ? stats->grade : -1);
  else if (id == GC_SESSION_PROP_LIVE_STILLS)
    g_value_set_boolean (value, stats != NULL && stats->stills);
  else if (id == GC_SESSION_PROP_LIVE_LIMIT)
    g_value_set_static_string (value,
                               stats != NULL ? gc_live_limit_to_string (stats->limit) : NULL);
  else if (id == GC_SESSION_PROP_LIVE_SHARP)
    g_object_get_property (G_OBJECT (self->studio), "sharp", value);
  else if (id == GC_SESSION_PROP_WATCHING)
    g_value_set_uint (value, self->watches != NULL
                                     && gc_live_session_get_state (self->live) != GC_LIVE_IDLE
                                 ? gc_watch_list_get_watching (self->watches)
                                 : 0);
  else
    g_object_get_property (G_OBJECT (self->live), names[id - GC_SESSION_PROP_LIVE], value);
}

static void
gc_session_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcSession *self = GC_SESSION (object);

  if (id <= GC_SESSION_PROP_TERMINAL_ID)
    get_identity (self, id, value);
  else if (id >= GC_SESSION_PROP_LIVE && id <= GC_SESSION_PROP_MUTED)
    get_live (self, id, value);
  else if (id == GC_SESSION_PROP_ON_DUTY)
    g_value_set_boolean (value, self->on_duty);
  else if (id == GC_SESSION_PROP_LINK)
    g_value_set_enum (value, gc_session_get_link (self));
  else if (id == GC_SESSION_PROP_UNSENT)
    g_value_set_uint (value, gc_session_count_unsent (self));
  else if (id == GC_SESSION_PROP_CAMERA_COUNT)
    g_value_set_uint (value, gc_studio_get_camera_count (self->studio));
  else if (id == GC_SESSION_PROP_CAMERA_ACTIVE)
    g_value_set_boolean (value, gc_studio_is_camera_active (self->studio));
  else if (id == GC_SESSION_PROP_MICROPHONE_ACTIVE)
    g_value_set_boolean (value, gc_studio_is_microphone_active (self->studio));
  else if (id == GC_SESSION_PROP_FIX)
    g_value_set_boxed (value, self->fix);
  else if (id == GC_SESSION_PROP_UPLINK)
    g_value_set_static_string (value,
                               gc_uplink_to_string (gc_network_monitor_get_uplink (self->network)));
  else if (id == GC_SESSION_PROP_SIGNAL_PERCENT)
    g_value_set_int (value, gc_network_monitor_get_signal_percent (self->network));
  else if (id == GC_SESSION_PROP_SOS)
    g_value_set_boxed (value, self->store != NULL ? gc_store_get_sos (self->store) : NULL);
  else if (id == GC_SESSION_PROP_TASKS)
    g_value_set_object (value, self->tasks);
  else if (id == GC_SESSION_PROP_ALERTS)
    g_value_set_object (value, self->alerts);
  else if (id == GC_SESSION_PROP_WATCHES)
    g_value_set_object (value, self->watches);
  else if (id == GC_SESSION_PROP_SET_ASIDE)
    g_value_set_string (
        value, self->store != NULL ? gc_store_get_state (self->store, GC_STORE_SET_ASIDE) : NULL);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_session_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  GcSession *self = GC_SESSION (object);

  if (id == GC_SESSION_PROP_LIVE_SHARP)
    {
      gc_studio_set_sharp (self->studio, g_value_get_boolean (value));
      return;
    }
  if (id != GC_SESSION_PROP_MUTED)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_object_set_property (G_OBJECT (self->live), "muted", value);
  gc_session_notify (self, GC_SESSION_PROP_MUTED);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags rw_flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;
  const struct
  {
    guint id;
    const char *name;
  } strings[] = {
    { GC_SESSION_PROP_CENTER_NAME, "center-name" }, { GC_SESSION_PROP_CENTER_HOST, "center-host" },
    { GC_SESSION_PROP_WORKER, "worker" },           { GC_SESSION_PROP_TERMINAL_ID, "terminal-id" },
    { GC_SESSION_PROP_LIVE_BY, "live-by" },         { GC_SESSION_PROP_LIVE_REASON, "live-reason" },
    { GC_SESSION_PROP_LIVE_LIMIT, "live-limit" },   { GC_SESSION_PROP_UPLINK, "uplink" },
    { GC_SESSION_PROP_SET_ASIDE, "set-aside" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (strings); i++)
    properties[strings[i].id] = g_param_spec_string (strings[i].name, NULL, NULL, NULL, flags);
  properties[GC_SESSION_PROP_PAIRED] = g_param_spec_boolean ("paired", NULL, NULL, FALSE, flags);
  properties[GC_SESSION_PROP_ON_DUTY] = g_param_spec_boolean ("on-duty", NULL, NULL, FALSE, flags);
  properties[GC_SESSION_PROP_CAMERA_ACTIVE]
      = g_param_spec_boolean ("camera-active", NULL, NULL, FALSE, flags);
  properties[GC_SESSION_PROP_MICROPHONE_ACTIVE]
      = g_param_spec_boolean ("microphone-active", NULL, NULL, FALSE, flags);
  properties[GC_SESSION_PROP_MUTED] = g_param_spec_boolean ("muted", NULL, NULL, FALSE, rw_flags);
  properties[GC_SESSION_PROP_LIVE_SHARP]
      = g_param_spec_boolean ("live-sharp", NULL, NULL, FALSE, rw_flags);
  properties[GC_SESSION_PROP_LIVE_STILLS]
      = g_param_spec_boolean ("live-stills", NULL, NULL, FALSE, flags);
  properties[GC_SESSION_PROP_LIVE_GRADE]
      = g_param_spec_int ("live-grade", NULL, NULL, -1, GC_LIVE_GRADE_MAX, -1, flags);
  properties[GC_SESSION_PROP_LINK]
      = g_param_spec_enum ("link", NULL, NULL, GC_TYPE_LINK, GC_LINK_OFF, flags);
  properties[GC_SESSION_PROP_LIVE]
      = g_param_spec_enum ("live", NULL, NULL, GC_TYPE_LIVE, GC_LIVE_IDLE, flags);
  properties[GC_SESSION_PROP_UNSENT]
      = g_param_spec_uint ("unsent", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[GC_SESSION_PROP_WATCHING]
      = g_param_spec_uint ("watching", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[GC_SESSION_PROP_CAMERA_COUNT]
      = g_param_spec_uint ("camera-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[GC_SESSION_PROP_LIVE_SINCE_MS]
      = g_param_spec_int64 ("live-since-ms", NULL, NULL, 0, G_MAXINT64, 0, flags);
  properties[GC_SESSION_PROP_SIGNAL_PERCENT]
      = g_param_spec_int ("signal-percent", NULL, NULL, -1, 100, -1, flags);
  properties[GC_SESSION_PROP_FIX] = g_param_spec_boxed ("fix", NULL, NULL, GC_TYPE_FIX, flags);
  properties[GC_SESSION_PROP_SOS] = g_param_spec_boxed ("sos", NULL, NULL, GC_TYPE_SOS, flags);
  properties[GC_SESSION_PROP_TASKS]
      = g_param_spec_object ("tasks", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  properties[GC_SESSION_PROP_ALERTS]
      = g_param_spec_object ("alerts", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  properties[GC_SESSION_PROP_WATCHES]
      = g_param_spec_object ("watches", NULL, NULL, G_TYPE_LIST_MODEL, flags);
  g_object_class_install_properties (object_class, GC_SESSION_N_PROPS, properties);
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
  signals[GC_SESSION_SIGNAL_CODE_FOUND]
      = add_signal ("code-found", 2, GC_TYPE_PAIRING_CODE, G_TYPE_ERROR);
  signals[GC_SESSION_SIGNAL_LIVE_FAILED] = add_signal ("live-failed", 1, G_TYPE_ERROR, G_TYPE_NONE);
  signals[GC_SESSION_SIGNAL_LIVE_ENDED] = add_signal ("live-ended", 1, G_TYPE_STRING, G_TYPE_NONE);
  signals[GC_SESSION_SIGNAL_TASK_ARRIVED]
      = add_signal ("task-arrived", 1, GC_TYPE_TASK_ITEM, G_TYPE_NONE);
  signals[GC_SESSION_SIGNAL_TASK_CHANGED]
      = add_signal ("task-changed", 2, GC_TYPE_TASK_ITEM, G_TYPE_STRING);
  signals[GC_SESSION_SIGNAL_TASK_DUE]
      = add_signal ("task-due", 2, GC_TYPE_TASK_ITEM, G_TYPE_BOOLEAN);
  signals[GC_SESSION_SIGNAL_FILE_CHANGED] = add_signal ("file-changed", 1, GC_TYPE_STORED_FILE, 0);
  signals[GC_SESSION_SIGNAL_ATTACHMENT_CHANGED]
      = add_signal ("attachment-changed", 1, G_TYPE_STRING, 0);
  signals[GC_SESSION_SIGNAL_ALERT_ARRIVED]
      = add_signal ("alert-arrived", 1, GC_TYPE_ALERT_ITEM, G_TYPE_NONE);
  signals[GC_SESSION_SIGNAL_ALERT_WITHDRAWN]
      = add_signal ("alert-withdrawn", 2, GC_TYPE_ALERT_ITEM, G_TYPE_STRING);
  signals[GC_SESSION_SIGNAL_PROBLEM] = add_signal ("problem", 1, G_TYPE_ERROR, G_TYPE_NONE);
}

static void
gc_session_init (GcSession *self)
{
  self->network = gc_network_monitor_new ();
  self->battery = gc_battery_new ();
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
  self->live_log = gc_live_log_new (self->data_dir);
  self->studio = gc_studio_new (options->camera, options->microphone);
  self->thrift = gc_thrift_new (self->battery, self->studio);
  self->live = gc_live_session_new (self->studio, self->network, self->thrift);
  receiver = options->nmea_file != NULL ? gc_location_source_replay_new (options->nmea_file)
                                        : gc_location_source_geoclue_new (GC_APP_ID);
  self->location = GC_LOCATION_SOURCE (gc_tracker_new (receiver));
  gc_session_watch_stages (self);
  return self;
}
