/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void
gc_rtc_leave (GObject *ice, GObject *kept, GTask *task);

G_END_DECLS
