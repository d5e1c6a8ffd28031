/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-salvage.h"

#include "base/gc-database-private.h"
#include "base/gc-error.h"
#include "base/gc-first-page.h"
#include "base/gc-salvage-reader.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of a database file: https://www.sqlite.org/fileformat2.html */
#define PAGE_SIZE GC_FIRST_PAGE_SIZE
#define HEADER_LENGTH 100
/* A disk that cannot read a page now may be able to the next time. */
#define READ_TRIES 3

static const char *const PARTS[] = { "", "-wal", "-shm" };

struct _GcSalvage
{
  char *path; /* the damaged file */
  char *copy;
  const char *const *migrations;
  sqlite3 *handle; /* of the copy, NULL if nothing can be made of it */
  int status;      /* what went wrong that is no damage, SQLITE_OK if nothing did */
};

static gboolean
fail_with (GcSalvage *self, const char *why, GError **error)
{
  g_set_error (error, GC_ERROR, GC_ERROR_STORAGE, "the damaged database %s cannot be salvaged: %s",
               self->path, why);
  return FALSE;
}

/* --- the copy --- */

static void
remove_copy (GcSalvage *self)
{
  g_clear_pointer (&self->handle, sqlite3_close);
  for (gsize i = 0; i < G_N_ELEMENTS (PARTS); i++)
    {
      g_autofree char *name = g_strconcat (self->copy, PARTS[i], NULL);

      g_unlink (name);
    }
}

static gboolean
write_page (int fd, const guint8 *page, size_t length, off_t offset)
{
  ssize_t written;

  do
    written = pwrite (fd, page, length, offset);
  while (written < 0 && errno == EINTR);
  if (written >= 0 && (size_t) written < length)
    errno = ENOSPC;
  return written == (ssize_t) length;
}

static void
read_page (int fd, guint8 *page, size_t length, off_t offset)
{
  ssize_t got;
  guint tries = 0;

  do
    got = pread (fd, page, length, offset);
  while (got < 0 && (errno == EINTR || ++tries < READ_TRIES));
}

/* A page that the disk does not give becomes an empty one, which is damage like any other. */
static gboolean
copy_pages (int from, int to)
{
  struct stat info;

  if (fstat (from, &info) != 0)
    return FALSE;
  for (off_t offset = 0; offset < info.st_size; offset += PAGE_SIZE)
    {
      guint8 page[PAGE_SIZE] = { 0 };
      size_t length = (size_t) MIN (PAGE_SIZE, info.st_size - offset);

      read_page (from, page, length, offset);
      if (!write_page (to, page, length, offset))
        return FALSE;
    }
  return TRUE;
}

static gboolean
copy_part (GcSalvage *self, const char *part, GError **error)
{
  g_autofree char *from_name = g_strconcat (self->path, part, NULL);
  g_autofree char *to_name = g_strconcat (self->copy, part, NULL);
  int from = open (from_name, O_RDONLY | O_CLOEXEC);
  int to;
  gboolean copied;

  if (from < 0)
    return errno == ENOENT || fail_with (self, g_strerror (errno), error);
  to = open (to_name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  copied = to >= 0 && copy_pages (from, to);
  if (!copied)
    fail_with (self, g_strerror (errno), error);
  if (to >= 0)
    close (to);
  close (from);
  return copied;
}

static gboolean
copy_anew (GcSalvage *self, GError **error)
{
  remove_copy (self);
  return copy_part (self, "", error) && copy_part (self, "-wal", error);
}

/* --- the first page --- */

/* Returns whether SQLite could do it; remembers if that was not because of the damage. */
static gboolean
is_good (GcSalvage *self, int status)
{
  if (status == SQLITE_OK || status == SQLITE_ROW || status == SQLITE_DONE)
    return TRUE;
  if (!gc_salvage_is_damage (status))
    self->status = status;
  return FALSE;
}

static guint8 *
make_first_page (GcSalvage *self)
{
  sqlite3 *model = NULL;
  guint8 *page = NULL;
  unsigned char *bytes = NULL;
  sqlite3_int64 length = 0;
  gboolean made = is_good (self, sqlite3_open (":memory:", &model));

  for (gsize i = 0; made && self->migrations[i] != NULL; i++)
    made = is_good (self, sqlite3_exec (model, self->migrations[i], NULL, NULL, NULL));
  if (made)
    bytes = sqlite3_serialize (model, "main", &length, 0);
  if (bytes != NULL && length >= PAGE_SIZE)
    page = g_memdup2 (bytes, PAGE_SIZE);
  else
    self->status = SQLITE_NOMEM;
  sqlite3_free (bytes);
  sqlite3_close (model);
  return page;
}

static void
put_number (guint8 *page, gsize offset, guint32 number)
{
  number = GUINT32_TO_BE (number);
  memcpy (page + offset, &number, sizeof number);
}

static guint8 *
load_first_page (GcSalvage *self)
{
  g_autofree guint8 *page = g_malloc (PAGE_SIZE);

  return gc_first_page_load (self->path, page) ? g_steal_pointer (&page) : NULL;
}

/* Puts the beginning of another database over that of the copy: what it says of the tables is the
 * same, of the rest only the number of pages counts. */
static void
graft (GcSalvage *self, guint8 *page, gsize length)
{
  int fd = open (self->copy, O_RDWR | O_CLOEXEC);
  struct stat info;

  if (fd >= 0 && fstat (fd, &info) == 0)
    {
      page[18] = 2; /* it has a journal ahead (WAL) */
      page[19] = 2;
      put_number (page, 24, 1); /* this and … */
      put_number (page, 28, (guint32) (info.st_size / PAGE_SIZE));
      put_number (page, 32, 0); /* no page is free */
      put_number (page, 36, 0);
      put_number (page, 92, 1); /* … this say that the number of pages is right */
      if (!write_page (fd, page, length, 0))
        self->status = SQLITE_IOERR;
    }
  if (fd >= 0)
    close (fd);
}

/* Whether there are tables, and all that is said of them can be read. */
static gboolean
has_tables (GcSalvage *self)
{
  sqlite3_stmt *statement = NULL;
  guint tables = 0;
  int status;

  if (!is_good (self, sqlite3_prepare_v2 (
                          self->handle, "SELECT name, sql FROM sqlite_schema WHERE type = 'table'",
                          -1, &statement, NULL)))
    return FALSE;
  while ((status = sqlite3_step (statement)) == SQLITE_ROW)
    tables++;
  sqlite3_finalize (statement);
  return is_good (self, status) && tables > 0;
}

/* With a schema that may be written SQLite overlooks what does not fit in it. */
static gboolean
open_copy (GcSalvage *self)
{
  if (is_good (self, sqlite3_open_v2 (self->copy, &self->handle,
                                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL))
      && is_good (self, sqlite3_exec (self->handle,
                                      "PRAGMA writable_schema = ON;"
                                      "PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF",
                                      NULL, NULL, NULL))
      && has_tables (self))
    return TRUE;
  g_clear_pointer (&self->handle, sqlite3_close);
  return FALSE;
}

/* What is put over the beginning, until there are tables. First what says that it is a database; if
 * that is not enough, also the list of tables: as it was kept, or else that of a new database,
 * whose places are right if the file was not made by an earlier version. */
static gboolean
try_beginnings (GcSalvage *self, GError **error)
{
  g_autofree guint8 *made = make_first_page (self);
  g_autofree guint8 *kept = load_first_page (self);
  const struct
  {
    guint8 *page;
    gsize length;
  } beginnings[] = { { made, HEADER_LENGTH }, { kept, PAGE_SIZE }, { made, PAGE_SIZE } };

  for (gsize i = 0; self->status == SQLITE_OK && i < G_N_ELEMENTS (beginnings); i++)
    {
      if (beginnings[i].page == NULL)
        continue;
      if (!copy_anew (self, error))
        return FALSE;
      graft (self, beginnings[i].page, beginnings[i].length);
      if (open_copy (self))
        break;
    }
  return self->status == SQLITE_OK || fail_with (self, sqlite3_errstr (self->status), error);
}

/**
 * gc_salvage_new:
 * @path: a damaged database
 * @migrations: (array zero-terminated=1): those that made it; outlives the salvage
 * @error: %GC_ERROR_STORAGE if there is no room for a copy, or the like
 *
 * Makes a copy, beside the file, that can be read. A file of which nothing can be made is no error:
 * then its tables are empty. Blocks; used by one thread at a time.
 *
 * Returns: (transfer full) (nullable): the salvage
 */
GcSalvage *
gc_salvage_new (const char *path, const char *const *migrations, GError **error)
{
  g_autoptr (GcSalvage) self = g_new0 (GcSalvage, 1);

  g_return_val_if_fail (path != NULL && migrations != NULL, NULL);

  self->path = g_strdup (path);
  self->copy = g_strconcat (path, ".copy", NULL);
  self->migrations = migrations;
  return try_beginnings (self, error) ? g_steal_pointer (&self) : NULL;
}

/* --- the tables --- */

static sqlite3_stmt *
prepare (GcSalvage *self, sqlite3 *handle, const char *sql)
{
  sqlite3_stmt *statement = NULL;

  is_good (self, sqlite3_prepare_v2 (handle, sql, -1, &statement, NULL));
  return statement;
}

static GStrv
list_names (GcSalvage *self, sqlite3 *handle, const char *sql, const char *parameter)
{
  g_autoptr (GStrvBuilder) names = g_strv_builder_new ();
  sqlite3_stmt *statement = prepare (self, handle, sql);

  if (statement != NULL && parameter != NULL)
    is_good (self, sqlite3_bind_text (statement, 1, parameter, -1, SQLITE_TRANSIENT));
  while (statement != NULL && sqlite3_step (statement) == SQLITE_ROW)
    {
      const char *name = (const char *) sqlite3_column_text (statement, 0);

      if (name != NULL)
        g_strv_builder_add (names, name);
    }
  is_good (self, sqlite3_finalize (statement));
  return g_strv_builder_end (names);
}

/**
 * gc_salvage_list_tables:
 * @self: a salvage
 * @into: a new database; inside a #GcDatabaseWork
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: (transfer full) (nullable): the tables that it has
 */
GStrv
gc_salvage_list_tables (GcSalvage *self, GcDatabase *into, GError **error)
{
  g_auto (GStrv) tables = list_names (self, gc_database_get_handle (into),
                                      "SELECT name FROM sqlite_schema WHERE type = 'table'"
                                      " AND name NOT LIKE 'sqlite%' ORDER BY rowid",
                                      NULL);

  if (self->status == SQLITE_OK)
    return g_steal_pointer (&tables);
  fail_with (self, sqlite3_errstr (self->status), error);
  return NULL;
}

#define COLUMNS_SQL "SELECT name FROM pragma_table_info (?)"

static char *
list_common_columns (GcSalvage *self, GcDatabase *into, const char *table)
{
  g_auto (GStrv) wanted = list_names (self, gc_database_get_handle (into), COLUMNS_SQL, table);
  g_auto (GStrv) there = list_names (self, self->handle, COLUMNS_SQL, table);
  g_autoptr (GStrvBuilder) common = g_strv_builder_new ();
  g_auto (GStrv) names = NULL;

  for (gsize i = 0; wanted[i] != NULL; i++)
    if (g_strv_contains ((const char *const *) there, wanted[i]))
      g_strv_builder_take (common, g_strdup_printf ("\"%s\"", wanted[i]));
  names = g_strv_builder_end (common);
  return g_strjoinv (", ", names);
}

static char *
repeat_marks (const char *columns)
{
  g_auto (GStrv) names = g_strsplit (columns, ", ", -1);

  for (gsize i = 0; names[i] != NULL; i++)
    {
      g_free (names[i]);
      names[i] = g_strdup ("?");
    }
  return g_strjoinv (", ", names);
}

static sqlite3_stmt *
prepare_select (
    GcSalvage *self, const char *columns, const char *table, const char *key, gboolean upwards)
{
  g_autofree char *sql
      = g_strdup_printf ("SELECT %s, %s FROM %s NOT INDEXED WHERE %s >= ? AND %s <= ?"
                         " ORDER BY %s%s",
                         columns, key, table, key, key, key, upwards ? "" : " DESC");

  return prepare (self, self->handle, sql);
}

static sqlite3_stmt *
prepare_insert (GcSalvage *self, GcDatabase *into, const char *columns, const char *table)
{
  g_autofree char *marks = repeat_marks (columns);
  g_autofree char *sql
      = g_strdup_printf ("INSERT OR IGNORE INTO %s (%s) VALUES (%s)", table, columns, marks);

  return prepare (self, gc_database_get_handle (into), sql);
}

/**
 * gc_salvage_copy_table:
 * @self: a salvage
 * @into: the new database; inside a #GcDatabaseWork
 * @table: one of gc_salvage_list_tables()
 * @kept: (out): how many rows were taken
 * @error: %GC_ERROR_STORAGE if the new one cannot take them
 *
 * Takes the rows that can be read, and that the new table lets in; their order is any. What they
 * say may be damaged: it is for the caller to look at.
 *
 * Returns: whether it succeeded, if with few rows or none
 */
gboolean
gc_salvage_copy_table (
    GcSalvage *self, GcDatabase *into, const char *table, guint *kept, GError **error)
{
  GcSalvageReader reader = { NULL };
  g_autofree char *columns = NULL;
  g_auto (GStrv) text_key = NULL;
  const char *key;

  *kept = 0;
  if (self->handle == NULL)
    return TRUE;
  columns = list_common_columns (self, into, table);
  text_key = list_names (self, gc_database_get_handle (into),
                         "SELECT '\"' || info.name || '\"' FROM pragma_table_list AS list,"
                         " pragma_table_info (?1) AS info"
                         " WHERE list.name = ?1 AND list.wr AND info.pk = 1",
                         table);
  key = text_key[0] != NULL ? text_key[0] : "rowid";
  reader.by_number = text_key[0] == NULL;
  /* Without common columns it was not there yet, or cannot be found. */
  if (columns[0] != '\0' && self->status == SQLITE_OK)
    {
      reader.upwards = prepare_select (self, columns, table, key, TRUE);
      reader.downwards = prepare_select (self, columns, table, key, FALSE);
      reader.insert = prepare_insert (self, into, columns, table);
    }
  if (reader.upwards != NULL && reader.downwards != NULL && reader.insert != NULL)
    gc_salvage_reader_run (&reader);
  sqlite3_finalize (reader.upwards);
  sqlite3_finalize (reader.downwards);
  sqlite3_finalize (reader.insert);
  *kept = reader.kept;
  if (self->status == SQLITE_OK)
    self->status = reader.status;
  return self->status == SQLITE_OK || fail_with (self, sqlite3_errstr (self->status), error);
}

/**
 * gc_salvage_free:
 * @self: (transfer full): a salvage
 *
 * Removes the copy.
 */
void
gc_salvage_free (GcSalvage *self)
{
  remove_copy (self);
  g_free (self->copy);
  g_free (self->path);
  g_free (self);
}
