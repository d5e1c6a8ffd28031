/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-rtc-bin.h"

G_BEGIN_DECLS

/* Over which of this machine's interfaces a bin talks to its peer. */

void
gc_rtc_bin_bind_interface (GcRtcBin *self, const char *interface, const char *const *addresses);
void
gc_rtc_bin_hasten (GcRtcBin *self, gint64 round_trip_ms);
gboolean
gc_rtc_bin_find_route (GcRtcBin *self, char **local, char **remote);
void
gc_rtc_bin_pin_route (GcRtcBin *self, const char *interface);

G_END_DECLS
