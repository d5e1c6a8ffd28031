/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "network/gc-path.h"

/**
 * gc_path_copy:
 * @path: a path
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcPath *
gc_path_copy (const GcPath *path)
{
  GcPath *copy = g_new (GcPath, 1);

  *copy = *path;
  copy->interface = g_strdup (path->interface);
  copy->addresses = g_strdupv (path->addresses);
  return copy;
}

/**
 * gc_path_free:
 * @path: (transfer full): a path
 *
 * Any thread.
 */
void
gc_path_free (GcPath *path)
{
  g_free (path->interface);
  g_strfreev (path->addresses);
  g_free (path);
}

/**
 * gc_path_equal:
 * @path: a path
 * @other: another one
 *
 * Any thread.
 *
 * Returns: whether they agree in everything
 */
gboolean
gc_path_equal (const GcPath *path, const GcPath *other)
{
  return g_str_equal (path->interface, other->interface) && path->metric == other->metric
         && path->kind == other->kind && path->metered == other->metered
         && path->roaming == other->roaming
         && g_strv_equal ((const char *const *) path->addresses,
                          (const char *const *) other->addresses);
}

/**
 * gc_path_has_address:
 * @path: a path
 * @address: an address, as text
 *
 * Any thread.
 *
 * Returns: whether it is one of the path's
 */
gboolean
gc_path_has_address (const GcPath *path, const char *address)
{
  return g_strv_contains ((const char *const *) path->addresses, address);
}

/**
 * gc_paths_new:
 *
 * Any thread.
 *
 * Returns: (transfer full) (element-type GcPath): no paths; it frees those that are added
 */
GPtrArray *
gc_paths_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) gc_path_free);
}

/**
 * gc_paths_equal:
 * @paths: (element-type GcPath): paths
 * @others: (element-type GcPath): others
 *
 * Any thread.
 *
 * Returns: whether they are the same, in the same order
 */
gboolean
gc_paths_equal (GPtrArray *paths, GPtrArray *others)
{
  if (paths->len != others->len)
    return FALSE;
  for (guint i = 0; i < paths->len; i++)
    if (!gc_path_equal (g_ptr_array_index (paths, i), g_ptr_array_index (others, i)))
      return FALSE;
  return TRUE;
}

/**
 * gc_paths_find:
 * @paths: (element-type GcPath): paths
 * @address: an address, as text
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the path that has the address
 */
const GcPath *
gc_paths_find (GPtrArray *paths, const char *address)
{
  for (guint i = 0; i < paths->len; i++)
    if (gc_path_has_address (g_ptr_array_index (paths, i), address))
      return g_ptr_array_index (paths, i);
  return NULL;
}

/**
 * gc_uplink_to_string:
 * @uplink: an uplink
 *
 * Returns: (transfer none): its word in PROTOCOL.md, “status”
 */
const char *
gc_uplink_to_string (GcUplink uplink)
{
  const char *const words[] = { "none", "wifi", "cellular", "ethernet", "other" };

  g_return_val_if_fail (uplink < G_N_ELEMENTS (words), "other");

  return words[uplink];
}
