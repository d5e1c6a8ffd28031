/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* The center's certificate authority: its own certificate, the server's, and the terminals'. Main
 * thread only; signing takes less than a millisecond. */

/* How long a terminal's certificate is valid. */
#define GC_AUTHORITY_TERMINAL_DAYS 365

#define GC_TYPE_AUTHORITY (gc_authority_get_type ())
G_DECLARE_FINAL_TYPE (GcAuthority, gc_authority, GC, AUTHORITY, GObject)

GcAuthority *
gc_authority_open (const char *folder, const char *name, const char *const *hosts, GError **error);
GTlsCertificate *
gc_authority_get_server_certificate (GcAuthority *self);
GTlsDatabase *
gc_authority_get_database (GcAuthority *self);
const char *
gc_authority_get_pin (GcAuthority *self);
const char *
gc_authority_get_ca_path (GcAuthority *self);
char *
gc_authority_print_ca (GcAuthority *self, GError **error);
GBytes *
gc_authority_issue (
    GcAuthority *self, GBytes *request, const char *terminal, char **device, GError **error);
char *
gc_authority_print_certificate (GBytes *der, GError **error);
char *
gc_authority_identify (GcAuthority *self, GTlsCertificate *certificate, char **fingerprint);
char *
gc_authority_fingerprint (GBytes *der);

G_END_DECLS
