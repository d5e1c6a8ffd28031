/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-file-reference.h"

G_BEGIN_DECLS

#define GC_TASK_TITLE_MAX_LENGTH 120
#define GC_TASK_TEXT_MAX_LENGTH 4000
#define GC_TASK_PLACE_MAX_LENGTH 200

/**
 * GcTaskState:
 * @GC_TASK_SENT: the center has stored it
 * @GC_TASK_DELIVERED: the terminal has stored it (implied by the channel's acknowledgement)
 * @GC_TASK_ACCEPTED: the worker will do it
 * @GC_TASK_DECLINED: the worker will not, and said why; final
 * @GC_TASK_EN_ROUTE: the worker is on the way
 * @GC_TASK_ARRIVED: the worker is there
 * @GC_TASK_DONE: the worker has done it; final
 * @GC_TASK_CANCELLED: the center took it back; final
 *
 * The life of a task. gc_task_state_allows() is the one place that says which step may follow
 * which, on both sides, and gc_task_state_yields() which one holds where both sides took one at a
 * time.
 */
typedef enum
{
  GC_TASK_SENT,
  GC_TASK_DELIVERED,
  GC_TASK_ACCEPTED,
  GC_TASK_DECLINED,
  GC_TASK_EN_ROUTE,
  GC_TASK_ARRIVED,
  GC_TASK_DONE,
  GC_TASK_CANCELLED,
} GcTaskState;

/**
 * GcTaskUrgency:
 * @GC_TASK_ROUTINE: today or when it fits
 * @GC_TASK_PRIORITY: next
 * @GC_TASK_URGENT: now
 */
typedef enum
{
  GC_TASK_ROUTINE,
  GC_TASK_PRIORITY,
  GC_TASK_URGENT,
} GcTaskUrgency;

/**
 * GcTask:
 * @id: unique for ever
 * @title: one line, never empty
 * @description: (nullable): more lines
 * @urgency: how soon
 * @has_place: whether @longitude and @latitude say anything
 * @longitude: degrees WGS-84
 * @latitude: degrees WGS-84
 * @place: (nullable): the place in words
 * @deadline_ms: wall time, ms since 1970, 0 for none
 * @created_ms: wall time, ms since 1970
 * @created_by: (nullable): the dispatcher's name
 * @files: (nullable) (element-type GcFileReference): what the dispatcher attached, at most
 *   %GC_FILE_MAX_PER_TASK
 * @state: where it stands
 * @state_ms: when it came there, wall time
 * @note: (nullable): what the worker wrote when done or declining, or why the center cancelled
 * @late_cancel: (nullable): why the center cancelled what the worker had done already, may be
 * empty; known to the terminal alone
 */
typedef struct
{
  char *id;
  char *title;
  char *description;
  GcTaskUrgency urgency;
  gboolean has_place;
  double longitude;
  double latitude;
  char *place;
  gint64 deadline_ms;
  gint64 created_ms;
  char *created_by;
  GPtrArray *files;
  GcTaskState state;
  gint64 state_ms;
  char *note;
  char *late_cancel;
} GcTask;

#define GC_TYPE_TASK (gc_task_get_type ())
GType
gc_task_get_type (void);

GcTask *
gc_task_new (void);
GcTask *
gc_task_copy (const GcTask *task);
void
gc_task_free (GcTask *task);
/* The task without its state, as task.new carries it. */
JsonObject *
gc_task_to_json (const GcTask *task);
GcTask *
gc_task_from_json (JsonObject *object, GError **error);
const GcFileReference *
gc_task_find_file (const GcTask *task, const char *id);

const char *
gc_task_state_to_string (GcTaskState state);
gboolean
gc_task_state_from_string (const char *text, GcTaskState *state, GError **error);
gboolean
gc_task_state_allows (GcTaskState from, GcTaskState to);
gboolean
gc_task_state_yields (GcTaskState from, GcTaskState to);
gboolean
gc_task_state_is_final (GcTaskState state);
const char *
gc_task_urgency_to_string (GcTaskUrgency urgency);
gboolean
gc_task_urgency_from_string (const char *text, GcTaskUrgency *urgency, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcTask, gc_task_free)

G_END_DECLS
