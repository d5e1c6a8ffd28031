/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-task-words.h"

#include "app/gc-words.h"
#include "protocol/gc-envelope.h"

#include <glib/gi18n.h>
#include <string.h>

#define MINUTE_MS G_GINT64_CONSTANT (60000)
#define HOUR_MS (60 * MINUTE_MS)

static char *
minutes_or_hours (gint64 span_ms)
{
  int minutes = (int) ((span_ms + MINUTE_MS / 2) / MINUTE_MS);

  if (minutes < 60)
    return g_strdup_printf (ngettext ("%d min", "%d min", (gulong) minutes), minutes);
  return g_strdup_printf (_ ("%1$d h %2$02d min"), minutes / 60, minutes % 60);
}

/**
 * gc_task_words_deadline:
 * @deadline_ms: when the task must be done, ms since 1970; 0 for never
 * @now_ms: the present
 *
 * Near deadlines in minutes that are left, later ones as a time.
 *
 * Returns: (transfer full) (nullable): the words, or %NULL where there is no deadline
 */
char *
gc_task_words_deadline (gint64 deadline_ms, gint64 now_ms)
{
  gint64 left_ms;
  g_autofree char *words = NULL;

  if (deadline_ms == 0)
    return NULL;
  /* The center may send any time: no difference of two bounded ones overflows. */
  left_ms = CLAMP (deadline_ms, -G_MAXINT64 / 4, G_MAXINT64 / 4) - now_ms;
  if (left_ms < -24 * HOUR_MS || left_ms >= 4 * HOUR_MS)
    {
      words = gc_words_time (deadline_ms, now_ms);
      if (left_ms < 0)
        return g_strdup_printf (_ ("Overdue since %s"), words);
      return g_strdup_printf (_ ("Until %s"), words);
    }
  words = minutes_or_hours (ABS (left_ms));
  if (left_ms < 0)
    return g_strdup_printf (_ ("Overdue by %s"), words);
  return g_strdup_printf (_ ("%s left"), words);
}

/**
 * gc_task_words_due:
 * @overdue: whether the deadline has passed
 *
 * Returns: what a reminder of a task says
 */
const char *
gc_task_words_due (gboolean overdue)
{
  return overdue ? _ ("The deadline has passed") : _ ("The deadline is near");
}

/**
 * gc_task_words_urgency:
 * @urgency: how soon
 *
 * Returns: the word on the task's badge
 */
const char *
gc_task_words_urgency (GcTaskUrgency urgency)
{
  switch (urgency)
    {
    case GC_TASK_URGENT:
      return _ ("Urgent");
    case GC_TASK_PRIORITY:
      return _ ("Priority");
    case GC_TASK_ROUTINE:
    default:
      return _ ("Routine");
    }
}

/**
 * gc_task_words_state:
 * @state: where the task stands
 *
 * Returns: the word for it
 */
const char *
gc_task_words_state (GcTaskState state)
{
  switch (state)
    {
    case GC_TASK_ACCEPTED:
      return _ ("Accepted");
    case GC_TASK_DECLINED:
      return _ ("Declined");
    case GC_TASK_EN_ROUTE:
      return _ ("On the way");
    case GC_TASK_ARRIVED:
      return _ ("Arrived");
    case GC_TASK_DONE:
      return _ ("Done");
    case GC_TASK_CANCELLED:
      return _ ("Cancelled");
    case GC_TASK_SENT:
    case GC_TASK_DELIVERED:
    default:
      return _ ("New");
    }
}

/**
 * gc_task_words_cancelled:
 * @reason: (nullable): as the center gives it
 *
 * Returns: (transfer full): that a task was taken back, and why
 */
char *
gc_task_words_cancelled (const char *reason)
{
  if (reason == NULL || *reason == '\0')
    return g_strdup (_ ("Cancelled by the center"));
  if (strcmp (reason, GC_TASK_WHY_REASSIGNED) == 0)
    return g_strdup (_ ("The center has given it to somebody else"));
  return g_strdup_printf (_ ("Cancelled by the center: %s"), reason);
}

/**
 * gc_task_words_late_cancel:
 * @reason: as the center gives it, may be empty
 *
 * Returns: (transfer full): that a task stays done, what the center wanted instead, and why
 */
char *
gc_task_words_late_cancel (const char *reason)
{
  if (*reason == '\0')
    return g_strdup (_ ("It was done before the center cancelled it, and stays done."));
  if (strcmp (reason, GC_TASK_WHY_REASSIGNED) == 0)
    return g_strdup (_ ("It was done before the center gave it to somebody else, and stays done."));
  return g_strdup_printf (
      _ ("It was done before the center cancelled it, and stays done. Why it was cancelled: %s"),
      reason);
}

/**
 * gc_task_words_next_step:
 * @state: where the task stands
 *
 * Returns: (nullable): what the big button says, %NULL when nothing is left to do
 */
const char *
gc_task_words_next_step (GcTaskState state)
{
  switch (state)
    {
    case GC_TASK_SENT:
    case GC_TASK_DELIVERED:
      return C_ ("task step", "Accept");
    case GC_TASK_ACCEPTED:
      return C_ ("task step", "On the way");
    case GC_TASK_EN_ROUTE:
      return C_ ("task step", "Arrived");
    case GC_TASK_ARRIVED:
      return C_ ("task step", "Done");
    case GC_TASK_DECLINED:
    case GC_TASK_DONE:
    case GC_TASK_CANCELLED:
    default:
      return NULL;
    }
}
