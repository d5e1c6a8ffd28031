/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-publication.h"

G_BEGIN_DECLS

/**
 * GcMediaRoute:
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
} GcMediaRoute;

void
gc_media_route_aim (GcMediaRoute *route, const char *host);
void
gc_media_route_learn (GcMediaRoute *route, GcPublication *publication);
gboolean
gc_media_route_is_cut (const GcMediaRoute *route);
char *
gc_media_route_find_preferred (const GcMediaRoute *route);
void
gc_media_route_lose (GcMediaRoute *route);
void
gc_media_route_clear (GcMediaRoute *route);

G_END_DECLS
