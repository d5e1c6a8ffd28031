/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/sdp/sdp.h>

G_BEGIN_DECLS

/* Session descriptions of strangers: webrtcbin trusts what it is given, so all checks are here. */

#define GC_SDP_MAX_LENGTH (64 * 1024)

GstSDPMessage *
gc_sdp_parse (const char *text, gsize length, GError **error);
void
gc_sdp_unify_transport (GstSDPMessage *sdp);
int
gc_sdp_find_codec (const GstSDPMedia *media, const char *encoding);
gboolean
gc_sdp_media_is_rejected (const GstSDPMedia *media);
gboolean
gc_sdp_check_answer (const GstSDPMessage *offer, const GstSDPMessage *answer, GError **error);

G_END_DECLS
