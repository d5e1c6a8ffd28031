/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-wait.h"

#include "base/gc-clock.h"

#define TICK_MS 5

static gboolean
on_tick (gpointer user_data)
{
  return G_SOURCE_CONTINUE;
}

guint
test_wait_add_tick (void)
{
  return g_timeout_add (TICK_MS, on_tick, NULL);
}

void
test_wait (TestCondition condition, gpointer data, const char *name, const char *where)
{
  gint64 until = gc_clock_monotonic_ms () + TEST_PATIENCE_S * 1000;
  guint tick = test_wait_add_tick ();

  while (!condition (data))
    {
      if (gc_clock_monotonic_ms () > until)
        g_error ("%s: waited in vain for %s", where, name);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (tick);
}

void
test_iterate (guint ms)
{
  gint64 until = gc_clock_monotonic_ms () + ms;
  guint tick = test_wait_add_tick ();

  while (gc_clock_monotonic_ms () < until)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (tick);
}

void
test_take_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **taken = user_data;

  g_assert_null (*taken);
  *taken = g_object_ref (result);
}

static gboolean
has_result (gpointer data)
{
  return *(GAsyncResult **) data != NULL;
}

void
test_wait_for_result (GAsyncResult **result, const char *where)
{
  test_wait (has_result, result, "the result", where);
}
