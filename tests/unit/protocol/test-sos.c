/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a call for help arrives as it was sent, also where nothing is known but that it was pressed
 *  - so do positions, withdrawals and answers
 *  - whatever does not fit PROTOCOL.md is an error, and no SOS
 *  - an SOS that is over stays so; what was seen is not unseen
 *  - what is urgent is known by its type, and confirmed by its id
 */

#include "base/gc-error.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-json.h"
#include "protocol/gc-sos.h"

#include <math.h>
#include <string.h>

#define ID "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
#define AT "\"at\": \"2026-11-24T02:33:00Z\""
#define PLACE "\"position\": {\"lon\": 121.5, \"lat\": 31.2, " AT "}"

static JsonObject *
parse (const char *text)
{
  g_autoptr (GError) error = NULL;
  JsonObject *object = gc_json_parse_object (text, -1, 10000, &error);

  g_assert_no_error (error);
  return object;
}

static void
test_press (void)
{
  const GcFix fix = { 121.5, 31.2, 1795487580123, 5, NAN, NAN };
  g_autoptr (GcSos) sent = gc_sos_new (&fix, 42);
  g_autoptr (JsonObject) body = gc_sos_print_press (sent);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcSos) got = gc_sos_parse_press (body, &error);

  g_assert_no_error (error);
  g_assert_cmpstr (got->id, ==, sent->id);
  g_assert_cmpint (got->pressed_ms, ==, sent->pressed_ms);
  g_assert_cmpint (got->fix->time_ms, ==, fix.time_ms);
  g_assert_cmpfloat (got->fix->accuracy_m, ==, 5);
  g_assert_cmpint (got->battery_percent, ==, 42);
  g_assert_cmpint (got->state, ==, GC_SOS_OPEN);
}

static void
test_little_known (void)
{
  g_autoptr (GcSos) sent = gc_sos_new (NULL, -1);
  g_autoptr (JsonObject) body = gc_sos_print_press (sent);
  g_autoptr (GcSos) got = gc_sos_parse_press (body, NULL);

  g_assert_false (gc_json_has (body, "position"));
  g_assert_false (gc_json_has (body, "battery_percent"));
  g_assert_null (got->fix);
  g_assert_cmpint (got->battery_percent, ==, -1);
}

static void
test_others (void)
{
  const GcFix fix = { 121.5, 31.2, 1000, NAN, NAN, NAN };
  const GcSosAnswer said = { ID, GC_SOS_SEEN, "王芳", 2000 };
  g_autoptr (GcSos) sent = gc_sos_new (&fix, 7);
  g_autoptr (JsonObject) position = gc_sos_print_position (sent);
  g_autoptr (GcSos) moved = gc_sos_parse_position (position, NULL);
  g_autoptr (JsonObject) withdrawal = gc_sos_print_withdrawal (ID, 3000);
  g_autoptr (JsonObject) body = gc_sos_print_answer (&said);
  GcSosAnswer heard;
  gint64 at_ms = 0;

  g_assert_cmpfloat (moved->fix->longitude, ==, 121.5);
  g_assert_cmpstr (gc_sos_parse_withdrawal (withdrawal, &at_ms, NULL), ==, ID);
  g_assert_cmpint (at_ms, ==, 3000);
  g_assert_true (gc_sos_parse_answer (body, &heard, NULL));
  g_assert_cmpstr (heard.id, ==, ID);
  g_assert_cmpint (heard.state, ==, GC_SOS_SEEN);
  g_assert_cmpstr (heard.by, ==, "王芳");
  g_assert_cmpint (heard.at_ms, ==, 2000);
}

static void
check_bad (const char *text)
{
  g_autoptr (JsonObject) body = parse (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcSos) sos = gc_sos_parse_press (body, &error);

  g_assert_null (sos);
  g_assert_true (error != NULL && error->domain == GC_ERROR);
}

static void
test_bad_press (void)
{
  check_bad ("{}");
  check_bad ("{" AT "}");
  check_bad ("{\"sos\": \"" ID "\"}");
  check_bad ("{\"sos\": \"x\", " AT "}");
  check_bad ("{\"sos\": 7, " AT "}");
  check_bad ("{\"sos\": \"" ID "\", \"at\": \"yesterday\"}");
  check_bad ("{\"sos\": \"" ID "\", " AT ", \"battery_percent\": 101}");
  check_bad ("{\"sos\": \"" ID "\", " AT ", \"battery_percent\": \"full\"}");
  check_bad ("{\"sos\": \"" ID "\", " AT ", \"position\": 7}");
  check_bad ("{\"sos\": \"" ID "\", " AT ", \"position\": {}}");
  check_bad ("{\"sos\": \"" ID "\", " AT ", \"position\": {\"lon\": 181, \"lat\": 0, " AT "}}");
}

static void
test_bad_others (void)
{
  static const char *const ANSWERS[] = {
    "{}",
    "{\"sos\": \"" ID "\", \"state\": \"open\", \"by\": \"w\", " AT "}",
    "{\"sos\": \"" ID "\", \"state\": \"withdrawn\", \"by\": \"w\", " AT "}",
    "{\"sos\": \"" ID "\", \"state\": \"saved\", \"by\": \"w\", " AT "}",
    "{\"sos\": \"" ID "\", \"state\": \"seen\", " AT "}",
    "{\"sos\": \"" ID "\", \"state\": \"seen\", \"by\": \"w\"}",
    "{\"sos\": \"" ID "\", \"state\": \"seen\", \"by\": \"0123456789012345678901234567890123456789"
    "0123456789012345678901234\", " AT "}",
  };
  g_autoptr (JsonObject) nowhere = parse ("{\"sos\": \"" ID "\"}");
  g_autoptr (JsonObject) nobody = parse ("{" PLACE "}");
  gint64 at_ms;

  for (gsize i = 0; i < G_N_ELEMENTS (ANSWERS); i++)
    {
      g_autoptr (JsonObject) body = parse (ANSWERS[i]);
      g_autoptr (GError) error = NULL;
      GcSosAnswer answer;

      g_assert_false (gc_sos_parse_answer (body, &answer, &error));
      g_assert_true (error != NULL && error->domain == GC_ERROR);
    }
  g_assert_null (gc_sos_parse_position (nowhere, NULL));
  g_assert_null (gc_sos_parse_position (nobody, NULL));
  g_assert_null (gc_sos_parse_withdrawal (nowhere, &at_ms, NULL));
}

static void
test_states (void)
{
  static const gboolean ALLOWED[4][4] = {
    [GC_SOS_OPEN] = { FALSE, TRUE, TRUE, TRUE },
    [GC_SOS_SEEN] = { FALSE, FALSE, TRUE, TRUE },
  };

  for (guint from = 0; from < 4; from++)
    for (guint to = 0; to < 4; to++)
      g_assert_cmpint (gc_sos_state_allows (from, to), ==, ALLOWED[from][to]);
  for (guint state = 0; state < 4; state++)
    {
      GcSosState read;

      g_assert_true (gc_sos_state_from_string (gc_sos_state_to_string (state), &read, NULL));
      g_assert_cmpint (read, ==, state);
    }
}

static void
test_urgent (void)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (GC_MSG_SOS, NULL);
  g_autoptr (GcEnvelope) got = gc_envelope_new_got (envelope);
  g_autoptr (GcEnvelope) empty = gc_envelope_new (GC_MSG_GOT, NULL);
  g_autoptr (GError) error = NULL;

  g_assert_true (gc_envelope_type_is_urgent (GC_MSG_SOS));
  g_assert_true (gc_envelope_type_is_urgent (GC_MSG_SOS_WITHDRAW));
  g_assert_true (gc_envelope_type_is_urgent (GC_MSG_SOS_STATE));
  g_assert_false (gc_envelope_type_is_urgent (GC_MSG_SOS_POSITION));
  g_assert_false (gc_envelope_type_is_urgent (GC_MSG_TRACK));
  g_assert_cmpstr (gc_envelope_read_got (got, NULL), ==, envelope->id);
  g_assert_null (gc_envelope_read_got (empty, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sos/arrives-as-it-was-sent", test_press);
  g_test_add_func ("/sos/needs-nothing-but-the-press", test_little_known);
  g_test_add_func ("/sos/positions-withdrawals-answers-arrive", test_others);
  g_test_add_func ("/sos/what-does-not-fit-is-an-error", test_bad_press);
  g_test_add_func ("/sos/nor-do-others", test_bad_others);
  g_test_add_func ("/sos/what-is-over-stays-so", test_states);
  g_test_add_func ("/sos/urgent-is-known-by-type", test_urgent);
  return g_test_run ();
}
