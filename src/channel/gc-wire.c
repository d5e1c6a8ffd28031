/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel/gc-wire.h"

#include "base/gc-error.h"
#include "http/gc-http.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>

/* For each step of connecting; GcChannel limits the whole. */
#define CONNECT_TIMEOUT_S 15
/* How long the center may think before it counts as dead. */
#define MAX_PONG_S 15
/* A connection that survived a change of the network has this long to prove it. */
#define PROBE_PING_S 1
#define PROBE_TIMEOUT_MS 4000
/* What may arrive without one whole message: room for a message in many small frames, with TLS
 * around each. */
#define MAX_BYTES_PER_MESSAGE (4 * GC_ENVELOPE_MAX_LENGTH)
/* What may be sent to a center that gives no sign of life. */
#define MAX_UNANSWERED 256

struct _GcWire
{
  GObject parent_instance;

  SoupSession *session;
  SoupMessage *message;
  GCancellable *cancellable;
  GSocketConnection *transport; /* set once TCP is connected */
  SoupWebsocketConnection *websocket;
  GSource *flood_source;
  guint64 bytes_at_last_message;
  GcKeepalive *keepalive;
  guint unanswered;
  guint probe_timer;
  gboolean over;
};

enum
{
  OPENED,
  ENVELOPE,
  ENDED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcWire, gc_wire, G_TYPE_OBJECT)

static void
stop_watching (GcWire *self)
{
  self->over = TRUE;
  g_cancellable_cancel (self->cancellable);
  g_clear_handle_id (&self->probe_timer, g_source_remove);
  if (self->flood_source != NULL)
    g_source_destroy (self->flood_source);
  g_clear_pointer (&self->flood_source, g_source_unref);
  if (self->websocket != NULL)
    g_signal_handlers_disconnect_by_data (self->websocket, self);
}

static void
end (GcWire *self, guint code, const GError *error)
{
  if (self->over)
    return;
  g_object_ref (self);
  stop_watching (self);
  g_debug ("connection ended with %u: %s", code, error->message);
  g_signal_emit (self, signals[ENDED], 0, code, error);
  g_object_unref (self);
}

/* Ends it from our side, for @error. */
static void
fail (GcWire *self, gushort code, GError *error)
{
  g_autoptr (GError) owned = error;
  g_autoptr (GcWire) held = g_object_ref (self);

  if (self->over)
    return;
  stop_watching (self);
  gc_wire_close (self, code);
  g_debug ("closed with %u: %s", code, error->message);
  g_signal_emit (self, signals[ENDED], 0, 0, error);
}

/* --- While it is open --- */

/* How many bytes libsoup has taken from the socket; 0 if the system does not say. */
static guint64
count_bytes (GcWire *self)
{
  GSocket *socket = g_socket_connection_get_socket (self->transport);
  struct tcp_info info = { 0 };
  socklen_t length = sizeof info;
  gssize waiting = g_socket_get_available_bytes (socket);

  if (waiting < 0
      || getsockopt (g_socket_get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &length) != 0
      || length < offsetof (struct tcp_info, tcpi_bytes_received) + sizeof info.tcpi_bytes_received
      || info.tcpi_bytes_received < (guint64) waiting)
    return 0;
  return info.tcpi_bytes_received - (guint64) waiting;
}

/* libsoup before 3.8 limits a frame but not the message that many frames make up, so this looks at
 * the socket whenever there is something to read, before libsoup does: it has the same priority
 * and was attached earlier. */
static gboolean
on_readable (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  GcWire *self = user_data;

  if (count_bytes (self) <= self->bytes_at_last_message + MAX_BYTES_PER_MESSAGE)
    return G_SOURCE_CONTINUE;
  /* Not politely: while it waits for the answer libsoup would go on collecting. */
  g_socket_shutdown (socket, TRUE, FALSE, NULL);
  fail (self, SOUP_WEBSOCKET_CLOSE_TOO_BIG,
        g_error_new_literal (GC_ERROR, GC_ERROR_TOO_LARGE, "the center sent a message too large"));
  return G_SOURCE_REMOVE;
}

static void
watch_for_floods (GcWire *self)
{
  self->bytes_at_last_message = count_bytes (self);
  self->flood_source
      = g_socket_create_source (g_socket_connection_get_socket (self->transport), G_IO_IN, NULL);
  g_source_set_static_name (self->flood_source, "[gridcast] message size");
  g_source_set_callback (self->flood_source, G_SOURCE_FUNC (on_readable), self, NULL);
  g_source_attach (self->flood_source, g_main_context_get_thread_default ());
}

static void
heard (GcWire *self)
{
  self->unanswered = 0;
  if (self->probe_timer == 0)
    return;
  g_clear_handle_id (&self->probe_timer, g_source_remove);
  soup_websocket_connection_set_keepalive_interval (self->websocket,
                                                    gc_keepalive_get_interval_s (self->keepalive));
}

static void
on_message (SoupWebsocketConnection *websocket, int type, GBytes *message, gpointer user_data)
{
  GcWire *self = user_data;
  g_autoptr (GcEnvelope) envelope = NULL;
  GError *error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (message, &length);

  self->bytes_at_last_message = count_bytes (self);
  heard (self);
  if (type != SOUP_WEBSOCKET_DATA_TEXT)
    g_set_error_literal (&error, GC_ERROR, GC_ERROR_INVALID,
                         "the center sent something unreadable");
  else
    envelope = gc_envelope_parse (text, length, &error);
  if (envelope != NULL)
    g_signal_emit (self, signals[ENVELOPE], 0, envelope);
  else
    fail (self,
          g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE) ? SOUP_WEBSOCKET_CLOSE_TOO_BIG
                                                                : GC_CHANNEL_CLOSE_MALFORMED,
          error);
}

static void
on_pong (SoupWebsocketConnection *websocket, GBytes *payload, gpointer user_data)
{
  GcWire *self = user_data;
  gboolean probed = self->probe_timer != 0;

  heard (self);
  if (!probed && gc_keepalive_answered (self->keepalive))
    soup_websocket_connection_set_keepalive_interval (
        self->websocket, gc_keepalive_get_interval_s (self->keepalive));
}

static void
on_farewell (SoupWebsocketConnection *websocket, gpointer user_data)
{
  g_object_unref (websocket);
}

/* Leaves the connection to itself until both sides have said goodbye, or libsoup loses patience. */
static void
let_go (GcWire *self)
{
  g_signal_handlers_disconnect_by_data (self->websocket, self);
  g_signal_connect (self->websocket, "closed", G_CALLBACK (on_farewell), NULL);
  g_steal_pointer (&self->websocket);
  g_clear_object (&self->transport);
}

/* “closing” comes with the center's close, “closed” without one too, and possibly seconds later. */
static void
on_closing (SoupWebsocketConnection *websocket, gpointer user_data)
{
  GcWire *self = user_data;
  guint code = soup_websocket_connection_get_close_code (websocket);
  g_autoptr (GError) error = g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE,
                                          "the connection to the center was closed (%u)", code);

  if (self->over)
    return;
  if (soup_websocket_connection_get_state (websocket) != SOUP_WEBSOCKET_STATE_CLOSED)
    let_go (self);
  end (self, code, error);
}

static void
on_websocket_error (SoupWebsocketConnection *websocket, GError *error, gpointer user_data)
{
  GcWire *self = user_data;
  g_autoptr (GError) reported = NULL;

  if (g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_CERTIFICATE_REQUIRED))
    reported = g_error_new_literal (GC_ERROR, GC_ERROR_UNAUTHORIZED,
                                    "the center does not accept this terminal's certificate");
  else if (error->domain == SOUP_WEBSOCKET_ERROR)
    reported = g_error_new (GC_ERROR, GC_ERROR_INVALID, "the center sent something unreadable: %s",
                            error->message);
  else
    reported
        = g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "the connection broke: %s", error->message);
  end (self, 0, reported);
}

/* --- Connecting --- */

static GError *
connect_error (GcWire *self, const GError *error)
{
  guint status = soup_message_get_status (self->message);

  if (error->domain == G_TLS_ERROR || status == SOUP_STATUS_NONE)
    return gc_http_error_from_transport (self->message, error);
  if (status == SOUP_STATUS_FORBIDDEN || status == SOUP_STATUS_UNAUTHORIZED)
    return g_error_new_literal (GC_ERROR, GC_ERROR_UNAUTHORIZED,
                                "the center does not accept this terminal's certificate");
  if (status >= 500)
    return g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "the center is out of order (%u)", status);
  return g_error_new (GC_ERROR, GC_ERROR_REFUSED, "no center answers at this address (%u)", status);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcWire) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (SoupWebsocketConnection) websocket
      = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, &error);
  guint interval_s = gc_keepalive_get_interval_s (self->keepalive);

  if (self->over)
    return;
  if (websocket == NULL)
    {
      g_autoptr (GError) reported = connect_error (self, error);

      end (self, 0, reported);
      return;
    }
  if (g_strcmp0 (soup_websocket_connection_get_protocol (websocket), GC_CHANNEL_PROTOCOL) != 0
      || self->transport == NULL)
    {
      error = g_error_new_literal (GC_ERROR, GC_ERROR_REFUSED, "no center answers at this address");
      end (self, 0, error);
      return;
    }
  self->websocket = g_steal_pointer (&websocket);
  soup_websocket_connection_set_max_incoming_payload_size (self->websocket, GC_ENVELOPE_MAX_LENGTH);
  soup_websocket_connection_set_keepalive_pong_timeout (self->websocket,
                                                        MIN (interval_s, MAX_PONG_S));
  soup_websocket_connection_set_keepalive_interval (self->websocket, interval_s);
  g_signal_connect (self->websocket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->websocket, "pong", G_CALLBACK (on_pong), self);
  g_signal_connect (self->websocket, "error", G_CALLBACK (on_websocket_error), self);
  g_signal_connect (self->websocket, "closing", G_CALLBACK (on_closing), self);
  g_signal_connect (self->websocket, "closed", G_CALLBACK (on_closing), self);
  watch_for_floods (self);
  g_signal_emit (self, signals[OPENED], 0);
}

static void
on_network_event (SoupMessage *message,
                  GSocketClientEvent event,
                  GIOStream *stream,
                  gpointer user_data)
{
  GcWire *self = user_data;

  if (event == G_SOCKET_CLIENT_CONNECTED && G_IS_SOCKET_CONNECTION (stream))
    g_set_object (&self->transport, G_SOCKET_CONNECTION (stream));
}

/* --- The uplink --- */

/* Whether the system would now reach the center from another address than this connection's. No
 * packet is sent. */
static gboolean
route_has_moved (GSocketConnection *transport)
{
  g_autoptr (GSocketAddress) remote = g_socket_connection_get_remote_address (transport, NULL);
  g_autoptr (GSocketAddress) local = g_socket_connection_get_local_address (transport, NULL);
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GSocketAddress) now = NULL;

  if (!G_IS_INET_SOCKET_ADDRESS (remote) || !G_IS_INET_SOCKET_ADDRESS (local))
    return FALSE;
  socket = g_socket_new (g_socket_address_get_family (remote), G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_UDP, NULL);
  if (socket == NULL || !g_socket_connect (socket, remote, NULL, NULL))
    return TRUE;
  now = g_socket_get_local_address (socket, NULL);
  return G_IS_INET_SOCKET_ADDRESS (now)
         && !g_inet_address_equal (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (now)),
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)));
}

static gboolean
on_probe_timeout (gpointer user_data)
{
  GcWire *self = user_data;
  g_autoptr (GError) error = g_error_new_literal (
      GC_ERROR, GC_ERROR_UNREACHABLE, "the connection did not survive the change of the network");

  self->probe_timer = 0;
  end (self, 0, error);
  return G_SOURCE_REMOVE;
}

/**
 * gc_wire_probe:
 * @self: an open connection
 *
 * Call it when the network changed: a connection over an uplink that is no longer the way to the
 * center ends at once, one that has to show a sign of life and does not, after 4 seconds.
 */
void
gc_wire_probe (GcWire *self)
{
  g_return_if_fail (GC_IS_WIRE (self));

  if (self->over || self->websocket == NULL)
    return;
  if (route_has_moved (self->transport))
    {
      on_probe_timeout (self);
      return;
    }
  if (self->probe_timer != 0)
    return;
  soup_websocket_connection_set_keepalive_interval (self->websocket, PROBE_PING_S);
  self->probe_timer = g_timeout_add (PROBE_TIMEOUT_MS, on_probe_timeout, self);
}

/* --- The object --- */

static void
gc_wire_dispose (GObject *object)
{
  GcWire *self = GC_WIRE (object);

  gc_wire_drop (self);
  G_OBJECT_CLASS (gc_wire_parent_class)->dispose (object);
}

static void
gc_wire_finalize (GObject *object)
{
  GcWire *self = GC_WIRE (object);

  g_clear_object (&self->session);
  g_clear_object (&self->message);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->keepalive, gc_keepalive_unref);
  G_OBJECT_CLASS (gc_wire_parent_class)->finalize (object);
}

static void
gc_wire_class_init (GcWireClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_wire_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_wire_finalize;

  signals[OPENED] = g_signal_new ("opened", GC_TYPE_WIRE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
  signals[ENVELOPE] = g_signal_new ("envelope", GC_TYPE_WIRE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 1, GC_TYPE_ENVELOPE);
  signals[ENDED] = g_signal_new ("ended", GC_TYPE_WIRE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                 G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_ERROR);
}

static void
gc_wire_init (GcWire *self)
{
  self->cancellable = g_cancellable_new ();
}

/**
 * gc_wire_new:
 * @url: of the center's channel, checked
 * @anchors: the center's CA
 * @certificate: the terminal's, with its key
 * @keepalive: how often to ask whether the center is there; is told what came of it
 *
 * Main thread.
 *
 * Returns: (transfer full): a connection that is not yet connected
 */
GcWire *
gc_wire_new (const char *url,
             GTlsDatabase *anchors,
             GTlsCertificate *certificate,
             GcKeepalive *keepalive)
{
  GcWire *self = g_object_new (GC_TYPE_WIRE, NULL);

  self->keepalive = gc_keepalive_ref (keepalive);
  self->session = gc_http_session_new (CONNECT_TIMEOUT_S, anchors, certificate);
  self->message = soup_message_new (SOUP_METHOD_GET, url);
  /* Compression costs memory on both sides, and lets a small frame become a large message. */
  soup_message_disable_feature (self->message, SOUP_TYPE_WEBSOCKET_EXTENSION_MANAGER);
  g_signal_connect_object (self->message, "network-event", G_CALLBACK (on_network_event), self,
                           G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_wire_connect:
 * @self: a new connection
 *
 * Starts; “opened” or “ended” will tell.
 */
void
gc_wire_connect (GcWire *self)
{
  char *protocols[] = { (char *) GC_CHANNEL_PROTOCOL, NULL };

  g_return_if_fail (GC_IS_WIRE (self));

  soup_session_websocket_connect_async (self->session, self->message, NULL, protocols,
                                        G_PRIORITY_DEFAULT, self->cancellable, on_connected,
                                        g_object_ref (self));
}

/**
 * gc_wire_send:
 * @self: a connection
 * @envelope: what to send
 *
 * Returns: whether it was handed to the network; %FALSE also for an ephemeral envelope to a center
 *   that has shown no sign of life for too many of them
 */
gboolean
gc_wire_send (GcWire *self, const GcEnvelope *envelope)
{
  g_autofree char *text = NULL;

  g_return_val_if_fail (GC_IS_WIRE (self) && envelope != NULL, FALSE);

  if (self->over || self->websocket == NULL
      || soup_websocket_connection_get_state (self->websocket) != SOUP_WEBSOCKET_STATE_OPEN)
    return FALSE;
  if (envelope->seq == 0 && !gc_envelope_type_is_urgent (envelope->type)
      && self->unanswered >= MAX_UNANSWERED)
    return FALSE;
  self->unanswered++;
  text = gc_envelope_print (envelope);
  soup_websocket_connection_send_text (self->websocket, text);
  return TRUE;
}

/**
 * gc_wire_close:
 * @self: a connection
 * @code: why, for the center
 *
 * Ends it politely; no signals follow. What was handed over before is still delivered, if the
 * network does so within seconds.
 */
void
gc_wire_close (GcWire *self, gushort code)
{
  g_return_if_fail (GC_IS_WIRE (self));

  stop_watching (self);
  if (self->websocket != NULL
      && soup_websocket_connection_get_state (self->websocket) == SOUP_WEBSOCKET_STATE_OPEN)
    {
      SoupWebsocketConnection *websocket = self->websocket;

      let_go (self);
      soup_websocket_connection_close (websocket, code, NULL);
    }
  gc_wire_drop (self);
}

/**
 * gc_wire_drop:
 * @self: a connection
 *
 * Ends it at once; no signals follow.
 */
void
gc_wire_drop (GcWire *self)
{
  g_return_if_fail (GC_IS_WIRE (self));

  stop_watching (self);
  /* So that nothing waits for an answer over a dead link. One that is still being made is
   * cancelled: GnuTLS's module takes it amiss when a connection loses its peer before TLS has
   * begun. */
  if (self->transport != NULL && self->websocket != NULL)
    g_socket_shutdown (g_socket_connection_get_socket (self->transport), TRUE, TRUE, NULL);
  g_clear_object (&self->transport);
  /* Not at once: this may be called from one of its signals, and libsoup goes on afterwards as if
   * the connection were still there. */
  if (self->websocket != NULL)
    g_idle_add_once (g_object_unref, g_steal_pointer (&self->websocket));
}
