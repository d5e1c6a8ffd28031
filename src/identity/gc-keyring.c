/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-identity"

#include "identity/gc-keyring.h"

#include "base/gc-error.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <libsecret/secret.h>
#include <string.h>

#define FILE_NAME "credentials.json"

struct _GcKeyring
{
  GObject parent_instance;

  char *profile; /* tells terminals of one user apart */
  char *path;
  gboolean uses_file;
};

G_DEFINE_FINAL_TYPE (GcKeyring, gc_keyring, G_TYPE_OBJECT)

static const SecretSchema SCHEMA
    = { .name = GC_APP_ID ".Credentials",
        .flags = SECRET_SCHEMA_NONE,
        .attributes = { { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

static void
gc_keyring_finalize (GObject *object)
{
  GcKeyring *self = GC_KEYRING (object);

  g_free (self->profile);
  g_free (self->path);
  G_OBJECT_CLASS (gc_keyring_parent_class)->finalize (object);
}

static void
gc_keyring_class_init (GcKeyringClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_keyring_finalize;
}

static void
gc_keyring_init (GcKeyring *self)
{
}

/**
 * gc_keyring_new:
 * @data_dir: the terminal's data folder
 *
 * Main thread.
 *
 * Returns: (transfer full): the keyring
 */
GcKeyring *
gc_keyring_new (const char *data_dir)
{
  GcKeyring *self = g_object_new (GC_TYPE_KEYRING, NULL);

  self->profile = g_canonicalize_filename (data_dir, NULL);
  self->path = g_build_filename (data_dir, FILE_NAME, NULL);
  return self;
}

/**
 * gc_keyring_get_uses_file:
 * @self: a keyring
 *
 * Returns: whether the credentials were last found in, or saved to, a file for want of a Secret
 *   Service
 */
gboolean
gc_keyring_get_uses_file (GcKeyring *self)
{
  return self->uses_file;
}

static void
wipe (char *text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

static void
return_credentials (GTask *task, const char *text)
{
  GError *error = NULL;
  GcCredentials *credentials = gc_credentials_parse (text, &error);

  if (credentials == NULL)
    g_task_return_error (task, error);
  else
    g_task_return_pointer (task, credentials, g_object_unref);
}

static void
load_from_file (GcKeyring *self, GTask *task)
{
  g_autoptr (GError) error = NULL;
  char *text = NULL;

  if (g_file_get_contents (self->path, &text, NULL, &error))
    {
      self->uses_file = TRUE;
      return_credentials (task, text);
      wipe (text);
    }
  else if (g_error_matches (error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    g_task_return_pointer (task, NULL, NULL);
  else
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_STORAGE,
                             "the terminal's key cannot be read: %s", error->message);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  char *text = secret_password_lookup_finish (result, &error);

  if (text == NULL)
    {
      if (error != NULL)
        g_message ("No Secret Service: %s", error->message);
      load_from_file (self, task);
      return;
    }
  self->uses_file = FALSE;
  return_credentials (task, text);
  secret_password_free (text);
}

/**
 * gc_keyring_load_async:
 * @self: a keyring
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main thread.
 */
void
gc_keyring_load_async (GcKeyring *self,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, gc_keyring_load_async);
  secret_password_lookup (&SCHEMA, cancellable, on_looked_up, task, "profile", self->profile, NULL);
}

/**
 * gc_keyring_load_finish:
 * @self: a keyring
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE if they cannot be read, %GC_ERROR_INVALID if they are damaged
 *
 * Returns: (transfer full) (nullable): the credentials; %NULL without error if there are none
 */
GcCredentials *
gc_keyring_load_finish (GcKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
save_to_file (GcKeyring *self, GTask *task)
{
  const char *text = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  if (!g_file_set_contents_full (self->path, text, -1,
                                 G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
                                 &error))
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_STORAGE,
                               "the terminal's key cannot be saved: %s", error->message);
      return;
    }
  self->uses_file = TRUE;
  g_task_return_boolean (task, TRUE);
}

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!secret_password_store_finish (result, &error))
    {
      g_message ("No Secret Service, the key goes into a file: %s", error->message);
      save_to_file (self, task);
      return;
    }
  self->uses_file = FALSE;
  g_unlink (self->path);
  g_task_return_boolean (task, TRUE);
}

/**
 * gc_keyring_save_async:
 * @self: a keyring
 * @credentials: what to keep; replaces what was there
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main thread.
 */
void
gc_keyring_save_async (GcKeyring *self,
                       GcCredentials *credentials,
                       GCancellable *cancellable,
                       GAsyncReadyCallback callback,
                       gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  char *text = gc_credentials_print (credentials);

  g_task_set_source_tag (task, gc_keyring_save_async);
  g_task_set_task_data (task, text, (GDestroyNotify) wipe);
  secret_password_store (&SCHEMA, SECRET_COLLECTION_DEFAULT, "Gridcast", text, cancellable,
                         on_stored, task, "profile", self->profile, NULL);
}

/**
 * gc_keyring_save_finish:
 * @self: a keyring
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether they are saved
 */
gboolean
gc_keyring_save_finish (GcKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  secret_password_clear_finish (result, &error);
  if (g_unlink (self->path) != 0 && errno != ENOENT)
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_STORAGE,
                             "the terminal's key cannot be removed: %s", g_strerror (errno));
  else
    g_task_return_boolean (task, TRUE);
}

/**
 * gc_keyring_clear_async:
 * @self: a keyring
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Forgets the credentials wherever they are. Main thread.
 */
void
gc_keyring_clear_async (GcKeyring *self,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);

  g_task_set_source_tag (task, gc_keyring_clear_async);
  secret_password_clear (&SCHEMA, cancellable, on_cleared, task, "profile", self->profile, NULL);
}

/**
 * gc_keyring_clear_finish:
 * @self: a keyring
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether nothing is left
 */
gboolean
gc_keyring_clear_finish (GcKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
