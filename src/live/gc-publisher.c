/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-publisher.h"

#include "base/gc-backoff.h"
#include "base/gc-error.h"
#include "live/gc-publication.h"
#include "live/gc-rate-control.h"
#include "live/gc-remote-stats.h"

#define START_BPS 1500000
#define MAX_BPS 6000000
#define BACKOFF_BASE_MS 500
#define BACKOFF_CAP_MS 10000
#define STATS_INTERVAL_S 1

struct _GcPublisher
{
  GObject parent_instance;

  GcEncoder *encoder;
  char *url;
  char *token;
  GTlsDatabase *anchors;
  GTlsCertificate *client;

  GcPublisherState state;
  GError *error;
  GcPublication *publication;
  gulong publication_handler;
  GcBackoff backoff;
  guint retry;
  guint ticker;
  gboolean muted;
  gboolean was_live;

  GcRateControl rate;
  GcLiveStats stats;
  GcFeedCounters last;
  GcEncoderFigures last_encoder;
};

G_DEFINE_FINAL_TYPE (GcPublisher, gc_publisher, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

enum
{
  SIGNAL_STATS,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

/**
 * gc_publisher_state_to_string:
 * @state: a state
 *
 * Returns: (transfer none): a word for logs
 */
const char *
gc_publisher_state_to_string (GcPublisherState state)
{
  const char *const words[] = { "idle", "connecting", "live", "reconnecting", "failed" };

  return words[state];
}

static void
set_state (GcPublisher *self, GcPublisherState state)
{
  if (self->state == state)
    return;
  g_message ("Publishing: %s to %s", gc_publisher_state_to_string (self->state),
             gc_publisher_state_to_string (state));
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static void
drop_publication (GcPublisher *self)
{
  g_clear_signal_handler (&self->publication_handler, self->publication);
  if (self->publication != NULL)
    gc_publication_close_async (self->publication, NULL, NULL);
  g_clear_object (&self->publication);
  self->last = (GcFeedCounters) { 0 };
}

static void
set_error (GcPublisher *self, const GError *error)
{
  g_autoptr (GError) old = g_steal_pointer (&self->error);

  if (error != NULL)
    self->error = g_error_copy (error);
}

static void
fail (GcPublisher *self, const GError *error)
{
  g_clear_handle_id (&self->ticker, g_source_remove);
  set_error (self, error);
  drop_publication (self);
  set_state (self, GC_PUBLISHER_FAILED);
}

/* What another attempt would not change. A session that was live and is now unknown has ended. */
static gboolean
is_final (const GError *error)
{
  return error->domain == GC_ERROR && error->code != GC_ERROR_UNREACHABLE
         && error->code != GC_ERROR_BUSY && error->code != GC_ERROR_FAILED
         && error->code != GC_ERROR_CONFLICT;
}

static void
connect_once (GcPublisher *self);

static gboolean
on_retry (gpointer user_data)
{
  GcPublisher *self = user_data;

  self->retry = 0;
  connect_once (self);
  return G_SOURCE_REMOVE;
}

static void
on_publication_state (GcPublication *publication, GParamSpec *pspec, gpointer user_data)
{
  GcPublisher *self = user_data;
  const GError *error = gc_publication_get_error (publication);
  guint delay_ms;

  if (gc_publication_get_state (publication) == GC_PUBLICATION_CONNECTED)
    {
      gc_backoff_reset (&self->backoff);
      set_error (self, NULL);
      self->was_live = TRUE;
      set_state (self, GC_PUBLISHER_LIVE);
      return;
    }
  if (is_final (error))
    {
      fail (self, error);
      return;
    }
  g_message ("The connection is made again: %s", error->message);
  delay_ms = MAX (gc_backoff_next_ms (&self->backoff),
                  gc_publication_get_retry_after (publication) * 1000);
  set_error (self, error);
  drop_publication (self);
  self->stats.reconnects++;
  set_state (self, self->was_live ? GC_PUBLISHER_RECONNECTING : GC_PUBLISHER_CONNECTING);
  g_clear_handle_id (&self->retry, g_source_remove);
  self->retry = g_timeout_add (delay_ms, on_retry, self);
}

static void
connect_once (GcPublisher *self)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcWhipClient) client
      = gc_whip_client_new (self->url, self->token, self->anchors, self->client, &error);

  if (client == NULL)
    {
      fail (self, error);
      return;
    }
  gc_rate_control_new_path (&self->rate);
  self->publication = gc_publication_new (self->encoder, client, self->rate.max_bps);
  gc_publication_set_muted (self->publication, self->muted);
  self->publication_handler = g_signal_connect_object (self->publication, "notify::state",
                                                       G_CALLBACK (on_publication_state), self, 0);
  gc_publication_start (self->publication);
}

/* --- statistics --- */

/* What transport-wide feedback says; of a server that gives none, its receiver reports. */
static void
set_path_stats (GcPublisher *self, const GcRemoteStats *remote)
{
  GcPacer *pacer = gc_publication_get_pacer (self->publication);
  GcCongestionFigures figures;
  GcCongestionState state;

  self->stats.queue_ms = -1;
  self->stats.stalled = FALSE;
  if (gc_pacer_is_measured (pacer))
    {
      gc_pacer_get_figures (pacer, &figures, &state);
      self->stats.target_bps = figures.target_bps;
      self->stats.loss = figures.loss;
      self->stats.queue_ms = (double) figures.queue_us / 1000;
      self->stats.stalled = state == GC_CONGESTION_STALLED;
      if (figures.rtt_us >= 0 && self->stats.rtt_ms < 0)
        self->stats.rtt_ms = (double) figures.rtt_us / 1000;
      return;
    }
  self->stats.target_bps
      = gc_rate_control_update (&self->rate, remote->loss, remote->rtt_ms, self->stats.video_bps);
  gc_pacer_set_unmeasured_rate (pacer, self->stats.target_bps);
}

static void
on_stats (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublisher) self = user_data;
  g_autoptr (GstStructure) stats
      = gc_publication_get_stats_finish (GC_PUBLICATION (source), result, NULL);
  GcRemoteStats remote;

  if (stats == NULL || self->state != GC_PUBLISHER_LIVE)
    return;
  gc_remote_stats_read (stats, &remote);
  self->stats.rtt_ms = remote.rtt_ms;
  self->stats.loss = remote.loss;
  self->stats.nacks = remote.nacks;
  self->stats.path = remote.path;
  set_path_stats (self, &remote);
  gc_live_stats_judge (&self->stats);
  g_signal_emit (self, signals[SIGNAL_STATS], 0);
}

static void
set_encoder_stats (GcPublisher *self)
{
  GcLiveStats *stats = &self->stats;
  GcEncoderFigures now;
  guint64 coded;

  gc_encoder_get_figures (self->encoder, &now);
  coded = now.coded - self->last_encoder.coded;
  stats->camera_fps = (guint) (now.camera - self->last_encoder.camera) / STATS_INTERVAL_S;
  stats->left_out = (guint) (now.left_out - self->last_encoder.left_out) / STATS_INTERVAL_S;
  stats->coding_ms
      = coded > 0 ? (double) (now.coding_us - self->last_encoder.coding_us) / 1000 / (double) coded
                  : -1;
  self->last_encoder = now;
  stats->mode = now.mode;
  stats->slow = now.slow;
  stats->lines = now.lines;
  stats->lines_max = now.lines_max;
  stats->fps_max = now.fps_max;
  gc_encoder_get_size (self->encoder, &stats->width, &stats->height);
}

static gboolean
on_tick (gpointer user_data)
{
  GcPublisher *self = user_data;
  GcFeedCounters now;

  set_encoder_stats (self);
  if (self->publication == NULL || self->state != GC_PUBLISHER_LIVE)
    return G_SOURCE_CONTINUE;
  gc_publication_get_counters (self->publication, &now);
  self->stats.video_bps
      = (gint64) (now.video_bytes - self->last.video_bytes) * 8 / STATS_INTERVAL_S;
  self->stats.audio_bps
      = (gint64) (now.audio_bytes - self->last.audio_bytes) * 8 / STATS_INTERVAL_S;
  self->stats.fps = (guint) (now.frames - self->last.frames) / STATS_INTERVAL_S;
  self->stats.frames += now.frames - self->last.frames;
  self->stats.key_frames += now.key_frames - self->last.key_frames;
  self->stats.key_requests += now.key_requests - self->last.key_requests;
  self->last = now;
  gc_publication_get_stats_async (self->publication, on_stats, g_object_ref (self));
  return G_SOURCE_CONTINUE;
}

/* --- the object --- */

static void
gc_publisher_dispose (GObject *object)
{
  GcPublisher *self = GC_PUBLISHER (object);

  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->ticker, g_source_remove);
  drop_publication (self);
  g_clear_object (&self->encoder);
  g_clear_object (&self->anchors);
  g_clear_object (&self->client);
  G_OBJECT_CLASS (gc_publisher_parent_class)->dispose (object);
}

static void
gc_publisher_finalize (GObject *object)
{
  GcPublisher *self = GC_PUBLISHER (object);

  g_free (self->url);
  g_free (self->token);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (gc_publisher_parent_class)->finalize (object);
}

static void
gc_publisher_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_PUBLISHER (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_publisher_class_init (GcPublisherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_publisher_dispose;
  object_class->finalize = gc_publisher_finalize;
  object_class->get_property = gc_publisher_get_property;
  /**
   * GcPublisher:state:
   *
   * A #GcPublisherState.
   */
  properties[PROP_STATE]
      = g_param_spec_int ("state", NULL, NULL, GC_PUBLISHER_IDLE, GC_PUBLISHER_FAILED,
                          GC_PUBLISHER_IDLE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  /**
   * GcPublisher::stats:
   *
   * Once a second while live: gc_publisher_get_stats() has new figures.
   */
  signals[SIGNAL_STATS] = g_signal_new ("stats", GC_TYPE_PUBLISHER, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_publisher_init (GcPublisher *self)
{
  self->backoff = (GcBackoff) { .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS };
  gc_live_stats_init (&self->stats);
  gc_rate_control_init (&self->rate, START_BPS, MAX_BPS);
}

/**
 * gc_publisher_new:
 * @encoder: where picture and sound come from; runs
 * @url: a WHIP endpoint
 * @token: (nullable): bearer token
 * @anchors: (nullable): the pinned CA of a paired center; %NULL for the system's CAs
 * @client: (nullable): our certificate
 *
 * Main context.
 *
 * Returns: (transfer full): a publisher that has not started
 */
GcPublisher *
gc_publisher_new (GcEncoder *encoder,
                  const char *url,
                  const char *token,
                  GTlsDatabase *anchors,
                  GTlsCertificate *client)
{
  GcPublisher *self = g_object_new (GC_TYPE_PUBLISHER, NULL);

  self->encoder = g_object_ref (encoder);
  self->url = g_strdup (url);
  self->token = g_strdup (token);
  g_set_object (&self->anchors, anchors);
  g_set_object (&self->client, client);
  return self;
}

/**
 * gc_publisher_set_max_bitrate:
 * @self: a publisher that has not started
 * @bps: most that the picture may take, bit/s, 100,000 to 50,000,000
 *
 * Main context.
 */
void
gc_publisher_set_max_bitrate (GcPublisher *self, gint64 bps)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));

  gc_rate_control_init (&self->rate, MIN (START_BPS, bps), bps);
}

/**
 * gc_publisher_start:
 * @self: a publisher
 *
 * Publishes; the outcome is the property state. Main context.
 */
void
gc_publisher_start (GcPublisher *self)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));
  g_return_if_fail (self->state == GC_PUBLISHER_IDLE || self->state == GC_PUBLISHER_FAILED);

  set_error (self, NULL);
  self->was_live = FALSE;
  self->ticker = g_timeout_add_seconds (STATS_INTERVAL_S, on_tick, self);
  set_state (self, GC_PUBLISHER_CONNECTING);
  connect_once (self);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_publication_close_finish (GC_PUBLICATION (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/**
 * gc_publisher_stop_async:
 * @self: a publisher
 * @callback: called when the server knows, or does not answer
 * @user_data: for @callback
 *
 * Stops sending at once, then tells the server. Main context.
 */
void
gc_publisher_stop_async (GcPublisher *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (self, NULL, callback, user_data);
  g_autoptr (GcPublication) publication = NULL;

  g_return_if_fail (GC_IS_PUBLISHER (self));

  g_clear_handle_id (&self->retry, g_source_remove);
  g_clear_handle_id (&self->ticker, g_source_remove);
  g_clear_signal_handler (&self->publication_handler, self->publication);
  publication = g_steal_pointer (&self->publication);
  set_state (self, GC_PUBLISHER_IDLE);
  if (publication == NULL)
    g_task_return_boolean (task, TRUE);
  else
    gc_publication_close_async (publication, on_closed, g_steal_pointer (&task));
}

/**
 * gc_publisher_stop_finish:
 * @self: a publisher
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE: nothing is sent any more, but the server has not been told
 *
 * Returns: whether the server has been told
 */
gboolean
gc_publisher_stop_finish (GcPublisher *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * gc_publisher_set_muted:
 * @self: a publisher
 * @muted: whether sound stays on the handset
 *
 * Main context.
 */
void
gc_publisher_set_muted (GcPublisher *self, gboolean muted)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));

  self->muted = muted;
  if (self->publication != NULL)
    gc_publication_set_muted (self->publication, muted);
}

/**
 * gc_publisher_network_changed:
 * @self: a publisher
 *
 * Tell it when the handset is on another network: it makes a new connection at once, instead of
 * waiting until ICE gives the old one up. Main context.
 */
void
gc_publisher_network_changed (GcPublisher *self)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));

  if (self->state != GC_PUBLISHER_LIVE && self->state != GC_PUBLISHER_RECONNECTING
      && self->state != GC_PUBLISHER_CONNECTING)
    return;
  gc_backoff_reset (&self->backoff);
  g_clear_handle_id (&self->retry, g_source_remove);
  drop_publication (self);
  if (self->was_live)
    {
      self->stats.reconnects++;
      set_state (self, GC_PUBLISHER_RECONNECTING);
    }
  connect_once (self);
}

/**
 * gc_publisher_get_state:
 * @self: a publisher
 *
 * Returns: where it stands
 */
GcPublisherState
gc_publisher_get_state (GcPublisher *self)
{
  return self->state;
}

/**
 * gc_publisher_get_error:
 * @self: a publisher
 *
 * Returns: (transfer none) (nullable): why it failed, or while it is connecting or reconnecting,
 * why the last attempt did
 */
const GError *
gc_publisher_get_error (GcPublisher *self)
{
  return self->error;
}

/**
 * gc_publisher_get_stats:
 * @self: a publisher
 *
 * Returns: (transfer none): the figures of the last second
 */
const GcLiveStats *
gc_publisher_get_stats (GcPublisher *self)
{
  return &self->stats;
}
