/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-center.h"

#include "base/gc-database.h"
#include "base/gc-error.h"
#include "center/gc-authority.h"
#include "center/gc-center-file.h"
#include "center/gc-console-api.h"
#include "center/gc-doorman.h"
#include "center/gc-est.h"
#include "center/gc-file-uploads.h"
#include "center/gc-pairing.h"
#include "center/gc-reply.h"
#include "center/gc-reports.h"
#include "center/gc-request-log.h"
#include "center/gc-static.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#define MAX_CONNECTIONS 1024
#define ARRIVAL_TIMEOUT_S 30
#define PRIVATE_FOLDER_MODE 0700
#define UPKEEP_S 3600
#define CLOSE_MS 2000

struct _GcCenter
{
  GObject parent_instance;

  const GcCenterConfig *config;
  GcDatabase *database;
  GcFileStore *store;
  GcAuthority *authority;
  GcRoster *roster;
  GcAccounts *accounts;
  GcConsoleEvents *events;
  GcHub *hub;
  GcRelay *relay;
  GcReports *reports;
  GcTasks *tasks;
  GcAlertDesk *alerts;
  GcLiveDesk *desk;
  GcSosDesk *sos;
  GcFileUploads *uploads;
  GcEst *est;
  GcConsoleApi *api;
  GcStatic *files;
  SoupServer *server;
  GcDoorman *doorman;
  guint16 port;
  guint upkeep_id;
};

G_DEFINE_FINAL_TYPE (GcCenter, gc_center, G_TYPE_OBJECT)

/* The page may be reached by any of the machine's names and addresses. */
static char **
list_hosts (const GcCenterConfig *config)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  struct ifaddrs *interfaces = NULL;

  g_strv_builder_add_many (builder, config->host, "localhost", "127.0.0.1", "::1", NULL);
  if (getifaddrs (&interfaces) != 0)
    return g_strv_builder_end (builder);
  for (struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next)
    {
      g_autoptr (GSocketAddress) address = NULL;
      GInetAddress *inet;

      if (at->ifa_addr == NULL
          || (at->ifa_addr->sa_family != AF_INET && at->ifa_addr->sa_family != AF_INET6))
        continue;
      address = g_socket_address_new_from_native (at->ifa_addr, sizeof (struct sockaddr_in6));
      inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address));
      if (!g_inet_address_get_is_loopback (inet) && !g_inet_address_get_is_link_local (inet))
        g_strv_builder_take (builder, g_inet_address_to_string (inet));
    }
  freeifaddrs (interfaces);
  return g_strv_builder_end (builder);
}

static gboolean
make_folder (const char *path, GError **error)
{
  if (g_mkdir_with_parents (path, PRIVATE_FOLDER_MODE) == 0
      && g_chmod (path, PRIVATE_FOLDER_MODE) == 0)
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the folder %s cannot be used: %s", path,
               g_strerror (errno));
  return FALSE;
}

static gboolean
open_data (GcCenter *self, const GcCenterConfig *config, GError **error)
{
  g_autofree char *path = g_build_filename (config->data_dir, "center.db", NULL);
  g_auto (GStrv) hosts = list_hosts (config);

  if (!make_folder (config->data_dir, error))
    return FALSE;
  self->database = gc_center_file_open (path, error);
  if (self->database == NULL)
    return FALSE;
  self->store = gc_file_store_open (config->data_dir, error);
  if (self->store == NULL)
    return FALSE;
  self->authority
      = gc_authority_open (config->data_dir, config->name, (const char *const *) hosts, error);
  if (self->authority == NULL)
    return FALSE;
  self->roster = gc_roster_load (self->database, error);
  if (self->roster == NULL)
    return FALSE;
  self->accounts = gc_accounts_load (self->database, error);
  return self->accounts != NULL;
}

/* --- upkeep: what is too old is forgotten --- */

static gpointer
forget (GcDatabase *database, gpointer data, GError **error)
{
  if (gc_track_forget (database, error))
    gc_pairing_forget (database, error);
  return NULL;
}

static void
on_forgotten (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error != NULL)
    g_message ("old data could not be deleted: %s", error->message);
}

static gboolean
on_upkeep (gpointer user_data)
{
  GcCenter *self = user_data;

  gc_database_run_async (self->database, forget, NULL, NULL, NULL, NULL, on_forgotten, NULL);
  gc_file_uploads_forget (self->uploads);
  return G_SOURCE_CONTINUE;
}

/* --- the server --- */

static void
on_request_started (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_message_headers_replace (headers, "X-Content-Type-Options", "nosniff");
  soup_message_headers_replace (headers, "Referrer-Policy", "no-referrer");
}

/* Of dispatchers and terminals files may come. */
static gsize
allow_body (SoupServerMessage *message, gpointer user_data)
{
  GcCenter *self = user_data;
  const char *path = g_uri_get_path (soup_server_message_get_uri (message));

  return g_str_has_prefix (path, "/api/") ? gc_console_api_allow (self->api, message)
                                          : gc_file_uploads_allow (self->uploads, message);
}

/* A certificate is requested of everybody, since one port serves both terminals and browsers, and
 * required of nobody but at the channel. A browser that has none of its own goes on without a
 * word; one that has some may ask its user once, and any answer will do. */
static void
make_server (GcCenter *self)
{
  self->server
      = soup_server_new ("tls-certificate", gc_authority_get_server_certificate (self->authority),
                         "tls-database", gc_authority_get_database (self->authority),
                         "tls-auth-mode", G_TLS_AUTHENTICATION_REQUESTED, NULL);
  g_signal_connect_object (self->server, "request-started", G_CALLBACK (on_request_started), self,
                           G_CONNECT_DEFAULT);
  self->doorman = gc_doorman_new (self->server, MAX_CONNECTIONS, ARRIVAL_TIMEOUT_S);
  gc_doorman_set_allowance (self->doorman, allow_body, self);
  gc_request_log_mount (self->server, self->authority);
}

static char *
authorize_viewer (SoupServerMessage *message, const char *session, gpointer data)
{
  GcCenter *self = data;

  return gc_console_api_authorize (self->api, message);
}

/* The configuration has checked the addresses. */
static GcRelay *
make_relay (const GcCenterConfig *config)
{
  GcRelay *relay = gc_relay_new ();

  for (gsize i = 0; config->ice_servers[i] != NULL; i++)
    {
      gboolean turn = g_str_has_prefix (config->ice_servers[i], "turn");

      gc_relay_add_ice_server (relay, config->ice_servers[i], turn ? config->turn_user : NULL,
                               turn ? config->turn_password : NULL, NULL);
    }
  if (config->turn_secret != NULL)
    gc_relay_set_turn_secret (relay, config->turn_secret);
  gc_relay_set_viewers_max (relay, config->viewers_max);
  return relay;
}

static void
make_parts (GcCenter *self)
{
  self->events = gc_console_events_new ();
  self->hub = gc_hub_new (self->database, self->roster, self->authority, self->config->name);
  self->relay = make_relay (self->config);
  self->reports = gc_reports_new (self->hub, self->roster, self->events);
  self->alerts = gc_alert_desk_new (self->database, self->hub, self->events, self->config->host,
                                    self->config->name);
  self->tasks = gc_tasks_new (self->database, self->hub, self->roster, self->events);
  self->desk
      = gc_live_desk_new (self->database, self->hub, self->roster, self->events, self->relay);
  self->sos = gc_sos_desk_new (self->database, self->hub, self->events);
  self->uploads = gc_file_uploads_new (self->store, self->database, self->authority, self->roster,
                                       self->events);
  self->est = gc_est_new (self->database, self->authority, self->roster, self->events);
  self->files = gc_static_new (self->config->console_dir, self->config->map_tiles);
}

/* The port that a code says is known only now. */
static void
mount_parts (GcCenter *self)
{
  const GcConsoleParts parts = {
    .config = self->config,
    .port = self->port,
    .database = self->database,
    .authority = self->authority,
    .roster = self->roster,
    .accounts = self->accounts,
    .hub = self->hub,
    .tasks = self->tasks,
    .alerts = self->alerts,
    .desk = self->desk,
    .sos = self->sos,
    .files = self->store,
    .uploads = self->uploads,
    .events = self->events,
  };

  self->api = gc_console_api_new (&parts);
  gc_relay_set_authorize (self->relay, authorize_viewer, self);
  gc_static_mount (self->files, self->server);
  gc_console_api_mount (self->api, self->server);
  gc_est_mount (self->est, self->server);
  gc_hub_mount (self->hub, self->server);
  gc_file_uploads_mount (self->uploads, self->server);
  gc_relay_mount (self->relay, self->server);
}

static void
find_port (GcCenter *self)
{
  g_autoslist (GUri) uris = soup_server_get_uris (self->server);

  if (uris != NULL)
    self->port = (guint16) g_uri_get_port (uris->data);
}

static gboolean
listen_there (GcCenter *self, const GcCenterConfig *config, GError **error)
{
  g_autoptr (GSocketAddress) address
      = config->listen != NULL
            ? g_inet_socket_address_new_from_string (config->listen, config->port)
            : NULL;
  g_autoptr (GError) local_error = NULL;

  if (!gc_doorman_listen (self->doorman, address, config->port, SOUP_SERVER_LISTEN_HTTPS,
                          &local_error))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "cannot listen on port %u: %s", config->port,
                   local_error->message);
      return FALSE;
    }
  find_port (self);
  return TRUE;
}

static void
gc_center_finalize (GObject *object)
{
  GcCenter *self = GC_CENTER (object);

  gc_center_stop (self);
  G_OBJECT_CLASS (gc_center_parent_class)->finalize (object);
}

static void
gc_center_class_init (GcCenterClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_center_finalize;
}

static void
gc_center_init (GcCenter *self)
{
}

/**
 * gc_center_start:
 * @config: what the operator set; outlives the center
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_FAILED or a #GFileError that says what stands in the way
 *
 * Opens or makes the data folder, and listens. Blocks for a moment; afterwards everything happens
 * in the default main context.
 *
 * Returns: (transfer full) (nullable): the center
 */
GcCenter *
gc_center_start (const GcCenterConfig *config, GError **error)
{
  g_autoptr (GcCenter) self = g_object_new (GC_TYPE_CENTER, NULL);

  g_return_val_if_fail (config != NULL, NULL);

  self->config = config;
  if (!open_data (self, config, error))
    return NULL;
  make_parts (self);
  make_server (self);
  if (!listen_there (self, config, error))
    return NULL;
  mount_parts (self);
  self->upkeep_id = g_timeout_add_seconds (UPKEEP_S, on_upkeep, self);
  on_upkeep (self);
  return g_steal_pointer (&self);
}

static gboolean
on_close_deadline (gpointer user_data)
{
  gboolean *over = user_data;

  *over = TRUE;
  return G_SOURCE_REMOVE;
}

/* Lets terminals and consoles read why they are closed, and everything that was begun end: libsoup
 * cannot be stopped in the middle of somebody's TLS handshake. */
static void
drain (GcCenter *self)
{
  gboolean over = FALSE;
  guint deadline_id = g_timeout_add (CLOSE_MS, on_close_deadline, &over);

  while (!over && (!gc_hub_is_closed (self->hub) || !gc_console_events_is_closed (self->events)))
    g_main_context_iteration (NULL, TRUE);
  gc_doorman_dismiss (self->doorman);
  while (!over && !gc_doorman_is_alone (self->doorman))
    g_main_context_iteration (NULL, TRUE);
  if (!over)
    g_source_remove (deadline_id);
}

/**
 * gc_center_stop:
 * @self: a center
 *
 * Closes every connection, finishes what is being stored and stops listening. Runs the default
 * main context for up to two seconds meanwhile.
 */
void
gc_center_stop (GcCenter *self)
{
  g_return_if_fail (GC_IS_CENTER (self));

  g_clear_handle_id (&self->upkeep_id, g_source_remove);
  if (self->doorman != NULL)
    {
      gc_hub_close (self->hub);
      gc_console_events_drop (self->events, NULL);
      drain (self);
    }
  if (self->server != NULL)
    soup_server_disconnect (self->server);
  if (self->uploads != NULL)
    gc_file_uploads_finish (self->uploads);
  if (self->database != NULL)
    gc_database_close (self->database);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_clear_object (&self->doorman);
  g_clear_object (&self->server);
  g_clear_pointer (&self->api, gc_console_api_free);
  g_clear_pointer (&self->uploads, gc_file_uploads_free);
  g_clear_pointer (&self->est, gc_est_free);
  g_clear_pointer (&self->files, gc_static_free);
  g_clear_object (&self->desk);
  g_clear_pointer (&self->sos, gc_sos_desk_free);
  g_clear_pointer (&self->tasks, gc_tasks_free);
  g_clear_pointer (&self->alerts, gc_alert_desk_free);
  g_clear_pointer (&self->reports, gc_reports_free);
  g_clear_object (&self->relay);
  g_clear_object (&self->hub);
  g_clear_object (&self->events);
  g_clear_object (&self->accounts);
  g_clear_object (&self->roster);
  g_clear_object (&self->authority);
  g_clear_pointer (&self->store, gc_file_store_unref);
  g_clear_object (&self->database);
}

/**
 * gc_center_get_port:
 * @self: a center
 *
 * Returns: where it listens
 */
guint16
gc_center_get_port (GcCenter *self)
{
  return self->port;
}

/**
 * gc_center_dup_url:
 * @self: a center
 *
 * Returns: (transfer full): the address of the console
 */
char *
gc_center_dup_url (GcCenter *self)
{
  const char *host = self->config->host;
  gboolean bracket = strchr (host, ':') != NULL;

  return g_strdup_printf ("https://%s%s%s:%u/", bracket ? "[" : "", host, bracket ? "]" : "",
                          self->port);
}

/**
 * gc_center_dup_setup_url:
 * @self: a center
 *
 * Returns: (transfer full) (nullable): the one-time link that makes the first account, %NULL if
 *   there is one
 */
char *
gc_center_dup_setup_url (GcCenter *self)
{
  const char *token = gc_accounts_get_setup_token (self->accounts);
  g_autofree char *url = gc_center_dup_url (self);

  return token != NULL ? g_strdup_printf ("%s#setup=%s", url, token) : NULL;
}
