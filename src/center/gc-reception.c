/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-reception.h"

#include "base/gc-refusals.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* At a time; GIO's pool begins with ten threads and grows while they are all at work. */
#define MAX_HANDSHAKES 32
/* How long one may take, and how long while others wait for their turn. Over a bad line it is a
 * matter of a second, on a busy machine of two. */
#define PATIENCE_MS 10000
#define PATIENCE_IN_A_CROWD_MS 3000
/* Who fetches nothing, or answers nothing, for so long is gone: what waits for him must not grow.
 */
#define FETCH_MS 90000
/* RFC 8446 section 5.1 */
#define RECORD_HEADER 5
#define RECORD_HANDSHAKE 22
/* What is known of a connection goes with its address, which each request has. */
#define SOCKET_KEY "gc-reception-socket"
#define CERTIFICATE_KEY "gc-reception-certificate"

struct _GcReception
{
  GObject parent_instance;

  SoupServer *server; /* not owned: it goes first, after gc_reception_close() */
  gboolean secure;
  GQueue silent;      /* of Guest: of these a whole first record is awaited */
  GQueue waiting;     /* of Guest: for their turn */
  GQueue shaking;     /* of Guest: longest first */
  GSource *impatient; /* runs while anybody shakes hands */
};

G_DEFINE_FINAL_TYPE (GcReception, gc_reception, G_TYPE_OBJECT)

typedef struct
{
  GcReception *reception;
  GSocket *socket;
  GSource *source;
  int needed; /* bytes, before it is looked at again */
  GIOStream *stream;
  gint64 since_us;
} Guest;

static void
guest_free (gpointer data)
{
  Guest *guest = data;

  if (guest->source != NULL)
    g_source_destroy (guest->source);
  g_clear_pointer (&guest->source, g_source_unref);
  g_clear_object (&guest->stream);
  g_clear_object (&guest->socket);
  g_free (guest);
}

/* --- handing over to the server --- */

/* Of its own: the one that the socket knows would hold the socket that it is to hold. */
static GSocketAddress *
make_remote_address (GSocket *socket)
{
  g_autoptr (GSocketAddress) known = g_socket_get_remote_address (socket, NULL);
  struct sockaddr_storage native;
  GSocketAddress *address;

  if (known == NULL || !g_socket_address_to_native (known, &native, sizeof native, NULL))
    return NULL;
  address = g_socket_address_new_from_native (&native,
                                              (gsize) g_socket_address_get_native_size (known));
  g_object_set_data_full (G_OBJECT (address), SOCKET_KEY, g_object_ref (socket), g_object_unref);
  return address;
}

static gpointer
dup_certificate (GTlsConnection *connection)
{
  GTlsCertificate *certificate = g_tls_connection_get_peer_certificate (connection);

  return certificate != NULL ? g_object_ref (certificate) : NULL;
}

/* One that is gone has no address any more. */
static void
hand_over (GcReception *self, GSocket *socket, GIOStream *stream)
{
  g_autoptr (GSocketAddress) local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress) remote = make_remote_address (socket);

  if (local == NULL || remote == NULL || self->server == NULL)
    return;
  if (G_IS_TLS_CONNECTION (stream))
    g_object_set_data_full (G_OBJECT (remote), CERTIFICATE_KEY,
                            dup_certificate (G_TLS_CONNECTION (stream)), g_object_unref);
  soup_server_accept_iostream (self->server, stream, local, remote, NULL);
}

/* --- the handshake --- */

static void
shake_hands (GcReception *self);

static void
on_shaken (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Guest *guest = user_data;
  g_autoptr (GcReception) self = guest->reception;
  g_autoptr (GError) error = NULL;

  g_queue_remove (&self->shaking, guest);
  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, &error))
    hand_over (self, guest->socket, guest->stream);
  else
    g_debug ("no handshake: %s", error->message);
  guest_free (guest);
  shake_hands (self);
}

/* It is over once GIO has noticed. */
static void
end_handshake (Guest *guest)
{
  g_autofree char *who = gc_reception_dup_address (guest->socket);

  if (!g_socket_is_connected (guest->socket))
    return;
  gc_refusals_log (who, "a TLS handshake does not go on");
  g_socket_shutdown (guest->socket, TRUE, TRUE, NULL);
}

static gboolean
on_impatient (gpointer user_data)
{
  GcReception *self = user_data;
  gint64 patience_ms = g_queue_is_empty (&self->waiting) ? PATIENCE_MS : PATIENCE_IN_A_CROWD_MS;
  gint64 oldest_us = g_get_monotonic_time () - patience_ms * 1000;

  for (GList *at = self->shaking.head; at != NULL && ((Guest *) at->data)->since_us < oldest_us;
       at = at->next)
    end_handshake (at->data);
  if (!g_queue_is_empty (&self->shaking))
    return G_SOURCE_CONTINUE;
  g_clear_pointer (&self->impatient, g_source_unref);
  return G_SOURCE_REMOVE;
}

static void
start_impatience (GcReception *self)
{
  if (self->impatient != NULL)
    return;
  self->impatient = g_timeout_source_new (PATIENCE_IN_A_CROWD_MS / 3);
  g_source_set_static_name (self->impatient, "[gridcast] handshakes must end");
  g_source_set_callback (self->impatient, on_impatient, self, NULL);
  g_source_attach (self->impatient, g_main_context_get_thread_default ());
}

/* Whether a certificate is good is decided where it matters, at the channel; here any is let in,
 * for a browser may show one of another authority. */
static gboolean
on_accept_certificate (GTlsConnection *connection,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags errors,
                       gpointer user_data)
{
  return TRUE;
}

static GIOStream *
make_secure (GcReception *self, GIOStream *base)
{
  static const char *const PROTOCOLS[] = { "http/1.1", NULL };
  GIOStream *stream
      = g_tls_server_connection_new (base, soup_server_get_tls_certificate (self->server), NULL);

  if (stream == NULL)
    return NULL;
  g_object_set (stream, "database", soup_server_get_tls_database (self->server),
                "authentication-mode", soup_server_get_tls_auth_mode (self->server),
                "require-close-notify", FALSE, "advertised-protocols", PROTOCOLS, NULL);
  g_signal_connect (stream, "accept-certificate", G_CALLBACK (on_accept_certificate), NULL);
  return stream;
}

static void
shake_hands (GcReception *self)
{
  Guest *guest;

  while (self->server != NULL && g_queue_get_length (&self->shaking) < MAX_HANDSHAKES
         && (guest = g_queue_pop_head (&self->waiting)) != NULL)
    {
      g_autoptr (GSocketConnection) base
          = g_socket_connection_factory_create_connection (guest->socket);

      guest->stream = make_secure (self, G_IO_STREAM (base));
      if (guest->stream == NULL)
        {
          guest_free (guest);
          continue;
        }
      guest->since_us = g_get_monotonic_time ();
      g_object_ref (self);
      g_queue_push_tail (&self->shaking, guest);
      start_impatience (self);
      g_tls_connection_handshake_async (G_TLS_CONNECTION (guest->stream), G_PRIORITY_DEFAULT, NULL,
                                        on_shaken, guest);
    }
}

/* --- those who have not said enough --- */

/* How many bytes of the first record are to be there before a handshake is begun with it; 0 if the
 * connection is gone. What is no record of a handshake is refused in the handshake. */
static int
find_needed (GSocket *socket)
{
  guint8 header[RECORD_HEADER];
  gssize got = recv (g_socket_get_fd (socket), header, sizeof header, MSG_PEEK | MSG_DONTWAIT);

  if (got <= 0)
    return got < 0 && (errno == EAGAIN || errno == EINTR) ? 1 : 0;
  if (header[0] != RECORD_HANDSHAKE)
    return 1;
  return got < RECORD_HEADER ? RECORD_HEADER : RECORD_HEADER + (header[3] << 8) + header[4];
}

/* Only who has said enough takes up a thread. */
static gboolean
on_said (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  Guest *guest = user_data;
  GcReception *self = guest->reception;
  int needed = find_needed (socket);
  gboolean enough = needed > 0 && g_socket_get_available_bytes (socket) >= needed;

  /* Called for less than it waits for: no more will come. */
  if (!enough && needed > guest->needed
      && g_socket_set_option (socket, SOL_SOCKET, SO_RCVLOWAT, needed, NULL))
    {
      guest->needed = needed;
      return G_SOURCE_CONTINUE;
    }
  g_queue_remove (&self->silent, guest);
  g_clear_pointer (&guest->source, g_source_unref);
  if (!enough)
    {
      guest_free (guest);
      return G_SOURCE_REMOVE;
    }
  g_socket_set_option (socket, SOL_SOCKET, SO_RCVLOWAT, 1, NULL);
  g_queue_push_tail (&self->waiting, guest);
  shake_hands (self);
  return G_SOURCE_REMOVE;
}

static void
listen_to (GcReception *self, GSocket *socket)
{
  Guest *guest = g_new0 (Guest, 1);

  guest->reception = self;
  guest->socket = g_object_ref (socket);
  guest->source = g_socket_create_source (socket, G_IO_IN, NULL);
  g_source_set_static_name (guest->source, "[gridcast] somebody says who he is");
  g_source_set_callback (guest->source, G_SOURCE_FUNC (on_said), guest, NULL);
  g_queue_push_tail (&self->silent, guest);
  g_source_attach (guest->source, g_main_context_get_thread_default ());
}

static void
gc_reception_finalize (GObject *object)
{
  GcReception *self = GC_RECEPTION (object);

  gc_reception_close (self);
  G_OBJECT_CLASS (gc_reception_parent_class)->finalize (object);
}

static void
gc_reception_class_init (GcReceptionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_reception_finalize;
}

static void
gc_reception_init (GcReception *self)
{
  g_queue_init (&self->silent);
  g_queue_init (&self->waiting);
  g_queue_init (&self->shaking);
}

/**
 * gc_reception_new:
 * @server: to whom connections go; with its certificate if @secure
 * @secure: whether TLS is spoken
 *
 * Main thread only.
 *
 * Returns: (transfer full): a reception
 */
GcReception *
gc_reception_new (SoupServer *server, gboolean secure)
{
  GcReception *self = g_object_new (GC_TYPE_RECEPTION, NULL);

  self->server = server;
  self->secure = secure;
  return self;
}

/**
 * gc_reception_take:
 * @self: a reception
 * @socket: a connection that was just accepted
 *
 * Hands the connection to the server once its TLS handshake is over, or lets go of it. How long a
 * client may be silent is the caller's business: what was shut down is let go of.
 */
void
gc_reception_take (GcReception *self, GSocket *socket)
{
  g_return_if_fail (GC_IS_RECEPTION (self) && G_IS_SOCKET (socket));

  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, TRUE, NULL);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_USER_TIMEOUT, FETCH_MS, NULL);
  if (self->secure)
    listen_to (self, socket);
  else
    {
      g_autoptr (GSocketConnection) stream = g_socket_connection_factory_create_connection (socket);

      hand_over (self, socket, G_IO_STREAM (stream));
    }
}

/**
 * gc_reception_close:
 * @self: a reception
 *
 * Lets go of all, and hands nobody over any more. Handshakes that GIO is at work with are over
 * only after the main context has run.
 */
void
gc_reception_close (GcReception *self)
{
  g_return_if_fail (GC_IS_RECEPTION (self));

  self->server = NULL;
  g_queue_clear_full (&self->silent, guest_free);
  g_queue_clear_full (&self->waiting, guest_free);
  for (GList *at = self->shaking.head; at != NULL; at = at->next)
    g_socket_shutdown (((Guest *) at->data)->socket, TRUE, TRUE, NULL);
  if (self->impatient != NULL)
    g_source_destroy (self->impatient);
  g_clear_pointer (&self->impatient, g_source_unref);
}

static gpointer
look_up (SoupServerMessage *message, const char *key)
{
  GSocketAddress *remote = soup_server_message_get_remote_address (message);

  return remote != NULL ? g_object_get_data (G_OBJECT (remote), key) : NULL;
}

/**
 * gc_reception_get_socket:
 * @message: a request on a connection that came through a reception
 *
 * Of such soup_server_message_get_socket() knows nothing.
 *
 * Returns: (transfer none): the socket on which it came, which may be closed
 */
GSocket *
gc_reception_get_socket (SoupServerMessage *message)
{
  return look_up (message, SOCKET_KEY);
}

/**
 * gc_reception_get_certificate:
 * @message: a request on a connection that came through a reception
 *
 * Of such soup_server_message_get_tls_peer_certificate() knows nothing.
 *
 * Returns: (transfer none) (nullable): what the client showed, and proved to have the key of;
 *   nobody has looked at it
 */
GTlsCertificate *
gc_reception_get_certificate (SoupServerMessage *message)
{
  return look_up (message, CERTIFICATE_KEY);
}

/**
 * gc_reception_dup_address:
 * @socket: (nullable): a connection
 *
 * Who is there, as a key for limits: an IPv4 address, or the /64 network of an IPv6 address, since
 * one host has all of that.
 *
 * Returns: (transfer full): text, “unknown” if the connection is gone
 */
char *
gc_reception_dup_address (GSocket *socket)
{
  g_autoptr (GSocketAddress) remote
      = socket != NULL ? g_socket_get_remote_address (socket, NULL) : NULL;
  GInetAddress *address;

  if (!G_IS_INET_SOCKET_ADDRESS (remote))
    return g_strdup ("unknown");
  address = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (remote));
  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6
      && !g_inet_address_get_is_loopback (address))
    {
      const guint8 *bytes = g_inet_address_to_bytes (address);
      static const guint8 MAPPED[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

      if (memcmp (bytes, MAPPED, sizeof MAPPED) == 0)
        return g_strdup_printf ("%u.%u.%u.%u", bytes[12], bytes[13], bytes[14], bytes[15]);
      return g_strdup_printf ("%02x%02x:%02x%02x:%02x%02x:%02x%02x::/64", bytes[0], bytes[1],
                              bytes[2], bytes[3], bytes[4], bytes[5], bytes[6], bytes[7]);
    }
  return g_inet_address_to_string (address);
}
