/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-path-choice.h"

static const GcPath *
find (GPtrArray *paths, const char *interface)
{
  for (guint i = 0; interface != NULL && i < paths->len; i++)
    {
      const GcPath *path = g_ptr_array_index (paths, i);

      if (g_str_equal (path->interface, interface))
        return path;
    }
  return NULL;
}

static gboolean
is_allowed (const GcPath *path, GcSecondUplink second)
{
  return second == GC_SECOND_UPLINK_ALWAYS
         || (second == GC_SECOND_UPLINK_UNMETERED && !path->metered);
}

/* The kernel's own first, that which has disappointed last. */
static GPtrArray *
list_options (GPtrArray *paths, const GcPath *own, const char *avoid, GcSecondUplink second)
{
  GPtrArray *options = g_ptr_array_new ();
  const GcPath *last = find (paths, avoid);

  if (own != NULL && own != last)
    g_ptr_array_add (options, (gpointer) own);
  for (guint i = 0; i < paths->len; i++)
    {
      const GcPath *path = g_ptr_array_index (paths, i);

      if (path != own && path != last && path->kind != GC_UPLINK_OTHER
          && (own == NULL || is_allowed (path, second)))
        g_ptr_array_add (options, (gpointer) path);
    }
  if (last != NULL
      && (last == own
          || (last->kind != GC_UPLINK_OTHER && (own == NULL || is_allowed (last, second)))))
    g_ptr_array_add (options, (gpointer) last);
  return options;
}

/**
 * gc_path_choice_next:
 * @paths: (element-type GcPath): the ways out, the kernel's first
 * @kernel: (nullable): the interface over which the kernel would go to the server now; %NULL if it
 *   has none, or one that hears nothing
 * @avoid: (nullable): the interface that has just disappointed
 * @second: whether others than the kernel's may be used while that seems to work
 * @attempt: how many attempts there were since something changed
 *
 * Where to make the next connection. It is over one interface alone, for ICE would also take an
 * address of one and a way over another, which dies with both. Attempts take turns, for a network
 * that promises a way may not keep the promise; in the end all is left to the kernel, as it is
 * where a VPN or a local network leads to the server. Any thread.
 *
 * Returns: (nullable): the path to use alone; %NULL to leave it to the kernel
 */
const GcPath *
gc_path_choice_next (
    GPtrArray *paths, const char *kernel, const char *avoid, GcSecondUplink second, guint attempt)
{
  const GcPath *own = find (paths, kernel);
  g_autoptr (GPtrArray) options = NULL;

  if (kernel != NULL && (own == NULL || own->kind == GC_UPLINK_OTHER))
    return NULL;
  options = list_options (paths, own, avoid, second);
  g_ptr_array_add (options, NULL);
  return g_ptr_array_index (options, attempt % options->len);
}

/**
 * gc_path_choice_standby:
 * @paths: (element-type GcPath): the ways out, the kernel's first
 * @used: (nullable): the interface that is used
 * @second: which others may be used
 *
 * Where to keep a connection ready. Any thread.
 *
 * Returns: (nullable): the path; %NULL if there is none, or none that is allowed
 */
const GcPath *
gc_path_choice_standby (GPtrArray *paths, const char *used, GcSecondUplink second)
{
  const GcPath *own = find (paths, used);

  if (own == NULL || own->kind == GC_UPLINK_OTHER)
    return NULL;
  for (guint i = 0; i < paths->len; i++)
    {
      const GcPath *path = g_ptr_array_index (paths, i);

      /* A VPN in front of the others takes everything; to go past it is not ours to decide. */
      if (path->kind == GC_UPLINK_OTHER)
        return NULL;
      if (path != own && is_allowed (path, second))
        return path;
    }
  return NULL;
}
