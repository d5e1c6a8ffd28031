/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"

#include "rtc/gc-rtc-leave.h"

#include <agent.h>

#define STREAM 1
/* Two round trips, when all is well. */
#define PATIENCE_MS 1000

typedef struct
{
  GObject *kept;
  GObject *ice;
  NiceAgent *agent;
  gboolean is_alone; /* nothing more can be given to us */
  GTask *task;       /* NULL: nobody waits any more */
  GSource *deadline;
} Leave;

static void
stop_waiting (Leave *leave)
{
  g_autoptr (GTask) task = g_steal_pointer (&leave->task);

  g_source_destroy (leave->deadline);
  if (task != NULL)
    g_task_return_boolean (task, TRUE);
}

static gboolean
on_patience_over (gpointer user_data)
{
  stop_waiting (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Leave *leave = user_data;

  if (!leave->is_alone)
    {
      /* An answer that was under way may have brought another relay. */
      leave->is_alone = TRUE;
      nice_agent_remove_stream (leave->agent, STREAM);
      nice_agent_close_async (leave->agent, on_closed, leave);
      return;
    }
  stop_waiting (leave);
  g_source_unref (leave->deadline);
  g_object_unref (leave->agent);
  g_object_unref (leave->ice);
  g_object_unref (leave->kept);
  g_free (leave);
}

/**
 * gc_rtc_leave:
 * @ice: the ICE of a webrtcbin that has stopped
 * @kept: what must last until it is done
 * @task: (transfer full): returned when it is done, and after a second in any case
 *
 * Has libnice give back what TURN servers have given: otherwise they keep it for ten minutes, and
 * the next relay may be one too many. Goes on for seconds where they do not answer. Main context.
 */
void
gc_rtc_leave (GObject *ice, GObject *kept, GTask *task)
{
  Leave *leave = g_new0 (Leave, 1);

  leave->kept = g_object_ref (kept);
  /* Has the thread that does it; its last reference must not be dropped on that. */
  leave->ice = g_object_ref (ice);
  leave->task = task;
  leave->deadline = g_timeout_source_new (PATIENCE_MS);
  g_source_set_callback (leave->deadline, on_patience_over, leave, NULL);
  g_source_attach (leave->deadline, g_main_context_get_thread_default ());
  g_object_get (ice, "agent", &leave->agent, NULL);
  nice_agent_close_async (leave->agent, on_closed, leave);
}
