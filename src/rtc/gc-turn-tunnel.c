/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"

#include "rtc/gc-turn-tunnel.h"

#include "base/gc-error.h"
#include "base/gc-socket.h"
#include "rtc/gc-crossing.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>

/* What lies in the tunnel grows old: as little of it as keeps both sides busy. */
#define BUFFER_BYTES 16384
#define UNSENT_BYTES_MAX 16384
/* A connection takes up to three round trips; one more address may be tried while ICE waits. */
#define PATIENCE_S 10
#define SHORT_PATIENCE_S 2

typedef struct _Line Line;

typedef struct
{
  Line *line;
  GInputStream *in;
  GOutputStream *out;
  char buffer[BUFFER_BYTES];
} Pump;

/* What the tunnel's thread has. It is a thread of its own since media must not wait while a window
 * is drawn. */
struct _Line
{
  GMainContext *context;
  GMainLoop *loop;
  GCancellable *cancellable; /* ends it, from any thread */
  GcCrossing *crossing;      /* back to the tunnel */
  GSocketListener *listener;
  char *host; /* as its certificate should say */
  guint16 port;
  gboolean tls;
  GTlsDatabase *anchors;
  GPtrArray *addresses;
  guint tried;
  char *interface;
  GSocketConnection *near; /* to libnice */
  GSocketConnection *far;  /* to the server */
  GIOStream *stream;       /* far, or TLS over it */
  Pump pumps[2];
  guint pending; /* calls under way */
};

struct _GcTurnTunnel
{
  GObject parent_instance;

  Line *line;
  GThread *thread;
  guint16 port;
  char *far_end;
  GError *error;
};

G_DEFINE_FINAL_TYPE (GcTurnTunnel, gc_turn_tunnel, G_TYPE_OBJECT)

/* --- on the tunnel's thread, in the order in which it runs --- */

static void
take_error (gpointer target, gpointer data)
{
  GcTurnTunnel *self = target;

  if (self->error == NULL)
    self->error = g_error_copy (data);
}

static void
take_far_end (gpointer target, gpointer data)
{
  g_set_str (&GC_TURN_TUNNEL (target)->far_end, data);
}

static void
free_error (gpointer error)
{
  g_error_free (error);
}

static void
line_close (Line *line)
{
  g_cancellable_cancel (line->cancellable);
  g_socket_listener_close (line->listener);
  /* Whoever is at the other end must see it now; TLS would wait to say good-bye. */
  if (line->near != NULL)
    g_socket_close (g_socket_connection_get_socket (line->near), NULL);
  if (line->far != NULL)
    g_socket_close (g_socket_connection_get_socket (line->far), NULL);
}

/* Every call that was begun ends here first; the thread ends with the last one. */
static gboolean
line_goes_on (Line *line, GError *error)
{
  line->pending--;
  if (error != NULL && !g_cancellable_is_cancelled (line->cancellable))
    {
      gc_crossing_call (line->crossing, take_error, g_steal_pointer (&error), free_error);
      line_close (line);
    }
  g_clear_error (&error);
  if (!g_cancellable_is_cancelled (line->cancellable))
    return TRUE;
  if (line->pending == 0)
    {
      line_close (line);
      g_main_loop_quit (line->loop);
    }
  return FALSE;
}

static void
pump_read (Pump *pump);

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  GError *error = NULL;

  g_output_stream_write_all_finish (G_OUTPUT_STREAM (source), result, NULL, &error);
  if (line_goes_on (pump->line, error))
    pump_read (pump);
}

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Pump *pump = user_data;
  Line *line = pump->line;
  GError *error = NULL;
  gssize length = g_input_stream_read_finish (G_INPUT_STREAM (source), result, &error);

  if (length == 0)
    error = g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE, "it has closed the connection");
  if (!line_goes_on (line, error))
    return;
  line->pending++;
  g_output_stream_write_all_async (pump->out, pump->buffer, (gsize) length, G_PRIORITY_DEFAULT,
                                   line->cancellable, on_written, pump);
}

static void
pump_read (Pump *pump)
{
  pump->line->pending++;
  g_input_stream_read_async (pump->in, pump->buffer, sizeof pump->buffer, G_PRIORITY_DEFAULT,
                             pump->line->cancellable, on_read, pump);
}

static void
start_pumps (Line *line)
{
  GIOStream *near = G_IO_STREAM (line->near);

  g_socket_set_timeout (g_socket_connection_get_socket (line->far), 0);
  line->pumps[0] = (Pump) { .line = line,
                            .in = g_io_stream_get_input_stream (near),
                            .out = g_io_stream_get_output_stream (line->stream) };
  line->pumps[1] = (Pump) { .line = line,
                            .in = g_io_stream_get_input_stream (line->stream),
                            .out = g_io_stream_get_output_stream (near) };
  for (gsize i = 0; i < G_N_ELEMENTS (line->pumps); i++)
    pump_read (&line->pumps[i]);
}

static GError *
explain_tls (Line *line, GError *error)
{
  GTlsCertificateFlags flaws
      = g_tls_connection_get_peer_certificate_errors (G_TLS_CONNECTION (line->stream));
  g_autoptr (GError) original = error;

  if (!g_error_matches (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE))
    return g_error_new (GC_ERROR, GC_ERROR_UNREACHABLE, "no secure connection: %s", error->message);
  if (flaws == G_TLS_CERTIFICATE_EXPIRED)
    return g_error_new_literal (
        GC_ERROR, GC_ERROR_CLOCK,
        "its certificate has expired, or the clock of this device is ahead");
  return g_error_new (GC_ERROR, GC_ERROR_UNTRUSTED, "it cannot prove that it is %s", line->host);
}

static void
on_handshaken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Line *line = user_data;
  GError *error = NULL;

  if (!g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error))
    error = explain_tls (line, error);
  if (line_goes_on (line, error))
    start_pumps (line);
}

static void
start_tls (Line *line)
{
  g_autoptr (GSocketConnectable) identity = g_network_address_new (line->host, line->port);
  GError *error = NULL;

  line->pending++;
  line->stream = g_tls_client_connection_new (G_IO_STREAM (line->far), identity, &error);
  if (line->stream == NULL)
    {
      line_goes_on (line, error);
      return;
    }
  if (line->anchors != NULL)
    g_tls_connection_set_database (G_TLS_CONNECTION (line->stream), line->anchors);
  /* A session that is taken up again is not asked for a certificate: gc-http.c. */
  g_object_set (line->stream, "session-resumption-enabled", FALSE, NULL);
  g_tls_connection_handshake_async (G_TLS_CONNECTION (line->stream), G_PRIORITY_DEFAULT,
                                    line->cancellable, on_handshaken, line);
}

static void
keep_lively (GSocket *socket)
{
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES_MAX, NULL);
}

static void
connect_next (Line *line);

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Line *line = user_data;
  GError *error = NULL;

  line->far = g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);
  if (line->far == NULL && line->tried < line->addresses->len)
    g_clear_error (&error);
  if (!line_goes_on (line, error))
    return;
  if (line->far == NULL)
    {
      connect_next (line);
      return;
    }
  keep_lively (g_socket_connection_get_socket (line->far));
  gc_crossing_call (line->crossing, take_far_end,
                    g_strdup (g_ptr_array_index (line->addresses, line->tried - 1)), g_free);
  if (line->tls)
    {
      start_tls (line);
      return;
    }
  line->stream = g_object_ref (G_IO_STREAM (line->far));
  start_pumps (line);
}

static void
on_event (GSocketClient *client,
          GSocketClientEvent event,
          GSocketConnectable *connectable,
          GIOStream *connection,
          gpointer interface)
{
  if (event == G_SOCKET_CLIENT_CONNECTING && G_IS_SOCKET_CONNECTION (connection))
    gc_socket_tie (g_socket_connection_get_socket (G_SOCKET_CONNECTION (connection)), interface);
}

static void
connect_next (Line *line)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  const char *address = g_ptr_array_index (line->addresses, line->tried++);
  g_autoptr (GSocketAddress) where = g_inet_socket_address_new_from_string (address, line->port);

  /* It also holds for TLS, until that is there. */
  g_socket_client_set_timeout (client,
                               line->tried < line->addresses->len ? SHORT_PATIENCE_S : PATIENCE_S);
  g_socket_client_set_enable_proxy (client, FALSE);
  if (line->interface != NULL)
    g_signal_connect (client, "event", G_CALLBACK (on_event), line->interface);
  line->pending++;
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (where), line->cancellable,
                                 on_connected, line);
}

static void
on_accepted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Line *line = user_data;
  GError *error = NULL;

  line->near = g_socket_listener_accept_finish (G_SOCKET_LISTENER (source), result, NULL, &error);
  if (!line_goes_on (line, error))
    return;
  /* libnice comes once for each address and each kind of candidate. One relay is as good as
   * another here; those that are turned away see it at once. */
  g_socket_listener_close (line->listener);
  keep_lively (g_socket_connection_get_socket (line->near));
  connect_next (line);
}

static gpointer
run (gpointer user_data)
{
  Line *line = user_data;

  g_main_context_push_thread_default (line->context);
  line->pending++;
  g_socket_listener_accept_async (line->listener, line->cancellable, on_accepted, line);
  g_main_loop_run (line->loop);
  g_main_context_pop_thread_default (line->context);
  return NULL;
}

/* --- the tunnel --- */

static void
line_free (Line *line)
{
  g_clear_object (&line->stream);
  g_clear_object (&line->far);
  g_clear_object (&line->near);
  g_clear_object (&line->listener);
  g_clear_object (&line->anchors);
  g_clear_object (&line->cancellable);
  g_clear_pointer (&line->addresses, g_ptr_array_unref);
  g_clear_pointer (&line->crossing, gc_crossing_unref);
  g_clear_pointer (&line->loop, g_main_loop_unref);
  g_clear_pointer (&line->context, g_main_context_unref);
  g_free (line->host);
  g_free (line->interface);
  g_free (line);
}

static void
gc_turn_tunnel_dispose (GObject *object)
{
  GcTurnTunnel *self = GC_TURN_TUNNEL (object);

  if (self->thread != NULL)
    {
      g_cancellable_cancel (self->line->cancellable);
      g_thread_join (g_steal_pointer (&self->thread));
    }
  g_clear_pointer (&self->line, line_free);
  G_OBJECT_CLASS (gc_turn_tunnel_parent_class)->dispose (object);
}

static void
gc_turn_tunnel_finalize (GObject *object)
{
  GcTurnTunnel *self = GC_TURN_TUNNEL (object);

  g_free (self->far_end);
  g_clear_error (&self->error);
  G_OBJECT_CLASS (gc_turn_tunnel_parent_class)->finalize (object);
}

static void
gc_turn_tunnel_class_init (GcTurnTunnelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_turn_tunnel_dispose;
  object_class->finalize = gc_turn_tunnel_finalize;
}

static void
gc_turn_tunnel_init (GcTurnTunnel *self)
{
}

static gpointer
copy_text (gconstpointer text, gpointer user_data)
{
  return g_strdup (text);
}

static Line *
line_new (GcTurnTunnel *tunnel, const GcIceServer *server, const char *interface)
{
  Line *line = g_new0 (Line, 1);

  line->context = g_main_context_new ();
  line->loop = g_main_loop_new (line->context, FALSE);
  line->cancellable = g_cancellable_new ();
  line->crossing = gc_crossing_new (tunnel);
  line->listener = g_socket_listener_new ();
  line->host = g_strdup (server->host);
  line->port = server->port;
  line->tls = strcmp (server->scheme, "turns") == 0;
  g_set_object (&line->anchors, server->anchors);
  line->addresses = g_ptr_array_copy (server->addresses, copy_text, NULL);
  g_ptr_array_set_free_func (line->addresses, g_free);
  line->interface = g_strdup (interface);
  return line;
}

static gboolean
start_listening (GcTurnTunnel *self, GSocketFamily family, GError **error)
{
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (family);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) effective = NULL;

  if (!g_socket_listener_add_address (self->line->listener, address, G_SOCKET_TYPE_STREAM,
                                      G_SOCKET_PROTOCOL_TCP, NULL, &effective, error))
    return FALSE;
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (effective));
  return TRUE;
}

/**
 * gc_turn_tunnel_new:
 * @server: a TURN server over TCP or TLS whose addresses are known
 * @interface: (nullable): name of the network interface to go over; %NULL for the kernel's choice
 * @family: of the loopback address on which it is to be reached here
 * @error: why no port can be opened here
 *
 * Opens a port on the loopback interface. Who connects to it first is connected to the server, with
 * TLS where its scheme is turns: its certificate must be made out to its name, by the pinned CA
 * where there is one, else by one of the system's. Whatever fails ends the connection; nothing of
 * it is seen before the server is asked for a relay, which asks for credentials: another program on
 * this machine that comes first gains nothing that it could not do itself. The tunnel ends with its
 * last reference. Main context.
 *
 * Returns: (transfer full) (nullable): the tunnel
 */
GcTurnTunnel *
gc_turn_tunnel_new (const GcIceServer *server,
                    const char *interface,
                    GSocketFamily family,
                    GError **error)
{
  g_autoptr (GcTurnTunnel) self = g_object_new (GC_TYPE_TURN_TUNNEL, NULL);

  g_return_val_if_fail (server->addresses != NULL && server->addresses->len > 0, NULL);

  self->line = line_new (self, server, interface);
  if (!start_listening (self, family, error))
    return NULL;
  self->thread = g_thread_new ("turn-tunnel", run, self->line);
  return g_steal_pointer (&self);
}

/**
 * gc_turn_tunnel_get_port:
 * @self: a tunnel
 *
 * Returns: on which port of the loopback interface it begins
 */
guint16
gc_turn_tunnel_get_port (GcTurnTunnel *self)
{
  return self->port;
}

/**
 * gc_turn_tunnel_get_far_end:
 * @self: a tunnel
 *
 * Main context.
 *
 * Returns: (transfer none) (nullable): the server's address, once it is connected
 */
const char *
gc_turn_tunnel_get_far_end (GcTurnTunnel *self)
{
  return self->far_end;
}

/**
 * gc_turn_tunnel_get_error:
 * @self: a tunnel
 *
 * Main context.
 *
 * Returns: (transfer none) (nullable): why it has come to an end: %GC_ERROR_UNTRUSTED,
 *   %GC_ERROR_CLOCK (TLS), %GC_ERROR_UNREACHABLE, #GIOErrorEnum
 */
const GError *
gc_turn_tunnel_get_error (GcTurnTunnel *self)
{
  return self->error;
}

typedef struct
{
  Line *line;
  char *interface;
} Pin;

static gboolean
on_pin (gpointer user_data)
{
  Pin *pin = user_data;

  if (pin->line->far != NULL && pin->line->interface == NULL)
    gc_socket_tie (g_socket_connection_get_socket (pin->line->far), pin->interface);
  return G_SOURCE_REMOVE;
}

static void
free_pin (gpointer user_data)
{
  Pin *pin = user_data;

  g_free (pin->interface);
  g_free (pin);
}

/**
 * gc_turn_tunnel_pin:
 * @self: a tunnel
 * @interface: name of the network interface over which it goes now
 *
 * Sees to it that it goes on so, whatever the kernel finds. Main context.
 */
void
gc_turn_tunnel_pin (GcTurnTunnel *self, const char *interface)
{
  Pin *pin;

  g_return_if_fail (GC_IS_TURN_TUNNEL (self));

  pin = g_new0 (Pin, 1);
  pin->line = self->line;
  pin->interface = g_strdup (interface);
  g_main_context_invoke_full (self->line->context, G_PRIORITY_DEFAULT, on_pin, pin, free_pin);
}
