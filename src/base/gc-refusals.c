/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-refusals.h"

#include "base/gc-clock.h"

/* Of one: so many lines at once, then one in so long. */
#define ONE_BURST 20
#define ONE_INTERVAL_MS 60000
/* Of all together: four megabytes a day at the most. */
#define ALL_BURST 400
#define ALL_INTERVAL_MS 5000
/* Those beyond share what one has. */
#define MAX_KNOWN 1000
#define MAX_TEXT_LENGTH 300 /* characters */

typedef struct
{
  gint64 rested_ms; /* from when on nothing counts any more of what was said */
  guint unsaid;
} Ration;

struct _GcRefusals
{
  GHashTable *known; /* who → Ration */
  Ration others;
  Ration all;
};

/**
 * gc_refusals_new:
 *
 * Not for several threads.
 *
 * Returns: (transfer full): one that has refused nothing
 */
GcRefusals *
gc_refusals_new (void)
{
  GcRefusals *self = g_new0 (GcRefusals, 1);

  self->known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  return self;
}

/**
 * gc_refusals_free:
 * @self: (transfer full): refusals
 */
void
gc_refusals_free (GcRefusals *self)
{
  g_hash_table_unref (self->known);
  g_free (self);
}

/* --- how often --- */

static gboolean
has_rested (gpointer who, gpointer ration, gpointer now_ms)
{
  return ((const Ration *) ration)->rested_ms <= *(const gint64 *) now_ms;
}

static Ration *
find_ration (GcRefusals *self, const char *who, gint64 now_ms)
{
  Ration *ration = g_hash_table_lookup (self->known, who);

  if (ration != NULL)
    return ration;
  if (g_hash_table_size (self->known) >= MAX_KNOWN)
    g_hash_table_foreach_remove (self->known, has_rested, &now_ms);
  if (g_hash_table_size (self->known) >= MAX_KNOWN)
    return &self->others;
  ration = g_new0 (Ration, 1);
  g_hash_table_insert (self->known, g_strdup (who), ration);
  return ration;
}

static gboolean
has_left (const Ration *ration, guint burst, gint64 interval_ms, gint64 now_ms)
{
  return ration->rested_ms - now_ms <= (burst - 1) * interval_ms;
}

static void
use (Ration *ration, gint64 interval_ms, gint64 now_ms)
{
  ration->rested_ms = MAX (ration->rested_ms, now_ms) + interval_ms;
}

/* --- what --- */

/* What came from a peer must not look like another line of the log, nor turn its text around. */
static char *
make_plain (const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  GString *plain = g_string_new (NULL);
  guint length = 0;

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      if (++length > MAX_TEXT_LENGTH)
        {
          g_string_append (plain, "…");
          break;
        }
      if (g_unichar_isprint (character))
        g_string_append_unichar (plain, character);
      else
        g_string_append_printf (plain, "\\u%04x", character);
    }
  return g_string_free (plain, FALSE);
}

/**
 * gc_refusals_print:
 * @self: refusals
 * @who: a terminal's id, an address or the like
 * @what: was refused, and why; may hold anything that a peer has sent, but for secrets
 * @now_ms: monotonic
 *
 * Returns: (transfer full) (nullable): a line for the log, which says how many were left out
 *   before it, %NULL if this is one of them
 */
char *
gc_refusals_print (GcRefusals *self, const char *who, const char *what, gint64 now_ms)
{
  Ration *ration = find_ration (self, who, now_ms);
  g_autoptr (GString) line = NULL;
  g_autofree char *plain_who = NULL;
  g_autofree char *plain_what = NULL;

  if (!has_left (ration, ONE_BURST, ONE_INTERVAL_MS, now_ms)
      || !has_left (&self->all, ALL_BURST, ALL_INTERVAL_MS, now_ms))
    {
      ration->unsaid++;
      return NULL;
    }
  use (ration, ONE_INTERVAL_MS, now_ms);
  use (&self->all, ALL_INTERVAL_MS, now_ms);
  plain_who = make_plain (who);
  plain_what = make_plain (what);
  line = g_string_new (NULL);
  g_string_printf (line, "refused: %s: %s", plain_who, plain_what);
  if (ration->unsaid > 0)
    g_string_append_printf (line, " (and %u more before)", ration->unsaid);
  ration->unsaid = 0;
  return g_string_free (g_steal_pointer (&line), FALSE);
}

/**
 * gc_refusals_log:
 * @who: as for gc_refusals_print()
 * @format: of what was refused, and why
 * @...: for @format
 *
 * Writes a line into the log of the process, unless there are too many. Any thread.
 */
void
gc_refusals_log (const char *who, const char *format, ...)
{
  static GMutex mutex;
  static GcRefusals *own;
  g_autofree char *what = NULL;
  g_autofree char *line = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_mutex_lock (&mutex);
  if (own == NULL)
    own = gc_refusals_new ();
  line = gc_refusals_print (own, who, what, gc_clock_monotonic_ms ());
  g_mutex_unlock (&mutex);
  if (line != NULL)
    g_message ("%s", line);
}
