/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-calls.h"

G_BEGIN_DECLS

/* The calls about alerts: each answers the request in the end. */
void
gc_console_list_alerts (const GcConsoleRequest *request);
void
gc_console_create_alert (const GcConsoleRequest *request);
void
gc_console_get_alert (const GcConsoleRequest *request);
void
gc_console_cancel_alert (const GcConsoleRequest *request);

G_END_DECLS
