/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-deadline.h"

#define KEY "gc-deadline"

static gboolean
on_deadline (gpointer user_data)
{
  g_cancellable_cancel (user_data);
  return G_SOURCE_REMOVE;
}

static void
forget (gpointer data)
{
  GSource *source = data;

  g_source_destroy (source);
  g_source_unref (source);
}

/**
 * gc_deadline_set:
 * @cancellable: what something is done under
 * @ms: from now
 *
 * Cancels @cancellable then, unless it is gone by then, as it is when what was done under it has
 * ended. A later call replaces an earlier one. Main context.
 */
void
gc_deadline_set (GCancellable *cancellable, guint ms)
{
  GSource *source = g_timeout_source_new (ms);

  g_return_if_fail (G_IS_CANCELLABLE (cancellable));

  g_source_set_callback (source, on_deadline, cancellable, NULL);
  g_source_attach (source, NULL);
  g_object_set_data_full (G_OBJECT (cancellable), KEY, source, forget);
}
