/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-handover-private.h"

#include <libsoup/soup.h>

/* How soon silence is noticed, beside what makes it silence. */
#define TICK_MS 50
#define BACKOFF_BASE_MS 250
#define BACKOFF_CAP_MS 4000
#define STANDBY_BACKOFF_BASE_MS 2000
#define STANDBY_BACKOFF_CAP_MS 15000

G_DEFINE_FINAL_TYPE (GcHandover, gc_handover, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

enum
{
  SIGNAL_SWITCHED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

/* --- for the rules --- */

/**
 * gc_handover_set_state:
 * @self: a handover
 * @state: where it stands now
 */
void
gc_handover_set_state (GcHandover *self, GcHandoverState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/**
 * gc_handover_set_error:
 * @self: a handover
 * @error: (nullable): what is wrong now
 */
void
gc_handover_set_error (GcHandover *self, const GError *error)
{
  g_autoptr (GError) old = g_steal_pointer (&self->error);

  if (error != NULL)
    self->error = g_error_copy (error);
}

static void
on_publication_state (GcPublication *publication, GParamSpec *pspec, gpointer user_data)
{
  gc_handover_publication_changed (user_data, publication);
}

/**
 * gc_handover_make:
 * @self: a handover
 * @path: (nullable): see #GcPublicationSetup
 * @patience_ms: see there
 * @gathering_ms: see there
 * @held: see there
 * @error: as gc_whip_client_new()
 *
 * Returns: (transfer full) (nullable): a publication that is listened to, and has not started
 */
GcPublication *
gc_handover_make (GcHandover *self,
                  const GcPath *path,
                  guint patience_ms,
                  guint gathering_ms,
                  gboolean held,
                  GError **error)
{
  g_autoptr (GcWhipClient) client
      = gc_whip_client_new (self->url, self->token, self->anchors, self->certificate, error);
  gint64 limit_bps = gc_handover_find_limit (self, path);
  const GcPublicationSetup setup = {
    .identity = self->identity,
    .max_bps = limit_bps > 0 ? MIN (self->max_bps, limit_bps) : self->max_bps,
    .path = path,
    .ice_servers = self->ice_servers,
    .patience_ms = patience_ms,
    .gathering_ms = gathering_ms,
    .held = held,
  };
  GcPublication *publication;

  if (client == NULL)
    return NULL;
  publication = gc_publication_new (self->encoder, client, &setup);
  gc_publication_set_muted (publication, self->muted);
  g_signal_connect (publication, "notify::state", G_CALLBACK (on_publication_state), self);
  return publication;
}

/**
 * gc_handover_take_out:
 * @self: a handover
 * @slot: where one of its publications may be, and will not be any more
 *
 * Returns: (transfer full) (nullable): it, no longer listened to
 */
GcPublication *
gc_handover_take_out (GcHandover *self, GcPublication **slot)
{
  GcPublication *publication = g_steal_pointer (slot);

  if (publication != NULL)
    g_signal_handlers_disconnect_by_data (publication, self);
  return publication;
}

static void
finish_stopping (GcHandover *self)
{
  g_autoptr (GTask) task = NULL;

  if (self->stopping == NULL || self->closing > 0)
    return;
  task = g_steal_pointer (&self->stopping);
  if (self->untold != NULL)
    g_task_return_error (task, g_steal_pointer (&self->untold));
  else
    g_task_return_boolean (task, TRUE);
}

static void
finish_closing (GcHandover *self, GError *error)
{
  if (error != NULL)
    g_debug ("a session could not be ended at the server: %s", error->message);
  if (self->stopping != NULL && self->untold == NULL)
    self->untold = error;
  else
    g_clear_error (&error);
  self->closing--;
  finish_stopping (self);
  gc_handover_reconsider (self);
}

static void
on_closed_elsewhere (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcHandover) self = user_data;
  GError *error = NULL;

  gc_publication_close_finish (GC_PUBLICATION (source), result, &error);
  finish_closing (self, error);
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcHandover) self = user_data;
  GcPublication *publication = GC_PUBLICATION (source);
  GError *error = NULL;

  /* The way by which the server was told may be the one that is gone. */
  if (gc_publication_close_finish (publication, result, &error)
      || !gc_handover_turn_away (self, gc_publication_get_client (publication)))
    {
      finish_closing (self, error);
      return;
    }
  g_error_free (error);
  gc_publication_close_async (publication, on_closed_elsewhere, g_steal_pointer (&self));
}

/**
 * gc_handover_close:
 * @self: a handover
 * @publication: (transfer full): taken out of it
 *
 * Ends it, here and at the server.
 */
void
gc_handover_close (GcHandover *self, GcPublication *publication)
{
  self->closing++;
  gc_publication_close_async (publication, on_closed, g_object_ref (self));
  g_object_unref (publication);
}

/**
 * gc_handover_drop:
 * @self: a handover
 * @slot: where one of its publications may be, and will not be any more
 *
 * Ends it, here and at the server.
 */
void
gc_handover_drop (GcHandover *self, GcPublication **slot)
{
  GcPublication *publication = gc_handover_take_out (self, slot);

  if (publication != NULL)
    gc_handover_close (self, publication);
}

/**
 * gc_handover_drop_next:
 * @self: a handover
 *
 * Gives up what was to take over, if anything was.
 */
void
gc_handover_drop_next (GcHandover *self)
{
  gc_handover_drop (self, &self->next);
  g_clear_pointer (&self->next_interface, g_free);
  self->next_was_standby = FALSE;
  self->released_ms = 0;
}

/**
 * gc_handover_begin_anew:
 * @self: a handover
 *
 * Forgets how often things have failed.
 */
void
gc_handover_begin_anew (GcHandover *self)
{
  gc_backoff_reset (&self->backoff);
  g_clear_handle_id (&self->retry, g_source_remove);
  self->attempts = 0;
}

/**
 * gc_handover_end:
 * @self: a handover
 * @error: why
 *
 * Gives up for good.
 */
void
gc_handover_end (GcHandover *self, const GError *error)
{
  g_clear_handle_id (&self->ticker, g_source_remove);
  gc_handover_begin_anew (self);
  gc_handover_set_error (self, error);
  gc_handover_drop_next (self);
  gc_handover_drop (self, &self->standby);
  gc_handover_drop (self, &self->current);
  gc_handover_set_state (self, GC_HANDOVER_ENDED);
}

/**
 * gc_handover_switched:
 * @self: a handover
 *
 * Says that another publication is the current one.
 */
void
gc_handover_switched (GcHandover *self)
{
  gc_handover_apply_limits (self);
  g_signal_emit (self, signals[SIGNAL_SWITCHED], 0);
}

static gboolean
on_tick (gpointer user_data)
{
  gc_handover_reconsider (user_data);
  return G_SOURCE_CONTINUE;
}

/* --- the object --- */

static void
abandon (GcHandover *self, GcPublication **slot)
{
  g_autoptr (GcPublication) publication = gc_handover_take_out (self, slot);

  if (publication != NULL)
    gc_publication_close_async (publication, NULL, NULL);
}

static void
gc_handover_dispose (GObject *object)
{
  GcHandover *self = GC_HANDOVER (object);

  g_clear_handle_id (&self->ticker, g_source_remove);
  g_clear_handle_id (&self->retry, g_source_remove);
  abandon (self, &self->next);
  abandon (self, &self->standby);
  abandon (self, &self->current);
  g_clear_object (&self->encoder);
  g_clear_object (&self->anchors);
  g_clear_object (&self->certificate);
  g_clear_object (&self->network);
  G_OBJECT_CLASS (gc_handover_parent_class)->dispose (object);
}

static void
gc_handover_finalize (GObject *object)
{
  GcHandover *self = GC_HANDOVER (object);

  g_free (self->url);
  g_free (self->token);
  g_free (self->distrusted);
  g_free (self->next_interface);
  g_clear_error (&self->untold);
  gc_media_route_clear (&self->route);
  g_clear_error (&self->error);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  g_ptr_array_unref (self->paths);
  G_OBJECT_CLASS (gc_handover_parent_class)->finalize (object);
}

static void
gc_handover_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_HANDOVER (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_handover_class_init (GcHandoverClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_handover_dispose;
  object_class->finalize = gc_handover_finalize;
  object_class->get_property = gc_handover_get_property;
  /**
   * GcHandover:state:
   *
   * A #GcHandoverState.
   */
  properties[PROP_STATE]
      = g_param_spec_int ("state", NULL, NULL, GC_HANDOVER_IDLE, GC_HANDOVER_ENDED,
                          GC_HANDOVER_IDLE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  /**
   * GcHandover::switched:
   *
   * Another connection sends now: gc_handover_get_current() is another.
   */
  signals[SIGNAL_SWITCHED] = g_signal_new ("switched", GC_TYPE_HANDOVER, G_SIGNAL_RUN_LAST, 0, NULL,
                                           NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_handover_init (GcHandover *self)
{
  self->backoff = (GcBackoff) { .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS };
  self->standby_backoff
      = (GcBackoff) { .base_ms = STANDBY_BACKOFF_BASE_MS, .cap_ms = STANDBY_BACKOFF_CAP_MS };
  self->paths = gc_paths_new ();
  gc_feed_identity_init (&self->identity);
}

/**
 * gc_handover_new:
 * @encoder: where picture and sound come from
 * @url: a WHIP endpoint
 * @token: (nullable): bearer token
 * @anchors: (nullable): the pinned CA of a paired center; %NULL for the system's CAs
 * @certificate: (nullable): ours
 *
 * Main context.
 *
 * Returns: (transfer full): a handover that has not started
 */
GcHandover *
gc_handover_new (GcEncoder *encoder,
                 const char *url,
                 const char *token,
                 GTlsDatabase *anchors,
                 GTlsCertificate *certificate)
{
  GcHandover *self = g_object_new (GC_TYPE_HANDOVER, NULL);

  self->encoder = g_object_ref (encoder);
  self->url = g_strdup (url);
  self->token = g_strdup (token);
  g_set_object (&self->anchors, anchors);
  g_set_object (&self->certificate, certificate);
  return self;
}

static void
on_network_changed (GcNetworkMonitor *network, gboolean moved, gpointer user_data)
{
  gc_handover_apply_limits (user_data);
  gc_handover_network_changed (user_data, moved);
}

/**
 * gc_handover_watch_network:
 * @self: a handover that has not started
 * @network: says which ways out there are
 * @second: whether to use others than the kernel's
 *
 * Without it, only silence tells that something is wrong. Main context.
 */
void
gc_handover_watch_network (GcHandover *self, GcNetworkMonitor *network, GcSecondUplink second)
{
  g_return_if_fail (GC_IS_HANDOVER (self) && self->network == NULL);

  self->network = g_object_ref (network);
  self->second = second;
  g_ptr_array_unref (self->paths);
  self->paths = g_ptr_array_ref (gc_network_monitor_get_paths (network));
  g_signal_connect_object (network, "changed", G_CALLBACK (on_network_changed), self, 0);
}

/**
 * gc_handover_start:
 * @self: a handover that is idle or has ended
 *
 * Main context.
 */
void
gc_handover_start (GcHandover *self)
{
  g_autoptr (GUri) uri = g_uri_parse (self->url, SOUP_HTTP_URI_FLAGS, NULL);

  g_return_if_fail (GC_IS_HANDOVER (self) && self->ticker == 0);

  gc_handover_set_error (self, NULL);
  gc_media_route_clear (&self->route);
  if (uri != NULL && g_uri_get_host (uri) != NULL)
    gc_media_route_aim (&self->route, g_uri_get_host (uri));
  self->was_sending = FALSE;
  self->exclusive = FALSE;
  self->listened_ms = 0;
  self->ticker = g_timeout_add (TICK_MS, on_tick, self);
  gc_handover_set_state (self, GC_HANDOVER_TRYING);
  gc_handover_reconsider (self);
}

/**
 * gc_handover_stop_async:
 * @self: a handover
 * @callback: called when the server knows, or does not answer
 * @user_data: for @callback
 *
 * Stops sending at once, then tells the server. Main context.
 */
void
gc_handover_stop_async (GcHandover *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (GC_IS_HANDOVER (self) && self->stopping == NULL);

  self->stopping = g_task_new (self, NULL, callback, user_data);
  g_clear_handle_id (&self->ticker, g_source_remove);
  gc_handover_begin_anew (self);
  /* Over what works, if that has turned out already. */
  if (self->current != NULL && self->released_ms != 0)
    gc_whip_client_bind_interface (gc_publication_get_client (self->current), self->next_interface);
  gc_handover_drop_next (self);
  gc_handover_drop (self, &self->standby);
  gc_handover_drop (self, &self->current);
  gc_handover_set_state (self, GC_HANDOVER_IDLE);
  finish_stopping (self);
}

/**
 * gc_handover_stop_finish:
 * @self: a handover
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE: nothing is sent any more, but the server has not been told
 *
 * Returns: whether the server has been told
 */
gboolean
gc_handover_stop_finish (GcHandover *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * gc_handover_set_muted:
 * @self: a handover
 * @muted: whether sound stays on the handset
 *
 * Main context.
 */
void
gc_handover_set_muted (GcHandover *self, gboolean muted)
{
  GcPublication *const all[] = { self->current, self->next, self->standby };

  self->muted = muted;
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i] != NULL)
      gc_publication_set_muted (all[i], muted);
}

/**
 * gc_handover_get_state:
 * @self: a handover
 *
 * Returns: where it stands
 */
GcHandoverState
gc_handover_get_state (GcHandover *self)
{
  return self->state;
}

/**
 * gc_handover_get_error:
 * @self: a handover
 *
 * Returns: (transfer none) (nullable): why it ended, or why nothing gets through
 */
const GError *
gc_handover_get_error (GcHandover *self)
{
  return self->error;
}

/**
 * gc_handover_get_current:
 * @self: a handover
 *
 * Returns: (transfer none) (nullable): the publication that sends
 */
GcPublication *
gc_handover_get_current (GcHandover *self)
{
  return self->current;
}
