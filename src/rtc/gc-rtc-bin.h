/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-rtc-liveness.h"

#include <gio/gio.h>
#include <gst/gst.h>

G_BEGIN_DECLS

/**
 * GcRtcState:
 * @GC_RTC_NEW: nothing has been agreed
 * @GC_RTC_CONNECTING: ICE and DTLS are on the way
 * @GC_RTC_CONNECTED: media can flow
 * @GC_RTC_DISCONNECTED: the peer has not been heard for a while and may come back
 * @GC_RTC_FAILED: the peer will not come back
 */
typedef enum
{
  GC_RTC_NEW,
  GC_RTC_CONNECTING,
  GC_RTC_CONNECTED,
  GC_RTC_DISCONNECTED,
  GC_RTC_FAILED,
} GcRtcState;

/* The URI of the transport-wide congestion control extension. */
#define GC_RTC_TWCC_URI "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
/* The id under which our payloaders write it in descriptions that we offer. */
#define GC_RTC_TWCC_ID 5

/* webrtcbin made tame: no UPnP, no clocksync, checked descriptions, one state, all of it on the
 * main context. */
#define GC_TYPE_RTC_BIN (gc_rtc_bin_get_type ())
G_DECLARE_FINAL_TYPE (GcRtcBin, gc_rtc_bin, GC, RTC_BIN, GObject)

GcRtcBin *
gc_rtc_bin_new (gboolean loopback);
GstElement *
gc_rtc_bin_get_element (GcRtcBin *self);
GcRtcState
gc_rtc_bin_get_state (GcRtcBin *self);
GcRtcLiveness *
gc_rtc_bin_get_liveness (GcRtcBin *self);
void
gc_rtc_bin_add_ice_servers (GcRtcBin *self, GPtrArray *servers);
gboolean
gc_rtc_bin_has_relays (GcRtcBin *self);
void
gc_rtc_bin_leave_async (GcRtcBin *self, GAsyncReadyCallback callback, gpointer user_data);
void
gc_rtc_bin_leave_finish (GcRtcBin *self, GAsyncResult *result);
GstPad *
gc_rtc_bin_add_sender (GcRtcBin *self, guint section, GstCaps *codec);
void
gc_rtc_bin_add_transport_feedback (GstElement *payloader, guint id);

void
gc_rtc_bin_create_offer_async (GcRtcBin *self,
                               guint gathering_ms,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
void
gc_rtc_bin_create_answer_async (GcRtcBin *self,
                                const char *offer,
                                gsize length,
                                guint gathering_ms,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
char *
gc_rtc_bin_create_finish (GcRtcBin *self, GAsyncResult *result, GError **error);
void
gc_rtc_bin_apply_answer_async (GcRtcBin *self,
                               const char *answer,
                               gsize length,
                               GCancellable *cancellable,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean
gc_rtc_bin_apply_answer_finish (GcRtcBin *self, GAsyncResult *result, GError **error);
void
gc_rtc_bin_add_candidate (GcRtcBin *self, guint section, const char *candidate);
void
gc_rtc_bin_get_stats_async (GcRtcBin *self, GAsyncReadyCallback callback, gpointer user_data);
GstStructure *
gc_rtc_bin_get_stats_finish (GcRtcBin *self, GAsyncResult *result, GError **error);

G_END_DECLS
