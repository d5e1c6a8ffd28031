/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, with the real center at the other end:
 *  - an SOS that was pressed without a network is there before the track that waited longer, and
 *    counts once, though it arrives twice
 *  - it is received before what was sent ahead of it is acknowledged; so is a false alarm
 *  - who has seen it is told to the terminal ahead of the tasks that wait, and so is the end
 *  - where the worker is by now takes the place of where it was, never the other way
 *  - a terminal hears and says nothing of another's SOS
 */

#include "both-fixture.h"
#include "protocol/gc-json.h"

#include <math.h>
#include <string.h>

#define WAITING_POINTS 1000
#define WAITING_TASKS 40

static GcSos *
press (Both *both)
{
  g_autoptr (GError) error = NULL;
  GcSos *sos = store_press_sos (both->terminal.store, NULL, 42, &error);

  g_assert_no_error (error);
  return sos;
}

static void
add_points (Both *both, guint count)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (store_set_duty (both->terminal.store, TRUE, &error));
  for (guint i = 0; i < count; i++)
    {
      const GcFix fix = { 121.5, 31.2, g_get_real_time () / 1000 - count + i, 5, NAN, NAN };

      gc_store_add_fix (both->terminal.store, &fix);
    }
  gc_store_flush_track (both->terminal.store);
  /* What was begun before is over with this. */
  g_ptr_array_unref (store_read_outbox (both->terminal.store, 0, 1));
}

static JsonArray *
list_open (Both *both, Answer **answer)
{
  *answer = fixture_request (&both->center, "GET", "/api/sos", NULL);
  g_assert_cmpuint ((*answer)->status, ==, 200);
  return json_object_get_array_member ((*answer)->json, "sos");
}

static void
say (Both *both, const char *id, const char *what, guint status)
{
  g_autofree char *path = g_strdup_printf ("/api/sos/%s/%s", id, what);
  g_autoptr (Answer) answer = fixture_request (&both->center, "POST", path, NULL);

  g_assert_cmpuint (answer->status, ==, status);
}

static guint
count_audit (Both *both, const char *what)
{
  g_autoptr (Answer) answer = fixture_request (&both->center, "GET", "/api/audit?limit=1000", NULL);
  JsonArray *entries = json_object_get_array_member (answer->json, "audit");
  guint count = 0;

  for (guint i = 0; i < json_array_get_length (entries); i++)
    {
      JsonObject *entry = json_array_get_object_element (entries, i);

      if (strcmp (json_object_get_string_member (entry, "what"), what) == 0)
        count++;
    }
  return count;
}

/* --- terminal to center --- */

typedef struct
{
  Both *both;
  guint unsent; /* when the center had the SOS */
  gboolean received;
} Arrival;

static void
on_sos_changed (GcStore *store, gpointer user_data)
{
  Arrival *arrival = user_data;

  if (arrival->received || gc_store_get_sos (store)->received_ms == 0)
    return;
  arrival->received = TRUE;
  arrival->unsent = gc_store_get_unsent (store);
}

static gboolean
is_received (gpointer data)
{
  return ((Arrival *) data)->received;
}

static void
test_overtakes (Both *both, gconstpointer data)
{
  Arrival arrival = { both, 0, FALSE };
  g_autoptr (GcSos) sos = NULL;
  g_autoptr (Answer) answer = NULL;
  JsonObject *known;
  guint waiting;

  add_points (both, WAITING_POINTS);
  sos = press (both);
  waiting = gc_store_get_unsent (both->terminal.store);
  g_assert_cmpuint (waiting, >=, 2 + WAITING_POINTS / 200);
  g_signal_connect (both->terminal.store, "sos-changed", G_CALLBACK (on_sos_changed), &arrival);
  both_go_online (both);
  wait_until (is_received, &arrival);
  /* Of what stands before it no more can have been there than went out with it: the word that the
   * worker is on duty, and 24 kB, which two batches of positions are. */
  g_assert_cmpuint (arrival.unsent, >=, waiting - 3);
  wait_until (both_is_delivered, both);
  known = json_array_get_object_element (list_open (both, &answer), 0);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (answer->json, "sos")), ==,
                    1);
  g_assert_cmpstr (json_object_get_string_member (known, "id"), ==, sos->id);
  g_assert_cmpstr (json_object_get_string_member (known, "worker"), ==, "Wang");
  g_assert_cmpint (json_object_get_int_member (known, "battery_percent"), ==, 42);
  g_assert_cmpuint (count_audit (both, "sos.press"), ==, 1);
}

static void
test_restart_in_between (Both *both, gconstpointer data)
{
  Arrival arrival = { both, 0, FALSE };
  g_autoptr (GcSos) sos = NULL;
  g_autoptr (Answer) answer = NULL;

  add_points (both, WAITING_POINTS / 4);
  sos = press (both);
  g_signal_connect (both->terminal.store, "sos-changed", G_CALLBACK (on_sos_changed), &arrival);
  both_go_online (both);
  wait_until (is_received, &arrival);
  fixture_restart (&both->center);
  test_link_set_target (both->link, gc_center_get_port (both->center.center));
  wait_until (both_is_delivered, both);
  g_assert_cmpuint (json_array_get_length (list_open (both, &answer)), ==, 1);
  g_assert_cmpuint (count_audit (both, "sos.press"), ==, 1);
}

static gboolean
none_is_open (gpointer data)
{
  g_autoptr (Answer) answer = NULL;

  return json_array_get_length (list_open (data, &answer)) == 0;
}

static void
test_withdrawn (Both *both, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (both);
  g_autoptr (GError) error = NULL;

  both_go_online (both);
  wait_until (both_is_delivered, both);
  g_assert_true (store_withdraw_sos (both->terminal.store, sos->id, &error));
  wait_until (none_is_open, both);
  wait_until (both_is_delivered, both);
  g_assert_cmpuint (count_audit (both, "sos.withdraw"), ==, 1);
  say (both, sos->id, "seen", 409);
  /* Pressed and taken back before the center heard of it: it is in the records all the same. */
  gc_channel_set_enabled (both->channel, FALSE);
  g_clear_pointer (&sos, gc_sos_free);
  sos = press (both);
  g_assert_true (store_withdraw_sos (both->terminal.store, sos->id, &error));
  both_go_online (both);
  wait_until (both_is_delivered, both);
  g_assert_true (none_is_open (both));
  g_assert_cmpuint (count_audit (both, "sos.withdraw"), ==, 2);
}

/* --- center to terminal --- */

typedef struct
{
  gint64 committed; /* of the center's stream, when it came; -1 before */
} Hearing;

static void
on_answered (GcStore *store, gpointer user_data)
{
  Hearing *hearing = user_data;

  if (hearing->committed < 0 && gc_store_get_sos (store)->state == GC_SOS_SEEN)
    hearing->committed = gc_store_get_committed (store);
}

static gboolean
is_heard (gpointer data)
{
  return ((Hearing *) data)->committed >= 0;
}

static gboolean
is_ended (gpointer data)
{
  return gc_store_get_sos (((Both *) data)->terminal.store)->state == GC_SOS_ENDED;
}

static void
test_seen (Both *both, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (both);
  g_autofree char *body = g_strdup_printf (
      "{\"terminal\": \"%s\", \"title\": \"Look at the weir\", \"urgency\": \"urgent\"}",
      gc_credentials_get_terminal_id (both->credentials));
  Hearing hearing = { -1 };

  both_go_online (both);
  wait_until (both_is_delivered, both);
  gc_channel_set_enabled (both->channel, FALSE);
  for (guint i = 0; i < WAITING_TASKS; i++)
    answer_free (fixture_request (&both->center, "POST", "/api/tasks", body));
  say (both, sos->id, "seen", 200);
  say (both, sos->id, "seen", 409);
  g_signal_connect (both->terminal.store, "sos-changed", G_CALLBACK (on_answered), &hearing);
  both_go_online (both);
  wait_until (is_heard, &hearing);
  g_assert_cmpint (hearing.committed, ==, 0);
  g_assert_cmpstr (gc_store_get_sos (both->terminal.store)->seen_by, !=, NULL);
  say (both, sos->id, "end", 200);
  wait_until (is_ended, both);
  say (both, sos->id, "end", 409);
  g_assert_true (none_is_open (both));
}

/* --- where the worker is --- */

static double
find_longitude (Both *both)
{
  g_autoptr (Answer) answer = NULL;
  JsonArray *list = list_open (both, &answer);
  JsonObject *sos = json_array_get_object_element (list, 0);

  return gc_json_has (sos, "position") ? json_object_get_double_member (
                                             json_object_get_object_member (sos, "position"), "lon")
                                       : NAN;
}

static gboolean
has_moved (gpointer data)
{
  return find_longitude (data) == 122;
}

static void
move (Channel *channel, const char *id, const char *lon, const char *second)
{
  g_autofree char *body
      = g_strdup_printf ("{\"sos\": \"%s\", \"position\": {\"lon\": %s, \"lat\": 31,"
                         " \"at\": \"2026-11-24T02:33:%sZ\"}}",
                         id, lon, second);

  channel_send (channel, GC_MSG_SOS_POSITION, 0, 0, body);
}

static void
test_moves (Both *both, gconstpointer data)
{
  g_autoptr (Channel) channel = channel_new ();
  const char *id = "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11";
  g_autoptr (GcEnvelope) got = NULL;

  channel_open (channel, &both->center, both->credentials);
  channel_send (channel, GC_MSG_SOS, 0, 0,
                "{\"sos\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\","
                " \"at\": \"2026-11-24T02:33:00Z\"}");
  got = channel_take (channel, GC_MSG_GOT);
  g_assert_nonnull (got);
  move (channel, id, "122", "20");
  wait_until (has_moved, both);
  /* Older, of an SOS that does not exist, no place: none has an effect, nor ends the connection. */
  move (channel, id, "121", "10");
  move (channel, "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a12", "121", "30");
  channel_send (channel, GC_MSG_SOS_POSITION, 0, 0, "{\"sos\": 7}");
  channel_send (channel, GC_MSG_DUTY, 1, 0, "{\"on\": true, \"at\": \"2026-11-24T02:33:00Z\"}");
  channel_wait_ack (channel, 1);
  g_assert_cmpfloat (find_longitude (both), ==, 122);
}

static void
test_other_terminal (Both *both, gconstpointer data)
{
  g_autoptr (GcSos) sos = press (both);
  g_autoptr (GcCredentials) other = NULL;
  g_autoptr (Channel) channel = channel_new ();
  g_autofree char *body
      = g_strdup_printf ("{\"sos\": \"%s\", \"at\": \"2026-11-24T02:33:00Z\"}", sos->id);
  g_autoptr (Answer) answer = NULL;

  both_go_online (both);
  wait_until (both_is_delivered, both);
  other = fixture_pair (&both->center, "Mallory");
  channel_open (channel, &both->center, other);
  channel_send (channel, GC_MSG_SOS_WITHDRAW, 1, 0, body);
  channel_send (channel, GC_MSG_SOS, 2, 0, body);
  move (channel, sos->id, "121", "59");
  channel_send (channel, "test", 3, 0, "{}");
  channel_wait_ack (channel, 3);
  g_assert_cmpuint (json_array_get_length (list_open (both, &answer)), ==, 1);
  g_assert_cmpstr (
      json_object_get_string_member (
          json_array_get_object_element (json_object_get_array_member (answer->json, "sos"), 0),
          "worker"),
      ==, "Wang");
  g_assert_true (isnan (find_longitude (both)));
}

#define ADD(name, func)                                                                            \
  g_test_add ("/channel/sos/" name, Both, NULL, both_set_up, func, both_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("overtakes-the-track", test_overtakes);
  ADD ("restart-in-between", test_restart_in_between);
  ADD ("withdrawn", test_withdrawn);
  ADD ("seen-overtakes-tasks", test_seen);
  ADD ("moves", test_moves);
  ADD ("other-terminal", test_other_terminal);
  return g_test_run ();
}
