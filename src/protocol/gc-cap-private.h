/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-cap.h"

G_BEGIN_DECLS

/* CAP's words for its enumerations, in their order, for reading and writing. */
extern const char *const GC_CAP_STATUSES[];
extern const char *const GC_CAP_TYPES[];
extern const char *const GC_CAP_SCOPES[];
extern const char *const GC_CAP_URGENCIES[];
extern const char *const GC_CAP_SEVERITIES[];
extern const char *const GC_CAP_CERTAINTIES[];

gboolean
gc_cap_find_word (const char *const *words, const char *word, int *value, GError **error);

G_END_DECLS
