/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-center-config.h"

G_BEGIN_DECLS

/* The command center: wires authority, database, accounts, channel, tasks and live desk to one
 * HTTPS server. Main thread only. */

#define GC_TYPE_CENTER (gc_center_get_type ())
G_DECLARE_FINAL_TYPE (GcCenter, gc_center, GC, CENTER, GObject)

GcCenter *
gc_center_start (const GcCenterConfig *config, GError **error);
void
gc_center_stop (GcCenter *self);
guint16
gc_center_get_port (GcCenter *self);
char *
gc_center_dup_url (GcCenter *self);
char *
gc_center_dup_setup_url (GcCenter *self);

G_END_DECLS
