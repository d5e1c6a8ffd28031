/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * GcFrameBudget:
 *
 * How an encoder keeps to the sizes that it is asked for. The fields are private.
 */
typedef struct
{
  double mean; /* of what was made, as a share of what was asked for */
  double deviation;
  gsize asked; /* bytes; 0 while nothing is being made */
} GcFrameBudget;

void
gc_frame_budget_init (GcFrameBudget *self);
gsize
gc_frame_budget_ask (GcFrameBudget *self, gsize grant);
void
gc_frame_budget_made (GcFrameBudget *self, gsize bytes);

G_END_DECLS
