/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-liveness.h"

#include "rtc/gc-rtc-failure-detector.h"

/* RFC 5761 section 4: the payload types that are RTCP's, in the second byte of a packet. */
#define RTCP_FIRST 64
#define RTCP_LAST 95
/* RFC 7983 section 7: first bytes of RTP and RTCP; below are DTLS and STUN. */
#define RTP_FIRST 128
#define RTP_LAST 191

struct _GcRtcLiveness
{
  GcCrossing *crossing;
  GcCrossingFunc on_closed;

  GMutex lock; /* what follows, between streaming threads and the main context */
  GcRtcFailureDetector detector;
  gboolean reports;
};

typedef enum
{
  PACKET_OTHER, /* DTLS */
  PACKET_MEDIA,
  PACKET_REPORT,
} PacketKind;

static gint64
now_ms (void)
{
  return MAX (g_get_monotonic_time () / 1000, 1);
}

static PacketKind
get_kind (GstPadProbeInfo *info)
{
  GstBuffer *packet;
  guint8 head[2];

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    packet = GST_PAD_PROBE_INFO_BUFFER (info);
  else
    packet = gst_buffer_list_get (GST_PAD_PROBE_INFO_BUFFER_LIST (info), 0);
  if (packet == NULL || gst_buffer_extract (packet, 0, head, sizeof head) != sizeof head
      || head[0] < RTP_FIRST || head[0] > RTP_LAST)
    return PACKET_OTHER;
  head[1] &= 0x7f;
  return head[1] < RTCP_FIRST || head[1] > RTCP_LAST ? PACKET_MEDIA : PACKET_REPORT;
}

static GstPadProbeReturn
on_heard (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcRtcLiveness *self = user_data;
  gboolean is_report = get_kind (info) == PACKET_REPORT;

  g_mutex_lock (&self->lock);
  self->reports |= is_report;
  gc_rtc_failure_detector_heard (&self->detector, now_ms ());
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sent (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcRtcLiveness *self = user_data;

  /* Only media: what else we send, peers answer when they like. */
  if (get_kind (info) != PACKET_MEDIA)
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  gc_rtc_failure_detector_sent (&self->detector, now_ms ());
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* DTLS took the peer's good-bye (close_notify); webrtcbin itself ignores it. */
static GstPadProbeReturn
on_dtls_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcRtcLiveness *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gc_crossing_call (self->crossing, self->on_closed, NULL, NULL);
  return GST_PAD_PROBE_OK;
}

static void
clear (gpointer data)
{
  GcRtcLiveness *self = data;

  gc_crossing_unref (self->crossing);
  g_mutex_clear (&self->lock);
}

static void
release (gpointer self)
{
  g_atomic_rc_box_release_full (self, clear);
}

static void
release_closure (gpointer self, GClosure *closure)
{
  release (self);
}

static void
listen (GcRtcLiveness *self, GstElement *element, const char *name, GstPadProbeCallback callback)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  if (pad != NULL)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, callback,
                       g_atomic_rc_box_acquire (self), release);
}

static gboolean
listen_for_close (GstElement *decoder, GstPad *pad, gpointer self)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_dtls_event,
                     g_atomic_rc_box_acquire (self), release);
  return TRUE;
}

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const char *name = factory != NULL ? GST_OBJECT_NAME (factory) : "";

  if (strcmp (name, "nicesrc") == 0)
    listen (user_data, element, "src", on_heard);
  else if (strcmp (name, "nicesink") == 0)
    listen (user_data, element, "sink", on_sent);
  else if (strcmp (name, "dtlsdec") == 0)
    gst_element_foreach_src_pad (element, listen_for_close, user_data);
}

/**
 * gc_rtc_liveness_new:
 * @webrtc: a new webrtcbin
 * @crossing: (transfer none): to whom to tell
 * @on_closed: called when the peer has closed the connection
 *
 * Main context.
 *
 * Returns: (transfer full): what notices whether the peer is heard
 */
GcRtcLiveness *
gc_rtc_liveness_new (GstElement *webrtc, GcCrossing *crossing, GcCrossingFunc on_closed)
{
  GcRtcLiveness *self = g_atomic_rc_box_new0 (GcRtcLiveness);

  g_mutex_init (&self->lock);
  self->crossing = gc_crossing_ref (crossing);
  self->on_closed = on_closed;
  g_signal_connect_data (webrtc, "deep-element-added", G_CALLBACK (on_deep_element_added),
                         g_atomic_rc_box_acquire (self), release_closure, 0);
  return self;
}

/**
 * gc_rtc_liveness_get_silence_ms:
 * @self: what watches a peer
 *
 * How long nothing has come from the peer, neither media nor reports of it (RTCP); ICE's own
 * keep-alive does not count. Any thread.
 *
 * Returns: ms since the last packet of the peer; %G_MAXUINT if there was none
 */
guint
gc_rtc_liveness_get_silence_ms (GcRtcLiveness *self)
{
  gint64 heard_ms;

  g_mutex_lock (&self->lock);
  heard_ms = self->detector.heard_ms;
  g_mutex_unlock (&self->lock);
  return heard_ms == 0 ? G_MAXUINT : (guint) MIN (now_ms () - heard_ms, G_MAXUINT - 1);
}

/**
 * gc_rtc_liveness_is_silent:
 * @self: what watches a peer
 *
 * Any thread.
 *
 * Returns: whether the peer has let our media unanswered for longer than it usually does
 */
gboolean
gc_rtc_liveness_is_silent (GcRtcLiveness *self)
{
  gint64 wait_ms;
  gint64 patience_ms;

  g_mutex_lock (&self->lock);
  wait_ms = gc_rtc_failure_detector_get_wait_ms (&self->detector, now_ms ());
  patience_ms = gc_rtc_failure_detector_get_patience_ms (&self->detector);
  g_mutex_unlock (&self->lock);
  return wait_ms > patience_ms;
}

/**
 * gc_rtc_liveness_inherit:
 * @self: what watches a peer to which no media have been sent
 * @predecessor: what watches another connection with the same peer
 *
 * Begins with what is known of how often the peer reports. Any thread.
 */
void
gc_rtc_liveness_inherit (GcRtcLiveness *self, GcRtcLiveness *predecessor)
{
  GcRtcFailureDetector known;

  g_mutex_lock (&predecessor->lock);
  known = predecessor->detector;
  g_mutex_unlock (&predecessor->lock);
  g_mutex_lock (&self->lock);
  gc_rtc_failure_detector_inherit (&self->detector, &known);
  g_mutex_unlock (&self->lock);
}

/**
 * gc_rtc_liveness_has_reports:
 * @self: what watches a peer
 *
 * Any thread.
 *
 * Returns: whether the peer has ever sent a report (RTCP)
 */
gboolean
gc_rtc_liveness_has_reports (GcRtcLiveness *self)
{
  gboolean reports;

  g_mutex_lock (&self->lock);
  reports = self->reports;
  g_mutex_unlock (&self->lock);
  return reports;
}

/**
 * gc_rtc_liveness_free:
 * @self: (transfer full): what watches a peer
 *
 * Any thread.
 */
void
gc_rtc_liveness_free (GcRtcLiveness *self)
{
  release (self);
}
