/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity/gc-secret-store.h"

#include "base/gc-error.h"
#include "identity/gc-secret-unlock.h"

#include <libsecret/secret.h>
#include <string.h>

#define LABEL "Gridcast"

static const SecretSchema SCHEMA
    = { .name = GC_APP_ID ".Credentials",
        .flags = SECRET_SCHEMA_NONE,
        .attributes = { { "profile", SECRET_SCHEMA_ATTRIBUTE_STRING } } };

typedef struct
{
  char *profile;
  char *text; /* to be written */
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->profile);
  gc_secret_wipe (job->text);
  g_free (job);
}

static GTask *
begin (const char *profile,
       const char *text,
       GCancellable *cancellable,
       GAsyncReadyCallback callback,
       gpointer user_data,
       gpointer tag)
{
  GTask *task = g_task_new (NULL, cancellable, callback, user_data);
  Job *job = g_new0 (Job, 1);

  job->profile = g_strdup (profile);
  job->text = g_strdup (text);
  g_task_set_task_data (task, job, job_free);
  g_task_set_source_tag (task, tag);
  return task;
}

static void
search (GTask *task, SecretSearchFlags flags, GAsyncReadyCallback callback)
{
  Job *job = g_task_get_task_data (task);

  secret_password_search (&SCHEMA, SECRET_SEARCH_ALL | flags, g_task_get_cancellable (task),
                          callback, g_object_ref (task), "profile", job->profile, NULL);
}

/* The items found; NULL if there are none, or after an error was returned, which @failed tells. */
static GList *
finish_search (GTask *task, GAsyncResult *result, gboolean *failed)
{
  GError *error = NULL;
  GList *items = secret_password_search_finish (result, &error);

  *failed = error != NULL;
  if (error != NULL)
    g_task_return_error (task, error);
  return items;
}

/* Behind the portal there is nothing that could be locked. */
static gboolean
unlock_item (GTask *task, gpointer item, GAsyncReadyCallback callback)
{
  if (!G_IS_DBUS_PROXY (item))
    return FALSE;
  gc_secret_unlock_async (g_dbus_proxy_get_connection (item), g_dbus_proxy_get_object_path (item),
                          g_task_get_cancellable (task), callback, g_object_ref (task));
  return TRUE;
}

/**
 * gc_secret_wipe:
 * @text: (nullable) (transfer full): a secret text
 *
 * Frees it and leaves no copy in memory. Any thread.
 */
void
gc_secret_wipe (gpointer text)
{
  if (text != NULL)
    explicit_bzero (text, strlen (text));
  g_free (text);
}

/* --- reading --- */

static void
on_retrieved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  SecretValue *value
      = secret_retrievable_retrieve_secret_finish (SECRET_RETRIEVABLE (source), result, &error);
  const char *text = value != NULL ? secret_value_get_text (value) : NULL;

  if (text != NULL)
    g_task_return_pointer (task, g_strdup (text), gc_secret_wipe);
  else if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_new_error (task, GC_ERROR, GC_ERROR_INVALID, "it is no text");
  if (value != NULL)
    secret_value_unref (value);
}

static void
on_found_open (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  gboolean failed;
  GList *items = finish_search (task, result, &failed);

  if (items != NULL)
    secret_retrievable_retrieve_secret (items->data, g_task_get_cancellable (task), on_retrieved,
                                        g_object_ref (task));
  else if (!failed)
    g_task_return_pointer (task, NULL, NULL);
  g_list_free_full (items, g_object_unref);
}

static void
on_open_for_reading (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_secret_unlock_finish (result, &error))
    search (task, SECRET_SEARCH_LOAD_SECRETS, on_found_open);
  else
    g_task_return_error (task, error);
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  gboolean failed;
  GList *items = finish_search (task, result, &failed);

  if (items == NULL && !failed)
    g_task_return_pointer (task, NULL, NULL);
  else if (items != NULL && !unlock_item (task, items->data, on_open_for_reading))
    search (task, SECRET_SEARCH_LOAD_SECRETS, on_found_open);
  g_list_free_full (items, g_object_unref);
}

/**
 * gc_secret_store_read_async:
 * @profile: whose secret
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_secret_store_read_async (const char *profile,
                            GCancellable *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer user_data)
{
  g_autoptr (GTask) task
      = begin (profile, NULL, cancellable, callback, user_data, gc_secret_store_read_async);

  search (task, SECRET_SEARCH_NONE, on_found);
}

/**
 * gc_secret_store_read_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_REFUSED if it is locked and stays so, or of D-Bus if there is no service
 *
 * Returns: (transfer full) (nullable): the secret, for gc_secret_wipe(); %NULL without error if
 *   there is none
 */
char *
gc_secret_store_read_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- writing --- */

static void
on_stored (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (secret_password_store_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
store (GTask *task)
{
  Job *job = g_task_get_task_data (task);

  secret_password_store (&SCHEMA, SECRET_COLLECTION_DEFAULT, LABEL, job->text,
                         g_task_get_cancellable (task), on_stored, g_object_ref (task), "profile",
                         job->profile, NULL);
}

static void
on_open_for_writing (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  /* Without a service there may be a portal. */
  if (gc_secret_unlock_finish (result, &error) || error->domain != GC_ERROR)
    store (task);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
on_bus (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  g_autoptr (GDBusConnection) bus = g_bus_get_finish (result, &error);

  if (bus == NULL)
    g_task_return_error (task, error);
  else
    gc_secret_unlock_async (bus, NULL, g_task_get_cancellable (task), on_open_for_writing,
                            g_object_ref (task));
}

/**
 * gc_secret_store_write_async:
 * @profile: whose secret
 * @text: what to keep; replaces what was there
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_secret_store_write_async (const char *profile,
                             const char *text,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task
      = begin (profile, text, cancellable, callback, user_data, gc_secret_store_write_async);

  g_bus_get (G_BUS_TYPE_SESSION, cancellable, on_bus, g_object_ref (task));
}

/**
 * gc_secret_store_write_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_REFUSED if it is locked and stays so, %GC_ERROR_NOT_FOUND if no key ring was
 * set up, or of D-Bus if there is no service
 *
 * Returns: whether it is kept
 */
gboolean
gc_secret_store_write_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/* --- clearing --- */

static void
on_cleared (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  secret_password_clear_finish (result, &error);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, TRUE);
}

static void
clear (GTask *task)
{
  Job *job = g_task_get_task_data (task);

  secret_password_clear (&SCHEMA, g_task_get_cancellable (task), on_cleared, g_object_ref (task),
                         "profile", job->profile, NULL);
}

static void
on_open_for_clearing (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (gc_secret_unlock_finish (result, &error))
    clear (task);
  else
    g_task_return_error (task, error);
}

static void
on_found_to_clear (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  gboolean failed;
  GList *items = finish_search (task, result, &failed);

  if (items == NULL && !failed)
    g_task_return_boolean (task, TRUE);
  else if (items != NULL && !unlock_item (task, items->data, on_open_for_clearing))
    clear (task);
  g_list_free_full (items, g_object_unref);
}

/**
 * gc_secret_store_clear_async:
 * @profile: whose secret
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_secret_store_clear_async (const char *profile,
                             GCancellable *cancellable,
                             GAsyncReadyCallback callback,
                             gpointer user_data)
{
  g_autoptr (GTask) task
      = begin (profile, NULL, cancellable, callback, user_data, gc_secret_store_clear_async);

  search (task, SECRET_SEARCH_NONE, on_found_to_clear);
}

/**
 * gc_secret_store_clear_finish:
 * @result: what the callback got
 * @error: %GC_ERROR_REFUSED if it is locked and stays so, or of D-Bus if there is no service
 *
 * Returns: whether nothing is left
 */
gboolean
gc_secret_store_clear_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}
