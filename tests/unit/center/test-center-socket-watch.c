/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a source is ready when something arrived or the other side has gone, and once only
 *  - the first source of a socket is ready at once, for what a layer above it has read already
 *  - so is the next one of a socket of which its reader knows that there is more
 *  - what arrived before a source was made, or while there was none, is told
 *  - a source that was replaced or destroyed is never ready, nor one whose socket was taken out
 *  - a source that is renewed by its own callback waits outside the main context, and is called all
 *    the same; the callback may take the socket out
 *  - however many sockets are watched, the main loop polls one descriptor for all
 */

#include "center/gc-socket-watch.h"
#include "test-wait.h"

#include <sys/socket.h>
#include <unistd.h>

#define MANY 100

typedef struct
{
  GcSocketWatch *watch;
  GSocketConnection *connection;
  GPollableInputStream *input;
  GcWatchedSocket *watched;
  int peer;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) socket = NULL;
  int pair[2];

  g_assert_cmpint (socketpair (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), ==, 0);
  socket = g_socket_new_from_fd (pair[0], &error);
  g_assert_no_error (error);
  fixture->peer = pair[1];
  fixture->watch = gc_socket_watch_new ();
  fixture->connection = g_socket_connection_factory_create_connection (socket);
  fixture->input
      = G_POLLABLE_INPUT_STREAM (g_io_stream_get_input_stream (G_IO_STREAM (fixture->connection)));
  fixture->watched = gc_socket_watch_add (fixture->watch, socket);
  g_assert_nonnull (fixture->watched);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  g_clear_pointer (&fixture->watched, gc_watched_socket_free);
  g_clear_object (&fixture->connection);
  g_clear_object (&fixture->watch);
  close (fixture->peer);
}

static gboolean
on_readable (GObject *stream, gpointer user_data)
{
  guint *calls = user_data;

  g_assert_true (G_IS_POLLABLE_INPUT_STREAM (stream));
  (*calls)++;
  return G_SOURCE_CONTINUE;
}

static GSource *
add_source (Fixture *fixture, guint *calls)
{
  GSource *source = gc_watched_socket_create_source (fixture->watched, fixture->input);

  g_source_set_callback (source, G_SOURCE_FUNC (on_readable), calls, NULL);
  g_source_attach (source, NULL);
  return source;
}

static void
remove_source (GSource *source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

/* All that can happen now has happened. */
static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

static gboolean
was_called (gpointer data)
{
  return *(guint *) data > 0;
}

static void
say (Fixture *fixture, const char *text)
{
  g_assert_cmpint (write (fixture->peer, text, strlen (text)), ==, (gssize) strlen (text));
}

static void
hear (Fixture *fixture, const char *text)
{
  g_autoptr (GError) error = NULL;
  char buffer[64] = "";

  g_pollable_input_stream_read_nonblocking (fixture->input, buffer, sizeof buffer - 1, NULL,
                                            &error);
  g_assert_no_error (error);
  g_assert_cmpstr (buffer, ==, text);
}

/* A first source, which is ready at once, has come and gone. */
static void
begin (Fixture *fixture)
{
  guint calls = 0;
  GSource *source = add_source (fixture, &calls);

  test_wait_until (was_called, &calls);
  settle ();
  g_assert_cmpuint (calls, ==, 1);
  remove_source (source);
}

static void
test_readable (Fixture *fixture, gconstpointer data)
{
  guint calls = 0;
  GSource *source;

  begin (fixture);
  source = add_source (fixture, &calls);
  settle ();
  g_assert_cmpuint (calls, ==, 0);
  say (fixture, "one");
  test_wait_until (was_called, &calls);
  hear (fixture, "one");
  say (fixture, "two");
  settle ();
  g_assert_cmpuint (calls, ==, 1);
  remove_source (source);

  source = add_source (fixture, &calls);
  calls = 0;
  test_wait_until (was_called, &calls);
  hear (fixture, "two");
  remove_source (source);
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  guint calls = 0;
  GSource *source;

  begin (fixture);
  source = add_source (fixture, &calls);
  g_assert_cmpint (shutdown (fixture->peer, SHUT_RDWR), ==, 0);
  test_wait_until (was_called, &calls);
  hear (fixture, "");
  remove_source (source);
}

static void
test_replaced (Fixture *fixture, gconstpointer data)
{
  guint old = 0;
  guint calls = 0;
  GSource *first;
  GSource *second;

  begin (fixture);
  first = add_source (fixture, &old);
  second = add_source (fixture, &calls);
  remove_source (first);
  say (fixture, "one");
  test_wait_until (was_called, &calls);
  g_assert_cmpuint (old, ==, 0);
  remove_source (second);
  say (fixture, "two");
  settle ();
  g_assert_cmpuint (calls, ==, 1);
}

static void
test_taken_out (Fixture *fixture, gconstpointer data)
{
  guint calls = 0;
  GSource *source;

  begin (fixture);
  source = add_source (fixture, &calls);
  g_clear_pointer (&fixture->watched, gc_watched_socket_free);
  say (fixture, "one");
  settle ();
  g_assert_cmpuint (calls, ==, 0);
  remove_source (source);
}

/* Reads as libsoup does. */
typedef struct
{
  Fixture *fixture;
  GSource *source;
  GString *heard;
  guint calls;
  gboolean leaves;
} Reader;

static void
wait_for_more (Reader *reader);

static gboolean
on_more (GObject *stream, gpointer user_data)
{
  Reader *reader = user_data;
  char buffer[64];
  gssize got;

  reader->calls++;
  remove_source (g_steal_pointer (&reader->source));
  do
    {
      got = g_pollable_input_stream_read_nonblocking (reader->fixture->input, buffer, sizeof buffer,
                                                      NULL, NULL);
      g_string_append_len (reader->heard, buffer, MAX (got, 0));
    }
  while (got > 0);
  if (reader->leaves)
    g_clear_pointer (&reader->fixture->watched, gc_watched_socket_free);
  else
    wait_for_more (reader);
  return G_SOURCE_REMOVE;
}

static void
wait_for_more (Reader *reader)
{
  reader->source
      = gc_watched_socket_create_source (reader->fixture->watched, reader->fixture->input);
  g_source_set_callback (reader->source, G_SOURCE_FUNC (on_more), reader, NULL);
  g_source_attach (reader->source, g_main_context_get_thread_default ());
}

static gboolean
has_heard_end (gpointer data)
{
  return g_str_has_suffix (((Reader *) data)->heard->str, ".");
}

static void
hear_sentence (Reader *reader, const char *text)
{
  g_string_truncate (reader->heard, 0);
  say (reader->fixture, text);
  test_wait_until (has_heard_end, reader);
  g_assert_cmpstr (reader->heard->str, ==, text);
}

static void
test_renewed (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GString) heard = g_string_new (NULL);
  Reader reader = { .fixture = fixture, .heard = heard };

  wait_for_more (&reader);
  settle ();
  g_assert_cmpuint (reader.calls, ==, 1);
  g_assert_null (g_main_context_find_source_by_user_data (NULL, &reader));
  hear_sentence (&reader, "One.");
  hear_sentence (&reader, "Another.");
  g_assert_null (g_main_context_find_source_by_user_data (NULL, &reader));
  remove_source (g_steal_pointer (&reader.source));
  reader.calls = 0;
  say (fixture, "Nobody listens.");
  settle ();
  g_assert_cmpuint (reader.calls, ==, 0);

  g_string_truncate (heard, 0);
  wait_for_more (&reader);
  test_wait_until (has_heard_end, &reader);
  reader.leaves = TRUE;
  hear_sentence (&reader, "The last.");
  say (fixture, "Nobody is here.");
  settle ();
  g_assert_null (fixture->watched);
}

static void
test_many (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Fixture fixtures[MANY] = { 0 };
  GSource *sources[MANY];
  GPollFD polled[2 * MANY];
  guint calls = 0;
  g_autoptr (GcSocketWatch) watch = NULL;
  int alone;

  g_main_context_push_thread_default (context);
  g_assert_true (g_main_context_acquire (context));
  watch = gc_socket_watch_new ();
  alone = g_main_context_query (context, G_PRIORITY_DEFAULT, NULL, polled, 2 * MANY);
  for (guint i = 0; i < MANY; i++)
    {
      set_up (&fixtures[i], NULL);
      g_clear_pointer (&fixtures[i].watched, gc_watched_socket_free);
      fixtures[i].watched
          = gc_socket_watch_add (watch, g_socket_connection_get_socket (fixtures[i].connection));
      g_clear_object (&fixtures[i].watch);
      sources[i] = gc_watched_socket_create_source (fixtures[i].watched, fixtures[i].input);
      g_source_set_callback (sources[i], G_SOURCE_FUNC (on_readable), &calls, NULL);
      g_source_attach (sources[i], context);
    }
  g_assert_cmpint (g_main_context_query (context, G_PRIORITY_DEFAULT, NULL, polled, 2 * MANY), ==,
                   alone);
  g_main_context_release (context);
  while (calls < MANY)
    g_main_context_iteration (context, TRUE);
  for (guint i = 0; i < MANY; i++)
    {
      remove_source (sources[i]);
      tear_down (&fixtures[i], NULL);
    }
  g_clear_object (&watch);
  g_main_context_pop_thread_default (context);
}

static void
test_expected (Fixture *fixture, gconstpointer data)
{
  guint calls = 0;
  GSource *source = add_source (fixture, &calls);

  settle ();
  g_assert_cmpuint (calls, ==, 1);
  remove_source (source);
  source = add_source (fixture, &calls);
  settle ();
  g_assert_cmpuint (calls, ==, 1);
  remove_source (source);
  gc_watched_socket_expect (fixture->watched);
  source = add_source (fixture, &calls);
  settle ();
  g_assert_cmpuint (calls, ==, 2);
  remove_source (source);
  source = add_source (fixture, &calls);
  settle ();
  g_assert_cmpuint (calls, ==, 2);
  remove_source (source);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  add ("/center/socket-watch/readable", test_readable);
  add ("/center/socket-watch/gone", test_gone);
  add ("/center/socket-watch/replaced", test_replaced);
  add ("/center/socket-watch/taken-out", test_taken_out);
  add ("/center/socket-watch/renewed", test_renewed);
  add ("/center/socket-watch/expected", test_expected);
  g_test_add_func ("/center/socket-watch/many", test_many);
  return g_test_run ();
}
