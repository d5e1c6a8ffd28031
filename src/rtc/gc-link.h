/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcLink:
 * @target: what stands between < and >
 * @parameters: (element-type utf8 utf8): by name, in lower case
 *
 * One link of a Link header (RFC 8288).
 */
typedef struct
{
  char *target;
  GHashTable *parameters;
} GcLink;

GPtrArray *
gc_link_parse (const char *header);
const char *
gc_link_get (const GcLink *link, const char *name);
gboolean
gc_link_has_relation (const GcLink *link, const char *relation);
void
gc_link_free (GcLink *link);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcLink, gc_link_free)

G_END_DECLS
