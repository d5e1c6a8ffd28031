/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-hub.h"

#include "base/gc-clock.h"
#include "center/gc-reception.h"
#include "center/gc-renewal.h"
#include "center/gc-reply.h"
#include "center/gc-terminal-link.h"
#include "center/gc-upgrade.h"

#define SILENCE_MS 90000
#define SILENCE_CHECK_S 15
/* Of one terminal: whoever connects again and again without a word is not collected. */
#define MAX_ARRIVING 4
/* A core of a small server makes some hundred TLS connections a second; it has other work as well.
 */
#define RETURNING_EACH_SECOND 150
#define SPREAD_MAX_S 60

struct _GcHub
{
  GObject parent_instance;

  GcDatabase *database;
  GcRoster *roster;
  GcAuthority *authority;
  char *name;
  GcSocketWatch *watch;
  GHashTable *handlers; /* type → Handler */
  GcDeliveries *deliveries;
  GHashTable *links;   /* terminal → GcTerminalLink that said hello last */
  GPtrArray *arriving; /* of GcTerminalLink that has not said hello yet, oldest first */
  guint silence_id;
  guint connections; /* whose sockets are not gone yet, closed links included */
};

G_DEFINE_FINAL_TYPE (GcHub, gc_hub, G_TYPE_OBJECT)

enum
{
  ONLINE,
  OFFLINE,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

/* The database's thread reads a handler, and the hub's deliveries, while the main thread waits for
 * it; nothing is added once the server listens. */
typedef struct
{
  const GcHubHandler *handler;
  gpointer data;
} Handler;

static gconstpointer
find_handler (gpointer hub, const char *type)
{
  return g_hash_table_lookup (GC_HUB (hub)->handlers, type);
}

static gboolean
apply (GcDatabase *database, const char *terminal, GcLinkOutcome *outcome, GError **error)
{
  const Handler *handler = outcome->handler;

  return handler->handler->apply == NULL
         || handler->handler->apply (database, terminal, outcome->envelope, &outcome->result,
                                     error);
}

static gboolean
apply_delivery (
    gpointer hub, GcDatabase *database, const char *terminal, const char *about, GError **error)
{
  return gc_deliveries_apply (GC_HUB (hub)->deliveries, database, terminal, about, error);
}

static gboolean
started_anew (gpointer hub, GcDatabase *database, const char *terminal, GError **error)
{
  return gc_deliveries_again (GC_HUB (hub)->deliveries, database, terminal, error);
}

static void
took_effect (gpointer hub, const char *terminal, GcLinkOutcome *outcome)
{
  const Handler *handler = outcome->handler;

  if (outcome->committed || outcome->handler == NULL)
    gc_roster_touch (GC_HUB (hub)->roster, terminal);
  if (handler == NULL || outcome->committed != (handler->handler->apply != NULL)
      || handler->handler->took_effect == NULL)
    return;
  handler->handler->took_effect (handler->data, terminal, outcome->envelope,
                                 g_steal_pointer (&outcome->result));
}

static void
was_delivered (gpointer hub, const char *terminal, const char *about)
{
  gc_deliveries_tell (GC_HUB (hub)->deliveries, terminal, about);
}

static void
discard (GcLinkOutcome *outcome)
{
  const Handler *handler = outcome->handler;

  if (handler->handler->result_free != NULL)
    g_clear_pointer (&outcome->result, handler->handler->result_free);
}

/* Whatever still arrives of the terminal's connections, up to @count of all, is closed. */
static void
close_arriving (GcHub *self, const char *terminal, guint count, gushort code, const char *reason)
{
  g_autoptr (GPtrArray) links = g_ptr_array_new_with_free_func (g_object_unref);

  for (guint i = 0; i < count; i++)
    {
      GcTerminalLink *link = g_ptr_array_index (self->arriving, i);

      if (g_strcmp0 (gc_terminal_link_get_terminal (link), terminal) == 0)
        g_ptr_array_add (links, g_object_ref (link));
    }
  for (guint i = 0; i < links->len; i++)
    gc_terminal_link_close (g_ptr_array_index (links, i), code, reason);
}

/* Only who says hello is there: the request for a connection that the terminal has given up may be
 * late on a slow network, and come after that for the connection it made instead. */
static void
greeted (gpointer hub, GObject *link)
{
  static const char REASON[] = "a newer connection took over";
  GcHub *self = hub;
  const char *terminal = gc_terminal_link_get_terminal (GC_TERMINAL_LINK (link));
  GcTerminalLink *current = g_hash_table_lookup (self->links, terminal);
  g_autoptr (GcTerminalLink) older = current != NULL ? g_object_ref (current) : NULL;
  g_autoptr (GObject) newer = g_object_ref (link);
  guint position;

  if (g_ptr_array_find (self->arriving, link, &position))
    {
      close_arriving (self, terminal, position, GC_CHANNEL_CLOSE_REPLACED, REASON);
      g_ptr_array_remove (self->arriving, link);
    }
  if (older != NULL)
    gc_terminal_link_close (older, GC_CHANNEL_CLOSE_REPLACED, REASON);
  g_hash_table_replace (self->links, g_strdup (terminal), g_steal_pointer (&newer));
}

static void
opened (gpointer hub, GObject *link, const char *device)
{
  GcHub *self = hub;
  const char *terminal = gc_terminal_link_get_terminal (GC_TERMINAL_LINK (link));

  if (device != NULL && device[0] != '\0')
    gc_roster_set_device (self->roster, terminal, device);
  gc_roster_set_online (self->roster, terminal, TRUE);
  g_signal_emit (self, signals[ONLINE], 0, terminal);
}

static void
closed (gpointer hub, GObject *link)
{
  GcHub *self = hub;
  g_autofree char *terminal = g_strdup (gc_terminal_link_get_terminal (GC_TERMINAL_LINK (link)));

  g_ptr_array_remove (self->arriving, link);
  if (g_hash_table_lookup (self->links, terminal) != link)
    return;
  g_hash_table_remove (self->links, terminal);
  gc_roster_set_online (self->roster, terminal, FALSE);
  g_signal_emit (self, signals[OFFLINE], 0, terminal);
}

static void
gone (gpointer hub)
{
  GC_HUB (hub)->connections--;
}

static const GcLinkHandlers LINK_HANDLERS = {
  .find_handler = find_handler,
  .apply = apply,
  .delivered = apply_delivery,
  .started_anew = started_anew,
  .took_effect = took_effect,
  .was_delivered = was_delivered,
  .discard = discard,
  .greeted = greeted,
  .opened = opened,
  .closed = closed,
  .gone = gone,
};

static gboolean
on_check_silence (gpointer user_data)
{
  GcHub *self = user_data;
  gint64 now_ms = gc_clock_monotonic_ms ();
  g_autoptr (GPtrArray) links = g_hash_table_get_values_as_ptr_array (self->links);

  for (guint i = 0; i < links->len; i++)
    {
      GcTerminalLink *link = g_ptr_array_index (links, i);

      if (now_ms - gc_terminal_link_get_heard_ms (link) > SILENCE_MS)
        gc_terminal_link_close (link, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, "silence");
    }
  return G_SOURCE_CONTINUE;
}

static void
gc_hub_finalize (GObject *object)
{
  GcHub *self = GC_HUB (object);

  g_clear_handle_id (&self->silence_id, g_source_remove);
  g_clear_pointer (&self->links, g_hash_table_unref);
  g_clear_pointer (&self->arriving, g_ptr_array_unref);
  g_clear_pointer (&self->handlers, g_hash_table_unref);
  g_clear_object (&self->watch);
  g_clear_pointer (&self->deliveries, gc_deliveries_free);
  g_clear_object (&self->database);
  g_clear_object (&self->roster);
  g_clear_object (&self->authority);
  g_free (self->name);
  G_OBJECT_CLASS (gc_hub_parent_class)->finalize (object);
}

static void
gc_hub_class_init (GcHubClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_hub_finalize;

  signals[ONLINE] = g_signal_new ("online", GC_TYPE_HUB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[OFFLINE] = g_signal_new ("offline", GC_TYPE_HUB, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                   G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
gc_hub_init (GcHub *self)
{
  self->handlers = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, g_free);
  self->deliveries = gc_deliveries_new ();
  self->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  self->watch = gc_socket_watch_new ();
  self->arriving = g_ptr_array_new_with_free_func (g_object_unref);
  self->silence_id = g_timeout_add_seconds (SILENCE_CHECK_S, on_check_silence, self);
}

/**
 * gc_hub_new:
 * @database: the center's
 * @roster: who is paired
 * @authority: who signed their certificates
 * @name: what the center calls itself
 *
 * Returns: (transfer full): a hub without links
 */
GcHub *
gc_hub_new (GcDatabase *database, GcRoster *roster, GcAuthority *authority, const char *name)
{
  GcHub *self = g_object_new (GC_TYPE_HUB, NULL);

  self->database = g_object_ref (database);
  self->roster = g_object_ref (roster);
  self->authority = g_object_ref (authority);
  self->name = g_strdup (name);
  return self;
}

/**
 * gc_hub_handle:
 * @self: a hub that is not mounted yet
 * @handler: (transfer none): static
 * @data: for its functions on the main thread; outlives the hub's links
 *
 * Says who understands a type of envelope.
 */
void
gc_hub_handle (GcHub *self, const GcHubHandler *handler, gpointer data)
{
  Handler *entry = g_new0 (Handler, 1);

  entry->handler = handler;
  entry->data = data;
  g_hash_table_insert (self->handlers, (gpointer) handler->type, entry);
}

/**
 * gc_hub_handle_delivery:
 * @self: a hub that is not mounted yet
 * @delivery: (transfer none): static
 * @data: for its function on the main thread; outlives the hub's links
 *
 * Says who wants to know about acknowledgements.
 */
void
gc_hub_handle_delivery (GcHub *self, const GcHubDelivery *delivery, gpointer data)
{
  gc_deliveries_add (self->deliveries, delivery, data);
}

static GcTerminalLink *
find_link (GcHub *self, const char *terminal)
{
  return g_hash_table_lookup (self->links, terminal);
}

typedef struct
{
  GcHub *hub;
  char *terminal;
} Arrival;

static void
arrival_free (gpointer data)
{
  Arrival *arrival = data;

  g_object_unref (arrival->hub);
  g_free (arrival->terminal);
  g_free (arrival);
}

static JsonObject *
introduce (GcHub *self, const GcTerminal *terminal)
{
  JsonObject *introduction = json_object_new ();
  guint spread_s = gc_roster_count (self->roster) / RETURNING_EACH_SECOND;

  json_object_set_string_member (introduction, "software", "gridcast-center " GC_VERSION);
  json_object_set_string_member (introduction, "name", self->name);
  json_object_set_string_member (introduction, "worker", terminal->worker);
  json_object_set_int_member (introduction, "spread_s", MIN (spread_s, SPREAD_MAX_S));
  return introduction;
}

static void
make_room (GcHub *self, const char *terminal)
{
  guint count = 0;
  guint oldest = 0;

  for (guint i = self->arriving->len; i-- > 0;)
    if (g_strcmp0 (gc_terminal_link_get_terminal (g_ptr_array_index (self->arriving, i)), terminal)
        == 0)
      {
        count++;
        oldest = i;
      }
  if (count >= MAX_ARRIVING)
    close_arriving (self, terminal, oldest + 1, GC_CHANNEL_CLOSE_REPLACED,
                    "newer connections came");
}

static void
on_upgraded (SoupWebsocketConnection *socket, GcFrameGuard *guard, gpointer user_data)
{
  Arrival *arrival = user_data;
  GcHub *self = arrival->hub;
  const GcTerminal *terminal = gc_roster_find (self->roster, arrival->terminal);
  g_autoptr (JsonObject) introduction = introduce (self, terminal);
  g_autoptr (GcTerminalLink) link = gc_terminal_link_new (
      terminal->id, introduction, self->database, socket, guard, &LINK_HANDLERS, G_OBJECT (self));

  self->connections++;
  if (terminal->revoked)
    {
      gc_terminal_link_close (link, GC_CHANNEL_CLOSE_REVOKED, "the certificate is revoked");
      return;
    }
  make_room (self, terminal->id);
  g_ptr_array_add (self->arriving, g_steal_pointer (&link));
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  GcHub *self = user_data;
  const GcTerminal *terminal;
  g_autofree char *who = NULL;
  Arrival *arrival;

  if (g_strcmp0 (path, "/channel") != 0)
    {
      gc_reply_problem (message, SOUP_STATUS_NOT_FOUND, "not-found", "There is no such page.");
      return;
    }
  terminal = gc_renewal_recognise (self->database, self->authority, self->roster,
                                   gc_reception_get_certificate (message));
  if (terminal == NULL)
    {
      gc_reply_problem (message, SOUP_STATUS_FORBIDDEN, "certificate",
                        "The channel needs the certificate of a paired terminal.");
      return;
    }
  arrival = g_new0 (Arrival, 1);
  arrival->hub = g_object_ref (self);
  arrival->terminal = g_strdup (terminal->id);
  who = g_strconcat ("terminal ", terminal->id, NULL);
  gc_upgrade (message, who, self->watch, GC_CHANNEL_PROTOCOL, GC_ENVELOPE_MAX_LENGTH, on_upgraded,
              arrival, arrival_free);
}

/**
 * gc_hub_mount:
 * @self: a hub
 * @server: where to answer “/channel”
 */
void
gc_hub_mount (GcHub *self, SoupServer *server)
{
  soup_server_add_handler (server, "/channel", on_request, g_object_ref (self), g_object_unref);
}

/**
 * gc_hub_is_online:
 * @self: a hub
 * @terminal: its id
 *
 * Returns: whether its channel is open
 */
gboolean
gc_hub_is_online (GcHub *self, const char *terminal)
{
  GcTerminalLink *link = find_link (self, terminal);

  return link != NULL && gc_terminal_link_is_open (link);
}

/**
 * gc_hub_send:
 * @self: a hub
 * @terminal: to whom
 * @type: of an ephemeral envelope
 * @body: (nullable): of it
 *
 * Sends now or never.
 *
 * Returns: whether the terminal is online
 */
gboolean
gc_hub_send (GcHub *self, const char *terminal, const char *type, JsonObject *body)
{
  if (!gc_hub_is_online (self, terminal))
    return FALSE;
  gc_terminal_link_send (find_link (self, terminal), type, body);
  return TRUE;
}

/**
 * gc_hub_flush:
 * @self: a hub
 * @terminal: for whom something was put into the outbox, and committed
 *
 * Sends it if the terminal is online; if not, it is sent when the terminal comes.
 */
void
gc_hub_flush (GcHub *self, const char *terminal)
{
  GcTerminalLink *link = find_link (self, terminal);

  if (link != NULL)
    gc_terminal_link_flush (link);
}

/**
 * gc_hub_flush_urgent:
 * @self: a hub
 * @terminal: for whom something urgent was put into the outbox, and committed
 *
 * As gc_hub_flush(), but it overtakes what waits.
 */
void
gc_hub_flush_urgent (GcHub *self, const char *terminal)
{
  GcTerminalLink *link = find_link (self, terminal);

  if (link != NULL)
    gc_terminal_link_flush_urgent (link);
}

/**
 * gc_hub_flush_all_urgent:
 * @self: a hub
 *
 * As gc_hub_flush_urgent(), for every terminal.
 */
void
gc_hub_flush_all_urgent (GcHub *self)
{
  g_autoptr (GPtrArray) links = g_hash_table_get_values_as_ptr_array (self->links);

  for (guint i = 0; i < links->len; i++)
    gc_terminal_link_flush_urgent (g_ptr_array_index (links, i));
}

/**
 * gc_hub_disconnect:
 * @self: a hub
 * @terminal: whom
 * @code: as PROTOCOL.md lists them
 * @reason: for the log of the other side
 *
 * Closes a channel, if it is open or about to be.
 */
void
gc_hub_disconnect (GcHub *self, const char *terminal, gushort code, const char *reason)
{
  GcTerminalLink *link = find_link (self, terminal);

  close_arriving (self, terminal, self->arriving->len, code, reason);
  if (link != NULL)
    gc_terminal_link_close (link, code, reason);
}

static gpointer
copy_link (gconstpointer link, gpointer unused)
{
  return g_object_ref ((gpointer) link);
}

/**
 * gc_hub_close:
 * @self: a hub
 *
 * Closes all channels.
 */
void
gc_hub_close (GcHub *self)
{
  g_autoptr (GPtrArray) links = g_ptr_array_copy (self->arriving, copy_link, NULL);
  GHashTableIter iter;
  gpointer open;

  g_hash_table_iter_init (&iter, self->links);
  while (g_hash_table_iter_next (&iter, NULL, &open))
    g_ptr_array_add (links, g_object_ref (open));
  for (guint i = 0; i < links->len; i++)
    gc_terminal_link_close (g_ptr_array_index (links, i), SOUP_WEBSOCKET_CLOSE_GOING_AWAY,
                            "the center stops");
}

/**
 * gc_hub_is_closed:
 * @self: a hub
 *
 * Returns: whether no connection is left
 */
gboolean
gc_hub_is_closed (GcHub *self)
{
  return self->connections == 0;
}
