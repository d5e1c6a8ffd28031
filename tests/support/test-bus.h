/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* A private bus, one for all tests of a program, since libraries keep their connections: it is the
 * session bus and the system bus at once. Call test_bus_start() right after g_test_init(), and
 * test_bus_stop() at the end. */

void
test_bus_start (void);
void
test_bus_stop (void);
gboolean
test_bus_has_owner (const char *name);
