/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session-commands.h"

#include <gio/gunixinputstream.h>
#include <stdio.h>
#include <string.h>

#define MAX_WORDS 4

typedef struct
{
  const SessionCommands *commands;
  GMainLoop *loop;
  GcSession *session;
  GDataInputStream *input;
} Reader;

gboolean
session_command_is (char **words, const char *command, guint arguments)
{
  return strcmp (words[0], command) == 0 && g_strv_length (words) > arguments;
}

static void
on_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reader *self = user_data;

  gc_session_close_finish (GC_SESSION (source), result, NULL);
  g_main_loop_quit (self->loop);
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reader *self = user_data;
  g_autofree char *line = g_data_input_stream_read_line_finish (self->input, result, NULL, NULL);
  g_auto (GStrv) words = NULL;

  if (line == NULL)
    {
      gc_session_close_async (self->session, on_closed, self);
      return;
    }
  words = g_strsplit (line, "\t", MAX_WORDS);
  self->commands->obey (self->session, words, line);
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, NULL, on_line, self);
}

static void
on_opened (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Reader *self = user_data;
  g_autoptr (GError) error = NULL;

  gc_session_open_finish (GC_SESSION (source), result, &error);
  self->commands->opened (self->session, error);
  g_data_input_stream_read_line_async (self->input, G_PRIORITY_DEFAULT, NULL, on_line, self);
}

void
session_commands_run (GcSession *session, const SessionCommands *commands)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) stream = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (stream);
  Reader self = { commands, loop, session, input };

  setvbuf (stdout, NULL, _IOLBF, 0);
  gc_session_open_async (session, NULL, on_opened, &self);
  g_main_loop_run (loop);
}
