/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What pairing gave the terminal: which center, its CA, our key and certificate. Immutable. */

#define GC_TYPE_CREDENTIALS (gc_credentials_get_type ())
G_DECLARE_FINAL_TYPE (GcCredentials, gc_credentials, GC, CREDENTIALS, GObject)

GcCredentials *
gc_credentials_new (const char *base_url,
                    const char *center_name,
                    const char *ca_pem,
                    const char *certificate_pem,
                    const char *key_pem,
                    GError **error);
GcCredentials *
gc_credentials_renew (GcCredentials *self,
                      const char *certificate_pem,
                      const char *key_pem,
                      GError **error);
gboolean
gc_credentials_is_renewal_due (GcCredentials *self);
GcCredentials *
gc_credentials_parse (const char *text, GError **error);
char *
gc_credentials_print (GcCredentials *self);

const char *
gc_credentials_get_base_url (GcCredentials *self);
const char *
gc_credentials_get_center_name (GcCredentials *self);
const char *
gc_credentials_get_terminal_id (GcCredentials *self);
GTlsCertificate *
gc_credentials_get_certificate (GcCredentials *self);
GTlsDatabase *
gc_credentials_get_anchors (GcCredentials *self);
const char *
gc_credentials_get_ca_pem (GcCredentials *self);

G_END_DECLS
