/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises: distances, deadlines, durations and states are said as one says them; every error that
 * pairing can meet has a sentence of its own; no time from the wire is too strange. */
#include "app/gc-words.h"

#include "app/gc-task-words.h"
#include "base/gc-error.h"
#include "protocol/gc-envelope.h"

#include <math.h>

#define NOW_MS G_GINT64_CONSTANT (1764000000000)
#define MINUTE_MS G_GINT64_CONSTANT (60000)

static void
test_distance (void)
{
  static const struct
  {
    double metres;
    const char *words;
  } cases[] = {
    { 0, "Here" },      { 9.9, "Here" },    { 47, "50 m" },     { 994, "990 m" },
    { 1000, "1.0 km" }, { 9949, "9.9 km" }, { 9951, "10 km" },  { 123456, "123 km" },
    { NAN, NULL },      { -1, NULL },       { INFINITY, NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *words = gc_words_distance (cases[i].metres);

      g_assert_cmpstr (words, ==, cases[i].words);
    }
}

static void
test_direction (void)
{
  g_autofree char *words = gc_words_distance_and_direction (1200, 44);
  g_autofree char *here = gc_words_distance_and_direction (3, 44);

  g_assert_cmpstr (gc_words_direction (0), ==, "north");
  g_assert_cmpstr (gc_words_direction (350), ==, "north");
  g_assert_cmpstr (gc_words_direction (180), ==, "south");
  g_assert_cmpstr (words, ==, "1.2 km north-east");
  g_assert_cmpstr (here, ==, "Here");
  g_assert_cmpfloat_with_epsilon (gc_words_bearing (121, 28, 122, 28), 90, 1);
  g_assert_cmpfloat_with_epsilon (gc_words_bearing (121, 28, 121, 27), 180, 0.1);
}

static void
test_deadline (void)
{
  static const struct
  {
    gint64 minutes;
    const char *words;
  } cases[] = {
    { 25, "25 min left" },
    { 0, "0 min left" },
    { 90, "1 h 30 min left" },
    { -10, "Overdue by 10 min" },
    { -125, "Overdue by 2 h 05 min" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *words
          = gc_task_words_deadline (NOW_MS + cases[i].minutes * MINUTE_MS, NOW_MS);

      g_assert_cmpstr (words, ==, cases[i].words);
    }
  g_assert_null (gc_task_words_deadline (0, NOW_MS));
}

static void
test_any_time (void)
{
  static const gint64 times[] = { G_MININT64, G_MININT64 / 4, -1, 1, G_MAXINT64 / 4, G_MAXINT64 };

  for (gsize i = 0; i < G_N_ELEMENTS (times); i++)
    {
      g_autofree char *time = gc_words_time (times[i], NOW_MS);
      g_autofree char *deadline = gc_task_words_deadline (times[i], NOW_MS);
      g_autofree char *duration = gc_words_duration (times[i]);

      g_assert_nonnull (time);
      g_assert_nonnull (deadline);
      g_assert_nonnull (duration);
    }
}

static void
test_duration (void)
{
  g_autofree char *minutes = gc_words_duration (192000);
  g_autofree char *hours = gc_words_duration (3792000);

  g_assert_cmpstr (minutes, ==, "03:12");
  g_assert_cmpstr (hours, ==, "1:03:12");
}

static void
test_sending (void)
{
  g_autofree char *nothing = gc_words_sending (FALSE, FALSE, FALSE, "X");
  g_autofree char *position = gc_words_sending (TRUE, FALSE, FALSE, "X");
  g_autofree char *kept = gc_words_keeping ("X");
  g_autofree char *picture = gc_words_sending (TRUE, TRUE, FALSE, "X");
  g_autofree char *sound = gc_words_sending (TRUE, TRUE, TRUE, "X");

  g_assert_cmpstr (nothing, ==, "Nothing is sent");
  g_assert_cmpstr (position, ==, "Sending your position to X");
  g_assert_cmpstr (kept, ==, "Your position is kept, and sent to X when there is network");
  g_assert_cmpstr (picture, ==, "Sending position and picture to X");
  g_assert_cmpstr (sound, ==, "Sending position, picture and sound to X");
}

static void
test_pairing_errors (void)
{
  static const GcError codes[] = {
    GC_ERROR_EXPIRED,     GC_ERROR_USED,   GC_ERROR_UNAUTHORIZED, GC_ERROR_UNTRUSTED,
    GC_ERROR_UNREACHABLE, GC_ERROR_BUSY,   GC_ERROR_UNSUPPORTED,  GC_ERROR_INVALID,
    GC_ERROR_STORAGE,     GC_ERROR_FAILED, GC_ERROR_CLOCK,
  };
  g_autoptr (GHashTable) sentences = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (GC_ERROR, (int) codes[i], "x");

      g_assert_true (g_hash_table_add (sentences, (gpointer) gc_words_pairing_error (error)));
    }
}

/* What is refused, missing, or in use by others, asks for different things of the worker. */
static void
test_problems (void)
{
  static const GcError codes[] = {
    GC_ERROR_STORAGE, GC_ERROR_DAMAGED, GC_ERROR_NOT_FOUND,
    GC_ERROR_REFUSED, GC_ERROR_BUSY,    GC_ERROR_FAILED,
  };
  g_autoptr (GHashTable) sentences = g_hash_table_new (g_str_hash, g_str_equal);

  for (gsize i = 0; i < G_N_ELEMENTS (codes); i++)
    {
      g_autoptr (GError) error = g_error_new_literal (GC_ERROR, (int) codes[i], "x");

      g_assert_true (g_hash_table_add (sentences, (gpointer) gc_words_problem (error)));
    }
}

static void
test_live_ended (void)
{
  static const struct
  {
    const char *reason;
    const char *words;
  } cases[] = {
    { NULL, "The center ended live video" },
    { "", "The center ended live video" },
    { GC_LIVE_WHY_CENTER, "The center ended live video" },
    { GC_LIVE_WHY_WITHDRAWN, "The center no longer asks for live video" },
    { GC_LIVE_WHY_GONE, "The center has lost this live video. Go live again if it is needed." },
    { "We have seen enough", "The center ended live video: We have seen enough" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *words = gc_words_live_ended (cases[i].reason);

      g_assert_cmpstr (words, ==, cases[i].words);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/words/distance/said-as-people-do", test_distance);
  g_test_add_func ("/words/direction/eight-winds", test_direction);
  g_test_add_func ("/words/deadline/near-in-minutes", test_deadline);
  g_test_add_func ("/words/time/any-value-is-survived", test_any_time);
  g_test_add_func ("/words/duration/clock", test_duration);
  g_test_add_func ("/words/sending/names-all-that-leaves", test_sending);
  g_test_add_func ("/words/pairing-errors/each-its-own-sentence", test_pairing_errors);
  g_test_add_func ("/words/problems/each-its-own-sentence", test_problems);
  g_test_add_func ("/words/live-ended/words-become-sentences-and-texts-stay", test_live_ended);
  return g_test_run ();
}
