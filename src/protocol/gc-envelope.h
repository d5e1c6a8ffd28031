/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One frame of the dispatch channel: see PROTOCOL.md, “Envelopes”. */

/* The largest frame either side may send, in bytes. */
#define GC_ENVELOPE_MAX_LENGTH (64 * 1024)
/* How many reliable envelopes may be under way without acknowledgement in one direction. */
#define GC_ENVELOPE_WINDOW 64
/* The WebSocket subprotocol (RFC 6455 section 1.9). */
#define GC_CHANNEL_PROTOCOL "gridcast.v1"

/* Close codes of the channel (RFC 6455 section 7.4.2). */
#define GC_CHANNEL_CLOSE_REPLACED 4000
#define GC_CHANNEL_CLOSE_REVOKED 4001
#define GC_CHANNEL_CLOSE_SEQUENCE 4002
#define GC_CHANNEL_CLOSE_MALFORMED 4003
#define GC_CHANNEL_CLOSE_VERSION 4004

/* The types that version 1 knows. */
#define GC_MSG_HELLO "hello"
#define GC_MSG_ACK "ack"
#define GC_MSG_STATUS "status"
#define GC_MSG_DUTY "duty"
#define GC_MSG_TRACK "track"
#define GC_MSG_LOST "lost"
#define GC_MSG_GOT "got"
#define GC_MSG_SOS "sos"
#define GC_MSG_SOS_POSITION "sos.position"
#define GC_MSG_SOS_WITHDRAW "sos.withdraw"
#define GC_MSG_SOS_STATE "sos.state"
#define GC_MSG_TASK_NEW "task.new"
#define GC_MSG_TASK_CANCEL "task.cancel"
#define GC_MSG_TASK_FILE "task.file"
#define GC_MSG_TASK_STATE "task.state"
#define GC_MSG_ALERT "alert"
#define GC_MSG_ALERT_READ "alert.read"
#define GC_MSG_LIVE_START "live.start"
#define GC_MSG_LIVE_REQUEST "live.request"
#define GC_MSG_LIVE_RINGING "live.ringing"
#define GC_MSG_LIVE_GRANT "live.grant"
#define GC_MSG_LIVE_DECLINE "live.decline"
#define GC_MSG_LIVE_END "live.end"
#define GC_MSG_LIVE_VIEWER "live.viewer"
#define GC_MSG_LIVE_FIGURES "live.figures"
#define GC_MSG_LIVE_MODE "live.mode"

/* How many codecs a request for live video may name, and how long a name may be. */
#define GC_LIVE_CODECS_MAX 8
#define GC_LIVE_CODEC_MAX_LENGTH 16

/* Why live video ended or never began, where nobody wrote a reason. */
#define GC_LIVE_WHY_WORKER "ended-by-worker"
#define GC_LIVE_WHY_CENTER "ended-by-center"
#define GC_LIVE_WHY_WITHDRAWN "withdrawn"
#define GC_LIVE_WHY_NO_ANSWER "no-answer"
#define GC_LIVE_WHY_BUSY "busy"
#define GC_LIVE_WHY_NOT_WANTED "not-wanted"
#define GC_LIVE_WHY_NO_PICTURE "no-picture"
#define GC_LIVE_WHY_OFFLINE "offline"
#define GC_LIVE_WHY_OFF_DUTY "off-duty"
#define GC_LIVE_WHY_CLOSED "closed"
#define GC_LIVE_WHY_REPLACED "replaced"
#define GC_LIVE_WHY_REVOKED "revoked"
#define GC_LIVE_WHY_UNREACHABLE "unreachable"
#define GC_LIVE_WHY_GONE "gone"
#define GC_LIVE_WHY_FAILED "failed"

/* Why a task was taken back, where nobody wrote a reason. */
#define GC_TASK_WHY_REASSIGNED "reassigned"

/**
 * GcEnvelope:
 * @id: unique for ever
 * @type: at most 64 characters
 * @seq: position in the reliable stream from 1, or 0 for an ephemeral envelope
 * @ack: the highest seq of the other direction that the sender has committed
 * @sent_ms: the sender's wall time, ms since 1970, 0 if unknown
 * @body: what the type says; never %NULL
 */
typedef struct
{
  char *id;
  char *type;
  gint64 seq;
  gint64 ack;
  gint64 sent_ms;
  JsonObject *body;
} GcEnvelope;

#define GC_TYPE_ENVELOPE (gc_envelope_get_type ())
GType
gc_envelope_get_type (void);

GcEnvelope *
gc_envelope_new (const char *type, JsonObject *body);
GcEnvelope *
gc_envelope_parse (const char *text, gsize length, GError **error);
gboolean
gc_envelope_can_be_sent (const char *id, const char *type);
gboolean
gc_envelope_type_is_urgent (const char *type);
GcEnvelope *
gc_envelope_new_got (const GcEnvelope *copy);
const char *
gc_envelope_read_got (const GcEnvelope *got, GError **error);
char *
gc_envelope_print (const GcEnvelope *envelope);
GcEnvelope *
gc_envelope_copy (const GcEnvelope *envelope);
void
gc_envelope_free (GcEnvelope *envelope);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcEnvelope, gc_envelope_free)

G_END_DECLS
