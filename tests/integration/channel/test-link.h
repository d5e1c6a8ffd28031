/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* A line to a server on loopback that can go dead without anybody being told. */

typedef struct _TestLink TestLink;

TestLink *
test_link_new (guint16 target_port);
void
test_link_free (TestLink *self);
void
test_link_set_target (TestLink *self, guint16 port);
guint16
test_link_get_port (TestLink *self);
guint
test_link_get_connections (TestLink *self);
void
test_link_freeze (TestLink *self);
