/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "channel/gc-channel.h"
#include "identity/gc-keyring.h"
#include "live/gc-live-log.h"
#include "location/gc-location-source.h"
#include "location/gc-track-thinner.h"
#include "session/gc-alert-list.h"
#include "session/gc-file-fetcher.h"
#include "session/gc-reminder.h"
#include "session/gc-reporter.h"
#include "session/gc-session.h"
#include "session/gc-task-list.h"
#include "session/gc-watch-list.h"

G_BEGIN_DECLS

/* What the files of GcSession share: gc-session.c is the object and what the window asks of it,
 * gc-session-shift.c opens, closes and keeps the shift, gc-session-sos.c follows a call for help,
 * gc-session-pairing.c finds and forgets the center, gc-session-alerts.c hands on what it warns of,
 * gc-session-files.c takes photos and delivers them, gc-session-attachments.c fetches what came
 * along with tasks, gc-session-track.c keeps where the worker was. */

/* Keys of gc_store_get_state(). */
#define GC_SESSION_STATE_WORKER "worker"

struct _GcSession
{
  GObject parent_instance;

  char *data_dir;
  GcKeyring *keyring;
  GcCredentials *credentials;
  GcStore *store;
  GcChannel *channel;
  GcReporter *reporter;
  GcFileSender *sender;
  GcFileFetcher *fetcher; /* as long as there is a sender */
  GcNetworkMonitor *network;
  GcBattery *battery;
  GcThrift *thrift;
  GcLocationSource *location;
  GcStudio *studio;
  GcLiveSession *live;
  GcTaskList *tasks;
  GcAlertList *alerts;
  GcReminder *reminder;
  GcWatchList *watches;
  GcFix *fix;
  GcTrackThinner thinner;
  guint stats_seconds; /* of live video, counted */
  GcLiveLog *live_log;
  gint64 sos_moved_ms;      /* when the center was told last where the worker in need is */
  gboolean sos_wants_live;  /* once the center has the SOS */
  gboolean sos_opened_live; /* it is the SOS's */
  gint64 renewal_ms; /* monotonic, of the last attempt to get a newer certificate; 0 for none */
  gboolean on_duty;
  gboolean closing;
};

enum
{
  GC_SESSION_PROP_PAIRED = 1,
  GC_SESSION_PROP_CENTER_NAME,
  GC_SESSION_PROP_CENTER_HOST,
  GC_SESSION_PROP_WORKER,
  GC_SESSION_PROP_TERMINAL_ID,
  GC_SESSION_PROP_ON_DUTY,
  GC_SESSION_PROP_LINK,
  GC_SESSION_PROP_UNSENT,
  GC_SESSION_PROP_LIVE,
  GC_SESSION_PROP_LIVE_BY,
  GC_SESSION_PROP_LIVE_REASON,
  GC_SESSION_PROP_LIVE_SINCE_MS,
  GC_SESSION_PROP_WATCHING,
  GC_SESSION_PROP_LIVE_GRADE,
  GC_SESSION_PROP_LIVE_STILLS,
  GC_SESSION_PROP_LIVE_LIMIT,
  GC_SESSION_PROP_LIVE_SHARP,
  GC_SESSION_PROP_MUTED,
  GC_SESSION_PROP_CAMERA_COUNT,
  GC_SESSION_PROP_CAMERA_ACTIVE,
  GC_SESSION_PROP_MICROPHONE_ACTIVE,
  GC_SESSION_PROP_FIX,
  GC_SESSION_PROP_UPLINK,
  GC_SESSION_PROP_SIGNAL_PERCENT,
  GC_SESSION_PROP_SOS,
  GC_SESSION_PROP_TASKS,
  GC_SESSION_PROP_ALERTS,
  GC_SESSION_PROP_WATCHES,
  GC_SESSION_PROP_SET_ASIDE,
  GC_SESSION_N_PROPS
};

enum
{
  GC_SESSION_SIGNAL_CODE_FOUND,
  GC_SESSION_SIGNAL_LIVE_FAILED,
  GC_SESSION_SIGNAL_LIVE_ENDED,
  GC_SESSION_SIGNAL_TASK_ARRIVED,
  GC_SESSION_SIGNAL_TASK_CHANGED,
  GC_SESSION_SIGNAL_TASK_DUE,
  GC_SESSION_SIGNAL_FILE_CHANGED,
  GC_SESSION_SIGNAL_ATTACHMENT_CHANGED,
  GC_SESSION_SIGNAL_ALERT_ARRIVED,
  GC_SESSION_SIGNAL_ALERT_WITHDRAWN,
  GC_SESSION_SIGNAL_PROBLEM,
  GC_SESSION_N_SIGNALS
};

void
gc_session_notify (GcSession *self, guint property);
void
gc_session_emit (gpointer self, guint signal, ...);
void
gc_session_report_problem (GcSession *self, const GError *error);
void
gc_session_adopt_alerts (GcSession *self);
void
gc_session_watch_stages (GcSession *self);
void
gc_session_send_figures (GcSession *self);
void
gc_session_log_figures (GcSession *self);
void
gc_session_take_fix (GcSession *self, const GcFix *fix);
gboolean
gc_session_has_open_sos (GcSession *self);
void
gc_session_follow_sos (GcSession *self);
void
gc_session_watch_sos (GcSession *self);
void
gc_session_watch_files (GcSession *self);
guint
gc_session_count_unsent (GcSession *self);
void
gc_session_watch_sender (GcSession *self);
void
gc_session_open_sender (GcSession *self);
void
gc_session_drop_sender (GcSession *self);
void
gc_session_open_fetcher (GcSession *self);
void
gc_session_drop_fetcher (GcSession *self);
void
gc_session_clear_attachments (GcSession *self);
void
gc_session_forget_fix (GcSession *self);
void
gc_session_drop_channel (GcSession *self);
void
gc_session_adopt_credentials (GcSession *self, GcCredentials *credentials);
void
gc_session_renew_if_due (GcSession *self);
gboolean
gc_session_resume_unpairing (GcSession *self, GTask *task);
GcLink
gc_session_get_link (GcSession *self);

G_END_DECLS
