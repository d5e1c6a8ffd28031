/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "location/gc-location-source.h"

G_DEFINE_INTERFACE (GcLocationSource, gc_location_source, G_TYPE_OBJECT)

/**
 * GcLocationSource::fix:
 * @fix: where the terminal is now
 */
/**
 * GcLocationSource::failed:
 * @error: %GC_ERROR_REFUSED if the worker or system does not allow it, %GC_ERROR_NOT_FOUND if there
 *   is no receiver or file, %GC_ERROR_INVALID if the file holds no track
 */
static void
gc_location_source_default_init (GcLocationSourceInterface *iface)
{
  g_signal_new ("fix", GC_TYPE_LOCATION_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                1, GC_TYPE_FIX);
  g_signal_new ("failed", GC_TYPE_LOCATION_SOURCE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 1, G_TYPE_ERROR);
}

/**
 * gc_location_source_start:
 * @self: a source
 *
 * Main context.
 */
void
gc_location_source_start (GcLocationSource *self)
{
  GC_LOCATION_SOURCE_GET_IFACE (self)->start (self);
}

/**
 * gc_location_source_stop:
 * @self: a source
 *
 * Main context.
 */
void
gc_location_source_stop (GcLocationSource *self)
{
  GC_LOCATION_SOURCE_GET_IFACE (self)->stop (self);
}

/**
 * gc_location_source_emit_fix:
 * @self: a source
 * @fix: where the terminal is
 *
 * For implementations. Main context.
 */
void
gc_location_source_emit_fix (GcLocationSource *self, const GcFix *fix)
{
  g_signal_emit_by_name (self, "fix", fix);
}

/**
 * gc_location_source_emit_failed:
 * @self: a source
 * @error: why no fixes come
 *
 * For implementations. Main context.
 */
void
gc_location_source_emit_failed (GcLocationSource *self, const GError *error)
{
  g_signal_emit_by_name (self, "failed", error);
}
