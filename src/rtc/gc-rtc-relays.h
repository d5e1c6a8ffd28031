/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-ice-server.h"

#include <gst/gst.h>

G_BEGIN_DECLS

/* The STUN and TURN servers of one connection: finds them, leads libnice to them, says why one is
 * not used, and takes leave of them. */
#define GC_TYPE_RTC_RELAYS (gc_rtc_relays_get_type ())
G_DECLARE_FINAL_TYPE (GcRtcRelays, gc_rtc_relays, GC, RTC_RELAYS, GObject)

GcRtcRelays *
gc_rtc_relays_new (GPtrArray *servers, const char *interface, const char *const *addresses);
void
gc_rtc_relays_open_async (GcRtcRelays *self,
                          guint patience_ms,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
gboolean
gc_rtc_relays_open_finish (GcRtcRelays *self,
                           GAsyncResult *result,
                           guint *spent_ms,
                           GError **error);
void
gc_rtc_relays_give_to (GcRtcRelays *self, GstElement *webrtc, GObject *ice);
void
gc_rtc_relays_find_far_end (GcRtcRelays *self, guint port, char **address);
void
gc_rtc_relays_pin (GcRtcRelays *self, const char *interface);
void
gc_rtc_relays_leave (GcRtcRelays *self, GObject *ice, GTask *task);

G_END_DECLS
