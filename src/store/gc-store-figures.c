/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-private.h"

/* What the store knows without asking the disk. */

/**
 * gc_store_figures_read:
 * @database: inside a transaction
 * @figures: (out caller-allocates): empty
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether they could be read
 */
gboolean
gc_store_figures_read (GcDatabase *database, GcStoreFigures *figures, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT own, peer, committed, acknowledged, last_seq,"
      " (SELECT coalesce (MAX(seq), 0) FROM outbox WHERE urgent), (SELECT COUNT(*) FROM outbox),"
      " (SELECT COUNT(*) FROM outbox WHERE type = 'track'), (SELECT COUNT(*) FROM point),"
      " EXISTS (SELECT 1 FROM state WHERE key = '" GC_STORE_DUTY "' AND value = 'on'),"
      " (SELECT COUNT(*) FROM file WHERE delivered_ms = 0) FROM stream",
      "");

  if (rows == NULL || !gc_rows_next (rows, error))
    return FALSE;
  figures->stream = g_strdup (gc_rows_text (rows, 0));
  figures->peer_stream = g_strdup (gc_rows_text (rows, 1));
  figures->committed = gc_rows_int64 (rows, 2);
  figures->acknowledged = gc_rows_int64 (rows, 3);
  figures->last_seq = gc_rows_int64 (rows, 4);
  figures->last_urgent_seq = gc_rows_int64 (rows, 5);
  figures->unsent = (guint) gc_rows_int64 (rows, 6);
  figures->unsent_tracks = (guint) gc_rows_int64 (rows, 7);
  figures->pending_points = (guint) gc_rows_int64 (rows, 8);
  figures->on_duty = gc_rows_int64 (rows, 9) != 0;
  figures->undelivered = (guint) gc_rows_int64 (rows, 10);
  return TRUE;
}

/**
 * gc_store_figures_clear:
 * @figures: figures
 *
 * Frees what they hold.
 */
void
gc_store_figures_clear (GcStoreFigures *figures)
{
  g_clear_pointer (&figures->stream, g_free);
  g_clear_pointer (&figures->peer_stream, g_free);
}

/**
 * gc_store_get_stream:
 * @self: a store
 *
 * Returns: (transfer none): the id of our stream, for hello, until it changes
 */
const char *
gc_store_get_stream (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), NULL);

  return gc_store_get_figures (self)->stream;
}

/**
 * gc_store_get_peer_stream:
 * @self: a store
 *
 * Returns: (transfer none) (nullable): the id of the center's stream as we remember it,
 *   until it changes
 */
const char *
gc_store_get_peer_stream (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), NULL);

  return gc_store_get_figures (self)->peer_stream;
}

/**
 * gc_store_get_committed:
 * @self: a store
 *
 * Returns: the highest seq of the center that is on disk, from 0: what to acknowledge
 */
gint64
gc_store_get_committed (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), 0);

  return gc_store_get_figures (self)->committed;
}

/**
 * gc_store_get_acknowledged:
 * @self: a store
 *
 * Returns: the highest seq that the center has acknowledged, from 0
 */
gint64
gc_store_get_acknowledged (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), 0);

  return gc_store_get_figures (self)->acknowledged;
}

/**
 * gc_store_get_last_seq:
 * @self: a store
 *
 * Returns: the highest seq given out so far, from 0
 */
gint64
gc_store_get_last_seq (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), 0);

  return gc_store_get_figures (self)->last_seq;
}

/**
 * gc_store_get_last_urgent_seq:
 * @self: a store
 *
 * Returns: the highest seq of an urgent envelope that the center has not acknowledged, 0 if there
 * is none
 */
gint64
gc_store_get_last_urgent_seq (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), 0);

  return gc_store_get_figures (self)->last_urgent_seq;
}

/**
 * gc_store_get_undelivered:
 * @self: a store
 *
 * Returns: of how many files the center does not have all yet
 */
guint
gc_store_get_undelivered (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), 0);

  return gc_store_get_figures (self)->undelivered;
}

/**
 * gc_store_get_unsent:
 * @self: a store
 *
 * Returns: how many envelopes the center has not acknowledged
 */
guint
gc_store_get_unsent (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), 0);

  return gc_store_get_figures (self)->unsent;
}

/**
 * gc_store_get_on_duty:
 * @self: a store
 *
 * Returns: what gc_store_set_duty_async() stored last
 */
gboolean
gc_store_get_on_duty (GcStore *self)
{
  g_return_val_if_fail (GC_IS_STORE (self), FALSE);

  return gc_store_get_figures (self)->on_duty;
}
