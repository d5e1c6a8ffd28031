/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-relay-session.h"

#include "base/gc-id.h"

#include <gnutls/gnutls.h>
#include <string.h>

/* A publisher and the name of its resource. */
typedef struct
{
  GcIngest *ingest;
  char *resource;
} Publisher;

struct _GcRelaySession
{
  GObject parent_instance;

  char *id;
  char *token;
  gboolean closed;
  GcRelayStream *stream;
  Publisher current;
  Publisher successor; /* has been answered, but nothing has come of it yet */
  GHashTable *viewers; /* resource → GcViewer */
  guint viewers_max;
};

G_DEFINE_FINAL_TYPE (GcRelaySession, gc_relay_session, G_TYPE_OBJECT)

enum
{
  SIGNAL_PUBLISHING,
  SIGNAL_PUBLISHER_GONE,
  SIGNAL_VIEWER_JOINED,
  SIGNAL_VIEWER_LEFT,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
gc_relay_session_dispose (GObject *object)
{
  gc_relay_session_close (GC_RELAY_SESSION (object));
  G_OBJECT_CLASS (gc_relay_session_parent_class)->dispose (object);
}

static void
gc_relay_session_finalize (GObject *object)
{
  GcRelaySession *self = GC_RELAY_SESSION (object);

  g_hash_table_unref (self->viewers);
  g_object_unref (self->stream);
  g_free (self->id);
  gnutls_memset (self->token, 0, strlen (self->token));
  g_free (self->token);
  G_OBJECT_CLASS (gc_relay_session_parent_class)->finalize (object);
}

static void
gc_relay_session_class_init (GcRelaySessionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_relay_session_dispose;
  object_class->finalize = gc_relay_session_finalize;
  /**
   * GcRelaySession::publishing:
   *
   * Media flow, perhaps of a publisher that has taken over.
   */
  signals[SIGNAL_PUBLISHING] = g_signal_new ("publishing", GC_TYPE_RELAY_SESSION, G_SIGNAL_RUN_LAST,
                                             0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  /**
   * GcRelaySession::publisher-gone:
   * @reason: why
   *
   * Nobody publishes any more.
   */
  signals[SIGNAL_PUBLISHER_GONE]
      = g_signal_new ("publisher-gone", GC_TYPE_RELAY_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * GcRelaySession::viewer-joined:
   * @viewer: the viewer's id
   * @name: who watches
   *
   * Somebody watches.
   */
  signals[SIGNAL_VIEWER_JOINED]
      = g_signal_new ("viewer-joined", GC_TYPE_RELAY_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * GcRelaySession::viewer-left:
   * @viewer: the viewer's id
   * @name: who watched
   *
   * Somebody watches no more.
   */
  signals[SIGNAL_VIEWER_LEFT]
      = g_signal_new ("viewer-left", GC_TYPE_RELAY_SESSION, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
}

static void
on_key_frame_wanted (GcRelayStream *stream, gpointer user_data)
{
  GcRelaySession *self = user_data;

  if (self->current.ingest != NULL)
    gc_ingest_request_key_frame (self->current.ingest);
}

static void
gc_relay_session_init (GcRelaySession *self)
{
  self->stream = gc_relay_stream_new ();
  g_signal_connect_object (self->stream, "key-frame-wanted", G_CALLBACK (on_key_frame_wanted), self,
                           G_CONNECT_DEFAULT);
  self->viewers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

/**
 * gc_relay_session_new:
 * @id: the session's id
 * @token: what the publisher must show
 * @viewers_max: the most that may watch at the same time
 *
 * Main context.
 *
 * Returns: (transfer full): a session without publisher
 */
GcRelaySession *
gc_relay_session_new (const char *id, const char *token, guint viewers_max)
{
  GcRelaySession *self = g_object_new (GC_TYPE_RELAY_SESSION, NULL);

  self->id = g_strdup (id);
  self->token = g_strdup (token);
  self->viewers_max = viewers_max;
  return self;
}

/**
 * gc_relay_session_get_id:
 * @self: a session
 *
 * Returns: (transfer none): its id
 */
const char *
gc_relay_session_get_id (GcRelaySession *self)
{
  return self->id;
}

/**
 * gc_relay_session_check_token:
 * @self: a session
 * @token: (nullable): what a publisher shows
 *
 * Compares in constant time.
 *
 * Returns: whether it is the session's
 */
gboolean
gc_relay_session_check_token (GcRelaySession *self, const char *token)
{
  return token != NULL && strlen (token) == strlen (self->token)
         && gnutls_memcmp (token, self->token, strlen (token)) == 0;
}

/**
 * gc_relay_session_is_closed:
 * @self: a session
 *
 * Returns: whether it has ended
 */
gboolean
gc_relay_session_is_closed (GcRelaySession *self)
{
  return self->closed;
}

/* --- publishers --- */

static void
drop (GcRelaySession *self, Publisher *publisher)
{
  if (publisher->ingest == NULL)
    return;
  g_signal_handlers_disconnect_by_data (publisher->ingest, self);
  gc_ingest_close (publisher->ingest);
  g_clear_object (&publisher->ingest);
  g_clear_pointer (&publisher->resource, g_free);
}

static void
promote_successor (GcRelaySession *self)
{
  drop (self, &self->current);
  self->current = self->successor;
  self->successor = (Publisher) { NULL, NULL };
}

/* Their page, or whatever they are, asks again and is answered for what is published now. */
static void
remove_misfits (GcRelaySession *self)
{
  const char *video = gc_ingest_get_video (self->current.ingest);
  gboolean audio = gc_ingest_has_audio (self->current.ingest);
  g_autofree gpointer *resources = g_hash_table_get_keys_as_array (self->viewers, NULL);

  for (gsize i = 0; resources[i] != NULL; i++)
    if (!gc_viewer_fits (g_hash_table_lookup (self->viewers, resources[i]), video, audio))
      gc_relay_session_remove_viewer (self, resources[i]);
}

static void
on_publisher_playing (GcIngest *ingest, GParamSpec *pspec, gpointer user_data)
{
  GcRelaySession *self = user_data;

  if (ingest == self->successor.ingest)
    promote_successor (self);
  remove_misfits (self);
  g_signal_emit (self, signals[SIGNAL_PUBLISHING], 0);
}

static void
end_current (GcRelaySession *self, const char *reason)
{
  promote_successor (self);
  g_signal_emit (self, signals[SIGNAL_PUBLISHER_GONE], 0, reason);
}

static void
on_publisher_lost (GcIngest *ingest, GParamSpec *pspec, gpointer user_data)
{
  GcRelaySession *self = user_data;

  if (ingest == self->successor.ingest)
    drop (self, &self->successor);
  else
    end_current (self, "connection lost");
}

/**
 * gc_relay_session_new_publisher:
 * @self: a session
 *
 * Main context.
 *
 * Returns: (transfer full): for gc_relay_session_add_publisher(), once it has been answered
 */
GcIngest *
gc_relay_session_new_publisher (GcRelaySession *self)
{
  return gc_ingest_new (self->stream);
}

/**
 * gc_relay_session_add_publisher:
 * @self: a session
 * @ingest: a publisher with the session's token, which was answered
 *
 * It is the same terminal as before, on another network or started again: it takes over as soon as
 * its media come, and until then the former goes on. Main context.
 *
 * Returns: (transfer none): the name of its resource
 */
const char *
gc_relay_session_add_publisher (GcRelaySession *self, GcIngest *ingest)
{
  Publisher *place = self->current.ingest == NULL ? &self->current : &self->successor;

  g_return_val_if_fail (GC_IS_RELAY_SESSION (self) && !self->closed, NULL);

  drop (self, place);
  place->ingest = g_object_ref (ingest);
  place->resource = gc_id_new_token ();
  g_signal_connect (ingest, "notify::playing", G_CALLBACK (on_publisher_playing), self);
  g_signal_connect (ingest, "notify::lost", G_CALLBACK (on_publisher_lost), self);
  return place->resource;
}

/**
 * gc_relay_session_get_publisher:
 * @self: a session
 * @resource: the name of its resource
 *
 * Returns: (transfer none) (nullable): the publisher, if it has not been replaced
 */
GcIngest *
gc_relay_session_get_publisher (GcRelaySession *self, const char *resource)
{
  g_return_val_if_fail (resource != NULL, NULL);

  if (g_strcmp0 (resource, self->successor.resource) == 0)
    return self->successor.ingest;
  return g_strcmp0 (resource, self->current.resource) == 0 ? self->current.ingest : NULL;
}

/**
 * gc_relay_session_end_publisher:
 * @self: a session
 * @resource: the name of its resource; that of a former publisher does nothing
 *
 * Main context.
 */
void
gc_relay_session_end_publisher (GcRelaySession *self, const char *resource)
{
  GcIngest *ingest = gc_relay_session_get_publisher (self, resource);

  if (ingest == NULL)
    return;
  if (ingest == self->successor.ingest)
    drop (self, &self->successor);
  else
    end_current (self, "stopped");
}

/**
 * gc_relay_session_get_current:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): whose media pass, or will
 */
GcIngest *
gc_relay_session_get_current (GcRelaySession *self)
{
  return self->current.ingest;
}

/* --- viewers --- */

static char *
dup_resource (GcRelaySession *self, GcViewer *viewer)
{
  GHashTableIter iter;
  gpointer resource;
  gpointer value;

  g_hash_table_iter_init (&iter, self->viewers);
  while (g_hash_table_iter_next (&iter, &resource, &value))
    if (value == viewer)
      return g_strdup (resource);
  return NULL;
}

static void
on_viewer_joined (GcViewer *viewer, GParamSpec *pspec, gpointer user_data)
{
  GcRelaySession *self = user_data;
  g_autofree char *resource = dup_resource (self, viewer);

  g_signal_emit (self, signals[SIGNAL_VIEWER_JOINED], 0, resource, gc_viewer_get_name (viewer));
}

static void
on_viewer_lost (GcViewer *viewer, GParamSpec *pspec, gpointer user_data)
{
  g_autofree char *resource = dup_resource (user_data, viewer);

  gc_relay_session_remove_viewer (user_data, resource);
}

/**
 * gc_relay_session_new_viewer:
 * @self: a session that has a publisher
 * @name: who wants to watch
 *
 * Main context.
 *
 * Returns: (transfer full): for gc_relay_session_add_viewer()
 */
GcViewer *
gc_relay_session_new_viewer (GcRelaySession *self, const char *name)
{
  GcIngest *ingest = self->current.ingest;

  g_return_val_if_fail (ingest != NULL, NULL);

  return gc_viewer_new (self->stream, name, gc_ingest_get_video (ingest),
                        gc_ingest_has_audio (ingest));
}

/**
 * gc_relay_session_add_viewer:
 * @self: a session
 * @viewer: a viewer that is about to be answered
 *
 * Main context.
 *
 * Returns: (transfer none): the name of its resource
 */
const char *
gc_relay_session_add_viewer (GcRelaySession *self, GcViewer *viewer)
{
  char *resource = gc_id_new_token ();

  g_hash_table_insert (self->viewers, resource, g_object_ref (viewer));
  g_signal_connect (viewer, "notify::joined", G_CALLBACK (on_viewer_joined), self);
  g_signal_connect (viewer, "notify::lost", G_CALLBACK (on_viewer_lost), self);
  return resource;
}

/**
 * gc_relay_session_get_viewer:
 * @self: a session
 * @resource: the name of its resource
 *
 * Returns: (transfer none) (nullable): the viewer
 */
GcViewer *
gc_relay_session_get_viewer (GcRelaySession *self, const char *resource)
{
  return resource != NULL ? g_hash_table_lookup (self->viewers, resource) : NULL;
}

/**
 * gc_relay_session_remove_viewer:
 * @self: a session
 * @resource: the name of its resource; an unknown one does nothing
 *
 * Main context.
 */
void
gc_relay_session_remove_viewer (GcRelaySession *self, const char *resource)
{
  g_autofree char *id = g_strdup (resource);
  g_autoptr (GcViewer) viewer = NULL;

  g_set_object (&viewer, gc_relay_session_get_viewer (self, id));
  if (viewer == NULL)
    return;
  g_hash_table_remove (self->viewers, id);
  g_signal_handlers_disconnect_by_data (viewer, self);
  gc_viewer_close (viewer);
  if (gc_viewer_has_joined (viewer))
    g_signal_emit (self, signals[SIGNAL_VIEWER_LEFT], 0, id, gc_viewer_get_name (viewer));
}

/**
 * gc_relay_session_count_viewers:
 * @self: a session
 *
 * Returns: how many watch or are about to
 */
guint
gc_relay_session_count_viewers (GcRelaySession *self)
{
  return g_hash_table_size (self->viewers);
}

/**
 * gc_relay_session_is_full:
 * @self: a session
 *
 * Returns: whether as many watch, or are about to, as may
 */
gboolean
gc_relay_session_is_full (GcRelaySession *self)
{
  return g_hash_table_size (self->viewers) >= self->viewers_max;
}

/**
 * gc_relay_session_close:
 * @self: a session
 *
 * Ends the publisher without a signal, and every viewer with one. Main context.
 */
void
gc_relay_session_close (GcRelaySession *self)
{
  g_autofree gpointer *resources = g_hash_table_get_keys_as_array (self->viewers, NULL);

  self->closed = TRUE;
  drop (self, &self->successor);
  drop (self, &self->current);
  for (gsize i = 0; resources[i] != NULL; i++)
    gc_relay_session_remove_viewer (self, resources[i]);
}
