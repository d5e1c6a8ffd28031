/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

G_BEGIN_DECLS

/* States, times and distances in the worker's words. No widgets, so that every sentence can be
 * checked in every language. */

char *
gc_words_distance (double metres);
double
gc_words_bearing (double longitude_a, double latitude_a, double longitude_b, double latitude_b);
const char *
gc_words_direction (double bearing_deg);
char *
gc_words_distance_and_direction (double metres, double bearing_deg);

char *
gc_words_duration (gint64 milliseconds);
char *
gc_words_time (gint64 wall_ms, gint64 now_ms);

const char *
gc_words_link (GcLink link);
char *
gc_words_unsent (guint unsent);
char *
gc_words_sending (gboolean position, gboolean picture, gboolean sound, const char *center);
char *
gc_words_keeping (const char *center);
char *
gc_words_watching (guint watching);

const char *
gc_words_sos (const GcSos *sos, GcLink link);
char *
gc_words_sos_detail (const GcSos *sos, GcLink link, gint64 now_ms);

const char *
gc_words_code_error (const GError *error);
const char *
gc_words_typed_code_error (const GError *error);
const char *
gc_words_pairing_error (const GError *error);
const char *
gc_words_step_error (const GError *error);
const char *
gc_words_live_error (const GError *error);
char *
gc_words_live_ended (const char *reason);
const char *
gc_words_problem (const GError *error);

G_END_DECLS
