/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-console-call.h"

#include "center/gc-reply.h"

/**
 * gc_console_call_new:
 * @request: what is to be answered
 *
 * Returns: (transfer full): a call, which will answer with 200
 */
GcConsoleCall *
gc_console_call_new (const GcConsoleRequest *request)
{
  GcConsoleCall *call = g_new0 (GcConsoleCall, 1);

  call->parts = request->parts;
  call->message = g_object_ref (request->message);
  call->user = g_strdup (request->user);
  call->id = g_strdup (request->id);
  call->status = SOUP_STATUS_OK;
  return call;
}

/**
 * gc_console_call_free:
 * @call: (transfer full): a call
 */
void
gc_console_call_free (GcConsoleCall *call)
{
  g_object_unref (call->message);
  g_free (call->user);
  g_free (call->id);
  g_clear_pointer (&call->body, json_object_unref);
  g_clear_pointer (&call->tasks, gc_task_query_free);
  g_free (call->text);
  g_free (call->secret);
  g_free (call);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcConsoleCall) call = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = gc_database_run_finish (GC_DATABASE (source), result, &error);

  if (error == NULL && call->done != NULL)
    call->done (call, answer, &error);
  if (error != NULL)
    gc_reply_error (call->message, error);
  else if (call->status == SOUP_STATUS_NO_CONTENT)
    gc_reply_empty (call->message, call->status);
  else
    gc_reply_json (call->message, call->status, answer);
  soup_server_message_unpause (call->message);
}

/**
 * gc_console_call_run:
 * @call: (transfer full): a call
 * @work: what the database does with it; its result is the answer, a #JsonObject or %NULL
 *
 * Has the database do it, and answers.
 */
void
gc_console_call_run (GcConsoleCall *call, GcDatabaseWork work)
{
  soup_server_message_pause (call->message);
  gc_database_run_async (call->parts->database, work, call, NULL,
                         (GDestroyNotify) json_object_unref, NULL, on_done, call);
}

/**
 * gc_console_call_read_body:
 * @call: a call
 *
 * Reads the body; answers if it cannot be used.
 *
 * Returns: whether it can
 */
gboolean
gc_console_call_read_body (GcConsoleCall *call)
{
  g_autoptr (GError) error = NULL;

  call->body = gc_request_read_json (call->message, &error);
  if (call->body == NULL)
    gc_reply_error (call->message, error);
  return call->body != NULL;
}
