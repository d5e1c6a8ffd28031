/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the terminal's key in a file, whichever call on it fails, once or from then on:
 *  - see test-fault-loop.h: the old key or the new one is there whole, never none and never half
 *  - one that cannot be read, or of which the key ring has the rest, is never taken for none
 */

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "identity/gc-device-key.h"
#include "identity/gc-keyring.h"
#include "test-authority.h"
#include "test-fault-loop.h"
#include "test-wait.h"

#include <string.h>

static GcCredentials *first;
static GcCredentials *second;

static GcCredentials *
make_credentials (void)
{
  g_autoptr (TestAuthority) authority = test_authority_new ("center");
  g_autofree char *key = gc_device_key_new (NULL);
  g_autofree char *id = gc_id_new ();
  const TestCertificate what = { .common_name = id, .key = key };
  g_autoptr (GTlsCertificate) issued = test_authority_issue_full (authority, &what);
  g_autofree char *pem = NULL;
  g_autoptr (GError) error = NULL;
  GcCredentials *credentials;

  g_object_get (issued, "certificate-pem", &pem, NULL);
  credentials = gc_credentials_new ("https://192.0.2.7:8443", "中心",
                                    test_authority_get_pem (authority), pem, key, &error);
  g_assert_no_error (error);
  return credentials;
}

static gpointer
open_keyring (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *deep = g_build_filename (folder, "deep", NULL);

  return gc_keyring_new (deep);
}

static GcCredentials *
load (GcKeyring *keyring, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_keyring_load_async (keyring, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_keyring_load_finish (keyring, result, error);
}

static gboolean
save (GcKeyring *keyring, GcCredentials *credentials, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_keyring_save_async (keyring, credentials, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_keyring_save_finish (keyring, result, error);
}

static gboolean
clear (GcKeyring *keyring, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_keyring_clear_async (keyring, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_keyring_clear_finish (keyring, result, error);
}

static gboolean
expect (GcKeyring *keyring, GcCredentials *expected, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcCredentials) loaded = load (keyring, &local_error);

  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  g_assert_cmpstr (loaded != NULL ? gc_credentials_get_terminal_id (loaded) : NULL, ==,
                   expected != NULL ? gc_credentials_get_terminal_id (expected) : NULL);
  return TRUE;
}

static gboolean
do_step (gpointer keyring, guint number, GError **error)
{
  switch (number)
    {
    case 0:
      return save (keyring, first, error);
    case 1:
      return expect (keyring, first, error);
    case 2:
      return save (keyring, second, error);
    case 3:
      return expect (keyring, second, error);
    case 4:
      return clear (keyring, error);
    default:
      return expect (keyring, NULL, error);
    }
}

static char *
make_digest (gpointer keyring)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCredentials) loaded = load (keyring, &error);

  g_assert_no_error (error);
  return g_strdup (loaded != NULL ? gc_credentials_get_terminal_id (loaded) : "none");
}

static const TestFaultScenario FILE_ONLY = {
  .n_steps = 6,
  .open = open_keyring,
  .step = do_step,
  .digest = make_digest,
  .close = g_object_unref,
  .from_nothing = TRUE,
};

/* --- the key is in a key ring that is not there now --- */

/* As earlier versions wrote it. */
#define MARKER "{\"place\":\"secret-service\"}"

static void
put_marker (const char *path)
{
  g_autofree char *folder = g_path_get_dirname (path);
  g_autofree char *file = g_build_filename (folder, "credentials.json", NULL);

  g_assert_true (g_file_set_contents (file, MARKER, -1, NULL));
}

static gpointer
open_marked (const char *path, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (path);

  return gc_keyring_new (folder);
}

static gboolean
look_marked (gpointer keyring, guint number, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (number == 0)
    g_assert_null (load (keyring, &local_error));
  else
    g_assert_false (clear (keyring, &local_error));
  g_assert_error (local_error, GC_ERROR, GC_ERROR_STORAGE);
  return TRUE;
}

static char *
digest_marked (gpointer keyring)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (keyring, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  return g_strdup ("");
}

static const TestFaultScenario MARKED = {
  .n_steps = 2,
  .open = open_marked,
  .step = look_marked,
  .digest = digest_marked,
  .close = g_object_unref,
  .prepare = put_marker,
};

int
main (int argc, char *argv[])
{
  int status;

  /* No Secret Service. */
  g_setenv ("DBUS_SESSION_BUS_ADDRESS", "disabled:", TRUE);
  test_faults_install ();
  g_test_init (&argc, &argv, NULL);
  first = make_credentials ();
  second = make_credentials ();
  test_fault_loop_add_files ("/keyring/faults/file", &FILE_ONLY);
  test_fault_loop_add_files ("/keyring/faults/key-ring-is-away", &MARKED);
  status = g_test_run ();
  g_object_unref (first);
  g_object_unref (second);
  return status;
}
