/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-sos-desk.h"

#include "base/gc-error.h"
#include "center/gc-link-work.h"
#include "center/gc-pace.h"
#include "center/gc-sos-store.h"

/* PROTOCOL.md: a terminal says every 5 s where it is. */
#define MOVE_INTERVAL_MS 1000

struct _GcSosDesk
{
  GcDatabase *database;
  GcHub *hub;
  GcConsoleEvents *events;
  GcPace *moves;
};

/* --- pressed and withdrawn --- */

static gboolean
apply_press (GcDatabase *database,
             const char *terminal,
             const GcEnvelope *envelope,
             gpointer *result,
             GError **error)
{
  g_autoptr (GcSos) sos = gc_sos_parse_press (envelope->body, error);

  if (sos == NULL || !gc_sos_store_press (database, terminal, sos, error))
    return FALSE;
  *result = gc_sos_store_print (database, sos->id, error);
  return *result != NULL;
}

static gboolean
apply_withdrawal (GcDatabase *database,
                  const char *terminal,
                  const GcEnvelope *envelope,
                  gpointer *result,
                  GError **error)
{
  gint64 at_ms;
  const char *id = gc_sos_parse_withdrawal (envelope->body, &at_ms, error);

  if (id == NULL || !gc_sos_store_withdraw (database, terminal, id, error))
    return FALSE;
  *result = gc_sos_store_print (database, id, error);
  return *result != NULL;
}

static void
tell (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcSosDesk *self = data;
  g_autoptr (JsonObject) sos = result;

  gc_console_events_emit (self->events, "sos", sos);
}

static const GcHubHandler PRESS = {
  .type = GC_MSG_SOS,
  .apply = apply_press,
  .took_effect = tell,
  .result_free = (GDestroyNotify) json_object_unref,
};

static const GcHubHandler WITHDRAWAL = {
  .type = GC_MSG_SOS_WITHDRAW,
  .apply = apply_withdrawal,
  .took_effect = tell,
  .result_free = (GDestroyNotify) json_object_unref,
};

/* --- where the worker is by now --- */

typedef struct
{
  GcConsoleEvents *events;
  char *terminal;
  GcSos *whereabouts;
} Move;

static void
move_free (Move *move)
{
  g_object_unref (move->events);
  g_free (move->terminal);
  gc_sos_free (move->whereabouts);
  g_free (move);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Move, move_free)

static gpointer
save_move (GcDatabase *database, gpointer data, GError **error)
{
  const Move *move = data;

  return gc_sos_store_move (database, move->terminal, move->whereabouts, error)
             ? gc_sos_store_print (database, move->whereabouts->id, error)
             : NULL;
}

static void
on_move_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Move) move = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) sos = gc_database_run_finish (GC_DATABASE (source), result, &error);

  if (sos != NULL)
    gc_console_events_emit (move->events, "sos", sos);
  else if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    gc_link_log_refusal (move->terminal, GC_MSG_SOS_POSITION " has no effect: %s", error->message);
  else
    g_message ("where a worker in need is could not be stored: %s", error->message);
}

static void
position_arrived (gpointer data, const char *terminal, const GcEnvelope *envelope, gpointer result)
{
  GcSosDesk *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcSos) whereabouts = gc_sos_parse_position (envelope->body, &error);
  Move *move;

  if (whereabouts == NULL)
    {
      gc_link_log_refusal (terminal, "%s has no effect: %s", envelope->type, error->message);
      return;
    }
  if (!gc_pace_allows (self->moves, terminal))
    return;
  move = g_new0 (Move, 1);
  move->events = g_object_ref (self->events);
  move->terminal = g_strdup (terminal);
  move->whereabouts = g_steal_pointer (&whereabouts);
  gc_database_run_async (self->database, save_move, move, NULL, (GDestroyNotify) json_object_unref,
                         NULL, on_move_saved, move);
}

static const GcHubHandler POSITION = {
  .type = GC_MSG_SOS_POSITION,
  .took_effect = position_arrived,
};

/**
 * gc_sos_desk_answered:
 * @self: the desk
 * @sos: what gc_sos_store_answer() said, committed
 *
 * Tells the consoles, and the terminal ahead of what waits for it.
 */
void
gc_sos_desk_answered (GcSosDesk *self, JsonObject *sos)
{
  gc_console_events_emit (self->events, "sos", sos);
  gc_hub_flush_urgent (self->hub, json_object_get_string_member (sos, "terminal"));
}

/**
 * gc_sos_desk_new:
 * @database: the center's
 * @hub: where terminals are
 * @events: where consoles listen
 *
 * Returns: (transfer full): the desk; free it after the hub's links and the database
 */
GcSosDesk *
gc_sos_desk_new (GcDatabase *database, GcHub *hub, GcConsoleEvents *events)
{
  GcSosDesk *self = g_new0 (GcSosDesk, 1);

  self->database = g_object_ref (database);
  self->hub = g_object_ref (hub);
  self->events = g_object_ref (events);
  self->moves = gc_pace_new (MOVE_INTERVAL_MS);
  gc_hub_handle (hub, &PRESS, self);
  gc_hub_handle (hub, &WITHDRAWAL, self);
  gc_hub_handle (hub, &POSITION, self);
  return self;
}

/**
 * gc_sos_desk_free:
 * @self: (transfer full): the desk
 */
void
gc_sos_desk_free (GcSosDesk *self)
{
  g_object_unref (self->database);
  g_object_unref (self->hub);
  g_object_unref (self->events);
  gc_pace_free (self->moves);
  g_free (self);
}
