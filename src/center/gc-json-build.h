/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Writing members that may be unknown: text and times. Any thread. */

void
gc_json_set_text (JsonObject *object, const char *member, const char *text);
void
gc_json_set_time (JsonObject *object, const char *member, gint64 wall_ms);
void
gc_json_set_strings (JsonObject *object, const char *member, const char *const *texts);

G_END_DECLS
