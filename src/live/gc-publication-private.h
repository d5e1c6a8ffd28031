/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "live/gc-feed.h"
#include "live/gc-publication.h"

G_BEGIN_DECLS

/* Shared by gc-publication.c, which is the object, and gc-publication-connect.c. */

struct _GcPublication
{
  GObject parent_instance;

  GcEncoder *encoder;
  GcWhipClient *client;
  GcFeedIdentity identity;
  gint64 max_bps;
  GcPath *path; /* to talk over alone; NULL: the kernel's choice */
  GPtrArray *ice_servers;
  guint patience_ms;
  guint gathering_ms;
  gboolean held;
  gint64 offered_ms;   /* when the offer was sent */
  gint64 key_frame_ms; /* when the first one was seen to have been sent */
  GcPublicationState state;
  GError *error;
  GCancellable *cancellable;
  GstElement *pipeline;
  GcRtcBin *rtc;
  guint bus_watch;
  guint deadline;
  GcFeed *feed;
  gboolean muted;
};

void
gc_publication_set_state (GcPublication *self, GcPublicationState state);
void
gc_publication_connect (GcPublication *self);

G_END_DECLS
