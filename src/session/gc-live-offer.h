/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "identity/gc-credentials.h"
#include "live/gc-publisher.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GcLiveOffer:
 * @session: the live session's id
 * @by: (nullable): who asks
 * @reason: (nullable): why
 * @url: the WHIP endpoint; may be relative to the center
 * @token: its bearer token; a secret
 * @expires_s: how long the worker may think, 1 to 300 s
 * @video: (nullable): the codecs that can be shown over there, as “H264”; %NULL if that is not
 * known
 * @sharp: whether they would rather see details than motion
 *
 * Where the center wants picture and sound: the body of live.request and live.grant.
 */
typedef struct
{
  char *session;
  char *by;
  char *reason;
  char *url;
  char *token;
  guint expires_s;
  GStrv video;
  gboolean sharp;
} GcLiveOffer;

GcLiveOffer *
gc_live_offer_parse (JsonObject *body, GError **error);
GcPublisher *
gc_live_offer_make_publisher (const GcLiveOffer *offer,
                              GcCredentials *credentials,
                              GcEncoder *encoder,
                              GError **error);
void
gc_live_offer_free (GcLiveOffer *offer);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcLiveOffer, gc_live_offer_free)

G_END_DECLS
