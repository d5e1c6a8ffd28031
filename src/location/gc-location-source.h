/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* Where the terminal is. Signals: fix (GcFix *fix), failed (GError *error): no fixes come; the
 * source may recover by itself. */
#define GC_TYPE_LOCATION_SOURCE (gc_location_source_get_type ())
G_DECLARE_INTERFACE (GcLocationSource, gc_location_source, GC, LOCATION_SOURCE, GObject)

/**
 * GcLocationSourceInterface:
 * @start: begin to emit fixes
 * @stop: emit no more
 */
struct _GcLocationSourceInterface
{
  GTypeInterface parent_iface;

  void (*start) (GcLocationSource *self);
  void (*stop) (GcLocationSource *self);
};

void
gc_location_source_start (GcLocationSource *self);
void
gc_location_source_stop (GcLocationSource *self);
void
gc_location_source_emit_fix (GcLocationSource *self, const GcFix *fix);
void
gc_location_source_emit_failed (GcLocationSource *self, const GError *error);

G_END_DECLS
