/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "identity/gc-credentials.h"
#include "protocol/gc-pairing-code.h"

G_BEGIN_DECLS

void
gc_enrolment_run_async (const GcPairingCode *code,
                        const char *device,
                        GCancellable *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer user_data);
void
gc_enrolment_renew_async (GcCredentials *credentials,
                          const char *device,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data);
GcCredentials *
gc_enrolment_run_finish (GAsyncResult *result, GError **error);

G_END_DECLS
