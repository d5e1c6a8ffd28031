/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * GcIceServer:
 * @scheme: stun, turn or turns
 * @host: name or address; IPv6 without brackets
 * @port: 1 to 65535
 * @tcp: whether a TURN server is reached over TCP, or TLS over it
 * @username: (nullable): TURN
 * @credential: (nullable): TURN; a secret
 * @anchors: (nullable): trust for turns; %NULL for the system's CAs
 * @addresses: (nullable) (element-type utf8): what the name was found to mean, the best first
 *
 * One STUN or TURN server, as a Link header hands it out (RFC 9725 section 4.6).
 */
typedef struct
{
  char *scheme;
  char *host;
  guint16 port;
  gboolean tcp;
  char *username;
  char *credential;
  GTlsDatabase *anchors;
  GPtrArray *addresses;
} GcIceServer;

GcIceServer *
gc_ice_server_parse_url (const char *url, GError **error);
GPtrArray *
gc_ice_server_parse_link (const char *header);
char *
gc_ice_server_print_link (const GcIceServer *server);
char *
gc_ice_server_print (const GcIceServer *server);
char *
gc_ice_server_dup_gst_uri (const GcIceServer *server, const char *address, guint16 port);
GcIceServer *
gc_ice_server_copy (const GcIceServer *server);
void
gc_ice_server_free (GcIceServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcIceServer, gc_ice_server_free)

G_END_DECLS
