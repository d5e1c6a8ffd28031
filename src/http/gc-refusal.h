/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcRefusal:
 * @status: of HTTP
 * @phrase: (nullable): what HTTP/1.1 put behind it
 * @content_type: (nullable): of the body, without parameters
 * @retry_after: (nullable): the header of that name
 * @body: (nullable): the body
 * @length: of @body in bytes
 *
 * An answer that is not what was asked for, as it came.
 */
typedef struct
{
  guint status;
  const char *phrase;
  const char *content_type;
  const char *retry_after;
  const char *body;
  gsize length;
} GcRefusal;

GError *
gc_refusal_to_error (const GcRefusal *refusal);

G_END_DECLS
