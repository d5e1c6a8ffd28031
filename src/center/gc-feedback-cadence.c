/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-feedback-cadence.h"

/* rtpsession reports either at each marker, which is the end of a picture, or at packets that come
 * so long after the last that was reported in this way, whatever they are. The former tells the
 * sender at once how a picture has fared, but says nothing while a large one is on the way or only
 * sound is sent; the latter leaves the end of each picture to the next. So it is told for each
 * packet which of the two applies. */
#define AT_MARKERS GST_CLOCK_TIME_NONE
/* So short that a packet which is to be reported always is. */
#define AT_ONCE (10 * GST_MSECOND)
/* A picture whose packets come within this time is left to its marker. */
#define PICTURE_US (15 * 1000)

typedef struct
{
  GObject *session;
  gint64 reported_us; /* when the last packet came that was reported at once; 0: none was */
  gint64 waiting_us;  /* when the first came that has not been reported; 0: all have */
  gboolean at_once;
} Cadence;

static void
cadence_free (gpointer data)
{
  Cadence *self = data;

  g_object_unref (self->session);
  g_free (self);
}

static void
set_at_once (Cadence *self, gboolean at_once)
{
  self->at_once = at_once;
  g_object_set (self->session, "twcc-feedback-interval", at_once ? AT_ONCE : AT_MARKERS, NULL);
}

static gboolean
is_marker (GstBuffer *packet)
{
  guint8 header[2] = { 0, 0 };

  gst_buffer_extract (packet, 0, header, sizeof header);
  return (header[1] & 0x80) != 0;
}

static gboolean
is_due (Cadence *self, gint64 now_us)
{
  /* With the first packet rtpsession only begins to count the time. */
  if (self->reported_us == 0)
    return TRUE;
  return self->waiting_us != 0 && now_us - self->waiting_us >= PICTURE_US
         && now_us - self->reported_us >= GC_FEEDBACK_CADENCE_MS * 1000;
}

static GstPadProbeReturn
on_packet (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  Cadence *self = user_data;
  gint64 now_us = g_get_monotonic_time ();
  gboolean marker = is_marker (GST_PAD_PROBE_INFO_BUFFER (info));
  gboolean due = is_due (self, now_us) && (!marker || self->reported_us == 0);

  if (due != self->at_once)
    set_at_once (self, due);
  if (due || marker)
    {
      self->reported_us = now_us;
      self->waiting_us = 0;
    }
  else if (self->waiting_us == 0)
    self->waiting_us = now_us;
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement *element, GstPad *pad, gpointer user_data)
{
  Cadence *self;

  if (!g_str_has_prefix (GST_OBJECT_NAME (pad), "recv_rtp_sink"))
    return;
  self = g_new0 (Cadence, 1);
  g_object_get (element, "internal-session", &self->session, NULL);
  set_at_once (self, TRUE);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, cadence_free);
}

/**
 * gc_feedback_cadence_keep:
 * @rtpsession: a new rtpsession
 *
 * Has it send feedback in good time. Any thread.
 */
void
gc_feedback_cadence_keep (GstElement *rtpsession)
{
  g_signal_connect (rtpsession, "pad-added", G_CALLBACK (on_pad_added), NULL);
}
