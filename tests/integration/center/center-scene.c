/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center-scene.h"

#include "protocol/gc-json.h"

#include <string.h>

/* --- the console's ear --- */

static void
on_event (SoupWebsocketConnection *socket,
          SoupWebsocketDataType type,
          GBytes *bytes,
          gpointer user_data)
{
  Ear *ear = user_data;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  JsonObject *event = gc_json_parse_object (text, (gssize) length, 1 << 20, NULL);

  g_assert_nonnull (event);
  g_queue_push_tail (&ear->events, event);
}

static void
on_ear_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Ear *ear = user_data;

  ear->socket = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, NULL);
  ear->failed = ear->socket == NULL;
}

static gboolean
ear_is_decided (gpointer data)
{
  Ear *ear = data;

  return ear->failed || ear->socket != NULL;
}

void
ear_connect (Ear *ear, Fixture *fixture, const char *origin)
{
  g_autoptr (SoupMessage) message = fixture_message (fixture, "GET", "/api/events");

  memset (ear, 0, sizeof *ear);
  if (fixture->cookie != NULL)
    soup_message_headers_replace (soup_message_get_request_headers (message), "Cookie",
                                  fixture->cookie);
  soup_session_websocket_connect_async (fixture->session, message, origin, NULL, 0, NULL,
                                        on_ear_connected, ear);
  wait_until (ear_is_decided, ear);
  if (ear->socket != NULL)
    g_signal_connect (ear->socket, "message", G_CALLBACK (on_event), ear);
}

static gboolean
ear_has_event (gpointer data)
{
  return !g_queue_is_empty (&((Ear *) data)->events);
}

JsonObject *
ear_wait (Ear *ear, const char *name, const char *member, const char *value)
{
  for (;;)
    {
      g_autoptr (JsonObject) event = NULL;
      JsonObject *event_data;

      wait_until (ear_has_event, ear);
      event = g_queue_pop_head (&ear->events);
      event_data = json_object_get_object_member (event, "data");
      if (strcmp (json_object_get_string_member (event, "event"), name) == 0
          && (member == NULL
              || g_strcmp0 (json_object_get_string_member_with_default (event_data, member, NULL),
                            value)
                     == 0))
        return json_object_ref (event_data);
    }
}

void
ear_expect (Ear *ear, const char *name, const char *member, const char *value)
{
  g_autoptr (JsonObject) event = ear_wait (ear, name, member, value);

  g_assert_nonnull (event);
}

static gboolean
ear_is_closed (gpointer data)
{
  return soup_websocket_connection_get_state (((Ear *) data)->socket)
         == SOUP_WEBSOCKET_STATE_CLOSED;
}

void
ear_clear (Ear *ear)
{
  if (soup_websocket_connection_get_state (ear->socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (ear->socket, 1000, NULL);
  wait_until (ear_is_closed, ear);
  g_signal_handlers_disconnect_by_data (ear->socket, ear);
  g_clear_object (&ear->socket);
  g_queue_clear_full (&ear->events, (GDestroyNotify) json_object_unref);
}

/* --- a dispatcher and a terminal that is online --- */

void
scene_set_up (Scene *scene, gconstpointer data)
{
  fixture_set_up (&scene->base, NULL);
  fixture_log_in (&scene->base);
  scene->credentials = fixture_pair (&scene->base, "李强");
  scene->terminal = gc_credentials_get_terminal_id (scene->credentials);
  scene->channel = channel_new ();
  channel_open (scene->channel, &scene->base, scene->credentials);
}

void
scene_tear_down (Scene *scene, gconstpointer data)
{
  channel_free (scene->channel);
  g_object_unref (scene->credentials);
  fixture_tear_down (&scene->base, NULL);
}

char *
create_task (Scene *scene)
{
  g_autofree char *body = g_strdup_printf (
      "{\"terminal\": \"%s\", \"title\": \"检查水泵\", \"description\": \"两行\\n文字\","
      " \"urgency\": \"urgent\", \"deadline\": \"2026-11-24T12:00:00Z\", \"place\": {\"type\":"
      " \"Feature\", \"geometry\": {\"type\": \"Point\", \"coordinates\": [120.1, 30.2]},"
      " \"properties\": {\"name\": \"三号泵站\"}}}",
      scene->terminal);
  g_autoptr (Answer) answer = fixture_request (&scene->base, "POST", "/api/tasks", body);

  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_cmpstr (json_object_get_string_member (answer->json, "state"), ==, "sent");
  g_assert_cmpstr (json_object_get_string_member (answer->json, "created_by"), ==, "王芳");
  return g_strdup (json_object_get_string_member (answer->json, "id"));
}
