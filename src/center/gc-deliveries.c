/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-deliveries.h"

#include <string.h>

typedef struct
{
  const GcHubDelivery *delivery;
  gpointer data;
} Entry;

struct _GcDeliveries
{
  GArray *entries; /* of Entry */
};

/* Who wants to know, with @about moved to what he wants to know of. */
static const Entry *
find (GcDeliveries *self, const char **about)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      if (!g_str_has_prefix (*about, entry->delivery->prefix))
        continue;
      *about += strlen (entry->delivery->prefix);
      return entry;
    }
  return NULL;
}

/**
 * gc_deliveries_new:
 *
 * Returns: (transfer full): nobody
 */
GcDeliveries *
gc_deliveries_new (void)
{
  GcDeliveries *self = g_new0 (GcDeliveries, 1);

  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  return self;
}

/**
 * gc_deliveries_free:
 * @self: (transfer full): the deliveries
 */
void
gc_deliveries_free (GcDeliveries *self)
{
  g_array_unref (self->entries);
  g_free (self);
}

/**
 * gc_deliveries_add:
 * @self: the deliveries
 * @delivery: (transfer none): static
 * @data: for its function on the main thread
 *
 * Adds somebody who wants to know.
 */
void
gc_deliveries_add (GcDeliveries *self, const GcHubDelivery *delivery, gpointer data)
{
  Entry entry = { delivery, data };

  g_array_append_val (self->entries, entry);
}

/**
 * gc_deliveries_apply:
 * @self: the deliveries
 * @database: in the transaction that commits the acknowledgement
 * @terminal: who has acknowledged
 * @about: what
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it succeeded
 */
gboolean
gc_deliveries_apply (GcDeliveries *self,
                     GcDatabase *database,
                     const char *terminal,
                     const char *about,
                     GError **error)
{
  const Entry *entry = find (self, &about);

  return entry == NULL || entry->delivery->apply (database, terminal, about, error);
}

/**
 * gc_deliveries_again:
 * @self: the deliveries
 * @database: in the transaction in which the terminal's store turns out to be a new one
 * @terminal: whose
 * @error: %GC_ERROR_STORAGE
 *
 * Returns: whether it succeeded
 */
gboolean
gc_deliveries_again (GcDeliveries *self, GcDatabase *database, const char *terminal, GError **error)
{
  for (guint i = 0; i < self->entries->len; i++)
    if (!g_array_index (self->entries, Entry, i).delivery->again (database, terminal, error))
      return FALSE;
  return TRUE;
}

/**
 * gc_deliveries_tell:
 * @self: the deliveries
 * @terminal: who has acknowledged
 * @about: what
 *
 * Main thread, after the commit.
 */
void
gc_deliveries_tell (GcDeliveries *self, const char *terminal, const char *about)
{
  const Entry *entry = find (self, &about);

  if (entry != NULL)
    entry->delivery->was_delivered (entry->data, terminal, about);
}
