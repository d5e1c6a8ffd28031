/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a file arrives whole, in parts, after what waits in the channel, and is noted as delivered
 *  - after a break it goes on where the center says it is
 *  - one that the center will not take holds up no other, and is tried again
 *  - a center that is busy (429) or has no room (507) is asked again later, and the log says so in
 * its words; a file of which a part is there goes on from there
 *  - an answer that makes no sense ends the attempt, not the file
 *  - nothing is sent while the center does not answer, as off duty
 */

#include "session/gc-file-sender.h"
#include "store-fixture.h"
#include "test-wait.h"

#include <libsoup/soup.h>
#include <string.h>

#define TASK "0c9a3b52-5d0e-4d15-9f3e-3d8f0e1a2b3c"
#define LARGE (300 * 1024)

typedef struct
{
  StoreFixture store;
  SoupServer *server;
  char *url;
  GcFileSender *sender;
  GHashTable *arrived; /* id → GByteArray */
  char *unwanted;      /* id of a file that is refused */
  guint requests;
  guint break_after;    /* requests; 0: never */
  const char *nonsense; /* in the place of an offset, once */
  guint refusal;        /* a status for everything but HEAD, 0 for none */
} Fixture;

#define ADD(name, func)                                                                            \
  g_test_add ("/session/file-sender/" name, Fixture, NULL, set_up, func, tear_down)

static void
tell_offset (SoupServerMessage *message, GByteArray *content, Fixture *fixture)
{
  g_autofree char *offset = g_strdup_printf ("%u", content->len);

  soup_server_message_set_status (message, SOUP_STATUS_NO_CONTENT, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Upload-Offset",
                                fixture->nonsense != NULL ? fixture->nonsense : offset);
  fixture->nonsense = NULL;
}

static void
append (SoupServerMessage *message, GByteArray *content)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  g_assert_cmpstr (soup_message_headers_get_content_type (headers, NULL), ==,
                   "application/partial-upload");
  g_assert_cmpint (atoi (soup_message_headers_get_one (headers, "Upload-Offset")), ==,
                   content->len);
  g_byte_array_append (content, (const guint8 *) body->data, (guint) body->length);
}

static void
refuse (SoupServerMessage *message, guint status)
{
  static const char PROBLEM[] = "{\"type\": \"urn:gridcast:no\", \"title\": \"Not at the moment\"}";

  soup_server_message_set_status (message, status, NULL);
  soup_message_headers_replace (soup_server_message_get_response_headers (message), "Retry-After",
                                "7");
  soup_server_message_set_response (message, "application/problem+json", SOUP_MEMORY_STATIC,
                                    PROBLEM, strlen (PROBLEM));
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  Fixture *fixture = user_data;
  const char *id = path + strlen ("/files/");
  GByteArray *content = g_hash_table_lookup (fixture->arrived, id);

  g_assert_cmpuint (gc_store_get_unsent (fixture->store.store), ==, 0);
  fixture->requests++;
  if (fixture->requests == fixture->break_after)
    {
      g_socket_shutdown (soup_server_message_get_socket (message), TRUE, TRUE, NULL);
      return;
    }
  if (g_strcmp0 (id, fixture->unwanted) == 0)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  if (fixture->refusal != 0 && !g_str_equal (soup_server_message_get_method (message), "HEAD"))
    {
      refuse (message, fixture->refusal);
      return;
    }
  if (content == NULL)
    {
      content = g_byte_array_new ();
      g_hash_table_insert (fixture->arrived, g_strdup (id), content);
    }
  if (g_str_equal (soup_server_message_get_method (message), "PATCH"))
    append (message, content);
  tell_offset (message, content, fixture);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  GSList *uris;
  g_autoptr (GError) error = NULL;

  store_fixture_set_up (&fixture->store, data);
  store_receive_text (fixture->store.store, 1, GC_MSG_TASK_NEW,
                      "{\"task\": {\"id\": \"" TASK "\", \"title\": \"t\", \"urgency\":"
                      " \"routine\", \"created_at\": \"2026-11-24T02:33:00Z\"}}");
  fixture->arrived = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) g_byte_array_unref);
  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, "/files", on_request, fixture, NULL);
  g_assert_true (
      soup_server_listen_local (fixture->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  uris = soup_server_get_uris (fixture->server);
  fixture->url = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  fixture->sender = gc_file_sender_new (fixture->store.store, fixture->url, NULL, NULL);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  gc_file_sender_set_online (fixture->sender, FALSE);
  g_clear_object (&fixture->sender);
  soup_server_disconnect (fixture->server);
  g_clear_object (&fixture->server);
  store_fixture_tear_down (&fixture->store, data);
  g_hash_table_unref (fixture->arrived);
  g_free (fixture->url);
  g_free (fixture->unwanted);
}

static char *
add_file (Fixture *fixture, gsize length)
{
  g_autofree char *content = g_strnfill (length, 'x');
  g_autoptr (GError) error = NULL;
  g_autoptr (GcStoredFile) file = NULL;

  content[0] = (char) g_random_int_range ('a', 'z');
  file = store_add_file (fixture->store.store, TASK, content, &error);
  g_assert_no_error (error);
  return g_strdup (file->reference->id);
}

/* As when the channel has told the center of all files. */
static void
acknowledge (Fixture *fixture)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (store_acknowledge (fixture->store.store,
                                    gc_store_get_last_seq (fixture->store.store), &error));
}

static gboolean
all_delivered (Fixture *fixture)
{
  return gc_store_get_undelivered (fixture->store.store) == 0;
}

static guint
count_arrived (Fixture *fixture, const char *id)
{
  GByteArray *content = g_hash_table_lookup (fixture->arrived, id);

  return content != NULL ? content->len : 0;
}

static void
test_whole (Fixture *fixture, gconstpointer data)
{
  g_autofree char *one = NULL;
  g_autofree char *two = NULL;

  gc_file_sender_set_online (fixture->sender, TRUE);
  one = add_file (fixture, LARGE);
  two = add_file (fixture, 1);
  test_iterate (50);
  g_assert_cmpuint (fixture->requests, ==, 0);
  acknowledge (fixture);
  WAIT_UNTIL (all_delivered (fixture));
  g_assert_cmpuint (count_arrived (fixture, one), ==, LARGE);
  g_assert_cmpuint (count_arrived (fixture, two), ==, 1);
  g_assert_cmpuint (fixture->requests, ==, 2 + 3 + 1);
}

static void
test_break (Fixture *fixture, gconstpointer data)
{
  g_autofree char *id = add_file (fixture, LARGE);

  acknowledge (fixture);
  fixture->break_after = 3;
  gc_file_sender_set_online (fixture->sender, TRUE);
  WAIT_UNTIL (fixture->requests >= 3);
  gc_file_sender_set_online (fixture->sender, FALSE);
  gc_file_sender_set_online (fixture->sender, TRUE);
  WAIT_UNTIL (all_delivered (fixture));
  g_assert_cmpuint (count_arrived (fixture, id), ==, LARGE);
}

static void
test_unwanted (Fixture *fixture, gconstpointer data)
{
  g_autofree char *wanted = NULL;

  fixture->unwanted = add_file (fixture, 10);
  wanted = add_file (fixture, 10);
  acknowledge (fixture);
  gc_file_sender_set_online (fixture->sender, TRUE);
  WAIT_UNTIL (gc_store_get_undelivered (fixture->store.store) == 1);
  g_assert_cmpuint (count_arrived (fixture, wanted), ==, 10);
  g_clear_pointer (&fixture->unwanted, g_free);
  WAIT_UNTIL (all_delivered (fixture));
}

/* The last message of the log. */
static char *said;

static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  for (gsize i = 0; level == G_LOG_LEVEL_MESSAGE && i < n_fields; i++)
    if (g_str_equal (fields[i].key, "MESSAGE"))
      g_set_str (&said, fields[i].value);
  return g_log_writer_default (level, fields, n_fields, NULL);
}

static void
check_later (Fixture *fixture, guint status, const char *words)
{
  g_autofree char *id = add_file (fixture, 10);

  acknowledge (fixture);
  fixture->refusal = status;
  fixture->requests = 0;
  g_clear_pointer (&said, g_free);
  gc_file_sender_set_online (fixture->sender, TRUE);
  WAIT_UNTIL (said != NULL);
  g_assert_cmpuint (fixture->requests, ==, 2);
  g_assert_cmpstr (said, ==, words);
  g_assert_false (all_delivered (fixture));
  fixture->refusal = 0;
  WAIT_UNTIL (all_delivered (fixture));
  g_assert_cmpuint (count_arrived (fixture, id), ==, 10);
  gc_file_sender_set_online (fixture->sender, FALSE);
}

static void
test_later (Fixture *fixture, gconstpointer data)
{
  check_later (fixture, 429,
               "A file is not delivered yet: Not at the moment (429); try again in 7 s");
  check_later (fixture, 507, "A file is not delivered yet: Not at the moment (507)");
  check_later (fixture, 503,
               "A file is not delivered yet: Not at the moment (503); try again in 7 s");
}

static void
test_nonsense (Fixture *fixture, gconstpointer data)
{
  static const char *const OFFSETS[] = { "", "-1", "11", "99999999999999999999", "ten" };
  g_autofree char *id = add_file (fixture, 10);

  acknowledge (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (OFFSETS); i++)
    {
      fixture->nonsense = OFFSETS[i];
      fixture->requests = 0;
      gc_file_sender_set_online (fixture->sender, TRUE);
      WAIT_UNTIL (fixture->requests == 1);
      test_iterate (50);
      gc_file_sender_set_online (fixture->sender, FALSE);
      g_assert_false (all_delivered (fixture));
    }
  gc_file_sender_set_online (fixture->sender, TRUE);
  WAIT_UNTIL (all_delivered (fixture));
  g_assert_cmpuint (count_arrived (fixture, id), ==, 10);
}

static void
test_offline (Fixture *fixture, gconstpointer data)
{
  g_free (add_file (fixture, 10));
  acknowledge (fixture);
  test_iterate (50);
  g_assert_cmpuint (fixture->requests, ==, 0);
  gc_file_sender_set_online (fixture->sender, TRUE);
  gc_file_sender_set_online (fixture->sender, FALSE);
  test_iterate (50);
  g_assert_cmpuint (fixture->requests, ==, 0);
}

int
main (int argc, char *argv[])
{
  int result;

  g_test_init (&argc, &argv, NULL);
  g_log_set_writer_func (on_log, NULL, NULL);
  ADD ("arrives-whole", test_whole);
  ADD ("goes-on-after-a-break", test_break);
  ADD ("unwanted-holds-up-nobody", test_unwanted);
  ADD ("busy-or-full-is-asked-again", test_later);
  ADD ("nonsense-ends-the-attempt", test_nonsense);
  ADD ("offline-sends-nothing", test_offline);
  result = g_test_run ();
  g_free (said);
  return result;
}
