/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Reading JSON that a stranger wrote: bounded, typed, with errors that name the member. */

JsonObject *
gc_json_parse_object (const char *text, gssize length, gsize max_length, GError **error);
char *
gc_json_print (JsonObject *object);

gboolean
gc_json_has (JsonObject *object, const char *member);
const char *
gc_json_get_string (JsonObject *object, const char *member, gsize max_length, GError **error);
gboolean
gc_json_get_optional_string (
    JsonObject *object, const char *member, gsize max_length, const char **value, GError **error);
const char *
gc_json_get_id (JsonObject *object, const char *member, GError **error);
gboolean
gc_json_get_int (
    JsonObject *object, const char *member, gint64 min, gint64 max, gint64 *value, GError **error);
gboolean
gc_json_get_double (
    JsonObject *object, const char *member, double min, double max, double *value, GError **error);
gboolean
gc_json_get_boolean (JsonObject *object, const char *member, gboolean *value, GError **error);
gboolean
gc_json_get_time (JsonObject *object, const char *member, gint64 *wall_ms, GError **error);
JsonObject *
gc_json_get_object (JsonObject *object, const char *member, GError **error);
JsonArray *
gc_json_get_array (JsonObject *object, const char *member, guint max_items, GError **error);
gboolean
gc_json_get_optional_strings (JsonObject *object,
                              const char *member,
                              guint max_items,
                              gsize max_length,
                              GStrv *values,
                              GError **error);

G_END_DECLS
