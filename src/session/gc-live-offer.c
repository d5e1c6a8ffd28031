/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-live-offer.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-envelope.h"
#include "protocol/gc-json.h"

#include <string.h>

#define ID_LENGTH 36
#define NAME_MAX_LENGTH 64
#define REASON_MAX_LENGTH 400
#define URL_MAX_LENGTH 2000
#define TOKEN_MAX_LENGTH 2000
#define EXPIRES_DEFAULT_S 60
#define EXPIRES_MAX_S 300

static gboolean
read_whip (GcLiveOffer *offer, JsonObject *body, GError **error)
{
  JsonObject *whip = gc_json_get_object (body, "whip", error);
  const char *url = whip != NULL ? gc_json_get_string (whip, "url", URL_MAX_LENGTH, error) : NULL;
  const char *token
      = url != NULL ? gc_json_get_string (whip, "token", TOKEN_MAX_LENGTH, error) : NULL;

  if (token == NULL)
    return FALSE;
  offer->url = g_strdup (url);
  offer->token = g_strdup (token);
  return TRUE;
}

/**
 * gc_live_offer_parse:
 * @body: what arrived
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the offer
 */
GcLiveOffer *
gc_live_offer_parse (JsonObject *body, GError **error)
{
  g_autoptr (GcLiveOffer) offer = g_new0 (GcLiveOffer, 1);
  const char *session = gc_json_get_string (body, "session", ID_LENGTH, error);
  const char *by;
  const char *reason;
  gint64 expires_s = EXPIRES_DEFAULT_S;

  if (session == NULL || !gc_json_get_optional_string (body, "by", NAME_MAX_LENGTH, &by, error)
      || !gc_json_get_optional_string (body, "reason", REASON_MAX_LENGTH, &reason, error)
      || !read_whip (offer, body, error))
    return NULL;
  if (gc_json_has (body, "expires_s")
      && !gc_json_get_int (body, "expires_s", 1, EXPIRES_MAX_S, &expires_s, error))
    return NULL;
  if (!gc_id_is_valid (session))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“session” must be a UUID");
      return NULL;
    }
  if (!gc_json_get_optional_strings (body, "video", GC_LIVE_CODECS_MAX, GC_LIVE_CODEC_MAX_LENGTH,
                                     &offer->video, error)
      || (gc_json_has (body, "sharp")
          && !gc_json_get_boolean (body, "sharp", &offer->sharp, error)))
    return NULL;
  offer->session = g_strdup (session);
  offer->by = g_strdup (by);
  offer->reason = g_strdup (reason);
  offer->expires_s = (guint) expires_s;
  return g_steal_pointer (&offer);
}

/* The center's own address is trusted by its pinned CA and knows us by our certificate; a media
 * server elsewhere is a stranger with a certificate of the system's CAs. */
static gboolean
is_of_center (GUri *url, GUri *center)
{
  return g_strcmp0 (g_uri_get_scheme (url), g_uri_get_scheme (center)) == 0
         && g_strcmp0 (g_uri_get_host (url), g_uri_get_host (center)) == 0
         && g_uri_get_port (url) == g_uri_get_port (center);
}

/**
 * gc_live_offer_make_publisher:
 * @offer: an offer
 * @credentials: of the center that made it
 * @encoder: what is to be published
 * @error: %GC_ERROR_INVALID if nothing can be published to its URL
 *
 * Main context.
 *
 * Returns: (transfer full) (nullable): a publisher that has not started
 */
GcPublisher *
gc_live_offer_make_publisher (const GcLiveOffer *offer,
                              GcCredentials *credentials,
                              GcEncoder *encoder,
                              GError **error)
{
  g_autoptr (GUri) center
      = g_uri_parse (gc_credentials_get_base_url (credentials), G_URI_FLAGS_NONE, NULL);
  g_autoptr (GUri) url = g_uri_parse_relative (center, offer->url, G_URI_FLAGS_NONE, NULL);
  g_autofree char *text = url != NULL ? g_uri_to_string (url) : NULL;
  gboolean ours = url != NULL && is_of_center (url, center);

  if (url == NULL || (!ours && g_strcmp0 (g_uri_get_scheme (url), "https") != 0))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "the center names an impossible media server");
      return NULL;
    }
  return gc_publisher_new (encoder, text, offer->token,
                           ours ? gc_credentials_get_anchors (credentials) : NULL,
                           ours ? gc_credentials_get_certificate (credentials) : NULL);
}

/**
 * gc_live_offer_free:
 * @offer: (transfer full): an offer
 *
 * Any thread.
 */
void
gc_live_offer_free (GcLiveOffer *offer)
{
  if (offer->token != NULL)
    explicit_bzero (offer->token, strlen (offer->token));
  g_free (offer->session);
  g_free (offer->by);
  g_free (offer->reason);
  g_free (offer->url);
  g_free (offer->token);
  g_strfreev (offer->video);
  g_free (offer);
}
