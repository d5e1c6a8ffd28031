/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-viewer.h"

/* A viewer in the same process as the relay's end of its connection, at the end of a line that can
 * be slow, stand still or lose packets. Everything goes through real sockets, DTLS and SRTP. */

typedef struct _RtcViewer RtcViewer;

RtcViewer *
rtc_viewer_new (void);
/* Offers to receive VP8, has @viewer answer and waits until the connection stands. */
void
rtc_viewer_connect (RtcViewer *self, GcViewer *viewer);
/* kbit/s; what waits for it, waits in the socket. 0: as fast as can be. From now on. */
void
rtc_viewer_set_rate (RtcViewer *self, guint kbps);
/* Takes nothing from the socket. From now on, until rtc_viewer_free(). */
void
rtc_viewer_stand_still (RtcViewer *self);
/* Loses one in so many packets. 0: none. From now on. */
void
rtc_viewer_set_loss (RtcViewer *self, guint one_in);
/* Waits for what is lost longer than people would, for tests on a busy machine. */
void
rtc_viewer_be_patient (RtcViewer *self);
const char *
rtc_viewer_get_answer (RtcViewer *self);
/* Whole pictures that have come. */
guint
rtc_viewer_count_pictures (RtcViewer *self);
/* The playout delay that the last picture came with, 24 bits; G_MAXUINT: none. */
guint
rtc_viewer_get_playout_delay (RtcViewer *self);
void
rtc_viewer_free (RtcViewer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (RtcViewer, rtc_viewer_free)
