/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-publisher.h"

#include "live/gc-rate-control.h"
#include "live/gc-remote-stats.h"
#include "live/gc-handover.h"

/* Where nothing is fed back: 720 lines are good with it, and loss soon brings it down. */
#define START_BPS 1500000
/* As often as most receivers report. */
#define STATS_INTERVAL_S 1
/* Sound goes on while nothing gets through, and waits in some queue in front of the first picture
 * that does: it is sent as over a path that carries this. */
#define STALLED_BPS 80000

struct _GcPublisher
{
  GObject parent_instance;

  GcEncoder *encoder;
  GcHandover *handover;
  GcPublisherState state;
  guint ticker;
  guint connections; /* that have sent */

  gint64 max_bps;
  GcRateControl rate;
  GcSoundControl sound;
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
on_succession_state (GcHandover *handover, GParamSpec *pspec, gpointer user_data)
{
  GcPublisher *self = user_data;

  switch (gc_handover_get_state (handover))
    {
    case GC_HANDOVER_IDLE:
      set_state (self, GC_PUBLISHER_IDLE);
      break;
    case GC_HANDOVER_TRYING:
      set_state (self, self->connections > 0 ? GC_PUBLISHER_RECONNECTING : GC_PUBLISHER_CONNECTING);
      break;
    case GC_HANDOVER_SENDING:
      set_state (self, GC_PUBLISHER_LIVE);
      break;
    case GC_HANDOVER_ENDED:
    default:
      g_clear_handle_id (&self->ticker, g_source_remove);
      set_state (self, GC_PUBLISHER_FAILED);
      break;
    }
}

static void
on_switched (GcHandover *handover, gpointer user_data)
{
  GcPublisher *self = user_data;

  if (self->connections++ > 0)
    self->stats.reconnects++;
  self->last = (GcFeedCounters) { 0 };
  gc_rate_control_new_path (&self->rate);
}

/* --- statistics --- */

/* What the picture may take at most, on the present uplink. */
static void
adopt_max (GcPublisher *self)
{
  gint64 limit_bps = gc_handover_get_limit (self->handover);

  self->stats.max_bps = limit_bps > 0 ? MIN (self->max_bps, limit_bps) : self->max_bps;
  gc_rate_control_set_max (&self->rate, self->stats.max_bps);
}

static void
adapt_sound (GcPublisher *self, gint64 path_bps)
{
  gint64 limit_bps = gc_handover_get_limit (self->handover);
  const GcSoundRung *rung;

  if (limit_bps > 0 && (path_bps == 0 || limit_bps < path_bps))
    path_bps = limit_bps;
  rung = gc_sound_control_update (&self->sound, g_get_monotonic_time (), path_bps);
  /* Each time: the encoder may have been replaced. */
  gc_encoder_set_sound (self->encoder, rung);
}

/* What transport-wide feedback says; of a server that gives none, its receiver reports. */
static void
set_path_stats (GcPublisher *self, GcPacer *pacer, const GcRemoteStats *remote)
{
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
      adapt_sound (self, self->stats.stalled ? MIN (figures.capacity_bps, STALLED_BPS)
                                             : figures.capacity_bps);
      if (figures.rtt_us >= 0 && self->stats.rtt_ms < 0)
        self->stats.rtt_ms = (double) figures.rtt_us / 1000;
      return;
    }
  self->stats.target_bps
      = gc_rate_control_update (&self->rate, remote->loss, remote->rtt_ms, self->stats.video_bps);
  gc_pacer_set_unmeasured_rate (pacer, self->stats.target_bps);
  /* Where all is sent that may be, the path carries more. */
  adapt_sound (self,
               self->stats.target_bps < self->stats.max_bps ? self->stats.target_bps : G_MAXINT32);
}

static void
on_stats (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPublisher) self = user_data;
  g_autoptr (GstStructure) stats = gc_rtc_bin_get_stats_finish (GC_RTC_BIN (source), result, NULL);
  GcPublication *publication = gc_handover_get_current (self->handover);
  GcRemoteStats remote;

  if (stats == NULL || publication == NULL || self->state != GC_PUBLISHER_LIVE)
    return;
  adopt_max (self);
  gc_remote_stats_read (stats, &remote);
  self->stats.rtt_ms = remote.rtt_ms;
  self->stats.loss = remote.loss;
  self->stats.nacks = remote.nacks;
  self->stats.path = remote.path;
  set_path_stats (self, gc_publication_get_pacer (publication), &remote);
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
  stats->frugal = now.frugal;
  stats->lines = now.lines;
  stats->lines_max = now.lines_max;
  stats->fps_max = now.fps_max;
  stats->stills = now.fps_max == 0;
  gc_encoder_get_size (self->encoder, &stats->width, &stats->height);
}

static gboolean
on_tick (gpointer user_data)
{
  GcPublisher *self = user_data;
  GcPublication *publication = gc_handover_get_current (self->handover);
  GcFeedCounters now;

  set_encoder_stats (self);
  if (publication == NULL || self->state != GC_PUBLISHER_LIVE)
    return G_SOURCE_CONTINUE;
  gc_publication_get_counters (publication, &now);
  self->stats.video_bps
      = (gint64) (now.video_bytes - self->last.video_bytes) * 8 / STATS_INTERVAL_S;
  self->stats.audio_bps
      = (gint64) (now.audio_bytes - self->last.audio_bytes) * 8 / STATS_INTERVAL_S;
  self->stats.fps = (guint) (now.frames - self->last.frames) / STATS_INTERVAL_S;
  self->stats.frames += now.frames - self->last.frames;
  self->stats.key_frames += now.key_frames - self->last.key_frames;
  self->stats.key_requests += now.key_requests - self->last.key_requests;
  self->last = now;
  gc_rtc_bin_get_stats_async (gc_publication_get_rtc (publication), on_stats, g_object_ref (self));
  return G_SOURCE_CONTINUE;
}

/* --- the object --- */

static void
gc_publisher_dispose (GObject *object)
{
  GcPublisher *self = GC_PUBLISHER (object);

  g_clear_handle_id (&self->ticker, g_source_remove);
  g_clear_object (&self->handover);
  g_clear_object (&self->encoder);
  G_OBJECT_CLASS (gc_publisher_parent_class)->dispose (object);
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
  self->max_bps = GC_PUBLISHER_MAX_BPS;
  gc_live_stats_init (&self->stats);
  gc_sound_control_init (&self->sound);
  gc_rate_control_init (&self->rate, START_BPS, GC_PUBLISHER_MAX_BPS);
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
  self->handover = gc_handover_new (encoder, url, token, anchors, client);
  gc_handover_set_max_bitrate (self->handover, self->max_bps);
  g_signal_connect_object (self->handover, "notify::state", G_CALLBACK (on_succession_state), self,
                           0);
  g_signal_connect_object (self->handover, "switched", G_CALLBACK (on_switched), self, 0);
  return self;
}

/**
 * gc_publisher_watch_network:
 * @self: a publisher that has not started
 * @network: says which ways out there are
 * @second: whether to keep a connection ready over another uplink than the one that is used, where
 *   the server allows it, and to try others when the one that is used disappoints
 *
 * When the handset gets on another network the publisher makes a new connection at once, and ends
 * the old one when the new one carries. Main context.
 */
void
gc_publisher_watch_network (GcPublisher *self, GcNetworkMonitor *network, GcSecondUplink second)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));

  gc_handover_watch_network (self->handover, network, second);
}

/**
 * gc_publisher_set_max_bitrate:
 * @self: a publisher
 * @bps: most that the picture may take over any uplink, bit/s, 100,000 to 50,000,000
 *
 * Holds at once. Main context.
 */
void
gc_publisher_set_max_bitrate (GcPublisher *self, gint64 bps)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));

  self->max_bps = bps;
  gc_handover_set_max_bitrate (self->handover, bps);
  adopt_max (self);
}

/**
 * gc_publisher_set_limits:
 * @self: a publisher
 * @limits: what may be sent over which uplinks; they count where the network is watched
 *
 * Holds at once, and for the right uplink whenever the stream goes over another one. Main context.
 */
void
gc_publisher_set_limits (GcPublisher *self, const GcRateLimits *limits)
{
  g_return_if_fail (GC_IS_PUBLISHER (self));

  gc_handover_set_limits (self->handover, limits);
  adopt_max (self);
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

  self->connections = 0;
  self->ticker = g_timeout_add_seconds (STATS_INTERVAL_S, on_tick, self);
  gc_handover_start (self->handover);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_handover_stop_finish (GC_HANDOVER (source), result, &error))
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
  g_return_if_fail (GC_IS_PUBLISHER (self));

  g_clear_handle_id (&self->ticker, g_source_remove);
  gc_handover_stop_async (self->handover, on_stopped, g_task_new (self, NULL, callback, user_data));
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

  gc_handover_set_muted (self->handover, muted);
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
  return gc_handover_get_error (self->handover);
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
