/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The most that may watch one session, if nothing else is said. */
#define GC_RELAY_VIEWERS_MAX 32
/* What one process carries; each has a socket and some threads. */
#define GC_RELAY_ALL_VIEWERS_MAX 256

/* Media from publishers (WHIP) to viewers (WHEP), without transcoding. Main thread only.
 *
 * Signals:
 *   publishing (const char *session, const char *video, gboolean audio)
 *       media flow; video is “H264”, “VP8” or NULL
 *   publisher-gone (const char *session, const char *reason)
 *   viewer-joined (const char *session, const char *viewer, const char *name)
 *   viewer-left (const char *session, const char *viewer, const char *name)
 */
#define GC_TYPE_RELAY (gc_relay_get_type ())
G_DECLARE_FINAL_TYPE (GcRelay, gc_relay, GC, RELAY, GObject)

/**
 * GcRelayAuthorize:
 * @message: a request under /whep/
 * @session: which session it wants to watch
 * @data: what was given to gc_relay_set_authorize()
 *
 * Returns: (transfer full) (nullable): the viewer's name, or %NULL to answer 401
 */
typedef char *(*GcRelayAuthorize) (SoupServerMessage *message, const char *session, gpointer data);

GcRelay *
gc_relay_new (void);
void
gc_relay_mount (GcRelay *self, SoupServer *server);
gboolean
gc_relay_add_ice_server (
    GcRelay *self, const char *url, const char *username, const char *credential, GError **error);
void
gc_relay_set_turn_secret (GcRelay *self, const char *secret);
void
gc_relay_set_viewers_max (GcRelay *self, guint viewers_max);
void
gc_relay_add_session (GcRelay *self, const char *session, const char *token);
void
gc_relay_remove_session (GcRelay *self, const char *session);
void
gc_relay_set_authorize (GcRelay *self, GcRelayAuthorize func, gpointer data);

G_END_DECLS
