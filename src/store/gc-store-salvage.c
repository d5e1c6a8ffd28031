/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-salvage.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "base/gc-id.h"
#include "base/gc-salvage.h"
#include "protocol/gc-json.h"
#include "store/gc-outbox.h"
#include "store/gc-store-schema.h"

#include <string.h>

/* What is about the file and not about the shift: the new store is another one. */
#define STREAM_TABLE "stream"

static gboolean
copy_tables (GcSalvage *salvage, GcDatabase *database, GError **error)
{
  g_auto (GStrv) tables = gc_salvage_list_tables (salvage, database, error);
  g_autoptr (GString) report = g_string_new (NULL);

  for (gsize i = 0; tables != NULL && tables[i] != NULL; i++)
    {
      guint kept = 0;

      if (strcmp (tables[i], STREAM_TABLE) == 0)
        continue;
      if (!gc_salvage_copy_table (salvage, database, tables[i], &kept, error))
        return FALSE;
      g_string_append_printf (report, " %s %u", tables[i], kept);
    }
  if (tables != NULL)
    g_message ("rows that could be read in the damaged data:%s", report->str);
  return tables != NULL;
}

/* PROTOCOL.md, “Reliability”: the center will see a store that it does not know. */
static gboolean
begin_stream (GcDatabase *database, GError **error)
{
  g_autofree char *stream = gc_id_new ();

  return gc_database_exec (database, error, "INSERT INTO stream (one, own) VALUES (1, ?)", "s",
                           stream)
         && gc_outbox_start_anew (database, NULL, error);
}

typedef struct
{
  GcSalvage *salvage;
  const char *aside;
} Filling;

static gpointer
fill (GcDatabase *database, gpointer data, GError **error)
{
  const Filling *filling = data;

  /* The steps of a task may be read before their task. */
  if (gc_database_exec (database, error, "PRAGMA defer_foreign_keys = ON", "")
      && copy_tables (filling->salvage, database, error)
      && gc_database_exec (database, error,
                           "DELETE FROM task_step WHERE task NOT IN (SELECT id FROM task)", "")
      && gc_database_exec (database, error,
                           "INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", "ss",
                           GC_STORE_SET_ASIDE, filling->aside))
    begin_stream (database, error);
  return NULL;
}

/**
 * gc_store_salvage:
 * @damaged: a store's file that is damaged; it stays as it is
 * @aside: where it will be moved: the new store knows, until the worker does
 * @path: an empty file
 * @error: %GC_ERROR_STORAGE, as when there is no room; try again later
 *
 * Makes a store of what can be read: the tasks, what was not sent, the track, who watched, and how
 * to reach the center. Blocks; any thread.
 *
 * Returns: whether the store is complete and on disk, if with little in it
 */
gboolean
gc_store_salvage (const char *damaged, const char *aside, const char *path, GError **error)
{
  g_autoptr (GcSalvage) salvage = gc_salvage_new (damaged, GC_STORE_SCHEMA, error);
  g_autoptr (GcDatabase) database = NULL;
  g_autoptr (GError) local_error = NULL;
  g_autofree char *journal = g_strconcat (path, "-wal", NULL);
  Filling filling = { salvage, aside };
  gboolean open_ended = FALSE;

  if (salvage == NULL)
    return FALSE;
  database = gc_database_open (path, GC_STORE_SCHEMA, error);
  if (database == NULL)
    return FALSE;
  gc_database_run (database, fill, &filling, &local_error);
  gc_database_close (database);
  /* Only the file itself is going to be used. */
  if (local_error == NULL && gc_file_look (journal, &open_ended, &local_error) && open_ended)
    g_set_error (&local_error, GC_ERROR, GC_ERROR_STORAGE, "the database %s could not be closed",
                 path);
  if (local_error == NULL)
    return TRUE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}
