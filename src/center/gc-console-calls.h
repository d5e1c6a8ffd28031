/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-api.h"
#include "protocol/gc-sos.h"

G_BEGIN_DECLS

/**
 * GcConsoleRequest:
 * @parts: what the interface reaches
 * @message: the request, whose body has arrived
 * @user: (nullable): who asks
 * @id: (nullable): the id in the path
 * @part: (nullable): the second one
 * @query: (nullable): what stands behind “?”
 *
 * A request of the console, as the routes hand it on; valid only during the call.
 */
typedef struct
{
  const GcConsoleParts *parts;
  SoupServerMessage *message;
  const char *user;
  const char *id;
  const char *part;
  GHashTable *query;
} GcConsoleRequest;

/* The calls that need the database: each answers the request in the end. */
void
gc_console_revoke_terminal (const GcConsoleRequest *request);
void
gc_console_get_track (const GcConsoleRequest *request);
void
gc_console_create_pairing (const GcConsoleRequest *request);
void
gc_console_get_pairing (const GcConsoleRequest *request);
void
gc_console_void_pairing (const GcConsoleRequest *request);
void
gc_console_list_tasks (const GcConsoleRequest *request);
void
gc_console_export_tasks_csv (const GcConsoleRequest *request);
void
gc_console_export_tasks_geojson (const GcConsoleRequest *request);
void
gc_console_create_task (const GcConsoleRequest *request);
void
gc_console_get_task (const GcConsoleRequest *request);
void
gc_console_cancel_task (const GcConsoleRequest *request);
void
gc_console_hand_over_tasks (const GcConsoleRequest *request);
void
gc_console_assign_task (const GcConsoleRequest *request);
void
gc_console_list_sos (const GcConsoleRequest *request);
void
gc_console_answer_sos (const GcConsoleRequest *request, GcSosState state);
void
gc_console_list_audit (const GcConsoleRequest *request);

G_END_DECLS
