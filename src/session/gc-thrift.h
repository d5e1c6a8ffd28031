/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-publisher.h"
#include "power/gc-battery.h"
#include "session/gc-studio.h"

G_BEGIN_DECLS

/* What live video may cost the handset, whatever the network carries: data and battery. */
#define GC_TYPE_THRIFT (gc_thrift_get_type ())
G_DECLARE_FINAL_TYPE (GcThrift, gc_thrift, GC, THRIFT, GObject)

GcThrift *
gc_thrift_new (GcBattery *battery, GcStudio *studio);
void
gc_thrift_set_limit (GcThrift *self, GcUplinkCost cost, guint kbps);
void
gc_thrift_follow (GcThrift *self, GcPublisher *publisher);

G_END_DECLS
