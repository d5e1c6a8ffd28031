/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* Answers with a long body, piece by piece: the next is made when the one before has been written,
 * so that it takes the memory of one, and other work gets its turn in between. */

/**
 * GcPiecesSource:
 * @make: any thread, may block, one call at a time: the next piece, and whether it is the last;
 *   %NULL and an error breaks the answer off
 * @begin: main thread, once the first piece is there: sets status and headers of the answer
 * @free: (nullable): frees the data, main thread
 *
 * Where the pieces come from.
 */
typedef struct
{
  GBytes *(*make) (gpointer data, gboolean *last, GError **error);
  void (*begin) (gpointer data, SoupServerMessage *message);
  GDestroyNotify free;
} GcPiecesSource;

void
gc_pieces_send (SoupServerMessage *message, const GcPiecesSource *source, gpointer data);

G_END_DECLS
