/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* What the center attached to a task: small ones in rows, with words for what is not here yet;
 * large at a tap. */
#define GC_TYPE_ATTACHMENT_STRIP (gc_attachment_strip_get_type ())
G_DECLARE_FINAL_TYPE (GcAttachmentStrip, gc_attachment_strip, GC, ATTACHMENT_STRIP, AdwBin)

void
gc_attachment_strip_show (GcAttachmentStrip *self, GcSession *session, GcTaskItem *item);

G_END_DECLS
