/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-salvage-reader.h"

/* How many places are tried in one table: a tenth of a second. */
#define MAX_TRIES 5000
/* Where the end of the numbers is not known, they are looked for in windows that grow from the
 * first to the second. */
#define FIRST_WINDOW 64
#define LAST_WINDOW (G_GINT64_CONSTANT (1) << 40)

typedef struct
{
  gint64 first;
  gint64 last;
} Range;

/**
 * gc_salvage_is_damage:
 * @status: with what SQLite failed to read the damaged database
 *
 * Returns: whether it will fail so again; if not, it is the moment that is bad
 */
gboolean
gc_salvage_is_damage (int status)
{
  switch (status & 0xff)
    {
    case SQLITE_NOMEM:
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return FALSE;
    default:
      return TRUE;
    }
}

/* The key in the last column is for us alone. */
static void
keep_row (GcSalvageReader *self, sqlite3_stmt *select)
{
  int n_columns = sqlite3_column_count (select) - 1;
  int status = SQLITE_OK;

  for (int i = 0; i < n_columns && status == SQLITE_OK; i++)
    status = sqlite3_bind_value (self->insert, i + 1, sqlite3_column_value (select, i));
  if (status == SQLITE_OK)
    {
      sqlite3_step (self->insert);
      status = sqlite3_reset (self->insert);
    }
  /* A row that breaks the rules of its table was damaged, or is there already. */
  if (status == SQLITE_OK)
    self->kept += (guint) sqlite3_changes (sqlite3_db_handle (self->insert));
  else if ((status & 0xff) != SQLITE_CONSTRAINT && (status & 0xff) != SQLITE_MISMATCH)
    self->status = status;
}

/* Returns whether everything there was could be read; @reached gets the key of the last row. */
static gboolean
read_rows (GcSalvageReader *self, sqlite3_stmt *select, gint64 *reached)
{
  int status = SQLITE_OK;

  while (self->status == SQLITE_OK && (status = sqlite3_step (select)) == SQLITE_ROW)
    {
      *reached = sqlite3_column_int64 (select, sqlite3_column_count (select) - 1);
      keep_row (self, select);
    }
  sqlite3_reset (select);
  if (status != SQLITE_DONE && !gc_salvage_is_damage (status))
    self->status = status;
  return status == SQLITE_DONE;
}

/* --- tables whose key is a number --- */

static void
push (GQueue *ranges, gint64 first, gint64 last)
{
  Range *range = g_new0 (Range, 1);

  range->first = first;
  range->last = last;
  g_queue_push_tail (ranges, range);
}

static void
split (GQueue *ranges, gint64 first, gint64 last)
{
  if (first >= last)
    return; /* nothing, or a single row that cannot be read */
  if (last - first <= LAST_WINDOW)
    {
      gint64 middle = first + (last - first) / 2;

      push (ranges, first, middle);
      push (ranges, middle + 1, last);
      return;
    }
  for (gint64 width = FIRST_WINDOW; width <= LAST_WINDOW && width <= last - first; width *= 2)
    {
      push (ranges, first, first + width - 1);
      first += width;
    }
}

static gboolean
read_numbers (
    GcSalvageReader *self, sqlite3_stmt *select, gint64 first, gint64 last, gint64 *reached)
{
  sqlite3_bind_int64 (select, 1, first);
  sqlite3_bind_int64 (select, 2, last);
  return read_rows (self, select, reached);
}

static void
run_numbers (GcSalvageReader *self)
{
  GQueue ranges = G_QUEUE_INIT;
  Range *range;

  push (&ranges, 1, G_MAXINT64 - 1);
  for (guint tries = 0; tries < MAX_TRIES && (range = g_queue_pop_head (&ranges)) != NULL; tries++)
    {
      gint64 low = range->first - 1;
      gint64 high = range->last + 1;

      if (!read_numbers (self, self->upwards, range->first, range->last, &low)
          && !read_numbers (self, self->downwards, low + 1, range->last, &high))
        split (&ranges, low + 1, high - 1);
      g_free (range);
      if (self->status != SQLITE_OK)
        break;
    }
  g_queue_clear_full (&ranges, g_free);
}

/* --- tables whose key is text --- */

/* NULL for @end: without one, as whatever is not text is above all text. */
static gboolean
read_texts (GcSalvageReader *self, const char *begin, const char *end)
{
  sqlite3_stmt *const both[] = { self->upwards, self->downwards };

  for (gsize i = 0; i < G_N_ELEMENTS (both); i++)
    {
      gint64 ignored;

      sqlite3_bind_text (both[i], 1, begin, -1, SQLITE_TRANSIENT);
      if (end != NULL)
        sqlite3_bind_text (both[i], 2, end, -1, SQLITE_TRANSIENT);
      else
        sqlite3_bind_blob (both[i], 2, "", 0, SQLITE_STATIC);
      if (read_rows (self, both[i], &ignored))
        return TRUE;
    }
  return FALSE;
}

/* Long tables are those whose keys are ids, and these begin with any two digits. */
static void
run_texts (GcSalvageReader *self)
{
  if (read_texts (self, "", NULL))
    return;
  for (guint i = 0; i <= 0xff && self->status == SQLITE_OK; i++)
    {
      char begin[] = "00";
      char end[] = "00~";

      g_snprintf (begin, sizeof begin, "%02x", i);
      g_snprintf (end, sizeof end, "%02x~", i);
      read_texts (self, begin, end);
    }
}

/**
 * gc_salvage_reader_run:
 * @self: a table with its statements
 *
 * Takes what can be read. Blocks, for a second at the worst, but for the rows themselves.
 */
void
gc_salvage_reader_run (GcSalvageReader *self)
{
  if (self->by_number)
    run_numbers (self);
  else
    run_texts (self);
}
