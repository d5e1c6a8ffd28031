/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-calls.h"

G_BEGIN_DECLS

/* The calls about the files of tasks: each answers the request in the end. */
void
gc_console_announce_file (const GcConsoleRequest *request);
void
gc_console_send_file (const GcConsoleRequest *request);
void
gc_console_get_file (const GcConsoleRequest *request);

G_END_DECLS
