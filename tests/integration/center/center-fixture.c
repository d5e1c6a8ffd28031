/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center-fixture.h"

#include "base/gc-id.h"
#include "identity/gc-enrolment.h"
#include "protocol/gc-json.h"

#include <glib/gstdio.h>
#include <locale.h>
#include <string.h>

#define DEADLINE_S 60

static gboolean
on_deadline (gpointer user_data)
{
  g_error ("waited for %d s in vain", DEADLINE_S);
  return G_SOURCE_REMOVE;
}

void
wait_until (Condition condition, gpointer data)
{
  guint id = g_timeout_add_seconds (DEADLINE_S, on_deadline, NULL);

  while (!condition (data))
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (id);
}

static void
start (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  fixture->center = gc_center_start (fixture->config, &error);
  g_assert_no_error (error);
}

static void
make_console (const char *folder)
{
  g_autofree char *console = g_build_filename (folder, "console", NULL);
  g_autofree char *index = g_build_filename (console, "index.html", NULL);
  g_autofree char *script = g_build_filename (console, "app.js", NULL);

  g_assert_cmpint (g_mkdir (console, 0700), ==, 0);
  g_assert_true (g_file_set_contents (index, "<!doctype html>", -1, NULL));
  g_assert_true (g_file_set_contents (script, "export {};", -1, NULL));
}

void
fixture_set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *data_dir = NULL;
  g_autofree char *console = NULL;
  char *arguments[] = { (char *) "gridcast-center",
                        (char *) "--data",
                        NULL,
                        (char *) "--port",
                        (char *) "0",
                        (char *) "--listen",
                        (char *) "127.0.0.1",
                        (char *) "--name",
                        (char *) "测试中心",
                        (char *) "--console",
                        NULL,
                        NULL };
  int count = G_N_ELEMENTS (arguments) - 1;
  char **given = arguments;

  setlocale (LC_ALL, "");
  fixture->folder = g_dir_make_tmp ("gridcast-center-XXXXXX", NULL);
  make_console (fixture->folder);
  data_dir = g_build_filename (fixture->folder, "data", NULL);
  console = g_build_filename (fixture->folder, "console", NULL);
  arguments[2] = data_dir;
  arguments[10] = console;
  fixture->config = gc_center_config_parse (&count, &given, &error);
  g_assert_no_error (error);
  start (fixture);
  fixture->session = soup_session_new ();
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

void
fixture_tear_down (Fixture *fixture, gconstpointer data)
{
  soup_session_abort (fixture->session);
  g_clear_object (&fixture->session);
  gc_center_stop (fixture->center);
  g_assert_finalize_object (fixture->center);
  gc_center_config_free (fixture->config);
  remove_tree (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->cookie);
}

void
fixture_restart (Fixture *fixture)
{
  soup_session_abort (fixture->session);
  gc_center_stop (fixture->center);
  g_assert_finalize_object (fixture->center);
  start (fixture);
}

/* --- HTTP --- */

void
answer_free (Answer *answer)
{
  soup_message_headers_unref (answer->headers);
  g_clear_pointer (&answer->json, json_object_unref);
  g_clear_pointer (&answer->bytes, g_bytes_unref);
  g_free (answer->text);
  g_free (answer);
}

static gboolean
on_accept_certificate (SoupMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags errors,
                       gpointer user_data)
{
  return TRUE;
}

static gboolean
on_request_certificate (SoupMessage *message, GTlsClientConnection *tls, gpointer user_data)
{
  soup_message_set_tls_client_certificate (message, user_data);
  return TRUE;
}

SoupMessage *
fixture_message (Fixture *fixture, const char *method, const char *path)
{
  g_autofree char *url = gc_center_dup_url (fixture->center);
  g_autofree char *address = g_strconcat (url, path[0] == '/' ? path + 1 : path, NULL);
  SoupMessage *message = soup_message_new (method, address);

  g_assert_nonnull (message);
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept_certificate), NULL);
  return message;
}

void
fixture_show_certificate (SoupMessage *message, GTlsCertificate *certificate)
{
  soup_message_add_flags (message, SOUP_MESSAGE_NEW_CONNECTION);
  if (certificate != NULL)
    g_signal_connect_object (message, "request-certificate", G_CALLBACK (on_request_certificate),
                             certificate, 0);
}

typedef struct
{
  gboolean done;
  GBytes *bytes;
} Sending;

static void
on_sent (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Sending *sending = user_data;

  sending->bytes = soup_session_send_and_read_finish (SOUP_SESSION (source), result, NULL);
  sending->done = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

Answer *
fixture_send (Fixture *fixture, SoupMessage *message)
{
  Answer *answer = g_new0 (Answer, 1);
  Sending sending = { FALSE, NULL };
  gsize length = 0;
  const char *text = "";

  soup_session_send_and_read_async (fixture->session, message, 0, NULL, on_sent, &sending);
  wait_until (is_true, &sending.done);
  answer->status = soup_message_get_status (message);
  answer->headers = soup_message_headers_ref (soup_message_get_response_headers (message));
  if (sending.bytes != NULL)
    text = g_bytes_get_data (sending.bytes, &length);
  answer->text = g_strndup (text != NULL ? text : "", length);
  answer->json = gc_json_parse_object (answer->text, -1, 1 << 20, NULL);
  answer->bytes = sending.bytes;
  return answer;
}

Answer *
fixture_request (Fixture *fixture, const char *method, const char *path, const char *body)
{
  g_autoptr (SoupMessage) message = fixture_message (fixture, method, path);
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);

  soup_message_headers_replace (headers, "X-Gridcast", "1");
  if (fixture->cookie != NULL)
    soup_message_headers_replace (headers, "Cookie", fixture->cookie);
  if (body != NULL)
    {
      g_autoptr (GBytes) bytes = g_bytes_new (body, strlen (body));

      soup_message_set_request_body_from_bytes (message, "application/json", bytes);
    }
  return fixture_send (fixture, message);
}

void
assert_problem (const Answer *answer, guint status, const char *type)
{
  g_autofree char *urn = g_strconcat ("urn:gridcast:", type, NULL);

  g_assert_cmpuint (answer->status, ==, status);
  g_assert_cmpstr (soup_message_headers_get_content_type (answer->headers, NULL), ==,
                   "application/problem+json");
  g_assert_cmpstr (json_object_get_string_member (answer->json, "type"), ==, urn);
}

void
fixture_log_in (Fixture *fixture)
{
  g_autofree char *setup = gc_center_dup_setup_url (fixture->center);
  const char *token = strstr (setup, "#setup=") + strlen ("#setup=");
  g_autofree char *body = g_strdup_printf (
      "{\"token\": \"%s\", \"user\": \"王芳\", \"password\": \"a long secret\"}", token);
  g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/setup", body);
  const char *cookie;

  g_assert_cmpuint (answer->status, ==, 201);
  cookie = soup_message_headers_get_one (answer->headers, "Set-Cookie");
  g_assert_nonnull (cookie);
  g_free (fixture->cookie);
  fixture->cookie = g_strndup (cookie, strcspn (cookie, ";"));
}

char *
fixture_make_code (Fixture *fixture, const char *worker)
{
  g_autofree char *body = g_strdup_printf ("{\"worker\": \"%s\"}", worker);
  g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/pairings", body);

  g_assert_cmpuint (answer->status, ==, 201);
  return g_strdup (json_object_get_string_member (answer->json, "code"));
}

static void
on_result (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GAsyncResult **slot = user_data;

  *slot = g_object_ref (result);
}

static gboolean
is_set (gpointer data)
{
  return *(gpointer *) data != NULL;
}

GcCredentials *
fixture_pair (Fixture *fixture, const char *worker)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = fixture_make_code (fixture, worker);
  g_autoptr (GcPairingCode) code = gc_pairing_code_parse (text, &error);
  g_autoptr (GAsyncResult) result = NULL;
  GcCredentials *credentials;

  g_assert_no_error (error);
  gc_enrolment_run_async (code, "Test device", NULL, on_result, &result);
  wait_until (is_set, &result);
  credentials = gc_enrolment_run_finish (result, &error);
  g_assert_no_error (error);
  return credentials;
}

/* --- the channel --- */

Channel *
channel_new (void)
{
  Channel *channel = g_new0 (Channel, 1);

  channel->stream = gc_id_new ();
  return channel;
}

static gboolean
is_closed (gpointer data)
{
  Channel *channel = data;

  return soup_websocket_connection_get_state (channel->socket) == SOUP_WEBSOCKET_STATE_CLOSED;
}

void
channel_close (Channel *channel)
{
  if (channel->socket == NULL)
    return;
  if (soup_websocket_connection_get_state (channel->socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (channel->socket, 1000, NULL);
  wait_until (is_closed, channel);
  g_signal_handlers_disconnect_by_data (channel->socket, channel);
  g_clear_object (&channel->socket);
  g_queue_clear_full (&channel->envelopes, (GDestroyNotify) gc_envelope_free);
}

void
channel_free (Channel *channel)
{
  channel_close (channel);
  g_queue_clear_full (&channel->envelopes, (GDestroyNotify) gc_envelope_free);
  g_free (channel->stream);
  g_free (channel->peer);
  g_free (channel);
}

static void
on_message (SoupWebsocketConnection *socket,
            SoupWebsocketDataType type,
            GBytes *bytes,
            gpointer user_data)
{
  Channel *channel = user_data;
  g_autoptr (GError) error = NULL;
  gsize length;
  const char *text = g_bytes_get_data (bytes, &length);
  GcEnvelope *envelope = gc_envelope_parse (text, length, &error);

  g_assert_no_error (error);
  if (envelope->seq > 0)
    channel->received = MAX (channel->received, envelope->seq);
  g_queue_push_tail (&channel->envelopes, envelope);
}

static void
on_connected (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Channel *channel = user_data;

  channel->socket = soup_session_websocket_connect_finish (SOUP_SESSION (source), result, NULL);
  channel->failed = channel->socket == NULL;
}

static gboolean
is_decided (gpointer data)
{
  Channel *channel = data;

  return channel->failed || channel->socket != NULL;
}

void
channel_connect (Channel *channel, Fixture *fixture, GTlsCertificate *certificate)
{
  g_autoptr (SoupMessage) message = fixture_message (fixture, "GET", "/channel");
  char *protocols[] = { (char *) GC_CHANNEL_PROTOCOL, NULL };

  channel_close (channel);
  channel->failed = FALSE;
  fixture_show_certificate (message, certificate);
  soup_session_websocket_connect_async (fixture->session, message, NULL, protocols, 0, NULL,
                                        on_connected, channel);
  wait_until (is_decided, channel);
  channel->status = soup_message_get_status (message);
  if (channel->socket != NULL)
    g_signal_connect (channel->socket, "message", G_CALLBACK (on_message), channel);
}

void
channel_send_text (Channel *channel, const char *text)
{
  soup_websocket_connection_send_text (channel->socket, text);
}

void
channel_send (Channel *channel, const char *type, gint64 seq, gint64 ack, const char *body)
{
  g_autoptr (JsonObject) object = gc_json_parse_object (body, -1, GC_ENVELOPE_MAX_LENGTH, NULL);
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (type, object);
  g_autofree char *text = NULL;

  g_assert_nonnull (object);
  envelope->seq = seq;
  envelope->ack = ack;
  text = gc_envelope_print (envelope);
  channel_send_text (channel, text);
}

static gboolean
has_envelope (gpointer data)
{
  return !g_queue_is_empty (&((Channel *) data)->envelopes);
}

GcEnvelope *
channel_take (Channel *channel, const char *type)
{
  for (;;)
    {
      g_autoptr (GcEnvelope) envelope = NULL;

      wait_until (has_envelope, channel);
      envelope = g_queue_pop_head (&channel->envelopes);
      if (strcmp (envelope->type, type) == 0)
        return g_steal_pointer (&envelope);
    }
}

void
channel_wait_ack (Channel *channel, gint64 seq)
{
  for (;;)
    {
      g_autoptr (GcEnvelope) envelope = NULL;

      wait_until (has_envelope, channel);
      envelope = g_queue_pop_head (&channel->envelopes);
      g_assert_cmpint (envelope->ack, <=, seq);
      if (envelope->ack == seq)
        return;
    }
}

void
channel_wait_closed (Channel *channel, gushort code)
{
  wait_until (is_closed, channel);
  g_assert_cmpuint (soup_websocket_connection_get_close_code (channel->socket), ==, code);
}

void
channel_open (Channel *channel, Fixture *fixture, GcCredentials *credentials)
{
  g_autoptr (GcEnvelope) hello = NULL;
  g_autoptr (GString) body = g_string_new (NULL);

  channel_connect (channel, fixture, gc_credentials_get_certificate (credentials));
  g_assert_nonnull (channel->socket);
  g_string_printf (body, "{\"version\": 1, \"stream\": \"%s\", \"name\": \"Test device\"",
                   channel->stream);
  if (channel->peer != NULL)
    g_string_append_printf (body, ", \"peer\": \"%s\"", channel->peer);
  g_string_append (body, "}");
  channel_send (channel, GC_MSG_HELLO, 0, channel->received, body->str);
  hello = channel_take (channel, GC_MSG_HELLO);
  g_assert_cmpint (hello->seq, ==, 0);
  g_free (channel->peer);
  channel->peer = g_strdup (json_object_get_string_member (hello->body, "stream"));
}
