/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of dispatch, between the console and a terminal:
 *  - a task goes through its life, and the console sees every step
 *  - a step that comes too late is in the history and changes nothing; a final task stays final,
 *    but what is done is done, also after a cancel
 *  - a terminal can change its own tasks only
 *  - the console hears of state, duty, status and position
 *  - what the dispatcher wants a thin network to be spent on reaches the terminal that sends
 *  - how live video fares reaches the console, of the terminal's own session alone
 *  - live video: asked, ringing, declined, sent, ended, watched, and the worker reads who watched
 */

#include "base/gc-id.h"
#include "center-scene.h"
#include "fake-relay.h"
#include "protocol/gc-json.h"

#include <string.h>

#define AT "\"at\": \"2026-11-24T02:33:00Z\""

static void
send_step (Channel *channel, gint64 seq, const char *task, const char *state, const char *note)
{
  g_autofree char *body = g_strdup_printf (
      "{\"task\": \"%s\", \"state\": \"%s\", " AT ", \"note\": \"%s\"}", task, state, note);

  channel_send (channel, GC_MSG_TASK_STATE, seq, 1, body);
}

static JsonArray *
get_history (Scene *scene, const char *task, const char *state)
{
  g_autofree char *path = g_strconcat ("/api/tasks/", task, NULL);
  g_autoptr (Answer) answer = fixture_request (&scene->base, "GET", path, NULL);

  g_assert_cmpuint (answer->status, ==, 200);
  g_assert_cmpstr (json_object_get_string_member (answer->json, "state"), ==, state);
  return json_array_ref (json_object_get_array_member (answer->json, "history"));
}

static void
test_life (Scene *scene, gconstpointer data)
{
  static const char *const STATES[] = { "accepted", "en-route", "arrived", "done" };
  g_auto (Ear) ear = { NULL };
  g_autofree char *task = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;
  g_autoptr (JsonArray) history = NULL;

  ear_connect (&ear, &scene->base, NULL);
  g_assert_nonnull (ear.socket);
  task = create_task (scene);
  ear_expect (&ear, "task", "state", "sent");
  envelope = channel_take (scene->channel, GC_MSG_TASK_NEW);
  channel_send (scene->channel, GC_MSG_ACK, 0, envelope->seq, "{}");
  ear_expect (&ear, "task", "state", "delivered");
  for (guint i = 0; i < G_N_ELEMENTS (STATES); i++)
    {
      send_step (scene->channel, i + 1, task, STATES[i], i == 3 ? "修好了" : "");
      ear_expect (&ear, "task", "state", STATES[i]);
    }
  history = get_history (scene, task, "done");
  g_assert_cmpuint (json_array_get_length (history), ==, 6);
}

/* The acknowledgement got lost with the connection, and comes with the next hello. */
static void
test_delivered_by_hello (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *task = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;

  ear_connect (&ear, &scene->base, NULL);
  task = create_task (scene);
  envelope = channel_take (scene->channel, GC_MSG_TASK_NEW);
  channel_open (scene->channel, &scene->base, scene->credentials);
  ear_expect (&ear, "task", "state", "delivered");
}

static void
assert_last_step (JsonArray *history, const char *state, gboolean refused)
{
  JsonObject *last = json_array_get_object_element (history, json_array_get_length (history) - 1);

  g_assert_cmpstr (json_object_get_string_member (last, "state"), ==, state);
  g_assert_cmpint (json_object_get_boolean_member (last, "refused"), ==, refused);
}

static void
test_cancel (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *task = create_task (scene);
  g_autofree char *path = g_strdup_printf ("/api/tasks/%s/cancel", task);
  g_autoptr (Answer) cancelled = NULL;
  g_autoptr (Answer) again = NULL;
  g_autoptr (GcEnvelope) envelope = NULL;
  g_autoptr (JsonArray) history = NULL;

  ear_connect (&ear, &scene->base, NULL);
  cancelled = fixture_request (&scene->base, "POST", path, "{\"reason\": \"误报\"}");
  g_assert_cmpuint (cancelled->status, ==, 200);
  g_assert_cmpstr (json_object_get_string_member (cancelled->json, "state"), ==, "cancelled");
  envelope = channel_take (scene->channel, GC_MSG_TASK_CANCEL);
  g_assert_cmpstr (json_object_get_string_member (envelope->body, "reason"), ==, "误报");
  send_step (scene->channel, 1, task, "accepted", "too late");
  channel_wait_ack (scene->channel, 1);
  history = get_history (scene, task, "cancelled");
  assert_last_step (history, "accepted", TRUE);
  send_step (scene->channel, 2, task, "done", "not too late");
  channel_wait_ack (scene->channel, 2);
  g_clear_pointer (&history, json_array_unref);
  history = get_history (scene, task, "done");
  assert_last_step (history, "done", FALSE);
  again = fixture_request (&scene->base, "POST", path, "{\"reason\": \"误报\"}");
  assert_problem (again, 409, "conflict");
}

static void
test_declining_needs_a_reason (Scene *scene, gconstpointer data)
{
  g_autofree char *task = create_task (scene);
  g_autoptr (GcEnvelope) envelope = channel_take (scene->channel, GC_MSG_TASK_NEW);
  g_autoptr (JsonArray) before = NULL;
  g_autoptr (JsonArray) after = NULL;

  channel_send (scene->channel, GC_MSG_ACK, 0, envelope->seq, "{}");
  send_step (scene->channel, 1, task, "declined", "");
  channel_wait_ack (scene->channel, 1);
  before = get_history (scene, task, "delivered");
  g_assert_cmpuint (json_array_get_length (before), ==, 2);
  send_step (scene->channel, 2, task, "declined", "太远");
  channel_wait_ack (scene->channel, 2);
  after = get_history (scene, task, "declined");
  g_assert_cmpuint (json_array_get_length (after), ==, 3);
}

static void
test_others_tasks (Scene *scene, gconstpointer data)
{
  g_autofree char *task = create_task (scene);
  g_autoptr (GcCredentials) credentials = fixture_pair (&scene->base, "赵敏");
  g_autoptr (Channel) other = channel_new ();
  g_autoptr (JsonArray) history = NULL;

  channel_open (other, &scene->base, credentials);
  {
    g_autofree char *body
        = g_strdup_printf ("{\"task\": \"%s\", \"state\": \"done\", " AT "}", task);

    channel_send (other, GC_MSG_TASK_STATE, 1, 0, body);
  }
  channel_wait_ack (other, 1);
  history = get_history (scene, task, "sent");
  g_assert_cmpuint (json_array_get_length (history), ==, 1);
}

static void
test_reports (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autoptr (JsonObject) terminal = NULL;
  g_autoptr (JsonObject) position = NULL;
  g_autoptr (Answer) list = NULL;
  JsonObject *listed;

  ear_connect (&ear, &scene->base, NULL);
  channel_send (scene->channel, GC_MSG_DUTY, 1, 0, "{\"on\": true, " AT "}");
  channel_send (scene->channel, GC_MSG_STATUS, 0, 0,
                "{\"battery_percent\": 81, \"charging\": false, \"uplink\": \"cellular\","
                " \"metered\": true, \"signal_percent\": 40, \"more\": 1}");
  terminal = ear_wait (&ear, "terminal", "uplink", "cellular");
  g_assert_true (json_object_get_boolean_member (terminal, "duty"));
  g_assert_cmpint (json_object_get_int_member (terminal, "battery_percent"), ==, 81);
  g_assert_false (json_object_has_member (terminal, "more"));
  channel_send (scene->channel, GC_MSG_TRACK, 2, 0,
                "{\"points\": [{\"lon\": 120.5, \"lat\": 30.25, " AT "}]}");
  position = ear_wait (&ear, "position", "terminal", scene->terminal);
  g_assert_cmpuint (json_array_get_length (json_object_get_array_member (position, "points")), ==,
                    1);
  channel_close (scene->channel);
  ear_expect (&ear, "terminal", "state", "offline");
  list = fixture_request (&scene->base, "GET", "/api/terminals", NULL);
  listed
      = json_array_get_object_element (json_object_get_array_member (list->json, "terminals"), 0);
  g_assert_cmpfloat (
      json_object_get_double_member (json_object_get_object_member (listed, "position"), "lon"), ==,
      120.5);
}

static void
test_events_need_login_and_origin (Scene *scene, gconstpointer data)
{
  Ear ear;

  ear_connect (&ear, &scene->base, "https://evil.example");
  g_assert_null (ear.socket);
  g_clear_pointer (&scene->base.cookie, g_free);
  ear_connect (&ear, &scene->base, NULL);
  g_assert_null (ear.socket);
}

/* --- live --- */

static char *
request_live (Scene *scene)
{
  g_autofree char *path = g_strdup_printf ("/api/terminals/%s/live", scene->terminal);
  g_autoptr (Answer) answer = fixture_request (&scene->base, "POST", path,
                                               "{\"reason\": \"水位\", \"video\": [\"VP8\"]}");

  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_cmpstr (json_object_get_string_member (answer->json, "state"), ==, "asking");
  return g_strdup (json_object_get_string_member (answer->json, "session"));
}

static void
send_session (Scene *scene, const char *type, const char *session)
{
  g_autofree char *body = g_strdup_printf ("{\"session\": \"%s\", \"reason\": \"busy\"}", session);

  channel_send (scene->channel, type, 0, 0, body);
}

static void
test_live_asked (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *session = NULL;
  g_autofree char *path = NULL;
  g_autoptr (GcEnvelope) request = NULL;
  g_autoptr (GcEnvelope) joined = NULL;
  g_autoptr (GcEnvelope) end = NULL;
  g_autoptr (Answer) ended = NULL;
  JsonArray *video;
  JsonObject *whip;

  ear_connect (&ear, &scene->base, NULL);
  session = request_live (scene);
  request = channel_take (scene->channel, GC_MSG_LIVE_REQUEST);
  g_assert_cmpint (request->seq, ==, 0);
  video = json_object_get_array_member (request->body, "video");
  g_assert_cmpuint (json_array_get_length (video), ==, 1);
  g_assert_cmpstr (json_array_get_string_element (video, 0), ==, "VP8");
  g_assert_false (json_object_has_member (request->body, "sharp"));
  whip = json_object_get_object_member (request->body, "whip");
  g_assert_cmpstr (json_object_get_string_member (whip, "token"), ==,
                   fake_relay_get_token (session));
  send_session (scene, GC_MSG_LIVE_RINGING, session);
  ear_expect (&ear, "live", "state", "ringing");
  g_signal_emit_by_name (fake_relay_get (), "publishing", session, "H264", TRUE);
  ear_expect (&ear, "live", "state", "live");
  g_signal_emit_by_name (fake_relay_get (), "viewer-joined", session, "v1", "王芳");
  joined = channel_take (scene->channel, GC_MSG_LIVE_VIEWER);
  g_assert_cmpint (joined->seq, >, 0);
  g_assert_cmpstr (json_object_get_string_member (joined->body, "viewer"), ==, "王芳");
  g_assert_cmpint (json_object_get_int_member (joined->body, "watching"), ==, 1);
  g_signal_emit_by_name (fake_relay_get (), "publisher-gone", session, "lost");
  ear_expect (&ear, "live", "state", "connecting");
  g_signal_emit_by_name (fake_relay_get (), "publishing", session, "H264", TRUE);
  ear_expect (&ear, "live", "state", "live");
  path = g_strconcat ("/api/live/", session, NULL);
  ended = fixture_request (&scene->base, "DELETE", path, NULL);
  g_assert_cmpuint (ended->status, ==, 204);
  ear_expect (&ear, "live", "state", "ended");
  end = channel_take (scene->channel, GC_MSG_LIVE_END);
  g_assert_cmpstr (json_object_get_string_member (end->body, "session"), ==, session);
  g_assert_null (fake_relay_get_token (session));
}

/* What a thin network is to be spent on, from the beginning. */
static void
test_live_sharp (Scene *scene, gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("/api/terminals/%s/live", scene->terminal);
  g_autoptr (Answer) wrong = fixture_request (&scene->base, "POST", path, "{\"sharp\": \"yes\"}");
  g_autoptr (Answer) answer = fixture_request (&scene->base, "POST", path, "{\"sharp\": true}");
  g_autoptr (GcEnvelope) request = channel_take (scene->channel, GC_MSG_LIVE_REQUEST);

  g_assert_cmpuint (wrong->status, ==, 400);
  g_assert_cmpuint (answer->status, ==, 201);
  g_assert_true (json_object_get_boolean_member (request->body, "sharp"));
}

static void
test_live_declined (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *session = NULL;
  g_autoptr (JsonObject) live = NULL;

  ear_connect (&ear, &scene->base, NULL);
  session = request_live (scene);
  send_session (scene, GC_MSG_LIVE_DECLINE, session);
  live = ear_wait (&ear, "live", "state", "ended");
  g_assert_cmpstr (json_object_get_string_member (live, "end_reason"), ==, "busy");
}

static void
test_live_started (Scene *scene, gconstpointer data)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *body = g_strdup_printf ("{\"request\": \"%s\"}", id);
  g_autoptr (GcEnvelope) grant = NULL;
  g_autoptr (GcEnvelope) again = NULL;
  const char *session;

  channel_send (scene->channel, GC_MSG_LIVE_START, 0, 0, body);
  grant = channel_take (scene->channel, GC_MSG_LIVE_GRANT);
  g_assert_cmpstr (json_object_get_string_member (grant->body, "request"), ==, id);
  session = json_object_get_string_member (grant->body, "session");
  g_assert_nonnull (fake_relay_get_token (session));
  channel_send (scene->channel, GC_MSG_LIVE_START, 0, 0, body);
  again = channel_take (scene->channel, GC_MSG_LIVE_GRANT);
  g_assert_cmpstr (json_object_get_string_member (again->body, "session"), ==, session);
}

static void
test_live_offline (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *path = g_strdup_printf ("/api/terminals/%s/live", scene->terminal);
  g_autofree char *session = NULL;
  g_autoptr (Answer) answer = NULL;

  ear_connect (&ear, &scene->base, NULL);
  session = request_live (scene);
  channel_close (scene->channel);
  ear_expect (&ear, "live", "state", "ended");
  answer = fixture_request (&scene->base, "POST", path, "{}");
  assert_problem (answer, 409, "offline");
}

static void
test_live_of_others (Scene *scene, gconstpointer data)
{
  g_autoptr (GcCredentials) credentials = fixture_pair (&scene->base, "赵敏");
  g_autoptr (Channel) other = channel_new ();
  g_autofree char *session = request_live (scene);
  g_autofree char *body = g_strdup_printf ("{\"session\": \"%s\", \"reason\": \"mine\"}", session);

  channel_open (other, &scene->base, credentials);
  channel_send (other, GC_MSG_LIVE_END, 0, 0, body);
  channel_send (other, GC_MSG_DUTY, 1, 0, "{\"on\": true, " AT "}");
  channel_wait_ack (other, 1);
  g_assert_nonnull (fake_relay_get_token (session));
}

static char *
print_figures (const char *session, const char *fps)
{
  return g_strdup_printf ("{\"session\": \"%s\", \"video_bps\": 900000, \"audio_bps\": 32000, "
                          "\"target_bps\": 1000000, \"fps\": %s, \"left_out\": 1, \"width\": 960, "
                          "\"height\": 540, \"delay_ms\": 80.5, \"loss\": 0, "
                          "\"limit\": \"network\", \"grade\": 3, \"sharp\": false}",
                          session, fps);
}

/* Of three messages only the last is of a session that the terminal has, and fits. */
static void
test_live_figures (Scene *scene, gconstpointer data)
{
  g_auto (Ear) ear = { NULL };
  g_autofree char *session = request_live (scene);
  g_autofree char *nobody = gc_id_new ();
  g_autofree char *other = print_figures (nobody, "7");
  g_autofree char *wrong = print_figures (session, "-7");
  g_autofree char *good = print_figures (session, "29");
  g_autoptr (JsonObject) event = NULL;

  ear_connect (&ear, &scene->base, NULL);
  channel_send (scene->channel, GC_MSG_LIVE_FIGURES, 0, 0, other);
  channel_send (scene->channel, GC_MSG_LIVE_FIGURES, 0, 0, wrong);
  channel_send (scene->channel, GC_MSG_LIVE_FIGURES, 0, 0, good);
  event = ear_wait (&ear, "live-figures", "limit", "network");
  g_assert_cmpstr (json_object_get_string_member (event, "session"), ==, session);
  g_assert_cmpint (json_object_get_int_member (event, "fps"), ==, 29);
  g_assert_false (json_object_has_member (event, "rtt_ms"));
}

static void
test_live_mode (Scene *scene, gconstpointer data)
{
  g_autofree char *path = g_strdup_printf ("/api/terminals/%s/live/mode", scene->terminal);
  g_autoptr (Answer) early = fixture_request (&scene->base, "POST", path, "{\"sharp\": true}");
  g_autofree char *session = request_live (scene);
  g_autoptr (Answer) wrong = fixture_request (&scene->base, "POST", path, "{\"sharp\": 1}");
  g_autoptr (Answer) answer = fixture_request (&scene->base, "POST", path, "{\"sharp\": true}");
  g_autoptr (GcEnvelope) mode = channel_take (scene->channel, GC_MSG_LIVE_MODE);

  assert_problem (early, 404, "not-found");
  assert_problem (wrong, 400, "request-invalid");
  g_assert_cmpuint (answer->status, ==, 204);
  g_assert_cmpint (mode->seq, ==, 0);
  g_assert_cmpstr (json_object_get_string_member (mode->body, "session"), ==, session);
  g_assert_true (json_object_get_boolean_member (mode->body, "sharp"));
}

static void
test_audit (Scene *scene, gconstpointer data)
{
  g_autofree char *session = request_live (scene);
  g_autoptr (Answer) answer = fixture_request (&scene->base, "GET", "/api/audit?limit=1", NULL);
  JsonObject *entry
      = json_array_get_object_element (json_object_get_array_member (answer->json, "audit"), 0);

  g_assert_cmpstr (json_object_get_string_member (entry, "what"), ==, "live.request");
  g_assert_cmpstr (json_object_get_string_member (entry, "who"), ==, "王芳");
  g_assert_cmpstr (json_object_get_string_member (entry, "about"), ==, scene->terminal);
}

#define ADD(name, func) g_test_add (name, Scene, NULL, scene_set_up, func, scene_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/dispatch/task-life", test_life);
  ADD ("/center/dispatch/delivered-by-hello", test_delivered_by_hello);
  ADD ("/center/dispatch/cancel", test_cancel);
  ADD ("/center/dispatch/declining-needs-a-reason", test_declining_needs_a_reason);
  ADD ("/center/dispatch/others-tasks-are-out-of-reach", test_others_tasks);
  ADD ("/center/dispatch/reports-reach-the-console", test_reports);
  ADD ("/center/dispatch/events-need-login-and-origin", test_events_need_login_and_origin);
  ADD ("/center/dispatch/live-asked", test_live_asked);
  ADD ("/center/dispatch/live-declined", test_live_declined);
  ADD ("/center/dispatch/live-begins-sharp", test_live_sharp);
  ADD ("/center/dispatch/live-started-by-the-worker", test_live_started);
  ADD ("/center/dispatch/live-offline", test_live_offline);
  ADD ("/center/dispatch/live-of-others-is-out-of-reach", test_live_of_others);
  ADD ("/center/dispatch/live-figures-reach-the-console", test_live_figures);
  ADD ("/center/dispatch/live-mode-reaches-the-terminal", test_live_mode);
  ADD ("/center/dispatch/audit", test_audit);
  return g_test_run ();
}
