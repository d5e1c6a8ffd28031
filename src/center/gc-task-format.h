/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GcTaskFormat:
 * @name: as the audit log has it
 * @content_type: for HTTP
 * @file_name: as which it is saved
 * @head: what comes first
 * @separator: between two tasks
 * @tail: what comes last
 * @append: appends one TASK of API.md
 *
 * A form in which tasks leave the center, for other programs. Any thread.
 */
typedef struct
{
  const char *name;
  const char *content_type;
  const char *file_name;
  const char *head;
  const char *separator;
  const char *tail;
  void (*append) (GString *text, JsonObject *task);
} GcTaskFormat;

extern const GcTaskFormat GC_TASK_FORMAT_CSV;
extern const GcTaskFormat GC_TASK_FORMAT_GEOJSON;

G_END_DECLS
