/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* A certificate authority for tests: a CA made when it is made, certificates of EC P-256 keys. */

typedef struct _TestAuthority TestAuthority;

TestAuthority *
test_authority_new (const char *name);
void
test_authority_free (TestAuthority *self);
const char *
test_authority_get_pem (TestAuthority *self);
GTlsDatabase *
test_authority_get_anchors (TestAuthority *self);
GTlsCertificate *
test_authority_issue (TestAuthority *self, const char *common_name, gboolean server);
