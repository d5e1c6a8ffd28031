/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - offer, token and media type go out as RFC 9725 says; the answer comes back
 *  - the session is deleted where the server put it, with the token; a server that names no place,
 *    or a bad one, can be published to all the same
 *  - who gives up while the offer is under way leaves no session behind
 *  - 307 and 308 are followed a few times, with offer and token; nothing else is
 *  - every refusal is an error of the right kind, with the server's reason in it
 *  - what is no answer (wrong type, empty, too large, cut off, no WHIP) is an error
 *  - ICE servers come from OPTIONS; a server that does not know it has none
 *  - addresses and tokens that cannot be are refused before anything is sent
 */

#include "base/gc-error.h"
#include "live/gc-whip-client.h"
#include "rtc/gc-ice-server.h"
#include "rtc/gc-sdp.h"
#include "test-wait.h"

#include <libsoup/soup.h>
#include <string.h>

#define OFFER "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define ANSWER "v=0\r\no=- 2 2 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
#define TOKEN "secret.token"
#define PATIENCE_MS 10000

typedef struct
{
  SoupServer *server;
  char *base;
  /* What it answers to POST. */
  guint status;
  const char *location;
  const char *type;
  const char *body;
  gsize length;
  const char *retry_after;
  gboolean hang_up;
  SoupServerMessage *held; /* (owned) an offer that waits for its answer */
  gboolean hold;
  /* What it answers to OPTIONS. */
  guint options_status;
  const char *link;
  /* What it saw: method and path of each request. */
  GPtrArray *requests;

  GBytes *answer;
  GPtrArray *ice_servers;
  GError *error;
  gboolean done;
} Fixture;

#define ADD(name, func) g_test_add ("/live/whip/" name, Fixture, NULL, set_up, func, tear_down)

static void
answer_offer (Fixture *fixture, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  soup_server_message_set_status (message, fixture->status, NULL);
  if (fixture->location != NULL)
    soup_message_headers_append (headers, "Location", fixture->location);
  if (fixture->retry_after != NULL)
    soup_message_headers_append (headers, "Retry-After", fixture->retry_after);
  if (fixture->body != NULL)
    soup_server_message_set_response (message, fixture->type, SOUP_MEMORY_COPY, fixture->body,
                                      fixture->length);
}

static void
on_offer (Fixture *fixture, SoupServerMessage *message)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (message);
  SoupMessageBody *body = soup_server_message_get_request_body (message);

  g_assert_cmpstr (soup_message_headers_get_content_type (headers, NULL), ==, "application/sdp");
  g_assert_cmpmem (body->data, body->length, OFFER, strlen (OFFER));
  if (fixture->hang_up)
    {
      g_autoptr (GIOStream) connection = soup_server_message_steal_connection (message);

      g_io_stream_close (connection, NULL, NULL);
      return;
    }
  if (fixture->hold)
    {
      fixture->held = g_object_ref (message);
      soup_server_message_pause (message);
      return;
    }
  answer_offer (fixture, message);
}

static void
on_request (SoupServer *server,
            SoupServerMessage *message,
            const char *path,
            GHashTable *query,
            gpointer user_data)
{
  Fixture *fixture = user_data;
  const char *method = soup_server_message_get_method (message);

  g_ptr_array_add (fixture->requests, g_strdup_printf ("%s %s", method, path));
  g_assert_cmpstr (soup_message_headers_get_one (soup_server_message_get_request_headers (message),
                                                 "Authorization"),
                   ==, "Bearer " TOKEN);
  if (strcmp (method, "POST") == 0)
    on_offer (fixture, message);
  else if (strcmp (method, "OPTIONS") == 0)
    {
      soup_server_message_set_status (message, fixture->options_status, NULL);
      if (fixture->link != NULL)
        soup_message_headers_append (soup_server_message_get_response_headers (message), "Link",
                                     fixture->link);
    }
  else
    soup_server_message_set_status (message, 200, NULL);
}

static void
set_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  GSList *uris;

  fixture->server = soup_server_new (NULL, NULL);
  soup_server_add_handler (fixture->server, NULL, on_request, fixture, NULL);
  g_assert_true (
      soup_server_listen_local (fixture->server, 0, SOUP_SERVER_LISTEN_IPV4_ONLY, &error));
  uris = soup_server_get_uris (fixture->server);
  fixture->base = g_strdup_printf ("http://127.0.0.1:%d", g_uri_get_port (uris->data));
  g_slist_free_full (uris, (GDestroyNotify) g_uri_unref);
  fixture->requests = g_ptr_array_new_with_free_func (g_free);
  fixture->status = 201;
  fixture->location = "/session/7";
  fixture->type = "application/sdp";
  fixture->body = ANSWER;
  fixture->length = strlen (ANSWER);
  fixture->options_status = 204;
}

static void
forget (Fixture *fixture)
{
  g_clear_pointer (&fixture->answer, g_bytes_unref);
  g_clear_pointer (&fixture->ice_servers, g_ptr_array_unref);
  g_clear_error (&fixture->error);
  g_ptr_array_set_size (fixture->requests, 0);
  fixture->done = FALSE;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  forget (fixture);
  soup_server_disconnect (fixture->server);
  g_clear_object (&fixture->held);
  g_clear_object (&fixture->server);
  g_ptr_array_unref (fixture->requests);
  g_free (fixture->base);
}

static GcWhipClient *
make_client (Fixture *fixture, const char *path)
{
  g_autofree char *url = g_strconcat (fixture->base, path, NULL);
  g_autoptr (GError) error = NULL;
  GcWhipClient *client = gc_whip_client_new (url, TOKEN, NULL, NULL, &error);

  g_assert_no_error (error);
  return client;
}

static void
on_published (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->answer
      = gc_whip_client_publish_finish (GC_WHIP_CLIENT (source), result, &fixture->error);
  fixture->done = TRUE;
}

static GcWhipClient *
publish (Fixture *fixture, const char *path)
{
  GcWhipClient *client = make_client (fixture, path);

  gc_whip_client_publish_async (client, OFFER, PATIENCE_MS, NULL, on_published, fixture);
  WAIT_UNTIL (fixture->done);
  return client;
}

static void
on_deleted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  gc_whip_client_delete_finish (GC_WHIP_CLIENT (source), result, &error);
  g_assert_no_error (error);
  *(gboolean *) user_data = TRUE;
}

static void
delete_session (GcWhipClient *client)
{
  gboolean deleted = FALSE;

  gc_whip_client_delete_async (client, on_deleted, &deleted);
  WAIT_UNTIL (deleted);
}

static const char *
last_request (Fixture *fixture)
{
  return g_ptr_array_index (fixture->requests, fixture->requests->len - 1);
}

static void
test_publish (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcWhipClient) client = publish (fixture, "/whip");

  g_assert_no_error (fixture->error);
  g_assert_cmpmem (g_bytes_get_data (fixture->answer, NULL), g_bytes_get_size (fixture->answer),
                   ANSWER, strlen (ANSWER));
  g_assert_cmpstr (last_request (fixture), ==, "POST /whip");
  delete_session (client);
  g_assert_cmpstr (last_request (fixture), ==, "DELETE /session/7");
  /* Once is enough. */
  delete_session (client);
  g_assert_cmpuint (fixture->requests->len, ==, 2);
}

static void
test_locations (Fixture *fixture, gconstpointer data)
{
  g_autofree char *absolute = g_strconcat (fixture->base, "/elsewhere/8?x=1", NULL);
  const struct
  {
    const char *location;
    const char *deleted;
  } cases[] = {
    { "/session/7", "DELETE /session/7" },
    { "below", "DELETE /a/below" },
    { "../beside", "DELETE /beside" },
    { absolute, "DELETE /elsewhere/8" },
    { NULL, NULL },
    { "http://", NULL },
    { "ftp://127.0.0.1/x", NULL },
    { "javascript:alert(1)", NULL },
    { "http://[::1/x", NULL },
    { "http://127.0.0.1:99999/x", NULL },
    { "//", NULL },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GcWhipClient) client = NULL;

      fixture->location = cases[i].location;
      client = publish (fixture, "/a/whip");
      g_assert_no_error (fixture->error);
      delete_session (client);
      g_assert_cmpstr (last_request (fixture), ==,
                       cases[i].deleted != NULL ? cases[i].deleted : "POST /a/whip");
      forget (fixture);
    }
}

static void
test_give_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcWhipClient) client = make_client (fixture, "/whip");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  gboolean deleted = FALSE;

  fixture->hold = TRUE;
  gc_whip_client_publish_async (client, OFFER, PATIENCE_MS, cancellable, on_published, fixture);
  WAIT_UNTIL (fixture->held != NULL);
  g_cancellable_cancel (cancellable);
  gc_whip_client_delete_async (client, on_deleted, &deleted);
  g_assert_false (deleted);
  answer_offer (fixture, fixture->held);
  soup_server_message_unpause (fixture->held);
  WAIT_UNTIL (deleted && fixture->done);
  g_assert_error (fixture->error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpstr (last_request (fixture), ==, "DELETE /session/7");
}

/* Nobody says that the session is to go, but nobody has it either. */
static void
test_give_up_silently (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  GcWhipClient *client = make_client (fixture, "/whip");

  fixture->hold = TRUE;
  gc_whip_client_publish_async (client, OFFER, PATIENCE_MS, cancellable, on_published, fixture);
  g_object_unref (client);
  WAIT_UNTIL (fixture->held != NULL);
  g_cancellable_cancel (cancellable);
  answer_offer (fixture, fixture->held);
  soup_server_message_unpause (fixture->held);
  WAIT_UNTIL (fixture->done && strcmp (last_request (fixture), "DELETE /session/7") == 0);
}

static void
test_silent_server (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcWhipClient) client = make_client (fixture, "/whip");
  gboolean deleted = FALSE;

  fixture->hold = TRUE;
  gc_whip_client_publish_async (client, OFFER, PATIENCE_MS, NULL, on_published, fixture);
  WAIT_UNTIL (fixture->held != NULL);
  gc_whip_client_delete_async (client, on_deleted, &deleted);
  WAIT_UNTIL (deleted && fixture->done);
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_UNREACHABLE);
  soup_server_message_unpause (fixture->held);
}

static void
on_redirected (SoupServer *server,
               SoupServerMessage *message,
               const char *path,
               GHashTable *query,
               gpointer user_data)
{
  Fixture *fixture = user_data;
  guint status = (guint) g_ascii_strtoull (path + strlen ("/redirect/"), NULL, 10);

  g_ptr_array_add (fixture->requests,
                   g_strdup_printf ("%s %s", soup_server_message_get_method (message), path));
  soup_server_message_set_status (message, status, NULL);
  soup_message_headers_append (soup_server_message_get_response_headers (message), "Location",
                               g_str_has_suffix (path, "/circle") ? path : "/whip");
}

static void
test_redirects (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    const char *path;
    int code; /* -1: it is followed */
    const char *says;
  } cases[] = {
    { "/redirect/307", -1, NULL },
    { "/redirect/308", -1, NULL },
    { "/redirect/301", GC_ERROR_REFUSED, "301" },
    { "/redirect/302", GC_ERROR_REFUSED, "302" },
    { "/redirect/303", GC_ERROR_REFUSED, "303" },
    { "/redirect/307/circle", GC_ERROR_REFUSED, "circle" },
  };

  soup_server_add_handler (fixture->server, "/redirect", on_redirected, fixture, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GcWhipClient) client = publish (fixture, cases[i].path);

      if (cases[i].code < 0)
        {
          g_assert_no_error (fixture->error);
          g_assert_cmpstr (last_request (fixture), ==, "POST /whip");
        }
      else
        {
          g_assert_error (fixture->error, GC_ERROR, cases[i].code);
          g_assert_nonnull (strstr (fixture->error->message, cases[i].says));
          g_assert_cmpuint (fixture->requests->len, <=, 4);
        }
      forget (fixture);
    }
}

static void
test_refusals (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    guint status;
    int code;
    const char *says;
  } cases[] = {
    { 400, GC_ERROR_REFUSED, "refuses" },    { 401, GC_ERROR_UNAUTHORIZED, "token" },
    { 403, GC_ERROR_UNAUTHORIZED, "token" }, { 404, GC_ERROR_NOT_FOUND, "address" },
    { 405, GC_ERROR_UNSUPPORTED, "WHIP" },   { 406, GC_ERROR_UNSUPPORTED, "WHIP" },
    { 409, GC_ERROR_CONFLICT, "refuses" },   { 415, GC_ERROR_UNSUPPORTED, "WHIP" },
    { 422, GC_ERROR_REFUSED, "refuses" },    { 429, GC_ERROR_BUSY, "busy" },
    { 500, GC_ERROR_FAILED, "failed" },      { 503, GC_ERROR_BUSY, "busy" },
    { 507, GC_ERROR_FAILED, "failed" },
  };

  fixture->type = "text/plain";
  fixture->body = "because of the\nweather";
  fixture->length = strlen (fixture->body);
  fixture->retry_after = "12";
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GcWhipClient) client = NULL;

      fixture->status = cases[i].status;
      client = publish (fixture, "/whip");
      g_assert_error (fixture->error, GC_ERROR, cases[i].code);
      g_assert_nonnull (strstr (fixture->error->message, cases[i].says));
      g_assert_nonnull (strstr (fixture->error->message, "because of the weather"));
      g_assert_null (strstr (fixture->error->message, TOKEN));
      g_assert_cmpuint (gc_whip_client_get_retry_after (client), ==, 12);
      delete_session (client);
      g_assert_cmpuint (fixture->requests->len, ==, 1);
      forget (fixture);
    }
}

static void
test_no_answer (Fixture *fixture, gconstpointer data)
{
  g_autofree char *large = g_strnfill (GC_SDP_MAX_LENGTH + 1, 'a');
  const struct
  {
    guint status;
    const char *type;
    const char *body;
    int code;
  } cases[] = {
    { 200, "application/sdp", ANSWER, GC_ERROR_UNSUPPORTED },
    { 204, NULL, NULL, GC_ERROR_UNSUPPORTED },
    { 201, "text/html", "<html>", GC_ERROR_INVALID },
    { 201, NULL, NULL, GC_ERROR_INVALID },
    { 201, "application/sdp", "", GC_ERROR_INVALID },
    { 201, "application/sdp", large, GC_ERROR_TOO_LARGE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GcWhipClient) client = NULL;

      fixture->status = cases[i].status;
      fixture->type = cases[i].type;
      fixture->body = cases[i].body;
      fixture->length = cases[i].body != NULL ? strlen (cases[i].body) : 0;
      client = publish (fixture, "/whip");
      g_assert_error (fixture->error, GC_ERROR, cases[i].code);
      forget (fixture);
    }
}

static void
test_hang_up (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GcWhipClient) client = NULL;

  fixture->hang_up = TRUE;
  client = publish (fixture, "/whip");
  g_assert_error (fixture->error, GC_ERROR, GC_ERROR_UNREACHABLE);
}

static void
on_ice_servers (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Fixture *fixture = user_data;

  fixture->ice_servers
      = gc_whip_client_get_ice_servers_finish (GC_WHIP_CLIENT (source), result, &fixture->error);
  fixture->done = TRUE;
}

static void
test_ice_servers (Fixture *fixture, gconstpointer data)
{
  const struct
  {
    guint status;
    const char *link;
    guint count;
  } cases[] = {
    { 204, "<stun:stun.example.net>; rel=\"ice-server\"", 1 },
    { 200,
      "<stun:stun.example.net>; rel=\"ice-server\", <turn:turn.example.net?transport=udp>; "
      "rel=\"ice-server\"; username=\"u\"; credential=\"p\"; credential-type=\"password\"",
      2 },
    { 204, NULL, 0 },
    { 404, NULL, 0 },
    { 405, NULL, 0 },
    { 500, "<stun:", 0 },
    { 204, "<http://example.net>; rel=\"ice-server\"", 0 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GcWhipClient) client = make_client (fixture, "/whip");

      fixture->options_status = cases[i].status;
      fixture->link = cases[i].link;
      gc_whip_client_get_ice_servers_async (client, NULL, on_ice_servers, fixture);
      WAIT_UNTIL (fixture->done);
      g_assert_no_error (fixture->error);
      g_assert_cmpuint (fixture->ice_servers->len, ==, cases[i].count);
      g_assert_cmpstr (last_request (fixture), ==, "OPTIONS /whip");
      forget (fixture);
    }
}

static void
test_impossible (void)
{
  const char *const urls[]
      = { "",         "whip", "ftp://example.net/whip", "http://", "http:///", "file:///etc/passwd",
          "http://[/" };
  const char *const tokens[] = { "two words", "line\nend", "caf\xc3\xa9", "tab\t" };

  for (gsize i = 0; i < G_N_ELEMENTS (urls); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gc_whip_client_new (urls[i], NULL, NULL, NULL, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (tokens); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gc_whip_client_new ("http://127.0.0.1/", tokens[i], NULL, NULL, &error));
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
      g_assert_null (strstr (error->message, tokens[i]));
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("publish", test_publish);
  ADD ("locations", test_locations);
  ADD ("giving-up-leaves-nothing", test_give_up);
  ADD ("giving-up-silently-leaves-nothing", test_give_up_silently);
  ADD ("silent-server", test_silent_server);
  ADD ("redirects", test_redirects);
  ADD ("refusals", test_refusals);
  ADD ("no-answer", test_no_answer);
  ADD ("hang-up", test_hang_up);
  ADD ("ice-servers", test_ice_servers);
  g_test_add_func ("/live/whip/impossible-addresses-and-tokens", test_impossible);
  return g_test_run ();
}
