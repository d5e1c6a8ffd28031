/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The relay alone on a loopback port, with “--everywhere” on one of every address, for independent
 * stacks to publish to and to watch. Prints the port and what the relay reports; one session “s”
 * with token “t”; watching needs the header “X-Viewer: NAME”; “/” is an empty page, for a browser
 * to work in. Standard input takes lines “add SESSION TOKEN”, “remove SESSION” and “viewers MAX”,
 * which holds for sessions that are added later; the server ends when it closes. */

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
on_page (SoupServer *server,
         SoupServerMessage *message,
         const char *path,
         GHashTable *query,
         gpointer user_data)
{
  static const char page[] = "<!DOCTYPE html><title>relay</title><video autoplay muted></video>";

  soup_server_message_set_status (message, SOUP_STATUS_OK, NULL);
  soup_server_message_set_response (message, "text/html", SOUP_MEMORY_STATIC, page,
                                    sizeof page - 1);
}

typedef struct
{
  GMainLoop *loop;
  GcRelay *relay;
  GDataInputStream *input;
} Server;

static void
obey (GcRelay *relay, const char *line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 3);
  guint count = g_strv_length (words);

  if (count == 3 && strcmp (words[0], "add") == 0)
    gc_relay_add_session (relay, words[1], words[2]);
  else if (count == 2 && strcmp (words[0], "remove") == 0)
    gc_relay_remove_session (relay, words[1]);
  else if (count == 2 && strcmp (words[0], "turn") == 0)
    gc_relay_add_ice_server (relay, words[1], NULL, NULL, NULL);
  else if (count == 2 && strcmp (words[0], "turn-secret") == 0)
    gc_relay_set_turn_secret (relay, words[1]);
  else if (count == 2 && strcmp (words[0], "viewers") == 0)
    gc_relay_set_viewers_max (relay, (guint) atoi (words[1]));
  else
    g_error ("what is “%s”?", line);
  printf ("done %s\n", line);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Server *self = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish (self->input, result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (self->loop);
      return;
    }
  obey (self->relay, line);
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, NULL, on_line, self);
}

static GcRelay *
make_relay (SoupServer *server)
{
  GcRelay *relay = gc_relay_new ();
  g_autoptr (GError) error = NULL;

  g_signal_connect (relay, "publishing", G_CALLBACK (on_publishing), NULL);
  g_signal_connect (relay, "publisher-gone", G_CALLBACK (on_publisher_gone), NULL);
  g_signal_connect (relay, "viewer-joined", G_CALLBACK (on_viewer_joined), NULL);
  g_signal_connect (relay, "viewer-left", G_CALLBACK (on_viewer_left), NULL);
  gc_relay_set_authorize (relay, authorize, NULL);
  gc_relay_add_ice_server (relay, "turn:192.0.2.1:3478?transport=udp", "user \"quoted\"", "secret",
                           &error);
  g_assert_no_error (error);
  gc_relay_mount (relay, server);
  gc_relay_add_session (relay, "s", "t");
  return relay;
}

static gboolean
listen_to (SoupServer *server, gboolean everywhere, GError **error)
{
  return everywhere ? soup_server_listen_all (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, error)
                    : soup_server_listen_local (server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, error);
}

int
main (int argc, char *argv[])
{
  g_autoptr (SoupServer) server = soup_server_new (NULL, NULL);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) stdin_stream = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (stdin_stream);
  g_autoptr (GcRelay) relay = NULL;
  g_autoptr (GError) error = NULL;
  g_autoslist (GUri) uris = NULL;
  Server self = { loop, NULL, input };

  setvbuf (stdout, NULL, _IOLBF, 0);
  gst_init (&argc, &argv);
  self.relay = relay = make_relay (server);
  soup_server_add_handler (server, "/", on_page, NULL, NULL);
  if (!listen_to (server, argc > 1 && strcmp (argv[1], "--everywhere") == 0, &error))
    g_error ("%s", error->message);
  uris = soup_server_get_uris (server);
  printf ("port %d\n", g_uri_get_port (uris->data));
  g_data_input_stream_read_line_async (input, G_PRIORITY_DEFAULT, NULL, on_line, &self);
  g_main_loop_run (loop);
  soup_server_disconnect (server);
  return 0;
}
