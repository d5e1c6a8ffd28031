/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-backoff.h"
#include "live/gc-succession.h"
#include "live/gc-way.h"

G_BEGIN_DECLS

/* Shared by gc-succession.c, which is the object, gc-succession-rules.c, which decides, and
 * gc-succession-network.c, which knows the uplinks. */

struct _GcSuccession
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
  gboolean muted;

  GcSuccessionState state;
  GError *error;
  gboolean was_sending;
  guint ticker;

  GcPublication *current;
  GcWay way;              /* of current, or of the last one */
  gint64 silent_since_ms; /* 0: it is not */
  gint64 listened_ms;
  gint64 excused_until_ms;
  gboolean elsewhere; /* the network would have it go another way */
  gboolean moved;     /* since it was made, where its way is not known */

  GcPublication *next;
  char *next_interface; /* over which it was begun; NULL if unknown */
  gboolean next_was_spare;
  gint64 released_ms; /* when next was let send, 0 before */
  gboolean exclusive; /* the server takes no second connection */
  gboolean ending;    /* the last current is being ended to make room for next */
  guint retry;
  guint attempts;
  GcBackoff backoff;
  GPtrArray *ice_servers;
  gint64 ice_servers_ms;

  GcPublication *spare;
  gint64 spare_after_ms; /* not before */
  GcBackoff spare_backoff;

  guint closing;   /* how many are being ended at the server */
  GTask *stopping; /* waits for that */
  GError *untold;  /* what came in between */

  GPtrArray *paths; /* as last seen */
  char *distrusted; /* an interface */
  gint64 distrusted_until_ms;
  guint distrusts;
};

GcPublication *
gc_succession_make (GcSuccession *self,
                    const GcPath *path,
                    guint patience_ms,
                    guint gathering_ms,
                    gboolean held,
                    GError **error);
GcPublication *
gc_succession_take_out (GcSuccession *self, GcPublication **slot);
void
gc_succession_close (GcSuccession *self, GcPublication *publication);
void
gc_succession_drop (GcSuccession *self, GcPublication **slot);
void
gc_succession_drop_next (GcSuccession *self);
void
gc_succession_begin_anew (GcSuccession *self);
void
gc_succession_set_error (GcSuccession *self, const GError *error);
void
gc_succession_set_state (GcSuccession *self, GcSuccessionState state);
void
gc_succession_end (GcSuccession *self, const GError *error);
void
gc_succession_switched (GcSuccession *self);

/* The uplinks. */
GPtrArray *
gc_succession_get_paths (GcSuccession *self);
void
gc_succession_update_elsewhere (GcSuccession *self);
void
gc_succession_leave (GcSuccession *self, GcPublication *publication);
gboolean
gc_succession_is_ready (GcPublication *publication);
const GcPath *
gc_succession_choose_path (GcSuccession *self, char **preferred);
void
gc_succession_tend_spare (GcSuccession *self);
void
gc_succession_forgive (GcSuccession *self);
void
gc_succession_network_changed (GcSuccession *self, gboolean moved);

/* The rules. */
void
gc_succession_reconsider (GcSuccession *self);
void
gc_succession_publication_changed (GcSuccession *self, GcPublication *publication);

G_END_DECLS
