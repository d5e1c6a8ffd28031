/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-first-page.h"

#include "base/gc-database-private.h"
#include "base/gc-error.h"
#include "base/gc-file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Of the header: https://www.sqlite.org/fileformat2.html section 1.3 */
#define MAGIC "SQLite format 3"
#define OFFSET_PAGE_SIZE 16
/* Behind the page: a checksum of the list of tables, in hexadecimal digits. */
#define CHECKSUM_LENGTH 64
#define LENGTH (GC_FIRST_PAGE_SIZE + CHECKSUM_LENGTH)

static gboolean
is_first_page (const guint8 *page)
{
  static const guint8 PAGE_SIZE[] = { GC_FIRST_PAGE_SIZE >> 8, GC_FIRST_PAGE_SIZE & 0xff };

  return memcmp (page, MAGIC, sizeof MAGIC) == 0
         && memcmp (page + OFFSET_PAGE_SIZE, PAGE_SIZE, sizeof PAGE_SIZE) == 0;
}

static gboolean
load (const char *path, guint8 *content)
{
  g_autofree char *name = g_strconcat (path, GC_FIRST_PAGE_SUFFIX, NULL);
  int fd = open (name, O_RDONLY | O_CLOEXEC);
  ssize_t got;

  if (fd < 0)
    return FALSE;
  do
    got = pread (fd, content, LENGTH, 0);
  while (got < 0 && errno == EINTR);
  close (fd);
  return got == LENGTH && is_first_page (content);
}

/**
 * gc_first_page_load:
 * @path: of a database
 * @page: (out caller-allocates) (array fixed-size=4096): its first page, of when it was kept
 *
 * Blocks; any thread.
 *
 * Returns: whether a copy is there
 */
gboolean
gc_first_page_load (const char *path, guint8 *page)
{
  guint8 content[LENGTH];

  if (!load (path, content))
    return FALSE;
  memcpy (page, content, GC_FIRST_PAGE_SIZE);
  return TRUE;
}

/* Of which tables there are, and where they begin. */
static char *
make_checksum (GcDatabase *database, GError **error)
{
  g_autoptr (GcRows) rows = gc_database_query (
      database, error,
      "SELECT group_concat (name || ' ' || rootpage || ' ' || coalesce (sql, '') ORDER BY name)"
      " FROM sqlite_schema",
      "");
  const char *tables;

  if (rows == NULL || !gc_rows_next (rows, error))
    return NULL;
  tables = gc_rows_text (rows, 0);
  return g_compute_checksum_for_string (G_CHECKSUM_SHA256, tables != NULL ? tables : "", -1);
}

/**
 * gc_first_page_keep:
 * @database: that is sound
 * @path: its file
 * @error: %GC_ERROR_STORAGE; then there is an older copy, or none
 *
 * Keeps a copy of the first page, if the tables have changed since the last. Takes as much memory
 * as the database is long, then. Inside a #GcDatabaseWork only.
 *
 * Returns: whether there is a copy
 */
gboolean
gc_first_page_keep (GcDatabase *database, const char *path, GError **error)
{
  g_autofree char *name = g_strconcat (path, GC_FIRST_PAGE_SUFFIX, NULL);
  g_autofree char *checksum = make_checksum (database, error);
  g_autoptr (GBytes) kept = NULL;
  guint8 content[LENGTH];
  unsigned char *bytes;
  sqlite3_int64 length = 0;

  if (checksum == NULL)
    return FALSE;
  if (load (path, content) && memcmp (content + GC_FIRST_PAGE_SIZE, checksum, CHECKSUM_LENGTH) == 0)
    return TRUE;
  bytes = sqlite3_serialize (gc_database_get_handle (database), "main", &length, 0);
  if (bytes == NULL || length < GC_FIRST_PAGE_SIZE || !is_first_page (bytes))
    {
      sqlite3_free (bytes);
      g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the first page of %s cannot be kept", path);
      return FALSE;
    }
  memcpy (content, bytes, GC_FIRST_PAGE_SIZE);
  memcpy (content + GC_FIRST_PAGE_SIZE, checksum, CHECKSUM_LENGTH);
  sqlite3_free (bytes);
  kept = g_bytes_new (content, LENGTH);
  return gc_file_add (name, kept, error);
}
