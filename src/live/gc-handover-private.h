/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-backoff.h"
#include "live/gc-handover.h"
#include "live/gc-media-route.h"

G_BEGIN_DECLS

/* Shared by gc-handover.c, which is the object, gc-handover-rules.c, which decides,
 * gc-handover-network.c, which knows the uplinks, and gc-handover-limits.c, which knows what they
 * may cost. */

struct _GcHandover
{
  GObject parent_instance;

  GcEncoder *encoder;
  char *url;
  char *token;
  GTlsDatabase *anchors;
  GTlsCertificate *certificate;
  GcNetworkMonitor *network;
  GcSecondUplink second;
  GcFeedIdentity identity;
  gint64 max_bps;
  GcRateLimits limits;
  gint64 limit_bps; /* of the current connection's uplink; 0 for none */
  gboolean muted;

  GcHandoverState state;
  GError *error;
  gboolean was_sending;
  guint ticker;

  GcPublication *current;
  GcMediaRoute route;     /* of current, or of the last one */
  gint64 silent_since_ms; /* 0: it is not */
  gint64 listened_ms;
  gint64 excused_until_ms;
  gboolean should_move; /* the network would have it go another way */
  gboolean moved;       /* since it was made, where its way is not known */

  GcPublication *next;
  char *next_interface; /* over which it was begun; NULL if unknown */
  gboolean next_was_standby;
  gint64 released_ms; /* when next was let send, 0 before */
  gboolean exclusive; /* the server takes no second connection */
  gboolean ending;    /* the last current is being ended to make room for next */
  guint retry;
  guint attempts;
  GcBackoff backoff;
  GPtrArray *ice_servers;
  gint64 ice_servers_ms;

  GcPublication *standby;
  gint64 standby_after_ms; /* not before */
  GcBackoff standby_backoff;

  guint closing;   /* how many are being ended at the server */
  GTask *stopping; /* waits for that */
  GError *untold;  /* what came in between */

  GPtrArray *paths; /* as last seen */
  char *distrusted; /* an interface */
  gint64 distrusted_until_ms;
  guint distrusts;
};

GcPublication *
gc_handover_make (GcHandover *self,
                  const GcPath *path,
                  guint patience_ms,
                  guint gathering_ms,
                  gboolean held,
                  GError **error);
GcPublication *
gc_handover_take_out (GcHandover *self, GcPublication **slot);
void
gc_handover_close (GcHandover *self, GcPublication *publication);
void
gc_handover_drop (GcHandover *self, GcPublication **slot);
void
gc_handover_drop_next (GcHandover *self);
void
gc_handover_begin_anew (GcHandover *self);
void
gc_handover_set_error (GcHandover *self, const GError *error);
void
gc_handover_set_state (GcHandover *self, GcHandoverState state);
void
gc_handover_end (GcHandover *self, const GError *error);
void
gc_handover_switched (GcHandover *self);

/* The uplinks. */
GPtrArray *
gc_handover_get_paths (GcHandover *self);
void
gc_handover_update_should_move (GcHandover *self);
void
gc_handover_leave (GcHandover *self, GcPublication *publication);
gboolean
gc_handover_is_ready (GcPublication *publication);
const GcPath *
gc_handover_choose_path (GcHandover *self, char **preferred);
gboolean
gc_handover_turn_away (GcHandover *self, GcWhipClient *client);
void
gc_handover_tend_standby (GcHandover *self);
void
gc_handover_forgive (GcHandover *self);
void
gc_handover_network_changed (GcHandover *self, gboolean moved);

/* The limits. */
gint64
gc_handover_find_limit (GcHandover *self, const GcPath *path);
void
gc_handover_apply_limits (GcHandover *self);

/* The rules. */
void
gc_handover_reconsider (GcHandover *self);
void
gc_handover_publication_changed (GcHandover *self, GcPublication *publication);

G_END_DECLS
