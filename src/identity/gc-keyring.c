/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-identity"

#include "identity/gc-keyring.h"

#include "base/gc-error.h"
#include "base/gc-file.h"
#include "identity/gc-secret-store.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#define FILE_NAME "credentials.json"
#define FILE_MAX_LENGTH (64 * 1024)
#define FILE_MODE 0600
#define FOLDER_MODE 0700
/* Stands in the file instead of the credentials when the Secret Service has them. Without it, a
 * service that is not there would look like a terminal that was never paired. */
#define MARKER "{\"place\":\"secret-service\"}"

struct _GcKeyring
{
  GObject parent_instance;

  char *profile; /* tells terminals of one user apart */
  char *path;
  gboolean uses_file;
};

G_DEFINE_FINAL_TYPE (GcKeyring, gc_keyring, G_TYPE_OBJECT)

enum
{
  PROP_USES_FILE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
gc_keyring_finalize (GObject *object)
{
  GcKeyring *self = GC_KEYRING (object);

  g_free (self->profile);
  g_free (self->path);
  G_OBJECT_CLASS (gc_keyring_parent_class)->finalize (object);
}

static void
gc_keyring_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_USES_FILE)
    g_value_set_boolean (value, GC_KEYRING (object)->uses_file);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_keyring_class_init (GcKeyringClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = gc_keyring_finalize;
  object_class->get_property = gc_keyring_get_property;
  properties[PROP_USES_FILE]
      = g_param_spec_boolean ("uses-file", NULL, NULL, FALSE,
                              G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_keyring_init (GcKeyring *self)
{
}

/**
 * gc_keyring_new:
 * @data_dir: the terminal's data folder; made when it is needed
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
  g_return_val_if_fail (GC_IS_KEYRING (self), FALSE);

  return self->uses_file;
}

static void
set_uses_file (GcKeyring *self, gboolean uses_file)
{
  if (self->uses_file == uses_file)
    return;
  self->uses_file = uses_file;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_USES_FILE]);
}

static gboolean
was_cancelled (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

static void
return_storage_error (GTask *task, const char *what, const char *why)
{
  g_task_return_new_error (task, GC_ERROR, GC_ERROR_STORAGE, "%s: %s", what, why);
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

/* --- the file --- */

/* What the file says, NULL without error if there is none. */
static char *
read_file (GcKeyring *self, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GStatBuf status;
  char *text = NULL;

  if (g_stat (self->path, &status) == 0)
    {
      if (status.st_size > FILE_MAX_LENGTH)
        {
          g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "%s is over %d bytes", self->path,
                       FILE_MAX_LENGTH);
          return NULL;
        }
      /* As after it was copied from somewhere. */
      if ((status.st_mode & 077) != 0 && g_chmod (self->path, FILE_MODE) == 0)
        g_message ("%s was open to others, and is no more", self->path);
    }
  if (g_file_get_contents (self->path, &text, NULL, &local_error)
      || g_error_matches (local_error, G_FILE_ERROR, G_FILE_ERROR_NOENT))
    return text;
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the terminal's key cannot be read: %s",
               local_error->message);
  return NULL;
}

/* What cannot be read now may be the marker: that is the safe side. */
static gboolean
is_marked (GcKeyring *self)
{
  g_autoptr (GError) error = NULL;
  char *text = read_file (self, &error);
  gboolean marked = error != NULL || g_strcmp0 (text, MARKER) == 0;

  gc_secret_wipe (text);
  return marked;
}

static gboolean
write_file (GcKeyring *self, const char *text, GError **error)
{
  g_autofree char *folder = g_path_get_dirname (self->path);

  g_mkdir_with_parents (folder, FOLDER_MODE);
  return gc_file_save (self->path, text, error);
}

static gboolean
remove_file (GcKeyring *self, GTask *task)
{
  if (g_unlink (self->path) == 0 || errno == ENOENT)
    return TRUE;
  return_storage_error (task, "the terminal's key cannot be removed", g_strerror (errno));
  return FALSE;
}

/* --- loading --- */

static void
on_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;
  char *text = gc_secret_store_read_finish (result, &error);

  set_uses_file (self, FALSE);
  if (text != NULL)
    return_credentials (task, text);
  else if (error == NULL)
    g_task_return_pointer (task, NULL, NULL);
  else if (was_cancelled (error))
    g_task_return_error (task, g_steal_pointer (&error));
  else if (error->domain == GC_ERROR || is_marked (self))
    return_storage_error (task, "the key ring does not open", error->message);
  else
    {
      g_message ("No Secret Service: %s", error->message);
      g_task_return_pointer (task, NULL, NULL);
    }
  gc_secret_wipe (text);
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
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  GError *error = NULL;
  char *text;

  g_return_if_fail (GC_IS_KEYRING (self));

  g_task_set_source_tag (task, gc_keyring_load_async);
  text = read_file (self, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else if (text != NULL && strcmp (text, MARKER) != 0)
    {
      set_uses_file (self, TRUE);
      return_credentials (task, text);
    }
  else
    gc_secret_store_read_async (self->profile, cancellable, on_read, g_object_ref (task));
  gc_secret_wipe (text);
}

/**
 * gc_keyring_load_finish:
 * @self: a keyring
 * @result: what the callback got
 * @error: %GC_ERROR_STORAGE if they are there but cannot be read, as when the key ring is locked,
 *   %GC_ERROR_INVALID or %GC_ERROR_UNTRUSTED if they are damaged
 *
 * Returns: (transfer full) (nullable): the credentials; %NULL without error if there are none
 */
GcCredentials *
gc_keyring_load_finish (GcKeyring *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- saving --- */

static void
save_to_file (GcKeyring *self, GTask *task)
{
  g_autoptr (GError) error = NULL;

  if (!write_file (self, g_task_get_task_data (task), &error))
    {
      return_storage_error (task, "the terminal's key cannot be saved", error->message);
      return;
    }
  set_uses_file (self, TRUE);
  g_task_return_boolean (task, TRUE);
}

static void
on_written (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  if (!gc_secret_store_write_finish (result, &error))
    {
      if (was_cancelled (error))
        {
          g_task_return_error (task, g_steal_pointer (&error));
          return;
        }
      g_message ("No Secret Service, the key goes into a file: %s", error->message);
      save_to_file (self, task);
      return;
    }
  /* A file with older credentials would win. */
  if (!write_file (self, MARKER, NULL) && !remove_file (self, task))
    return;
  set_uses_file (self, FALSE);
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

  g_return_if_fail (GC_IS_KEYRING (self));

  g_task_set_source_tag (task, gc_keyring_save_async);
  g_task_set_task_data (task, text, gc_secret_wipe);
  gc_secret_store_write_async (self->profile, text, cancellable, on_written, task);
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

/* --- clearing --- */

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcKeyring *self = g_task_get_source_object (task);
  g_autoptr (GError) error = NULL;

  gc_secret_store_clear_finish (result, &error);
  if (was_cancelled (error))
    g_task_return_error (task, g_steal_pointer (&error));
  /* What stays there would come back with the next start. */
  else if (error != NULL && (error->domain == GC_ERROR || is_marked (self)))
    return_storage_error (task, "the key ring does not open", error->message);
  else if (remove_file (self, task))
    {
      set_uses_file (self, FALSE);
      g_task_return_boolean (task, TRUE);
    }
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

  g_return_if_fail (GC_IS_KEYRING (self));

  g_task_set_source_tag (task, gc_keyring_clear_async);
  gc_secret_store_clear_async (self->profile, cancellable, on_cleared, task);
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
