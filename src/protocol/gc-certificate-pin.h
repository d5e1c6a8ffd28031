/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *
gc_certificate_pin (GTlsCertificate *certificate, GError **error);

G_END_DECLS
