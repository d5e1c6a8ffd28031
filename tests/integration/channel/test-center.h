/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-authority.h"

#include <json-glib/json-glib.h>
#include <libsoup/soup.h>

/* The center's side of the channel, written from PROTOCOL.md alone, with knobs for everything that
 * can go wrong. What it “keeps on disk” is in this structure and survives its connections. */

typedef struct
{
  /* Faults; zero is good behaviour. Percentages are per frame. */
  int drop_percent;      /* cut the connection */
  int duplicate_percent; /* send a reliable frame twice */
  int skip_percent;      /* leave a reliable frame out: a gap */
  gboolean never_ack;
  gboolean silent;      /* accept and say nothing */
  gboolean deaf;        /* read nothing any more, so not even pongs come */
  const char *greeting; /* sent instead of hello */
  gushort close_code;   /* close with it instead of saying hello */
  gboolean forbid;      /* answer the upgrade with 403 */
  int spread_s;         /* said in hello */

  /* What it keeps. */
  char *stream;
  char *peer;
  gint64 committed;
  GPtrArray *applied; /* of JsonObject: what the terminal sent, each once, in order */
  GQueue outbox;      /* of JsonObject, first is acked + 1 */
  gint64 acked;
  GHashTable *ids; /* of what was applied */

  /* What a test looks at. */
  guint connections;
  guint duplicates;
  guint ephemerals;
  guint acks; /* ephemeral ack envelopes */
  guint largest_window;
  gushort close_code_seen;
  GPtrArray *client_names;
  gboolean extensions_offered;

  TestAuthority *authority;
  SoupServer *server;
  char *url;
  SoupWebsocketConnection *websocket;
  GSocket *socket;
  gboolean met;
  gint64 sent;
  gint64 ack_told;
  GRand *random;
} TestCenter;

TestCenter *
test_center_new (void);
void
test_center_free (TestCenter *self);
void
test_center_stop (TestCenter *self);
void
test_center_listen (TestCenter *self);
void
test_center_enqueue (TestCenter *self, const char *type, const char *body);
void
test_center_send (TestCenter *self, const char *text);
void
test_center_send_raw (TestCenter *self, const void *data, gsize length);
void
test_center_drop (TestCenter *self);
void
test_center_renew (TestCenter *self);
