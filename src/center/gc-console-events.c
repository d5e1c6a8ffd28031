/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-console-events.h"

#include "center/gc-reply.h"
#include "center/gc-upgrade.h"
#include "protocol/gc-json.h"

/* The console has nothing to say there. */
#define MAX_MESSAGE_LENGTH 1024
#define MAX_CONSOLES 256
#define KEEPALIVE_S 30
#define LOGIN_KEY "gc-login"

struct _GcConsoleEvents
{
  GObject parent_instance;

  GcSocketWatch *watch;
  GPtrArray *sockets; /* of SoupWebsocketConnection */
};

G_DEFINE_FINAL_TYPE (GcConsoleEvents, gc_console_events, G_TYPE_OBJECT)

static void
gc_console_events_finalize (GObject *object)
{
  GcConsoleEvents *self = GC_CONSOLE_EVENTS (object);

  g_clear_pointer (&self->sockets, g_ptr_array_unref);
  g_clear_object (&self->watch);
  G_OBJECT_CLASS (gc_console_events_parent_class)->finalize (object);
}

static void
gc_console_events_class_init (GcConsoleEventsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_console_events_finalize;
}

static void
gc_console_events_init (GcConsoleEvents *self)
{
  self->watch = gc_socket_watch_new ();
  self->sockets = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * gc_console_events_new:
 *
 * Returns: (transfer full): nobody listens yet
 */
GcConsoleEvents *
gc_console_events_new (void)
{
  return g_object_new (GC_TYPE_CONSOLE_EVENTS, NULL);
}

static void
on_closed (SoupWebsocketConnection *socket, gpointer user_data)
{
  GcConsoleEvents *self = user_data;

  g_ptr_array_remove_fast (self->sockets, socket);
}

typedef struct
{
  GcConsoleEvents *events;
  char *login;
} Listener;

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  g_object_unref (listener->events);
  g_free (listener->login);
  g_free (listener);
}

static void
on_upgraded (SoupWebsocketConnection *socket, GcFrameGuard *guard, gpointer user_data)
{
  Listener *listener = user_data;
  GcConsoleEvents *self = listener->events;

  soup_websocket_connection_set_keepalive_interval (socket, KEEPALIVE_S);
  soup_websocket_connection_set_keepalive_pong_timeout (socket, KEEPALIVE_S);
  g_object_set_data_full (G_OBJECT (socket), LOGIN_KEY, g_strdup (listener->login), g_free);
  g_signal_connect_object (socket, "closed", G_CALLBACK (on_closed), self, G_CONNECT_DEFAULT);
  g_ptr_array_add (self->sockets, g_object_ref (socket));
  if (self->sockets->len > MAX_CONSOLES)
    soup_websocket_connection_close (self->sockets->pdata[0], SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                                     "too many consoles");
}

/**
 * gc_console_events_accept:
 * @self: the events
 * @message: a request of somebody who is logged in
 * @login: an id of his session
 *
 * Makes a listener of him.
 */
void
gc_console_events_accept (GcConsoleEvents *self, SoupServerMessage *message, const char *login)
{
  g_autofree char *who = gc_request_dup_address (message);
  Listener *listener = g_new0 (Listener, 1);

  listener->events = g_object_ref (self);
  listener->login = g_strdup (login);
  gc_upgrade (message, who, self->watch, NULL, MAX_MESSAGE_LENGTH, on_upgraded, listener,
              listener_free);
}

/**
 * gc_console_events_emit:
 * @self: the events
 * @event: its name
 * @data: (transfer none): what API.md says
 *
 * Tells every listener.
 */
void
gc_console_events_emit (GcConsoleEvents *self, const char *event, JsonObject *data)
{
  g_autoptr (JsonObject) object = NULL;
  g_autofree char *text = NULL;

  if (self->sockets->len == 0)
    return;
  object = json_object_new ();
  json_object_set_string_member (object, "event", event);
  json_object_set_object_member (object, "data", json_object_ref (data));
  text = gc_json_print (object);
  for (guint i = 0; i < self->sockets->len; i++)
    {
      SoupWebsocketConnection *socket = g_ptr_array_index (self->sockets, i);

      if (soup_websocket_connection_get_state (socket) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_send_text (socket, text);
    }
}

/**
 * gc_console_events_drop:
 * @self: the events
 * @login: (nullable): an id of a session, %NULL for all
 *
 * Closes the sockets of somebody who logged out.
 */
void
gc_console_events_drop (GcConsoleEvents *self, const char *login)
{
  for (guint i = 0; i < self->sockets->len; i++)
    {
      SoupWebsocketConnection *socket = g_ptr_array_index (self->sockets, i);

      if ((login == NULL
           || g_strcmp0 (g_object_get_data (G_OBJECT (socket), LOGIN_KEY), login) == 0)
          && soup_websocket_connection_get_state (socket) == SOUP_WEBSOCKET_STATE_OPEN)
        soup_websocket_connection_close (socket, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, NULL);
    }
}

/**
 * gc_console_events_is_closed:
 * @self: the events
 *
 * Returns: whether nobody listens, and all sockets are gone
 */
gboolean
gc_console_events_is_closed (GcConsoleEvents *self)
{
  return self->sockets->len == 0;
}
