/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Which pictures a viewer is sent. A viewer whose line carries the stream gets all; one who falls
 * behind gets none until his line is free, and then the newest that can be shown: an old picture is
 * worth less than none. What the line does is taken from transport-wide feedback; a viewer who
 * gives none is sent everything. A pure function of what it is told: times are given, in us. One
 * thread at a time. */

typedef struct _GcViewerGate GcViewerGate;

/**
 * GcViewerGateVerdict:
 * @GC_VIEWER_GATE_PASS: send this picture
 * @GC_VIEWER_GATE_SKIP: do not
 * @GC_VIEWER_GATE_SKIP_AND_ASK: do not, and ask the publisher for a key frame
 */
typedef enum
{
  GC_VIEWER_GATE_PASS,
  GC_VIEWER_GATE_SKIP,
  GC_VIEWER_GATE_SKIP_AND_ASK,
} GcViewerGateVerdict;

GcViewerGate *
gc_viewer_gate_new (void);
void
gc_viewer_gate_free (GcViewerGate *self);
GcViewerGateVerdict
gc_viewer_gate_judge (GcViewerGate *self, gint64 now_us, gboolean key_frame);
void
gc_viewer_gate_note_sent (GcViewerGate *self, gint64 sent_us, gsize bytes);
void
gc_viewer_gate_note_report (GcViewerGate *self, gint64 sent_us, gint64 came_us, gsize bytes);
void
gc_viewer_gate_note_loss (GcViewerGate *self, gint64 sent_us, gsize bytes);
void
gc_viewer_gate_note_feedback (GcViewerGate *self, gint64 now_us);
gboolean
gc_viewer_gate_is_behind (GcViewerGate *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcViewerGate, gc_viewer_gate_free)

G_END_DECLS
