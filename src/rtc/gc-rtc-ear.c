/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-ear.h"

#include "rtc/gc-rtc-hearing.h"

/* RFC 5761 section 4: the payload types that are RTCP's, in the second byte of a packet. */
#define RTCP_FIRST 64
#define RTCP_LAST 95
/* RFC 7983 section 7: first bytes of RTP and RTCP; below are DTLS and STUN. */
#define RTP_FIRST 128
#define RTP_LAST 191

struct _GcRtcEar
{
  GcCrossing *crossing;
  GcCrossingFunc on_closed;

  GMutex lock; /* what follows, between streaming threads and the main context */
  GcRtcHearing hearing;
};

static gint64
now_ms (void)
{
  return MAX (g_get_monotonic_time () / 1000, 1);
}

static GstPadProbeReturn
on_heard (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcRtcEar *self = user_data;

  g_mutex_lock (&self->lock);
  gc_rtc_hearing_heard (&self->hearing, now_ms ());
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* Only media: what else we send, peers answer when they like. */
static gboolean
is_media (GstBuffer *packet)
{
  guint8 head[2];

  return gst_buffer_extract (packet, 0, head, sizeof head) == sizeof head && head[0] >= RTP_FIRST
         && head[0] <= RTP_LAST && ((head[1] & 0x7f) < RTCP_FIRST || (head[1] & 0x7f) > RTCP_LAST);
}

static GstPadProbeReturn
on_sent (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcRtcEar *self = user_data;
  GstBuffer *packet;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    packet = GST_PAD_PROBE_INFO_BUFFER (info);
  else
    packet = gst_buffer_list_get (GST_PAD_PROBE_INFO_BUFFER_LIST (info), 0);
  if (packet == NULL || !is_media (packet))
    return GST_PAD_PROBE_OK;
  g_mutex_lock (&self->lock);
  gc_rtc_hearing_sent (&self->hearing, now_ms ());
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* DTLS took the peer's good-bye (close_notify); webrtcbin itself ignores it. */
static GstPadProbeReturn
on_dtls_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcRtcEar *self = user_data;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_EOS)
    gc_crossing_call (self->crossing, self->on_closed, NULL, NULL);
  return GST_PAD_PROBE_OK;
}

static void
clear (gpointer data)
{
  GcRtcEar *self = data;

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
listen (GcRtcEar *self, GstElement *element, const char *name, GstPadProbeCallback callback)
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
 * gc_rtc_ear_new:
 * @webrtc: a new webrtcbin
 * @crossing: (transfer none): to whom to tell
 * @on_closed: called when the peer has closed the connection
 *
 * Main context.
 *
 * Returns: (transfer full): what notices whether the peer is heard
 */
GcRtcEar *
gc_rtc_ear_new (GstElement *webrtc, GcCrossing *crossing, GcCrossingFunc on_closed)
{
  GcRtcEar *self = g_atomic_rc_box_new0 (GcRtcEar);

  g_mutex_init (&self->lock);
  self->crossing = gc_crossing_ref (crossing);
  self->on_closed = on_closed;
  g_signal_connect_data (webrtc, "deep-element-added", G_CALLBACK (on_deep_element_added),
                         g_atomic_rc_box_acquire (self), release_closure, 0);
  return self;
}

/**
 * gc_rtc_ear_get_silence_ms:
 * @self: an ear
 *
 * Any thread.
 *
 * Returns: ms since the last packet of the peer; %G_MAXUINT if there was none
 */
guint
gc_rtc_ear_get_silence_ms (GcRtcEar *self)
{
  gint64 heard_ms;

  g_mutex_lock (&self->lock);
  heard_ms = self->hearing.heard_ms;
  g_mutex_unlock (&self->lock);
  return heard_ms == 0 ? G_MAXUINT : (guint) MIN (now_ms () - heard_ms, G_MAXUINT - 1);
}

/**
 * gc_rtc_ear_hears_nothing:
 * @self: an ear
 *
 * Any thread.
 *
 * Returns: whether the peer has let our media unanswered for longer than it usually does
 */
gboolean
gc_rtc_ear_hears_nothing (GcRtcEar *self)
{
  gint64 wait_ms;
  gint64 patience_ms;

  g_mutex_lock (&self->lock);
  wait_ms = gc_rtc_hearing_get_wait_ms (&self->hearing, now_ms ());
  patience_ms = gc_rtc_hearing_get_patience_ms (&self->hearing);
  g_mutex_unlock (&self->lock);
  return wait_ms > patience_ms;
}

/**
 * gc_rtc_ear_free:
 * @self: (transfer full): an ear
 *
 * Any thread.
 */
void
gc_rtc_ear_free (GcRtcEar *self)
{
  release (self);
}
