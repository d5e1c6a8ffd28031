/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-pace.h"

#include "base/gc-clock.h"

struct _GcPace
{
  GHashTable *last_ms; /* terminal → gint64, monotonic */
  guint interval_ms;
};

/**
 * gc_pace_new:
 * @interval_ms: how often each terminal may say something
 *
 * Returns: (transfer full): a pace
 */
GcPace *
gc_pace_new (guint interval_ms)
{
  GcPace *self = g_new0 (GcPace, 1);

  self->last_ms = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->interval_ms = interval_ms;
  return self;
}

/**
 * gc_pace_free:
 * @self: (transfer full): a pace
 */
void
gc_pace_free (GcPace *self)
{
  g_hash_table_unref (self->last_ms);
  g_free (self);
}

/**
 * gc_pace_allows:
 * @self: a pace
 * @terminal: who says something
 *
 * Returns: whether it may, for now the interval begins again
 */
gboolean
gc_pace_allows (GcPace *self, const char *terminal)
{
  gint64 now_ms = gc_clock_monotonic_ms ();
  gint64 *last_ms = g_hash_table_lookup (self->last_ms, terminal);

  if (last_ms == NULL)
    {
      last_ms = g_new (gint64, 1);
      g_hash_table_insert (self->last_ms, g_strdup (terminal), last_ms);
    }
  else if (now_ms - *last_ms < self->interval_ms)
    return FALSE;
  *last_ms = now_ms;
  return TRUE;
}
