/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-reminder"

#include "session/gc-reminder.h"

#include "base/gc-clock.h"
#include "session/gc-task-item.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define SOON_MS (15 * 60 * 1000)
/* A key of the store's states: up to when everything was said, ms since 1970. */
#define SAID_UNTIL "reminded-until"

struct _GcReminder
{
  GObject parent_instance;

  GListModel *tasks;
  GcStore *store;
  int timer; /* timerfd_create(2), or -1 */
  guint timer_source;
  gint64 said_until_ms;
  gboolean active;
};

enum
{
  SIGNAL_DUE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcReminder, gc_reminder, G_TYPE_OBJECT)

/* Of the clock on the wall, which goes on during suspend, and tells when somebody sets it. Nothing
 * wakes up before. */
static void
set_timer (GcReminder *self, gint64 wall_ms)
{
  const struct itimerspec spec
      = { .it_value = { .tv_sec = wall_ms / 1000, .tv_nsec = wall_ms % 1000 * 1000000 } };

  if (self->timer >= 0
      && timerfd_settime (self->timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, NULL)
             != 0)
    g_warning ("No reminder at %" G_GINT64_FORMAT " ms: %s", wall_ms, g_strerror (errno));
}

/* Returns whether anything was said. */
static gboolean
look_at (GcReminder *self, GcTaskItem *item, gint64 now_ms, gint64 *next_ms)
{
  const GcTask *task = gc_task_item_get_task (item);
  const gint64 times[] = { task->deadline_ms - SOON_MS, task->deadline_ms };
  int due = -1;

  if (task->deadline_ms == 0 || gc_task_state_is_final (task->state))
    return FALSE;
  for (int i = 0; i < (int) G_N_ELEMENTS (times); i++)
    {
      if (times[i] > now_ms)
        *next_ms = MIN (*next_ms, times[i]);
      else if (times[i] > self->said_until_ms && times[i] > task->created_ms)
        due = i;
    }
  if (due >= 0)
    g_signal_emit (self, signals[SIGNAL_DUE], 0, item, due == 1);
  return due >= 0;
}

static GPtrArray *
list_tasks (GcReminder *self)
{
  guint count = g_list_model_get_n_items (self->tasks);
  GPtrArray *items = g_ptr_array_new_full ((guint) count, g_object_unref);

  for (guint i = 0; i < count; i++)
    g_ptr_array_add (items, g_list_model_get_item (self->tasks, i));
  return items;
}

static void
look (GcReminder *self)
{
  g_autoptr (GPtrArray) items = NULL;
  g_autofree char *text = NULL;
  gint64 now_ms = gc_clock_wall_ms ();
  gint64 next_ms = G_MAXINT64;
  gboolean said = FALSE;

  if (!self->active)
    return;
  items = list_tasks (self);
  for (guint i = 0; i < items->len; i++)
    said |= look_at (self, g_ptr_array_index (items, i), now_ms, &next_ms);
  self->said_until_ms = now_ms;
  set_timer (self, next_ms < G_MAXINT64 ? next_ms : 0);
  if (!said)
    return;
  text = g_strdup_printf ("%" G_GINT64_FORMAT, now_ms);
  gc_store_set_state_async (self->store, SAID_UNTIL, text, NULL, NULL, NULL);
}

/* It has expired, or somebody has set the clock, of which read(2) fails. */
static gboolean
on_timer (int fd, GIOCondition condition, gpointer user_data)
{
  GcReminder *self = user_data;
  guint64 times;

  if (read (fd, &times, sizeof times) < 0)
    self->said_until_ms = MIN (self->said_until_ms, gc_clock_wall_ms ());
  look (self);
  return G_SOURCE_CONTINUE;
}

static void
gc_reminder_dispose (GObject *object)
{
  GcReminder *self = GC_REMINDER (object);

  g_clear_handle_id (&self->timer_source, g_source_remove);
  if (self->timer >= 0)
    close (self->timer);
  self->timer = -1;
  g_clear_object (&self->tasks);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (gc_reminder_parent_class)->dispose (object);
}

static void
gc_reminder_class_init (GcReminderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_reminder_dispose;
  signals[SIGNAL_DUE] = g_signal_new ("due", GC_TYPE_REMINDER, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                      NULL, G_TYPE_NONE, 2, GC_TYPE_TASK_ITEM, G_TYPE_BOOLEAN);
}

static void
gc_reminder_init (GcReminder *self)
{
  self->timer = timerfd_create (CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
  if (self->timer >= 0)
    self->timer_source = g_unix_fd_add (self->timer, G_IO_IN, on_timer, self);
  else
    g_warning ("No reminders: %s", g_strerror (errno));
}

/**
 * gc_reminder_new:
 * @tasks: of #GcTaskItem
 * @store: where it is kept up to when everything was said
 *
 * Main context.
 *
 * Returns: (transfer full): a reminder that is not active
 */
GcReminder *
gc_reminder_new (GListModel *tasks, GcStore *store)
{
  GcReminder *self = g_object_new (GC_TYPE_REMINDER, NULL);
  const char *until = gc_store_get_state (store, SAID_UNTIL);

  self->tasks = g_object_ref (tasks);
  self->store = g_object_ref (store);
  self->said_until_ms = until != NULL ? g_ascii_strtoll (until, NULL, 10) : 0;
  g_signal_connect_object (tasks, "items-changed", G_CALLBACK (look), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * gc_reminder_set_active:
 * @self: a reminder
 * @active: whether the worker is to be reminded; what came due meanwhile is said when it is %TRUE
 *   again
 *
 * Main context.
 */
void
gc_reminder_set_active (GcReminder *self, gboolean active)
{
  g_return_if_fail (GC_IS_REMINDER (self));

  self->active = active;
  if (active)
    look (self);
  else
    set_timer (self, 0);
}
