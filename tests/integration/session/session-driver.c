/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The terminal without its window, for tests that play the center or watch the network:
 * session-driver [--one-encoder] DATA_DIR [NMEA_FILE]
 *
 * Prints what the window would show, a line for each change; takes a worker's decisions from
 * standard input, as tab-separated words, and ends when that closes:
 *
 *   pair CODE           duty on|off         step TASK STATE [NOTE]      unpair
 *   live                end                 answer yes|no [REASON]      mute yes|no
 *   sos                 withdraw
 *
 * With --one-encoder nothing codes H.264 but a driver's element, which fails at the word “break”.
 */

#include "base/gc-error.h"
#include "session-commands.h"

#include "fake-encoder.h"

#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

static void
print_error (const char *what, const GError *error)
{
  if (error->domain == GC_ERROR)
    printf ("%s %d %s\n", what, error->code, error->message);
  else
    printf ("%s %s %s\n", what, g_quark_to_string (error->domain), error->message);
}

static void
print_done (const char *what, gboolean done, GError *error)
{
  g_autoptr (GError) owned = error;

  if (done)
    printf ("%s done\n", what);
  else
    print_error (what, owned);
}

/* --- what happens --- */

static void
on_notify (GcSession *session, GParamSpec *pspec, gpointer user_data)
{
  g_auto (GValue) value = G_VALUE_INIT;
  g_auto (GValue) text = G_VALUE_INIT;

  if (G_IS_PARAM_SPEC_OBJECT (pspec) || G_IS_PARAM_SPEC_BOXED (pspec))
    return;
  g_value_init (&value, pspec->value_type);
  g_object_get_property (G_OBJECT (session), pspec->name, &value);
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    {
      GEnumClass *names = G_PARAM_SPEC_ENUM (pspec)->enum_class;

      printf ("%s %s\n", pspec->name,
              g_enum_get_value (names, g_value_get_enum (&value))->value_nick);
      return;
    }
  g_value_init (&text, G_TYPE_STRING);
  g_value_transform (&value, &text);
  printf ("%s %s\n", pspec->name,
          g_value_get_string (&text) != NULL ? g_value_get_string (&text) : "");
}

static void
on_fix (GcSession *session, GParamSpec *pspec, gpointer user_data)
{
  g_autoptr (GcFix) fix = NULL;

  g_object_get (session, "fix", &fix, NULL);
  if (fix != NULL)
    printf ("fix %.6f %.6f\n", fix->longitude, fix->latitude);
}

static void
print_task (const char *what, GcTaskItem *item)
{
  const GcTask *task = gc_task_item_get_task (item);

  printf ("%s %s %s %s\n", what, task->id, gc_task_state_to_string (task->state), task->title);
}

static void
on_task_arrived (GcSession *session, GcTaskItem *item, gpointer user_data)
{
  print_task ("task-arrived", item);
}

static void
on_task_changed (GcSession *session, GcTaskItem *item, const char *why, gpointer user_data)
{
  print_task ("task-changed", item);
}

static void
on_failed (GcSession *session, const GError *error, gpointer what)
{
  print_error (what, error);
}

static void
on_live_ended (GcSession *session, const char *reason, gpointer user_data)
{
  printf ("live-ended %s\n", reason != NULL ? reason : "");
}

/* --- what the worker does --- */

static void
on_paired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean done = gc_session_pair_finish (GC_SESSION (source), result, &error);

  print_done ("pair", done, error);
}

static void
pair (GcSession *session, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPairingCode) code = gc_pairing_code_parse (text, &error);

  if (code == NULL)
    print_error ("code", error);
  else
    gc_session_pair_async (session, code, NULL, on_paired, NULL);
}

static void
on_unpaired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean done = gc_session_unpair_finish (GC_SESSION (source), result, &error);

  print_done ("unpair", done, error);
}

static void
on_stepped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GError *error = NULL;
  gboolean done = gc_session_advance_task_finish (GC_SESSION (source), result, &error);

  print_done ("step", done, error);
}

static void
step (GcSession *session, char **words)
{
  g_autoptr (GError) error = NULL;
  GcTaskState state;

  if (!gc_task_state_from_string (words[2], &state, &error))
    g_error ("%s", error->message);
  gc_session_advance_task_async (session, words[1], state, words[3], on_stepped, NULL);
}

static void
obey (GcSession *session, char **words, const char *line)
{
  if (session_command_is (words, "pair", 1))
    pair (session, words[1]);
  else if (session_command_is (words, "unpair", 0))
    gc_session_unpair_async (session, on_unpaired, NULL);
  else if (session_command_is (words, "duty", 1))
    gc_session_set_on_duty (session, strcmp (words[1], "on") == 0);
  else if (session_command_is (words, "step", 2))
    step (session, words);
  else if (session_command_is (words, "live", 0))
    gc_session_go_live (session);
  else if (session_command_is (words, "end", 0))
    gc_session_end_live (session);
  else if (session_command_is (words, "answer", 1))
    gc_session_answer_live (session, strcmp (words[1], "yes") == 0, words[2]);
  else if (session_command_is (words, "mute", 1))
    g_object_set (session, "muted", strcmp (words[1], "yes") == 0, NULL);
  else if (session_command_is (words, "sos", 0))
    gc_session_press_sos (session, FALSE);
  else if (session_command_is (words, "withdraw", 0))
    gc_session_withdraw_sos (session);
  else if (session_command_is (words, "break", 0))
    g_assert_true (fake_encoder_break ());
  else
    g_error ("what is “%s”?", line);
}

/* --- the program --- */

static void
on_tasks_listed (GListModel *tasks, guint position, guint removed, guint added, gpointer user_data)
{
  for (guint i = position; i < position + added; i++)
    {
      g_autoptr (GcTaskItem) item = g_list_model_get_item (tasks, i);

      print_task ("task", item);
    }
}

static void
opened (GcSession *session, const GError *error)
{
  g_autoptr (GListModel) tasks = NULL;

  if (error == NULL)
    {
      /* They may be read from the store later than the session is open. */
      g_object_get (session, "tasks", &tasks, NULL);
      g_signal_connect (tasks, "items-changed", G_CALLBACK (on_tasks_listed), NULL);
      on_tasks_listed (tasks, 0, 0, g_list_model_get_n_items (tasks), NULL);
    }
  print_done ("open", error == NULL, error != NULL ? g_error_copy (error) : NULL);
}

static void
watch (GcSession *session)
{
  g_signal_connect (session, "notify", G_CALLBACK (on_notify), NULL);
  g_signal_connect (session, "notify::fix", G_CALLBACK (on_fix), NULL);
  g_signal_connect (session, "task-arrived", G_CALLBACK (on_task_arrived), NULL);
  g_signal_connect (session, "task-changed", G_CALLBACK (on_task_changed), NULL);
  g_signal_connect (session, "live-failed", G_CALLBACK (on_failed), (gpointer) "live-failed");
  g_signal_connect (session, "live-ended", G_CALLBACK (on_live_ended), NULL);
  g_signal_connect (session, "problem", G_CALLBACK (on_failed), (gpointer) "problem");
}

int
main (int argc, char *argv[])
{
  const SessionCommands commands = { opened, obey };
  g_autoptr (GcSession) session = NULL;
  GcSessionOptions options = { .camera = "pattern", .microphone = "tone" };

  gst_init (&argc, &argv);
  if (argc > 1 && strcmp (argv[1], "--one-encoder") == 0)
    {
      fake_encoder_take_over ();
      argv++;
      argc--;
    }
  if (argc < 2)
    g_error ("usage: session-driver [--one-encoder] DATA_DIR [NMEA_FILE]");
  options.data_dir = argv[1];
  options.nmea_file = argv[2];
  session = gc_session_new (&options);
  watch (session);
  session_commands_run (session, &commands);
  return 0;
}
