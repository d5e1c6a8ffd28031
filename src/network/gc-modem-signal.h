/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* How well a modem hears its cell, from ModemManager. Property: percent (int, -1 unknown). */
#define GC_TYPE_MODEM_SIGNAL (gc_modem_signal_get_type ())
G_DECLARE_FINAL_TYPE (GcModemSignal, gc_modem_signal, GC, MODEM_SIGNAL, GObject)

GcModemSignal *
gc_modem_signal_new (void);
void
gc_modem_signal_set_modem (GcModemSignal *self, const char *path);
int
gc_modem_signal_get_percent (GcModemSignal *self);

G_END_DECLS
