/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The relay alone on a loopback port, for independent stacks to publish to and to watch. Prints
 * the port and what the relay reports; one session “s” with token “t”; watching needs the header
 * “X-Viewer: NAME”. Ends when its standard input closes. */

#include "center/gc-relay.h"

#include <gio/gunixinputstream.h>
#include <gst/gst.h>
#include <stdio.h>

static char *
authorize (SoupServerMessage *message, const char *session, gpointer data)
{
  return g_strdup (
      soup_message_headers_get_one (soup_server_message_get_request_headers (message), "X-Viewer"));
}

static void
on_publishing (
    GcRelay *relay, const char *session, const char *video, gboolean audio, gpointer data)
{
  printf ("publishing %s %s %d\n", session, video != NULL ? video : "-", audio);
}

static void
on_publisher_gone (GcRelay *relay, const char *session, const char *reason, gpointer data)
{
  printf ("publisher-gone %s %s\n", session, reason);
}

static void
on_viewer_joined (
    GcRelay *relay, const char *session, const char *viewer, const char *name, gpointer data)
{
  printf ("viewer-joined %s %s\n", session, name);
}

static void
on_viewer_left (
    GcRelay *relay, const char *session, const char *viewer, const char *name, gpointer data)
{
  printf ("viewer-left %s %s\n", session, name);
}

static void
on_input (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_main_loop_quit (user_data);
}

int
main (int argc, char *argv[])
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) input = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GcRelay) relay = NULL;
  g_autoptr (GError) error = NULL;
  GSList *uris;
  char byte;

  setvbuf (stdout, NULL, _IOLBF, 0);
  gst_init (&argc, &argv);
  relay = gc_relay_new ();
  g_signal_connect (relay, "publishing", G_CALLBACK (on_publishing), NULL);
  g_signal_connect (relay, "publisher-gone", G_CALLBACK (on_publisher_gone), NULL);
  g_signal_connect (relay, "viewer-joined", G_CALLBACK (on_viewer_joined), NULL);
  g_signal_connect (relay, "viewer-left", G_CALLBACK (on_viewer_left), NULL);
  gc_relay_set_authorize (relay, authorize, NULL);
  gc_relay_mount (relay, server);
  gc_relay_add_session (relay, "s", "t");
  if (!soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error))
    g_error ("%s", error->message);
  uris = soup_server_get_uris (server);
  printf ("port %d\n", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  g_input_stream_read_async (input, &byte, 1, G_PRIORITY_DEFAULT, NULL, on_input, loop);
  g_main_loop_run (loop);
  soup_server_disconnect (server);
  return 0;
}
