/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of what is attached to tasks, on the terminal:
 *  - it arrives by itself, whole, in parts, as what was announced, where only the worker reads it,
 *    after what waits in the channel and after the worker's own photos
 *  - after a break, of the network or of the app, it goes on where it was; a part that was spoilt
 *    meanwhile begins anew
 *  - where the network costs money, or begins to, only what is small comes by itself, the rest when
 *    it is wanted; of tasks that have ended nothing comes by itself
 *  - whatever a center sends in its place (another content, another kind, another part, too much,
 *    without end, nothing) is never taken for it, holds up no other file, and is tried again when
 *    the worker wants it
 *  - nothing is fetched while the center does not answer, as off duty
 *  - it is gone with its task
 */

#include "session/gc-file-fetcher.h"
#include "session/gc-task-list.h"
#include "store-fixture.h"
#include "store/gc-attachment.h"
#include "test-wait.h"

#include <glib/gstdio.h>
#include <libsoup/soup.h>
#include <string.h>

#define TASK "0c9a3b52-5d0e-4d15-9f3e-3d8f0e1a2b3c"
#define LARGE_ID "7e0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a01"
#define SMALL_ID "7e0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a02"
#define LARGE (GC_FILE_FETCHER_SMALL + 1)
#define SMALL 50000
#define PNG "\x89PNG\r\n\x1a\n"

typedef enum
{
  HONEST,
  ANOTHER_CONTENT,
  ANOTHER_KIND,
  ANOTHER_PART,
  TOO_MUCH,
  WITHOUT_END,
  NOTHING,
  MISSING,
} Behaviour;

typedef struct
{
  StoreFixture store;
  SoupServer *server;
  char *url;
  GcFileSender *sender;
  GcTaskList *tasks;
  GcFileFetcher *fetcher;
  char *folder;
  Behaviour behaviour; /* towards LARGE_ID */
  guint requests;
  guint break_after; /* requests; 0: never */
  goffset lowest;    /* start of what was asked of LARGE_ID since it was reset */
} Fixture;

#define ADD(name, func)                                                                            \
  g_test_add ("/session/file-fetcher/" name, Fixture, NULL, set_up, func, tear_down)

static const char *
get_content (const char *id)
{
  static char large[LARGE + 1];
  static char small[SMALL + 1];
  char *content = g_str_equal (id, LARGE_ID) ? large : small;
  gsize size = g_str_equal (id, LARGE_ID) ? LARGE : SMALL;

  if (content[0] == '\0')
    {
      for (gsize i = 0; i < size; i++)
        content[i] = (char) (i % 251 + 1);
      memcpy (content, PNG, strlen (PNG));
    }
  return content;
}

/* --- the center --- */

static void
reply_without_end (SoupServerMessage *message, gpointer user_data)
{
  static const char zeros[16384];

  soup_message_body_append (soup_server_message_get_response_body (message), SOUP_MEMORY_STATIC,
                            zeros, sizeof zeros);
}

static void
misbehave (Fixture *fixture, SoupServerMessage *message, goffset *start, goffset *end, char *bytes)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  if (fixture->behaviour == ANOTHER_CONTENT)
    bytes[*end - *start] ^= 1;
  else if (fixture->behaviour == ANOTHER_KIND)
    memcpy (bytes, "<html>", 6);
  else if (fixture->behaviour == ANOTHER_PART)
    soup_message_headers_set_content_range (headers, *start + 1, *end + 1, LARGE);
  else if (fixture->behaviour == NOTHING)
    *end = *start - 1;
  else if (fixture->behaviour == WITHOUT_END)
    {
      soup_message_headers_set_encoding (headers, SOUP_ENCODING_CHUNKED);
      g_signal_connect (message, "wrote-chunk", G_CALLBACK (reply_without_end), NULL);
    }
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
  gboolean large = g_str_equal (id, LARGE_ID);
  goffset size = large ? LARGE : SMALL;
  g_autofree char *content = g_memdup2 (get_content (id), (gsize) size + 1);
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);
  SoupRange *ranges = NULL;
  int count = 0;
  goffset start;
  goffset end;

  g_assert_cmpuint (gc_store_get_unsent (fixture->store.store), ==, 0);
  g_assert_cmpuint (gc_store_get_undelivered (fixture->store.store), ==, 0);
  fixture->requests++;
  if (fixture->requests == fixture->break_after)
    {
      g_socket_shutdown (soup_server_message_get_socket (message), TRUE, TRUE, NULL);
      return;
    }
  if (large && fixture->behaviour == MISSING)
    {
      soup_server_message_set_status (message, SOUP_STATUS_NOT_FOUND, NULL);
      return;
    }
  g_assert_true (soup_message_headers_get_ranges (soup_server_message_get_request_headers (message),
                                                  size, &ranges, &count));
  g_assert_cmpint (count, ==, 1);
  start = ranges[0].start;
  end = ranges[0].end;
  soup_message_headers_free_ranges (soup_server_message_get_request_headers (message), ranges);
  if (large)
    fixture->lowest = MIN (fixture->lowest, start);
  soup_server_message_set_status (message, SOUP_STATUS_PARTIAL_CONTENT, NULL);
  soup_message_headers_set_content_range (headers, start, end, size);
  if (large && fixture->behaviour == TOO_MUCH)
    end = MIN (end + 1000, size - 1);
  if (large)
    misbehave (fixture, message, &start, &end, content + start);
  soup_message_body_append (soup_server_message_get_response_body (message), SOUP_MEMORY_COPY,
                            content + start, (gsize) (end - start + 1));
}

/* --- the terminal --- */

static char *
print_file (const char *id, gsize size)
{
  g_autofree char *hash
      = g_compute_checksum_for_string (G_CHECKSUM_SHA256, get_content (id), (gssize) size);

  return g_strdup_printf ("{\"id\": \"%s\", \"sha256\": \"%s\", \"size\": %" G_GSIZE_FORMAT
                          ", \"media_type\": \"image/png\"}",
                          id, hash, size);
}

static void
open_fetcher (Fixture *fixture)
{
  fixture->sender = gc_file_sender_new (fixture->store.store, fixture->url, NULL, NULL);
  fixture->tasks = gc_task_list_new (fixture->store.store);
  fixture->fetcher = gc_file_fetcher_new (fixture->store.store, G_LIST_MODEL (fixture->tasks),
                                          fixture->sender, fixture->url, NULL, NULL);
  WAIT_UNTIL (g_list_model_get_n_items (G_LIST_MODEL (fixture->tasks)) == 1);
}

static void
close_fetcher (Fixture *fixture)
{
  gc_file_fetcher_set_online (fixture->fetcher, FALSE);
  g_clear_object (&fixture->fetcher);
  g_clear_object (&fixture->tasks);
  g_clear_object (&fixture->sender);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = print_file (LARGE_ID, LARGE);
  g_autofree char *small = print_file (SMALL_ID, SMALL);
  g_autofree char *body
      = g_strdup_printf ("{\"task\": {\"id\": \"" TASK "\", \"title\": \"t\", \"urgency\":"
                         " \"routine\", \"created_at\": \"2026-11-24T02:33:00Z\","
                         " \"files\": [%s, %s]}}",
                         large, small);
  GSList *uris;
  g_autoptr (GError) error = NULL;

  store_fixture_set_up (&fixture->store, data);
  store_receive_text (fixture->store.store, 1, GC_MSG_TASK_NEW, body);
  fixture->folder = gc_store_dup_attachments (fixture->store.store);
  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, "/files", on_request, fixture, NULL);
  g_assert_true (
      soup_server_listen_local (fixture->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  uris = soup_server_get_uris (fixture->server);
  fixture->url = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  open_fetcher (fixture);
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  close_fetcher (fixture);
  soup_server_disconnect (fixture->server);
  g_clear_object (&fixture->server);
  gc_attachments_clear (fixture->folder);
  g_rmdir (fixture->folder);
  store_fixture_tear_down (&fixture->store, data);
  g_free (fixture->folder);
  g_free (fixture->url);
}

static GcAttachmentState
look (Fixture *fixture, const char *id)
{
  g_autoptr (GcTaskItem) item = g_list_model_get_item (G_LIST_MODEL (fixture->tasks), 0);
  const GcTask *task = gc_task_item_get_task (item);
  guint percent;
  GcAttachmentState state
      = gc_file_fetcher_look (fixture->fetcher, task, gc_task_find_file (task, id), &percent);

  g_assert_cmpuint (percent, <=, 100);
  return state;
}

static char *
name (Fixture *fixture, const char *id, const char *suffix)
{
  g_autofree char *file = g_strconcat (id, suffix, NULL);

  return g_build_filename (fixture->folder, file, NULL);
}

static void
assert_whole (Fixture *fixture, const char *id, gsize size)
{
  g_autofree char *path = name (fixture, id, "");
  g_autofree char *content = NULL;
  GStatBuf status;
  gsize length;

  g_assert_true (g_file_get_contents (path, &content, &length, NULL));
  g_assert_cmpmem (content, length, get_content (id), size);
  g_assert_cmpint (g_stat (path, &status), ==, 0);
  g_assert_cmpint (status.st_mode & 0077, ==, 0);
}

static void
connect_well (Fixture *fixture)
{
  gc_file_fetcher_set_metered (fixture->fetcher, FALSE);
  gc_file_fetcher_set_online (fixture->fetcher, TRUE);
}

static void
test_by_itself (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcStoredFile) photo = store_add_file (fixture->store.store, TASK, "photo", &error);

  g_assert_cmpint (look (fixture, LARGE_ID), ==, GC_ATTACHMENT_ON_DEMAND);
  connect_well (fixture);
  g_assert_cmpint (look (fixture, LARGE_ID), ==, GC_ATTACHMENT_WAITING);
  /* The handler of requests checks that the photo has gone by then. */
  store_acknowledge (fixture->store.store, gc_store_get_last_seq (fixture->store.store), &error);
  g_assert_no_error (error);
  test_iterate (50);
  g_assert_cmpuint (fixture->requests, ==, 0);
  store_set_file_delivered (fixture->store.store, photo->reference->id, &error);
  g_assert_no_error (error);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_HERE
              && look (fixture, SMALL_ID) == GC_ATTACHMENT_HERE);
  assert_whole (fixture, LARGE_ID, LARGE);
  assert_whole (fixture, SMALL_ID, SMALL);
  g_assert_cmpuint (fixture->requests, >, 2);
  g_unlink (photo->path);
}

static void
test_break (Fixture *fixture, gconstpointer data)
{
  fixture->break_after = 3;
  connect_well (fixture);
  WAIT_UNTIL (fixture->requests >= 3);
  close_fetcher (fixture);
  fixture->lowest = LARGE;
  open_fetcher (fixture);
  connect_well (fixture);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_HERE);
  g_assert_cmpint (fixture->lowest, >, 0);
  assert_whole (fixture, LARGE_ID, LARGE);
}

static void
test_spoilt (Fixture *fixture, gconstpointer data)
{
  g_autofree char *part = name (fixture, LARGE_ID, ".part");
  g_autofree char *zeros = g_malloc0 (LARGE - 10);

  g_assert_cmpint (g_mkdir (fixture->folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (part, zeros, LARGE - 10, NULL));
  connect_well (fixture);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_HERE);
  assert_whole (fixture, LARGE_ID, LARGE);
}

static void
end_task (Fixture *fixture)
{
  store_receive_text (fixture->store.store, 2, GC_MSG_TASK_CANCEL,
                      "{\"task\": \"" TASK "\", \"reason\": \"r\","
                      " \"at\": \"2026-11-24T02:33:00Z\"}");
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_ON_DEMAND);
}

static void
test_metered (Fixture *fixture, gconstpointer data)
{
  gc_file_fetcher_set_online (fixture->fetcher, TRUE);
  WAIT_UNTIL (look (fixture, SMALL_ID) == GC_ATTACHMENT_HERE);
  test_iterate (50);
  g_assert_cmpint (look (fixture, LARGE_ID), ==, GC_ATTACHMENT_ON_DEMAND);
  end_task (fixture);
  gc_file_fetcher_set_metered (fixture->fetcher, FALSE);
  test_iterate (50);
  g_assert_cmpint (look (fixture, LARGE_ID), ==, GC_ATTACHMENT_ON_DEMAND);
  gc_file_fetcher_want (fixture->fetcher, LARGE_ID);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_HERE);
}

static void
test_becomes_metered (Fixture *fixture, gconstpointer data)
{
  connect_well (fixture);
  WAIT_UNTIL (fixture->requests == 1);
  gc_file_fetcher_set_metered (fixture->fetcher, TRUE);
  WAIT_UNTIL (look (fixture, SMALL_ID) == GC_ATTACHMENT_HERE);
  g_assert_cmpint (look (fixture, LARGE_ID), ==, GC_ATTACHMENT_ON_DEMAND);
  g_assert_cmpuint (fixture->requests, ==, 2);
  gc_file_fetcher_want (fixture->fetcher, LARGE_ID);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_HERE);
  assert_whole (fixture, LARGE_ID, LARGE);
}

static void
test_hostile (Fixture *fixture, gconstpointer data)
{
  g_autofree char *path = name (fixture, LARGE_ID, "");

  fixture->behaviour = GPOINTER_TO_INT (data);
  connect_well (fixture);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_FAILED);
  WAIT_UNTIL (look (fixture, SMALL_ID) == GC_ATTACHMENT_HERE);
  g_assert_cmpint (g_access (path, F_OK), !=, 0);
  fixture->behaviour = HONEST;
  gc_file_fetcher_want (fixture->fetcher, LARGE_ID);
  WAIT_UNTIL (look (fixture, LARGE_ID) == GC_ATTACHMENT_HERE);
  assert_whole (fixture, LARGE_ID, LARGE);
}

static void
test_offline (Fixture *fixture, gconstpointer data)
{
  gc_file_fetcher_set_metered (fixture->fetcher, FALSE);
  gc_file_fetcher_want (fixture->fetcher, LARGE_ID);
  test_iterate (50);
  g_assert_cmpuint (fixture->requests, ==, 0);
  g_assert_cmpint (look (fixture, LARGE_ID), ==, GC_ATTACHMENT_WAITING);
}

static gboolean
is_kept (Fixture *fixture)
{
  g_autofree char *path = name (fixture, SMALL_ID, "");

  return g_access (path, F_OK) == 0;
}

static void
test_gone (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  connect_well (fixture);
  WAIT_UNTIL (look (fixture, SMALL_ID) == GC_ATTACHMENT_HERE);
  close_fetcher (fixture);
  store_fixture_reopen (&fixture->store);
  g_assert_true (is_kept (fixture));
  store_forget_center (fixture->store.store, &error);
  g_assert_no_error (error);
  store_fixture_reopen (&fixture->store);
  g_assert_false (is_kept (fixture));
  fixture->sender = gc_file_sender_new (fixture->store.store, fixture->url, NULL, NULL);
  fixture->tasks = gc_task_list_new (fixture->store.store);
  fixture->fetcher = gc_file_fetcher_new (fixture->store.store, G_LIST_MODEL (fixture->tasks),
                                          fixture->sender, fixture->url, NULL, NULL);
}

#define ADD_HOSTILE(name, behaviour)                                                               \
  g_test_add ("/session/file-fetcher/hostile/" name, Fixture, GINT_TO_POINTER (behaviour), set_up, \
              test_hostile, tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("comes-by-itself", test_by_itself);
  ADD ("goes-on-after-a-break", test_break);
  ADD ("spoilt-begins-anew", test_spoilt);
  ADD ("metered", test_metered);
  ADD ("becomes-metered", test_becomes_metered);
  ADD ("offline-fetches-nothing", test_offline);
  ADD ("gone-with-its-task", test_gone);
  ADD_HOSTILE ("another-content", ANOTHER_CONTENT);
  ADD_HOSTILE ("another-kind", ANOTHER_KIND);
  ADD_HOSTILE ("another-part", ANOTHER_PART);
  ADD_HOSTILE ("too-much", TOO_MUCH);
  ADD_HOSTILE ("without-end", WITHOUT_END);
  ADD_HOSTILE ("nothing", NOTHING);
  ADD_HOSTILE ("missing", MISSING);
  return g_test_run ();
}
