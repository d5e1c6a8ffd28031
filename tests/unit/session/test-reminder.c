/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises:
 *  - a deadline that is near and one that has passed are said once each, at their time
 *  - what came due while nobody was to be reminded is said then, the latest only
 *  - what was said is not said again after a restart
 *  - tasks that have ended, and those that were urgent from the beginning, are left alone
 */
#include "session/gc-reminder.h"

#include "base/gc-clock.h"
#include "session/gc-task-item.h"
#include "store-fixture.h"
#include "test-wait.h"

#define MINUTE_MS 60000
#define NEAR_MS (15 * MINUTE_MS)
#define MOMENT_MS 300

typedef struct
{
  StoreFixture store;
  GListStore *tasks;
  GcReminder *reminder;
  GString *said;
} Fixture;

static void
on_due (GcReminder *reminder, GcTaskItem *item, gboolean overdue, gpointer user_data)
{
  g_string_append_printf (user_data, "%s %s;", gc_task_item_get_task (item)->title,
                          overdue ? "overdue" : "near");
}

static void
make_reminder (Fixture *self)
{
  self->reminder = gc_reminder_new (G_LIST_MODEL (self->tasks), self->store.store);
  g_signal_connect (self->reminder, "due", G_CALLBACK (on_due), self->said);
}

static void
set_up (Fixture *self, gconstpointer data)
{
  store_fixture_set_up (&self->store, NULL);
  self->tasks = g_list_store_new (GC_TYPE_TASK_ITEM);
  self->said = g_string_new (NULL);
  make_reminder (self);
}

static void
tear_down (Fixture *self, gconstpointer data)
{
  g_assert_finalize_object (self->reminder);
  g_object_unref (self->tasks);
  g_string_free (self->said, TRUE);
  store_fixture_tear_down (&self->store, NULL);
}

/* Times as ms from now. */
static void
add (Fixture *self, const char *title, gint64 created, gint64 deadline, GcTaskState state)
{
  g_autoptr (GcTask) task = gc_task_new ();
  g_autoptr (GcTaskItem) item = NULL;
  gint64 now_ms = gc_clock_wall_ms ();

  task->id = g_strdup (title);
  task->title = g_strdup (title);
  task->created_ms = now_ms + created;
  task->deadline_ms = now_ms + deadline;
  task->state = state;
  item = gc_task_item_new (task, TRUE);
  g_list_store_append (self->tasks, item);
}

static gboolean
is_said (gpointer data)
{
  Fixture *self = data;

  return self->said->len > 0;
}

static void
assert_said (Fixture *self, const char *words)
{
  test_wait_until (is_said, self);
  g_assert_cmpstr (self->said->str, ==, words);
  g_string_truncate (self->said, 0);
}

static void
test_times (Fixture *self, gconstpointer data)
{
  gc_reminder_set_active (self->reminder, TRUE);
  add (self, "a", -MINUTE_MS, NEAR_MS + MOMENT_MS, GC_TASK_DELIVERED);
  assert_said (self, "a near;");
  add (self, "b", -MINUTE_MS, MOMENT_MS, GC_TASK_ARRIVED);
  assert_said (self, "b overdue;");
}

static void
test_off_duty (Fixture *self, gconstpointer data)
{
  add (self, "a", -MINUTE_MS, -1, GC_TASK_DELIVERED);
  add (self, "b", -NEAR_MS, NEAR_MS - 1, GC_TASK_DELIVERED);
  g_assert_cmpstr (self->said->str, ==, "");
  gc_reminder_set_active (self->reminder, TRUE);
  assert_said (self, "a overdue;b near;");
  gc_reminder_set_active (self->reminder, FALSE);
  add (self, "c", -NEAR_MS, MOMENT_MS, GC_TASK_DELIVERED);
  test_iterate (2 * MOMENT_MS);
  g_assert_cmpstr (self->said->str, ==, "");
  gc_reminder_set_active (self->reminder, TRUE);
  assert_said (self, "c overdue;");
}

static void
test_restart (Fixture *self, gconstpointer data)
{
  add (self, "a", -2 * NEAR_MS, -MINUTE_MS, GC_TASK_DELIVERED);
  gc_reminder_set_active (self->reminder, TRUE);
  assert_said (self, "a overdue;");
  g_assert_finalize_object (self->reminder);
  store_fixture_reopen (&self->store);
  make_reminder (self);
  gc_reminder_set_active (self->reminder, TRUE);
  add (self, "b", -2 * NEAR_MS, NEAR_MS + MOMENT_MS, GC_TASK_DELIVERED);
  assert_said (self, "b near;");
}

static void
test_left_alone (Fixture *self, gconstpointer data)
{
  gc_reminder_set_active (self->reminder, TRUE);
  add (self, "done", -2 * NEAR_MS, -1, GC_TASK_DONE);
  add (self, "at once", -MINUTE_MS, NEAR_MS - 2 * MINUTE_MS, GC_TASK_DELIVERED);
  add (self, "b", -2 * NEAR_MS, MOMENT_MS, GC_TASK_DELIVERED);
  assert_said (self, "b overdue;");
}

#define ADD(name, func) g_test_add ("/reminder/" name, Fixture, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("each-at-its-time", test_times);
  ADD ("not-off-duty", test_off_duty);
  ADD ("not-twice", test_restart);
  ADD ("not-without-need", test_left_alone);
  return g_test_run ();
}
