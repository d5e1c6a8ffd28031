/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

G_BEGIN_DECLS

/* Dispatchers' accounts and who of them is logged in. Main thread only; what takes long runs on
 * other threads. */

/* How long somebody stays logged in: a shift. */
#define GC_ACCOUNTS_LOGIN_S (12 * 60 * 60)

#define GC_TYPE_ACCOUNTS (gc_accounts_get_type ())
G_DECLARE_FINAL_TYPE (GcAccounts, gc_accounts, GC, ACCOUNTS, GObject)

GcAccounts *
gc_accounts_load (GcDatabase *database, GError **error);
gboolean
gc_accounts_needs_setup (GcAccounts *self);
const char *
gc_accounts_get_setup_token (GcAccounts *self);

void
gc_accounts_setup_async (GcAccounts *self,
                         const char *token,
                         const char *user,
                         const char *password,
                         const char *address,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
void
gc_accounts_login_async (GcAccounts *self,
                         const char *user,
                         const char *password,
                         const char *address,
                         GAsyncReadyCallback callback,
                         gpointer user_data);
char *
gc_accounts_login_finish (
    GcAccounts *self, GAsyncResult *result, char **user, guint *wait_s, GError **error);

const char *
gc_accounts_identify (GcAccounts *self, const char *login);
void
gc_accounts_logout (GcAccounts *self, const char *login);

G_END_DECLS
