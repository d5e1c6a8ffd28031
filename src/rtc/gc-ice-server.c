/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-ice-server.h"

#include "base/gc-error.h"
#include "rtc/gc-web-link.h"

#include <string.h>

#define SERVERS_MAX 8
#define URL_MAX_LENGTH 512
#define DEFAULT_PORT 3478
#define DEFAULT_TLS_PORT 5349

static gboolean
fail (GError **error, const char *message)
{
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, message);
  return FALSE;
}

static gboolean
read_authority (GcIceServer *server, const char *text, GError **error)
{
  const char *host_end;
  const char *port_text;
  guint64 port = strcmp (server->scheme, "turns") == 0 ? DEFAULT_TLS_PORT : DEFAULT_PORT;

  if (text[0] == '[')
    {
      host_end = strchr (++text, ']');
      if (host_end == NULL)
        return fail (error, "the ICE server's address is damaged");
      port_text = host_end + 1;
    }
  else
    {
      host_end = text + strcspn (text, ":");
      port_text = host_end;
    }
  server->host = g_strndup (text, (gsize) (host_end - text));
  if (*port_text == ':'
      && !g_ascii_string_to_unsigned (port_text + 1, 10, 1, G_MAXUINT16, &port, NULL))
    return fail (error, "the ICE server's port is impossible");
  server->port = (guint16) port;
  if (*port_text != ':' && *port_text != '\0')
    return fail (error, "the ICE server's address is damaged");
  if (server->host[0] == '\0'
      || (!g_hostname_is_ip_address (server->host)
          && strspn (server->host,
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-")
                 != strlen (server->host)))
    return fail (error, "the ICE server's address is damaged");
  return TRUE;
}

/**
 * gc_ice_server_parse_url:
 * @url: "stun:host[:port]" (RFC 7064) or "turn[s]:host[:port][?transport=udp|tcp]" (RFC 7065)
 * @error: %GC_ERROR_INVALID; %GC_ERROR_UNSUPPORTED for TURN over DTLS, which nobody speaks
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the server, without credentials
 */
GcIceServer *
gc_ice_server_parse_url (const char *url, GError **error)
{
  g_autoptr (GcIceServer) server = g_new0 (GcIceServer, 1);
  g_autofree char *rest = NULL;
  char *query;

  server->scheme = g_ascii_strdown (url, (gssize) strcspn (url, ":"));
  if (strnlen (url, URL_MAX_LENGTH) >= URL_MAX_LENGTH
      || (strcmp (server->scheme, "stun") != 0 && strcmp (server->scheme, "turn") != 0
          && strcmp (server->scheme, "turns") != 0)
      || url[strlen (server->scheme)] != ':')
    {
      fail (error, "not a STUN or TURN server");
      return NULL;
    }
  rest = g_strdup (url + strlen (server->scheme) + 1);
  query = strchr (rest, '?');
  if (query != NULL)
    {
      *query = '\0';
      server->tcp = g_ascii_strcasecmp (query + 1, "transport=tcp") == 0;
      if (!server->tcp && g_ascii_strcasecmp (query + 1, "transport=udp") != 0)
        {
          fail (error, "the ICE server's transport is unknown");
          return NULL;
        }
    }
  if (strcmp (server->scheme, "turns") == 0)
    {
      if (query != NULL && !server->tcp)
        {
          g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                               "TURN over DTLS is not supported");
          return NULL;
        }
      server->tcp = TRUE;
    }
  if (!read_authority (server, rest, error))
    return NULL;
  return g_steal_pointer (&server);
}

/**
 * gc_ice_server_parse_link:
 * @header: (nullable): the Link headers of an answer, joined by commas; hostile until read
 *
 * Picks the STUN and TURN servers out of Link headers (RFC 8288, RFC 9725 section 4.6). What is
 * damaged or of another relation is passed over. Any thread.
 *
 * Returns: (transfer full) (element-type GcIceServer): 0 to 8 servers
 */
GPtrArray *
gc_ice_server_parse_link (const char *header)
{
  GPtrArray *servers = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_ice_server_free);
  g_autoptr (GPtrArray) links = gc_web_link_parse (header);

  for (guint i = 0; i < links->len && servers->len < SERVERS_MAX; i++)
    {
      const GcWebLink *link = g_ptr_array_index (links, i);
      GcIceServer *server = gc_web_link_has_relation (link, "ice-server")
                                ? gc_ice_server_parse_url (link->target, NULL)
                                : NULL;

      if (server == NULL)
        continue;
      server->username = g_strdup (gc_web_link_get (link, "username"));
      server->credential = g_strdup (gc_web_link_get (link, "credential"));
      g_ptr_array_add (servers, server);
    }
  return servers;
}

static char *
quote (const char *text)
{
  GString *quoted = g_string_new ("\"");

  for (; *text != '\0'; text++)
    {
      if (*text == '"' || *text == '\\')
        g_string_append_c (quoted, '\\');
      g_string_append_c (quoted, *text);
    }
  g_string_append_c (quoted, '"');
  return g_string_free (quoted, FALSE);
}

static char *
print_host (const char *host, guint16 port)
{
  return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
}

/**
 * gc_ice_server_print:
 * @server: a server
 *
 * Any thread.
 *
 * Returns: (transfer full): its address as gc_ice_server_parse_url() takes it, without credentials
 */
char *
gc_ice_server_print (const GcIceServer *server)
{
  g_autofree char *host = print_host (server->host, server->port);
  const char *transport = server->tcp ? "?transport=tcp" : "?transport=udp";

  return g_strconcat (server->scheme, ":", host,
                      strcmp (server->scheme, "stun") == 0 ? NULL : transport, NULL);
}

/**
 * gc_ice_server_print_link:
 * @server: a server
 *
 * Any thread.
 *
 * Returns: (transfer full): the value of a Link header, RFC 9725 section 4.6; holds the credential
 */
char *
gc_ice_server_print_link (const GcIceServer *server)
{
  g_autofree char *url = gc_ice_server_print (server);
  GString *link = g_string_new (NULL);

  g_string_printf (link, "<%s>; rel=\"ice-server\"", url);
  if (server->username != NULL && server->credential != NULL)
    {
      g_autofree char *username = quote (server->username);
      g_autofree char *credential = quote (server->credential);

      g_string_append_printf (link, "; username=%s; credential=%s; credential-type=\"password\"",
                              username, credential);
    }
  return g_string_free (link, FALSE);
}

/**
 * gc_ice_server_dup_gst_uri:
 * @server: a server
 * @address: where it is, as text: webrtcbin looks names up where it likes
 * @port: its port there; TLS is not webrtcbin's business, but a tunnel's
 *
 * Any thread.
 *
 * Returns: (transfer full): the form that webrtcbin's stun-server property and add-turn-server
 *   signal take; holds the credential
 */
char *
gc_ice_server_dup_gst_uri (const GcIceServer *server, const char *address, guint16 port)
{
  g_autofree char *host = print_host (address, port);
  g_autofree char *username
      = g_uri_escape_string (server->username ? server->username : "", NULL, FALSE);
  g_autofree char *credential
      = g_uri_escape_string (server->credential ? server->credential : "", NULL, FALSE);

  if (strcmp (server->scheme, "stun") == 0)
    return g_strdup_printf ("stun://%s", host);
  /* Without a word on it, webrtcbin would try both. */
  return g_strdup_printf ("turn://%s:%s@%s?transport=%s", username, credential, host,
                          server->tcp ? "tcp" : "udp");
}

/**
 * gc_ice_server_copy:
 * @server: a server
 *
 * Any thread.
 *
 * Returns: (transfer full): the same, as it was handed out: what its name means is not copied
 */
GcIceServer *
gc_ice_server_copy (const GcIceServer *server)
{
  GcIceServer *copy = g_new0 (GcIceServer, 1);

  copy->scheme = g_strdup (server->scheme);
  copy->host = g_strdup (server->host);
  copy->port = server->port;
  copy->tcp = server->tcp;
  copy->username = g_strdup (server->username);
  copy->credential = g_strdup (server->credential);
  g_set_object (&copy->anchors, server->anchors);
  return copy;
}

/**
 * gc_ice_server_free:
 * @server: (transfer full): a server
 *
 * Any thread.
 */
void
gc_ice_server_free (GcIceServer *server)
{
  g_free (server->scheme);
  g_free (server->host);
  g_free (server->username);
  g_free (server->credential);
  g_clear_object (&server->anchors);
  g_clear_pointer (&server->addresses, g_ptr_array_unref);
  g_free (server);
}
