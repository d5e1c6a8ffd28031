/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void
gc_deadline_set (GCancellable *cancellable, guint ms);

G_END_DECLS
