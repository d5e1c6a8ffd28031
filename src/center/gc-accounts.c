/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-accounts.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-audit.h"
#include "center/gc-password.h"
#include "center/gc-throttle.h"

#include <string.h>

#define USER_MAX_LENGTH 64
/* Each hash takes memory and a core for a while. */
#define MAX_HASHING 4
#define FREE_FAILURES 5
#define FIRST_WAIT_S 2
#define MAX_WAIT_S 300
/* Shorter for a name: strangers who guess must not keep its owner out for long. */
#define MAX_USER_WAIT_S 30

struct _GcAccounts
{
  GObject parent_instance;

  GcDatabase *database;
  GHashTable *hashes; /* user → hash of his password */
  GHashTable *logins; /* hash of the token → Login */
  char *setup_token;
  char *decoy; /* so that an unknown user takes as long as a wrong password */
  GcThrottle *by_address;
  GcThrottle *by_user;
  guint hashing;
};

G_DEFINE_FINAL_TYPE (GcAccounts, gc_accounts, G_TYPE_OBJECT)

typedef struct
{
  char *user;
  gint64 expires_ms; /* wall time: it must hold over a restart */
} Login;

static void
login_free (gpointer data)
{
  Login *login = data;

  g_free (login->user);
  g_free (login);
}

/**
 * Attempt:
 * @user: who wants in
 * @password: what he says
 * @address: from where
 * @hash: for a log-in what it must match, for a set-up what was made of it
 * @setup: whether an account is being made
 * @good: whether the password matches
 * @token: the session
 * @wait_s: how long to wait if it was refused for impatience
 */
typedef struct
{
  char *user;
  char *password;
  char *address;
  char *hash;
  gboolean setup;
  gboolean good;
  char *token;
  guint wait_s;
} Attempt;

static void
attempt_free (gpointer data)
{
  Attempt *attempt = data;

  g_free (attempt->user);
  if (attempt->password != NULL)
    explicit_bzero (attempt->password, strlen (attempt->password));
  g_free (attempt->password);
  g_free (attempt->address);
  g_free (attempt->hash);
  g_free (attempt->token);
  g_free (attempt);
}

static char *
hash_token (const char *token)
{
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, token, -1);
}

static void
gc_accounts_finalize (GObject *object)
{
  GcAccounts *self = GC_ACCOUNTS (object);

  g_clear_object (&self->database);
  g_clear_pointer (&self->hashes, g_hash_table_unref);
  g_clear_pointer (&self->logins, g_hash_table_unref);
  g_clear_pointer (&self->by_address, gc_throttle_free);
  g_clear_pointer (&self->by_user, gc_throttle_free);
  g_free (self->setup_token);
  g_free (self->decoy);
  G_OBJECT_CLASS (gc_accounts_parent_class)->finalize (object);
}

static void
gc_accounts_class_init (GcAccountsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_accounts_finalize;
}

static void
gc_accounts_init (GcAccounts *self)
{
  self->hashes = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->logins = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, login_free);
  self->by_address = gc_throttle_new (FREE_FAILURES, FIRST_WAIT_S, MAX_WAIT_S);
  self->by_user = gc_throttle_new (FREE_FAILURES, FIRST_WAIT_S, MAX_USER_WAIT_S);
}

static void
remember_login (GcAccounts *self, const char *token_hash, const char *user, gint64 expires_ms)
{
  Login *login = g_new0 (Login, 1);

  login->user = g_strdup (user);
  login->expires_ms = expires_ms;
  g_hash_table_replace (self->logins, g_strdup (token_hash), login);
}

static gpointer
load (GcDatabase *database, gpointer data, GError **error)
{
  GcAccounts *self = data;
  g_autoptr (GcRows) accounts
      = gc_database_query (database, error, "SELECT user, hash FROM account", "");
  g_autoptr (GcRows) logins = NULL;

  while (accounts != NULL && gc_rows_next (accounts, error))
    g_hash_table_replace (self->hashes, g_strdup (gc_rows_text (accounts, 0)),
                          g_strdup (gc_rows_text (accounts, 1)));
  if (accounts == NULL
      || !gc_database_exec (database, error, "DELETE FROM login WHERE expires_ms < ?", "i",
                            gc_clock_wall_ms ()))
    return NULL;
  logins
      = gc_database_query (database, error, "SELECT token_hash, user, expires_ms FROM login", "");
  while (logins != NULL && gc_rows_next (logins, error))
    remember_login (self, gc_rows_text (logins, 0), gc_rows_text (logins, 1),
                    gc_rows_int64 (logins, 2));
  return NULL;
}

/**
 * gc_accounts_load:
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Reads the accounts; if there are none, makes the token with which the first may be made. Blocks;
 * for starting up.
 *
 * Returns: (transfer full) (nullable): the accounts
 */
GcAccounts *
gc_accounts_load (GcDatabase *database, GError **error)
{
  g_autoptr (GcAccounts) self = g_object_new (GC_TYPE_ACCOUNTS, NULL);
  g_autoptr (GError) local_error = NULL;

  self->database = g_object_ref (database);
  gc_database_run (database, load, self, &local_error);
  if (local_error == NULL)
    self->decoy = gc_password_hash ("decoy", &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  if (g_hash_table_size (self->hashes) == 0)
    self->setup_token = gc_id_new_token ();
  return g_steal_pointer (&self);
}

/**
 * gc_accounts_needs_setup:
 * @self: the accounts
 *
 * Returns: whether there is no account yet
 */
gboolean
gc_accounts_needs_setup (GcAccounts *self)
{
  return g_hash_table_size (self->hashes) == 0;
}

/**
 * gc_accounts_get_setup_token:
 * @self: the accounts
 *
 * Returns: (transfer none) (nullable): what makes the first account, until there is one; another
 *   one after each start
 */
const char *
gc_accounts_get_setup_token (GcAccounts *self)
{
  return self->setup_token;
}

/* --- into the database --- */

static void
set_used (GError **error)
{
  g_set_error_literal (error, GC_ERROR, GC_ERROR_USED, "The link was used already.");
}

/* Two may follow the link at the same moment: who is committed first has the account. */
static gboolean
save_first_account (GcDatabase *database, const Attempt *attempt, gint64 now_ms, GError **error)
{
  if (!gc_database_exec (database, error,
                         "INSERT INTO account (user, hash, created_ms)"
                         "  SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM account)",
                         "ssi", attempt->user, attempt->hash, now_ms))
    return FALSE;
  if (gc_database_changes (database) == 1)
    return TRUE;
  set_used (error);
  return FALSE;
}

static gpointer
save_login (GcDatabase *database, gpointer data, GError **error)
{
  const Attempt *attempt = data;
  g_autofree char *token_hash = hash_token (attempt->token);
  gint64 now_ms = gc_clock_wall_ms ();

  if (attempt->setup && !save_first_account (database, attempt, now_ms, error))
    return NULL;
  if (gc_database_exec (database, error,
                        "INSERT INTO login (token_hash, user, expires_ms) VALUES (?, ?, ?)", "ssi",
                        token_hash, attempt->user, now_ms + (gint64) GC_ACCOUNTS_LOGIN_S * 1000))
    gc_audit_add (database, attempt->user, attempt->setup ? "account.create" : "login", NULL,
                  attempt->address, error);
  return NULL;
}

static void
on_login_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcAccounts *self = g_task_get_source_object (task);
  Attempt *attempt = g_task_get_task_data (task);
  g_autofree char *token_hash = hash_token (attempt->token);
  GError *error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (attempt->setup)
    {
      g_hash_table_replace (self->hashes, g_strdup (attempt->user), g_strdup (attempt->hash));
      g_clear_pointer (&self->setup_token, g_free);
    }
  remember_login (self, token_hash, attempt->user,
                  gc_clock_wall_ms () + (gint64) GC_ACCOUNTS_LOGIN_S * 1000);
  g_task_return_pointer (task, g_strdup (attempt->token), g_free);
}

/* --- the slow part --- */

static void
hash_or_match (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Attempt *attempt = data;
  GError *error = NULL;

  if (attempt->setup)
    {
      attempt->hash = gc_password_hash (attempt->password, &error);
      attempt->good = attempt->hash != NULL;
    }
  else
    attempt->good = gc_password_matches (attempt->password, attempt->hash);
  if (error != NULL)
    g_task_return_error (task, error);
  else
    g_task_return_boolean (task, attempt->good);
}

static void
count_failure (GcAccounts *self, const Attempt *attempt)
{
  gint64 now_ms = gc_clock_monotonic_ms ();

  gc_throttle_fail (self->by_address, attempt->address, now_ms);
  if (!attempt->setup)
    gc_throttle_fail (self->by_user, attempt->user, now_ms);
}

static void
refuse (GTask *task)
{
  GcAccounts *self = g_task_get_source_object (task);
  const Attempt *attempt = g_task_get_task_data (task);

  count_failure (self, attempt);
  gc_audit_note (self->database, "center", "login.refused", NULL, attempt->address);
  g_task_return_new_error (task, GC_ERROR, GC_ERROR_UNAUTHORIZED,
                           "The name or the password is wrong.");
}

static void
on_hashed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GcAccounts *self = GC_ACCOUNTS (source);
  Attempt *attempt = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean good = g_task_propagate_boolean (G_TASK (result), &error);

  self->hashing--;
  if (error != NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  /* The decoy's password is no secret. */
  if (!good || (!attempt->setup && !g_hash_table_contains (self->hashes, attempt->user)))
    {
      refuse (task);
      return;
    }
  gc_throttle_succeed (self->by_address, attempt->address);
  gc_throttle_succeed (self->by_user, attempt->user);
  attempt->token = gc_id_new_token ();
  gc_database_run_async (self->database, save_login, attempt, NULL, NULL, NULL, on_login_saved,
                         g_steal_pointer (&task));
}

static void
start_hashing (GTask *task)
{
  GcAccounts *self = g_task_get_source_object (task);
  g_autoptr (GTask) work = g_task_new (self, NULL, on_hashed, g_object_ref (task));

  self->hashing++;
  g_task_set_task_data (work, g_task_get_task_data (task), NULL);
  g_task_run_in_thread (work, hash_or_match);
}

static GTask *
attempt_new (GcAccounts *self,
             const char *user,
             const char *password,
             const char *address,
             GAsyncReadyCallback callback,
             gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);
  Attempt *attempt = g_new0 (Attempt, 1);

  attempt->user = g_strdup (user);
  attempt->password = g_strdup (password);
  attempt->address = g_strdup (address);
  g_task_set_task_data (task, attempt, attempt_free);
  return task;
}

static gboolean
must_wait (GTask *task)
{
  GcAccounts *self = g_task_get_source_object (task);
  Attempt *attempt = g_task_get_task_data (task);
  gint64 now_ms = gc_clock_monotonic_ms ();

  attempt->wait_s = gc_throttle_check (self->by_address, attempt->address, now_ms);
  if (!attempt->setup)
    attempt->wait_s
        = MAX (attempt->wait_s, gc_throttle_check (self->by_user, attempt->user, now_ms));
  if (attempt->wait_s == 0 && self->hashing >= MAX_HASHING)
    attempt->wait_s = 1;
  if (attempt->wait_s == 0)
    return FALSE;
  g_task_return_new_error (task, GC_ERROR, GC_ERROR_BUSY, "There were too many attempts.");
  return TRUE;
}

static gboolean
user_is_good (const char *user)
{
  glong length = g_utf8_strlen (user, -1);

  if (length < 1 || length > USER_MAX_LENGTH)
    return FALSE;
  for (const char *at = user; *at != '\0'; at = g_utf8_next_char (at))
    if (!g_unichar_isgraph (g_utf8_get_char (at)))
      return FALSE;
  return TRUE;
}

static gboolean
check_setup (GcAccounts *self, const char *user, const char *password, GError **error)
{
  glong length = g_utf8_strlen (password, -1);

  if (!user_is_good (user))
    g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                         "The name must have 1 to 64 characters without spaces.");
  else if (length < GC_PASSWORD_MIN_LENGTH || length > GC_PASSWORD_MAX_LENGTH)
    g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "The password must have %d to %d characters.",
                 GC_PASSWORD_MIN_LENGTH, GC_PASSWORD_MAX_LENGTH);
  else
    return TRUE;
  return FALSE;
}

/**
 * gc_accounts_setup_async:
 * @self: the accounts
 * @token: what the one-time link said
 * @user: a name, 1 to 64 characters that can be seen
 * @password: 8 to 256 characters
 * @address: who asks, for the limit
 * @callback: for gc_accounts_login_finish()
 * @user_data: for @callback
 *
 * Makes the first account and logs it in. Fails with %GC_ERROR_USED if there is one,
 * %GC_ERROR_UNAUTHORIZED for a wrong token, %GC_ERROR_INVALID, %GC_ERROR_BUSY.
 */
void
gc_accounts_setup_async (GcAccounts *self,
                         const char *token,
                         const char *user,
                         const char *password,
                         const char *address,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = attempt_new (self, user, password, address, callback, user_data);
  Attempt *attempt = g_task_get_task_data (task);
  g_autofree char *given = hash_token (token);
  g_autofree char *expected = NULL;
  g_autoptr (GError) error = NULL;

  attempt->setup = TRUE;
  if (self->setup_token == NULL)
    {
      set_used (&error);
      g_task_return_error (task, g_steal_pointer (&error));
      return;
    }
  if (must_wait (task))
    return;
  expected = hash_token (self->setup_token);
  if (strcmp (given, expected) != 0)
    refuse (task);
  else if (!check_setup (self, user, password, &error))
    g_task_return_error (task, g_steal_pointer (&error));
  else
    start_hashing (task);
}

/**
 * gc_accounts_login_async:
 * @self: the accounts
 * @user: a name
 * @password: what he says
 * @address: who asks, for the limit
 * @callback: for gc_accounts_login_finish()
 * @user_data: for @callback
 *
 * Logs somebody in. Fails with %GC_ERROR_UNAUTHORIZED, or %GC_ERROR_BUSY after too many attempts
 * from that address or for that name.
 */
void
gc_accounts_login_async (GcAccounts *self,
                         const char *user,
                         const char *password,
                         const char *address,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = attempt_new (self, user, password, address, callback, user_data);
  Attempt *attempt = g_task_get_task_data (task);
  const char *hash = g_hash_table_lookup (self->hashes, user);

  if (must_wait (task))
    return;
  attempt->hash = g_strdup (hash != NULL ? hash : self->decoy);
  start_hashing (task);
}

/**
 * gc_accounts_login_finish:
 * @self: the accounts
 * @result: what the callback got
 * @user: (out) (transfer full): who it is
 * @wait_s: (out): with %GC_ERROR_BUSY, how long to wait
 * @error: as said for the two that start it, or %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the secret of the session, for its cookie
 */
char *
gc_accounts_login_finish (
    GcAccounts *self, GAsyncResult *result, char **user, guint *wait_s, GError **error)
{
  const Attempt *attempt;

  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  attempt = g_task_get_task_data (G_TASK (result));
  *user = g_strdup (attempt->user);
  *wait_s = attempt->wait_s;
  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_accounts_identify:
 * @self: the accounts
 * @login: (nullable): the secret of a session
 *
 * Returns: (transfer none) (nullable): whose it is, %NULL if it is nobody's or over
 */
const char *
gc_accounts_identify (GcAccounts *self, const char *login)
{
  g_autofree char *token_hash = login != NULL ? hash_token (login) : NULL;
  const Login *found = login != NULL ? g_hash_table_lookup (self->logins, token_hash) : NULL;

  if (found == NULL)
    return NULL;
  if (found->expires_ms < gc_clock_wall_ms ())
    {
      g_hash_table_remove (self->logins, token_hash);
      return NULL;
    }
  return found->user;
}

static gpointer
delete_login (GcDatabase *database, gpointer data, GError **error)
{
  gc_database_exec (database, error, "DELETE FROM login WHERE token_hash = ?", "s", data);
  return NULL;
}

static void
on_login_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error != NULL)
    g_message ("a session could not be deleted: %s", error->message);
}

/**
 * gc_accounts_logout:
 * @self: the accounts
 * @login: the secret of a session
 *
 * Ends a session.
 */
void
gc_accounts_logout (GcAccounts *self, const char *login)
{
  g_autofree char *token_hash = hash_token (login);

  g_hash_table_remove (self->logins, token_hash);
  gc_database_run_async (self->database, delete_login, g_steal_pointer (&token_hash), g_free, NULL,
                         NULL, on_login_deleted, NULL);
}
