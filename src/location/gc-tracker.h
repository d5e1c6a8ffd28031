/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "location/gc-location-source.h"

G_BEGIN_DECLS

/**
 * GcTrackerState:
 * @GC_TRACKER_OFF: not started
 * @GC_TRACKER_SEARCHING: started, no fix yet
 * @GC_TRACKER_TRACKING: fixes come
 * @GC_TRACKER_LOST: fixes came, but none for half a minute, or what was set
 * @GC_TRACKER_FAILED: the source said why there is none; it may recover by itself
 *
 * What is known of the terminal's place.
 */
typedef enum
{
  GC_TRACKER_OFF,
  GC_TRACKER_SEARCHING,
  GC_TRACKER_TRACKING,
  GC_TRACKER_LOST,
  GC_TRACKER_FAILED,
} GcTrackerState;

#define GC_TYPE_TRACKER_STATE (gc_tracker_state_get_type ())
GType
gc_tracker_state_get_type (void);

/* Stands before a location source and is one itself, but passes on only what can be true: one fix a
 * moment, no teleports, no impossible speeds. Property: state (GcTrackerState). */
#define GC_TYPE_TRACKER (gc_tracker_get_type ())
G_DECLARE_FINAL_TYPE (GcTracker, gc_tracker, GC, TRACKER, GObject)

GcTracker *
gc_tracker_new (GcLocationSource *source);
void
gc_tracker_set_lost_after_ms (GcTracker *self, guint lost_after_ms);
GcTrackerState
gc_tracker_get_state (GcTracker *self);
const GcFix *
gc_tracker_get_fix (GcTracker *self);

G_END_DECLS
