/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of alerts at the center, as PROTOCOL.md and API.md have them:
 *  - everybody gets an alert exactly once, whatever connection breaks and whenever the center is
 *    restarted; who is paired later gets what holds
 *  - the console says who has received it and who has read it; who says so twice has read it once
 *  - what was cancelled or has expired is not sent any more; who has it already hears of it
 *  - a message of CAP comes in as others wrote it, once; what does not fit is refused
 */

#include "base/gc-clock.h"
#include "center-fixture.h"
#include "protocol/gc-cap.h"

#include <string.h>

#define HOUR_MS 3600000
#define NOBODY "00000000-0000-4000-8000-000000000000"

static char *
make_form (gint64 lifetime_ms)
{
  g_autofree char *expires = gc_clock_format (gc_clock_wall_ms () + lifetime_ms);

  return g_strdup_printf (
      "{\"event\": \"洪水\", \"urgency\": \"Immediate\", \"severity\": \"Severe\","
      " \"headline\": \"水位上涨\", \"instruction\": \"离开河岸\", \"language\": \"zh-CN\","
      " \"area\": {\"circle\": {\"lon\": 121.1, \"lat\": 28.8, \"radius_m\": 2000}},"
      " \"expires\": \"%s\"}",
      expires);
}

static char *
send_alert (Fixture *fixture, gint64 lifetime_ms)
{
  g_autofree char *form = make_form (lifetime_ms);
  g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/alerts", form);

  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_cmpstr (json_object_get_string_member (answer->json, "state"), ==, "current");
  return g_strdup (json_object_get_string_member (answer->json, "id"));
}

static void
assert_alert (const GcEnvelope *envelope, const char *id, GcCapType type)
{
  const char *xml = json_object_get_string_member (envelope->body, "cap");
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCap) cap = gc_cap_parse (xml, strlen (xml), &error);

  g_assert_no_error (error);
  g_assert_cmpint (cap->type, ==, type);
  if (id != NULL)
    g_assert_cmpstr (json_object_get_string_member (envelope->body, "id"), ==, id);
}

/* In its place in the stream: the copies that are sent ahead say the same. */
static void
take_alert (Channel *channel, const char *id, GcCapType type)
{
  for (;;)
    {
      g_autoptr (GcEnvelope) envelope = channel_take (channel, "alert");

      if (envelope->seq == 0)
        continue;
      assert_alert (envelope, id, type);
      return;
    }
}

typedef struct
{
  Fixture *fixture;
  const char *id;
  const char *state;
  gint64 received;
  gint64 read;
} Expected;

static gboolean
is_as_expected (gpointer data)
{
  const Expected *expected = data;
  g_autofree char *path = g_strconcat ("/api/alerts/", expected->id, NULL);
  g_autoptr (Answer) answer = fixture_request (expected->fixture, "GET", path, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  return strcmp (json_object_get_string_member (answer->json, "state"), expected->state) == 0
         && json_object_get_int_member (answer->json, "received") == expected->received
         && json_object_get_int_member (answer->json, "read") == expected->read;
}

static void
expect (Fixture *fixture, const char *id, const char *state, gint64 received, gint64 read)
{
  Expected expected = { fixture, id, state, received, read };

  wait_until (is_as_expected, &expected);
}

static void
say_read (Channel *channel, gint64 seq, const char *id)
{
  g_autofree char *body
      = g_strdup_printf ("{\"alert\": \"%s\", \"at\": \"2026-11-24T02:33:00Z\"}", id);

  channel_send (channel, "alert.read", seq, channel->received, body);
  channel_wait_ack (channel, seq);
}

static void
assert_counts_of_receipts (Fixture *fixture, const char *id)
{
  g_autofree char *path = g_strconcat ("/api/alerts/", id, NULL);
  g_autoptr (Answer) answer = fixture_request (fixture, "GET", path, NULL);
  JsonArray *terminals = json_object_get_array_member (answer->json, "terminals");
  JsonObject *first = json_array_get_object_element (terminals, 0);
  JsonObject *second = json_array_get_object_element (terminals, 1);

  g_assert_cmpuint (json_array_get_length (terminals), ==, 2);
  g_assert_cmpstr (json_object_get_string_member (first, "worker"), ==, "李四");
  g_assert_true (json_object_get_null_member (first, "read_at"));
  g_assert_cmpstr (json_object_get_string_member (second, "worker"), ==, "张三");
  g_assert_cmpstr (json_object_get_string_member (second, "read_at"), ==,
                   "2026-11-24T02:33:00.000Z");
}

static void
test_exactly_once (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) one = NULL;
  g_autoptr (GcCredentials) other = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autoptr (Channel) late = channel_new ();
  g_autofree char *id = NULL;

  fixture_log_in (fixture);
  one = fixture_pair (fixture, "张三");
  other = fixture_pair (fixture, "李四");
  channel_open (channel, fixture, one);
  id = send_alert (fixture, HOUR_MS);
  take_alert (channel, id, GC_CAP_ALERT);
  /* Not acknowledged: it comes again, as the same. */
  channel_close (channel);
  channel->received = 0;
  channel_open (channel, fixture, one);
  take_alert (channel, id, GC_CAP_ALERT);
  say_read (channel, 1, id);
  expect (fixture, id, "current", 1, 1);
  say_read (channel, 2, id);
  say_read (channel, 3, NOBODY);
  channel_close (channel);
  fixture_restart (fixture);
  expect (fixture, id, "current", 1, 1);
  assert_counts_of_receipts (fixture, id);
  /* It does not come once more to who has it; the next one is the first that comes. */
  channel_open (channel, fixture, one);
  channel_open (late, fixture, other);
  take_alert (late, id, GC_CAP_ALERT);
  channel_send (late, "ack", 0, late->received, "{}");
  expect (fixture, id, "current", 2, 1);
  {
    g_autofree char *next = send_alert (fixture, HOUR_MS);

    take_alert (channel, next, GC_CAP_ALERT);
  }
}

static void
test_paired_later (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *id = NULL;
  g_autofree char *ended = NULL;
  g_autofree char *path = NULL;
  g_autoptr (Answer) answer = NULL;

  fixture_log_in (fixture);
  ended = send_alert (fixture, HOUR_MS);
  path = g_strconcat ("/api/alerts/", ended, "/cancel", NULL);
  answer = fixture_request (fixture, "POST", path, "{}");
  g_assert_cmpuint (answer->status, ==, 200);
  id = send_alert (fixture, HOUR_MS);
  credentials = fixture_pair (fixture, "王五");
  channel_open (channel, fixture, credentials);
  take_alert (channel, NULL, GC_CAP_CANCEL);
  take_alert (channel, id, GC_CAP_ALERT);
}

static void
test_cancel (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) one = NULL;
  g_autoptr (GcCredentials) other = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autoptr (Channel) late = channel_new ();
  g_autofree char *id = NULL;
  g_autofree char *path = NULL;
  g_autoptr (Answer) answer = NULL;
  g_autoptr (Answer) again = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  fixture_log_in (fixture);
  one = fixture_pair (fixture, "张三");
  other = fixture_pair (fixture, "李四");
  channel_open (channel, fixture, one);
  id = send_alert (fixture, HOUR_MS);
  take_alert (channel, id, GC_CAP_ALERT);
  path = g_strconcat ("/api/alerts/", id, "/cancel", NULL);
  answer = fixture_request (fixture, "POST", path, "{\"reason\": \"误报\"}");
  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (json_object_get_string_member (answer->json, "state"), ==, "cancelled");
  take_alert (channel, NULL, GC_CAP_CANCEL);
  again = fixture_request (fixture, "POST", path, "{}");
  assert_problem (again, 409, "conflict");
  /* Who was away is not alarmed by what does not hold any more. */
  channel_open (late, fixture, other);
  envelope = channel_take (late, "lost");
  g_assert_cmpint (envelope->seq, ==, 1);
  take_alert (late, NULL, GC_CAP_CANCEL);
  g_assert_cmpint (late->received, ==, 2);
}

static void
test_expired (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *id = NULL;
  g_autofree char *old = make_form (-HOUR_MS);
  g_autoptr (Answer) refused = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  fixture_log_in (fixture);
  refused = fixture_request (fixture, "POST", "/api/alerts", old);
  assert_problem (refused, 400, "request-invalid");
  credentials = fixture_pair (fixture, "张三");
  id = send_alert (fixture, 1000);
  expect (fixture, id, "expired", 0, 0);
  channel_open (channel, fixture, credentials);
  envelope = channel_take (channel, "lost");
  g_assert_cmpint (envelope->seq, ==, 1);
}

static char *
make_cap (const char *identifier, GcCapType type, const char *refers_to, gint64 expires_ms)
{
  g_autoptr (GcCap) cap = gc_cap_new ();
  GcCapReference reference = { (char *) "office@example.org", (char *) refers_to, 1795487580000 };

  cap->self.identifier = g_strdup (identifier);
  cap->self.sender = g_strdup ("office@example.org");
  cap->self.sent_ms = 1795487580000;
  cap->type = type;
  if (refers_to != NULL)
    gc_cap_add_reference (cap, &reference);
  if (type != GC_CAP_CANCEL)
    {
      GcCapInfo *info = gc_cap_add_info (cap);

      info->category = g_strdup ("Met");
      info->event = g_strdup ("Flood");
      info->expires_ms = expires_ms;
    }
  return gc_cap_print (cap);
}

static Answer *
import (Fixture *fixture, const char *xml)
{
  g_autoptr (SoupMessage) message = fixture_message (fixture, "POST", "/api/alerts");
  SoupMessageHeaders *headers = soup_message_get_request_headers (message);
  g_autoptr (GBytes) body = g_bytes_new (xml, strlen (xml));

  soup_message_headers_replace (headers, "Cookie", fixture->cookie);
  soup_message_headers_replace (headers, "X-Gridcast", "1");
  soup_message_set_request_body_from_bytes (message, GC_CAP_CONTENT_TYPE, body);
  return fixture_send (fixture, message);
}

static void
test_import (Fixture *fixture, gconstpointer data)
{
  gint64 expires_ms = gc_clock_wall_ms () / 1000 * 1000 + HOUR_MS;
  g_autofree char *alert = make_cap ("a", GC_CAP_ALERT, NULL, expires_ms);
  g_autofree char *update = make_cap ("b", GC_CAP_UPDATE, "a", expires_ms);
  g_autofree char *cancel = make_cap ("c", GC_CAP_CANCEL, "b", 0);
  g_autofree char *lost_cancel = make_cap ("d", GC_CAP_CANCEL, "x", 0);
  g_autoptr (Answer) first = NULL;
  g_autoptr (Answer) again = NULL;
  g_autoptr (Answer) second = NULL;
  g_autoptr (Answer) third = NULL;
  g_autoptr (Answer) lost = NULL;
  g_autoptr (Answer) broken = NULL;
  g_autoptr (Answer) dangerous = NULL;
  g_autoptr (GcCredentials) credentials = NULL;
  g_autoptr (Channel) channel = channel_new ();

  fixture_log_in (fixture);
  credentials = fixture_pair (fixture, "张三");
  channel_open (channel, fixture, credentials);
  first = import (fixture, alert);
  g_assert_cmpuint (first->status, ==, 201);
  take_alert (channel, json_object_get_string_member (first->json, "id"), GC_CAP_ALERT);
  again = import (fixture, alert);
  assert_problem (again, 409, "conflict");
  second = import (fixture, update);
  g_assert_cmpuint (second->status, ==, 201);
  take_alert (channel, json_object_get_string_member (second->json, "id"), GC_CAP_UPDATE);
  expect (fixture, json_object_get_string_member (first->json, "id"), "replaced", 0, 0);
  third = import (fixture, cancel);
  g_assert_cmpuint (third->status, ==, 201);
  g_assert_cmpstr (json_object_get_string_member (third->json, "id"), ==,
                   json_object_get_string_member (second->json, "id"));
  g_assert_cmpstr (json_object_get_string_member (third->json, "state"), ==, "cancelled");
  take_alert (channel, NULL, GC_CAP_CANCEL);
  lost = import (fixture, lost_cancel);
  assert_problem (lost, 404, "not-found");
  broken = import (fixture, "<alert/>");
  assert_problem (broken, 415, "media-type");
  dangerous = import (fixture, "<!DOCTYPE alert [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a/>");
  assert_problem (dangerous, 415, "media-type");
}

static void
test_refuses (Fixture *fixture, gconstpointer data)
{
#define GOOD                                                                                       \
  "\"event\": \"x\", \"urgency\": \"Immediate\", \"severity\": \"Severe\","                        \
  " \"expires\": \"2126-11-24T02:33:00Z\""
  static const char *const FORMS[] = {
    "{}",
    "{\"event\": \"x\", \"urgency\": \"now\", \"severity\": \"Severe\","
    " \"expires\": \"2126-11-24T02:33:00Z\"}",
    "{\"event\": \" \", \"urgency\": \"Immediate\", \"severity\": \"Severe\","
    " \"expires\": \"2126-11-24T02:33:00Z\"}",
    "{\"event\": \"x\", \"urgency\": \"Immediate\", \"severity\": \"Severe\"}",
    "{" GOOD ", \"area\": {}}",
    "{" GOOD ", \"area\": {\"circle\": {\"lon\": 1, \"lat\": 91, \"radius_m\": 5}}}",
    "{" GOOD ", \"area\": {\"circle\": {\"lon\": 1, \"lat\": 1, \"radius_m\": 0}}}",
    "{" GOOD ", \"area\": {\"polygon\": [[1, 1], [2, 2]]}}",
    "{" GOOD ", \"area\": {\"polygon\": [[1, 1], [2, 2], [3]]}}",
    "{" GOOD ", \"area\": {\"polygon\": [[1, 1], [2, 2], {}]}}",
  };
  g_autoptr (Answer) list = NULL;
  g_autoptr (Answer) outside = NULL;

  fixture_log_in (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (FORMS); i++)
    {
      g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/alerts", FORMS[i]);

      assert_problem (answer, 400, "request-invalid");
    }
  list = fixture_request (fixture, "GET", "/api/alerts", NULL);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (list->json, "alerts")), ==,
                    0);
  g_clear_pointer (&fixture->cookie, g_free);
  outside = fixture_request (fixture, "POST", "/api/alerts", "{" GOOD "}");
  assert_problem (outside, 401, "login");
}

#define ADD(name, func)                                                                            \
  g_test_add ("/center/alerts/" name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("exactly-once", test_exactly_once);
  ADD ("paired-later", test_paired_later);
  ADD ("cancel", test_cancel);
  ADD ("expired", test_expired);
  ADD ("import", test_import);
  ADD ("refuses", test_refuses);
  return g_test_run ();
}
