/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcWebLink:
 * @target: what stands between < and >
 * @parameters: (element-type utf8 utf8): by name, in lower case
 *
 * One link of a Link header (RFC 8288).
 */
typedef struct
{
  char *target;
  GHashTable *parameters;
} GcWebLink;

GPtrArray *
gc_web_link_parse (const char *header);
const char *
gc_web_link_get (const GcWebLink *link, const char *name);
gboolean
gc_web_link_has_relation (const GcWebLink *link, const char *relation);
void
gc_web_link_free (GcWebLink *link);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcWebLink, gc_web_link_free)

G_END_DECLS
