/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - each close code has the effect that PROTOCOL.md gives it
 *  - a stranger's center, a certificate that is not accepted, another service are told apart
 *  - nothing that a center sends crashes the terminal or fills its memory
 *  - a dead line is noticed; a change of the network makes a new connection at once
 *  - ephemeral envelopes go now or never
 *  - closing delivers what there is, within its time, unless somebody decides otherwise meanwhile
 */

#include "base/gc-error.h"
#include "channel-fixture.h"
#include "test-link.h"

#include <string.h>

/* --- Ends --- */

static void
check_close_code (ChannelFixture *fixture, gushort code, GcChannelState expected)
{
  channel_fixture_enqueue_numbered (fixture, 1, 3);
  wait_until (gc_store_get_unsent (fixture->terminal.store) == 3);
  fixture->center->close_code = code;
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, expected));
  g_assert_cmpuint (gc_store_get_unsent (fixture->terminal.store), ==, 3);
  fixture->center->close_code = 0;
}

static void
test_replaced (ChannelFixture *fixture, gconstpointer data)
{
  check_close_code (fixture, 4000, GC_CHANNEL_REPLACED);
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_CONFLICT));
  gc_channel_network_changed (fixture->channel, TRUE);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_REPLACED));
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_all_delivered (fixture, 3, 0));
}

static void
test_revoked (ChannelFixture *fixture, gconstpointer data)
{
  check_close_code (fixture, 4001, GC_CHANNEL_REVOKED);
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_UNAUTHORIZED));
  gc_channel_set_enabled (fixture->channel, TRUE);
  gc_channel_network_changed (fixture->channel, TRUE);
  gc_channel_set_enabled (fixture->channel, FALSE);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_REVOKED));
  g_assert_cmpuint (fixture->center->connections, ==, 1);
}

static void
test_version (ChannelFixture *fixture, gconstpointer data)
{
  check_close_code (fixture, 4004, GC_CHANNEL_VERSION_UNKNOWN);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_all_delivered (fixture, 3, 0));
}

static void
test_codes_that_pass (ChannelFixture *fixture, gconstpointer data)
{
  static const gushort codes[] = { 1000, 1001, 1009, 1011, 4002, 4003, 4999 };

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      fixture->center->close_code = codes[i];
      gc_channel_set_enabled (fixture->channel, TRUE);
      wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
    }
  fixture->center->close_code = 0;
  channel_fixture_enqueue_numbered (fixture, 1, 3);
  wait_until (channel_fixture_all_delivered (fixture, 3, 0));
}

static void
test_forbidden (ChannelFixture *fixture, gconstpointer data)
{
  fixture->center->forbid = TRUE;
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_UNAUTHORIZED));
  g_assert_cmpuint (fixture->center->connections, ==, 0);
}

static void
on_handshake (GObject *source, GAsyncResult *result, gpointer user_data)
{
  gboolean *refused = user_data;

  *refused = !g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result, NULL);
}

typedef struct
{
  GTlsCertificate *certificate;
  gboolean refused;
} Impostor;

static gboolean
on_incoming (GSocketService *service,
             GSocketConnection *connection,
             GObject *source,
             gpointer user_data)
{
  Impostor *impostor = user_data;
  g_autoptr (GIOStream) tls
      = g_tls_server_connection_new (G_IO_STREAM (connection), impostor->certificate, NULL);

  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT, NULL, on_handshake,
                                    &impostor->refused);
  return TRUE;
}

/* Not a SoupServer: that trips over a client that breaks off the handshake. */
static void
test_other_center (ChannelFixture *fixture, gconstpointer data)
{
  TestAuthority *other = test_authority_new ("test CA");
  g_autoptr (GSocketService) service = g_socket_service_new ();
  guint16 port = g_socket_listener_add_any_inet_port (G_SOCKET_LISTENER (service), NULL, NULL);
  g_autofree char *url = g_strdup_printf ("https://127.0.0.1:%u/channel", port);
  Impostor impostor = { test_authority_issue (other, "test center", TRUE), FALSE };

  g_signal_connect (service, "incoming", G_CALLBACK (on_incoming), &impostor);
  channel_fixture_make_channel (fixture, url, NULL);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING) && impostor.refused);
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_UNTRUSTED));
  channel_fixture_end_channel (fixture);
  g_socket_service_stop (service);
  g_object_unref (impostor.certificate);
  test_authority_free (other);
}

static void
test_other_certificate (ChannelFixture *fixture, gconstpointer data)
{
  TestAuthority *other = test_authority_new ("other CA");

  g_object_unref (fixture->certificate);
  fixture->certificate = test_authority_issue (other, "stranger", FALSE);
  channel_fixture_make_channel (fixture, NULL, NULL);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  g_assert_cmpuint (fixture->center->connections, ==, 0);
  test_authority_free (other);
}

static void
test_other_service (ChannelFixture *fixture, gconstpointer data)
{
  g_autofree char *url
      = g_uri_resolve_relative (fixture->center->url, "/other", SOUP_HTTP_URI_FLAGS, NULL);

  channel_fixture_make_channel (fixture, url, NULL);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_REFUSED));
}

/* --- Hostile centers --- */

#define ID "\"id\": \"3b0d0000-0000-4000-8000-000000000000\""
#define STREAM "\"stream\": \"5b0d0000-0000-4000-8000-000000000000\""
#define HELLO "{" ID ", \"type\": \"hello\", \"body\": {\"version\": 1, " STREAM "}}"

static void
check_greeting (ChannelFixture *fixture, const char *greeting, gushort code)
{
  fixture->center->close_code_seen = 0;
  fixture->center->greeting = greeting;
  gc_channel_set_enabled (fixture->channel, FALSE);
  gc_channel_set_enabled (fixture->channel, TRUE);
  g_test_message ("%.80s", greeting);
  wait_until (fixture->center->close_code_seen == code);
}

static void
test_greetings (ChannelFixture *fixture, gconstpointer data)
{
  static const char *const greetings[] = {
    "hello",
    "{}",
    "[]",
    "{" ID ", \"type\": \"ack\"}",
    "{" ID ", \"type\": \"task.new\", \"seq\": 1, \"body\": {}}",
    "{" ID ", \"type\": \"hello\"}",
    "{" ID ", \"type\": \"hello\", \"body\": {\"version\": 1}}",
    "{" ID ", \"type\": \"hello\", \"body\": {\"version\": \"1\", " STREAM "}}",
    "{" ID ", \"type\": \"hello\", \"body\": {\"version\": 1, \"stream\": \"x\"}}",
    "{" ID ", \"type\": \"hello\", \"body\": {\"version\": 1, \"stream\": 7}}",
    "{" ID ", \"type\": \"hello\", \"body\": {\"version\": 1, " STREAM ", \"peer\": \"x\"}}",
    "{" ID ", \"type\": \"hello\", \"seq\": 1, \"body\": {\"version\": 1, " STREAM "}}",
    "{" ID ", \"type\": \"hello\", \"ack\": -1, \"body\": {\"version\": 1, " STREAM "}}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (greetings); i++)
    check_greeting (fixture, greetings[i], 4003);
  check_greeting (fixture, "{" ID ", \"type\": \"hello\", \"body\": {\"version\": 2}}", 4004);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_VERSION_UNKNOWN));
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_UNSUPPORTED));
}

static void
test_frames_after_hello (ChannelFixture *fixture, gconstpointer data)
{
  static const char *const frames[] = {
    "garbage",
    HELLO,
    "{" ID ", \"type\": \"ack\", \"ack\": 1}",
    "{" ID ", \"type\": \"ack\", \"ack\": 9007199254740993}",
    "{" ID ", \"type\": \"TASK\", \"seq\": 1}",
    "{" ID ", \"type\": \"ack\", \"body\": []}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (frames); i++)
    {
      gc_channel_set_enabled (fixture->channel, FALSE);
      channel_fixture_go_online (fixture);
      wait_until (fixture->center->met);
      fixture->center->close_code_seen = 0;
      test_center_send (fixture->center, frames[i]);
      wait_until (fixture->center->close_code_seen == 4003);
    }
}

/* What arrives before the terminal has acted on the hello is not lost, and not unlimited. */
static void
test_impatient_center (ChannelFixture *fixture, gconstpointer data)
{
  fixture->center->greeting = HELLO;
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (fixture->center->websocket != NULL);
  for (int i = 1; i <= 300; i++)
    {
      g_autofree char *frame = g_strdup_printf ("{" ID ", \"type\": \"x\", \"seq\": %d}", i);

      test_center_send (fixture->center, frame);
    }
  wait_until (fixture->center->close_code_seen == 4003);
}

static void
test_oversized_frame (ChannelFixture *fixture, gconstpointer data)
{
  g_autofree char *frame = g_strnfill (70000, 'x');

  channel_fixture_go_online (fixture);
  test_center_send (fixture->center, frame);
  wait_until (!channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
}

static void
test_binary_frame (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_go_online (fixture);
  soup_websocket_connection_send_binary (fixture->center->websocket, "{}", 2);
  wait_until (fixture->center->close_code_seen == 4003);
}

/* RFC 6455 section 5.4: fragments of a text message that never ends. */
static void
test_endless_message (ChannelFixture *fixture, gconstpointer data)
{
  guint8 fragment[1028] = { 0x01, 126, 1024 >> 8, 1024 & 0xff };
  guint sent = 0;

  memset (fragment + 4, 'x', 1024);
  channel_fixture_go_online (fixture);
  while (fixture->center->websocket != NULL
         && channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE))
    {
      g_assert_cmpuint (sent, <, 4096);
      test_center_send_raw (fixture->center, fragment, sizeof fragment);
      fragment[0] = 0;
      sent++;
      g_main_context_iteration (NULL, FALSE);
    }
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_TOO_LARGE));
  g_assert_cmpuint (sent, >, 64);
}

/* A backlog of good messages is no flood, however much of it is read at a time. */
static void
test_large_backlog (ChannelFixture *fixture, gconstpointer data)
{
  g_autofree char *text = g_strnfill (60000, 'x');
  g_autofree char *frame
      = g_strdup_printf ("{" ID ", \"type\": \"y\", \"body\": {\"text\": \"%s\"}}", text);

  channel_fixture_go_online (fixture);
  for (int i = 0; i < 100; i++)
    test_center_send (fixture->center, frame);
  wait_until (fixture->received->len == 100);
  g_assert_cmpuint (fixture->center->connections, ==, 1);
}

static void
test_unknown_types (ChannelFixture *fixture, gconstpointer data)
{
  static const char *const bodies[] = { "{}", "{\"task\": 1}", "{\"task\": {\"id\": \"x\"}}" };

  channel_fixture_go_online (fixture);
  test_center_enqueue (fixture->center, "from.the.future", "{\"a\": [1, 2]}");
  for (gsize i = 0; i < G_N_ELEMENTS (bodies); i++)
    {
      test_center_enqueue (fixture->center, "task.new", bodies[i]);
      test_center_enqueue (fixture->center, "task.cancel", bodies[i]);
      test_center_enqueue (fixture->center, "live.viewer", bodies[i]);
    }
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (channel_fixture_all_delivered (fixture, 0, 1));
  g_assert_cmpuint (fixture->center->connections, ==, 1);
}

/* --- The line --- */

static TestLink *
make_link (ChannelFixture *fixture)
{
  g_autoptr (GUri) uri = g_uri_parse (fixture->center->url, SOUP_HTTP_URI_FLAGS, NULL);
  TestLink *link = test_link_new ((guint16) g_uri_get_port (uri));
  g_autofree char *url
      = g_strdup_printf ("https://127.0.0.1:%u/channel", test_link_get_port (link));

  channel_fixture_make_channel (fixture, url, NULL);
  return link;
}

static void
test_dead_line (ChannelFixture *fixture, gconstpointer data)
{
  TestLink *link = make_link (fixture);

  gc_channel_set_keepalive (fixture->channel, 1);
  channel_fixture_go_online (fixture);
  test_link_freeze (link);
  channel_fixture_enqueue_numbered (fixture, 1, 3);
  wait_until (channel_fixture_all_delivered (fixture, 3, 0));
  g_assert_cmpuint (test_link_get_connections (link), ==, 2);
  channel_fixture_end_channel (fixture);
  test_link_free (link);
}

static void
test_network_changed (ChannelFixture *fixture, gconstpointer data)
{
  TestLink *link = make_link (fixture);

  channel_fixture_go_online (fixture);
  /* The connection survived: it stays. */
  gc_channel_network_changed (fixture->channel, TRUE);
  {
    gint64 until_us = g_get_monotonic_time () + 5 * G_USEC_PER_SEC;

    wait_until (g_get_monotonic_time () > until_us);
  }
  g_assert_cmpuint (test_link_get_connections (link), ==, 1);
  /* It did not survive: there is another. */
  test_link_freeze (link);
  gc_channel_network_changed (fixture->channel, FALSE);
  channel_fixture_enqueue_numbered (fixture, 1, 3);
  wait_until (channel_fixture_all_delivered (fixture, 3, 0));
  g_assert_cmpuint (test_link_get_connections (link), ==, 2);
  channel_fixture_end_channel (fixture);
  test_link_free (link);
}

static void
test_network_comes_back (ChannelFixture *fixture, gconstpointer data)
{
  test_center_stop (fixture->center);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  test_center_listen (fixture->center);
  gc_channel_network_changed (fixture->channel, TRUE);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_CONNECTING));
  /* And again, while the attempt is under way. */
  gc_channel_network_changed (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
}

/* A large center asks its terminals to take their time; not so whose network is new, or whose
 * worker wants to. */
static void
test_spread (ChannelFixture *fixture, gconstpointer data)
{
  fixture->center->spread_s = 60;
  channel_fixture_go_online (fixture);
  test_center_drop (fixture->center);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  gc_channel_network_changed (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
  fixture->center->spread_s = 9999;
  test_center_drop (fixture->center);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
}

/* --- Ephemeral envelopes, closing --- */

static void
test_ephemeral (ChannelFixture *fixture, gconstpointer data)
{
  g_autoptr (GcEnvelope) status = gc_envelope_new ("status", NULL);

  g_assert_false (gc_channel_send (fixture->channel, status));
  channel_fixture_go_online (fixture);
  g_assert_true (gc_channel_send (fixture->channel, status));
  wait_until (fixture->center->ephemerals == 1);
  test_center_send (fixture->center,
                    "{" ID ", \"type\": \"live.request\", \"body\": {\"by\": \"Li\"}}");
  wait_until (fixture->received->len == 1);
  g_assert_cmpstr (((GcEnvelope *) g_ptr_array_index (fixture->received, 0))->type, ==,
                   "live.request");
  g_assert_cmpint (gc_store_get_committed (fixture->terminal.store), ==, 0);
  g_assert_cmpuint (gc_store_get_unsent (fixture->terminal.store), ==, 0);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  int *outcome = user_data;

  *outcome = gc_channel_close_finish (GC_CHANNEL (source), result, NULL);
}

static void
check_closing (ChannelFixture *fixture, guint flush_ms, GCancellable *cancellable, gboolean all)
{
  int outcome = -1;

  gc_channel_close_async (fixture->channel, flush_ms, cancellable, on_closed, &outcome);
  if (cancellable != NULL)
    g_cancellable_cancel (cancellable);
  wait_until (outcome >= 0);
  g_assert_cmpint (outcome, ==, all);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_OFF));
}

static void
test_close_delivers (ChannelFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  channel_fixture_go_online (fixture);
  store_set_duty (fixture->terminal.store, TRUE, &error);
  store_set_duty (fixture->terminal.store, FALSE, &error);
  check_closing (fixture, 60000, NULL, TRUE);
  g_assert_cmpuint (fixture->center->applied->len, ==, 2);
  wait_until (fixture->center->close_code_seen == 1000);
}

static void
test_close_in_time (ChannelFixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  fixture->center->never_ack = TRUE;
  store_enqueue (fixture->terminal.store, "test.up", "x", &error);
  channel_fixture_go_online (fixture);
  check_closing (fixture, 50, NULL, FALSE);
  channel_fixture_go_online (fixture);
  check_closing (fixture, 600000, cancellable, FALSE);
  check_closing (fixture, 600000, NULL, FALSE);
  g_assert_cmpuint (gc_store_get_unsent (fixture->terminal.store), ==, 1);
}

static void
acknowledge_one (ChannelFixture *fixture)
{
  fixture->center->never_ack = FALSE;
  test_center_send (fixture->center, "{" ID ", \"type\": \"ack\", \"ack\": 1}");
}

/* Off duty, and back on duty before the center has heard of it. */
static void
test_close_taken_back (ChannelFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int outcome = -1;

  fixture->center->never_ack = TRUE;
  store_enqueue (fixture->terminal.store, "test.up", "x", &error);
  channel_fixture_go_online (fixture);
  wait_until (fixture->center->applied->len == 1);
  gc_channel_close_async (fixture->channel, 600000, NULL, on_closed, &outcome);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (outcome == FALSE);
  acknowledge_one (fixture);
  wait_until (gc_store_get_unsent (fixture->terminal.store) == 0);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
}

/* Off duty, and the window is closed before the center has heard of it. */
static void
test_close_again (ChannelFixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  int outcome = -1;

  fixture->center->never_ack = TRUE;
  store_enqueue (fixture->terminal.store, "test.up", "x", &error);
  channel_fixture_go_online (fixture);
  gc_channel_close_async (fixture->channel, 600000, NULL, on_closed, &outcome);
  check_closing (fixture, 0, NULL, FALSE);
  g_assert_cmpint (outcome, ==, FALSE);
}

static void
test_off_in_all_states (ChannelFixture *fixture, gconstpointer data)
{
  gc_channel_set_enabled (fixture->channel, FALSE);
  gc_channel_set_enabled (fixture->channel, TRUE);
  gc_channel_set_enabled (fixture->channel, TRUE);
  gc_channel_set_enabled (fixture->channel, FALSE);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_OFF));
  channel_fixture_go_online (fixture);
  gc_channel_set_enabled (fixture->channel, FALSE);
  wait_until (fixture->center->close_code_seen == 1000);
  test_center_stop (fixture->center);
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  gc_channel_set_enabled (fixture->channel, FALSE);
  g_assert_true (channel_fixture_state_is (fixture, GC_CHANNEL_OFF));
}

static void
test_store_gone (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_go_online (fixture);
  gc_store_close (fixture->terminal.store);
  channel_fixture_center_enqueue (fixture, 1);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_WAITING));
  g_assert_true (channel_fixture_problem_is (fixture, GC_ERROR_STORAGE));
  wait_until (fixture->center->close_code_seen == 1001);
  g_assert_cmpuint (fixture->center->outbox.length, ==, 1);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  CHANNEL_TEST ("ends/replaced", test_replaced);
  CHANNEL_TEST ("ends/revoked", test_revoked);
  CHANNEL_TEST ("ends/version", test_version);
  CHANNEL_TEST ("ends/codes-that-pass", test_codes_that_pass);
  CHANNEL_TEST ("refusals/forbidden", test_forbidden);
  CHANNEL_TEST ("refusals/other-center", test_other_center);
  CHANNEL_TEST ("refusals/other-certificate", test_other_certificate);
  CHANNEL_TEST ("refusals/other-service", test_other_service);
  CHANNEL_TEST ("hostile/greetings", test_greetings);
  CHANNEL_TEST ("hostile/frames", test_frames_after_hello);
  CHANNEL_TEST ("hostile/impatient", test_impatient_center);
  CHANNEL_TEST ("hostile/oversized-frame", test_oversized_frame);
  CHANNEL_TEST ("hostile/binary-frame", test_binary_frame);
  CHANNEL_TEST ("hostile/endless-message", test_endless_message);
  CHANNEL_TEST ("hostile/large-backlog", test_large_backlog);
  CHANNEL_TEST ("hostile/unknown-types", test_unknown_types);
  CHANNEL_TEST ("line/dead", test_dead_line);
  CHANNEL_TEST ("line/network-changed", test_network_changed);
  CHANNEL_TEST ("line/spread", test_spread);
  CHANNEL_TEST ("line/network-comes-back", test_network_comes_back);
  CHANNEL_TEST ("ephemeral/now-or-never", test_ephemeral);
  CHANNEL_TEST ("close/delivers", test_close_delivers);
  CHANNEL_TEST ("close/in-time", test_close_in_time);
  CHANNEL_TEST ("close/taken-back", test_close_taken_back);
  CHANNEL_TEST ("close/again", test_close_again);
  CHANNEL_TEST ("close/in-all-states", test_off_in_all_states);
  CHANNEL_TEST ("close/store-gone", test_store_gone);
  return g_test_run ();
}
