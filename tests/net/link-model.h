/* SPDX-License-Identifier: GPL-3.0-or-later */

/* One direction of an emulated link, in whatever time its user counts: packets go in, and come out
 * later, or not at all. */

#pragma once

#include "link-capacity.h"

G_BEGIN_DECLS

typedef struct _LinkModel LinkModel;

typedef enum
{
  LINK_FATE_ARRIVED,
  LINK_FATE_LOST,    /* after it had taken its time of the link */
  LINK_FATE_DROPPED, /* there was no room in the queue */
} LinkFate;

/* What became of a packet. */
typedef struct
{
  gpointer cookie;
  gsize size;
  LinkFate fate;
  guint copies;      /* that arrived: one, or two if it was duplicated */
  gint64 entered_ns; /* when it was pushed */
  gint64 left_ns;    /* when it arrived, was lost or dropped */
} LinkPacket;

LinkModel *
link_model_new (const char *spec, gint64 now_ns, GDestroyNotify free_cookie, GError **error);
void
link_model_free (LinkModel *self);
void
link_model_start (LinkModel *self, gint64 now_ns);
void
link_model_push (LinkModel *self, gint64 now_ns, gsize size, gpointer cookie);
gboolean
link_model_pop (LinkModel *self, gint64 now_ns, LinkPacket *packet);
gint64
link_model_next_event (LinkModel *self);
gsize
link_model_get_queued_bytes (LinkModel *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkModel, link_model_free)

G_END_DECLS
