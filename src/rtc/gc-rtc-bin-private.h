/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "rtc/gc-crossing.h"
#include "rtc/gc-rtc-bin.h"
#include "rtc/gc-rtc-relays.h"

#include <agent.h>

G_BEGIN_DECLS

/* Shared by gc-rtc-bin.c, which is the object, gc-rtc-negotiation.c, which makes descriptions,
 * gc-rtc-media.c, which sends, and gc-rtc-route.c, which knows the way. */

struct _GcRtcBin
{
  GObject parent_instance;

  GstElement *element;
  GMainContext *context; /* all signals and callbacks */
  GcCrossing *crossing;  /* from GStreamer's threads to there */
  GcRtcLiveness *liveness;
  GcRtcState state;
  GTask *negotiation; /* offer or answer under way */
  GSource *gathering_deadline;
  guint gathering_ms;
  char *interface;     /* to talk over alone; NULL: the kernel's choice */
  char **addresses;    /* its addresses */
  GcRtcRelays *relays; /* NULL: there are none */
};

/* All sections share one transport, which libnice calls stream 1. */
#define GC_RTC_NICE_STREAM 1

GObject *
gc_rtc_bin_dup_ice (GcRtcBin *self);
NiceAgent *
gc_rtc_bin_dup_agent (GcRtcBin *self);
void
gc_rtc_bin_check_gathering (GcRtcBin *self);
void
gc_rtc_bin_end_negotiation (GcRtcBin *self, GError *error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (NiceAgent, g_object_unref)

G_END_DECLS
