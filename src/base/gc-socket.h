/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

gboolean
gc_socket_tie (GSocket *socket, const char *interface);

G_END_DECLS
