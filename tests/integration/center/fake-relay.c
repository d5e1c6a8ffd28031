/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-relay.h"

struct _GcRelay
{
  GObject parent_instance;

  GHashTable *tokens; /* session → token */
  GcRelayAuthorize authorize;
  gpointer authorize_data;
};

G_DEFINE_FINAL_TYPE (GcRelay, gc_relay, G_TYPE_OBJECT)

static GcRelay *the_relay;

static void
gc_relay_finalize (GObject *object)
{
  g_hash_table_unref (GC_RELAY (object)->tokens);
  the_relay = NULL;
  G_OBJECT_CLASS (gc_relay_parent_class)->finalize (object);
}

static void
gc_relay_class_init (GcRelayClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_relay_finalize;
  g_signal_new ("publishing", GC_TYPE_RELAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 3,
                G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN);
  g_signal_new ("publisher-gone", GC_TYPE_RELAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_STRING);
  g_signal_new ("viewer-joined", GC_TYPE_RELAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
  g_signal_new ("viewer-left", GC_TYPE_RELAY, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
gc_relay_init (GcRelay *self)
{
  self->tokens = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  the_relay = self;
}

GcRelay *
gc_relay_new (void)
{
  return g_object_new (GC_TYPE_RELAY, NULL);
}

/* Answers 204 to whoever may watch. */
static void
on_whep (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  GcRelay *self = user_data;
  g_autofree char *viewer = self->authorize (message, path, self->authorize_data);

  soup_server_message_set_status (message, viewer != NULL ? 204 : 401, NULL);
}

void
gc_relay_mount (GcRelay *self, SoupServer *server)
{
  soup_server_add_handler (server, "/whep", on_whep, self, NULL);
}

/* Handing them out is tested with the relay itself. */
gboolean
gc_relay_add_ice_server (
    GcRelay *self, const char *url, const char *username, const char *credential, GError **error)
{
  return TRUE;
}

void
gc_relay_add_session (GcRelay *self, const char *session, const char *token)
{
  g_hash_table_insert (self->tokens, g_strdup (session), g_strdup (token));
}

void
gc_relay_remove_session (GcRelay *self, const char *session)
{
  g_hash_table_remove (self->tokens, session);
}

void
gc_relay_set_turn_secret (GcRelay *self, const char *secret)
{
}

void
gc_relay_set_viewers_max (GcRelay *self, guint viewers_max)
{
}

void
gc_relay_set_authorize (GcRelay *self, GcRelayAuthorize func, gpointer data)
{
  self->authorize = func;
  self->authorize_data = data;
}

GcRelay *
fake_relay_get (void)
{
  return the_relay;
}

const char *
fake_relay_get_token (const char *session)
{
  return g_hash_table_lookup (the_relay->tokens, session);
}
