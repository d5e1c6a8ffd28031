/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* Waiting in tests: always for a condition, and never for ever. */

typedef gboolean (*TestCondition) (gpointer data);

/* Runs the main loop until it is so; a test that waits over 20 s has failed. */
#define test_wait_until(condition, data) test_wait (condition, data, #condition, G_STRLOC)
void
test_wait (TestCondition condition, gpointer data, const char *name, const char *where);

/* Runs the main loop for so long, for what must not happen. */
void
test_iterate (guint ms);

/* A GAsyncReadyCallback that puts the result into *user_data, and the wait for it. */
void
test_take_result (GObject *source, GAsyncResult *result, gpointer user_data);
#define test_wait_result(result) test_wait_for_result (result, G_STRLOC)
void
test_wait_for_result (GAsyncResult **result, const char *where);
