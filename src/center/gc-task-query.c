/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-query.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-task-store.h"

#include <string.h>

#define WORDS_MAX 4
#define FIND_MAX_LENGTH 200

typedef enum
{
  STATE_OPEN,
  STATE_ENDED,
  STATE_ALL,
} State;

struct _GcTaskQuery
{
  State state;
  char *terminal;             /* NULL: any */
  char *words[WORDS_MAX + 1]; /* folded; all of them must be there */
  gint64 from_ms;
  gint64 until_ms;
  gint64 limit;
  gint64 before; /* the number of the task that was read last; 0 at the end */
};

/**
 * gc_task_query_fold:
 * @text: UTF-8
 *
 * Makes texts that a person takes for the same the same: upper and lower case, full and half width.
 * Any thread.
 *
 * Returns: (transfer full): what is compared
 */
char *
gc_task_query_fold (const char *text)
{
  g_autofree char *normal = g_utf8_normalize (text, -1, G_NORMALIZE_ALL);

  return g_utf8_casefold (normal, -1);
}

static gboolean
refuse (GError **error, const char *what)
{
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, what);
  return FALSE;
}

static gboolean
read_state (GcTaskQuery *self, const char *text, GError **error)
{
  static const char *const NAMES[]
      = { [STATE_OPEN] = "open", [STATE_ENDED] = "ended", [STATE_ALL] = "all" };

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++)
    if (g_str_equal (text, NAMES[i]))
      {
        self->state = i;
        return TRUE;
      }
  return refuse (error, "“state” must be open, ended or all.");
}

static gboolean
read_words (GcTaskQuery *self, const char *text, GError **error)
{
  g_autofree char *folded = NULL;
  g_auto (GStrv) words = NULL;
  gsize count = 0;

  if (strlen (text) > FIND_MAX_LENGTH || !g_utf8_validate (text, -1, NULL))
    return refuse (error, "“find” must be text of at most 200 bytes.");
  folded = gc_task_query_fold (text);
  words = g_strsplit_set (folded, " \t\r\n", -1);
  for (gsize i = 0; words[i] != NULL; i++)
    {
      if (words[i][0] == '\0')
        continue;
      if (count == WORDS_MAX)
        return refuse (error, "“find” must be four words at most.");
      self->words[count++] = g_strdup (words[i]);
    }
  return TRUE;
}

static gboolean
read_time (const char *text, gint64 *wall_ms, const char *complaint, GError **error)
{
  return gc_clock_parse (text, wall_ms, NULL) || refuse (error, complaint);
}

static gboolean
read_number (const char *text, gint64 most, gint64 *number, const char *complaint, GError **error)
{
  guint64 value;

  if (!g_ascii_string_to_unsigned (text, 10, 1, (guint64) most, &value, NULL))
    return refuse (error, complaint);
  *number = (gint64) value;
  return TRUE;
}

static gboolean
read_terminal (GcTaskQuery *self, const char *text, GError **error)
{
  if (!gc_id_is_valid (text))
    return refuse (error, "“terminal” must be a terminal's id.");
  self->terminal = g_strdup (text);
  return TRUE;
}

static gboolean
read_all (GcTaskQuery *self, GHashTable *parameters, GError **error)
{
  const char *state = g_hash_table_lookup (parameters, "state");
  const char *find = g_hash_table_lookup (parameters, "find");
  const char *terminal = g_hash_table_lookup (parameters, "terminal");
  const char *from = g_hash_table_lookup (parameters, "from");
  const char *until = g_hash_table_lookup (parameters, "until");
  const char *limit = g_hash_table_lookup (parameters, "limit");
  const char *before = g_hash_table_lookup (parameters, "before");

  return (state == NULL || read_state (self, state, error))
         && (find == NULL || read_words (self, find, error))
         && (terminal == NULL || read_terminal (self, terminal, error))
         && (from == NULL
             || read_time (from, &self->from_ms,
                           "“from” must be a time such as 2026-11-24T02:33:00Z.", error))
         && (until == NULL
             || read_time (until, &self->until_ms,
                           "“until” must be a time such as 2026-11-24T02:33:00Z.", error))
         && (limit == NULL
             || read_number (limit, GC_TASK_QUERY_PAGE_MAX, &self->limit,
                             "“limit” must be from 1 to 500.", error))
         && (before == NULL
             || read_number (before, G_MAXINT64, &self->before, "“before” must be what “next” was.",
                             error));
}

/**
 * gc_task_query_new:
 * @parameters: (nullable) (element-type utf8 utf8): what stands behind the “?”, as API.md has it
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): a query that has read nothing
 */
GcTaskQuery *
gc_task_query_new (GHashTable *parameters, GError **error)
{
  g_autoptr (GcTaskQuery) self = g_new0 (GcTaskQuery, 1);

  self->from_ms = G_MININT64;
  self->until_ms = G_MAXINT64;
  self->limit = GC_TASK_QUERY_PAGE_MAX;
  self->before = G_MAXINT64;
  if (parameters != NULL && !read_all (self, parameters, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * gc_task_query_free:
 * @self: (transfer full): a query
 */
void
gc_task_query_free (GcTaskQuery *self)
{
  for (gsize i = 0; self->words[i] != NULL; i++)
    g_free (self->words[i]);
  g_free (self->terminal);
  g_free (self);
}

/* One statement for each state: an index holds the open ones, who may be few among many. */
static GcRows *
select_page (const GcTaskQuery *self, GcDatabase *database, GError **error)
{
  static const char *const STATEMENTS[] = {
#define SELECT(state)                                                                              \
  GC_TASK_STORE_SELECT " WHERE " state "task.rowid < ? AND terminal = coalesce(?, terminal)"       \
                       "  AND created_ms >= ? AND created_ms < ?"                                  \
                       "  AND instr(words, coalesce(?, '')) AND instr(words, coalesce(?, ''))"     \
                       "  AND instr(words, coalesce(?, '')) AND instr(words, coalesce(?, ''))"     \
                       "  ORDER BY task.rowid DESC LIMIT ?"
    [STATE_OPEN] = SELECT ("open AND "),
    [STATE_ENDED] = SELECT ("NOT open AND "),
    [STATE_ALL] = SELECT (""),
#undef SELECT
  };

  /* One more than the page, to know whether it is the last. */
  return gc_database_query (database, error, STATEMENTS[self->state], "isiissssi", self->before,
                            self->terminal, self->from_ms, self->until_ms, self->words[0],
                            self->words[1], self->words[2], self->words[3], self->limit + 1);
}

/**
 * gc_task_query_read:
 * @self: a query that is not at its end
 * @database: the center's
 * @error: %GC_ERROR_STORAGE
 *
 * Reads the next page. Inside a #GcDatabaseWork.
 *
 * Returns: (transfer full) (nullable): TASKs of API.md, newest first
 */
JsonArray *
gc_task_query_read (GcTaskQuery *self, GcDatabase *database, GError **error)
{
  g_autoptr (JsonArray) tasks = json_array_new ();
  g_autoptr (GError) local_error = NULL;
  g_autoptr (GcRows) rows = select_page (self, database, &local_error);
  gboolean more = FALSE;
  gint64 last = 0;

  while (rows != NULL && !more && gc_rows_next (rows, &local_error))
    {
      JsonObject *task;

      more = json_array_get_length (tasks) == (guint) self->limit;
      task = more ? NULL : gc_task_store_read (rows, &local_error);
      if (task == NULL)
        break;
      last = gc_rows_int64 (rows, GC_TASK_STORE_NUMBER);
      json_array_add_object_element (tasks, task);
    }
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return NULL;
    }
  self->before = more ? last : 0;
  return g_steal_pointer (&tasks);
}

/**
 * gc_task_query_get_next:
 * @self: a query that has read
 *
 * Any thread.
 *
 * Returns: the “before” with which another query goes on; 0 at the end
 */
gint64
gc_task_query_get_next (const GcTaskQuery *self)
{
  return self->before;
}
