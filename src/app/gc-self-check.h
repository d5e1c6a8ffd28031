/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Whether what the terminal needs at run time is there: wherever it was installed, and above all in
 * a sandbox, it depends on what others have put in. */

/**
 * GcSelfCheckItem:
 * @purpose: what it is for, in the worker's language
 * @name: what it is, as an administrator would call it
 * @needed: whether the terminal does not work without it
 * @there: whether it was found
 *
 * One thing that the terminal uses. Things of one purpose follow each other.
 */
typedef struct
{
  const char *purpose;
  char *name;
  gboolean needed;
  gboolean there;
} GcSelfCheckItem;

GPtrArray *
gc_self_check_run (void);

void
gc_self_check_run_async (GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data);

GPtrArray *
gc_self_check_run_finish (GAsyncResult *result, GError **error);

gboolean
gc_self_check_print (GPtrArray *items);

G_END_DECLS
