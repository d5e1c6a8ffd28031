/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - an envelope survives writing and reading
 *  - unknown types and members are read, malformed frames are refused, whatever they hold
 */

#include "base/gc-error.h"
#include "protocol/gc-envelope.h"

#define ID "\"id\":\"5f0c3f5e-3b0d-4c53-8a34-3a1a3c1b2d10\""

static void
test_round_trip (void)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autoptr (GcEnvelope) envelope = NULL;
  g_autoptr (GcEnvelope) again = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  json_object_set_string_member (body, "note", "到了 \"<b>\n");
  envelope = gc_envelope_new (GC_MSG_TASK_STATE, body);
  envelope->seq = 17;
  envelope->ack = 4;
  text = gc_envelope_print (envelope);
  again = gc_envelope_parse (text, strlen (text), &error);
  g_assert_no_error (error);
  g_assert_cmpstr (again->id, ==, envelope->id);
  g_assert_cmpstr (again->type, ==, "task.state");
  g_assert_cmpint (again->seq, ==, 17);
  g_assert_cmpint (again->ack, ==, 4);
  g_assert_cmpint (again->sent_ms, ==, envelope->sent_ms);
  g_assert_cmpstr (json_object_get_string_member (again->body, "note"), ==, "到了 \"<b>\n");
}

static void
test_tolerant (void)
{
  const char *const texts[] = {
    "{" ID ",\"type\":\"weather.9\"}",
    "{" ID ",\"type\":\"ack\",\"body\":null,\"time\":\"yesterday\",\"colour\":[1,2]}",
    "{" ID ",\"type\":\"ack\",\"seq\":null,\"ack\":0}",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GcEnvelope) envelope = gc_envelope_parse (texts[i], strlen (texts[i]), &error);

      g_assert_no_error (error);
      g_assert_cmpint (envelope->seq, ==, 0);
      g_assert_nonnull (envelope->body);
    }
}

static void
test_refuses (void)
{
  const char *const texts[] = {
    "",
    "x",
    "[]",
    "null",
    "{}",
    "\xff\xff",
    "{" ID "}",
    "{" ID ",\"type\":\"\"}",
    "{" ID ",\"type\":\"Hello World\"}",
    "{" ID ",\"type\":7}",
    "{\"id\":\"1\",\"type\":\"ack\"}",
    "{" ID ",\"type\":\"ack\",\"seq\":0}",
    "{" ID ",\"type\":\"ack\",\"seq\":-1}",
    "{" ID ",\"type\":\"ack\",\"seq\":1.5}",
    "{" ID ",\"type\":\"ack\",\"seq\":\"1\"}",
    "{" ID ",\"type\":\"ack\",\"seq\":99999999999999999999}",
    "{" ID ",\"type\":\"ack\",\"ack\":-1}",
    "{" ID ",\"type\":\"ack\",\"body\":[]}",
    "{" ID ",\"type\":\"ack\"",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gc_envelope_parse (texts[i], strlen (texts[i]), &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

static void
test_bounded (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *deep = g_strnfill (60000, '[');
  g_autofree char *long_text = g_strnfill (GC_ENVELOPE_MAX_LENGTH + 1, ' ');

  g_assert_null (gc_envelope_parse (long_text, GC_ENVELOPE_MAX_LENGTH + 1, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
  g_clear_error (&error);
  g_assert_null (gc_envelope_parse (deep, 60000, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/envelope/round-trip", test_round_trip);
  g_test_add_func ("/protocol/envelope/unknown-is-no-error", test_tolerant);
  g_test_add_func ("/protocol/envelope/refuses-malformed", test_refuses);
  g_test_add_func ("/protocol/envelope/bounded", test_bounded);
  return g_test_run ();
}
