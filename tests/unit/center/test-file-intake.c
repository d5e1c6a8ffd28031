/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of how the contents of files are taken in:
 *  - see test-fault-loop.h: whichever call on a file fails, nothing is acknowledged that is not on
 *    disk, and the file can be completed afterwards
 *  - after a crash at any moment what is said to be here is here
 *  - what somebody takes away begins anew
 *  - a part that is not added to for long is thrown away
 *  - what a dispatcher attached, and no task took, is thrown away after a time, also where that was
 *    interrupted; what a task has stays; nobody can leave any number of files behind
 */

#include "base/gc-error.h"
#include "center/gc-attachments.h"
#include "center/gc-center-schema.h"
#include "center/gc-file-intake.h"
#include "center/gc-task-files.h"
#include "center/gc-task-store.h"
#include "protocol/gc-json.h"
#include "test-fault-loop.h"
#include "test-tree.h"

#include <glib/gstdio.h>
#include <string.h>

#define TERMINAL "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
#define ID "7e0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a12"
#define CONTENT "a photo of a pump"
#define FIRST_LENGTH 7
#define SIZE ((gint64) strlen (CONTENT))

typedef struct
{
  char *folder;
  GcDatabase *database;
  GcFileStore *store;
  GcFileIntake intake;
} Subject;

static void
close_subject (gpointer data)
{
  Subject *subject = data;

  if (subject->database != NULL)
    {
      gc_database_close (subject->database);
      g_assert_finalize_object (subject->database);
    }
  g_clear_pointer (&subject->store, gc_file_store_unref);
  g_free (subject->folder);
  g_free (subject);
}

static JsonObject *
make_body (const char *task)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, CONTENT, -1);
  GcFileReference reference
      = { (char *) ID, hash, SIZE, (char *) "image/png", (char *) "水泵", 0, NULL };

  return gc_task_file_print (task, &reference);
}

/* Once. */
static gpointer
announce (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (JsonObject) form
      = gc_json_parse_object ("{\"title\": \"t\", \"urgency\": \"routine\"}", -1, 1000, NULL);
  g_autoptr (JsonObject) task = NULL;
  g_autoptr (JsonObject) body = NULL;
  g_autoptr (JsonObject) news = NULL;
  g_autoptr (GcRows) rows = gc_database_query (database, error, "SELECT id FROM terminal", "");

  if (rows == NULL || gc_rows_next (rows, error)
      || !gc_database_exec (database, error,
                            "INSERT OR IGNORE INTO terminal (id, worker, device, fingerprint,"
                            "  paired_ms, last_seen_ms, stream) VALUES (?, 'w', 'd', 'f', 1, 1, ?)",
                            "ss", TERMINAL, ID))
    return NULL;
  task = gc_task_store_create (database, TERMINAL, "u", form, error);
  if (task == NULL)
    return NULL;
  body = make_body (json_object_get_string_member (task, "id"));
  gc_task_files_add (database, TERMINAL, body, &news, error);
  return NULL;
}

static gpointer
open_subject (const char *path, GError **error)
{
  Subject *subject = g_new0 (Subject, 1);
  g_autoptr (GError) local_error = NULL;

  subject->folder = g_path_get_dirname (path);
  subject->store = gc_file_store_open (subject->folder, &local_error);
  if (subject->store != NULL)
    subject->database = gc_database_open (path, GC_CENTER_SCHEMA, &local_error);
  if (subject->database != NULL)
    gc_database_run (subject->database, announce, NULL, &local_error);
  subject->intake = (GcFileIntake) { subject->store, subject->database };
  if (local_error == NULL)
    return subject;
  close_subject (subject);
  /* Which of both it is makes a difference to the terminal's answer alone. */
  if (g_error_matches (local_error, GC_ERROR, GC_ERROR_BUSY))
    local_error->code = GC_ERROR_STORAGE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return NULL;
}

/* --- what the disk and the database say --- */

static gpointer
find (GcDatabase *database, gpointer data, GError **error)
{
  return gc_task_files_find_of (database, TERMINAL, ID, error);
}

static void
assert_content (Subject *subject)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) bytes = gc_file_store_read (subject->store, ID, 0, (gsize) SIZE, &error);

  g_assert_no_error (error);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), CONTENT, (gsize) SIZE);
}

/* What the database says, of which the disk must have all. */
static char *
make_digest (gpointer data)
{
  Subject *subject = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcTaskFile) file = gc_database_run (subject->database, find, NULL, &error);
  gint64 length;
  gboolean whole;

  g_assert_no_error (error);
  g_assert_true (gc_file_store_measure_part (subject->store, ID, &length, &error));
  g_assert_true (gc_file_store_look (subject->store, ID, SIZE, &whole, &error));
  g_assert_true (whole || length >= file->received);
  if (file->complete)
    assert_content (subject);
  return g_strdup_printf ("%" G_GINT64_FORMAT " %d", file->received, file->complete);
}

/* --- steps --- */

static gboolean
append (Subject *subject, gint64 length, GError **error)
{
  g_auto (GcFileProgress) progress = { 0 };
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GBytes) bytes = NULL;

  /* As a terminal does that has had no answer. */
  if (gc_file_intake_look (&subject->intake, TERMINAL, ID, &progress, &local_error)
      && progress.offset < length)
    {
      bytes = g_bytes_new_static (CONTENT + progress.offset, (gsize) (length - progress.offset));
      gc_file_intake_append (&subject->intake, TERMINAL, ID, progress.offset, bytes, length == SIZE,
                             &progress, &local_error);
    }
  if (local_error == NULL)
    {
      g_assert_cmpint (progress.offset, ==, length);
      return TRUE;
    }
  if (g_error_matches (local_error, GC_ERROR, GC_ERROR_BUSY))
    local_error->code = GC_ERROR_STORAGE;
  g_propagate_error (error, g_steal_pointer (&local_error));
  return FALSE;
}

static gboolean
do_step (gpointer subject, guint number, GError **error)
{
  return append (subject, number == 0 ? FIRST_LENGTH : SIZE, error);
}

static const TestFaultScenario UPLOAD = {
  .n_steps = 2,
  .open = open_subject,
  .step = do_step,
  .digest = make_digest,
  .close = close_subject,
  .from_nothing = TRUE,
  .file_stride = 7,
};

/* --- crashes, and hands of others --- */

static void
set_up (Subject **subject, gconstpointer data)
{
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "center.db", NULL);
  g_autoptr (GError) error = NULL;

  *subject = open_subject (path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Subject **subject, gconstpointer data)
{
  g_autofree char *folder = g_strdup ((*subject)->folder);

  close_subject (*subject);
  test_remove_tree (folder);
}

static void
assert_progress (Subject *subject, gint64 offset, gboolean complete)
{
  g_auto (GcFileProgress) progress = { 0 };
  g_autoptr (GError) error = NULL;

  gc_file_intake_look (&subject->intake, TERMINAL, ID, &progress, &error);
  g_assert_no_error (error);
  g_assert_cmpint (progress.offset, ==, offset);
  g_assert_cmpint (progress.complete, ==, complete);
}

static void
append_well (Subject *subject, gint64 length)
{
  g_autoptr (GError) error = NULL;

  append (subject, length, &error);
  g_assert_no_error (error);
}

static char *
name_part (Subject *subject)
{
  return g_build_filename (subject->folder, "files", "parts", ID, NULL);
}

static char *
name_whole (Subject *subject)
{
  return g_build_filename (subject->folder, "files", "7e", ID, NULL);
}

/* The disk had got more than the database when the center died. */
static void
test_torn (Subject **subject, gconstpointer data)
{
  g_autofree char *part = name_part (*subject);

  g_assert_true (g_file_set_contents (part, "rubbish", -1, NULL));
  assert_progress (*subject, 0, FALSE);
  append_well (*subject, FIRST_LENGTH);
  g_assert_true (g_file_set_contents (part, "a photo and then rubbish of any length", -1, NULL));
  assert_progress (*subject, FIRST_LENGTH, FALSE);
  append_well (*subject, SIZE);
  assert_content (*subject);
}

/* It was in its place, and the database did not say so yet. */
static void
test_in_place (Subject **subject, gconstpointer data)
{
  g_autofree char *whole = name_whole (*subject);
  g_autofree char *shelf = g_path_get_dirname (whole);
  g_autofree char *part = name_part (*subject);

  append_well (*subject, FIRST_LENGTH);
  g_assert_cmpint (g_mkdir (shelf, 0700), ==, 0);
  g_assert_true (g_file_set_contents (whole, CONTENT, -1, NULL));
  g_assert_cmpint (g_unlink (part), ==, 0);
  assert_progress (*subject, SIZE, TRUE);
}

static void
test_taken_away (Subject **subject, gconstpointer data)
{
  g_autofree char *whole = name_whole (*subject);
  g_autofree char *part = name_part (*subject);

  append_well (*subject, FIRST_LENGTH);
  g_assert_cmpint (g_unlink (part), ==, 0);
  assert_progress (*subject, 0, FALSE);
  append_well (*subject, SIZE);
  g_assert_cmpint (g_unlink (whole), ==, 0);
  assert_progress (*subject, 0, FALSE);
  append_well (*subject, SIZE);
  assert_content (*subject);
}

static void
test_forgotten (Subject **subject, gconstpointer data)
{
  g_autofree char *part = name_part (*subject);
  g_autoptr (GError) error = NULL;

  append_well (*subject, FIRST_LENGTH);
  gc_file_intake_forget (&(*subject)->intake, 1000, &error);
  g_assert_no_error (error);
  assert_progress (*subject, FIRST_LENGTH, FALSE);
  gc_file_intake_forget (&(*subject)->intake, G_MAXINT64, &error);
  g_assert_no_error (error);
  g_assert_cmpint (g_access (part, F_OK), !=, 0);
  assert_progress (*subject, 0, FALSE);
  append_well (*subject, SIZE);
  gc_file_intake_forget (&(*subject)->intake, G_MAXINT64, &error);
  g_assert_no_error (error);
  assert_progress (*subject, SIZE, TRUE);
}

/* --- attachments --- */

#define USER "u"
#define PICTURE "\x89PNG\r\n\x1a\n and on"
#define PICTURE_SIZE ((gint64) strlen (PICTURE))

static gpointer
announce_picture (GcDatabase *database, gpointer data, GError **error)
{
  g_autofree char *hash = g_compute_checksum_for_string (G_CHECKSUM_SHA256, PICTURE, -1);
  g_autofree char *text
      = g_strdup_printf ("{\"sha256\": \"%s\", \"size\": %d, \"media_type\": \"image/png\"}", hash,
                         (int) PICTURE_SIZE);
  g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, NULL);
  g_autoptr (JsonObject) file = gc_attachments_announce (database, USER, form, error);

  return file != NULL ? g_strdup (json_object_get_string_member (file, "id")) : NULL;
}

static char *
attach (Subject *subject)
{
  g_autoptr (GError) error = NULL;
  char *id = gc_database_run (subject->database, announce_picture, NULL, &error);
  g_autoptr (GBytes) bytes = g_bytes_new_static (PICTURE, (gsize) PICTURE_SIZE);
  g_auto (GcFileProgress) progress = { 0 };

  g_assert_no_error (error);
  gc_file_intake_append (&subject->intake, USER, id, 0, bytes, TRUE, &progress, &error);
  g_assert_no_error (error);
  g_assert_true (progress.complete);
  return id;
}

static gpointer
take (GcDatabase *database, gpointer id, GError **error)
{
  g_autofree char *text = g_strdup_printf (
      "{\"title\": \"t\", \"urgency\": \"routine\", \"files\": [\"%s\"]}", (char *) id);
  g_autoptr (JsonObject) form = gc_json_parse_object (text, -1, 1000, NULL);
  JsonObject *task = gc_task_store_create (database, TERMINAL, USER, form, error);

  g_clear_pointer (&task, json_object_unref);
  return NULL;
}

static gpointer
give_up_all (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GPtrArray) ids = gc_attachments_give_up (database, G_MAXINT64, error);

  return NULL;
}

static gboolean
is_here (Subject *subject, const char *id)
{
  g_autoptr (GError) error = NULL;
  gboolean whole;

  g_assert_true (gc_file_store_look (subject->store, id, PICTURE_SIZE, &whole, &error));
  return whole;
}

static void
test_swept (Subject **subject, gconstpointer data)
{
  g_autofree char *loose = attach (*subject);
  g_autofree char *taken = attach (*subject);
  g_autofree char *interrupted = attach (*subject);
  g_autoptr (GError) error = NULL;

  gc_database_run ((*subject)->database, take, taken, &error);
  g_assert_no_error (error);
  gc_file_intake_sweep (&(*subject)->intake, 1000, &error);
  g_assert_no_error (error);
  g_assert_true (is_here (*subject, loose));
  /* The center dies between both steps. */
  gc_database_run ((*subject)->database, give_up_all, NULL, &error);
  g_assert_no_error (error);
  gc_database_run ((*subject)->database, take, interrupted, &error);
  g_assert_error (error, GC_ERROR, GC_ERROR_CONFLICT);
  g_clear_error (&error);
  gc_file_intake_sweep (&(*subject)->intake, 1000, &error);
  g_assert_no_error (error);
  g_assert_false (is_here (*subject, loose));
  g_assert_false (is_here (*subject, interrupted));
  g_assert_true (is_here (*subject, taken));
  gc_database_run ((*subject)->database, take, taken, &error);
  g_assert_no_error (error);
}

static void
test_bounded (Subject **subject, gconstpointer data)
{
  g_autofree char *taken = attach (*subject);
  g_autoptr (GError) error = NULL;

  gc_database_run ((*subject)->database, take, taken, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < GC_ATTACHMENTS_LOOSE_MAX; i++)
    g_free (gc_database_run ((*subject)->database, announce_picture, NULL, &error));
  g_assert_no_error (error);
  g_assert_null (gc_database_run ((*subject)->database, announce_picture, NULL, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_CONFLICT);
}

#define ADD(name, func)                                                                            \
  g_test_add ("/center/file-intake/" name, Subject *, NULL, set_up, func, tear_down)

int
main (int argc, char *argv[])
{
  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  test_fault_loop_add_files ("/center/file-intake/faults", &UPLOAD);
  ADD ("torn", test_torn);
  ADD ("in-place", test_in_place);
  ADD ("taken-away", test_taken_away);
  ADD ("forgotten", test_forgotten);
  ADD ("attachments-swept", test_swept);
  ADD ("attachments-bounded", test_bounded);
  return g_test_run ();
}
