/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How well a modem hears its cell, and whether that is a foreign network's, from ModemManager.
 * Properties: percent (int, -1 unknown), roaming (gboolean). */
#define GC_TYPE_MODEM_SIGNAL (gc_modem_signal_get_type ())
G_DECLARE_FINAL_TYPE (GcModemSignal, gc_modem_signal, GC, MODEM_SIGNAL, GObject)

GcModemSignal *
gc_modem_signal_new (void);
void
gc_modem_signal_set_modem (GcModemSignal *self, const char *path);
int
gc_modem_signal_get_percent (GcModemSignal *self);
gboolean
gc_modem_signal_is_roaming (GcModemSignal *self);

G_END_DECLS
