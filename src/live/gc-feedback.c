/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-feedback.h"

#include "live/gc-congestion.h"

/**
 * gc_feedback_is:
 * @structure: (nullable): of an event that came from an RTP session
 *
 * Any thread.
 *
 * Returns: whether it tells of transport-wide feedback
 */
gboolean
gc_feedback_is (const GstStructure *structure)
{
  return structure != NULL && gst_structure_has_name (structure, "RTPTWCCPackets");
}

static gboolean
read_arrival (const GstStructure *packet, GcArrival *arrival)
{
  guint64 received_ns = GST_CLOCK_TIME_NONE;
  gboolean lost = FALSE;
  guint sequence;

  if (packet == NULL || !gst_structure_get_uint (packet, "seqnum", &sequence))
    return FALSE;
  gst_structure_get_boolean (packet, "lost", &lost);
  gst_structure_get_uint64 (packet, "remote-ts", &received_ns);
  arrival->sequence = (guint16) sequence;
  arrival->received_us = lost || received_ns == GST_CLOCK_TIME_NONE
                             ? GC_CONGESTION_LOST
                             : (gint64) (received_ns / GST_USECOND);
  return TRUE;
}

/* rtpsession hands its reports out in a type that GLib has deprecated since. */
G_GNUC_BEGIN_IGNORE_DEPRECATIONS

/**
 * gc_feedback_read:
 * @structure: of an event for which gc_feedback_is() holds
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GcArrival): what it says, in its order
 */
GArray *
gc_feedback_read (const GstStructure *structure)
{
  GArray *arrivals = g_array_new (FALSE, FALSE, sizeof (GcArrival));
  const GValue *list = gst_structure_get_value (structure, "packets");
  const GValueArray *packets;

  if (list == NULL || !G_VALUE_HOLDS (list, g_value_array_get_type ()))
    return arrivals;
  packets = g_value_get_boxed (list);
  for (guint i = 0; packets != NULL && i < packets->n_values; i++)
    {
      const GValue *value = &packets->values[i];
      GcArrival arrival;

      if (GST_VALUE_HOLDS_STRUCTURE (value)
          && read_arrival (gst_value_get_structure (value), &arrival))
        g_array_append_val (arrivals, arrival);
    }
  return arrivals;
}

G_GNUC_END_IGNORE_DEPRECATIONS
