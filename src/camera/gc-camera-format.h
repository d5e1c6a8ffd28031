/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Which of its many formats a camera is asked for. */

GstCaps *
gc_camera_format_choose (const GstCaps *offered, int lines);

G_END_DECLS
