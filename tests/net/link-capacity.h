/* SPDX-License-Identifier: GPL-3.0-or-later */

/* When the bottleneck of an emulated link has sent a packet: at a rate, in steps, or by a trace. */

#pragma once

#include "link-spec.h"

G_BEGIN_DECLS

/* A moment that never comes. */
#define LINK_NEVER G_MAXINT64

/* Private to the functions below; inside other structures it needs no allocation. */
typedef struct
{
  const LinkSpec *spec;
  gint64 origin_ns;
  gboolean started;
  /* The trace: where its present round began, which line comes next, and what is left of the
   * packet that the line before let go. Times from the origin. */
  gint64 round_ns;
  guint next;
  gint64 opening_ns;
  gsize left_bytes;
} LinkCapacity;

void
link_capacity_init (LinkCapacity *self, const LinkSpec *spec, gint64 now_ns);
void
link_capacity_start (LinkCapacity *self, gint64 now_ns);
gint64
link_capacity_serve (LinkCapacity *self, gint64 from_ns, gsize bytes);

G_END_DECLS
