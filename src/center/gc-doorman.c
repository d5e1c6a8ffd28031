/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-doorman.h"

#include "base/gc-refusals.h"
#include "center/gc-reception.h"
#include "center/gc-reply.h"

#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A client that still sends after the refusal of its body is listened to for so long, that it may
 * read the answer, and no longer. */
#define MAX_DISCARDED (1024 * 1024)
/* Who has said nothing in all the time that the system kept him has this part of it left. */
#define SILENT_SHARE 10
/* So much more must have come of a body that may be long before its sender gets new time: 4 kbit/s.
 */
#define PROGRESS_LENGTH (16 * 1024)
/* Who comes in a turn of the main loop, before it looks after others. */
#define MAX_LET_IN 16
/* Where no more files can be opened, others may be closed soon. */
#define REST_MS 1000
#define LATE_REQUEST "a request does not arrive in time"
#define LATE_ANSWER "an answer is not fetched in time"

struct _GcDoorman
{
  GObject parent_instance;

  guint max_connections;
  guint arrival_timeout_s;
  GcDoormanAllowance allowance; /* (nullable) */
  gpointer allowance_data;
  GHashTable *visits; /* GSocket → Visit: one per connection that is not a WebSocket */
  SoupServer *server; /* not owned: only gc_doorman_listen() uses it */
  GcReception *reception;
  GMainContext *door;  /* where the server would accept; %NULL unless it listens */
  GSList *listeners;   /* of GSocket */
  GPtrArray *knocking; /* of GSource on the listeners; %NULL while the door is closed */
  guint rest_id;
};

G_DEFINE_FINAL_TYPE (GcDoorman, gc_doorman, G_TYPE_OBJECT)

typedef struct
{
  GSocket *socket; /* not owned: the table's key */
  GSource *timeout;
  gsize allowed;    /* of the body of the present request, bytes */
  gsize received;   /* of it */
  gsize timed;      /* of it, when the timeout began */
  const char *late; /* what the log says when the timeout is over; NULL if that is no fault */
  gboolean asked;   /* it has had a request */
  guint64 silent; /* bytes that had come when the first one was waited for: more are a part of it */
} Visit;

/* --- those who are in --- */

static void
show_out (GSocket *socket)
{
  g_socket_shutdown (socket, TRUE, TRUE, NULL);
}

static Visit *
find_visit (GcDoorman *self, SoupServerMessage *message)
{
  GSocket *socket = gc_reception_get_socket (message);

  return socket != NULL ? g_hash_table_lookup (self->visits, socket) : NULL;
}

static guint64
count_received (GSocket *socket)
{
  struct tcp_info info = { 0 };
  socklen_t size = sizeof info;

  getsockopt (g_socket_get_fd (socket), IPPROTO_TCP, TCP_INFO, &info, &size);
  return info.tcpi_bytes_received;
}

static void
refuse (GSocket *socket, const char *why)
{
  g_autofree char *who = gc_reception_dup_address (socket);

  gc_refusals_log (who, "%s", why);
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
  if (visit->late != NULL && count_received (visit->socket) > visit->silent)
    refuse (visit->socket, visit->late);
  show_out (visit->socket);
  return G_SOURCE_REMOVE;
}

static void
start_timeout (Visit *visit, guint seconds, const char *late)
{
  stop_timeout (visit);
  visit->late = late;
  visit->timeout = g_timeout_source_new_seconds (seconds);
  g_source_set_static_name (visit->timeout, "[gridcast] request must arrive");
  g_source_set_callback (visit->timeout, on_too_slow, visit, NULL);
  g_source_attach (visit->timeout, g_main_context_get_thread_default ());
}

/* --- the door: libsoup would accept in a main context that never runs; the doorman does while
 * there is room. Everybody else waits in the system's queue --- */

static gboolean
has_room (GcDoorman *self)
{
  return g_hash_table_size (self->visits) < self->max_connections;
}

static void
drop_source (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
open_door (GcDoorman *self);

static void
on_socket_gone (gpointer user_data, GObject *socket)
{
  GcDoorman *self = user_data;

  g_hash_table_remove (self->visits, socket);
  open_door (self);
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
let_in (GcDoorman *self, GSocket *socket)
{
  Visit *visit = add_visit (self, socket);
  guint patience_s = self->arrival_timeout_s;

  if (g_socket_get_available_bytes (socket) <= 0)
    patience_s = MAX (1, patience_s / SILENT_SHARE);
  start_timeout (visit, patience_s, LATE_REQUEST);
  gc_reception_take (self->reception, socket);
}

static gboolean
on_rested (gpointer user_data)
{
  GcDoorman *self = user_data;

  self->rest_id = 0;
  open_door (self);
  return G_SOURCE_REMOVE;
}

static void
rest (GcDoorman *self, const GError *error)
{
  g_message ("nobody can connect for a moment: %s", error->message);
  if (self->rest_id == 0)
    self->rest_id = g_timeout_add (REST_MS, on_rested, self);
}

static gboolean
on_knock (GSocket *listener, GIOCondition condition, gpointer user_data)
{
  GcDoorman *self = user_data;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < MAX_LET_IN && has_room (self) && error == NULL; i++)
    {
      g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, &error);

      if (socket != NULL)
        let_in (self, socket);
    }
  /* Nobody is there any more, or has gone while he waited. */
  if (has_room (self)
      && (error == NULL || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK)
          || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_CLOSED)))
    return G_SOURCE_CONTINUE;
  if (has_room (self))
    rest (self, error);
  else
    g_debug ("too many connections");
  g_clear_pointer (&self->knocking, g_ptr_array_unref);
  return G_SOURCE_REMOVE;
}

static void
open_door (GcDoorman *self)
{
  if (self->door == NULL || self->knocking != NULL || self->rest_id != 0 || !has_room (self))
    return;
  self->knocking = g_ptr_array_new_with_free_func (drop_source);
  for (GSList *at = self->listeners; at != NULL; at = at->next)
    {
      GSource *source = g_socket_create_source (at->data, G_IO_IN, NULL);

      g_source_set_static_name (source, "[gridcast] somebody connects");
      g_source_set_callback (source, G_SOURCE_FUNC (on_knock), self, NULL);
      g_source_attach (source, g_main_context_get_thread_default ());
      g_ptr_array_add (self->knocking, source);
    }
}

/* --- what they ask --- */

/* A status keeps the handlers away; the rest of the body is read, but not kept. */
static void
discard_body (SoupServerMessage *message)
{
  soup_message_body_set_accumulate (soup_server_message_get_request_body (message), FALSE);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Connection",
                                "close");
}

static void
refuse_body (SoupServerMessage *message, gsize allowed)
{
  g_autofree char *title = NULL;

  if (soup_server_message_get_status (message) != 0)
    return;
  title
      = g_strdup_printf ("The body of the request is over %" G_GSIZE_FORMAT " kB.", allowed / 1024);
  discard_body (message);
  gc_reply_problem (message, SOUP_STATUS_REQUEST_ENTITY_TOO_LARGE, "too-large", title);
}

static gsize
ask_allowance (GcDoorman *self, SoupServerMessage *message)
{
  gsize allowed = self->allowance != NULL ? self->allowance (message, self->allowance_data)
                                          : GC_REQUEST_MAX_LENGTH;

  if (soup_server_message_get_status (message) != 0)
    discard_body (message);
  return allowed;
}

static void
on_got_headers (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);

  if (visit == NULL)
    return;
  start_timeout (visit, self->arrival_timeout_s, LATE_REQUEST);
  visit->allowed = ask_allowance (self, message);
  if (soup_message_headers_get_encoding (headers) == SOUP_ENCODING_CONTENT_LENGTH
      && soup_message_headers_get_content_length (headers) > (goffset) visit->allowed)
    refuse_body (message, visit->allowed);
}

static void
on_got_chunk (SoupServerMessage *message, GBytes *chunk, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit == NULL)
    return;
  visit->received += g_bytes_get_size (chunk);
  if (visit->received > visit->allowed)
    refuse_body (message, visit->allowed);
  if (visit->received > MAX (MAX_DISCARDED, visit->allowed))
    show_out (visit->socket);
  /* A long body takes its time on a thin network, but never stands still. */
  if (visit->allowed > GC_REQUEST_MAX_LENGTH && visit->received - visit->timed >= PROGRESS_LENGTH)
    {
      visit->timed = visit->received;
      start_timeout (visit, self->arrival_timeout_s, LATE_REQUEST);
    }
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

/* An answer that nobody fetches must not hold the connection for ever either. One that is made
 * piece by piece has this time for each. */
static void
on_wrote_some (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit != NULL)
    start_timeout (visit, self->arrival_timeout_s, LATE_ANSWER);
}

/* Between two requests of a connection there is no message that stands for it. */
static void
on_finished (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  if (visit != NULL)
    start_timeout (visit, self->arrival_timeout_s, NULL);
}

/* A WebSocket leaves the server's care. */
static void
on_wrote_informational (SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  GSocket *socket = gc_reception_get_socket (message);

  if (soup_server_message_get_status (message) == SOUP_STATUS_SWITCHING_PROTOCOLS && socket != NULL
      && g_hash_table_remove (self->visits, socket))
    {
      g_object_weak_unref (G_OBJECT (socket), on_socket_gone, self);
      open_door (self);
    }
}

static void
watch_request (GcDoorman *self, SoupServerMessage *message)
{
  g_signal_connect_object (message, "got-headers", G_CALLBACK (on_got_headers), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "got-chunk", G_CALLBACK (on_got_chunk), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "got-body", G_CALLBACK (on_got_body), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "wrote-headers", G_CALLBACK (on_wrote_some), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "wrote-chunk", G_CALLBACK (on_wrote_some), self,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "wrote-informational", G_CALLBACK (on_wrote_informational),
                           self, G_CONNECT_DEFAULT);
  g_signal_connect_object (message, "finished", G_CALLBACK (on_finished), self, G_CONNECT_DEFAULT);
}

/* The first of a connection comes when its TLS handshake is over, and each further one when its
 * first byte arrives. */
static void
on_request_started (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  GcDoorman *self = user_data;
  Visit *visit = find_visit (self, message);

  g_return_if_fail (visit != NULL);

  visit->silent = visit->asked ? 0 : count_received (visit->socket);
  visit->asked = TRUE;
  visit->allowed = GC_REQUEST_MAX_LENGTH;
  visit->received = 0;
  visit->timed = 0;
  watch_request (self, message);
  start_timeout (visit, self->arrival_timeout_s, LATE_REQUEST);
}

/* For good. */
static void
close_door (GcDoorman *self)
{
  g_clear_handle_id (&self->rest_id, g_source_remove);
  if (self->reception != NULL)
    gc_reception_close (self->reception);
  g_clear_object (&self->reception);
  g_clear_pointer (&self->knocking, g_ptr_array_unref);
  g_clear_pointer (&self->listeners, g_slist_free);
  g_clear_pointer (&self->door, g_main_context_unref);
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
  close_door (self);
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
 * @max_connections: how many connections are let in at a time, WebSockets not counted
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

  self->server = server;
  self->max_connections = max_connections;
  self->arrival_timeout_s = arrival_timeout_s;
  g_signal_connect_object (server, "request-started", G_CALLBACK (on_request_started), self,
                           G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_doorman_set_allowance:
 * @self: a doorman whose server does not listen yet
 * @allowance: who is asked how long a body may be
 * @data: for @allowance
 *
 * Without it no body may be longer than %GC_REQUEST_MAX_LENGTH.
 */
void
gc_doorman_set_allowance (GcDoorman *self, GcDoormanAllowance allowance, gpointer data)
{
  g_return_if_fail (GC_IS_DOORMAN (self));

  self->allowance = allowance;
  self->allowance_data = data;
}

static void
prepare_listener (GcDoorman *self, GSocket *socket)
{
  g_socket_set_blocking (socket, FALSE);
  /* Whoever connects and says nothing stays in the system's care. */
  g_socket_set_option (socket, IPPROTO_TCP, TCP_DEFER_ACCEPT, (int) self->arrival_timeout_s, NULL);
  /* GLib lets ten wait, and whoever comes on top of them tries again after a second or more; here
   * thousands may come back together. */
  listen (g_socket_get_fd (socket), SOMAXCONN);
}

/**
 * gc_doorman_listen:
 * @self: a doorman whose server does not listen yet
 * @address: (nullable): where to listen, %NULL for all addresses of the machine
 * @port: on which port, if @address is %NULL; 0 for any
 * @options: for the server
 * @error: what stands in the way
 *
 * Has the server listen. Who calls while too many connections are there waits until one of them
 * has gone, as far as the system's queue goes.
 *
 * Returns: whether it does
 */
gboolean
gc_doorman_listen (GcDoorman *self,
                   GSocketAddress *address,
                   guint port,
                   SoupServerListenOptions options,
                   GError **error)
{
  gboolean listening;

  g_return_val_if_fail (GC_IS_DOORMAN (self) && self->door == NULL, FALSE);

  self->door = g_main_context_new ();
  g_main_context_push_thread_default (self->door);
  listening = address != NULL ? soup_server_listen (self->server, address, options, error)
                              : soup_server_listen_all (self->server, port, options, error);
  g_main_context_pop_thread_default (self->door);
  if (!listening)
    {
      close_door (self);
      return FALSE;
    }
  self->reception = gc_reception_new (self->server, (options & SOUP_SERVER_LISTEN_HTTPS) != 0);
  self->listeners = soup_server_get_listeners (self->server);
  for (GSList *at = self->listeners; at != NULL; at = at->next)
    prepare_listener (self, at->data);
  open_door (self);
  return TRUE;
}

/**
 * gc_doorman_dismiss:
 * @self: a doorman
 *
 * Lets nobody in any more, and ends every connection that he knows. Those that libsoup is at work
 * with, as with a TLS handshake, are gone only after the main context has run; see
 * gc_doorman_is_alone().
 */
void
gc_doorman_dismiss (GcDoorman *self)
{
  GHashTableIter iter;
  gpointer socket;

  g_return_if_fail (GC_IS_DOORMAN (self));

  close_door (self);
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
