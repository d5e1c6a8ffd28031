/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-doorman.h"

#include "center/gc-reply.h"

/* A client that still sends after the refusal of its body is listened to for so long, that it may
 * read the answer, and no longer. */
#define MAX_DISCARDED (1024 * 1024)

struct _GcDoorman
{
  GObject parent_instance;

  guint max_connections;
  guint arrival_timeout_s;
  GHashTable *visits; /* GSocket → Visit: one per connection that is not a WebSocket */
};

G_DEFINE_FINAL_TYPE (GcDoorman, gc_doorman, G_TYPE_OBJECT)

typedef struct
{
  GSocket *socket; /* not owned: the table's key */
  GSource *timeout;
  gsize received; /* of the body of the present request */
} Visit;

static void
show_out (GSocket *socket)
{
  g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

static Visit *
find_visit (GcDoorman *self, SoupServerMessage *message)
{
  GSocket *socket = soup_server_message_get_socket (message);

  return socket != NULL ? g_hash_table_lookup (self->visits, socket) : NULL;
}

static void
stop_timeout (Visit *visit)
{
  if (visit->timeout != NULL)
    g_source_destroy (visit->timeout);
  g_clear_pointer (&visit->timeout, g_source_unref);
}

static void
visit_free (gpointer data)
{
  Visit *visit = data;

  stop_timeout (visit);
  g_free (visit);
}

static gboolean
on_too_slow (gpointer user_data)
{
  Visit *visit = user_data;

  g_clear_pointer (&visit->timeout, g_source_unref);
  show_out (visit->socket);
  return G_SOURCE_REMOVE;
}

static void
start_timeout (GcDoorman *self, Visit *visit)
{
  stop_timeout (visit);
  visit->timeout = g_timeout_source_new_seconds (self->arrival_timeout_s);
  g_source_set_static_name (visit->timeout, "[gridcast] request must arrive");
  g_source_set_callback (visit->timeout, on_too_slow, visit, NULL);
  g_source_attach (visit->timeout, g_main_context_get_thread_default ());
}

/* The status keeps the handlers away; the rest of the body is read, but not kept. */
static void
refuse_body (SoupServerMessage *message)
{
  if (soup_server_message_get_status (message) != 0)
    return;
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");
  gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too-large",
                    "The body of the request is over 64 kB.");
}

static void
on_got_headers (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (visit != NULL)
    start_timeout (self, visit);
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
      && soup_message_headers_get_content_length (headers) > GC_REQUEST_MAX_LENGTH)
    refuse_body (message);
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit == NULL)
    return;
  visit->received += g_bytes_get_size (chunk);
  if (visit->received > GC_REQUEST_MAX_LENGTH)
    refuse_body (message);
  if (visit->received > MAX_DISCARDED)
    show_out (visit->socket);
}

/* From here on the time is ours. */
static void
on_got_body (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit != NULL)
    stop_timeout (visit);
}

/* An answer that nobody fetches must not hold the connection for ever either. */
static void
on_wrote_headers (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit != NULL)
    start_timeout (self, visit);
}

/* Between two requests of a connection there is no message that stands for it. */
static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit != NULL)
    start_timeout (self, visit);
}

static void
on_socket_gone (gpointer user_data, GObject *socket)
{
  GcDoorman *self = user_data;

  g_hash_table_remove (self->visits, socket);
}

/* A WebSocket leaves the server's care. */
static void
on_wrote_informational (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  GSocket *socket = soup_server_message_get_socket (message);

  if (soup_server_message_get_status (message) == SOUP_STATUS_SWITCHING_PROTOCOLS && socket != NULL
      && g_hash_table_remove (self->visits, socket))
    g_object_weak_unref (G_OBJECT (socket), on_socket_gone, self);
}

static Visit *
add_visit (GcDoorman *self, GSocket *socket)
{
  Visit *visit = g_new0 (Visit, 1);

  visit->socket = socket;
  g_hash_table_insert (self->visits, socket, visit);
  g_object_weak_ref (G_OBJECT (socket), on_socket_gone, self);
  return visit;
}

static void
watch_request (GcDoorman *self, SoupServerMessage *message)
{
  g_signal_connect_object (message, "got-headers", G_CALLBACK (on_got_headers), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "got-chunk", G_CALLBACK (on_got_chunk), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "got-body", G_CALLBACK (on_got_body), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "wrote-headers", G_CALLBACK (on_wrote_headers), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "wrote-informational", G_CALLBACK (on_wrote_informational),
                           self, G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "finished", G_CALLBACK (on_finished), self, G_CONNECT_DEFAULT);
}

/* libsoup makes the first message as soon as the connection is there, before its TLS handshake,
 * and each further one when its first byte arrives. */
static void
on_request_started (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  GSocket *socket = soup_server_message_get_socket (message);
  Visit *visit;

  g_return_if_fail (socket != NULL);

  visit = g_hash_table_lookup (self->visits, socket);
  if (visit == NULL && g_hash_table_size (self->visits) >= self->max_connections)
    {
      g_debug ("too many connections");
      show_out (socket);
      return;
    }
  if (visit == NULL)
    visit = add_visit (self, socket);
  visit->received = 0;
  watch_request (self, message);
  start_timeout (self, visit);
}

static void
gc_doorman_finalize (GObject *object)
{
  GcDoorman *self = GC_DOORMAN (object);
  GHashTableIter iter;
  gpointer socket;

  g_hash_table_iter_init (&iter, self->visits);
  while (g_hash_table_iter_next (&iter, &socket, NULL))
    g_object_weak_unref (socket, on_socket_gone, self);
  g_clear_pointer (&self->visits, g_hash_table_unref);
  G_OBJECT_CLASS (gc_doorman_parent_class)->finalize (object);
}

static void
gc_doorman_class_init (GcDoormanClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_doorman_finalize;
}

static void
gc_doorman_init (GcDoorman *self)
{
  self->visits = g_hash_table_new_full (NULL, NULL, NULL, visit_free);
}

/**
 * gc_doorman_new:
 * @server: a server that does not listen yet
 * @max_connections: how many connections there may be that are not WebSockets
 * @arrival_timeout_s: how long a request may take to arrive, headers and body each, and how long a
 *   connection may idle
 *
 * Puts a doorman before @server. Main thread only.
 *
 * Returns: (transfer full): the doorman; he leaves when he is freed
 */
GcDoorman *
gc_doorman_new (SoupServer *server, guint max_connections, guint arrival_timeout_s)
{
  GcDoorman *self = g_object_new (GC_TYPE_DOORMAN, NULL);

  self->max_connections = max_connections;
  self->arrival_timeout_s = arrival_timeout_s;
  g_signal_connect_object (server, "request-started", G_CALLBACK (on_request_started), self,
                           G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_doorman_dismiss:
 * @self: a doorman
 *
 * Ends every connection that he knows. Those that libsoup is at work with, as with a TLS handshake,
 * are gone only after the main context has run; see gc_doorman_is_alone().
 */
void
gc_doorman_dismiss (GcDoorman *self)
{
  GHashTableIter iter;
  gpointer socket;

  g_return_if_fail (GC_IS_DOORMAN (self));

  g_hash_table_iter_init (&iter, self->visits);
  while (g_hash_table_iter_next (&iter, &socket, NULL))
    show_out (socket);
}

/**
 * gc_doorman_is_alone:
 * @self: a doorman
 *
 * Returns: whether there is no connection but WebSockets
 */
gboolean
gc_doorman_is_alone (GcDoorman *self)
{
  g_return_val_if_fail (GC_IS_DOORMAN (self), TRUE);

  return g_hash_table_size (self->visits) == 0;
}
