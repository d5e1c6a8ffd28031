/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

G_BEGIN_DECLS

/* The first page of a database says which tables there are and where they begin: without it nothing
 * else can be found. So a copy of it is kept in a file beside the database, for #GcSalvage. */

/* What stands behind the database's name. */
#define GC_FIRST_PAGE_SUFFIX "-first"
#define GC_FIRST_PAGE_SIZE 4096

gboolean
gc_first_page_keep (GcDatabase *database, const char *path, GError **error);
gboolean
gc_first_page_load (const char *path, guint8 *page);

G_END_DECLS
