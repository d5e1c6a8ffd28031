/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-audit.h"

#include "base/gc-clock.h"
#include "center/gc-json-build.h"

/**
 * gc_audit_add:
 * @database: the center's
 * @who: a user, a terminal's id, or “center”
 * @what: a word such as “task.create”
 * @about: (nullable): an id
 * @detail: (nullable): a sentence
 * @error: %GC_ERROR_STORAGE
 *
 * Adds an entry, in the transaction of what it tells of: neither is there without the other.
 * Inside a #GcDatabaseWork only.
 *
 * Returns: whether it succeeded
 */
gboolean
gc_audit_add (GcDatabase *database,
              const char *who,
              const char *what,
              const char *about,
              const char *detail,
              GError **error)
{
  return gc_database_exec (
      database, error, "INSERT INTO audit (at_ms, who, what, about, detail) VALUES (?, ?, ?, ?, ?)",
      "issss", gc_clock_wall_ms (), who, what, about, detail);
}

/**
 * gc_audit_list:
 * @database: the center's
 * @limit: at most %GC_AUDIT_MAX_ENTRIES
 * @error: %GC_ERROR_STORAGE
 *
 * Inside a #GcDatabaseWork only.
 *
 * Returns: (transfer full) (nullable): the newest entries, newest first, as API.md has them
 */
JsonArray *
gc_audit_list (GcDatabase *database, guint limit, GError **error)
{
  g_autoptr (JsonArray) entries = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT at_ms, who, what, about, detail FROM audit ORDER BY number DESC LIMIT ?", "i",
      (gint64) MIN (limit, GC_AUDIT_MAX_ENTRIES));

  if (rows == NULL)
    return NULL;
  while (gc_rows_next (rows, &local_error))
    {
      JsonObject *entry = json_object_new ();

      gc_json_set_time (entry, "at", gc_rows_int64 (rows, 0));
      gc_json_set_text (entry, "who", gc_rows_text (rows, 1));
      gc_json_set_text (entry, "what", gc_rows_text (rows, 2));
      gc_json_set_text (entry, "about", gc_rows_text (rows, 3));
      gc_json_set_text (entry, "detail", gc_rows_text (rows, 4));
      json_array_add_object_element (entries, entry);
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  return g_steal_pointer (&entries);
}

typedef struct
{
  char *who;
  char *what;
  char *about;
  char *detail;
} Note;

static void
note_free (gpointer data)
{
  Note *note = data;

  g_free (note->who);
  g_free (note->what);
  g_free (note->about);
  g_free (note->detail);
  g_free (note);
}

static gpointer
write_note (GcDatabase *database, gpointer data, GError **error)
{
  const Note *note = data;

  gc_audit_add (database, note->who, note->what, note->about, note->detail, error);
  return NULL;
}

static void
on_noted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error != NULL)
    g_message ("the audit log could not be written: %s", error->message);
}

/**
 * gc_audit_note:
 * @database: the center's
 * @who: as for gc_audit_add()
 * @what: as for gc_audit_add()
 * @about: (nullable): as for gc_audit_add()
 * @detail: (nullable): as for gc_audit_add()
 *
 * Adds an entry about something that leaves no other trace in the database. Main thread.
 */
void
gc_audit_note (
    GcDatabase *database, const char *who, const char *what, const char *about, const char *detail)
{
  Note *note = g_new0 (Note, 1);

  note->who = g_strdup (who);
  note->what = g_strdup (what);
  note->about = g_strdup (about);
  note->detail = g_strdup (detail);
  gc_database_run_async (database, write_note, note, note_free, NULL, NULL, on_noted, NULL);
}
