/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-console-api.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-console-alerts.h"
#include "center/gc-console-calls.h"
#include "center/gc-console-files.h"
#include "center/gc-json-build.h"
#include "center/gc-reply.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-json.h"

#include <string.h>

#define COOKIE "gridcast-session"
#define FILES_PATH "/api/files/"
#define MAX_TEXT_LENGTH 1024
#define MAX_REASON_LENGTH 200
#define MAX_TOKEN_LENGTH 64

struct _GcConsoleApi
{
  GcConsoleParts parts;
};

/* --- who asks --- */

/* A page of another site can make a browser send requests, with cookies even, but neither this
 * header nor our origin. */
static gboolean
is_from_console (SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  return gc_request_is_same_origin (message)
         && (gc_request_has_method (message, "GET")
             || g_strcmp0 (soup_message_headers_get_one (headers, "X-Gridcast"), "1") == 0);
}

static const char *
identify (const GcConsoleParts *parts, SoupServerMessage *message)
{
  g_autofree char *login = gc_request_dup_cookie (message, COOKIE);

  return gc_accounts_identify (parts->accounts, login);
}

/**
 * gc_console_api_authorize:
 * @self: the interface
 * @message: a request under /whep/
 *
 * Returns: (transfer full) (nullable): the dispatcher who sent it, %NULL if it must be refused
 */
char *
gc_console_api_authorize (GcConsoleApi *self, SoupServerMessage *message)
{
  return is_from_console (message) ? g_strdup (identify (&self->parts, message)) : NULL;
}

/**
 * gc_console_api_allow:
 * @self: the interface
 * @message: a request whose headers have arrived
 *
 * A dispatcher may send a part of a file. Nobody else, nor anything elsewhere, is allowed more than
 * usual.
 *
 * Returns: how long the body may be, bytes
 */
gsize
gc_console_api_allow (GcConsoleApi *self, SoupServerMessage *message)
{
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));
  g_autofree char *user = NULL;
  g_autofree char *who = NULL;

  if (!g_str_has_prefix (path, FILES_PATH)
      || !g_str_equal (soup_server_message_get_method (message), "PATCH"))
    return GC_REQUEST_MAX_LENGTH;
  user = gc_console_api_authorize (self, message);
  if (user == NULL)
    return GC_REQUEST_MAX_LENGTH;
  /* Of a dispatcher several may arrive at a time, as from two windows. */
  who = g_strconcat (user, " ", path, NULL);
  return gc_file_uploads_let_arrive (self->parts.uploads, who, message);
}

static void
set_cookie (SoupServerMessage *message, const char *login, int seconds)
{
  g_autofree char *cookie = g_strdup_printf (
      COOKIE "=%s; Max-Age=%d; Path=/; Secure; HttpOnly; SameSite=Strict", login, seconds);

  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Set-Cookie",
                                cookie);
}

static void
reply_user (SoupServerMessage *message, guint status, const char *user)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "user", user);
  gc_reply_json (message, status, object);
}

/* --- set-up and log-in --- */

typedef struct
{
  SoupServerMessage *message;
  guint status;
} Entry;

static void
refuse_entry (SoupServerMessage *message, const GError *error, guint wait_s)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_BUSY))
    gc_reply_slow_down (message, wait_s);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_UNAUTHORIZED))
    gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, "login-wrong", error->message);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_USED))
    gc_reply_problem (message, SOUP_STATUS_GONE, "setup-used", error->message);
  else
    gc_reply_error (message, error);
}

static void
on_entry (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Entry *entry = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *user = NULL;
  guint wait_s = 0;
  g_autofree char *login
      = gc_accounts_login_finish (GC_ACCOUNTS (source), result, &user, &wait_s, &error);

  if (login == NULL)
    refuse_entry (entry->message, error, wait_s);
  else
    {
      set_cookie (entry->message, login, GC_ACCOUNTS_LOGIN_S);
      reply_user (entry->message, entry->status, user);
    }
  soup_server_message_unpause (entry->message);
  g_object_unref (entry->message);
  g_free (entry);
}

static void
enter (const GcConsoleRequest *request, gboolean setup)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = gc_request_read_json (request->message, &error);
  g_autofree char *address = gc_request_dup_address (request->message);
  const char *user
      = body != NULL ? gc_json_get_string (body, "user", MAX_TEXT_LENGTH, &error) : NULL;
  const char *password
      = user != NULL ? gc_json_get_string (body, "password", MAX_TEXT_LENGTH, &error) : NULL;
  const char *token = password != NULL && setup
                          ? gc_json_get_string (body, "token", MAX_TOKEN_LENGTH, &error)
                          : NULL;
  Entry *entry;

  if (password == NULL || (setup && token == NULL))
    {
      gc_reply_error (request->message, error);
      return;
    }
  entry = g_new0 (Entry, 1);
  entry->message = g_object_ref (request->message);
  entry->status = setup ? SOUP_STATUS_CREATED : SOUP_STATUS_OK;
  soup_server_message_pause (request->message);
  if (setup)
    gc_accounts_setup_async (request->parts->accounts, token, user, password, address, on_entry,
                             entry);
  else
    gc_accounts_login_async (request->parts->accounts, user, password, address, on_entry, entry);
}

static void
post_setup (const GcConsoleRequest *request)
{
  enter (request, TRUE);
}

static void
post_login (const GcConsoleRequest *request)
{
  enter (request, FALSE);
}

static void
post_logout (const GcConsoleRequest *request)
{
  g_autofree char *login = gc_request_dup_cookie (request->message, COOKIE);

  gc_accounts_logout (request->parts->accounts, login);
  gc_console_events_drop (request->parts->events, login);
  set_cookie (request->message, "", 0);
  gc_reply_empty (request->message, SOUP_STATUS_NO_CONTENT);
}

static void
get_session (const GcConsoleRequest *request)
{
  reply_user (request->message, SOUP_STATUS_OK, request->user);
}

/* --- what needs no database --- */

static void
get_config (const GcConsoleRequest *request)
{
  const GcCenterConfig *config = request->parts->config;
  g_autoptr (JsonObject) object = json_object_new ();
  JsonObject *map = json_object_new ();

  json_object_set_string_member (object, "name", config->name);
  json_object_set_string_member (object, "version", GC_VERSION);
  json_object_set_boolean_member (object, "setup_needed",
                                  gc_accounts_needs_setup (request->parts->accounts));
  gc_json_set_text (map, "tiles", config->map_tiles);
  json_object_set_string_member (map, "attribution", config->map_attribution);
  json_object_set_double_member (map, "lon", config->map_longitude);
  json_object_set_double_member (map, "lat", config->map_latitude);
  json_object_set_int_member (map, "zoom", config->map_zoom);
  json_object_set_object_member (object, "map", map);
  gc_reply_json (request->message, SOUP_STATUS_OK, object);
}

static void
reply_array (SoupServerMessage *message, const char *name, JsonArray *array)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_array_member (object, name, array);
  gc_reply_json (message, SOUP_STATUS_OK, object);
}

static void
list_terminals (const GcConsoleRequest *request)
{
  reply_array (request->message, "terminals", gc_roster_print_all (request->parts->roster));
}

static void
list_live (const GcConsoleRequest *request)
{
  reply_array (request->message, "live", gc_live_desk_print_all (request->parts->desk));
}

static void
request_live (const GcConsoleRequest *request)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = gc_request_read_json (request->message, &error);
  g_autoptr (JsonObject) live = NULL;
  g_auto (GStrv) video = NULL;
  const char *reason = NULL;
  gboolean sharp = FALSE;

  if (body != NULL
      && gc_json_get_optional_string (body, "reason", MAX_REASON_LENGTH, &reason, &error)
      && gc_json_get_optional_strings (body, "video", GC_LIVE_CODECS_MAX, GC_LIVE_CODEC_MAX_LENGTH,
                                       &video, &error)
      && (!gc_json_has (body, "sharp") || gc_json_get_boolean (body, "sharp", &sharp, &error)))
    live = gc_live_desk_request (request->parts->desk, request->id, request->user, reason,
                                 (const char *const *) video, sharp, &error);
  if (live != NULL)
    gc_reply_json (request->message, SOUP_STATUS_CREATED, live);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_UNREACHABLE))
    gc_reply_problem (request->message, SOUP_STATUS_CONFLICT, "offline", error->message);
  else
    gc_reply_error (request->message, error);
}

static void
set_live_mode (const GcConsoleRequest *request)
{
  const GcTerminal *terminal = gc_roster_find (request->parts->roster, request->id);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) body = gc_request_read_json (request->message, &error);
  g_autoptr (JsonObject) mode = NULL;
  gboolean sharp;

  if (body == NULL || !gc_json_get_boolean (body, "sharp", &sharp, &error))
    {
      gc_reply_error (request->message, error);
      return;
    }
  if (terminal == NULL || terminal->live == NULL)
    {
      gc_reply_problem (request->message, SOUP_STATUS_NOT_FOUND, "not-found",
                        "The terminal sends no live video.");
      return;
    }
  mode = json_object_new ();
  json_object_set_string_member (mode, "session",
                                 json_object_get_string_member (terminal->live, "session"));
  json_object_set_boolean_member (mode, "sharp", sharp);
  if (gc_hub_send (request->parts->hub, request->id, GC_MSG_LIVE_MODE, mode))
    gc_reply_empty (request->message, SOUP_STATUS_NO_CONTENT);
  else
    gc_reply_problem (request->message, SOUP_STATUS_CONFLICT, "offline",
                      "The terminal is not online.");
}

static void
end_live (const GcConsoleRequest *request)
{
  g_autoptr (GError) error = NULL;

  if (gc_live_desk_end (request->parts->desk, request->id, request->user, &error))
    gc_reply_empty (request->message, SOUP_STATUS_NO_CONTENT);
  else
    gc_reply_error (request->message, error);
}

static void
see_sos (const GcConsoleRequest *request)
{
  gc_console_answer_sos (request, GC_SOS_SEEN);
}

static void
end_sos (const GcConsoleRequest *request)
{
  gc_console_answer_sos (request, GC_SOS_ENDED);
}

static void
open_events (const GcConsoleRequest *request)
{
  g_autofree char *login = gc_request_dup_cookie (request->message, COOKIE);

  gc_console_events_accept (request->parts->events, request->message, login);
}

/* --- routes --- */

typedef struct
{
  const char *method;
  const char *path; /* “*” stands for an id */
  gboolean open;    /* to everybody */
  void (*answer) (const GcConsoleRequest *request);
} Route;

static const Route ROUTES[] = {
  { "GET", "/api/config", TRUE, get_config },
  { "POST", "/api/setup", TRUE, post_setup },
  { "POST", "/api/login", TRUE, post_login },
  { "POST", "/api/logout", FALSE, post_logout },
  { "GET", "/api/session", FALSE, get_session },
  { "GET", "/api/events", FALSE, open_events },
  { "GET", "/api/terminals", FALSE, list_terminals },
  { "DELETE", "/api/terminals/*", FALSE, gc_console_revoke_terminal },
  { "GET", "/api/terminals/*/track", FALSE, gc_console_get_track },
  { "POST", "/api/terminals/*/live", FALSE, request_live },
  { "POST", "/api/terminals/*/live/mode", FALSE, set_live_mode },
  { "POST", "/api/pairings", FALSE, gc_console_create_pairing },
  { "GET", "/api/pairings/*", FALSE, gc_console_get_pairing },
  { "DELETE", "/api/pairings/*", FALSE, gc_console_void_pairing },
  { "POST", "/api/files", FALSE, gc_console_announce_file },
  { "PATCH", "/api/files/*", FALSE, gc_console_send_file },
  { "GET", "/api/tasks", FALSE, gc_console_list_tasks },
  { "GET", "/api/tasks.csv", FALSE, gc_console_export_tasks_csv },
  { "GET", "/api/tasks.geojson", FALSE, gc_console_export_tasks_geojson },
  { "POST", "/api/tasks", FALSE, gc_console_create_task },
  { "GET", "/api/tasks/*", FALSE, gc_console_get_task },
  { "GET", "/api/tasks/*/files/*", FALSE, gc_console_get_file },
  { "POST", "/api/tasks/*/cancel", FALSE, gc_console_cancel_task },
  { "POST", "/api/tasks/*/assign", FALSE, gc_console_assign_task },
  { "POST", "/api/terminals/*/hand-over", FALSE, gc_console_hand_over_tasks },
  { "GET", "/api/alerts", FALSE, gc_console_list_alerts },
  { "POST", "/api/alerts", FALSE, gc_console_create_alert },
  { "GET", "/api/alerts/*", FALSE, gc_console_get_alert },
  { "POST", "/api/alerts/*/cancel", FALSE, gc_console_cancel_alert },
  { "GET", "/api/live", FALSE, list_live },
  { "DELETE", "/api/live/*", FALSE, end_live },
  { "GET", "/api/sos", FALSE, gc_console_list_sos },
  { "POST", "/api/sos/*/seen", FALSE, see_sos },
  { "POST", "/api/sos/*/end", FALSE, end_sos },
  { "GET", "/api/audit", FALSE, gc_console_list_audit },
};

#define IDS_MAX 2

static gboolean
path_matches (const char *pattern, const char *path, char *ids[IDS_MAX])
{
  g_auto (GStrv) wanted = g_strsplit (pattern, "/", -1);
  g_auto (GStrv) given = g_strsplit (path, "/", -1);
  const char *found[IDS_MAX] = { NULL };
  gsize count = 0;

  if (g_strv_length (wanted) != g_strv_length (given))
    return FALSE;
  for (gsize i = 0; wanted[i] != NULL; i++)
    {
      if (strcmp (wanted[i], "*") == 0 && gc_id_is_valid (given[i]))
        found[count++] = given[i];
      else if (strcmp (wanted[i], given[i]) != 0)
        return FALSE;
    }
  for (gsize i = 0; i < IDS_MAX; i++)
    g_set_str (&ids[i], found[i]);
  return TRUE;
}

static const Route *
find_route (SoupServerMessage *message, const char *path, char *ids[IDS_MAX], char **allowed)
{
  g_autoptr (GString) methods = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (ROUTES); i++)
    if (path_matches (ROUTES[i].path, path, ids))
      {
        if (gc_request_has_method (message, ROUTES[i].method))
          return &ROUTES[i];
        g_string_append_printf (methods, "%s%s", methods->len > 0 ? ", " : "", ROUTES[i].method);
      }
  if (methods->len > 0)
    *allowed = g_string_free_and_steal (g_steal_pointer (&methods));
  return NULL;
}

static void
refuse_path (SoupServerMessage *message, const char *allowed)
{
  if (allowed != NULL)
    gc_reply_method_not_allowed (message, allowed);
  else
    gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "not-found", "There is no such page.");
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  GcConsoleApi *self = user_data;
  char *ids[IDS_MAX] = { NULL };
  g_autofree char *allowed = NULL;
  const Route *route = find_route (message, path, ids, &allowed);
  g_autofree char *id = ids[0];
  g_autofree char *part = ids[1];
  GcConsoleRequest request = { &self->parts, message, NULL, id, part, query };

  if (route == NULL)
    {
      refuse_path (message, allowed);
      return;
    }
  if (!is_from_console (message))
    {
      gc_reply_problem (message, SOUP_STATUS_FORBIDDEN, "origin",
                        "The request does not come from this center's console.");
      return;
    }
  request.user = identify (&self->parts, message);
  if (request.user == NULL && !route->open)
    {
      gc_reply_problem (message, SOUP_STATUS_UNAUTHORIZED, "login", "Log in first.");
      return;
    }
  route->answer (&request);
}

/* --- events about terminals --- */

static void
on_terminal_changed (GcRoster *roster, const char *id, gpointer user_data)
{
  GcConsoleApi *self = user_data;
  g_autoptr (JsonObject) terminal = gc_roster_print (roster, id);

  if (terminal != NULL)
    gc_console_events_emit (self->parts.events, "terminal", terminal);
}

static void
on_terminal_removed (GcRoster *roster, const char *id, gpointer user_data)
{
  GcConsoleApi *self = user_data;
  g_autoptr (JsonObject) data = json_object_new ();

  json_object_set_string_member (data, "id", id);
  gc_console_events_emit (self->parts.events, "terminal-removed", data);
}

/**
 * gc_console_api_new:
 * @parts: what it reaches
 *
 * Returns: (transfer full): the interface; free it after the server and the database
 */
GcConsoleApi *
gc_console_api_new (const GcConsoleParts *parts)
{
  GcConsoleApi *self = g_new0 (GcConsoleApi, 1);

  self->parts = *parts;
  g_signal_connect (parts->roster, "changed", G_CALLBACK (on_terminal_changed), self);
  g_signal_connect (parts->roster, "removed", G_CALLBACK (on_terminal_removed), self);
  return self;
}

/**
 * gc_console_api_free:
 * @self: (transfer full): the interface
 */
void
gc_console_api_free (GcConsoleApi *self)
{
  g_signal_handlers_disconnect_by_data (self->parts.roster, self);
  g_free (self);
}

/**
 * gc_console_api_mount:
 * @self: the interface
 * @server: where to answer “/api”
 */
void
gc_console_api_mount (GcConsoleApi *self, SoupServer *server)
{
  soup_server_add_handler (server, "/api/", on_request, self, NULL);
}
