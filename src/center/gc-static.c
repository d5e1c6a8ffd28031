/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-static.h"

#include "center/gc-reply.h"

#include <gio/gio.h>
#include <string.h>

#define LEAFLET_DIR "/usr/share/javascript/leaflet"
#define LEAFLET_PATH "/leaflet/"
#define MAX_FILE_LENGTH (8 * 1024 * 1024)

struct _GcStatic
{
  char *console_dir;
  char *policy;
};

/* What is served; a file of another kind is not. The types are stated, for the machine's own list
 * of types may be missing or odd. */
static const struct
{
  const char *suffix;
  const char *type;
} TYPES[] = {
  { ".html", "text/html; charset=utf-8" },
  { ".js", "text/javascript; charset=utf-8" },
  { ".mjs", "text/javascript; charset=utf-8" },
  { ".css", "text/css; charset=utf-8" },
  { ".json", "application/json" },
  { ".svg", "image/svg+xml" },
  { ".png", "image/png" },
  { ".ico", "image/x-icon" },
  { ".woff2", "font/woff2" },
  { ".webmanifest", "application/manifest+json" },
};

static const char *
find_type (const char *path)
{
  for (gsize i = 0; i < G_N_ELEMENTS (TYPES); i++)
    if (g_str_has_suffix (path, TYPES[i].suffix))
      return TYPES[i].type;
  return NULL;
}

/* Only plain names joined by slashes: nothing hidden, no “..”, no backslash, no percent sign. */
static gboolean
path_is_plain (const char *path)
{
  g_auto (GStrv) parts = g_strsplit (path, "/", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (!g_ascii_isalnum (parts[i][0]) && parts[i][0] != '_')
        return FALSE;
      for (const char *at = parts[i]; *at != '\0'; at++)
        if (!g_ascii_isalnum (*at) && strchr ("._-", *at) == NULL)
          return FALSE;
    }
  return TRUE;
}

/**
 * gc_static_new:
 * @console_dir: the folder of the console's files
 * @map_tiles: (nullable): where the page may fetch map tiles
 *
 * Returns: (transfer full): a server of files
 */
GcStatic *
gc_static_new (const char *console_dir, const char *map_tiles)
{
  GcStatic *self = g_new0 (GcStatic, 1);
  g_autofree char *tiles = NULL;

  if (map_tiles != NULL)
    {
      g_autoptr (GUri) uri = g_uri_parse (map_tiles, G_URI_FLAGS_PARSE_RELAXED, NULL);
      const char *host = uri != NULL ? g_uri_get_host (uri) : NULL;

      /* Leaflet's {s} stands for a letter: any host of that domain. */
      if (host != NULL && g_str_has_prefix (host, "{s}."))
        host += strlen ("{s}.");
      if (host != NULL)
        tiles = g_strdup_printf (
            " %s://%s%s%s%.0d", g_uri_get_scheme (uri), host != g_uri_get_host (uri) ? "*." : "",
            host, g_uri_get_port (uri) > 0 ? ":" : "", MAX (g_uri_get_port (uri), 0));
    }
  self->console_dir = g_strdup (console_dir);
  self->policy = g_strdup_printf (
      "default-src 'self'; img-src 'self' data: blob:%s; media-src 'self' blob:; "
      "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
      tiles != NULL ? tiles : "");
  return self;
}

/**
 * gc_static_free:
 * @self: (transfer full): a server of files
 */
void
gc_static_free (GcStatic *self)
{
  g_free (self->console_dir);
  g_free (self->policy);
  g_free (self);
}

static char *
find_file (GcStatic *self, const char *path, const char **type)
{
  const char *relative = path + 1;
  const char *folder = self->console_dir;

  if (strcmp (path, "/") == 0)
    relative = "index.html";
  else if (g_str_has_prefix (path, LEAFLET_PATH))
    {
      relative = path + strlen (LEAFLET_PATH);
      folder = LEAFLET_DIR;
    }
  *type = find_type (relative);
  if (*type == NULL || !path_is_plain (relative))
    return NULL;
  return g_build_filename (folder, relative, NULL);
}

static void
add_headers (GcStatic *self, SoupMessageHeaders *headers, const char *etag)
{
  soup_message_headers_replace (headers, "ETag", etag);
  soup_message_headers_replace (headers, "Cache-Control", "no-cache");
  soup_message_headers_replace (headers, "Content-Security-Policy", self->policy);
  soup_message_headers_replace (headers, "Permissions-Policy",
                                "camera=(), microphone=(), geolocation=()");
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  GcStatic *self = user_data;
  const char *type = NULL;
  g_autofree char *file = NULL;
  g_autofree char *contents = NULL;
  g_autofree char *checksum = NULL;
  g_autofree char *etag = NULL;
  const char *known;
  gsize length;

  if (!gc_request_has_method (message, "GET"))
    {
      gc_reply_method_not_allowed (message, "GET, HEAD");
      return;
    }
  file = find_file (self, path, &type);
  if (file == NULL || !g_file_get_contents (file, &contents, &length, NULL)
      || length > MAX_FILE_LENGTH)
    {
      gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "not-found", "There is no such page.");
      return;
    }
  checksum = g_compute_checksum_for_data (G_CHECKSUM_SHA256, (const guchar *) contents, length);
  etag = g_strdup_printf ("\"%.32s\"", checksum);
  add_headers (self, soup_server_message_get_response_headers (message), etag);
  known = soup_message_headers_get_list (soup_server_message_get_request_headers (message),
                                         "If-None-Match");
  if (known != NULL && strstr (known, etag) != NULL)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_MODIFIED, NULL);
      return;
    }
  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, type, SOUP_MEMORY_TAKE, g_steal_pointer (&contents),
                                    length);
}

/**
 * gc_static_mount:
 * @self: a server of files; it outlives @server's handlers
 * @server: where to answer whatever no other handler answers
 *
 * Serves “/”, and Leaflet under “/leaflet/”. Files are read anew each time: they are few and small,
 * and whoever works on the console sees his change at once.
 */
void
gc_static_mount (GcStatic *self, SoupServer *server)
{
  soup_server_add_handler (server, NULL, on_request, self, NULL);
}
