/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, whichever call on a socket fails, at the terminal or at the center, in a loop until
 * none is left (each thirteenth, beginning anywhere; with -m slow: each):
 *  - a task goes to the terminal and its steps come back, each once and in order
 *  - nothing crashes, and no socket is left open
 *  - the center goes on letting others in, also after it could open no more files
 */

#include "base/gc-error.h"
#include "both-fixture.h"
#include "protocol/gc-json.h"
#include "test-faults.h"

#include <string.h>

#define STRIDE 13
#define TASK "{\"terminal\": \"%s\", \"title\": \"Look at the weir\", \"urgency\": \"urgent\"}"

static const TestFaults KINDS[] = {
  { .kind = TEST_FAULTS_SOCKETS },
  { .kind = TEST_FAULTS_SOCKETS, .too_many = TRUE },
};

static guint
count_sockets (void)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;
  guint n = 0;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *target = g_file_read_link (link, NULL);

      n += target != NULL && g_str_has_prefix (target, "socket:");
    }
  return n;
}

typedef struct
{
  Both *both;
  guint sockets; /* without a channel */
} Scene;

/* The test's own connection to the console is there or not. */
static gboolean
is_left_alone (gpointer data)
{
  return count_sockets () <= ((Scene *) data)->sockets + 2;
}

/* Straight to the center: the link between them would fail, too. */
static void
make_channel (Both *both)
{
  g_autofree char *url
      = g_strdup_printf ("https://127.0.0.1:%u/channel", gc_center_get_port (both->center.center));

  both_end_channel (both);
  both->channel = gc_channel_new (url, gc_credentials_get_anchors (both->credentials),
                                  gc_credentials_get_certificate (both->credentials),
                                  both->terminal.store, "test terminal");
}

static void
make_task (Both *both)
{
  g_autofree char *body
      = g_strdup_printf (TASK, gc_credentials_get_terminal_id (both->credentials));
  g_autoptr (Answer) answer = fixture_request (&both->center, "POST", "/api/tasks", body);

  g_assert_cmpuint (answer->status, ==, 201);
  g_set_str (&both->task_id, gc_json_get_string (answer->json, "id", 36, NULL));
}

static gboolean
has_task (gpointer data)
{
  Both *both = data;
  g_autoptr (GPtrArray) tasks = store_list_tasks (both->terminal.store);

  for (guint i = 0; i < tasks->len; i++)
    if (strcmp (((const GcTask *) g_ptr_array_index (tasks, i))->id, both->task_id) == 0)
      return TRUE;
  return FALSE;
}

static void
advance (Both *both, GcTaskState state)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcTask) task
      = store_advance (both->terminal.store, both->task_id, state, "note", NULL, &error);

  g_assert_no_error (error);
}

static void
check_history (Both *both)
{
  static const char *const STATES[] = { "sent", "delivered", "accepted", "done" };
  g_autofree char *path = g_strconcat ("/api/tasks/", both->task_id, NULL);
  g_autoptr (Answer) answer = fixture_request (&both->center, "GET", path, NULL);
  JsonArray *history = json_object_get_array_member (answer->json, "history");

  g_assert_cmpuint (json_array_get_length (history), ==, G_N_ELEMENTS (STATES));
  for (guint i = 0; i < G_N_ELEMENTS (STATES); i++)
    {
      JsonObject *step = json_array_get_object_element (history, i);

      g_assert_cmpstr (json_object_get_string_member (step, "state"), ==, STATES[i]);
    }
}

/* Returns whether there was anything left to fail. */
static gboolean
run (Scene *scene, const TestFaults *faults, guint n)
{
  Both *both = scene->both;
  gboolean struck;

  g_test_message ("call %u", n);
  make_channel (both);
  make_task (both);
  wait_until (is_left_alone, scene);
  test_faults_arm (faults, n);
  gc_channel_set_enabled (both->channel, TRUE);
  wait_until (has_task, both);
  advance (both, GC_TASK_ACCEPTED);
  advance (both, GC_TASK_DONE);
  wait_until (both_is_delivered, both);
  gc_channel_set_enabled (both->channel, FALSE);
  struck = test_faults_disarm ();
  wait_until (is_left_alone, scene);
  check_history (both);
  return struck;
}

static void
test_sockets (Both *both, gconstpointer data)
{
  const TestFaults *faults = data;
  guint stride = g_test_slow () || faults->too_many ? 1 : STRIDE;
  guint n = stride == 1 ? 1 : (guint) g_test_rand_int_range (1, STRIDE + 1);
  Scene scene = { both };

  gc_channel_set_enabled (both->channel, FALSE);
  make_task (both);
  scene.sockets = count_sockets ();
  while (run (&scene, faults, n))
    n += stride;
  g_test_message ("%u calls", n);
  g_assert_cmpuint (n, >, stride);
}

int
main (int argc, char *argv[])
{
  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  g_test_add ("/channel/faults/sockets", Both, &KINDS[0], both_set_up, test_sockets,
              both_tear_down);
  g_test_add ("/channel/faults/too-many-files", Both, &KINDS[1], both_set_up, test_sockets,
              both_tear_down);
  return g_test_run ();
}
