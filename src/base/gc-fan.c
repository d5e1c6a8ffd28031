/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-fan.h"

typedef struct
{
  guint id;
  GcFanFunc func;
  gpointer data;
} Blade;

struct _GcFan
{
  GMutex lock;
  GArray *blades;
  guint last_id;
};

/**
 * gc_fan_new:
 *
 * Any thread.
 *
 * Returns: (transfer full): a fan without functions
 */
GcFan *
gc_fan_new (void)
{
  GcFan *fan = g_new0 (GcFan, 1);

  g_mutex_init (&fan->lock);
  fan->blades = g_array_new (FALSE, FALSE, sizeof (Blade));
  return fan;
}

/**
 * gc_fan_free:
 * @fan: (transfer full): a fan that nobody uses
 *
 * Any thread.
 */
void
gc_fan_free (GcFan *fan)
{
  g_array_unref (fan->blades);
  g_mutex_clear (&fan->lock);
  g_free (fan);
}

/**
 * gc_fan_add:
 * @fan: a fan
 * @func: (scope notified): takes each thing, on the thread of gc_fan_out()
 * @data: for @func
 *
 * Any thread.
 *
 * Returns: for gc_fan_remove()
 */
guint
gc_fan_add (GcFan *fan, GcFanFunc func, gpointer data)
{
  Blade blade = { 0, func, data };

  g_mutex_lock (&fan->lock);
  blade.id = ++fan->last_id;
  g_array_append_val (fan->blades, blade);
  g_mutex_unlock (&fan->lock);
  return blade.id;
}

/**
 * gc_fan_remove:
 * @fan: a fan
 * @id: from gc_fan_add(); 0 does nothing
 *
 * When it returns, the function is not running and will not be called. Any thread but one that is
 * in the function.
 */
void
gc_fan_remove (GcFan *fan, guint id)
{
  g_mutex_lock (&fan->lock);
  for (guint i = 0; i < fan->blades->len; i++)
    if (g_array_index (fan->blades, Blade, i).id == id)
      {
        g_array_remove_index (fan->blades, i);
        break;
      }
  g_mutex_unlock (&fan->lock);
}

/**
 * gc_fan_out:
 * @fan: a fan
 * @detail: what kind of thing
 * @thing: (transfer none): the thing
 *
 * Calls every function. Any thread.
 */
void
gc_fan_out (GcFan *fan, guint detail, gpointer thing)
{
  g_mutex_lock (&fan->lock);
  for (guint i = 0; i < fan->blades->len; i++)
    {
      const Blade *blade = &g_array_index (fan->blades, Blade, i);

      blade->func (detail, thing, blade->data);
    }
  g_mutex_unlock (&fan->lock);
}
