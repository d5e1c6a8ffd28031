/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-alert-desk.h"

#include "base/gc-clock.h"
#include "center/gc-alert-store.h"

/* Thousands of terminals receive an alert in the same second: consoles hear of it a few times. */
#define TELL_MS 250
/* A timer that is longer than this would sleep through a change of the clock. */
#define WATCH_MAX_MS 60000

struct _GcAlertDesk
{
  GcDatabase *database;
  GcHub *hub;
  GcConsoleEvents *events;
  GcAlertOffice office;
  GHashTable *changed; /* ids that consoles have to hear of */
  guint tell_id;
  guint lapse_id;
};

/* --- telling consoles --- */

static gpointer
load_alert (GcDatabase *database, gpointer id, GError **error)
{
  return gc_alert_store_print (database, id, FALSE, error);
}

static void
on_alert_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcAlertDesk *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) alert = gc_database_run_finish (GC_DATABASE (source), result, &error);

  if (alert != NULL)
    gc_console_events_emit (self->events, "alert", alert);
  else
    g_debug ("an alert is not shown: %s", error->message);
}

static gboolean
on_tell (gpointer user_data)
{
  GcAlertDesk *self = user_data;
  GHashTableIter iter;
  gpointer id;

  self->tell_id = 0;
  g_hash_table_iter_init (&iter, self->changed);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    {
      gc_database_run_async (self->database, load_alert, id, g_free,
                             (GDestroyNotify) json_object_unref, NULL, on_alert_loaded, self);
      g_hash_table_iter_steal (&iter);
    }
  return G_SOURCE_REMOVE;
}

static void
tell (GcAlertDesk *self, const char *id)
{
  g_hash_table_add (self->changed, g_strdup (id));
  if (self->tell_id == 0)
    self->tell_id = g_timeout_add (TELL_MS, on_tell, self);
}

/* --- time --- */

typedef struct
{
  GPtrArray *ids;
  gint64 next_ms;
} Lapse;

static void
lapse_free (gpointer data)
{
  Lapse *lapse = data;

  g_ptr_array_unref (lapse->ids);
  g_free (lapse);
}

static gpointer
lapse (GcDatabase *database, gpointer data, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  Lapse *result = g_new0 (Lapse, 1);

  result->ids = g_ptr_array_new_with_free_func (g_free);
  if (gc_alert_store_lapse (database, gc_clock_wall_ms (), result->ids, &result->next_ms,
                            &local_error))
    return result;
  g_propagate_error (error, g_steal_pointer (&local_error));
  lapse_free (result);
  return NULL;
}

static gboolean
on_lapse_due (gpointer user_data);

static void
on_lapsed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  GcAlertDesk *self = user_data;
  g_autoptr (GError) error = NULL;
  Lapse *found = gc_database_run_finish (GC_DATABASE (source), result, &error);
  gint64 wait_ms = WATCH_MAX_MS;

  if (found == NULL)
    {
      g_message ("alerts that have expired could not be ended: %s", error->message);
      return;
    }
  for (guint i = 0; i < found->ids->len; i++)
    tell (self, g_ptr_array_index (found->ids, i));
  g_clear_handle_id (&self->lapse_id, g_source_remove);
  wait_ms = CLAMP (found->next_ms - gc_clock_wall_ms (), 0, WATCH_MAX_MS);
  if (found->next_ms != 0)
    self->lapse_id = g_timeout_add ((guint) wait_ms + 1, on_lapse_due, self);
  lapse_free (found);
}

static void
look_at_clock (GcAlertDesk *self)
{
  gc_database_run_async (self->database, lapse, NULL, NULL, lapse_free, NULL, on_lapsed, self);
}

static gboolean
on_lapse_due (gpointer user_data)
{
  GcAlertDesk *self = user_data;

  self->lapse_id = 0;
  look_at_clock (self);
  return G_SOURCE_REMOVE;
}

/* --- what terminals say --- */

static gboolean
apply_read (GcDatabase *database,
            const char *terminal,
            const GcEnvelope *envelope,
            gpointer *result,
            GError **error)
{
  char *id = NULL;

  if (!gc_alert_store_read (database, terminal, envelope->body, &id, error))
    return FALSE;
  *result = id;
  return TRUE;
}

static void
read_took_effect (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  g_autofree char *id = result;

  tell (data, id);
}

static const GcHubHandler READ = {
  .type = GC_MSG_ALERT_READ,
  .apply = apply_read,
  .took_effect = read_took_effect,
  .result_free = g_free,
};

static void
was_delivered (gpointer data, const char *terminal, const char *id)
{
  tell (data, id);
}

static const GcHubDelivery DELIVERY = {
  .prefix = GC_ALERT_ABOUT,
  .apply = gc_alert_store_deliver,
  .again = gc_alert_store_send_again,
  .was_delivered = was_delivered,
};

/**
 * gc_alert_desk_new:
 * @database: the center's
 * @hub: where terminals are, not mounted yet
 * @events: where consoles listen
 * @host: the center's name or address
 * @name: what the center calls itself
 *
 * Returns: (transfer full): the desk; free it after the hub's links and the database
 */
GcAlertDesk *
gc_alert_desk_new (
    GcDatabase *database, GcHub *hub, GcConsoleEvents *events, const char *host, const char *name)
{
  GcAlertDesk *self = g_new0 (GcAlertDesk, 1);

  self->database = g_object_ref (database);
  self->hub = g_object_ref (hub);
  self->events = g_object_ref (events);
  self->office.sender = g_strdelimit (g_strconcat ("gridcast@", host, NULL), " \t\r\n,<&", '-');
  self->office.name = g_strdup (name);
  self->changed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  gc_hub_handle (hub, &READ, self);
  gc_hub_handle_delivery (hub, &DELIVERY, self);
  look_at_clock (self);
  return self;
}

/**
 * gc_alert_desk_free:
 * @self: (transfer full): the desk
 */
void
gc_alert_desk_free (GcAlertDesk *self)
{
  g_clear_handle_id (&self->tell_id, g_source_remove);
  g_clear_handle_id (&self->lapse_id, g_source_remove);
  g_hash_table_unref (self->changed);
  g_free (self->office.sender);
  g_free (self->office.name);
  g_object_unref (self->database);
  g_object_unref (self->hub);
  g_object_unref (self->events);
  g_free (self);
}

/**
 * gc_alert_desk_get_office:
 * @self: the desk
 *
 * Returns: (transfer none): in whose name alerts are sent; any thread may read it
 */
const GcAlertOffice *
gc_alert_desk_get_office (GcAlertDesk *self)
{
  return &self->office;
}

/**
 * gc_alert_desk_changed:
 * @self: the desk
 *
 * An alert was sent or taken back, and is in the database: sends it to the terminals, tells the
 * consoles of those that ended by it, and sees to the clock.
 */
void
gc_alert_desk_changed (GcAlertDesk *self)
{
  gc_hub_flush_all_urgent (self->hub);
  look_at_clock (self);
}
