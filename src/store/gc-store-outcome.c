/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

static void
news_free (gpointer data)
{
  GcStoreNews *news = data;

  g_clear_pointer (&news->task, gc_task_free);
  g_clear_pointer (&news->file, gc_stored_file_free);
  g_clear_pointer (&news->alert, gc_alert_free);
  g_clear_pointer (&news->watch, gc_watch_free);
  g_clear_pointer (&news->sos, gc_sos_free);
  g_free (news->task_id);
  g_free (news->key);
  g_free (news->value);
  g_free (news);
}

static GcStoreNews *
add_news (GcStoreOutcome *outcome, GcStoreNewsKind kind)
{
  GcStoreNews *news = g_new0 (GcStoreNews, 1);

  news->kind = kind;
  g_ptr_array_add (outcome->news, news);
  return news;
}

/**
 * gc_store_outcome_add_task:
 * @outcome: of the operation
 * @task: as it stands now
 * @by_center: whether the center did it
 * @is_new: whether it was not there before
 *
 * Listeners will hear that a task is new or has changed.
 */
void
gc_store_outcome_add_task (GcStoreOutcome *outcome,
                           const GcTask *task,
                           gboolean by_center,
                           gboolean is_new)
{
  GcStoreNews *news = add_news (outcome, GC_STORE_NEWS_TASK);

  news->task = gc_task_copy (task);
  news->by_center = by_center;
  news->is_new = is_new;
}

/**
 * gc_store_outcome_add_task_sent:
 * @outcome: of the operation
 * @task_id: the task
 *
 * Listeners will hear that the center has acknowledged the last step of a task.
 */
void
gc_store_outcome_add_task_sent (GcStoreOutcome *outcome, const char *task_id)
{
  add_news (outcome, GC_STORE_NEWS_TASK_SENT)->task_id = g_strdup (task_id);
}

/**
 * gc_store_outcome_add_file:
 * @outcome: of the operation
 * @file: as it stands now
 *
 * Listeners will hear that a task has got a file, or that the center has all of it.
 */
void
gc_store_outcome_add_file (GcStoreOutcome *outcome, const GcStoredFile *file)
{
  add_news (outcome, GC_STORE_NEWS_FILE)->file = gc_stored_file_copy (file);
}

/**
 * gc_store_outcome_add_alert:
 * @outcome: of the operation
 * @alert: as it stands now
 * @is_new: whether it was not there before
 *
 * Listeners will hear that an alert is new or has ended.
 */
void
gc_store_outcome_add_alert (GcStoreOutcome *outcome, const GcAlert *alert, gboolean is_new)
{
  GcStoreNews *news = add_news (outcome, GC_STORE_NEWS_ALERT);

  news->alert = gc_alert_copy (alert);
  news->is_new = is_new;
}

/**
 * gc_store_outcome_add_watch:
 * @outcome: of the operation
 * @watch: who came or went
 * @watching: how many watch now
 *
 * Listeners will hear who came or went.
 */
void
gc_store_outcome_add_watch (GcStoreOutcome *outcome, const GcWatch *watch, guint watching)
{
  GcStoreNews *news = add_news (outcome, GC_STORE_NEWS_WATCH);

  news->watch = gc_watch_copy (watch);
  news->watching = watching;
}

/**
 * gc_store_outcome_add_sos:
 * @outcome: of the operation
 * @sos: as it stands now
 *
 * Listeners will hear that the worker's latest SOS is new or has changed.
 */
void
gc_store_outcome_add_sos (GcStoreOutcome *outcome, const GcSos *sos)
{
  add_news (outcome, GC_STORE_NEWS_SOS)->sos = gc_sos_copy (sos);
}

/**
 * gc_store_outcome_add_state:
 * @outcome: of the operation
 * @key: which
 * @value: (nullable): %NULL if it was removed
 *
 * A state was set or removed.
 */
void
gc_store_outcome_add_state (GcStoreOutcome *outcome, const char *key, const char *value)
{
  GcStoreNews *news = add_news (outcome, GC_STORE_NEWS_STATE);

  news->key = g_strdup (key);
  news->value = g_strdup (value);
}

/**
 * gc_store_outcome_add_forgotten:
 * @outcome: of the operation
 *
 * Listeners are told nothing: what the store knew of the center is gone.
 */
void
gc_store_outcome_add_forgotten (GcStoreOutcome *outcome)
{
  add_news (outcome, GC_STORE_NEWS_FORGOTTEN);
}

/**
 * gc_store_outcome_new:
 *
 * Returns: (transfer full): an outcome without news
 */
GcStoreOutcome *
gc_store_outcome_new (void)
{
  GcStoreOutcome *outcome = g_new0 (GcStoreOutcome, 1);

  outcome->news = g_ptr_array_new_with_free_func (news_free);
  return outcome;
}

/**
 * gc_store_outcome_free:
 * @outcome: (transfer full): an outcome
 *
 * Any thread.
 */
void
gc_store_outcome_free (GcStoreOutcome *outcome)
{
  gc_store_figures_clear (&outcome->figures);
  g_ptr_array_unref (outcome->news);
  g_free (outcome);
}
