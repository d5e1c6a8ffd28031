/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "code-scene.h"

#include <math.h>
#include <qrencode.h>
#include <string.h>

#define QUIET_ZONE 4 /* modules around a code */
#define DISTANCE 3.0 /* of the camera, in sides of the code */
#define SAMPLES 2    /* per pixel, in each direction */
#define DESK 0.6     /* brightness beside the paper, as a share of white */

/* Where a point of the picture lies on the code's plane, in sides of the code from its middle: the
 * ray through the point is cut with the plane, which is turned in itself, then tilted. */
static gboolean
project (const CodeScene *scene, double x, double y, double *u, double *v)
{
  double turn = scene->turn_deg * G_PI / 180;
  double tilt = scene->tilt_deg * G_PI / 180;
  double side = scene->size * scene->height;
  double across = (x - scene->width / 2.0) / side / DISTANCE;
  double down = (y - scene->height / 2.0) / side / DISTANCE;
  double depth = cos (tilt) - across * sin (tilt);
  double along;
  double plane_x;
  double plane_y;

  if (depth < 0.05)
    return FALSE;
  along = DISTANCE * cos (tilt) / depth;
  plane_x = along * across * cos (tilt) + (along - DISTANCE) * sin (tilt);
  plane_y = along * down;
  *u = plane_x * cos (turn) + plane_y * sin (turn);
  *v = -plane_x * sin (turn) + plane_y * cos (turn);
  return TRUE;
}

static double
brightness_at (const CodeScene *scene, const QRcode *code, double x, double y)
{
  double paper = 0.5 + (double) QUIET_ZONE / code->width;
  double light = scene->inverted ? scene->black : scene->white;
  double dark = scene->inverted ? scene->white : scene->black;
  double u;
  double v;
  int column;
  int row;

  if (!project (scene, x, y, &u, &v) || MAX (fabs (u), fabs (v)) > paper)
    return scene->white * DESK;
  if (MAX (fabs (u), fabs (v)) >= 0.5)
    return light;
  column = (int) ((u + 0.5) * code->width);
  row = (int) ((v + 0.5) * code->width);
  return code->data[row * code->width + column] & 1 ? dark : light;
}

static void
draw (const CodeScene *scene, const QRcode *code, float *picture)
{
  for (int y = 0; y < scene->height; y++)
    for (int x = 0; x < scene->width; x++)
      {
        double sum = 0;

        for (int i = 0; i < SAMPLES * SAMPLES; i++)
          sum += brightness_at (scene, code, x + (i % SAMPLES + 0.5) / SAMPLES,
                                y + (i / SAMPLES + 0.5) / SAMPLES);
        picture[y * scene->width + x] = (float) (sum / (SAMPLES * SAMPLES));
      }
}

/* Lines of pixels that lie so far from each other are mixed with the weights. */
static void
mix (float *line, int length, int step, const double *weights, int reach)
{
  g_autofree float *old = g_new (float, length);

  for (int i = 0; i < length; i++)
    old[i] = line[i * step];
  for (int i = 0; i < length; i++)
    {
      double sum = 0;

      for (int offset = -reach; offset <= reach; offset++)
        sum += weights[offset + reach] * old[CLAMP (i + offset, 0, length - 1)];
      line[i * step] = (float) sum;
    }
}

static void
blur (const CodeScene *scene, float *picture)
{
  int reach = (int) ceil (3 * scene->blur);
  g_autofree double *weights = g_new (double, 2 * reach + 1);
  double sum = 0;

  if (reach == 0)
    return;
  for (int i = -reach; i <= reach; i++)
    sum += weights[i + reach] = exp (-i * i / (2 * scene->blur * scene->blur));
  for (int i = 0; i <= 2 * reach; i++)
    weights[i] /= sum;
  for (int y = 0; y < scene->height; y++)
    mix (picture + y * scene->width, scene->width, 1, weights, reach);
  for (int x = 0; x < scene->width; x++)
    mix (picture + x, scene->height, scene->width, weights, reach);
}

static void
shake (const CodeScene *scene, float *picture)
{
  int reach = scene->shake / 2;
  g_autofree double *weights = g_new (double, 2 * reach + 1);

  if (reach == 0)
    return;
  for (int i = 0; i <= 2 * reach; i++)
    weights[i] = 1.0 / (2 * reach + 1);
  for (int y = 0; y < scene->height; y++)
    mix (picture + y * scene->width, scene->width, 1, weights, reach);
}

/* Of a normal distribution, near enough. */
static double
deviate (GRand *random)
{
  double sum = -6;

  for (int i = 0; i < 12; i++)
    sum += g_rand_double (random);
  return sum;
}

static void
light (const CodeScene *scene, float *picture)
{
  GRand *random = g_rand_new_with_seed (1);
  double radius = scene->glare * scene->size * scene->height;

  for (int y = 0; y < scene->height; y++)
    for (int x = 0; x < scene->width; x++)
      {
        double away = hypot (x - scene->width / 2.0, y - scene->height / 2.0);
        double value = picture[y * scene->width + x];

        value *= 1 - scene->shade * (1 - (double) x / scene->width);
        if (away < radius)
          value += 255 * pow (1 - away / radius, 2);
        value += scene->noise * deviate (random);
        picture[y * scene->width + x] = (float) value;
      }
  g_rand_free (random);
}

/* Brightness of each pixel, without gaps. */
guint8 *
code_scene_draw (const CodeScene *scene, const char *text)
{
  QRcode *code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_M);
  gsize length = (gsize) (scene->width * scene->height);
  g_autofree float *picture = g_new (float, length);
  guint8 *luma = g_malloc (length);

  g_assert_nonnull (code);
  draw (scene, code, picture);
  blur (scene, picture);
  shake (scene, picture);
  light (scene, picture);
  for (gsize i = 0; i < length; i++)
    luma[i] = (guint8) CLAMP (picture[i], 0, 255);
  QRcode_free (code);
  return luma;
}
