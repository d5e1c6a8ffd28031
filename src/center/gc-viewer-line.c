/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-viewer-line.h"

/* Of a packet with our extensions, which rtpsession does not count. */
#define HEADER_BYTES 24

struct _GcViewerLine
{
  GMutex lock;
  GcViewerGate *gate;
};

/**
 * gc_viewer_line_new:
 *
 * Any thread.
 *
 * Returns: (transfer full): a line on which nothing has been sent
 */
GcViewerLine *
gc_viewer_line_new (void)
{
  GcViewerLine *self = g_atomic_rc_box_new0 (GcViewerLine);

  g_mutex_init (&self->lock);
  self->gate = gc_viewer_gate_new ();
  return self;
}

static void
clear_line (gpointer data)
{
  GcViewerLine *self = data;

  gc_viewer_gate_free (self->gate);
  g_mutex_clear (&self->lock);
}

/**
 * gc_viewer_line_unref:
 * @self: (transfer full): a line
 *
 * Any thread.
 */
void
gc_viewer_line_unref (GcViewerLine *self)
{
  g_atomic_rc_box_release_full (self, clear_line);
}

static void
unref_line (gpointer self)
{
  gc_viewer_line_unref (self);
}

/* --- on streaming threads --- */

static GstPadProbeReturn
on_packets (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GcViewerLine *self = user_data;
  gsize bytes = (info->type & GST_PAD_PROBE_TYPE_BUFFER_LIST) != 0
                    ? gst_buffer_list_calculate_size (GST_PAD_PROBE_INFO_BUFFER_LIST (info))
                    : gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));

  g_mutex_lock (&self->lock);
  gc_viewer_gate_note_sent (self->gate, g_get_monotonic_time (), bytes);
  g_mutex_unlock (&self->lock);
  return GST_PAD_PROBE_OK;
}

/* rtpsession's times are those of the pipeline's clock, which is the monotonic one. */
static void
note_packet (GcViewerLine *self, const GstStructure *packet)
{
  guint64 sent_ns = GST_CLOCK_TIME_NONE;
  guint64 came_ns = GST_CLOCK_TIME_NONE;
  guint bytes = 0;

  gst_structure_get (packet, "local-ts", G_TYPE_UINT64, &sent_ns, "remote-ts", G_TYPE_UINT64,
                     &came_ns, "size", G_TYPE_UINT, &bytes, NULL);
  bytes += HEADER_BYTES;
  if (!GST_CLOCK_TIME_IS_VALID (sent_ns))
    return; /* not one of ours, or forgotten already */
  if (GST_CLOCK_TIME_IS_VALID (came_ns))
    gc_viewer_gate_note_report (self->gate, (gint64) GST_TIME_AS_USECONDS (sent_ns),
                                (gint64) GST_TIME_AS_USECONDS (came_ns), bytes);
  else
    gc_viewer_gate_note_loss (self->gate, (gint64) GST_TIME_AS_USECONDS (sent_ns), bytes);
}

static void
note_feedback (GcViewerLine *self, const GstStructure *feedback)
{
  const GValue *value = gst_structure_get_value (feedback, "packets");
  const GValueArray *packets;

  if (value == NULL || !G_VALUE_HOLDS_BOXED (value))
    return;
  packets = g_value_get_boxed (value);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < packets->n_values; i++)
    if (GST_VALUE_HOLDS_STRUCTURE (packets->values + i))
      note_packet (self, gst_value_get_structure (packets->values + i));
  gc_viewer_gate_note_feedback (self->gate, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
}

static GstPadProbeReturn
on_upstream_event (GstPad *pad, GstPadProbeInfo *info, gpointer user_data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (!gst_event_has_name (event, "RTPTWCCPackets"))
    return GST_PAD_PROBE_OK;
  note_feedback (user_data, gst_event_get_structure (event));
  return GST_PAD_PROBE_DROP;
}

/**
 * gc_viewer_line_watch:
 * @self: a line
 * @payloader: what sends on it; has not started
 * @feedback: whether to take the viewer's feedback from there: it is about all that is sent to him,
 *   and comes to each payloader
 */
void
gc_viewer_line_watch (GcViewerLine *self, GstElement *payloader, gboolean feedback)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (payloader, "src");

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packets,
                     g_atomic_rc_box_acquire (self), unref_line);
  if (feedback)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_upstream_event,
                       g_atomic_rc_box_acquire (self), unref_line);
}

/**
 * gc_viewer_line_judge:
 * @self: a line
 * @key_frame: whether the next picture can be shown without those before it
 * @behind: (out): whether the viewer misses pictures
 *
 * To be asked for each picture in turn.
 *
 * Returns: what to do with it
 */
GcViewerGateVerdict
gc_viewer_line_judge (GcViewerLine *self, gboolean key_frame, gboolean *behind)
{
  GcViewerGateVerdict verdict;

  g_mutex_lock (&self->lock);
  verdict = gc_viewer_gate_judge (self->gate, g_get_monotonic_time (), key_frame);
  *behind = gc_viewer_gate_is_behind (self->gate);
  g_mutex_unlock (&self->lock);
  return verdict;
}
