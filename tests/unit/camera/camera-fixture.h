/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-capture.h"
#include "test-wait.h"

G_BEGIN_DECLS

/* A folder for films, a capture, and a record of what it hands out. */

#define FILM_WIDTH 64
#define FILM_HEIGHT 48

typedef struct
{
  char *folder;
  char *path; /* of the file in front of the camera */
  GcCapture *capture;
  guint tap;
  GError *error; /* the last one that the capture reported */

  GMutex lock;
  GArray *levels;    /* of int: mean brightness, or the first sound sample, of each sample */
  GArray *times;     /* of GstClockTime */
  GstSample *sample; /* the last one */
} CameraFixture;

/* A picture that is black on one side and white on the other, and how it is to arrive: its size,
 * and where it is dark, -1 for left or above, 1 for right or below, 0 for neither. */
typedef struct
{
  const char *launch;
  int width;
  int height;
  int dark_x;
  int dark_y;
} CameraTurn;

void
camera_fixture_set_up (CameraFixture *fixture, gconstpointer data);
void
camera_fixture_tear_down (CameraFixture *fixture, gconstpointer data);
void
camera_fixture_open (CameraFixture *fixture, GcMediaSource *source);
void
camera_fixture_open_file (CameraFixture *fixture, gboolean audio);
guint
camera_fixture_count (CameraFixture *fixture);
int
camera_fixture_last_level (CameraFixture *fixture);
void
camera_fixture_wait_for_samples (CameraFixture *fixture, guint count);
void
camera_fixture_wait_for_level (CameraFixture *fixture, int level);
void
camera_fixture_wait_for_turn (CameraFixture *fixture, const CameraTurn *turn);
void
camera_fixture_assert_times_rise (CameraFixture *fixture);
void
camera_fixture_wait_for_error (CameraFixture *fixture);

void
camera_fixture_put (CameraFixture *fixture, const char *launch);
void
camera_fixture_put_bytes (CameraFixture *fixture, const char *bytes, gsize length);
void
camera_fixture_put_luma (CameraFixture *fixture, const guint8 *luma, int width, int height);
GByteArray *
camera_fixture_make_film (int frames, int fps, int first_level, int step);
void
camera_fixture_put_film (CameraFixture *fixture, int frames, int fps, int first_level, int step);

G_END_DECLS
