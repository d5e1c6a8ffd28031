/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the center's end of the dispatch channel:
 *  - who has no certificate of this center, or one of another authority, is not let in
 *  - a revoked terminal is told so
 *  - a newer connection replaces the older, but not before its terminal has said a word; what the
 *    older brought meanwhile is acknowledged when it has come over the newer, too
 *  - what is acknowledged is stored, and takes effect once, whatever is sent again
 *  - what was not acknowledged is sent again after a reconnect and after the center's restart
 *  - a gap, a false acknowledgement, and anything malformed or too big closes the connection
 *  - unknown types are kept and acknowledged; known ones that do not fit have no effect
 *  - new and set back stores find to each other again
 */

#include "base/gc-id.h"
#include "center-fixture.h"
#include "center/gc-authority.h"
#include "identity/gc-device-key.h"
#include "protocol/gc-json.h"

#include <string.h>

static void
test_no_certificate (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Channel) channel = channel_new ();

  channel_connect (channel, fixture, NULL);
  g_assert_null (channel->socket);
  g_assert_cmpuint (channel->status, ==, 403);
}

static void
test_foreign_certificate (Fixture *fixture, gconstpointer data)
{
  const char *const hosts[] = { "localhost", NULL };
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *folder = g_dir_make_tmp ("gridcast-other-XXXXXX", NULL);
  g_autofree char *terminal = gc_id_new ();
  g_autofree char *device = NULL;
  g_autofree char *key = gc_device_key_new (NULL);
  g_autofree char *request_text = gc_device_key_make_request (key, "x", NULL);
  g_autoptr (GcAuthority) other = gc_authority_open (folder, "Other", hosts, NULL);
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GBytes) der = NULL;
  g_autofree char *base64 = NULL;
  g_autofree char *pem = NULL;
  g_autoptr (GTlsCertificate) certificate = NULL;
  gsize length;
  guint8 *decoded = g_base64_decode (request_text, &length);

  request = g_bytes_new_take (decoded, length);
  der = gc_authority_issue (other, request, terminal, &device, NULL);
  g_assert_nonnull (der);
  base64 = g_base64_encode (g_bytes_get_data (der, NULL), g_bytes_get_size (der));
  pem = g_strdup_printf ("-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n%s", base64,
                         key);
  certificate = g_tls_certificate_new_from_pem (pem, -1, NULL);
  g_assert_nonnull (certificate);
  channel_connect (channel, fixture, certificate);
  g_assert_null (channel->socket);
}

static void
test_revoked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autoptr (Answer) answer = NULL;
  g_autofree char *path = NULL;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  path = g_strconcat ("/api/terminals/", gc_credentials_get_terminal_id (credentials), NULL);
  answer = fixture_request (fixture, "DELETE", path, NULL);
  g_assert_cmpuint (answer->status, ==, 204);
  channel_wait_closed (channel, GC_CHANNEL_CLOSE_REVOKED);
  channel_connect (channel, fixture, gc_credentials_get_certificate (credentials));
  g_assert_nonnull (channel->socket);
  channel_wait_closed (channel, GC_CHANNEL_CLOSE_REVOKED);
}

static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) older = channel_new ();
  g_autoptr (Channel) newer = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (older, fixture, credentials);
  g_set_str (&newer->stream, older->stream);
  g_set_str (&newer->peer, older->peer);
  channel_open (newer, fixture, credentials);
  channel_wait_closed (older, GC_CHANNEL_CLOSE_REPLACED);
  channel_send (newer, GC_MSG_DUTY, 1, 0, "{\"on\": true, \"at\": \"2026-11-24T02:33:00Z\"}");
  channel_wait_ack (newer, 1);
}

/* On a slow network the request for a connection may come after its terminal has given it up. */
static void
test_wordless (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) before = channel_new ();
  g_autoptr (Channel) channel = channel_new ();
  g_autoptr (Channel) after = channel_new ();
  GTlsCertificate *certificate;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  certificate = gc_credentials_get_certificate (credentials);
  channel_connect (before, fixture, certificate);
  g_assert_nonnull (before->socket);
  channel_open (channel, fixture, credentials);
  channel_wait_closed (before, GC_CHANNEL_CLOSE_REPLACED);
  for (guint i = 1; i <= 2; i++)
    {
      channel_connect (after, fixture, certificate);
      g_assert_nonnull (after->socket);
      channel_send (channel, GC_MSG_DUTY, i, 0, "{\"on\": true, \"at\": \"2026-11-24T02:33:00Z\"}");
      channel_wait_ack (channel, i);
    }
}

static void
test_wordless_crowd (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GPtrArray) crowd = g_ptr_array_new_with_free_func ((GDestroyNotify) channel_free);
  g_autoptr (GcCredentials) credentials = NULL;
  const guint more_than_may_wait = 5;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  for (guint i = 0; i < more_than_may_wait; i++)
    {
      g_ptr_array_add (crowd, channel_new ());
      channel_connect (g_ptr_array_index (crowd, i), fixture,
                       gc_credentials_get_certificate (credentials));
    }
  channel_wait_closed (g_ptr_array_index (crowd, 0), GC_CHANNEL_CLOSE_REPLACED);
}

static guint
count_points (Fixture *fixture, GcCredentials *credentials)
{
  g_autofree char *path = g_strdup_printf ("/api/terminals/%s/track?hours=72",
                                           gc_credentials_get_terminal_id (credentials));
  g_autoptr (Answer) answer = fixture_request (fixture, "GET", path, NULL);
  JsonObject *properties = json_object_get_object_member (answer->json, "properties");

  g_assert_cmpuint (answer->status, ==, 200);
  return json_array_get_length (json_object_get_array_member (properties, "times"));
}

static char *
make_track (guint number)
{
  g_autoptr (GDateTime) now = g_date_time_new_now_utc ();
  g_autoptr (GDateTime) then = g_date_time_add_seconds (now, -3600 + (double) number);
  g_autofree char *at = g_date_time_format (then, "%Y-%m-%dT%H:%M:%SZ");

  return g_strdup_printf ("{\"points\": [{\"lon\": 120.1, \"lat\": 30.2, \"at\": \"%s\"}]}", at);
}

static void
test_effect_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  for (guint i = 1; i <= 10; i++)
    {
      g_autofree char *body = make_track (i);

      channel_send (channel, GC_MSG_TRACK, i, 0, body);
    }
  channel_wait_ack (channel, 10);
  g_assert_cmpuint (count_points (fixture, credentials), ==, 10);
  for (guint i = 5; i <= 10; i++)
    {
      g_autofree char *body = make_track (100 + i);

      channel_send (channel, GC_MSG_TRACK, i, 0, body);
    }
  channel_wait_ack (channel, 10);
  fixture_restart (fixture);
  channel_open (channel, fixture, credentials);
  for (guint i = 9; i <= 11; i++)
    {
      g_autofree char *body = make_track (200 + i);

      channel_send (channel, GC_MSG_TRACK, i, 0, body);
    }
  channel_wait_ack (channel, 11);
  g_assert_cmpuint (count_points (fixture, credentials), ==, 11);
}

static void
create_task (Fixture *fixture, GcCredentials *credentials, const char *title)
{
  g_autofree char *body
      = g_strdup_printf ("{\"terminal\": \"%s\", \"title\": \"%s\", \"urgency\": \"urgent\"}",
                         gc_credentials_get_terminal_id (credentials), title);
  g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/tasks", body);

  g_assert_cmpuint (answer->status, ==, 201);
}

/* What came over an older connection is acknowledged on a newer one when it has come there, too:
 * the terminal does not know that it arrived. */
static void
test_late_arrival (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) older = channel_new ();
  g_autoptr (Channel) newer = channel_new ();
  g_autoptr (GcEnvelope) hello = NULL;
  g_autoptr (GcEnvelope) task = NULL;
  g_autofree char *first = make_track (1);
  g_autofree char *second = make_track (2);
  g_autofree char *greeting = NULL;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (older, fixture, credentials);
  channel_send (older, GC_MSG_TRACK, 1, 0, first);
  channel_wait_ack (older, 1);
  channel_connect (newer, fixture, gc_credentials_get_certificate (credentials));
  hello = channel_take (newer, GC_MSG_HELLO);
  g_assert_cmpint (hello->ack, ==, 1);
  channel_send (older, GC_MSG_TRACK, 2, 0, second);
  channel_wait_ack (older, 2);
  greeting = g_strdup_printf ("{\"version\": 1, \"stream\": \"%s\", \"peer\": \"%s\"}",
                              older->stream, older->peer);
  channel_send (newer, GC_MSG_HELLO, 0, 0, greeting);
  create_task (fixture, credentials, "first");
  task = channel_take (newer, GC_MSG_TASK_NEW);
  g_assert_cmpint (task->ack, ==, 1);
  channel_send (newer, GC_MSG_TRACK, 2, 0, second);
  channel_wait_ack (newer, 2);
  g_assert_cmpuint (count_points (fixture, credentials), ==, 2);
}

static void
assert_task (Channel *channel, gint64 seq, const char *title)
{
  g_autoptr (GcEnvelope) envelope = channel_take (channel, GC_MSG_TASK_NEW);
  JsonObject *task = json_object_get_object_member (envelope->body, "task");

  g_assert_cmpint (envelope->seq, ==, seq);
  g_assert_cmpstr (json_object_get_string_member (task, "title"), ==, title);
}

static void
test_sent_again (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  create_task (fixture, credentials, "first");
  channel_open (channel, fixture, credentials);
  assert_task (channel, 1, "first");
  create_task (fixture, credentials, "second");
  assert_task (channel, 2, "second");
  channel->received = 1;
  channel_open (channel, fixture, credentials);
  assert_task (channel, 2, "second");
  channel->received = 1;
  fixture_restart (fixture);
  channel_open (channel, fixture, credentials);
  assert_task (channel, 2, "second");
}

/* Sixty-four at the most are under way. */
static void
test_window (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  for (int i = 0; i < GC_ENVELOPE_WINDOW + 6; i++)
    create_task (fixture, credentials, "one of many");
  channel_open (channel, fixture, credentials);
  for (int i = 1; i <= GC_ENVELOPE_WINDOW; i++)
    assert_task (channel, i, "one of many");
  channel_send (channel, GC_MSG_DUTY, 1, 0, "{\"on\": true, \"at\": \"2026-11-24T02:33:00Z\"}");
  channel_wait_ack (channel, 1);
  g_assert_cmpint (channel->received, ==, GC_ENVELOPE_WINDOW);
  channel_send (channel, GC_MSG_ACK, 0, 6, "{}");
  for (int i = 1; i <= 6; i++)
    assert_task (channel, GC_ENVELOPE_WINDOW + i, "one of many");
}

/* What those have that fill a window of bytes, and five more. */
#define LONG_TASKS 36

/* Fewer where they are long: a window of the longest would be four megabytes. */
static void
test_window_of_bytes (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *title = g_strnfill (120, 't');
  g_autofree char *description = g_strnfill (4000, 'd');
  g_autofree char *form = NULL;
  int arrived;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  form = g_strdup_printf ("{\"terminal\": \"%s\", \"title\": \"%s\", \"description\": \"%s\","
                          " \"urgency\": \"routine\"}",
                          gc_credentials_get_terminal_id (credentials), title, description);
  for (int i = 0; i < LONG_TASKS; i++)
    {
      g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/tasks", form);

      g_assert_cmpuint (answer->status, ==, 201);
    }
  channel_open (channel, fixture, credentials);
  channel_send (channel, GC_MSG_DUTY, 1, 0, "{\"on\": true, \"at\": \"2026-11-24T02:33:00Z\"}");
  channel_wait_ack (channel, 1);
  arrived = (int) channel->received;
  g_assert_cmpint (arrived, >, 0);
  g_assert_cmpint (arrived, <, LONG_TASKS);
  channel_send (channel, GC_MSG_ACK, 0, arrived, "{}");
  for (int i = arrived + 1; i <= LONG_TASKS; i++)
    assert_task (channel, i, title);
}

static void
test_gap (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  channel_send (channel, GC_MSG_TRACK, 2, 0, "{\"points\": []}");
  channel_wait_closed (channel, GC_CHANNEL_CLOSE_SEQUENCE);
}

static void
test_malformed (Fixture *fixture, gconstpointer data)
{
  static const char *const TEXTS[] = {
    "",
    "no JSON",
    "[]",
    "{}",
    "{\"id\": \"x\", \"type\": \"track\"}",
    "{\"id\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\", \"type\": \"hello\"}",
    "{\"id\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\", \"type\": \"ack\", \"ack\": 7}",
    "{\"id\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\", \"type\": \"track\", \"seq\": -1}",
    "{\"id\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\", \"type\": \"track\", \"body\": []}",
  };
  g_autoptr (GcCredentials) credentials = NULL;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  for (gsize i = 0; i < G_N_ELEMENTS (TEXTS); i++)
    {
      g_autoptr (Channel) channel = channel_new ();

      g_test_message ("%s", TEXTS[i]);
      channel_open (channel, fixture, credentials);
      channel_send_text (channel, TEXTS[i]);
      channel_wait_closed (channel, GC_CHANNEL_CLOSE_MALFORMED);
    }
}

static void
test_bad_hello (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *type;
    gint64 seq;
    const char *body;
    gushort code;
  } CASES[] = {
    { "track", 1, "{\"points\": []}", GC_CHANNEL_CLOSE_MALFORMED },
    { "hello", 0, "{}", GC_CHANNEL_CLOSE_MALFORMED },
    { "hello", 0, "{\"version\": 1, \"stream\": 5}", GC_CHANNEL_CLOSE_MALFORMED },
    { "hello", 1, "{\"version\": 1, \"stream\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\"}",
      GC_CHANNEL_CLOSE_MALFORMED },
    { "hello", 0, "{\"version\": 2, \"stream\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\"}",
      GC_CHANNEL_CLOSE_VERSION },
  };
  g_autoptr (GcCredentials) credentials = NULL;

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (Channel) channel = channel_new ();

      channel_connect (channel, fixture, gc_credentials_get_certificate (credentials));
      channel_send (channel, CASES[i].type, CASES[i].seq, 0, CASES[i].body);
      channel_wait_closed (channel, CASES[i].code);
    }
}

static void
test_binary (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  soup_websocket_connection_send_binary (channel->socket, "\0\1\2", 3);
  channel_wait_closed (channel, GC_CHANNEL_CLOSE_MALFORMED);
}

static void
test_too_big (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *text = g_strnfill (GC_ENVELOPE_MAX_LENGTH + 1, ' ');

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  channel_send_text (channel, text);
  channel_wait_closed (channel, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
}

/* libsoup's client sends no fragments: they are written by hand below it. */
static void
test_too_big_in_fragments (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  GOutputStream *output;
  guint8 frame[4 + 4 + 1000] = { 0x01, 0x80 | 126, 1000 >> 8, 1000 & 0xff };

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  output
      = g_io_stream_get_output_stream (soup_websocket_connection_get_io_stream (channel->socket));
  memset (frame + 8, ' ', 1000);
  for (int i = 0; i < 66; i++)
    {
      g_assert_true (g_output_stream_write_all (output, frame, sizeof frame, NULL, NULL, NULL));
      frame[0] = 0x00;
      g_main_context_iteration (NULL, FALSE);
    }
  channel_wait_closed (channel, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
}

static void
test_no_effect (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *type;
    const char *body;
  } CASES[] = {
    { "from.the.future", "{\"what\": [1, 2, 3]}" },
    { "track", "{}" },
    { "track", "{\"points\": 5}" },
    { "track", "{\"points\": [5]}" },
    { "track", "{\"points\": [{\"lon\": 999, \"lat\": 0, \"at\": \"2026-11-24T02:33:00Z\"}]}" },
    { "duty", "{\"on\": \"yes\"}" },
    { "task.state", "{}" },
    { "task.state", "{\"task\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\", \"state\": \"done\","
                    " \"at\": \"2026-11-24T02:33:00Z\"}" },
    { "status", "{\"battery_percent\": 50}" },
    { "hello.again", "{}" },
  };
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  for (guint i = 0; i < G_N_ELEMENTS (CASES); i++)
    channel_send (channel, CASES[i].type, i + 1, 0, CASES[i].body);
  channel_wait_ack (channel, G_N_ELEMENTS (CASES));
  g_assert_cmpuint (count_points (fixture, credentials), ==, 0);
}

/* The terminal lost its store: the center takes its numbers from 1, and sends again what was not
 * acknowledged, numbered from 1, and then the open tasks that were. */
static void
test_new_store (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) before = channel_new ();
  g_autoptr (Channel) after = channel_new ();
  g_autofree char *body = make_track (1);

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  create_task (fixture, credentials, "first");
  create_task (fixture, credentials, "second");
  channel_open (before, fixture, credentials);
  assert_task (before, 1, "first");
  assert_task (before, 2, "second");
  channel_send (before, GC_MSG_TRACK, 1, 1, body);
  channel_wait_ack (before, 1);
  channel_open (after, fixture, credentials);
  assert_task (after, 1, "second");
  assert_task (after, 2, "first");
  channel_send (after, GC_MSG_TRACK, 1, 0, body);
  channel_wait_ack (after, 1);
}

/* The terminal has committed more than the center remembers to have sent: the center was set back,
 * and both start anew. */
static void
test_set_back (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *stream = NULL;
  g_autofree char *body = make_track (1);

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "李强");
  channel_open (channel, fixture, credentials);
  channel_send (channel, GC_MSG_TRACK, 1, 0, body);
  channel_wait_ack (channel, 1);
  stream = g_strdup (channel->peer);
  channel->received = 50;
  channel_open (channel, fixture, credentials);
  channel_wait_closed (channel, GC_CHANNEL_CLOSE_SEQUENCE);
  channel->received = 0;
  channel_open (channel, fixture, credentials);
  g_assert_cmpstr (channel->peer, !=, stream);
  channel_send (channel, GC_MSG_TRACK, 1, 0, body);
  channel_wait_ack (channel, 1);
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/channel/no-certificate-no-entry", test_no_certificate);
  ADD ("/center/channel/foreign-certificate-no-entry", test_foreign_certificate);
  ADD ("/center/channel/revoked-is-told", test_revoked);
  ADD ("/center/channel/newer-replaces-older", test_replaced);
  ADD ("/center/channel/wordless-replaces-nobody", test_wordless);
  ADD ("/center/channel/late-arrival-is-not-news", test_late_arrival);
  ADD ("/center/channel/wordless-crowd-is-not-collected", test_wordless_crowd);
  ADD ("/center/channel/effect-once", test_effect_once);
  ADD ("/center/channel/unacknowledged-is-sent-again", test_sent_again);
  ADD ("/center/channel/window-holds", test_window);
  ADD ("/center/channel/window-holds-in-bytes", test_window_of_bytes);
  ADD ("/center/channel/gap-closes", test_gap);
  ADD ("/center/channel/malformed-closes", test_malformed);
  ADD ("/center/channel/bad-hello-closes", test_bad_hello);
  ADD ("/center/channel/binary-closes", test_binary);
  ADD ("/center/channel/too-big-closes", test_too_big);
  ADD ("/center/channel/too-big-in-fragments-closes", test_too_big_in_fragments);
  ADD ("/center/channel/what-does-not-fit-has-no-effect", test_no_effect);
  ADD ("/center/channel/new-store-starts-anew", test_new_store);
  ADD ("/center/channel/set-back-store-starts-anew", test_set_back);
  return g_test_run ();
}
