/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* Longer text is no pairing code, whatever a camera read. */
#define GC_PAIRING_CODE_MAX_LENGTH 1024
#define GC_PAIRING_NAME_MAX_LENGTH 64

/**
 * GcPairingCode:
 * @host: name or address of the center; IPv6 without brackets
 * @port: 1 to 65535
 * @ca_pin: base64url of the SHA-256 of the center's CA's SubjectPublicKeyInfo, 43 characters
 * @token: one-time token, 22 characters of base64url
 * @name: what the center calls itself, for the worker's eyes
 *
 * What the QR code of a center says: see PROTOCOL.md, “Pairing”.
 */
typedef struct
{
  char *host;
  guint16 port;
  char *ca_pin;
  char *token;
  char *name;
} GcPairingCode;

#define GC_TYPE_PAIRING_CODE (gc_pairing_code_get_type ())
GType
gc_pairing_code_get_type (void);

GcPairingCode *
gc_pairing_code_new (
    const char *host, guint16 port, const char *ca_pin, const char *token, const char *name);
GcPairingCode *
gc_pairing_code_parse (const char *text, GError **error);
char *
gc_pairing_code_print (const GcPairingCode *code);
char *
gc_pairing_code_dup_base_url (const GcPairingCode *code);
GcPairingCode *
gc_pairing_code_copy (const GcPairingCode *code);
void
gc_pairing_code_free (GcPairingCode *code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcPairingCode, gc_pairing_code_free)

G_END_DECLS
