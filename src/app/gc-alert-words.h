/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-cap.h"

G_BEGIN_DECLS

/* Alerts in the worker's words. No widgets, so that every sentence can be checked in every
 * language. */

const char *
gc_alert_words_severity (GcCapSeverity severity);
const char *
gc_alert_words_css_class (GcCapSeverity severity);
const char *
gc_alert_words_urgency (GcCapUrgency urgency);
char *
gc_alert_words_until (const GcCap *cap, gint64 now_ms);
char *
gc_alert_words_area (const GcCapInfo *info);
char *
gc_alert_words_from (const GcCap *cap, const GcCapInfo *info, gint64 now_ms);

G_END_DECLS
