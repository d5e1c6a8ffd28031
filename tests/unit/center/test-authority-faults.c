/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the center's keys and certificates, whichever call on a file fails, once or from then
 * on:
 *  - see test-fault-loop.h: nothing crashes or stays open, and what fails can be done again later
 *  - a CA that was made is never replaced, whatever the disk says about it
 */

#include "base/gc-error.h"
#include "center/gc-authority.h"
#include "test-fault-loop.h"

#include <glib/gstdio.h>

static const char *const HOSTS[] = { "center.example", NULL };
static const char *const OTHER_HOSTS[] = { "center.example", "192.0.2.7", NULL };

typedef struct
{
  char *folder;
  char *pin; /* of the CA, from when it was made on */
} Subject;

static gboolean
look (Subject *subject, const char *const *hosts, GError **error)
{
  g_autoptr (GcAuthority) authority = gc_authority_open (subject->folder, "测试", hosts, error);

  if (authority == NULL)
    return FALSE;
  if (subject->pin == NULL)
    subject->pin = g_strdup (gc_authority_get_pin (authority));
  g_assert_cmpstr (gc_authority_get_pin (authority), ==, subject->pin);
  g_assert_nonnull (gc_authority_get_server_certificate (authority));
  return TRUE;
}

static void
close_subject (gpointer data)
{
  Subject *subject = data;

  g_free (subject->folder);
  g_free (subject->pin);
  g_free (subject);
}

static gpointer
open_subject (const char *path, GError **error)
{
  Subject *subject = g_new0 (Subject, 1);

  subject->folder = g_path_get_dirname (path);
  if (look (subject, HOSTS, error))
    return subject;
  close_subject (subject);
  return NULL;
}

/* The first: all is there. The second: the certificate has to be another. */
static gboolean
do_step (gpointer subject, guint number, GError **error)
{
  return look (subject, number == 0 ? HOSTS : OTHER_HOSTS, error);
}

/* Which keys they are, chance decides. */
static char *
make_digest (gpointer subject)
{
  g_assert_true (look (subject, HOSTS, NULL));
  return g_strdup ("");
}

static const TestFaultScenario AUTHORITY = {
  .n_steps = 2,
  .open = open_subject,
  .step = do_step,
  .digest = make_digest,
  .close = close_subject,
  .from_nothing = TRUE,
  .file_stride = 5,
};

int
main (int argc, char *argv[])
{
  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  test_fault_loop_add_files ("/center/authority/faults", &AUTHORITY);
  return g_test_run ();
}
