/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* The sound of an alarm, again and again until it is stopped: the desktop's own, which also shakes
 * the handset and sounds in silent mode, or a tone where the desktop has none. */
#define GC_TYPE_ALARM_SOUND (gc_alarm_sound_get_type ())
G_DECLARE_FINAL_TYPE (GcAlarmSound, gc_alarm_sound, GC, ALARM_SOUND, GObject)

GcAlarmSound *
gc_alarm_sound_new (gboolean has_feedback);
void
gc_alarm_sound_set_active (GcAlarmSound *self, gboolean active);

G_END_DECLS
