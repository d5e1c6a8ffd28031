/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-fault-loop.h"

#include "base/gc-error.h"
#include "test-tree.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <unistd.h>

typedef struct
{
  const TestFaultScenario *scenario;
  TestFaults faults;
  char *folder;
  char *template; /* contents of the file to begin with */
  gsize template_length;
  GPtrArray *digests; /* before the first step, and after each */
  guint n;
  gboolean struck;
} Loop;

/* In memory where that can be had: a disk takes its time for what nobody will read. */
static char *
make_folder (void)
{
  const char *parent = g_access ("/dev/shm", W_OK) == 0 ? "/dev/shm" : g_get_tmp_dir ();
  char *folder = g_build_filename (parent, "gridcast-faults-XXXXXX", NULL);

  g_assert_nonnull (g_mkdtemp (folder));
  return folder;
}

/* --- without faults --- */

static gpointer
open_well (Loop *loop, const char *path)
{
  g_autoptr (GError) error = NULL;
  gpointer subject = loop->scenario->open (path, &error);

  if (subject == NULL)
    g_error ("fault %u: it cannot be opened afterwards: %s", loop->n, error->message);
  return subject;
}

static void
step_well (Loop *loop, gpointer subject, guint number)
{
  g_autoptr (GError) error = NULL;

  if (!loop->scenario->step (subject, number, &error))
    g_error ("fault %u, step %u: it fails afterwards: %s", loop->n, number, error->message);
}

static gboolean
has_digest (Loop *loop, gpointer subject, guint steps)
{
  g_autofree char *found = loop->scenario->digest (subject);

  return g_str_equal (found, g_ptr_array_index (loop->digests, steps));
}

static void
check_digest (Loop *loop, gpointer subject, guint steps)
{
  g_autofree char *found = loop->scenario->digest (subject);
  const char *expected = g_ptr_array_index (loop->digests, steps);

  if (!g_str_equal (found, expected))
    g_error ("fault %u, after %u steps:\n%s\ninstead of\n%s", loop->n, steps, found, expected);
}

static void
check_file (Loop *loop, const char *path, guint steps)
{
  gpointer subject = open_well (loop, path);

  check_digest (loop, subject, steps);
  loop->scenario->close (subject);
}

static void
make_template (Loop *loop)
{
  g_autofree char *path = g_build_filename (loop->folder, "template.db", NULL);
  gpointer subject = open_well (loop, path);

  for (guint i = 0; i < loop->scenario->n_steps; i++)
    step_well (loop, subject, i);
  loop->scenario->close (subject);
  g_assert_true (g_file_get_contents (path, &loop->template, &loop->template_length, NULL));
}

static char *
begin (Loop *loop, const char *folder)
{
  char *path = g_build_filename (folder, "data.db", NULL);

  g_assert_cmpint (g_mkdir (folder, 0700), ==, 0);
  if (loop->scenario->prepare != NULL)
    loop->scenario->prepare (path);
  else if (loop->template != NULL)
    g_assert_true (
        g_file_set_contents (path, loop->template, (gssize) loop->template_length, NULL));
  return path;
}

static void
learn_digests (Loop *loop)
{
  g_autofree char *folder = g_build_filename (loop->folder, "clean", NULL);
  g_autofree char *path = begin (loop, folder);
  gpointer subject = open_well (loop, path);

  loop->digests = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (loop->digests, loop->scenario->digest (subject));
  for (guint i = 0; i < loop->scenario->n_steps; i++)
    {
      step_well (loop, subject, i);
      g_ptr_array_add (loop->digests, loop->scenario->digest (subject));
    }
  loop->scenario->close (subject);
  check_file (loop, path, loop->scenario->n_steps);
}

/* --- with faults --- */

static void
repair (Loop *loop)
{
  loop->struck |= test_faults_disarm ();
}

/* SQLite takes a page that the disk does not give for a damaged one. */
static void
check_error (Loop *loop, const GError *error)
{
  if (loop->faults.kind == TEST_FAULTS_FILES && g_error_matches (error, GC_ERROR, GC_ERROR_DAMAGED))
    return;
  if (!g_error_matches (error, GC_ERROR, GC_ERROR_STORAGE))
    g_error ("fault %u: %s", loop->n, error != NULL ? error->message : "no error is set");
}

static gboolean
try_step (Loop *loop, gpointer subject, guint number)
{
  g_autoptr (GError) error = NULL;

  if (loop->scenario->step (subject, number, &error))
    return TRUE;
  check_error (loop, error);
  return FALSE;
}

static gpointer
open_somehow (Loop *loop, const char *path)
{
  g_autoptr (GError) error = NULL;
  gpointer subject = loop->scenario->open (path, &error);

  if (subject != NULL)
    return subject;
  check_error (loop, error);
  repair (loop);
  return open_well (loop, path);
}

/* Returns the subject to go on with. */
static gpointer
step_somehow (Loop *loop, gpointer subject, const char *path, guint number)
{
  if (try_step (loop, subject, number))
    return subject;
  if (loop->faults.closes)
    {
      loop->scenario->close (subject);
      repair (loop);
      subject = open_well (loop, path);
      if (has_digest (loop, subject, number + 1))
        return subject;
    }
  else if (loop->faults.lasting && try_step (loop, subject, number))
    return subject;
  repair (loop);
  check_digest (loop, subject, number);
  step_well (loop, subject, number);
  return subject;
}

/* Below the folder: a library may open files of its own whenever it likes. */
static void
check_open_files (Loop *loop)
{
  g_autoptr (GDir) folder = g_dir_open ("/proc/self/fd", 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *link = g_build_filename ("/proc/self/fd", name, NULL);
      g_autofree char *path = g_file_read_link (link, NULL);

      if (path != NULL && g_str_has_prefix (path, loop->folder))
        g_error ("fault %u: %s is still open", loop->n, path);
    }
}

/* Returns whether there was anything left to fail. */
static gboolean
run (Loop *loop)
{
  g_autofree char *folder = g_strdup_printf ("%s/%u", loop->folder, loop->n);
  g_autofree char *path = begin (loop, folder);
  gint64 used = sqlite3_memory_used ();
  gpointer subject;

  loop->struck = FALSE;
  test_faults_arm (&loop->faults, loop->n);
  subject = open_somehow (loop, path);
  for (guint i = 0; i < loop->scenario->n_steps; i++)
    subject = step_somehow (loop, subject, path, i);
  loop->scenario->close (subject);
  repair (loop);
  check_file (loop, path, loop->scenario->n_steps);
  if (sqlite3_memory_used () != used)
    g_error ("fault %u: %d bytes of SQLite's are left", loop->n,
             (int) (sqlite3_memory_used () - used));
  check_open_files (loop);
  test_remove_tree (folder);
  return loop->struck;
}

static guint
find_stride (const Loop *loop)
{
  const guint strides[] = {
    [TEST_FAULTS_DISK] = loop->scenario->disk_stride,
    [TEST_FAULTS_MEMORY] = loop->scenario->memory_stride,
    [TEST_FAULTS_FILES] = loop->scenario->file_stride,
  };
  guint stride = strides[loop->faults.kind];

  return g_test_slow () ? 1 : MAX (stride, 1);
}

static void
run_all (const TestFaultScenario *scenario, const TestFaults *faults)
{
  Loop loop = { scenario, *faults, make_folder () };
  guint stride = find_stride (&loop);

  loop.faults.below = loop.folder;
  if (scenario->prepare == NULL && !scenario->from_nothing)
    make_template (&loop);
  learn_digests (&loop);
  loop.n = stride == 1 ? 1 : (guint) g_test_rand_int_range (1, (int) stride + 1);
  while (run (&loop))
    loop.n += stride;
  g_test_message ("%u calls, of which each %uth failed", loop.n, stride);
  test_remove_tree (loop.folder);
  g_ptr_array_unref (loop.digests);
  g_free (loop.template);
  g_free (loop.folder);
}

/* --- the tests --- */

typedef struct
{
  const TestFaultScenario *scenario;
  const TestFaults *faults;
} Case;

static void
test_case (gconstpointer data)
{
  const Case *self = data;

  run_all (self->scenario, self->faults);
}

typedef struct
{
  const char *name;
  TestFaults faults;
} Kind;

static void
add_kinds (const char *prefix, const TestFaultScenario *scenario, const Kind *kinds, gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *name = g_strconcat (prefix, "/", kinds[i].name, NULL);
      Case *self = g_new0 (Case, 1);

      self->scenario = scenario;
      self->faults = &kinds[i].faults;
      g_test_add_data_func_full (name, self, test_case, g_free);
    }
}

void
test_fault_loop_add (const char *prefix, const TestFaultScenario *scenario)
{
  static const Kind KINDS[] = {
    { "disk-once", { .kind = TEST_FAULTS_DISK } },
    { "disk-lasting", { .kind = TEST_FAULTS_DISK, .lasting = TRUE } },
    { "disk-lasting-closed", { .kind = TEST_FAULTS_DISK, .lasting = TRUE, .closes = TRUE } },
    { "disk-full", { .kind = TEST_FAULTS_DISK, .lasting = TRUE, .full = TRUE } },
    { "memory-once", { .kind = TEST_FAULTS_MEMORY } },
    { "memory-lasting", { .kind = TEST_FAULTS_MEMORY, .lasting = TRUE } },
  };

  add_kinds (prefix, scenario, KINDS, G_N_ELEMENTS (KINDS));
}

void
test_fault_loop_add_files (const char *prefix, const TestFaultScenario *scenario)
{
  static const Kind KINDS[] = {
    { "files-once", { .kind = TEST_FAULTS_FILES } },
    { "files-lasting", { .kind = TEST_FAULTS_FILES, .lasting = TRUE } },
    { "files-no-room", { .kind = TEST_FAULTS_FILES, .lasting = TRUE, .full = TRUE } },
    { "files-too-many", { .kind = TEST_FAULTS_FILES, .lasting = TRUE, .too_many = TRUE } },
  };

  add_kinds (prefix, scenario, KINDS, G_N_ELEMENTS (KINDS));
}
