/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-center-config.h"

#include "base/gc-error.h"
#include "center/gc-relay.h"
#include "center/gc-turn-secret.h"
#include "protocol/gc-pairing-code.h"
#include "rtc/gc-ice-server.h"

#include <string.h>

#define DEFAULT_PORT 8443
#define MAX_ZOOM 22
/* The world as most maps first show it. */
#define DEFAULT_ZOOM 3
#define UNSET (-1)

/* Stand-ins with which a host and a name are tried out in a pairing code. */
#define SAMPLE_PIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SAMPLE_TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

static gboolean
invalid (GError **error, const char *format, const char *value)
{
  g_autofree char *shown = g_utf8_make_valid (value, -1);
  g_auto (GStrv) parts = g_strsplit (format, "%", 2);

  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "%s“%s”%s", parts[0], shown, parts[1]);
  return FALSE;
}

/* No packet is sent: connecting a UDP socket only asks the kernel which way it would go. */
static char *
find_own_address (void)
{
  g_autoptr (GSocket) socket
      = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_autoptr (GSocketAddress) far = g_inet_socket_address_new_from_string ("192.0.2.1", 9);
  g_autoptr (GSocketAddress) near = NULL;

  if (socket != NULL && g_socket_connect (socket, far, NULL, NULL))
    near = g_socket_get_local_address (socket, NULL);
  if (near == NULL)
    return g_strdup ("127.0.0.1");
  return g_inet_address_to_string (
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (near)));
}

/* A word that is not known was meant as one that is. */
static gboolean
check_keys (GKeyFile *file, GError **error)
{
  static const char *const KEYS[] = { "center/port",        "center/name",
                                      "center/host",        "center/listen",
                                      "center/console",     "map/tiles",
                                      "map/attribution",    "map/longitude",
                                      "map/latitude",       "map/zoom",
                                      "live/ice-servers",   "live/turn-user",
                                      "live/turn-password", "live/turn-secret-file",
                                      "live/viewers",       NULL };
  g_auto (GStrv) groups = g_key_file_get_groups (file, NULL);

  for (gsize i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = g_key_file_get_keys (file, groups[i], NULL, NULL);

      for (gsize k = 0; keys != NULL && keys[k] != NULL; k++)
        {
          g_autofree char *key = g_strconcat (groups[i], "/", keys[k], NULL);

          if (!g_strv_contains (KEYS, key))
            return invalid (error, "center.conf: % is not known", key);
        }
    }
  return TRUE;
}

static gboolean
read_file (GcCenterConfig *config, const char *named, GKeyFile *file, GError **error)
{
  g_autofree char *path
      = named != NULL ? g_strdup (named) : g_build_filename (config->data_dir, "center.conf", NULL);
  g_autoptr (GError) local_error = NULL;

  if (g_key_file_load_from_file (file, path, G_KEY_FILE_NONE, &local_error))
    return check_keys (file, error);
  /* A data folder that is none is found out when it is used. */
  if (named == NULL
      && (g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT)
          || g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR)))
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "%s: %s", path, local_error->message);
  return FALSE;
}

static void
default_text (char **value, GKeyFile *file, const char *group, const char *key, const char *other)
{
  if (*value == NULL)
    *value = g_key_file_get_string (file, group, key, NULL);
  if (*value == NULL)
    *value = g_strdup (other);
}

static gboolean
default_number (double *value,
                GKeyFile *file,
                const char *group,
                const char *key,
                double min,
                double max,
                double other,
                GError **error)
{
  g_autofree char *text = g_key_file_get_value (file, group, key, NULL);
  char *end = NULL;

  *value = other;
  if (text == NULL)
    return TRUE;
  *value = g_ascii_strtod (text, &end);
  if (end == text || *end != '\0' || !(*value >= min && *value <= max))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID,
                   "center.conf: “%s” must be a number from %g to %g", key, min, max);
      return FALSE;
    }
  return TRUE;
}

static gboolean
check_pairing (const GcCenterConfig *config, GError **error)
{
  g_autoptr (GcPairingCode) code
      = gc_pairing_code_new (config->host, DEFAULT_PORT, SAMPLE_PIN, SAMPLE_TOKEN, "Gridcast");
  g_autofree char *text = gc_pairing_code_print (code);
  g_autoptr (GcPairingCode) parsed = gc_pairing_code_parse (text, NULL);
  g_autofree char *named_text = NULL;
  g_autoptr (GcPairingCode) named = NULL;

  if (parsed == NULL)
    return invalid (error, "the host % is neither a DNS name nor an address", config->host);
  g_set_str (&code->name, config->name);
  named_text = gc_pairing_code_print (code);
  named = gc_pairing_code_parse (named_text, NULL);
  if (named == NULL)
    return invalid (error, "the name % must have 1 to 64 characters that can be seen",
                    config->name);
  return TRUE;
}

static gboolean
check_addresses (const GcCenterConfig *config, GError **error)
{
  g_autoptr (GUri) tiles = NULL;

  if (config->listen != NULL && !g_hostname_is_ip_address (config->listen))
    return invalid (error, "--listen needs an address, % is none", config->listen);
  if (config->map_tiles == NULL)
    return TRUE;
  if (strstr (config->map_tiles, "{z}") == NULL || strstr (config->map_tiles, "{x}") == NULL
      || strstr (config->map_tiles, "{y}") == NULL || strpbrk (config->map_tiles, " ;,'\"") != NULL)
    return invalid (error, "the address of map tiles % must hold {z}, {x} and {y}",
                    config->map_tiles);
  tiles = g_uri_parse (config->map_tiles, G_URI_FLAGS_PARSE_RELAXED, NULL);
  if (tiles == NULL || g_uri_get_host (tiles) == NULL
      || (strcmp (g_uri_get_scheme (tiles), "https") != 0
          && strcmp (g_uri_get_scheme (tiles), "http") != 0))
    return invalid (error, "the address of map tiles % must begin with https:// or http://",
                    config->map_tiles);
  return TRUE;
}

static gboolean
read_turn_secret (GcCenterConfig *config, GKeyFile *file, GError **error)
{
  g_autofree char *name = g_key_file_get_string (file, "live", "turn-secret-file", NULL);
  g_autofree char *path = name != NULL ? g_canonicalize_filename (name, config->data_dir) : NULL;

  if (path == NULL)
    return TRUE;
  if (config->turn_user != NULL || config->turn_password != NULL)
    return invalid (error, "center.conf: % takes the place of “turn-user” and “turn-password”",
                    "turn-secret-file");
  config->turn_secret = gc_turn_secret_read (path, error);
  if (config->turn_secret == NULL)
    g_prefix_error_literal (error, "center.conf: “turn-secret-file”: ");
  return config->turn_secret != NULL;
}

static gboolean
read_ice_servers (GcCenterConfig *config, GKeyFile *file, GError **error)
{
  config->ice_servers = g_key_file_get_string_list (file, "live", "ice-servers", NULL, NULL);
  if (config->ice_servers == NULL)
    config->ice_servers = g_new0 (char *, 1);
  default_text (&config->turn_user, file, "live", "turn-user", NULL);
  default_text (&config->turn_password, file, "live", "turn-password", NULL);
  if (!read_turn_secret (config, file, error))
    return FALSE;
  for (gsize i = 0; config->ice_servers[i] != NULL; i++)
    {
      g_autoptr (GcIceServer) server
          = gc_ice_server_parse_url (g_strstrip (config->ice_servers[i]), NULL);

      if (server == NULL)
        return invalid (error, "center.conf: % is no STUN or TURN server", config->ice_servers[i]);
      if (strcmp (server->scheme, "stun") != 0 && config->turn_secret == NULL
          && (config->turn_user == NULL || config->turn_password == NULL))
        return invalid (
            error, "center.conf: % needs “turn-secret-file”, or “turn-user” and “turn-password”",
            config->ice_servers[i]);
    }
  return TRUE;
}

static gboolean
complete (GcCenterConfig *config, const char *file_name, int port, GError **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  double number;

  if (config->data_dir == NULL)
    config->data_dir = g_build_filename (g_get_user_data_dir (), "gridcast-center", NULL);
  if (!read_file (config, file_name, file, error)
      || !default_number (&number, file, "center", "port", 0, G_MAXUINT16, DEFAULT_PORT, error))
    return FALSE;
  config->port = (guint16) (port != UNSET ? port : number);
  default_text (&config->name, file, "center", "name", g_get_host_name ());
  default_text (&config->host, file, "center", "host", NULL);
  default_text (&config->listen, file, "center", "listen", NULL);
  default_text (&config->console_dir, file, "center", "console", GC_DATADIR "/console");
  default_text (&config->map_tiles, file, "map", "tiles", NULL);
  default_text (&config->map_attribution, file, "map", "attribution", "");
  if (!default_number (&config->map_longitude, file, "map", "longitude", -180, 180, 0, error)
      || !default_number (&config->map_latitude, file, "map", "latitude", -90, 90, 0, error)
      || !default_number (&number, file, "map", "zoom", 0, MAX_ZOOM, DEFAULT_ZOOM, error))
    return FALSE;
  config->map_zoom = (int) number;
  if (!default_number (&number, file, "live", "viewers", 1, GC_RELAY_ALL_VIEWERS_MAX,
                       GC_RELAY_VIEWERS_MAX, error))
    return FALSE;
  config->viewers_max = (guint) number;
  if (config->host == NULL)
    config->host = config->listen != NULL && strcmp (config->listen, "0.0.0.0") != 0
                           && strcmp (config->listen, "::") != 0
                       ? g_strdup (config->listen)
                       : find_own_address ();
  return read_ice_servers (config, file, error) && check_pairing (config, error)
         && check_addresses (config, error);
}

/**
 * gc_center_config_parse:
 * @argc: (inout): as main() has it
 * @argv: (inout): as main() has it
 * @error: a #GOptionError or %GC_ERROR_INVALID with what is wrong
 *
 * Reads the command line, and “center.conf” in the data folder, or the file that it names, for what
 * it does not say. “--help” and “--version” print and exit.
 *
 * Returns: (transfer full) (nullable): the configuration
 */
GcCenterConfig *
gc_center_config_parse (int *argc, char ***argv, GError **error)
{
  g_autoptr (GcCenterConfig) config = g_new0 (GcCenterConfig, 1);
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autofree char *file_name = NULL;
  int port = UNSET;
  gboolean version = FALSE;
  const GOptionEntry entries[] = {
    { "data", 'd', 0, G_OPTION_ARG_FILENAME, &config->data_dir, "Where to keep everything", "DIR" },
    { "config", 'c', 0, G_OPTION_ARG_FILENAME, &file_name,
      "Settings, if not in “center.conf” in DIR", "FILE" },
    { "port", 'p', 0, G_OPTION_ARG_INT, &port, "Where to listen (8443); 0: any free port", "N" },
    { "listen", 0, 0, G_OPTION_ARG_STRING, &config->listen, "Listen on this address only",
      "ADDRESS" },
    { "host", 0, 0, G_OPTION_ARG_STRING, &config->host,
      "Name or address under which terminals find the center", "HOST" },
    { "name", 0, 0, G_OPTION_ARG_STRING, &config->name, "What the center calls itself", "NAME" },
    { "map-tiles", 0, 0, G_OPTION_ARG_STRING, &config->map_tiles,
      "Map tiles, as https://tiles.example/{z}/{x}/{y}.png", "URL" },
    { "console", 0, 0, G_OPTION_ARG_FILENAME, &config->console_dir, "The console's files", "DIR" },
    { "addresses", 0, 0, G_OPTION_ARG_FILENAME, &config->addresses_file,
      "Write the console's address and the one-time link there, for its owner alone, instead of "
      "printing them",
      "FILE" },
    { "version", 0, 0, G_OPTION_ARG_NONE, &version, "Print the version", NULL },
    G_OPTION_ENTRY_NULL,
  };

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_set_summary (context, "The command center of Gridcast: terminals pair with it, "
                                         "dispatchers work in its console.");
  if (!g_option_context_parse (context, argc, argv, error))
    return NULL;
  if (version)
    {
      g_print ("gridcast-center %s\n", GC_VERSION);
      exit (0);
    }
  if (*argc > 1)
    {
      invalid (error, "% is not understood; see --help", (*argv)[1]);
      return NULL;
    }
  if (port != UNSET && (port < 0 || port > G_MAXUINT16))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "the port must be from 0 to 65535");
      return NULL;
    }
  if (!complete (config, file_name, port, error))
    return NULL;
  return g_steal_pointer (&config);
}

/**
 * gc_center_config_free:
 * @config: (transfer full): a configuration
 */
void
gc_center_config_free (GcCenterConfig *config)
{
  g_free (config->data_dir);
  g_free (config->addresses_file);
  g_free (config->name);
  g_free (config->host);
  g_free (config->listen);
  g_free (config->console_dir);
  g_free (config->map_tiles);
  g_free (config->map_attribution);
  g_strfreev (config->ice_servers);
  g_free (config->turn_user);
  if (config->turn_password != NULL)
    explicit_bzero (config->turn_password, strlen (config->turn_password));
  g_free (config->turn_password);
  g_clear_pointer (&config->turn_secret, gc_turn_secret_free);
  g_free (config);
}
