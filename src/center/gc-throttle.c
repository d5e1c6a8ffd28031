/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-throttle.h"

/* So many keys fill about a megabyte; an attacker with more addresses than this only makes the
 * center forget the oldest ones. */
#define MAX_KEYS 10000
#define MAX_KEY_LENGTH 128

typedef struct
{
  guint failures;
  gint64 last_ms;
  gint64 until_ms;
} Record;

struct _GcThrottle
{
  GHashTable *records; /* key → Record */
  guint free_failures;
  guint first_wait_s;
  guint max_wait_s;
};

/**
 * gc_throttle_new:
 * @free_failures: how many failures cost nothing
 * @first_wait_s: the wait after one more, seconds
 * @max_wait_s: the longest wait, seconds; failures this long ago, and twice, are forgotten
 *
 * Returns: (transfer full): a throttle that has seen nobody
 */
GcThrottle *
gc_throttle_new (guint free_failures, guint first_wait_s, guint max_wait_s)
{
  GcThrottle *self = g_new0 (GcThrottle, 1);

  self->records = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->free_failures = free_failures;
  self->first_wait_s = first_wait_s;
  self->max_wait_s = max_wait_s;
  return self;
}

/**
 * gc_throttle_free:
 * @self: (transfer full): a throttle
 */
void
gc_throttle_free (GcThrottle *self)
{
  g_hash_table_unref (self->records);
  g_free (self);
}

static char *
shorten (const char *key)
{
  return g_strndup (key, MAX_KEY_LENGTH);
}

static gboolean
is_forgotten (GcThrottle *self, const Record *record, gint64 now_ms)
{
  return now_ms - record->last_ms > 2000 * (gint64) self->max_wait_s;
}

/**
 * gc_throttle_check:
 * @self: a throttle
 * @key: who wants to try, as an address or a user's name
 * @now_ms: monotonic
 *
 * Returns: how many seconds to wait, 0 if the attempt may be made now
 */
guint
gc_throttle_check (GcThrottle *self, const char *key, gint64 now_ms)
{
  g_autofree char *short_key = shorten (key);
  const Record *record = g_hash_table_lookup (self->records, short_key);

  if (record == NULL || now_ms >= record->until_ms)
    return 0;
  return (guint) ((record->until_ms - now_ms + 999) / 1000);
}

static void
make_room (GcThrottle *self, gint64 now_ms)
{
  GHashTableIter iter;
  gpointer key;
  gpointer value;
  char *oldest = NULL;
  gint64 oldest_ms = G_MAXINT64;

  g_hash_table_iter_init (&iter, self->records);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Record *record = value;

      if (is_forgotten (self, record, now_ms))
        g_hash_table_iter_remove (&iter);
      else if (record->last_ms < oldest_ms)
        {
          oldest_ms = record->last_ms;
          oldest = key;
        }
    }
  if (g_hash_table_size (self->records) >= MAX_KEYS)
    g_hash_table_remove (self->records, oldest);
}

/**
 * gc_throttle_fail:
 * @self: a throttle
 * @key: who tried
 * @now_ms: monotonic
 *
 * Remembers a failed attempt.
 */
void
gc_throttle_fail (GcThrottle *self, const char *key, gint64 now_ms)
{
  g_autofree char *short_key = shorten (key);
  Record *record = g_hash_table_lookup (self->records, short_key);

  if (record == NULL)
    {
      if (g_hash_table_size (self->records) >= MAX_KEYS)
        make_room (self, now_ms);
      record = g_new0 (Record, 1);
      g_hash_table_insert (self->records, g_steal_pointer (&short_key), record);
    }
  else if (is_forgotten (self, record, now_ms))
    record->failures = 0;
  record->failures++;
  record->last_ms = now_ms;
  if (record->failures > self->free_failures)
    {
      guint doublings = MIN (record->failures - self->free_failures - 1, 20);
      gint64 wait_s = MIN ((gint64) self->first_wait_s << doublings, (gint64) self->max_wait_s);

      record->until_ms = now_ms + wait_s * 1000;
    }
}

/**
 * gc_throttle_succeed:
 * @self: a throttle
 * @key: who tried
 *
 * Forgives: the next failure is the first.
 */
void
gc_throttle_succeed (GcThrottle *self, const char *key)
{
  g_autofree char *short_key = shorten (key);

  g_hash_table_remove (self->records, short_key);
}
