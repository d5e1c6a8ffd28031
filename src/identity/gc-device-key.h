/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The terminal's EC P-256 key, as PEM, and the request for its certificate. */

char *
gc_device_key_new (GError **error);
char *
gc_device_key_make_request (const char *key_pem, const char *device, GError **error);
GPtrArray *
gc_device_key_read_pkcs7 (const char *base64, GError **error);
gboolean
gc_device_key_check_certificate (const char *key_pem, GTlsCertificate *certificate, GError **error);
char *
gc_device_key_dup_common_name (GTlsCertificate *certificate);

G_END_DECLS
