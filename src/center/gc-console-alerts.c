/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-console-alerts.h"

#include "center/gc-alert-store.h"
#include "center/gc-console-call.h"
#include "center/gc-reply.h"
#include "protocol/gc-json.h"

#include <string.h>

#define MAX_REASON_LENGTH 200

static gpointer
list_alerts (GcDatabase *database, gpointer data, GError **error)
{
  JsonArray *alerts = gc_alert_store_list (database, error);
  JsonObject *answer;

  if (alerts == NULL)
    return NULL;
  answer = json_object_new ();
  json_object_set_array_member (answer, "alerts", alerts);
  return answer;
}

/**
 * gc_console_list_alerts:
 * @request: GET /api/alerts
 */
void
gc_console_list_alerts (const GcConsoleRequest *request)
{
  gc_console_call_run (gc_console_call_new (request), list_alerts);
}

static gpointer
create_alert (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  if (call->text != NULL)
    return gc_alert_store_import (database, call->user, call->text, strlen (call->text), error);
  return gc_alert_store_create (database, gc_alert_desk_get_office (call->parts->alerts),
                                call->user, call->body, error);
}

static gboolean
after_alert (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  gc_console_events_emit (call->parts->events, "alert", answer);
  gc_alert_desk_changed (call->parts->alerts);
  return TRUE;
}

/**
 * gc_console_create_alert:
 * @request: POST /api/alerts
 */
void
gc_console_create_alert (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  call->text = gc_request_dup_text (request->message, GC_CAP_CONTENT_TYPE);
  if (call->text == NULL && !gc_console_call_read_body (call))
    return;
  call->status = SOUP_STATUS_CREATED;
  call->done = after_alert;
  gc_console_call_run (g_steal_pointer (&call), create_alert);
}

static gpointer
print_alert (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_alert_store_print (database, call->id, TRUE, error);
}

/**
 * gc_console_get_alert:
 * @request: GET /api/alerts/ID
 */
void
gc_console_get_alert (const GcConsoleRequest *request)
{
  gc_console_call_run (gc_console_call_new (request), print_alert);
}

static gpointer
cancel_alert (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;
  const char *reason = NULL;

  if (!gc_json_get_optional_string (call->body, "reason", MAX_REASON_LENGTH, &reason, error))
    return NULL;
  return gc_alert_store_cancel (database, gc_alert_desk_get_office (call->parts->alerts), call->id,
                                call->user, reason, error);
}

/**
 * gc_console_cancel_alert:
 * @request: POST /api/alerts/ID/cancel
 */
void
gc_console_cancel_alert (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->done = after_alert;
  gc_console_call_run (g_steal_pointer (&call), cancel_alert);
}
