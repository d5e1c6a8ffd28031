/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-console-calls.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "center/gc-audit.h"
#include "center/gc-console-call.h"
#include "center/gc-pairing.h"
#include "center/gc-qr.h"
#include "center/gc-reply.h"
#include "center/gc-reports.h"
#include "center/gc-sos-store.h"
#include "center/gc-task-export.h"
#include "center/gc-task-handover.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"
#include "protocol/gc-pairing-code.h"

#define MAX_WORKER_LENGTH 64
#define MAX_REASON_LENGTH 200
#define ID_LENGTH 36
#define DEFAULT_TRACK_HOURS 8
#define MAX_TRACK_HOURS 72
#define DEFAULT_AUDIT_ENTRIES 100

static JsonObject *
wrap_array (const char *name, JsonArray *array)
{
  JsonObject *object;

  if (array == NULL)
    return NULL;
  object = json_object_new ();
  json_object_set_array_member (object, name, array);
  return object;
}

/* --- terminals --- */

static gpointer
revoke_terminal (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  if (!gc_database_exec (database, error,
                         "UPDATE terminal SET revoked_ms = ? WHERE id = ? AND revoked_ms IS NULL",
                         "is", gc_clock_wall_ms (), call->id))
    return NULL;
  if (gc_database_changes (database) == 0)
    g_set_error_literal (error, GC_ERROR, GC_ERROR_NOT_FOUND, "There is no such terminal.");
  else
    gc_audit_add (database, call->user, "terminal.revoke", call->id, NULL, error);
  return NULL;
}

static gboolean
after_revoke (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  gc_live_desk_end_terminal (call->parts->desk, call->id, GC_LIVE_WHY_REVOKED);
  gc_roster_revoke (call->parts->roster, call->id);
  gc_hub_disconnect (call->parts->hub, call->id, GC_CHANNEL_CLOSE_REVOKED,
                     "the certificate is revoked");
  return TRUE;
}

/**
 * gc_console_revoke_terminal:
 * @request: DELETE /api/terminals/ID
 */
void
gc_console_revoke_terminal (const GcConsoleRequest *request)
{
  GcConsoleCall *call = gc_console_call_new (request);

  call->status = SOUP_STATUS_NO_CONTENT;
  call->done = after_revoke;
  gc_console_call_run (call, revoke_terminal);
}

static gboolean
read_number (const GcConsoleRequest *request, const char *name, int max, int other, int *number)
{
  const char *text = request->query != NULL ? g_hash_table_lookup (request->query, name) : NULL;
  guint64 value = (guint64) other;

  if (text != NULL && !g_ascii_string_to_unsigned (text, 10, 1, (guint64) max, &value, NULL))
    {
      g_autofree char *title = g_strdup_printf ("“%s” must be from 1 to %d.", name, max);

      gc_reply_problem (request->message, SOUP_STATUS_BAD_REQUEST, "request-invalid", title);
      return FALSE;
    }
  *number = (int) value;
  return TRUE;
}

static gpointer
print_track (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_track_print (database, call->id, call->number, error);
}

/**
 * gc_console_get_track:
 * @request: GET /api/terminals/ID/track
 */
void
gc_console_get_track (const GcConsoleRequest *request)
{
  const GcTerminal *terminal = gc_roster_find (request->parts->roster, request->id);
  GcConsoleCall *call;
  int hours;

  if (terminal == NULL || terminal->revoked)
    {
      gc_reply_problem (request->message, SOUP_STATUS_NOT_FOUND, "not-found",
                        "There is no such terminal.");
      return;
    }
  if (!read_number (request, "hours", MAX_TRACK_HOURS, DEFAULT_TRACK_HOURS, &hours))
    return;
  call = gc_console_call_new (request);
  call->number = hours;
  gc_console_call_run (call, print_track);
}

/* --- pairings --- */

static const char *
read_worker (JsonObject *body, GError **error)
{
  const char *worker = gc_json_get_string (body, "worker", MAX_WORKER_LENGTH, error);

  if (worker == NULL)
    return NULL;
  for (const char *at = worker; *at != '\0'; at = g_utf8_next_char (at))
    if (g_unichar_isgraph (g_utf8_get_char (at)))
      return worker;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“worker” must say something");
  return NULL;
}

static gpointer
create_pairing (GcDatabase *database, gpointer data, GError **error)
{
  GcConsoleCall *call = data;
  const char *worker = read_worker (call->body, error);
  g_autofree char *id = worker != NULL
                            ? gc_pairing_create (database, worker, call->user,
                                                 GC_PAIRING_LIFETIME_MS, &call->secret, error)
                            : NULL;

  return id != NULL ? gc_pairing_print (database, id, error) : NULL;
}

static gboolean
after_create_pairing (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  const GcConsoleParts *parts = call->parts;
  g_autoptr (GcPairingCode) code = gc_pairing_code_new (parts->config->host, parts->port,
                                                        gc_authority_get_pin (parts->authority),
                                                        call->secret, parts->config->name);
  g_autofree char *text = gc_pairing_code_print (code);
  g_autofree char *svg = gc_qr_draw (text, error);

  if (svg == NULL)
    return FALSE;
  gc_console_events_emit (parts->events, "pairing", answer);
  json_object_set_string_member (answer, "code", text);
  json_object_set_string_member (answer, "svg", svg);
  return TRUE;
}

/**
 * gc_console_create_pairing:
 * @request: POST /api/pairings
 */
void
gc_console_create_pairing (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->status = SOUP_STATUS_CREATED;
  call->done = after_create_pairing;
  gc_console_call_run (g_steal_pointer (&call), create_pairing);
}

static gpointer
print_pairing (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_pairing_print (database, call->id, error);
}

/**
 * gc_console_get_pairing:
 * @request: GET /api/pairings/ID
 */
void
gc_console_get_pairing (const GcConsoleRequest *request)
{
  gc_console_call_run (gc_console_call_new (request), print_pairing);
}

static gpointer
void_pairing (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_pairing_void (database, call->id, call->user, error)
             ? gc_pairing_print (database, call->id, error)
             : NULL;
}

static gboolean
after_void_pairing (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  gc_console_events_emit (call->parts->events, "pairing", answer);
  return TRUE;
}

/**
 * gc_console_void_pairing:
 * @request: DELETE /api/pairings/ID
 */
void
gc_console_void_pairing (const GcConsoleRequest *request)
{
  GcConsoleCall *call = gc_console_call_new (request);

  call->status = SOUP_STATUS_NO_CONTENT;
  call->done = after_void_pairing;
  gc_console_call_run (call, void_pairing);
}

/* --- tasks --- */

static gpointer
list_tasks (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;
  JsonObject *answer = wrap_array ("tasks", gc_task_query_read (call->tasks, database, error));
  gint64 next = gc_task_query_get_next (call->tasks);

  if (answer != NULL && next != 0)
    json_object_set_int_member (answer, "next", next);
  return answer;
}

static GcTaskQuery *
read_query (const GcConsoleRequest *request)
{
  g_autoptr (GError) error = NULL;
  GcTaskQuery *query = gc_task_query_new (request->query, &error);

  if (query == NULL)
    gc_reply_error (request->message, error);
  return query;
}

/**
 * gc_console_list_tasks:
 * @request: GET /api/tasks
 */
void
gc_console_list_tasks (const GcConsoleRequest *request)
{
  GcTaskQuery *query = read_query (request);
  GcConsoleCall *call;

  if (query == NULL)
    return;
  call = gc_console_call_new (request);
  call->tasks = query;
  gc_console_call_run (call, list_tasks);
}

static void
export_tasks (const GcConsoleRequest *request, const GcTaskFormat *format)
{
  GcTaskQuery *query = read_query (request);

  if (query != NULL)
    gc_task_export_start (request->message, request->parts->database, query, format, request->user);
}

/**
 * gc_console_export_tasks_csv:
 * @request: GET /api/tasks.csv
 */
void
gc_console_export_tasks_csv (const GcConsoleRequest *request)
{
  export_tasks (request, &GC_TASK_FORMAT_CSV);
}

/**
 * gc_console_export_tasks_geojson:
 * @request: GET /api/tasks.geojson
 */
void
gc_console_export_tasks_geojson (const GcConsoleRequest *request)
{
  export_tasks (request, &GC_TASK_FORMAT_GEOJSON);
}

static gpointer
create_task (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;
  const char *terminal = gc_json_get_string (call->body, "terminal", ID_LENGTH, error);

  return terminal != NULL ? gc_task_store_create (database, terminal, call->user, call->body, error)
                          : NULL;
}

static gboolean
after_task (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  gc_tasks_tell (call->parts->tasks, json_object_get_string_member (answer, "id"));
  return TRUE;
}

/**
 * gc_console_create_task:
 * @request: POST /api/tasks
 */
void
gc_console_create_task (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->status = SOUP_STATUS_CREATED;
  call->done = after_task;
  gc_console_call_run (g_steal_pointer (&call), create_task);
}

static gpointer
print_task (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_task_store_print (database, call->id, TRUE, error);
}

/**
 * gc_console_get_task:
 * @request: GET /api/tasks/ID
 */
void
gc_console_get_task (const GcConsoleRequest *request)
{
  gc_console_call_run (gc_console_call_new (request), print_task);
}

static gpointer
cancel_task (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;
  const char *reason = gc_json_get_string (call->body, "reason", MAX_REASON_LENGTH, error);

  return reason != NULL ? gc_task_store_cancel (database, call->id, call->user, reason, error)
                        : NULL;
}

/**
 * gc_console_cancel_task:
 * @request: POST /api/tasks/ID/cancel
 */
void
gc_console_cancel_task (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->done = after_task;
  gc_console_call_run (g_steal_pointer (&call), cancel_task);
}

static gpointer
assign_task (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;
  const char *terminal = gc_json_get_string (call->body, "terminal", ID_LENGTH, error);

  return terminal != NULL ? gc_task_store_assign (database, call->id, terminal, call->user, error)
                          : NULL;
}

static gboolean
after_assign (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  gc_tasks_tell (call->parts->tasks, call->id);
  return after_task (call, answer, error);
}

/**
 * gc_console_assign_task:
 * @request: POST /api/tasks/ID/assign
 */
void
gc_console_assign_task (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->status = SOUP_STATUS_CREATED;
  call->done = after_assign;
  gc_console_call_run (g_steal_pointer (&call), assign_task);
}

static gpointer
hand_over_tasks (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;
  const char *terminal = gc_json_get_string (call->body, "terminal", ID_LENGTH, error);

  return terminal != NULL ? gc_task_handover (database, call->id, terminal, call->user, error)
                          : NULL;
}

static gboolean
after_hand_over (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  JsonArray *replaced = json_object_get_array_member (answer, "replaced");
  JsonArray *tasks = json_object_get_array_member (answer, "tasks");

  for (guint i = 0; i < json_array_get_length (replaced); i++)
    {
      JsonObject *task = json_array_get_object_element (tasks, i);

      gc_tasks_tell (call->parts->tasks, json_array_get_string_element (replaced, i));
      gc_tasks_tell (call->parts->tasks, json_object_get_string_member (task, "id"));
    }
  return TRUE;
}

/**
 * gc_console_hand_over_tasks:
 * @request: POST /api/terminals/ID/hand-over
 */
void
gc_console_hand_over_tasks (const GcConsoleRequest *request)
{
  g_autoptr (GcConsoleCall) call = gc_console_call_new (request);

  if (!gc_console_call_read_body (call))
    return;
  call->done = after_hand_over;
  gc_console_call_run (g_steal_pointer (&call), hand_over_tasks);
}

/* --- sos --- */

static gpointer
list_sos (GcDatabase *database, gpointer data, GError **error)
{
  return wrap_array ("sos", gc_sos_store_list (database, error));
}

/**
 * gc_console_list_sos:
 * @request: GET /api/sos
 */
void
gc_console_list_sos (const GcConsoleRequest *request)
{
  gc_console_call_run (gc_console_call_new (request), list_sos);
}

static gpointer
answer_sos (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return gc_sos_store_answer (database, call->id, (GcSosState) call->number, call->user, error);
}

static gboolean
after_sos (GcConsoleCall *call, JsonObject *answer, GError **error)
{
  gc_sos_desk_answered (call->parts->sos, answer);
  return TRUE;
}

/**
 * gc_console_answer_sos:
 * @request: POST /api/sos/ID/seen or end
 * @state: which of both
 */
void
gc_console_answer_sos (const GcConsoleRequest *request, GcSosState state)
{
  GcConsoleCall *call = gc_console_call_new (request);

  call->number = state;
  call->done = after_sos;
  gc_console_call_run (call, answer_sos);
}

/* --- audit --- */

static gpointer
list_audit (GcDatabase *database, gpointer data, GError **error)
{
  const GcConsoleCall *call = data;

  return wrap_array ("audit", gc_audit_list (database, (guint) call->number, error));
}

/**
 * gc_console_list_audit:
 * @request: GET /api/audit
 */
void
gc_console_list_audit (const GcConsoleRequest *request)
{
  GcConsoleCall *call;
  int limit;

  if (!read_number (request, "limit", GC_AUDIT_MAX_ENTRIES, DEFAULT_AUDIT_ENTRIES, &limit))
    return;
  call = gc_console_call_new (request);
  call->number = limit;
  gc_console_call_run (call, list_audit);
}
