/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-remote-stats.h"

typedef struct
{
  const GstStructure *all;
  GcRemoteStats *remote;
} Reading;

static const char *
word_for_path (const char *kind)
{
  const char *const words[] = { "host", "srflx", "prflx", "relay" };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (g_strcmp0 (kind, words[i]) == 0)
      return words[i];
  return "?";
}

static void
read_report (const GstStructure *entry, GcRemoteStats *remote)
{
  double number;

  if (gst_structure_get_double (entry, "round-trip-time", &number) && number > 0)
    remote->rtt_ms = number * 1000;
  if (gst_structure_get_double (entry, "fraction-lost", &number))
    remote->loss = CLAMP (number, 0, 1);
}

static void
read_pair (const GstStructure *entry, Reading *reading)
{
  const char *id = gst_structure_get_string (entry, "local-candidate-id");
  const GValue *value = id != NULL ? gst_structure_get_value (reading->all, id) : NULL;

  if (value != NULL && GST_VALUE_HOLDS_STRUCTURE (value))
    reading->remote->path = word_for_path (
        gst_structure_get_string (gst_value_get_structure (value), "candidate-type"));
}

static gboolean
on_entry (const GstIdStr *name, const GValue *value, gpointer user_data)
{
  Reading *reading = user_data;
  const GstStructure *entry;
  gboolean is_video;
  guint count;

  if (!GST_VALUE_HOLDS_STRUCTURE (value))
    return TRUE;
  entry = gst_value_get_structure (value);
  is_video = g_strcmp0 (gst_structure_get_string (entry, "kind"), "video") == 0;
  if (gst_structure_has_name (entry, "remote-inbound-rtp") && is_video)
    read_report (entry, reading->remote);
  else if (gst_structure_has_name (entry, "outbound-rtp") && is_video)
    {
      if (gst_structure_get_uint (entry, "nack-count", &count))
        reading->remote->nacks = count;
    }
  else if (gst_structure_has_name (entry, "candidate-pair"))
    read_pair (entry, reading);
  return TRUE;
}

/**
 * gc_remote_stats_read:
 * @stats: from gc_rtc_bin_get_stats_finish()
 * @remote: (out caller-allocates): what it says
 *
 * Any thread.
 */
void
gc_remote_stats_read (const GstStructure *stats, GcRemoteStats *remote)
{
  Reading reading = { stats, remote };

  *remote = (GcRemoteStats) { .rtt_ms = -1, .path = "?" };
  gst_structure_foreach_id_str (stats, on_entry, &reading);
}
