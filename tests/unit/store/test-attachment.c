/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the contents of attachments on the disk:
 *  - see test-fault-loop.h: whichever call on a file fails, what is here is whole and what was
 *    announced, and the file can be completed afterwards
 *  - one that is longer, of another kind or another content leaves nothing behind
 */

#include "base/gc-error.h"
#include "store/gc-attachment.h"
#include "test-fault-loop.h"
#include "test-tree.h"

#include <glib/gstdio.h>
#include <string.h>

#define CONTENT "\x89PNG\r\n\x1a\n of a house"
#define SIZE ((gint64) strlen (CONTENT))
#define FIRST 9

typedef struct
{
  char *folder;
  GcFileReference *file;
} Subject;

static gpointer
open_subject (const char *path, GError **error)
{
  Subject *subject = g_new0 (Subject, 1);
  g_autofree char *folder = g_path_get_dirname (path);

  subject->folder = g_build_filename (folder, "attached", NULL);
  subject->file = g_new0 (GcFileReference, 1);
  subject->file->id = g_strdup ("7e0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a12");
  subject->file->sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256, CONTENT, -1);
  subject->file->size = SIZE;
  subject->file->media_type = g_strdup ("image/png");
  return subject;
}

static void
close_subject (gpointer data)
{
  Subject *subject = data;

  g_free (subject->folder);
  gc_file_reference_free (subject->file);
  g_free (subject);
}

static gboolean
append (Subject *subject, gint64 offset, const char *text, gint64 length, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, (gsize) length);
  gboolean whole;

  return gc_attachment_append (subject->folder, subject->file, offset, bytes, &whole, error);
}

/* As the fetcher does, from where the disk says it is. */
static gboolean
fetch (gpointer data, guint number, GError **error)
{
  Subject *subject = data;
  gint64 offset = gc_attachment_measure_part (subject->folder, subject->file);

  if (gc_attachment_is_here (subject->folder, subject->file))
    return TRUE;
  if (offset < FIRST)
    {
      if (!append (subject, offset, CONTENT + offset, FIRST - offset, error))
        return FALSE;
      offset = FIRST;
    }
  return append (subject, offset, CONTENT + offset, SIZE - offset, error);
}

static char *
make_digest (gpointer data)
{
  Subject *subject = data;
  g_autofree char *path = gc_attachment_name (subject->folder, subject->file);
  char *content = NULL;

  if (!gc_attachment_is_here (subject->folder, subject->file))
    return g_strdup ("nothing");
  g_assert_true (g_file_get_contents (path, &content, NULL, NULL));
  g_assert_cmpstr (content, ==, CONTENT);
  return content;
}

static const TestFaultScenario FETCH = {
  .n_steps = 1,
  .open = open_subject,
  .step = fetch,
  .digest = make_digest,
  .close = close_subject,
  .from_nothing = TRUE,
};

static void
test_refused (void)
{
  static const struct
  {
    const char *text;
    gint64 length;
  } cases[] = {
    { CONTENT "s", (gint64) sizeof CONTENT },
    { "GIF89a   of a house", (gint64) sizeof CONTENT - 1 },
    { "\x89PNG\r\n\x1a\n of a mouse", (gint64) sizeof CONTENT - 1 },
  };
  g_autofree char *folder = g_dir_make_tmp ("gridcast-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "store.db", NULL);
  Subject *subject = open_subject (path, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_true (append (subject, 0, CONTENT, FIRST, &error));
      g_assert_cmpint (gc_attachment_measure_part (subject->folder, subject->file), ==, FIRST);
      g_assert_false (append (subject, 0, cases[i].text, cases[i].length, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
      g_assert_false (gc_attachment_is_here (subject->folder, subject->file));
      g_assert_cmpint (g_rmdir (subject->folder), ==, 0);
    }
  close_subject (subject);
  test_remove_tree (folder);
}

int
main (int argc, char *argv[])
{
  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  test_fault_loop_add_files ("/store/attachment/faults", &FETCH);
  g_test_add_func ("/store/attachment/refused-leaves-nothing", test_refused);
  return g_test_run ();
}
