/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The terminal without its window, for killing: torture-terminal DATA_DIR
 *
 * Takes a worker's decisions from standard input, as tab-separated words, and ends when that
 * closes. NUMBER and FIRST are whatever tells one from another.
 *
 *   pair CODE
 *   unpair
 *   duty on|off NUMBER            on or off duty
 *   step TASK STATE NOTE          a step of a task
 *   points FIRST COUNT AT_MS      so many positions, one a millisecond from that wall time on
 *   sos NUMBER                    calls for help, and takes it back when that is kept
 *   photo TASK NUMBER SIZE        a photo of a task: so many bytes, of the number over and over
 *   read ALERT                    the worker has read an alert; nothing is promised of one that the
 *                                 center takes back before
 *
 * A line “promise …” repeats a decision once the store has it on disk, as the window would show it:
 * from then on it must not be lost. Further lines say what the terminal knows:
 *
 *   open on|off, open ERROR       it is ready, and on duty or not; or what stands in the way
 *   paired TERMINAL, pair ERROR, unpaired, unpair ERROR
 *   refused step TASK STATE WHY
 *   refused photo TASK NUMBER SIZE WHY
 *   refused sos NUMBER            an earlier one was open still
 *   task TASK STATE               at the start of each that is not ended, then of each that changes
 *   alert ALERT new|gone          at the start of each that is not read, then of each that changes
 *   link STATE
 *   problem ERROR
 */

#include "base/gc-error.h"
#include "session-commands.h"
#include "session/gc-session-private.h"

#include <gst/gst.h>
#include <stdio.h>
#include <string.h>

/* Positions leave as soon as the line has room for them. */
#define TRACK_INTERVAL_MS 20
/* Nothing to replay: the positions are the test's own. */
#define NO_RECEIVER "/dev/null"
#define STATE_KEY "torture"

#define LONGITUDE 100.0
#define LATITUDE 30.0
#define DEGREES_PER_POINT 1e-5

/* --- promises --- */

static void
on_kept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *decision = user_data;
  g_autoptr (GError) error = NULL;

  if (gc_store_set_state_finish (GC_STORE (source), result, &error))
    printf ("promise %s\n", decision);
  else
    printf ("problem %s\n", error->message);
}

/* The store works in the order in which it is asked: when this is on disk, what was handed over
 * before is. */
static void
promise (GcSession *session, const char *decision)
{
  gc_store_set_state_async (session->store, STATE_KEY, decision, NULL, on_kept,
                            g_strdup (decision));
}

static void
on_stepped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *decision = user_data;
  g_autoptr (GError) error = NULL;

  if (gc_session_advance_task_finish (GC_SESSION (source), result, &error))
    printf ("promise %s\n", decision);
  else
    printf ("refused %s\t%s\n", decision, error->message);
}

static void
step (GcSession *session, char **words, const char *decision)
{
  g_autoptr (GError) error = NULL;
  GcTaskState state;

  if (!gc_task_state_from_string (words[2], &state, &error))
    g_error ("%s", error->message);
  gc_session_advance_task_async (session, words[1], state, words[3], on_stepped,
                                 g_strdup (decision));
}

static void
add_points (GcSession *session, char **words, const char *decision)
{
  gint64 first = g_ascii_strtoll (words[1], NULL, 10);
  gint64 count = g_ascii_strtoll (words[2], NULL, 10);
  gint64 at_ms = g_ascii_strtoll (words[3], NULL, 10);

  for (gint64 i = 0; i < count; i++)
    {
      const GcFix fix = {
        .longitude = LONGITUDE + (double) (first + i) * DEGREES_PER_POINT,
        .latitude = LATITUDE,
        .time_ms = at_ms + i,
        .accuracy_m = 5,
        .speed_mps = 1,
        .bearing_deg = 0,
      };

      gc_store_add_fix (session->store, &fix);
    }
  promise (session, decision);
}

/* The number is where it happened. */
static double
sos_longitude (const char *decision)
{
  return LONGITUDE + g_ascii_strtod (strchr (decision, '\t') + 1, NULL) * DEGREES_PER_POINT;
}

static void
on_pressed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcStore *store = GC_STORE (source);
  g_autofree char *decision = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcSos) sos = gc_store_press_sos_finish (store, result, &error);

  if (sos == NULL)
    {
      printf ("problem %s\n", error->message);
      return;
    }
  printf ("%s %s\n",
          ABS (sos->fix->longitude - sos_longitude (decision)) < DEGREES_PER_POINT / 2 ? "promise"
                                                                                       : "refused",
          decision);
  gc_store_withdraw_sos_async (store, sos->id, NULL, NULL, NULL);
}

static void
press_sos (GcSession *session, const char *decision)
{
  const GcFix fix = { sos_longitude (decision), LATITUDE, 1000, 5, 1, 0 };

  gc_store_press_sos_async (session->store, &fix, 42, NULL, on_pressed, g_strdup (decision));
}

static void
on_photo_added (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *decision = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcStoredFile) file = gc_store_add_file_finish (GC_STORE (source), result, &error);

  if (file != NULL)
    printf ("promise %s\n", decision);
  else
    printf ("refused %s\t%s\n", decision, error->message);
}

static void
add_photo (GcSession *session, char **words, const char *decision)
{
  gsize size = g_ascii_strtoull (words[3], NULL, 10);
  GString *picture = g_string_sized_new (size);
  g_autoptr (GBytes) content = NULL;

  while (picture->len < size)
    g_string_append_printf (picture, "%s ", words[2]);
  g_string_truncate (picture, size);
  content = g_string_free_to_bytes (picture);
  gc_store_add_file_async (session->store, words[1], content, "image/jpeg", NULL, NULL,
                           on_photo_added, g_strdup (decision));
}

static void
on_alert_changed (GcStore *store, const GcAlert *alert, gboolean is_new, gpointer user_data)
{
  if (alert->state == GC_ALERT_READ)
    printf ("promise read\t%s\n", alert->id);
  else
    printf ("alert\t%s\t%s\n", alert->id, alert->state == GC_ALERT_NEW ? "new" : "gone");
}

static void
on_alerts_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) alerts = gc_store_list_alerts_finish (GC_STORE (source), result, &error);

  if (alerts == NULL)
    {
      printf ("problem %s\n", error->message);
      return;
    }
  for (guint i = 0; i < alerts->len; i++)
    on_alert_changed (GC_STORE (source), g_ptr_array_index (alerts, i), TRUE, NULL);
}

static void
on_alert_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (!gc_store_read_alert_finish (GC_STORE (source), result, &error))
    printf ("problem %s\n", error->message);
}

static void
on_paired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcSession *session = GC_SESSION (source);
  g_autoptr (GError) error = NULL;

  if (gc_session_pair_finish (session, result, &error))
    printf ("paired %s\n", gc_credentials_get_terminal_id (session->credentials));
  else
    printf ("pair %s\n", error->message);
}

static void
pair (GcSession *session, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPairingCode) code = gc_pairing_code_parse (text, &error);

  if (code == NULL)
    g_error ("%s", error->message);
  gc_session_pair_async (session, code, NULL, on_paired, NULL);
}

static void
on_unpaired (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (gc_session_unpair_finish (GC_SESSION (source), result, &error))
    printf ("unpaired\n");
  else
    printf ("unpair %s\n", error->message);
}

static void
obey (GcSession *session, char **words, const char *line)
{
  if (session_command_is (words, "pair", 1))
    pair (session, words[1]);
  else if (session_command_is (words, "unpair", 0))
    gc_session_unpair_async (session, on_unpaired, NULL);
  else if (session_command_is (words, "duty", 2))
    {
      gc_session_set_on_duty (session, strcmp (words[1], "on") == 0);
      promise (session, line);
    }
  else if (session_command_is (words, "step", 3))
    step (session, words, line);
  else if (session_command_is (words, "points", 3))
    add_points (session, words, line);
  else if (session_command_is (words, "sos", 1))
    press_sos (session, line);
  else if (session_command_is (words, "photo", 3))
    add_photo (session, words, line);
  else if (session_command_is (words, "read", 1))
    gc_store_read_alert_async (session->store, words[1], NULL, on_alert_read, NULL);
  else
    g_error ("what is “%s”?", line);
}

/* --- what it knows --- */

static void
print_task (const GcTask *task)
{
  printf ("task\t%s\t%s\n", task->id, gc_task_state_to_string (task->state));
}

static void
on_task_changed (
    GcStore *store, const GcTask *task, gboolean by_center, gboolean is_new, gpointer user_data)
{
  print_task (task);
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) tasks = gc_store_list_tasks_finish (GC_STORE (source), result, &error);

  if (tasks == NULL)
    {
      printf ("problem %s\n", error->message);
      return;
    }
  for (guint i = 0; i < tasks->len; i++)
    {
      const GcTask *task = g_ptr_array_index (tasks, i);

      if (!gc_task_state_is_final (task->state))
        print_task (task);
    }
}

static void
on_link (GcSession *session, GParamSpec *pspec, gpointer user_data)
{
  GEnumClass *names = G_PARAM_SPEC_ENUM (pspec)->enum_class;

  printf ("link %s\n", g_enum_get_value (names, (int) gc_session_get_link (session))->value_nick);
}

/* Of the receiver it is known that it has no positions. */
static void
on_problem (GcSession *session, const GError *error, gpointer user_data)
{
  if (!g_error_matches (error, GC_ERROR, GC_ERROR_INVALID))
    printf ("problem %s\n", error->message);
}

/* --- the program --- */

static void
opened (GcSession *session, const GError *error)
{
  if (error != NULL)
    {
      printf ("open %s\n", error->message);
      return;
    }
  gc_store_set_track_interval (session->store, TRACK_INTERVAL_MS);
  /* The timer of those that an earlier life left runs already, and long. */
  gc_store_flush_track (session->store);
  g_signal_connect (session->store, "task-changed", G_CALLBACK (on_task_changed), NULL);
  gc_store_list_tasks_async (session->store, NULL, on_listed, NULL);
  g_signal_connect (session->store, "alert-changed", G_CALLBACK (on_alert_changed), NULL);
  gc_store_list_alerts_async (session->store, NULL, on_alerts_listed, NULL);
  printf ("open %s\n", gc_store_get_on_duty (session->store) ? "on" : "off");
}

int
main (int argc, char *argv[])
{
  const SessionCommands commands = { opened, obey };
  g_autoptr (GcSession) session = NULL;
  GcSessionOptions options
      = { .camera = "pattern", .microphone = "none", .nmea_file = NO_RECEIVER };

  gst_init (&argc, &argv);
  if (argc != 2)
    g_error ("usage: torture-terminal DATA_DIR");
  options.data_dir = argv[1];
  session = gc_session_new (&options);
  g_signal_connect (session, "notify::link", G_CALLBACK (on_link), NULL);
  g_signal_connect (session, "problem", G_CALLBACK (on_problem), NULL);
  session_commands_run (session, &commands);
  return 0;
}
