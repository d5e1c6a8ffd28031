/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a track is played in order, again and again, stamped with the present time
 *  - stopped, even from within a fix, no fix comes any more; started again, it begins anew
 *  - a file that is missing, no track, or endless fails with its own code, and blocks nothing
 */

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "location/gc-location-source-replay.h"
#include "test-wait.h"

#include <glib/gstdio.h>

#define DEADLINE_MS 60000

typedef struct
{
  char *path;
  GcLocationSource *source;
  GArray *fixes;
  GError *error;
  gboolean stop_at_fix;
} Fixture;

static void
on_fix (GcLocationSource *source, const GcFix *fix, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_array_append_val (fixture->fixes, *fix);
  if (fixture->stop_at_fix)
    gc_location_source_stop (source);
}

static void
on_failed (GcLocationSource *source, const GError *error, gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_null (fixture->error);
  fixture->error = g_error_copy (error);
}

static void
wait_for_fixes (Fixture *fixture, guint count)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (fixture->fixes->len < count)
    {
      g_assert_null (fixture->error);
      g_assert_cmpint (gc_clock_monotonic_ms (), <, until);
      test_iterate (5);
    }
}

static void
wait_for_error (Fixture *fixture, int code)
{
  gint64 until = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (fixture->error == NULL)
    {
      g_assert_cmpint (gc_clock_monotonic_ms (), <, until);
      test_iterate (5);
    }
  g_assert_error (fixture->error, GC_ERROR, code);
  g_assert_cmpuint (fixture->fixes->len, ==, 0);
}

static void
open_source (Fixture *fixture, const char *path)
{
  fixture->source = gc_location_source_replay_new (path);
  fixture->fixes = g_array_new (FALSE, FALSE, sizeof (GcFix));
  g_signal_connect (fixture->source, "fix", G_CALLBACK (on_fix), fixture);
  g_signal_connect (fixture->source, "failed", G_CALLBACK (on_failed), fixture);
}

static void
open_text (Fixture *fixture, const char *text)
{
  int handle = g_file_open_tmp ("gridcast-track-XXXXXX", &fixture->path, NULL);

  g_assert_cmpint (handle, >=, 0);
  g_close (handle, NULL);
  g_assert_true (g_file_set_contents (fixture->path, text, -1, NULL));
  open_source (fixture, fixture->path);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_object (&fixture->source);
  g_array_unref (fixture->fixes);
  g_clear_error (&fixture->error);
  if (fixture->path != NULL)
    g_unlink (fixture->path);
  g_free (fixture->path);
}

/* Three points, a twentieth of a second apart. */
static const char TRACK[] = "$GPGGA,120000.00,2800.0000,N,12000.0000,E,1,10,1.0,,M,,M,,*56\n"
                            "$GPGGA,120000.05,2801.0000,N,12000.0000,E,1,10,1.0,,M,,M,,*52\n"
                            "$GPGGA,120000.10,2802.0000,N,12000.0000,E,1,10,1.0,,M,,M,,*55\n";

static double
latitude (Fixture *fixture, guint index)
{
  return g_array_index (fixture->fixes, GcFix, index).latitude;
}

static void
test_loop (Fixture *fixture, gconstpointer data)
{
  gint64 before_ms = gc_clock_wall_ms ();

  open_text (fixture, TRACK);
  gc_location_source_start (fixture->source);
  g_assert_cmpuint (fixture->fixes->len, ==, 0);
  wait_for_fixes (fixture, 7);
  for (guint i = 0; i < 7; i++)
    {
      g_assert_cmpfloat_with_epsilon (latitude (fixture, i), 28 + (i % 3) / 60.0, 1e-9);
      g_assert_cmpint (g_array_index (fixture->fixes, GcFix, i).time_ms, >=, before_ms);
    }
}

static void
test_stop (Fixture *fixture, gconstpointer data)
{
  open_text (fixture, TRACK);
  fixture->stop_at_fix = TRUE;
  gc_location_source_start (fixture->source);
  wait_for_fixes (fixture, 1);
  test_iterate (300);
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
  gc_location_source_start (fixture->source);
  gc_location_source_stop (fixture->source);
  test_iterate (300);
  g_assert_cmpuint (fixture->fixes->len, ==, 1);
  gc_location_source_start (fixture->source);
  gc_location_source_start (fixture->source);
  wait_for_fixes (fixture, 2);
  g_assert_cmpfloat_with_epsilon (latitude (fixture, 1), 28, 1e-9);
  g_assert_null (fixture->error);
}

static void
test_missing (Fixture *fixture, gconstpointer data)
{
  open_source (fixture, "/nonexistent/track.nmea");
  gc_location_source_start (fixture->source);
  wait_for_error (fixture, GC_ERROR_NOT_FOUND);
}

static void
test_folder (Fixture *fixture, gconstpointer data)
{
  open_source (fixture, g_get_tmp_dir ());
  gc_location_source_start (fixture->source);
  wait_for_error (fixture, GC_ERROR_NOT_FOUND);
}

static void
test_no_track (Fixture *fixture, gconstpointer data)
{
  open_text (fixture, "a letter to somebody\n");
  gc_location_source_start (fixture->source);
  wait_for_error (fixture, GC_ERROR_INVALID);
}

static void
test_endless (Fixture *fixture, gconstpointer data)
{
  open_source (fixture, "/dev/zero");
  gc_location_source_start (fixture->source);
  wait_for_error (fixture, GC_ERROR_TOO_LARGE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
#define ADD(path, func) g_test_add ("/location/replay/" path, Fixture, NULL, NULL, func, tear_down)
  ADD ("goes-round-in-the-present", test_loop);
  ADD ("stops-and-begins-anew", test_stop);
  ADD ("missing-file", test_missing);
  ADD ("folder", test_folder);
  ADD ("no-track", test_no_track);
  ADD ("endless", test_endless);
  return g_test_run ();
}
