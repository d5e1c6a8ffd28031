/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The client's side of WHIP (RFC 9725), for any server. One object, one WHIP session. */
#define GC_TYPE_WHIP_CLIENT (gc_whip_client_get_type ())
G_DECLARE_FINAL_TYPE (GcWhipClient, gc_whip_client, GC, WHIP_CLIENT, GObject)

GcWhipClient *
gc_whip_client_new (const char *url,
                    const char *token,
                    GTlsDatabase *anchors,
                    GTlsCertificate *client,
                    GError **error);
gboolean
gc_whip_client_is_local (GcWhipClient *self);
void
gc_whip_client_bind_interface (GcWhipClient *self, const char *interface);
const char *
gc_whip_client_get_interface (GcWhipClient *self);
void
gc_whip_client_get_ice_servers_async (GcWhipClient *self,
                                      GCancellable *cancellable,
                                      GAsyncReadyCallback callback,
                                      gpointer user_data);
GPtrArray *
gc_whip_client_get_ice_servers_finish (GcWhipClient *self, GAsyncResult *result, GError **error);
void
gc_whip_client_publish_async (GcWhipClient *self,
                              const char *offer,
                              guint patience_ms,
                              GCancellable *cancellable,
                              GAsyncReadyCallback callback,
                              gpointer user_data);
GBytes *
gc_whip_client_publish_finish (GcWhipClient *self, GAsyncResult *result, GError **error);
guint
gc_whip_client_get_status (GcWhipClient *self);
guint
gc_whip_client_get_retry_after (GcWhipClient *self);
gboolean
gc_whip_client_has_handover (GcWhipClient *self);
GPtrArray *
gc_whip_client_get_answered_ice_servers (GcWhipClient *self);
void
gc_whip_client_delete_async (GcWhipClient *self, GAsyncReadyCallback callback, gpointer user_data);
gboolean
gc_whip_client_delete_finish (GcWhipClient *self, GAsyncResult *result, GError **error);

G_END_DECLS
