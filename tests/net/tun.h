/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A network interface in a namespace, whose packets this process reads and writes. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

int
tun_open (const char *namespace_name,
          const char *interface_name,
          const char *address,
          GError **error);

G_END_DECLS
