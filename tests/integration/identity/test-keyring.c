/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - with a Secret Service, the credentials are in it and in no file
 *  - without one, they are in a file that only the user can read, and the keyring says so
 *  - a file that was open to others is closed; one that is damaged or huge is told as such
 *  - a service that is away or locked is told as such, not as a terminal that was never paired
 *  - once cleared, nothing is left in either place; new credentials replace the old
 */

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "identity/gc-device-key.h"
#include "identity/gc-keyring.h"
#include "test-authority.h"
#include "test-bus.h"
#include "test-wait.h"

#include <glib/gstdio.h>
#include <libsecret/secret.h>
#include <string.h>

#define PASSWORD "correct horse\n"

typedef struct
{
  GSubprocess *daemon;
  char *folder;
  char *file;
  GcKeyring *keyring;
  GcCredentials *credentials;
} Fixture;

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
  credentials = gc_credentials_new ("https://192.0.2.7:8443", "临海县综治中心",
                                    test_authority_get_pem (authority), pem, key, &error);
  g_assert_no_error (error);
  return credentials;
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  fixture->folder = g_dir_make_tmp ("gridcast-keyring-XXXXXX", &error);
  g_assert_no_error (error);
  g_setenv ("XDG_DATA_HOME", fixture->folder, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", fixture->folder, TRUE);
  fixture->file = g_build_filename (fixture->folder, "deep", "data", "credentials.json", NULL);
  fixture->credentials = make_credentials ();
}

static void
open_keyring (Fixture *fixture)
{
  g_autofree char *data_dir = g_path_get_dirname (fixture->file);

  g_clear_object (&fixture->keyring);
  fixture->keyring = gc_keyring_new (data_dir);
}

static gboolean
has_owner (gpointer data)
{
  Fixture *fixture = data;

  return test_bus_has_owner ("org.freedesktop.secrets") == (fixture->daemon != NULL);
}

static void
start_service (Fixture *fixture)
{
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (
      G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_SILENCE);
  g_autoptr (GError) error = NULL;
  GOutputStream *input;

  /* Its warnings, as that there is no screen to ask on, are not ours. */
  g_subprocess_launcher_unsetenv (launcher, "G_DEBUG");
  fixture->daemon
      = g_subprocess_launcher_spawn (launcher, &error, "gnome-keyring-daemon", "--foreground",
                                     "--unlock", "--components=secrets", NULL);
  g_assert_no_error (error);
  input = g_subprocess_get_stdin_pipe (fixture->daemon);
  g_assert_true (g_output_stream_write_all (input, PASSWORD, strlen (PASSWORD), NULL, NULL, NULL));
  g_assert_true (g_output_stream_close (input, NULL, NULL));
  test_wait_until (has_owner, fixture);
}

static void
stop_service (Fixture *fixture)
{
  if (fixture->daemon == NULL)
    return;
  g_subprocess_send_signal (fixture->daemon, SIGTERM);
  g_subprocess_wait (fixture->daemon, NULL, NULL);
  g_clear_object (&fixture->daemon);
  test_wait_until (has_owner, fixture);
  secret_service_disconnect ();
}

static void
remove_tree (const char *path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const char *name;

  while (folder != NULL && (name = g_dir_read_name (folder)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_remove (path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  stop_service (fixture);
  g_clear_object (&fixture->keyring);
  g_object_unref (fixture->credentials);
  secret_service_disconnect ();
  remove_tree (fixture->folder);
  g_free (fixture->folder);
  g_free (fixture->file);
}

static void
save (Fixture *fixture, GcCredentials *credentials)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  gc_keyring_save_async (fixture->keyring, credentials, NULL, test_take_result, &result);
  test_wait_result (&result);
  g_assert_true (gc_keyring_save_finish (fixture->keyring, result, &error));
  g_assert_no_error (error);
}

static GcCredentials *
load (Fixture *fixture, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  open_keyring (fixture);
  gc_keyring_load_async (fixture->keyring, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_keyring_load_finish (fixture->keyring, result, error);
}

static gboolean
clear (Fixture *fixture, GError **error)
{
  g_autoptr (GAsyncResult) result = NULL;

  gc_keyring_clear_async (fixture->keyring, NULL, test_take_result, &result);
  test_wait_result (&result);
  return gc_keyring_clear_finish (fixture->keyring, result, error);
}

static void
assert_loads (Fixture *fixture, GcCredentials *credentials)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcCredentials) loaded = load (fixture, &error);

  g_assert_no_error (error);
  g_assert_nonnull (loaded);
  g_assert_cmpstr (gc_credentials_get_terminal_id (loaded), ==,
                   gc_credentials_get_terminal_id (credentials));
  g_assert_cmpstr (gc_credentials_get_center_name (loaded), ==,
                   gc_credentials_get_center_name (credentials));
  g_assert_nonnull (gc_credentials_get_certificate (loaded));
}

static void
assert_nothing (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (fixture, &error));
  g_assert_no_error (error);
}

static void
assert_load_fails (Fixture *fixture, int code)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (load (fixture, &error));
  g_assert_error (error, GC_ERROR, code);
}

static void
count_notify (GObject *object, GParamSpec *pspec, gpointer user_data)
{
  ++*(guint *) user_data;
}

static void
test_service (Fixture *fixture, gconstpointer data)
{
  g_autofree char *text = NULL;

  start_service (fixture);
  assert_nothing (fixture);
  save (fixture, fixture->credentials);
  g_assert_false (gc_keyring_get_uses_file (fixture->keyring));
  g_assert_true (g_file_get_contents (fixture->file, &text, NULL, NULL));
  g_assert_null (strstr (text, "KEY"));
  assert_loads (fixture, fixture->credentials);
  g_assert_false (gc_keyring_get_uses_file (fixture->keyring));
  g_assert_true (clear (fixture, NULL));
  assert_nothing (fixture);
}

static void
test_file (Fixture *fixture, gconstpointer data)
{
  GStatBuf status;
  guint notified = 0;

  assert_nothing (fixture);
  g_signal_connect (fixture->keyring, "notify::uses-file", G_CALLBACK (count_notify), &notified);
  save (fixture, fixture->credentials);
  g_assert_true (gc_keyring_get_uses_file (fixture->keyring));
  g_assert_cmpuint (notified, ==, 1);
  g_assert_cmpint (g_stat (fixture->file, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
  assert_loads (fixture, fixture->credentials);
  g_assert_true (gc_keyring_get_uses_file (fixture->keyring));
  g_assert_true (clear (fixture, NULL));
  g_assert_false (g_file_test (fixture->file, G_FILE_TEST_EXISTS));
  assert_nothing (fixture);
}

static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) second = make_credentials ();
  g_autoptr (GcCredentials) third = make_credentials ();

  /* From a file to the service, when there is one, and back. */
  open_keyring (fixture);
  save (fixture, fixture->credentials);
  start_service (fixture);
  assert_loads (fixture, fixture->credentials);
  save (fixture, second);
  assert_loads (fixture, second);
  g_assert_false (gc_keyring_get_uses_file (fixture->keyring));
  stop_service (fixture);
  save (fixture, third);
  start_service (fixture);
  assert_loads (fixture, third);
}

static void
test_two_profiles (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) second = make_credentials ();
  g_autofree char *other = g_build_filename (fixture->folder, "other", NULL);
  g_autoptr (GcKeyring) keyring = gc_keyring_new (other);
  GcKeyring *first;

  start_service (fixture);
  open_keyring (fixture);
  save (fixture, fixture->credentials);
  first = g_steal_pointer (&fixture->keyring);
  fixture->keyring = g_object_ref (keyring);
  save (fixture, second);
  g_assert_true (clear (fixture, NULL));
  g_object_unref (first);
  assert_loads (fixture, fixture->credentials);
}

static void
test_away (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  start_service (fixture);
  open_keyring (fixture);
  save (fixture, fixture->credentials);
  stop_service (fixture);
  assert_load_fails (fixture, GC_ERROR_STORAGE);
  g_assert_false (clear (fixture, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  start_service (fixture);
  assert_loads (fixture, fixture->credentials);
}

static void
on_locked (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  secret_service_lock_finish (SECRET_SERVICE (source), result, NULL, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

/* Locked, and nobody there who could be asked for the password. */
static void
test_locked (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SecretService) service = NULL;
  g_autoptr (SecretCollection) collection = NULL;
  g_autoptr (GcCredentials) second = make_credentials ();
  g_autoptr (GError) error = NULL;
  GList *objects;
  gboolean locked = FALSE;

  start_service (fixture);
  open_keyring (fixture);
  save (fixture, fixture->credentials);
  service = secret_service_get_sync (SECRET_SERVICE_LOAD_COLLECTIONS, NULL, NULL);
  collection = secret_collection_for_alias_sync (service, SECRET_COLLECTION_DEFAULT,
                                                 SECRET_COLLECTION_NONE, NULL, NULL);
  g_assert_nonnull (collection);
  objects = g_list_prepend (NULL, collection);
  secret_service_lock (service, objects, NULL, on_locked, &locked);
  test_wait_until (is_true, &locked);
  g_list_free (objects);
  assert_load_fails (fixture, GC_ERROR_STORAGE);
  g_assert_false (clear (fixture, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
  assert_load_fails (fixture, GC_ERROR_STORAGE);
  save (fixture, second);
  g_assert_true (gc_keyring_get_uses_file (fixture->keyring));
  assert_loads (fixture, second);
}

static void
test_bad_files (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (fixture->file);
  g_autofree char *huge = g_strnfill (70000, ' ');
  const char *const texts[] = { "",
                                "{}",
                                "{\"place\":7}",
                                "\xff",
                                "[1,2",
                                huge,
                                "{\"base_url\":\"x\",\"center\":\"y\",\"ca\":\"z\","
                                "\"certificate\":\"a\",\"key\":\"b\"}" };

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_assert_true (g_file_set_contents (fixture->file, texts[i], -1, NULL));
      assert_load_fails (fixture, GC_ERROR_INVALID);
    }
  g_assert_true (clear (fixture, NULL));
  assert_nothing (fixture);
}

static void
test_mixed_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcCredentials) other = make_credentials ();
  g_autofree char *ours = gc_credentials_print (fixture->credentials);
  g_autofree char *theirs = gc_credentials_print (other);
  g_autofree char *folder = g_path_get_dirname (fixture->file);
  const char *our_key = strstr (ours, "\"key\"");
  const char *their_key = strstr (theirs, "\"key\"");
  g_autofree char *head = g_strndup (ours, (gsize) (our_key - ours));
  g_autofree char *mixed = g_strconcat (head, their_key, NULL);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (fixture->file, mixed, -1, NULL));
  assert_load_fails (fixture, GC_ERROR_UNTRUSTED);
}

static void
test_open_file (Fixture *fixture, gconstpointer data)
{
  GStatBuf status;

  open_keyring (fixture);
  save (fixture, fixture->credentials);
  g_assert_cmpint (g_chmod (fixture->file, 0644), ==, 0);
  assert_loads (fixture, fixture->credentials);
  g_assert_cmpint (g_stat (fixture->file, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0777, ==, 0600);
}

static void
test_cannot_save (Fixture *fixture, gconstpointer data)
{
  g_autofree char *folder = g_path_get_dirname (fixture->file);
  g_autofree char *parent = g_path_get_dirname (folder);
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  /* A file is where the folder should be. */
  g_assert_true (g_file_set_contents (parent, "", -1, NULL));
  open_keyring (fixture);
  gc_keyring_save_async (fixture->keyring, fixture->credentials, NULL, test_take_result, &result);
  test_wait_result (&result);
  g_assert_false (gc_keyring_save_finish (fixture->keyring, result, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_STORAGE);
}

static void
test_cancelled (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  start_service (fixture);
  open_keyring (fixture);
  g_cancellable_cancel (cancellable);
  gc_keyring_save_async (fixture->keyring, fixture->credentials, cancellable, test_take_result,
                         &result);
  test_wait_result (&result);
  g_assert_false (gc_keyring_save_finish (fixture->keyring, result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_false (g_file_test (fixture->file, G_FILE_TEST_EXISTS));
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  test_bus_start ();
#define ADD(path, func)                                                                            \
  g_test_add ("/identity/keyring/" path, Fixture, NULL, set_up, func, tear_down)
  ADD ("in-the-service-and-no-file", test_service);
  ADD ("in-a-closed-file", test_file);
  ADD ("newest-wins", test_replaced);
  ADD ("profiles-apart", test_two_profiles);
  ADD ("service-away", test_away);
  ADD ("locked", test_locked);
  ADD ("damaged-files", test_bad_files);
  ADD ("parts-of-two-pairings", test_mixed_up);
  ADD ("open-file-is-closed", test_open_file);
  ADD ("cannot-be-saved", test_cannot_save);
  ADD ("cancelled", test_cancelled);
  result = g_test_run ();
  test_bus_stop ();
  return result;
}
