/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"

#include "rtc/gc-turn-probe.h"

#include "base/gc-socket.h"
#include "rtc/gc-turn-tunnel.h"

#include <string.h>
#include <stun/stunagent.h>
#include <stun/usages/turn.h>

/* Over TCP the tunnel repeats nothing, and needs its time. */
#define REPEAT_MS 500
#define REPEATS_MAX 8
/* One for the realm, one for the answer, and one for a nonce that had grown old. */
#define QUESTIONS_MAX 3

typedef struct
{
  StunAgent agent;
  StunMessage request;
  uint8_t request_buffer[STUN_MAX_MESSAGE_SIZE];
  StunMessage answer;
  uint8_t answer_buffer[STUN_MAX_MESSAGE_SIZE];
  gsize received;
  gsize length; /* of the request */
  guint questions;
  guint repeats;
  char *username;
  char *credential;
  GcTurnTunnel *tunnel; /* NULL over UDP */
  GSocket *socket;
  GSource *input;
  GSource *clock;
  /* How the connection ended; the tunnel may know better, and tells it a little later. */
  char *ended;
} Probe;

static void
probe_free (gpointer data)
{
  Probe *probe = data;

  if (probe->input != NULL)
    g_source_destroy (probe->input);
  g_clear_pointer (&probe->input, g_source_unref);
  if (probe->clock != NULL)
    g_source_destroy (probe->clock);
  g_clear_pointer (&probe->clock, g_source_unref);
  g_clear_object (&probe->socket);
  g_clear_object (&probe->tunnel);
  g_free (probe->username);
  g_free (probe->credential);
  g_free (probe->ended);
  g_free (probe);
}

/**
 * gc_turn_probe_explain:
 * @code: an error code of STUN or TURN (RFC 8489 section 14.8, RFC 8656 section 19), 300 to 699
 *
 * Any thread.
 *
 * Returns: (transfer full): what it says of the server, as the end of a sentence
 */
char *
gc_turn_probe_explain (int code)
{
  const char *reason;

  switch (code)
    {
    case STUN_ERROR_TRY_ALTERNATE:
      reason = "it leads to another server";
      break;
    case STUN_ERROR_UNAUTHORIZED:
      reason = "it does not accept the credentials";
      break;
    case STUN_ERROR_STALE_NONCE:
      reason = "its nonces are stale before they can be used";
      break;
    case STUN_ERROR_UNSUPPORTED_FAMILY:
      reason = "it has no addresses of our kind";
      break;
    case STUN_ERROR_ALLOCATION_QUOTA_REACHED:
      reason = "this user has as many relays there as he may have";
      break;
    case STUN_ERROR_INSUFFICIENT_CAPACITY:
      reason = "it has none to give";
      break;
    default:
      reason = "it refuses";
    }
  return g_strdup_printf ("%s (%d)", reason, code);
}

/* Ends the probe; its sources hold it. */
static void
finish (GTask *task, char *reason)
{
  Probe *probe = g_task_get_task_data (task);

  g_object_ref (task);
  g_source_destroy (probe->input);
  g_source_destroy (probe->clock);
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, reason, g_free);
  else
    g_free (reason);
  g_object_unref (task);
}

static void
send_request (Probe *probe)
{
  g_socket_send (probe->socket, (const char *) probe->request_buffer, probe->length, NULL, NULL);
}

static void
ask (Probe *probe)
{
  probe->length = stun_usage_turn_create (
      &probe->agent, &probe->request, probe->request_buffer, sizeof probe->request_buffer,
      probe->questions > 0 ? &probe->answer : NULL, STUN_USAGE_TURN_REQUEST_PORT_NORMAL, -1, -1,
      (uint8_t *) probe->username, strlen (probe->username), (uint8_t *) probe->credential,
      strlen (probe->credential), STUN_USAGE_TURN_COMPATIBILITY_RFC5766);
  probe->questions++;
  send_request (probe);
}

/* What was given is given back at once. */
static void
give_back (Probe *probe)
{
  probe->length = stun_usage_turn_create_refresh (
      &probe->agent, &probe->request, probe->request_buffer, sizeof probe->request_buffer,
      &probe->answer, 0, (uint8_t *) probe->username, strlen (probe->username),
      (uint8_t *) probe->credential, strlen (probe->credential),
      STUN_USAGE_TURN_COMPATIBILITY_RFC5766);
  send_request (probe);
}

static void
take_answer (GTask *task)
{
  Probe *probe = g_task_get_task_data (task);
  int code = 0;

  if (stun_message_get_class (&probe->answer) == STUN_RESPONSE)
    {
      give_back (probe);
      finish (task, NULL);
    }
  else if (stun_message_find_error (&probe->answer, &code) != STUN_MESSAGE_RETURN_SUCCESS)
    finish (task, g_strdup ("it answers what nobody understands"));
  else if ((code == STUN_ERROR_UNAUTHORIZED && probe->questions == 1)
           || (code == STUN_ERROR_STALE_NONCE && probe->questions < QUESTIONS_MAX))
    ask (probe);
  else
    finish (task, gc_turn_probe_explain (code));
}

static gboolean
on_input (GSocket *socket, GIOCondition condition, gpointer user_data)
{
  GTask *task = user_data;
  Probe *probe = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;
  gboolean is_stream = probe->tunnel != NULL;
  gssize length = g_socket_receive (socket, (char *) probe->answer_buffer + probe->received,
                                    sizeof probe->answer_buffer - probe->received, NULL, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    return G_SOURCE_CONTINUE;
  if (length <= 0)
    {
      probe->ended = g_strdup (error != NULL ? error->message : "it closes the connection");
      return G_SOURCE_REMOVE;
    }
  length += (gssize) probe->received;
  probe->received = 0;
  if (is_stream
      && stun_message_validate_buffer_length (probe->answer_buffer, (size_t) length, TRUE)
             == STUN_MESSAGE_BUFFER_INCOMPLETE
      && (gsize) length < sizeof probe->answer_buffer)
    probe->received = (gsize) length;
  else if (stun_agent_validate (&probe->agent, &probe->answer, probe->answer_buffer,
                                (size_t) length, NULL, NULL)
           == STUN_VALIDATION_SUCCESS)
    take_answer (task);
  return G_SOURCE_CONTINUE;
}

static char *
dup_ending (Probe *probe)
{
  const GError *error = probe->tunnel != NULL ? gc_turn_tunnel_get_error (probe->tunnel) : NULL;

  return g_strdup (error != NULL ? error->message : probe->ended);
}

static gboolean
on_clock (gpointer user_data)
{
  GTask *task = user_data;
  Probe *probe = g_task_get_task_data (task);

  if (probe->ended != NULL)
    {
      finish (task, dup_ending (probe));
      return G_SOURCE_REMOVE;
    }
  if (g_cancellable_is_cancelled (g_task_get_cancellable (task)) || ++probe->repeats > REPEATS_MAX)
    {
      finish (task, g_strdup ("it does not answer"));
      return G_SOURCE_REMOVE;
    }
  send_request (probe);
  return G_SOURCE_CONTINUE;
}

static GSocket *
open_socket (Probe *probe, const GcIceServer *server, const char *interface, GError **error)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocket) socket = NULL;
  g_autoptr (GError) local_error = NULL;

  if (server->tcp)
    {
      probe->tunnel = gc_turn_tunnel_new (server, interface, G_SOCKET_FAMILY_IPV4, error);
      if (probe->tunnel == NULL)
        return NULL;
      address = g_inet_socket_address_new_from_string ("127.0.0.1",
                                                       gc_turn_tunnel_get_port (probe->tunnel));
    }
  else
    address = g_inet_socket_address_new_from_string (g_ptr_array_index (server->addresses, 0),
                                                     server->port);
  socket = g_socket_new (g_socket_address_get_family (address),
                         server->tcp ? G_SOCKET_TYPE_STREAM : G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_DEFAULT, error);
  if (socket == NULL)
    return NULL;
  if (!server->tcp && interface != NULL)
    gc_socket_tie (socket, interface);
  /* The loopback interface is connected before this returns. */
  if (!g_socket_connect (socket, address, NULL, error))
    return NULL;
  g_socket_set_blocking (socket, FALSE);
  return g_steal_pointer (&socket);
}

static GSource *
start_source (GTask *task, GSource *source, GSourceFunc func)
{
  g_source_set_callback (source, func, g_object_ref (task), g_object_unref);
  g_source_attach (source, g_task_get_context (task));
  return source;
}

/**
 * gc_turn_probe_async:
 * @server: a TURN server whose addresses are known
 * @interface: (nullable): name of the network interface to go over; %NULL for the kernel's choice
 * @cancellable: (nullable): to give up
 * @callback: called with what the server says
 * @user_data: for @callback
 *
 * Asks for a relay, and gives it back if there is one. Takes 4 s at most. Main context.
 */
void
gc_turn_probe_async (const GcIceServer *server,
                     const char *interface,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GError) error = NULL;
  Probe *probe = g_new0 (Probe, 1);

  g_task_set_task_data (task, probe, probe_free);
  probe->username = g_strdup (server->username != NULL ? server->username : "");
  probe->credential = g_strdup (server->credential != NULL ? server->credential : "");
  stun_agent_init (&probe->agent, STUN_ALL_KNOWN_ATTRIBUTES, STUN_COMPATIBILITY_RFC5389,
                   STUN_AGENT_USAGE_LONG_TERM_CREDENTIALS | STUN_AGENT_USAGE_IGNORE_CREDENTIALS);
  probe->socket = open_socket (probe, server, interface, &error);
  if (probe->socket == NULL)
    {
      g_task_return_pointer (task, g_strdup (error->message), g_free);
      return;
    }
  probe->input = start_source (task, g_socket_create_source (probe->socket, G_IO_IN, NULL),
                               G_SOURCE_FUNC (on_input));
  probe->clock = start_source (task, g_timeout_source_new (REPEAT_MS), on_clock);
  ask (probe);
}

/**
 * gc_turn_probe_finish:
 * @result: what the callback got
 *
 * Returns: (transfer full) (nullable): why the server gives no relay, as the end of a sentence;
 * %NULL if that is of no interest any more
 */
char *
gc_turn_probe_finish (GAsyncResult *result)
{
  return g_task_propagate_pointer (G_TASK (result), NULL);
}
