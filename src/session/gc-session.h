/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"
#include "protocol/gc-pairing-code.h"
#include "protocol/gc-sos.h"
#include "protocol/gc-task.h"
#include "session/gc-alert-item.h"
#include "session/gc-file-fetcher.h"
#include "session/gc-live-session.h"
#include "session/gc-task-item.h"
#include "session/gc-watch-item.h"
#include "store/gc-stored-file.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* The worker's shift: wires store, channel, camera, live and location together. All of it is used
 * from the main thread; every property notifies. The window shows these properties and nothing
 * else. */

/**
 * GcLink:
 * @GC_LINK_OFF: off duty, or not paired: nothing is sent
 * @GC_LINK_WAITING: no network, or waiting before the next attempt
 * @GC_LINK_CONNECTING: on the way to the center
 * @GC_LINK_ONLINE: the center answers
 * @GC_LINK_REPLACED: another connection with this terminal's certificate took over
 * @GC_LINK_REVOKED: the center withdrew this terminal's certificate
 * @GC_LINK_REFUSED: the center does not accept this terminal's certificate, or is none any more;
 *   tries again every few minutes
 * @GC_LINK_UNTRUSTED: somebody else answers in the center's place; nothing is sent to them
 * @GC_LINK_CLOCK: the center's certificate is not valid at this device's time
 * @GC_LINK_OUTDATED: the center speaks another version; tries again hourly
 */
typedef enum
{
  GC_LINK_OFF,
  GC_LINK_WAITING,
  GC_LINK_CONNECTING,
  GC_LINK_ONLINE,
  GC_LINK_REPLACED,
  GC_LINK_REVOKED,
  GC_LINK_REFUSED,
  GC_LINK_UNTRUSTED,
  GC_LINK_CLOCK,
  GC_LINK_OUTDATED,
} GcLink;

#define GC_TYPE_LINK (gc_link_get_type ())
GType
gc_link_get_type (void);

/**
 * GcSessionOptions:
 * @data_dir: (nullable): where the store and keys live; default: the user's data directory
 * @camera: (nullable): “pattern”, a file's path, or %NULL for the handset's cameras
 * @microphone: (nullable): “tone”, “none”, or %NULL for the handset's microphone
 * @nmea_file: (nullable): a track to replay instead of GeoClue
 *
 * Where the session takes its input from.
 */
typedef struct
{
  const char *data_dir;
  const char *camera;
  const char *microphone;
  const char *nmea_file;
} GcSessionOptions;

/* Properties of GcSession (all read-only unless marked rw):
 *   paired            gboolean
 *   center-name       string      as the center calls itself
 *   center-host       string      “host:port”
 *   worker            string      for whom the terminal was paired
 *   terminal-id       string      as the center knows this terminal, or NULL
 *   on-duty           gboolean
 *   link              GcLink
 *   unsent            uint        envelopes stored and not yet acknowledged, and files that the
 *                                 center does not have
 *   live              GcLive
 *   live-by           string      who asked, or NULL when the worker started it
 *   live-reason       string      why they ask, or NULL
 *   live-since-ms     int64       monotonic, 0 while not sending
 *   live-grade        int         how good the picture is over there, 0 to 4, -1 while not sending
 *   live-stills       gboolean    the path takes a picture every few seconds, with sound
 *   live-limit        string      what keeps the picture from being better, a word of PROTOCOL.md,
 *                                 or NULL while not sending
 *   live-sharp        gboolean rw gives up motion before detail when the network is thin
 *   watching          uint        how many watch now
 *   muted             gboolean rw
 *   camera-count      uint
 *   camera-active     gboolean    pictures come
 *   microphone-active gboolean    sound comes; only while live
 *   fix               GcFix       last position, or NULL
 *   uplink            string      none wifi cellular ethernet other
 *   signal-percent    int         -1 unknown
 *   sos               GcSos       the latest call for help, or NULL
 *   tasks             GListModel of GcTaskItem, open ones first, by urgency, deadline, age
 *   alerts            GListModel of GcAlertItem, not read yet, those that concern the worker first
 *   watches           GListModel of GcWatchItem, newest first
 *   set-aside         string      where a damaged store was moved, of which this one has what could
 *                                 be read; NULL once gc_session_dismiss_set_aside() is stored
 * Signals:
 *   code-found (GcPairingCode *code, GError *error)   while scanning; exactly one is not NULL
 *   live-failed (GError *error)                       a live session ended that should have lived
 *   live-ended (const char *reason)                   the center ended it
 *   task-arrived (GcTaskItem *item)
 *   task-changed (GcTaskItem *item, const char *why)  changed by the center, as cancelled
 *   task-due (GcTaskItem *item, gboolean overdue)     the deadline is near, or has passed
 *   file-changed (GcStoredFile *file)                 a task has it, or the center has all of it
 *   attachment-changed (const char *id)               more of it is here, or it cannot be had;
 * NULL: any of them alert-arrived (GcAlertItem *item)                 it is new, or concerns the
 * worker from now on alert-withdrawn (GcAlertItem *item, const char *why)   the center took it back
 *   problem (GError *error)                           store, camera or location trouble, for eyes
 */
#define GC_TYPE_SESSION (gc_session_get_type ())
G_DECLARE_FINAL_TYPE (GcSession, gc_session, GC, SESSION, GObject)

GcSession *
gc_session_new (const GcSessionOptions *options);
void
gc_session_open_async (GcSession *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean
gc_session_open_finish (GcSession *self, GAsyncResult *result, GError **error);
void
gc_session_close_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_session_close_finish (GcSession *self, GAsyncResult *result, GError **error);

void
gc_session_start_scanning (GcSession *self);
void
gc_session_stop_scanning (GcSession *self);
void
gc_session_pair_async (GcSession *self,
                       const GcPairingCode *code,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gboolean
gc_session_pair_finish (GcSession *self, GAsyncResult *result, GError **error);
void
gc_session_unpair_async (GcSession *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_session_unpair_finish (GcSession *self, GAsyncResult *result, GError **error);

void
gc_session_dismiss_set_aside (GcSession *self);

void
gc_session_set_on_duty (GcSession *self, gboolean on_duty);

/* The element that shows the camera picture, as gtk4paintablesink in a bin; taken over by the
 * capture pipeline while a page shows it. NULL takes the preview away. */
void
gc_session_set_preview_sink (GcSession *self, GObject *gst_element);
void
gc_session_go_live (GcSession *self);
void
gc_session_answer_live (GcSession *self, gboolean accept, const char *reason);
void
gc_session_end_live (GcSession *self);
void
gc_session_switch_camera (GcSession *self);
void
gc_session_set_rate_limit (GcSession *self, GcUplinkCost cost, guint kbps);

void
gc_session_press_sos (GcSession *self, gboolean open_live);
void
gc_session_withdraw_sos (GcSession *self);

void
gc_session_advance_task_async (GcSession *self,
                               const char *task_id,
                               GcTaskState state,
                               const char *note,
                               GAsyncReadyCallback callback,
                               gpointer user_data);
gboolean
gc_session_advance_task_finish (GcSession *self, GAsyncResult *result, GError **error);

void
gc_session_take_photo_async (GcSession *self,
                             const char *task_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
gc_session_take_photo_finish (GcSession *self, GAsyncResult *result, GError **error);
void
gc_session_list_files_async (GcSession *self,
                             const char *task_id,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
GPtrArray *
gc_session_list_files_finish (GcSession *self, GAsyncResult *result, GError **error);
GcAttachmentState
gc_session_look_at_attachment (GcSession *self,
                               const GcTask *task,
                               const GcFileReference *file,
                               guint *percent);
void
gc_session_want_attachment (GcSession *self, const GcFileReference *file);
char *
gc_session_dup_attachment (GcSession *self, const GcFileReference *file);

void
gc_session_read_alert_async (GcSession *self,
                             const char *id,
                             GAsyncReadyCallback callback,
                             gpointer user_data);
gboolean
gc_session_read_alert_finish (GcSession *self, GAsyncResult *result, GError **error);

/* The note that the worker has begun to write about a task: kept in the store, so that it survives
 * a kill; NULL or an empty text forgets it, and so does the step that sends it. */
void
gc_session_set_draft (GcSession *self, const char *task_id, const char *text);
char *
gc_session_dup_draft (GcSession *self, const char *task_id);

G_END_DECLS
