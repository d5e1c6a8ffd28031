/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* A certificate authority for tests: a CA made when it is made, certificates of EC P-256 keys. */

typedef struct _TestAuthority TestAuthority;

/**
 * TestCertificate:
 * @common_name: of the subject
 * @server: whether it is for servers, else for clients
 * @key: (nullable): PEM of the subject's key
 * @request: (nullable): a PKCS#10 in base64, which must be self-signed, for its key; with neither
 *   this nor @key one is made, and is part of what is issued
 * @from_s: when it begins to be valid, in seconds from now; 0 for an hour ago
 * @until_s: when it ends, in seconds from now; 0 for in an hour
 * @dns_name: (nullable): subject's alternative name
 *
 * What to issue.
 */
typedef struct
{
  const char *common_name;
  gboolean server;
  const char *key;
  const char *request;
  gint64 from_s;
  gint64 until_s;
  const char *dns_name;
} TestCertificate;

TestAuthority *
test_authority_new (const char *name);
TestAuthority *
test_authority_new_for (const char *name, gint64 from_s, gint64 until_s);
void
test_authority_free (TestAuthority *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (TestAuthority, test_authority_free)

const char *
test_authority_get_pem (TestAuthority *self);
GTlsCertificate *
test_authority_get_certificate (TestAuthority *self);
GTlsDatabase *
test_authority_get_anchors (TestAuthority *self);
GTlsCertificate *
test_authority_issue (TestAuthority *self, const char *common_name, gboolean server);
GTlsCertificate *
test_authority_issue_full (TestAuthority *self, const TestCertificate *what);

/* The common name that a PKCS#10 in base64 asks for, NULL if none. */
char *
test_authority_read_request_name (const char *request);
