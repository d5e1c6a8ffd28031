/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-succession-private.h"

#include <libsoup/soup.h>

/* How soon silence is noticed, beside what makes it silence. */
#define TICK_MS 50
#define BACKOFF_BASE_MS 250
#define BACKOFF_CAP_MS 4000
#define SPARE_BACKOFF_BASE_MS 2000
#define SPARE_BACKOFF_CAP_MS 15000

G_DEFINE_FINAL_TYPE (GcSuccession, gc_succession, G_TYPE_OBJECT)

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
 * gc_succession_set_state:
 * @self: a succession
 * @state: where it stands now
 */
void
gc_succession_set_state (GcSuccession *self, GcSuccessionState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/**
 * gc_succession_set_error:
 * @self: a succession
 * @error: (nullable): what is wrong now
 */
void
gc_succession_set_error (GcSuccession *self, const GError *error)
{
  g_autoptr (GError) old = g_steal_pointer (&self->error);

  if (error != NULL)
    self->error = g_error_copy (error);
}

static void
on_publication_state (GcPublication *publication, GParamSpec *pspec, gpointer user_data)
{
  gc_succession_publication_changed (user_data, publication);
}

/**
 * gc_succession_make:
 * @self: a succession
 * @path: (nullable): see #GcPublicationSetup
 * @patience_ms: see there
 * @gathering_ms: see there
 * @held: see there
 * @error: as gc_whip_client_new()
 *
 * Returns: (transfer full) (nullable): a publication that is listened to, and has not started
 */
GcPublication *
gc_succession_make (GcSuccession *self,
                    const GcPath *path,
                    guint patience_ms,
                    guint gathering_ms,
                    gboolean held,
                    GError **error)
{
  g_autoptr (GcWhipClient) client
      = gc_whip_client_new (self->url, self->token, self->anchors, self->certificate, error);
  const GcPublicationSetup setup = {
    .identity = self->identity,
    .max_bps = self->max_bps,
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
 * gc_succession_take_out:
 * @self: a succession
 * @slot: where one of its publications may be, and will not be any more
 *
 * Returns: (transfer full) (nullable): it, no longer listened to
 */
GcPublication *
gc_succession_take_out (GcSuccession *self, GcPublication **slot)
{
  GcPublication *publication = g_steal_pointer (slot);

  if (publication != NULL)
    g_signal_handlers_disconnect_by_data (publication, self);
  return publication;
}

static void
finish_stopping (GcSuccession *self)
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
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcSuccession) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_publication_close_finish (GC_PUBLICATION (source), result, &error))
    g_debug ("a session could not be ended at the server: %s", error->message);
  if (self->stopping != NULL && self->untold == NULL)
    self->untold = g_steal_pointer (&error);
  self->closing--;
  finish_stopping (self);
  gc_succession_reconsider (self);
}

/**
 * gc_succession_close:
 * @self: a succession
 * @publication: (transfer full): taken out of it
 *
 * Ends it, here and at the server.
 */
void
gc_succession_close (GcSuccession *self, GcPublication *publication)
{
  self->closing++;
  gc_publication_close_async (publication, on_closed, g_object_ref (self));
  g_object_unref (publication);
}

/**
 * gc_succession_drop:
 * @self: a succession
 * @slot: where one of its publications may be, and will not be any more
 *
 * Ends it, here and at the server.
 */
void
gc_succession_drop (GcSuccession *self, GcPublication **slot)
{
  GcPublication *publication = gc_succession_take_out (self, slot);

  if (publication != NULL)
    gc_succession_close (self, publication);
}

/**
 * gc_succession_drop_next:
 * @self: a succession
 *
 * Gives up what was to take over, if anything was.
 */
void
gc_succession_drop_next (GcSuccession *self)
{
  gc_succession_drop (self, &self->next);
  g_clear_pointer (&self->next_interface, g_free);
  self->next_was_spare = FALSE;
  self->released_ms = 0;
}

/**
 * gc_succession_begin_anew:
 * @self: a succession
 *
 * Forgets how often things have failed.
 */
void
gc_succession_begin_anew (GcSuccession *self)
{
  gc_backoff_reset (&self->backoff);
  g_clear_handle_id (&self->retry, g_source_remove);
  self->attempts = 0;
}

/**
 * gc_succession_end:
 * @self: a succession
 * @error: why
 *
 * Gives up for good.
 */
void
gc_succession_end (GcSuccession *self, const GError *error)
{
  g_clear_handle_id (&self->ticker, g_source_remove);
  gc_succession_begin_anew (self);
  gc_succession_set_error (self, error);
  gc_succession_drop_next (self);
  gc_succession_drop (self, &self->spare);
  gc_succession_drop (self, &self->current);
  gc_succession_set_state (self, GC_SUCCESSION_ENDED);
}

/**
 * gc_succession_switched:
 * @self: a succession
 *
 * Says that another publication is the current one.
 */
void
gc_succession_switched (GcSuccession *self)
{
  g_signal_emit (self, signals[SIGNAL_SWITCHED], 0);
}

static gboolean
on_tick (gpointer user_data)
{
  gc_succession_reconsider (user_data);
  return G_SOURCE_CONTINUE;
}

/* --- the object --- */

static void
abandon (GcSuccession *self, GcPublication **slot)
{
  g_autoptr (GcPublication) publication = gc_succession_take_out (self, slot);

  if (publication != NULL)
    gc_publication_close_async (publication, NULL, NULL);
}

static void
gc_succession_dispose (GObject *object)
{
  GcSuccession *self = GC_SUCCESSION (object);

  g_clear_handle_id (&self->ticker, g_source_remove);
  g_clear_handle_id (&self->retry, g_source_remove);
  abandon (self, &self->next);
  abandon (self, &self->spare);
  abandon (self, &self->current);
  g_clear_object (&self->encoder);
  g_clear_object (&self->anchors);
  g_clear_object (&self->certificate);
  g_clear_object (&self->network);
  G_OBJECT_CLASS (gc_succession_parent_class)->dispose (object);
}

static void
gc_succession_finalize (GObject *object)
{
  GcSuccession *self = GC_SUCCESSION (object);

  g_free (self->url);
  g_free (self->token);
  g_free (self->distrusted);
  g_free (self->next_interface);
  g_clear_error (&self->untold);
  gc_way_clear (&self->way);
  g_clear_error (&self->error);
  g_clear_pointer (&self->ice_servers, g_ptr_array_unref);
  g_ptr_array_unref (self->paths);
  G_OBJECT_CLASS (gc_succession_parent_class)->finalize (object);
}

static void
gc_succession_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_SUCCESSION (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_succession_class_init (GcSuccessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_succession_dispose;
  object_class->finalize = gc_succession_finalize;
  object_class->get_property = gc_succession_get_property;
  /**
   * GcSuccession:state:
   *
   * A #GcSuccessionState.
   */
  properties[PROP_STATE]
      = g_param_spec_int ("state", NULL, NULL, GC_SUCCESSION_IDLE, GC_SUCCESSION_ENDED,
                          GC_SUCCESSION_IDLE, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  /**
   * GcSuccession::switched:
   *
   * Another connection sends now: gc_succession_get_current() is another.
   */
  signals[SIGNAL_SWITCHED] = g_signal_new ("switched", GC_TYPE_SUCCESSION, G_SIGNAL_RUN_LAST, 0,
                                           NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_succession_init (GcSuccession *self)
{
  self->backoff = (GcBackoff) { .base_ms = BACKOFF_BASE_MS, .cap_ms = BACKOFF_CAP_MS };
  self->spare_backoff
      = (GcBackoff) { .base_ms = SPARE_BACKOFF_BASE_MS, .cap_ms = SPARE_BACKOFF_CAP_MS };
  self->paths = gc_paths_new ();
  gc_feed_identity_init (&self->identity);
}

/**
 * gc_succession_new:
 * @encoder: where picture and sound come from
 * @url: a WHIP endpoint
 * @token: (nullable): bearer token
 * @anchors: (nullable): the pinned CA of a paired center; %NULL for the system's CAs
 * @certificate: (nullable): ours
 *
 * Main context.
 *
 * Returns: (transfer full): a succession that has not started
 */
GcSuccession *
gc_succession_new (GcEncoder *encoder,
                   const char *url,
                   const char *token,
                   GTlsDatabase *anchors,
                   GTlsCertificate *certificate)
{
  GcSuccession *self = g_object_new (GC_TYPE_SUCCESSION, NULL);

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
  gc_succession_network_changed (user_data, moved);
}

/**
 * gc_succession_watch_network:
 * @self: a succession that has not started
 * @network: says which ways out there are
 * @second: whether to use others than the kernel's
 *
 * Without it, only silence tells that something is wrong. Main context.
 */
void
gc_succession_watch_network (GcSuccession *self, GcNetworkMonitor *network, GcSecondUplink second)
{
  g_return_if_fail (GC_IS_SUCCESSION (self) && self->network == NULL);

  self->network = g_object_ref (network);
  self->second = second;
  g_ptr_array_unref (self->paths);
  self->paths = g_ptr_array_ref (gc_network_monitor_get_paths (network));
  g_signal_connect_object (network, "changed", G_CALLBACK (on_network_changed), self, 0);
}

/**
 * gc_succession_set_max_bitrate:
 * @self: a succession that has not started
 * @bps: most that the picture may take, bit/s, 100,000 to 50,000,000
 *
 * Main context.
 */
void
gc_succession_set_max_bitrate (GcSuccession *self, gint64 bps)
{
  g_return_if_fail (GC_IS_SUCCESSION (self) && self->ticker == 0);

  self->max_bps = bps;
}

/**
 * gc_succession_start:
 * @self: a succession that is idle or has ended
 *
 * Main context.
 */
void
gc_succession_start (GcSuccession *self)
{
  g_autoptr (GUri) uri = g_uri_parse (self->url, SOUP_HTTP_URI_FLAGS, NULL);

  g_return_if_fail (GC_IS_SUCCESSION (self) && self->ticker == 0);

  gc_succession_set_error (self, NULL);
  gc_way_clear (&self->way);
  if (uri != NULL && g_uri_get_host (uri) != NULL)
    gc_way_aim (&self->way, g_uri_get_host (uri));
  self->was_sending = FALSE;
  self->exclusive = FALSE;
  self->listened_ms = 0;
  self->ticker = g_timeout_add (TICK_MS, on_tick, self);
  gc_succession_set_state (self, GC_SUCCESSION_TRYING);
  gc_succession_reconsider (self);
}

/**
 * gc_succession_stop_async:
 * @self: a succession
 * @callback: called when the server knows, or does not answer
 * @user_data: for @callback
 *
 * Stops sending at once, then tells the server. Main context.
 */
void
gc_succession_stop_async (GcSuccession *self, GAsyncReadyCallback callback, gpointer user_data)
{
  g_return_if_fail (GC_IS_SUCCESSION (self) && self->stopping == NULL);

  self->stopping = g_task_new (self, NULL, callback, user_data);
  g_clear_handle_id (&self->ticker, g_source_remove);
  gc_succession_begin_anew (self);
  /* Over what works, if that has turned out already. */
  if (self->current != NULL && self->released_ms != 0)
    gc_whip_client_use_interface (gc_publication_get_client (self->current), self->next_interface);
  gc_succession_drop_next (self);
  gc_succession_drop (self, &self->spare);
  gc_succession_drop (self, &self->current);
  gc_succession_set_state (self, GC_SUCCESSION_IDLE);
  finish_stopping (self);
}

/**
 * gc_succession_stop_finish:
 * @self: a succession
 * @result: what the callback got
 * @error: %GC_ERROR_UNREACHABLE: nothing is sent any more, but the server has not been told
 *
 * Returns: whether the server has been told
 */
gboolean
gc_succession_stop_finish (GcSuccession *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * gc_succession_set_muted:
 * @self: a succession
 * @muted: whether sound stays on the handset
 *
 * Main context.
 */
void
gc_succession_set_muted (GcSuccession *self, gboolean muted)
{
  GcPublication *const all[] = { self->current, self->next, self->spare };

  self->muted = muted;
  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    if (all[i] != NULL)
      gc_publication_set_muted (all[i], muted);
}

/**
 * gc_succession_get_state:
 * @self: a succession
 *
 * Returns: where it stands
 */
GcSuccessionState
gc_succession_get_state (GcSuccession *self)
{
  return self->state;
}

/**
 * gc_succession_get_error:
 * @self: a succession
 *
 * Returns: (transfer none) (nullable): why it ended, or why nothing gets through
 */
const GError *
gc_succession_get_error (GcSuccession *self)
{
  return self->error;
}

/**
 * gc_succession_get_current:
 * @self: a succession
 *
 * Returns: (transfer none) (nullable): the publication that sends
 */
GcPublication *
gc_succession_get_current (GcSuccession *self)
{
  return self->current;
}
