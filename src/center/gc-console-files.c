/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-console-files.h"

#include "center/gc-attachments.h"
#include "center/gc-console-call.h"
#include "center/gc-file-answer.h"

static gpointer
announce (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_attachments_announce (database, call->user, call->body, error);
}

/**
 * gc_console_announce_file:
 * @request: POST /api/files
 */
void
gc_console_announce_file (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->status = SOUP_STATUS_CREATED;
  gc_console_call_run (g_steal_pointer (&call), announce);
}

/**
 * gc_console_send_file:
 * @request: PATCH /api/files/ID
 */
void
gc_console_send_file (const GcConsoleRequest *request)
{
  gc_file_uploads_take (request->parts->uploads, request->message, request->user, request->id);
}

/**
 * gc_console_get_file:
 * @request: GET /api/tasks/ID/files/FILE
 */
void
gc_console_get_file (const GcConsoleRequest *request)
{
  gc_file_answer_start (request->message, request->parts->files, request->parts->database,
                        gc_task_files_find_of_task, request->id, request->part);
}
