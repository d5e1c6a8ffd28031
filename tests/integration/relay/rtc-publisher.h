/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-ingest.h"

/* A publisher in the same process as the relay's end of its connection, with a network between them
 * that loses what the test wants. Everything goes through real sockets, DTLS and SRTP. */

typedef struct _RtcPublisher RtcPublisher;

/* The payload type of pictures; that of repetitions is another one. */
#define RTC_PUBLISHER_VIDEO 96

/* What a transport-wide feedback told the publisher. */
typedef struct
{
  guint64 heard_ns; /* when it came */
  guint packets;    /* that have come */
  guint lost;
} RtcFeedback;

/* Says whether the network loses a packet: payload type and sequence number as on the wire. It is
 * called on a streaming thread. */
typedef gboolean (*RtcLoses) (guint payload_type, guint16 seqnum, gpointer data);

/* @description: a GStreamer pipeline from a live source to RTP payloaders named “video” and
 * “audio”, or one of them. */
RtcPublisher *
rtc_publisher_new (const char *description);
void
rtc_publisher_set_loses (RtcPublisher *self, RtcLoses loses, gpointer data);
/* Offers, has @ingest answer and waits until the connection stands. */
void
rtc_publisher_connect (RtcPublisher *self, GcIngest *ingest);
GstElement *
rtc_publisher_get_pipeline (RtcPublisher *self);
const char *
rtc_publisher_get_offer (RtcPublisher *self);
const char *
rtc_publisher_get_answer (RtcPublisher *self);
/* Key frames that the other side has asked for. */
guint
rtc_publisher_count_key_requests (RtcPublisher *self);
/* RTP packets that left, repetitions and repair included. */
guint
rtc_publisher_count_packets (RtcPublisher *self);
/* Pictures that left, each counted once. */
guint
rtc_publisher_count_pictures (RtcPublisher *self);
/* Returns: (transfer full) (element-type RtcFeedback): all feedback so far */
GArray *
rtc_publisher_dup_feedback (RtcPublisher *self);
void
rtc_publisher_free (RtcPublisher *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtcPublisher, rtc_publisher_free)
