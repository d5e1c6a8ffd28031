/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-link-window.h"

/* Two of the longest envelopes: 400 kB/s where a round trip takes 300 ms. */
#define MAX_BYTES (2 * GC_ENVELOPE_MAX_LENGTH)

/**
 * gc_link_window_begin:
 * @self: a window
 * @seq: up to where the terminal has acknowledged
 *
 * Nothing is under way.
 */
void
gc_link_window_begin (GcLinkWindow *self, gint64 seq)
{
  *self = (GcLinkWindow) { .sent = seq, .acknowledged = seq };
}

/**
 * gc_link_window_get_room:
 * @self: a window
 * @bytes: (out): until the last envelope of all may be begun with
 *
 * Returns: how many envelopes may be sent now
 */
gint64
gc_link_window_get_room (const GcLinkWindow *self, gsize *bytes)
{
  *bytes = self->under_way < MAX_BYTES ? MAX_BYTES - self->under_way : 0;
  return *bytes > 0 ? MAX (GC_ENVELOPE_WINDOW - (self->sent - self->acknowledged), 0) : 0;
}

/**
 * gc_link_window_add:
 * @self: a window that has room
 * @seq: the next one, which was sent
 * @size: bytes
 */
void
gc_link_window_add (GcLinkWindow *self, gint64 seq, gsize size)
{
  self->sent = seq;
  self->sizes[seq % GC_ENVELOPE_WINDOW] = size;
  self->under_way += size;
}

/**
 * gc_link_window_acknowledge:
 * @self: a window
 * @seq: what the terminal says; not above what was sent
 *
 * What was acknowledged before makes no difference.
 */
void
gc_link_window_acknowledge (GcLinkWindow *self, gint64 seq)
{
  while (self->acknowledged < seq)
    {
      self->acknowledged++;
      self->under_way -= self->sizes[self->acknowledged % GC_ENVELOPE_WINDOW];
    }
}
