/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-pairing-code.h"
#include "test-authority.h"

/* A center's EST interface (RFC 7030) that can misbehave in every way that a test wants. */

/**
 * EstServer:
 * @ca: whose certificate cacerts shows, and whose pin the code holds
 * @tls: (nullable): whose certificate the server itself has, if not @ca
 * @tls_certificate: (nullable): the certificate itself, if it is a special one
 * @signer: (nullable): who signs terminals' certificates, if not @ca
 * @common_name: of the terminal's certificate; a UUID at first
 * @for_server: issue a certificate for servers instead
 * @for_key: (nullable): certify this key, PEM, instead of the one that asks
 * @until_s: when issued certificates end, in seconds from now; 0 for in an hour
 * @cacerts_status: answer cacerts like this; 0 for properly
 * @cacerts_body: (nullable): answer cacerts with this
 * @enrol_status: answer simpleenroll like this; 0 for properly
 * @enrol_body: (nullable): answer simpleenroll with this
 * @enrol_type: (nullable): what @enrol_body is
 * @authorization: (nullable): what came with simpleenroll
 * @name: (nullable): what the request suggested
 * @enrolments: how many requests came
 * @wrong_pin: the code holds the pin of nobody
 *
 * Set what is to be wrong before est_server_start().
 */
typedef struct
{
  TestAuthority *ca;
  TestAuthority *tls;
  GTlsCertificate *tls_certificate;
  TestAuthority *signer;
  const char *common_name;
  gboolean for_server;
  const char *for_key;
  gint64 until_s;
  guint cacerts_status;
  char *cacerts_body;
  guint enrol_status;
  char *enrol_body;
  const char *enrol_type;
  gboolean wrong_pin;

  char *authorization;
  char *name;
  guint enrolments;

  gpointer server;
} EstServer;

void
est_server_init (EstServer *self);
void
est_server_start (EstServer *self);
void
est_server_clear (EstServer *self);
GcPairingCode *
est_server_make_code (EstServer *self);
char *
est_server_pack (GTlsCertificate *const *certificates, guint count);
