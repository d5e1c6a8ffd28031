/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* Waiting in tests: always for a condition, and never for ever. */

typedef gboolean (*TestCondition) (gpointer data);

#define TEST_PATIENCE_S 60

/* Runs the main loop until an expression is true; a test that loses its patience has failed. */
#define WAIT_UNTIL(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 wait_deadline_us = g_get_monotonic_time () + TEST_PATIENCE_S * G_USEC_PER_SEC;          \
    guint wait_tick = test_wait_add_tick ();                                                       \
                                                                                                   \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > wait_deadline_us)                                            \
          g_error ("%s: waited in vain for %s", G_STRLOC, #condition);                             \
        g_main_context_iteration (NULL, TRUE);                                                     \
      }                                                                                            \
    g_source_remove (wait_tick);                                                                   \
  }                                                                                                \
  G_STMT_END

/* What lets the main loop turn, so that time is seen to pass. */
guint
test_wait_add_tick (void);

/* The same with a function. */
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
