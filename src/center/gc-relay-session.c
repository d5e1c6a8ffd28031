/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-relay-session.h"

#include "base/gc-id.h"

#include <gnutls/gnutls.h>
#include <string.h>

struct _GcRelaySession
{
  GObject parent_instance;

  char *id;
  char *token;
  GcFan *fan;
  GcIngest *publisher;
  char *publisher_resource;
  GHashTable *viewers; /* resource → GcViewer */
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
gc_relay_session_finalize (GObject *object)
{
  GcRelaySession *self = GC_RELAY_SESSION (object);

  gc_relay_session_close (self);
  g_hash_table_unref (self->viewers);
  gc_fan_free (self->fan);
  g_free (self->id);
  gnutls_memset (self->token, 0, strlen (self->token));
  g_free (self->token);
  G_OBJECT_CLASS (gc_relay_session_parent_class)->finalize (object);
}

static void
gc_relay_session_class_init (GcRelaySessionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_relay_session_finalize;
  /**
   * GcRelaySession::publishing:
   *
   * Media flow.
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
gc_relay_session_init (GcRelaySession *self)
{
  self->fan = gc_fan_new ();
  self->viewers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

/**
 * gc_relay_session_new:
 * @id: the session's id
 * @token: what the publisher must show
 *
 * Main context.
 *
 * Returns: (transfer full): a session without publisher
 */
GcRelaySession *
gc_relay_session_new (const char *id, const char *token)
{
  GcRelaySession *self = g_object_new (GC_TYPE_RELAY_SESSION, NULL);

  self->id = g_strdup (id);
  self->token = g_strdup (token);
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
 * gc_relay_session_get_fan:
 * @self: a session
 *
 * Returns: (transfer none): what connects publisher and viewers
 */
GcFan *
gc_relay_session_get_fan (GcRelaySession *self)
{
  return self->fan;
}

static void
on_publisher_playing (GcIngest *ingest, GParamSpec *pspec, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_PUBLISHING], 0);
}

static void
on_publisher_lost (GcIngest *ingest, GParamSpec *pspec, gpointer user_data)
{
  gc_relay_session_end_publisher (user_data, "connection lost");
}

static void
drop_publisher (GcRelaySession *self)
{
  if (self->publisher == NULL)
    return;
  g_signal_handlers_disconnect_by_data (self->publisher, self);
  gc_ingest_close (self->publisher);
  g_clear_object (&self->publisher);
  g_clear_pointer (&self->publisher_resource, g_free);
}

/**
 * gc_relay_session_set_publisher:
 * @self: a session
 * @ingest: a publisher with the session's token
 *
 * A newer publisher replaces the older: it is the same terminal on another network. Main context.
 *
 * Returns: (transfer none): the name of its resource
 */
const char *
gc_relay_session_set_publisher (GcRelaySession *self, GcIngest *ingest)
{
  drop_publisher (self);
  self->publisher = g_object_ref (ingest);
  self->publisher_resource = gc_id_new_token ();
  g_signal_connect (ingest, "notify::playing", G_CALLBACK (on_publisher_playing), self);
  g_signal_connect (ingest, "notify::lost", G_CALLBACK (on_publisher_lost), self);
  return self->publisher_resource;
}

/**
 * gc_relay_session_get_publisher:
 * @self: a session
 * @resource: the name of its resource
 *
 * Returns: (transfer none) (nullable): the publisher, if it is still this one
 */
GcIngest *
gc_relay_session_get_publisher (GcRelaySession *self, const char *resource)
{
  return g_strcmp0 (resource, self->publisher_resource) == 0 ? self->publisher : NULL;
}

/**
 * gc_relay_session_get_current:
 * @self: a session
 *
 * Returns: (transfer none) (nullable): the publisher, whichever it is
 */
GcIngest *
gc_relay_session_get_current (GcRelaySession *self)
{
  return self->publisher;
}

/**
 * gc_relay_session_end_publisher:
 * @self: a session
 * @reason: why
 *
 * Main context.
 */
void
gc_relay_session_end_publisher (GcRelaySession *self, const char *reason)
{
  if (self->publisher == NULL)
    return;
  drop_publisher (self);
  g_signal_emit (self, signals[SIGNAL_PUBLISHER_GONE], 0, reason);
}

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

static void
on_key_frame_needed (GcViewer *viewer, gpointer user_data)
{
  GcRelaySession *self = user_data;

  if (self->publisher != NULL)
    gc_ingest_request_key_frame (self->publisher);
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
  g_signal_connect (viewer, "key-frame-needed", G_CALLBACK (on_key_frame_needed), self);
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
  gboolean joined;

  viewer = gc_relay_session_get_viewer (self, id);
  if (viewer == NULL)
    return;
  g_object_ref (viewer);
  g_hash_table_remove (self->viewers, id);
  g_signal_handlers_disconnect_by_data (viewer, self);
  gc_viewer_close (viewer);
  g_object_get (viewer, "joined", &joined, NULL);
  if (joined)
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
 * gc_relay_session_close:
 * @self: a session
 *
 * Ends the publisher without a signal, and every viewer with one. Main context.
 */
void
gc_relay_session_close (GcRelaySession *self)
{
  g_autofree gpointer *resources = g_hash_table_get_keys_as_array (self->viewers, NULL);

  for (gsize i = 0; resources[i] != NULL; i++)
    gc_relay_session_remove_viewer (self, resources[i]);
  drop_publisher (self);
}
