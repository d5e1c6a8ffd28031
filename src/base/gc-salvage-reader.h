/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sqlite3.h>

G_BEGIN_DECLS

/* Brings the rows of one table that can be read from a damaged database into another: from both
 * ends as far as it goes, and then from places in between, until nothing is left or enough was
 * tried. */

/**
 * GcSalvageReader:
 * @upwards: gives the rows between its two parameters, from the first on; the key is the last
 *   column
 * @downwards: the same from the last on
 * @insert: takes all columns but the key
 * @by_number: whether the key is a number, else it is text
 * @kept: counts the rows that were taken
 * @status: what went wrong with anything but the damaged database, %SQLITE_OK if nothing did
 *
 * A table on its way; whoever makes it owns the statements.
 */
typedef struct
{
  sqlite3_stmt *upwards;
  sqlite3_stmt *downwards;
  sqlite3_stmt *insert;
  gboolean by_number;
  guint kept;
  int status;
} GcSalvageReader;

gboolean
gc_salvage_is_damage (int status);
void
gc_salvage_reader_run (GcSalvageReader *self);

G_END_DECLS
