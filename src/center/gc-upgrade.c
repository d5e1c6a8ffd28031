/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-upgrade.h"

#include "base/gc-refusals.h"
#include "center/gc-reception.h"

#include <string.h>

#define WHO_KEY "gc-upgrade-who"

typedef struct
{
  char *who;
  GcSocketWatch *watch;
  gsize max_length;
  GcUpgraded upgraded;
  gpointer data;
  GDestroyNotify data_free;
} Upgrade;

static void
upgrade_free (gpointer data, GClosure *closure)
{
  Upgrade *upgrade = data;

  if (upgrade->data_free != NULL)
    upgrade->data_free (upgrade->data);
  g_object_unref (upgrade->watch);
  g_free (upgrade->who);
  g_free (upgrade);
}

static void
log_refusal (SoupWebsocketConnection *socket, const char *why)
{
  gc_refusals_log (g_object_get_data (G_OBJECT (socket), WHO_KEY), "the connection is closed: %s",
                   why);
}

/* What is wrong with a frame; a connection that breaks is no misdeed. */
static void
on_error (SoupWebsocketConnection *socket, GError *error, gpointer unused)
{
  if (error->domain == SOUP_WEBSOCKET_ERROR)
    log_refusal (socket, error->message);
}

static void
on_refused (GcFrameGuard *guard, guint code, const char *reason, gpointer user_data)
{
  SoupWebsocketConnection *socket = user_data;

  log_refusal (socket, reason);
  if (soup_websocket_connection_get_state (socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (socket, (gushort) code, reason);
}

static void
on_wrote_informational (SoupServerMessage *message, gpointer user_data)
{
  Upgrade *upgrade = user_data;
  g_autoptr (GSocket) connection = NULL;
  g_autoptr (GIOStream) stream = NULL;
  g_autoptr (GcFrameGuard) guard = NULL;
  g_autoptr (SoupWebsocketConnection) socket = NULL;
  g_autoptr (GUri) uri = NULL;
  SoupMessageHeaders *answer = soup_server_message_get_response_headers (message);

  if (soup_server_message_get_status (message) != SOUP_STATUS_SWITCHING_PROTOCOLS)
    return;
  uri = g_uri_ref (soup_server_message_get_uri (message));
  connection = g_object_ref (gc_reception_get_socket (message));
  stream = soup_server_message_steal_connection (message);
  guard = gc_frame_guard_new (stream, connection, upgrade->watch, upgrade->max_length);
  socket = soup_websocket_connection_new (
      G_IO_STREAM (guard), uri, SOUP_WEBSOCKET_CONNECTION_SERVER, NULL,
      soup_message_headers_get_one (answer, "Sec-WebSocket-Protocol"), NULL);
  soup_websocket_connection_set_max_incoming_payload_size (socket, upgrade->max_length);
  g_object_set_data_full (G_OBJECT (socket), WHO_KEY, g_steal_pointer (&upgrade->who), g_free);
  g_signal_connect (socket, "error", G_CALLBACK (on_error), NULL);
  g_signal_connect_object (guard, "refused", G_CALLBACK (on_refused), socket, G_CONNECT_DEFAULT);
  upgrade->upgraded (socket, guard, upgrade->data);
}

/**
 * gc_upgrade:
 * @message: a request whose body has arrived, that may become a WebSocket
 * @who: asks, for the log
 * @watch: tells when something arrives
 * @protocol: (nullable): the subprotocol that the client must offer
 * @max_length: the longest message that may arrive, bytes
 * @upgraded: called once when the WebSocket is there
 * @data: for @upgraded
 * @data_free: (nullable): frees @data
 *
 * Answers the request: 101 if it is a good handshake (RFC 6455 section 4.2), 400 if not. No
 * extension is negotiated.
 */
void
gc_upgrade (SoupServerMessage *message,
            const char *who,
            GcSocketWatch *watch,
            const char *protocol,
            gsize max_length,
            GcUpgraded upgraded,
            gpointer data,
            GDestroyNotify data_free)
{
  const char *protocols[] = { protocol, NULL };
  Upgrade *upgrade = g_new0 (Upgrade, 1);

  upgrade->who = g_strdup (who);
  upgrade->watch = g_object_ref (watch);
  upgrade->max_length = max_length;
  upgrade->upgraded = upgraded;
  upgrade->data = data;
  upgrade->data_free = data_free;
  g_signal_connect_data (message, "wrote-informational", G_CALLBACK (on_wrote_informational),
                         upgrade, upgrade_free, G_CONNECT_DEFAULT);
  soup_websocket_server_process_handshake (
      message, NULL, protocol != NULL ? (char **) protocols : NULL, NULL, NULL);
}
