/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-alert-words.h"

#include "app/gc-words.h"

#include <glib/gi18n.h>

/**
 * gc_alert_words_severity:
 * @severity: how bad
 *
 * Returns: (transfer none): the words for it
 */
const char *
gc_alert_words_severity (GcCapSeverity severity)
{
  switch (severity)
    {
    case GC_CAP_SEVERITY_EXTREME:
      return _ ("Extreme danger");
    case GC_CAP_SEVERITY_SEVERE:
      return _ ("Severe danger");
    case GC_CAP_SEVERITY_MODERATE:
      return _ ("Danger");
    case GC_CAP_SEVERITY_MINOR:
      return _ ("Take care");
    case GC_CAP_SEVERITY_UNKNOWN:
    default:
      return _ ("Alert");
    }
}

/**
 * gc_alert_words_css_class:
 * @severity: how bad
 *
 * Returns: (transfer none): the style with its colour: red, orange, yellow and blue, as the public
 *   warnings have them
 */
const char *
gc_alert_words_css_class (GcCapSeverity severity)
{
  static const char *const CLASSES[] = { "extreme", "severe", "moderate", "minor", "unknown" };

  return CLASSES[severity];
}

/**
 * gc_alert_words_urgency:
 * @urgency: how soon to act
 *
 * Returns: (transfer none) (nullable): what to do about it, %NULL if there is nothing to be said
 */
const char *
gc_alert_words_urgency (GcCapUrgency urgency)
{
  switch (urgency)
    {
    case GC_CAP_URGENCY_IMMEDIATE:
      return _ ("Act at once");
    case GC_CAP_URGENCY_EXPECTED:
      return _ ("Act soon");
    case GC_CAP_URGENCY_FUTURE:
      return _ ("Be prepared");
    case GC_CAP_URGENCY_PAST:
    case GC_CAP_URGENCY_UNKNOWN:
    default:
      return NULL;
    }
}

/**
 * gc_alert_words_until:
 * @cap: an alert
 * @now_ms: the present, ms since 1970
 *
 * Returns: (transfer full): until when it holds
 */
char *
gc_alert_words_until (const GcCap *cap, gint64 now_ms)
{
  g_autofree char *time = gc_words_time (gc_cap_get_expires_ms (cap), now_ms);

  /* Translators: until when an alert holds, a time */
  return g_strdup_printf (C_ ("alert", "Until %s"), time);
}

/**
 * gc_alert_words_area:
 * @info: what is said
 *
 * Returns: (transfer full) (nullable): where it holds, %NULL if that is everywhere
 */
char *
gc_alert_words_area (const GcCapInfo *info)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (guint i = 0; i < info->areas->len; i++)
    g_string_append_printf (names, "%s%s", i > 0 ? "; " : "",
                            ((GcCapArea *) g_ptr_array_index (info->areas, i))->description);
  /* Translators: where an alert holds */
  return names->len > 0 ? g_strdup_printf (_ ("Area: %s"), names->str) : NULL;
}

/**
 * gc_alert_words_from:
 * @cap: an alert
 * @info: what is said
 * @now_ms: the present, ms since 1970
 *
 * Returns: (transfer full): who warns, and since when
 */
char *
gc_alert_words_from (const GcCap *cap, const GcCapInfo *info, gint64 now_ms)
{
  g_autofree char *time = gc_words_time (cap->self.sent_ms, now_ms);

  /* Translators: who sent an alert, and when */
  return g_strdup_printf (C_ ("alert", "From %1$s, %2$s"),
                          info->sender_name != NULL ? info->sender_name : cap->self.sender, time);
}
