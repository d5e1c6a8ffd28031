/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A SQLite file with a thread of its own. Work is handed over as functions; each has effect as a
 * whole or not at all, and is on disk (WAL, synchronous=FULL) before its callback is called. */

#define GC_TYPE_DATABASE (gc_database_get_type ())
G_DECLARE_FINAL_TYPE (GcDatabase, gc_database, GC, DATABASE, GObject)

typedef struct _GcRows GcRows;

/**
 * GcDatabaseWork:
 * @database: the database, of which gc_database_exec() and gc_database_query() may be used
 * @data: what was given to gc_database_run_async()
 * @error: set it and return %NULL to undo what was done
 *
 * Runs on the database's thread.
 *
 * Returns: (nullable): the result
 */
typedef gpointer (*GcDatabaseWork) (GcDatabase *database, gpointer data, GError **error);

GcDatabase *
gc_database_open (const char *path, const char *const *migrations, GError **error);
GcDatabase *
gc_database_open_checked (const char *path, const char *const *migrations, GError **error);
void
gc_database_close (GcDatabase *self);

void
gc_database_run_async (GcDatabase *self,
                       GcDatabaseWork work,
                       gpointer data,
                       GDestroyNotify data_free,
                       GDestroyNotify result_free,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data);
gpointer
gc_database_run_finish (GcDatabase *self, GAsyncResult *result, GError **error);
gpointer
gc_database_run (GcDatabase *self, GcDatabaseWork work, gpointer data, GError **error);

gboolean
gc_database_exec (GcDatabase *self, GError **error, const char *sql, const char *types, ...);
GcRows *
gc_database_query (GcDatabase *self, GError **error, const char *sql, const char *types, ...);
gint64
gc_database_changes (GcDatabase *self);

gboolean
gc_rows_next (GcRows *rows, GError **error);
const char *
gc_rows_text (GcRows *rows, int column);
gint64
gc_rows_int64 (GcRows *rows, int column);
double
gc_rows_double (GcRows *rows, int column);
gboolean
gc_rows_is_null (GcRows *rows, int column);
GBytes *
gc_rows_bytes (GcRows *rows, int column);
void
gc_rows_free (GcRows *rows);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcRows, gc_rows_free)

G_END_DECLS
