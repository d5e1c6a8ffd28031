/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-congestion.h"

/* What goes over a simulated path, both ways. Times are in µs of the simulation. */

/* A packet of a picture, its repetition, or padding. */
typedef struct
{
  guint64 number;  /* transport-wide, not wrapped around */
  gint64 id;       /* of what it carries, in order from 0; negative for padding */
  gint64 first_id; /* of the picture's first packet */
  guint picture;   /* in order from 0 */
  guint n_packets; /* of the picture */
  gboolean is_key; /* the picture needs no other */
  gint64 taken_us; /* when the camera took it */
  gsize payload;   /* bytes of picture */
  gsize bytes;     /* on the wire */
} PathPacket;

/* What the receiver says. */
typedef struct
{
  GArray *arrivals; /* of GcArrival; empty between two feedbacks */
  GArray *missing;  /* of gint64: ids to send again */
  gboolean wants_key;
} PathReport;
