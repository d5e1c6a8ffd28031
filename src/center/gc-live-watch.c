/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-live-watch.h"

#include "center/gc-audit.h"
#include "center/gc-channel-store.h"

typedef struct
{
  GcHub *hub;
  char *terminal;
  char *viewer;
  gboolean joined;
  JsonObject *body;
} Watch;

static void
watch_free (Watch *watch)
{
  g_object_unref (watch->hub);
  g_free (watch->terminal);
  g_free (watch->viewer);
  json_object_unref (watch->body);
  g_free (watch);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Watch, watch_free)

static gpointer
save (GcDatabase *database, gpointer data, GError **error)
{
  const Watch *watch = data;

  if (gc_channel_store_enqueue (database, watch->terminal, GC_MSG_LIVE_VIEWER, watch->body, NULL,
                                error))
    gc_audit_add (database, watch->viewer, watch->joined ? "live.watch" : "live.unwatch",
                  watch->terminal, NULL, error);
  return NULL;
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Watch) watch = user_data;
  g_autoptr (GError) error = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error != NULL)
    g_message ("who watched could not be stored: %s", error->message);
  else
    gc_hub_flush (watch->hub, watch->terminal);
}

/**
 * gc_live_watch_tell:
 * @database: the center's
 * @hub: where terminals are
 * @terminal: who is watched
 * @viewer: who watches
 * @joined: whether he begins or ends
 * @body: (transfer none): of “live.viewer”
 *
 * Tells a worker who watches, for sure: it is stored for him and in the audit log at once, and sent
 * when he is online. Main thread only.
 */
void
gc_live_watch_tell (GcDatabase *database,
                    GcHub *hub,
                    const char *terminal,
                    const char *viewer,
                    gboolean joined,
                    JsonObject *body)
{
  Watch *watch = g_new0 (Watch, 1);

  watch->hub = g_object_ref (hub);
  watch->terminal = g_strdup (terminal);
  watch->viewer = g_strdup (viewer);
  watch->joined = joined;
  watch->body = json_object_ref (body);
  gc_database_run_async (database, save, watch, NULL, NULL, NULL, on_saved, watch);
}
