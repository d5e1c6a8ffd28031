/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-center.h"

#include <string.h>

#define WINDOW 64

static char *
print (JsonObject *object)
{
  g_autoptr (JsonNode) node = json_node_new (JSON_NODE_OBJECT);

  json_node_set_object (node, object);
  return json_to_string (node, FALSE);
}

static JsonObject *
envelope_new (const char *type, JsonObject *body)
{
  JsonObject *envelope = json_object_new ();
  g_autofree char *id = g_uuid_string_random ();

  json_object_set_string_member (envelope, "id", id);
  json_object_set_string_member (envelope, "type", type);
  if (body != NULL)
    json_object_set_object_member (envelope, "body", body);
  return envelope;
}

static gboolean
chance (TestCenter *self, int percent)
{
  return g_rand_int_range (self->random, 0, 100) < percent;
}

static gboolean
is_open (TestCenter *self)
{
  return self->websocket != NULL
         && soup_websocket_connection_get_state (self->websocket) == SOUP_WEBSOCKET_STATE_OPEN;
}

static void
release_later (gpointer object)
{
  g_object_unref (object);
}

static void
forget_connection (TestCenter *self)
{
  if (self->websocket != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->websocket, self);
      g_idle_add_once (release_later, g_steal_pointer (&self->websocket));
    }
  g_clear_object (&self->socket);
  self->met = FALSE;
}

/* As if the network had gone: no goodbye. */
void
test_center_drop (TestCenter *self)
{
  if (self->socket != NULL)
    g_socket_shutdown (self->socket, TRUE, TRUE, NULL);
  forget_connection (self);
}

static void
send_envelope (TestCenter *self, JsonObject *envelope)
{
  g_autofree char *text = NULL;

  if (!is_open (self))
    return;
  if (!self->never_ack)
    json_object_set_int_member (envelope, "ack", self->committed);
  else
    json_object_remove_member (envelope, "ack");
  self->ack_told = self->committed;
  text = print (envelope);
  soup_websocket_connection_send_text (self->websocket, text);
  if (json_object_has_member (envelope, "seq") && chance (self, self->duplicate_percent))
    soup_websocket_connection_send_text (self->websocket, text);
  if (chance (self, self->drop_percent))
    test_center_drop (self);
}

static void
pump (TestCenter *self)
{
  while (self->met && is_open (self) && self->sent < self->acked + self->outbox.length
         && self->sent < self->acked + WINDOW)
    {
      JsonObject *envelope = g_queue_peek_nth (&self->outbox, (guint) (self->sent - self->acked));

      self->sent++;
      json_object_set_int_member (envelope, "seq", self->sent);
      if (!chance (self, self->skip_percent))
        send_envelope (self, envelope);
    }
}

static void
close_with (TestCenter *self, gushort code)
{
  if (is_open (self))
    soup_websocket_connection_close (self->websocket, code, NULL);
}

static void
take_ack (TestCenter *self, gint64 ack)
{
  if (ack > self->sent)
    {
      close_with (self, 4003);
      return;
    }
  for (; self->acked < ack; self->acked++)
    json_object_unref (g_queue_pop_head (&self->outbox));
}

static void
say_hello (TestCenter *self)
{
  JsonObject *body = json_object_new ();
  g_autoptr (JsonObject) hello = NULL;

  json_object_set_int_member (body, "version", 1);
  json_object_set_string_member (body, "stream", self->stream);
  if (self->peer != NULL)
    json_object_set_string_member (body, "peer", self->peer);
  json_object_set_string_member (body, "software", "test center");
  json_object_set_string_member (body, "name", "指挥中心");
  json_object_set_string_member (body, "worker", "Wang");
  json_object_set_int_member (body, "spread_s", self->spread_s);
  hello = envelope_new ("hello", body);
  send_envelope (self, hello);
}

/* A new stream, as a store that noticed that it was set back takes it. */
void
test_center_renew (TestCenter *self)
{
  g_free (self->stream);
  self->stream = g_uuid_string_random ();
  g_clear_pointer (&self->peer, g_free);
  self->committed = 0;
  self->acked = self->sent = 0;
}

static void
meet (TestCenter *self, JsonObject *hello)
{
  JsonObject *body = json_object_get_object_member (hello, "body");
  const char *stream = json_object_get_string_member (body, "stream");
  const char *known = json_object_get_string_member_with_default (body, "peer", NULL);
  gint64 ack = json_object_get_int_member_with_default (hello, "ack", 0);

  g_assert_cmpstr (json_object_get_string_member (hello, "type"), ==, "hello");
  g_assert_false (json_object_has_member (hello, "seq"));
  g_assert_cmpint (json_object_get_int_member (body, "version"), ==, 1);
  if (g_strcmp0 (known, self->stream) != 0 || g_strcmp0 (stream, self->peer) != 0)
    {
      g_set_str (&self->peer, stream);
      self->committed = self->ack_told = 0;
      self->acked = self->sent = 0;
    }
  else if (ack < self->acked || ack > self->acked + self->outbox.length)
    {
      test_center_renew (self);
      close_with (self, 4002);
      return;
    }
  else
    {
      self->sent = self->acked + self->outbox.length;
      take_ack (self, ack);
      self->sent = ack;
    }
  self->met = TRUE;
  pump (self);
}

static void
apply (TestCenter *self, JsonObject *envelope)
{
  gint64 seq = json_object_get_int_member (envelope, "seq");

  self->largest_window = MAX (self->largest_window, (guint) (seq - self->committed));
  if (seq > self->committed + 1)
    {
      close_with (self, 4002);
      return;
    }
  if (seq <= self->committed)
    {
      self->duplicates++;
      return;
    }
  self->committed = seq;
  if (g_hash_table_add (self->ids, g_strdup (json_object_get_string_member (envelope, "id"))))
    g_ptr_array_add (self->applied, json_object_ref (envelope));
}

static void
on_message (SoupWebsocketConnection *websocket, int type, GBytes *message, gpointer user_data)
{
  TestCenter *self = user_data;
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize length;
  const char *text = g_bytes_get_data (message, &length);
  JsonObject *envelope;

  g_assert_cmpint (type, ==, SOUP_WEBSOCKET_DATA_TEXT);
  g_assert_cmpuint (length, <=, 65536);
  g_assert_true (json_parser_load_from_data (parser, text, (gssize) length, NULL));
  envelope = json_node_get_object (json_parser_get_root (parser));
  if (self->silent)
    return;
  if (!self->met)
    {
      meet (self, envelope);
      return;
    }
  take_ack (self, json_object_get_int_member_with_default (envelope, "ack", 0));
  if (json_object_has_member (envelope, "seq"))
    apply (self, envelope);
  else if (strcmp (json_object_get_string_member (envelope, "type"), "ack") == 0)
    self->acks++;
  else
    self->ephemerals++;
  pump (self);
  if (self->committed > self->ack_told && is_open (self) && !self->never_ack)
    {
      g_autoptr (JsonObject) ack = envelope_new ("ack", NULL);

      send_envelope (self, ack);
    }
  if (chance (self, self->drop_percent))
    test_center_drop (self);
}

static void
on_closed (SoupWebsocketConnection *websocket, gpointer user_data)
{
  TestCenter *self = user_data;

  self->close_code_seen = soup_websocket_connection_get_close_code (websocket);
  forget_connection (self);
}

static void
on_websocket (SoupServer *server,
              SoupServerMessage *message,
              const char *path,
              SoupWebsocketConnection *websocket,
              gpointer user_data)
{
  TestCenter *self = user_data;
  GTlsCertificate *certificate = soup_server_message_get_tls_peer_certificate (message);

  forget_connection (self);
  self->connections++;
  g_ptr_array_add (self->client_names, g_tls_certificate_get_subject_name (certificate));
  self->websocket = g_object_ref (websocket);
  self->socket = g_object_ref (soup_server_message_get_socket (message));
  g_signal_connect (websocket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (websocket, "closed", G_CALLBACK (on_closed), self);
  if (self->close_code != 0)
    close_with (self, self->close_code);
  else if (self->greeting != NULL)
    soup_websocket_connection_send_text (websocket, self->greeting);
  else if (!self->silent)
    say_hello (self);
}

static gboolean
on_accept_certificate (SoupServerMessage *message,
                       GTlsCertificate *certificate,
                       GTlsCertificateFlags errors,
                       gpointer user_data)
{
  TestCenter *self = user_data;

  return g_tls_database_verify_chain (test_authority_get_anchors (self->authority), certificate,
                                      G_TLS_DATABASE_PURPOSE_AUTHENTICATE_CLIENT, NULL, NULL,
                                      G_TLS_DATABASE_VERIFY_NONE, NULL, NULL)
         == 0;
}

static void
on_request_started (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  g_signal_connect (message, "accept-certificate", G_CALLBACK (on_accept_certificate), user_data);
}

static void
on_early_request (SoupServer *server,
                  SoupServerMessage *message,
                  const char *path,
                  GHashTable *query,
                  gpointer user_data)
{
  TestCenter *self = user_data;

  if (soup_message_headers_get_one (soup_server_message_get_request_headers (message),
                                    "Sec-WebSocket-Extensions")
      != NULL)
    self->extensions_offered = TRUE;
  if (self->forbid || soup_server_message_get_tls_peer_certificate (message) == NULL)
    soup_server_message_set_status (message, SOUP_STATUS_FORBIDDEN, NULL);
}

/* Listens again on the port it had before, or on a free one. */
void
test_center_listen (TestCenter *self)
{
  char *protocols[] = { (char *) "gridcast.v1", NULL };
  g_autoptr (GTlsCertificate) certificate
      = test_authority_issue (self->authority, "test center", TRUE);
  g_autoptr (GUri) before
      = self->url != NULL ? g_uri_parse (self->url, SOUP_HTTP_URI_FLAGS, NULL) : NULL;
  g_autoptr (GError) error = NULL;
  GSList *uris;

  self->server = g_object_new (SOUP_TYPE_SERVER, "tls-certificate", certificate, "tls-auth-mode",
                               G_TLS_AUTHENTICATION_REQUESTED, NULL);
  g_signal_connect (self->server, "request-started", G_CALLBACK (on_request_started), self);
  soup_server_add_early_handler (self->server, "/channel", on_early_request, self, NULL);
  soup_server_add_websocket_handler (self->server, "/channel", NULL, protocols, on_websocket, self,
                                     NULL);
  soup_server_listen_local (self->server, before != NULL ? (guint) g_uri_get_port (before) : 0,
                            SOUP_SERVER_LISTEN_HTTPS | SOUP_SERVER_LISTEN_IPV4_ONLY, &error);
  g_assert_no_error (error);
  uris = soup_server_get_uris (self->server);
  g_free (self->url);
  self->url = g_strdup_printf ("https://127.0.0.1:%d/channel", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
}

/* The center is gone, with its port; what it keeps stays. */
void
test_center_stop (TestCenter *self)
{
  test_center_drop (self);
  if (self->server != NULL)
    soup_server_disconnect (self->server);
  g_clear_object (&self->server);
}

TestCenter *
test_center_new (void)
{
  TestCenter *self = g_new0 (TestCenter, 1);

  self->authority = test_authority_new ("test CA");
  self->stream = g_uuid_string_random ();
  self->applied = g_ptr_array_new_with_free_func ((GDestroyNotify) json_object_unref);
  self->client_names = g_ptr_array_new_with_free_func (g_free);
  self->ids = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->random = g_rand_new_with_seed ((guint32) g_test_rand_int ());
  g_queue_init (&self->outbox);
  test_center_listen (self);
  return self;
}

void
test_center_free (TestCenter *self)
{
  test_center_stop (self);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_queue_clear_full (&self->outbox, (GDestroyNotify) json_object_unref);
  g_ptr_array_unref (self->applied);
  g_ptr_array_unref (self->client_names);
  g_hash_table_unref (self->ids);
  g_rand_free (self->random);
  test_authority_free (self->authority);
  g_free (self->stream);
  g_free (self->peer);
  g_free (self->url);
  g_free (self);
}

void
test_center_enqueue (TestCenter *self, const char *type, const char *body)
{
  g_autoptr (JsonNode) node = json_from_string (body, NULL);

  g_queue_push_tail (&self->outbox, envelope_new (type, json_node_dup_object (node)));
  pump (self);
}

void
test_center_send (TestCenter *self, const char *text)
{
  g_assert_true (is_open (self));
  soup_websocket_connection_send_text (self->websocket, text);
}

/* Bytes that need not be a frame. */
void
test_center_send_raw (TestCenter *self, const void *data, gsize length)
{
  GOutputStream *output;

  g_assert_true (is_open (self));
  output
      = g_io_stream_get_output_stream (soup_websocket_connection_get_io_stream (self->websocket));
  g_pollable_output_stream_write_nonblocking (G_POLLABLE_OUTPUT_STREAM (output), data, length, NULL,
                                              NULL);
}
