/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-publication.h"

G_BEGIN_DECLS

/**
 * GcWay:
 * @local: the address of ours that its packets bear; %NULL if unknown
 * @remote: where they go
 * @interface: which interface has @local
 * @relayed: whether it leads over a TURN server
 *
 * The way that a connection goes, and what the kernel thinks of it.
 */
typedef struct
{
  char *local;
  char *remote;
  char *interface;
  gboolean relayed;
} GcWay;

void
gc_way_aim (GcWay *way, const char *host);
void
gc_way_learn (GcWay *way, GcPublication *publication);
gboolean
gc_way_is_cut (const GcWay *way);
char *
gc_way_find_preferred (const GcWay *way);
void
gc_way_lose (GcWay *way);
void
gc_way_clear (GcWay *way);

G_END_DECLS
