/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What was refused to whom, for the log: a line each, and never so many that somebody who means it
 * ill could fill the disk with them. */

typedef struct _GcRefusals GcRefusals;

GcRefusals *
gc_refusals_new (void);
void
gc_refusals_free (GcRefusals *self);
char *
gc_refusals_print (GcRefusals *self, const char *who, const char *what, gint64 now_ms);
void
gc_refusals_log (const char *who, const char *format, ...) G_GNUC_PRINTF (2, 3);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcRefusals, gc_refusals_free)

G_END_DECLS
