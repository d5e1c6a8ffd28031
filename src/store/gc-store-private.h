/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "store/gc-store.h"

G_BEGIN_DECLS

/* How the parts of the store work together: each operation is a GcStoreWork on the database's
 * thread, which notes in a GcStoreOutcome what it changed; when it is committed the store takes
 * the new figures over, tells its listeners, and completes the operation. */

/* Key of the state that says whether the worker is on duty. */
#define GC_STORE_DUTY "duty"

/**
 * GcStoreFigures:
 *
 * What the store knows without asking the disk.
 */
typedef struct
{
  char *stream;
  char *peer_stream;
  gint64 committed;
  gint64 acknowledged;
  gint64 last_seq;
  gint64 last_urgent_seq; /* of those that wait, 0 if none does */
  guint unsent;
  guint unsent_tracks;
  guint pending_points;
  guint undelivered; /* files */
  gboolean on_duty;
} GcStoreFigures;

typedef enum
{
  GC_STORE_NEWS_TASK,
  GC_STORE_NEWS_TASK_SENT,
  GC_STORE_NEWS_FILE,
  GC_STORE_NEWS_ALERT,
  GC_STORE_NEWS_WATCH,
  GC_STORE_NEWS_SOS,
  GC_STORE_NEWS_STATE,
  GC_STORE_NEWS_FORGOTTEN,
} GcStoreNewsKind;

/**
 * GcStoreNews:
 *
 * One thing that listeners are told after the commit; which members are set depends on the kind.
 */
typedef struct
{
  GcStoreNewsKind kind;
  GcTask *task;
  gboolean by_center;
  gboolean is_new;
  char *task_id;
  GcStoredFile *file;
  GcAlert *alert;
  GcWatch *watch;
  guint watching;
  GcSos *sos;
  char *key;
  char *value;
} GcStoreNews;

/**
 * GcStoreOutcome:
 *
 * What an operation changed.
 */
typedef struct
{
  GcStoreFigures figures;
  GPtrArray *news; /* of GcStoreNews */
} GcStoreOutcome;

/**
 * GcStoreWork:
 * @database: inside a transaction
 * @params: as given to gc_store_run_async()
 * @outcome: for the gc_store_outcome_ functions
 * @error: never %NULL; set it to roll back
 *
 * Returns: (nullable) (transfer full): the result of the operation
 */
typedef gpointer (*GcStoreWork) (GcDatabase *database,
                                 gpointer params,
                                 GcStoreOutcome *outcome,
                                 GError **error);

void
gc_store_run_async (GcStore *self,
                    gpointer tag,
                    GcStoreWork work,
                    gpointer params,
                    GDestroyNotify params_free,
                    GDestroyNotify result_free,
                    GCancellable *cancellable,
                    GAsyncReadyCallback callback,
                    gpointer user_data);
gpointer
gc_store_run_finish (GcStore *self, GAsyncResult *result, gpointer tag, GError **error);
gboolean
gc_store_run_finish_boolean (GcStore *self, GAsyncResult *result, gpointer tag, GError **error);

GcStoreOutcome *
gc_store_outcome_new (void);
void
gc_store_outcome_free (GcStoreOutcome *outcome);
gboolean
gc_store_figures_read (GcDatabase *database, GcStoreFigures *figures, GError **error);
void
gc_store_figures_clear (GcStoreFigures *figures);
void
gc_store_outcome_add_task (GcStoreOutcome *outcome,
                           const GcTask *task,
                           gboolean by_center,
                           gboolean is_new);
void
gc_store_outcome_add_task_sent (GcStoreOutcome *outcome, const char *task_id);
void
gc_store_outcome_add_file (GcStoreOutcome *outcome, const GcStoredFile *file);
void
gc_store_outcome_add_alert (GcStoreOutcome *outcome, const GcAlert *alert, gboolean is_new);
void
gc_store_outcome_add_watch (GcStoreOutcome *outcome, const GcWatch *watch, guint watching);
void
gc_store_outcome_add_sos (GcStoreOutcome *outcome, const GcSos *sos);
void
gc_store_outcome_add_forgotten (GcStoreOutcome *outcome);
void
gc_store_outcome_add_state (GcStoreOutcome *outcome, const char *key, const char *value);

const GcStoreFigures *
gc_store_get_figures (GcStore *self);
const char *
gc_store_get_folder (GcStore *self);
void
gc_store_track_update (GcStore *self);
void
gc_store_track_save_rest (GcStore *self);
void
gc_store_track_forget_rest (GcStore *self);
void
gc_store_report (GcStore *self, const GError *error);

typedef struct
{
  GPtrArray *unsaved; /* of GcFix: what the disk would not take yet; NULL if there is nothing */
  guint interval_ms;
  guint timer;
  gboolean due;
  gboolean flushing;
} GcStoreTrack;

GcStoreTrack *
gc_store_get_track (GcStore *self);

G_END_DECLS
