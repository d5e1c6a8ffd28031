/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Which tasks are wanted, and how far they were read: the newest first, a page at a time, so that a
 * history of any length costs no more than what is looked at. */

typedef struct _GcTaskQuery GcTaskQuery;

/* Most tasks of a page. */
#define GC_TASK_QUERY_PAGE_MAX 500

GcTaskQuery *
gc_task_query_new (GHashTable *parameters, GError **error);
void
gc_task_query_free (GcTaskQuery *self);
JsonArray *
gc_task_query_read (GcTaskQuery *self, GcDatabase *database, GError **error);
gint64
gc_task_query_get_next (const GcTaskQuery *self);

char *
gc_task_query_fold (const char *text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcTaskQuery, gc_task_query_free)

G_END_DECLS
