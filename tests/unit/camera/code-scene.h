/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A QR code as a hand-held camera sees it. */

/**
 * CodeScene:
 * @name: of the scene
 * @width: of the picture, pixels
 * @height: of the picture, pixels
 * @size: of the code's side, as a share of the picture's height
 * @turn_deg: how far it is turned in the picture's plane
 * @tilt_deg: how far its plane is turned away about the vertical axis
 * @blur: standard deviation, pixels
 * @shake: of the hand, in pixels along the horizontal while the picture is taken
 * @black: brightness of its dark modules
 * @white: brightness of its bright ones, and of the paper
 * @noise: standard deviation, in steps of brightness
 * @shade: how much darker the far left is than the far right, as a share
 * @glare: of a lamp on the code, as a share of its side
 * @inverted: whether dark and bright are exchanged, paper included
 */
typedef struct
{
  const char *name;
  int width;
  int height;
  double size;
  double turn_deg;
  double tilt_deg;
  double blur;
  int shake;
  double black;
  double white;
  double noise;
  double shade;
  double glare;
  gboolean inverted;
} CodeScene;

guint8 *
code_scene_draw (const CodeScene *scene, const char *text);

G_END_DECLS
