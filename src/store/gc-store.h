/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-cap.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-fix.h"
#include "protocol/gc-sos.h"
#include "protocol/gc-task.h"
#include "store/gc-stored-file.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the terminal must not lose, in one SQLite file: both ends of the reliable stream, the tasks
 * and their steps, the alerts, the track, who watched, and what the terminal knows of its center.
 * Whatever these functions report is on disk. All of it is used from the thread that opened the
 * store. */

/* Keys of gc_store_get_state(). */
#define GC_STORE_CENTER "center"       /* how to reach the paired center, as JSON */
#define GC_STORE_SET_ASIDE "set-aside" /* the property of that name, until the worker knows */
/* Set once the worker has decided to leave the center, until it is forgotten. */
#define GC_STORE_UNPAIRING "unpairing"

/**
 * GcReceipt:
 * @GC_RECEIPT_APPLIED: committed with its effect: acknowledge it
 * @GC_RECEIPT_IGNORED: committed without effect, as unknown types, unfit bodies and steps that a
 *   task does not allow: acknowledge it
 * @GC_RECEIPT_DUPLICATE: was committed before: acknowledge it
 * @GC_RECEIPT_GAP: something before it is missing; nothing was stored
 *
 * What became of a reliable envelope from the center, or of the copy of an urgent one.
 */
typedef enum
{
  GC_RECEIPT_APPLIED,
  GC_RECEIPT_IGNORED,
  GC_RECEIPT_DUPLICATE,
  GC_RECEIPT_GAP,
} GcReceipt;

/**
 * GcWatch:
 * @session: the live session
 * @viewer: who watched
 * @from_ms: since when, wall time
 * @until_ms: until when, wall time, 0 while still watching
 *
 * One person watching one live session once.
 */
typedef struct
{
  char *session;
  char *viewer;
  gint64 from_ms;
  gint64 until_ms;
} GcWatch;

#define GC_TYPE_WATCH (gc_watch_get_type ())
GType
gc_watch_get_type (void);
GcWatch *
gc_watch_copy (const GcWatch *watch);
void
gc_watch_free (GcWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcWatch, gc_watch_free)

/**
 * GcAlertState:
 * @GC_ALERT_NEW: not read yet
 * @GC_ALERT_READ: the worker has read it, and the center will hear so
 * @GC_ALERT_CANCELLED: the center took it back
 * @GC_ALERT_REPLACED: another took its place
 * @GC_ALERT_GONE: the terminal has left the center that sent it
 */
typedef enum
{
  GC_ALERT_NEW,
  GC_ALERT_READ,
  GC_ALERT_CANCELLED,
  GC_ALERT_REPLACED,
  GC_ALERT_GONE,
} GcAlertState;

/**
 * GcAlert:
 * @id: the center's name for it
 * @cap: what it says
 * @received_ms: when it was stored, wall time
 * @expires_ms: until when it is to be shown, wall time, 0 if this device's clock cannot tell
 * @quiet: whether it is about where the worker is not
 * @state: where it stands
 * @note: (nullable): why it was taken back or replaced
 *
 * An alert on this terminal.
 */
typedef struct
{
  char *id;
  GcCap *cap;
  gint64 received_ms;
  gint64 expires_ms;
  gboolean quiet;
  GcAlertState state;
  char *note;
} GcAlert;

#define GC_TYPE_ALERT (gc_alert_get_type ())
GType
gc_alert_get_type (void);
GcAlert *
gc_alert_copy (const GcAlert *alert);
void
gc_alert_free (GcAlert *alert);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcAlert, gc_alert_free)

/* Properties, all read-only, all notify:
 *   unsent      uint      envelopes stored and not yet acknowledged by the center
 *   last-seq    int64     the highest seq given out so far: grows when there is more to send
 *   committed   int64     the highest seq of the center that is on disk
 *   on-duty     gboolean  what gc_store_set_duty_async() stored last
 *   undelivered uint      files whose content the center does not have yet
 *   set-aside   string    where a damaged file was moved, of which this one has what could be read;
 *                         NULL if there was none, or the state GC_STORE_SET_ASIDE was removed
 * Signals, all after the commit and before the callback of the operation that caused them:
 *   task-changed (GcTask *task, gboolean by_center, gboolean is_new)
 *   task-sent (const char *task_id)       the center has acknowledged the last step
 *   file-changed (GcStoredFile *file)       a task has got it, or the center has all of it
 *   alert-changed (GcAlert *alert, gboolean is_new)
 *   watch-changed (GcWatch *watch, guint watching)   somebody came or went; how many watch now
 *   sos-changed ()                        gc_store_get_sos() says something else
 *   failed (GError *error)                work that nobody waits for was not saved, as the track */
#define GC_TYPE_STORE (gc_store_get_type ())
G_DECLARE_FINAL_TYPE (GcStore, gc_store, GC, STORE, GObject)

void
gc_store_open_async (const char *path,
                     GCancellable *cancellable,
                     GAsyncReadyCallback callback,
                     gpointer user_data);
GcStore *
gc_store_open_finish (GAsyncResult *result, GError **error);
void
gc_store_close (GcStore *self);

/* The reliable stream, for the channel. */

const char *
gc_store_get_stream (GcStore *self);
const char *
gc_store_get_peer_stream (GcStore *self);
gint64
gc_store_get_committed (GcStore *self);
gint64
gc_store_get_acknowledged (GcStore *self);
gint64
gc_store_get_last_seq (GcStore *self);
gint64
gc_store_get_last_urgent_seq (GcStore *self);
guint
gc_store_get_unsent (GcStore *self);

void
gc_store_enqueue_async (GcStore *self,
                        const GcEnvelope *envelope,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gint64
gc_store_enqueue_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_read_outbox_async (GcStore *self,
                            gint64 after_seq,
                            guint limit,
                            gboolean urgent,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GPtrArray *
gc_store_read_outbox_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_acknowledge_async (GcStore *self,
                            gint64 ack,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
gboolean
gc_store_acknowledge_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_confirm_async (GcStore *self,
                        const char *envelope_id,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gboolean
gc_store_confirm_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_meet_peer_async (GcStore *self,
                          const char *peer_stream,
                          const char *stream_known_to_peer,
                          gint64 peer_ack,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
gboolean
gc_store_meet_peer_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_receive_async (GcStore *self,
                        const GcEnvelope *envelope,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
gboolean
gc_store_receive_finish (GcStore *self, GAsyncResult *result, GcReceipt *receipt, GError **error);

/* The shift, for the session. */

void
gc_store_list_tasks_async (GcStore *self,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
GPtrArray *
gc_store_list_tasks_finish (GcStore *self, GAsyncResult *result, GError **error);
gboolean
gc_store_task_is_sent (GcStore *self, const char *task_id);
void
gc_store_advance_task_async (GcStore *self,
                             const char *task_id,
                             GcTaskState state,
                             const char *note,
                             const GcFix *fix,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
GcTask *
gc_store_advance_task_finish (GcStore *self, GAsyncResult *result, GError **error);

void
gc_store_add_file_async (GcStore *self,
                         const char *task_id,
                         GBytes *content,
                         const char *media_type,
                         const GcFix *fix,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
GcStoredFile *
gc_store_add_file_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_list_files_async (GcStore *self,
                           const char *task_id,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
GPtrArray *
gc_store_list_files_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_set_file_delivered_async (GcStore *self,
                                   const char *id,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data);
gboolean
gc_store_set_file_delivered_finish (GcStore *self, GAsyncResult *result, GError **error);
guint
gc_store_get_undelivered (GcStore *self);

void
gc_store_add_fix (GcStore *self, const GcFix *fix);
void
gc_store_flush_track (GcStore *self);
void
gc_store_set_track_interval (GcStore *self, guint interval_ms);
gboolean
gc_store_get_on_duty (GcStore *self);
void
gc_store_set_duty_async (GcStore *self,
                         gboolean on,
                         GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
gboolean
gc_store_set_duty_finish (GcStore *self, GAsyncResult *result, GError **error);

const GcSos *
gc_store_get_sos (GcStore *self);
void
gc_store_press_sos_async (GcStore *self,
                          const GcFix *fix,
                          int battery_percent,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
GcSos *
gc_store_press_sos_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_withdraw_sos_async (GcStore *self,
                             const char *id,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
gc_store_withdraw_sos_finish (GcStore *self, GAsyncResult *result, GError **error);

void
gc_store_list_alerts_async (GcStore *self,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data);
GPtrArray *
gc_store_list_alerts_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_read_alert_async (GcStore *self,
                           const char *id,
                           GCancellable *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer user_data);
gboolean
gc_store_read_alert_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_set_alert_quiet_async (GcStore *self,
                                const char *id,
                                gboolean quiet,
                                GCancellable *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer user_data);
gboolean
gc_store_set_alert_quiet_finish (GcStore *self, GAsyncResult *result, GError **error);

void
gc_store_list_watches_async (GcStore *self,
                             guint limit,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
GPtrArray *
gc_store_list_watches_finish (GcStore *self, GAsyncResult *result, GError **error);

const char *
gc_store_get_state (GcStore *self, const char *key);
void
gc_store_set_state_async (GcStore *self,
                          const char *key,
                          const char *value,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
gboolean
gc_store_set_state_finish (GcStore *self, GAsyncResult *result, GError **error);
void
gc_store_forget_center_async (GcStore *self,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
gssize
gc_store_forget_center_finish (GcStore *self, GAsyncResult *result, GError **error);

G_END_DECLS
