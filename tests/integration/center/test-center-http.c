/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises of the center's HTTP interface:
 *  - the set-up link makes one account and no second; sessions outlive a restart
 *  - guessing passwords is slowed down, unknown names answer like wrong passwords
 *  - what does not come from the console's own page is refused, as is who is not logged in
 *  - no request, however malformed or long, gets anything but a refusal
 *  - only the console's files are served, with headers that bind the page to this center
 *  - a request that never ends does not last
 */

#include "base/gc-id.h"
#include "center-fixture.h"

#include <glib/gstdio.h>
#include <string.h>

static void
test_config (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) before = fixture_request (fixture, "GET", "/api/config", NULL);
  g_autoptr (Answer) after = NULL;

  g_assert_cmpuint (before->status, ==, 200);
  g_assert_cmpstr (json_object_get_string_member (before->json, "name"), ==, "测试中心");
  g_assert_true (json_object_get_boolean_member (before->json, "setup_needed"));
  fixture_log_in (fixture);
  after = fixture_request (fixture, "GET", "/api/config", NULL);
  g_assert_false (json_object_get_boolean_member (after->json, "setup_needed"));
}

static void
test_setup_once (Fixture *fixture, gconstpointer data)
{
  g_autofree char *setup = gc_center_dup_setup_url (fixture->center);
  g_autofree char *body
      = g_strdup_printf ("{\"token\": \"%s\", \"user\": \"b\", \"password\": \"another secret\"}",
                         strstr (setup, "#setup=") + strlen ("#setup="));
  g_autoptr (Answer) again = NULL;
  g_autoptr (Answer) session = NULL;

  fixture_log_in (fixture);
  again = fixture_request (fixture, "POST", "/api/setup", body);
  assert_problem (again, 410, "setup-used");
  g_assert_null (gc_center_dup_setup_url (fixture->center));
  fixture_restart (fixture);
  session = fixture_request (fixture, "GET", "/api/session", NULL);
  g_assert_cmpuint (session->status, ==, 200);
  g_assert_cmpstr (json_object_get_string_member (session->json, "user"), ==, "王芳");
}

static void
test_setup_refuses (Fixture *fixture, gconstpointer data)
{
  g_autofree char *setup = gc_center_dup_setup_url (fixture->center);
  const char *token = strstr (setup, "#setup=") + strlen ("#setup=");
  const struct
  {
    const char *token;
    const char *user;
    const char *password;
    guint status;
    const char *type;
  } cases[] = {
    { "AAAAAAAAAAAAAAAAAAAAAA", "a", "long enough", 401, "login-wrong" },
    { token, "a", "short", 400, "request-invalid" },
    { token, "", "long enough", 400, "request-invalid" },
    { token, "a b", "long enough", 400, "request-invalid" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *body
          = g_strdup_printf ("{\"token\": \"%s\", \"user\": \"%s\", \"password\": \"%s\"}",
                             cases[i].token, cases[i].user, cases[i].password);
      g_autoptr (Answer) answer = fixture_request (fixture, "POST", "/api/setup", body);

      assert_problem (answer, cases[i].status, cases[i].type);
    }
}

static Answer *
log_in (Fixture *fixture, const char *user, const char *password)
{
  g_autofree char *body
      = g_strdup_printf ("{\"user\": \"%s\", \"password\": \"%s\"}", user, password);

  return fixture_request (fixture, "POST", "/api/login", body);
}

static void
test_login (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) wrong = NULL;
  g_autoptr (Answer) unknown = NULL;
  g_autoptr (Answer) decoy = NULL;
  g_autoptr (Answer) good = NULL;
  const char *cookie;

  fixture_log_in (fixture);
  g_clear_pointer (&fixture->cookie, g_free);
  wrong = log_in (fixture, "王芳", "not the secret");
  assert_problem (wrong, 401, "login-wrong");
  unknown = log_in (fixture, "nobody", "not the secret");
  assert_problem (unknown, 401, "login-wrong");
  decoy = log_in (fixture, "nobody", "decoy");
  assert_problem (decoy, 401, "login-wrong");
  good = log_in (fixture, "王芳", "a long secret");
  g_assert_cmpuint (good->status, ==, 200);
  cookie = soup_message_headers_get_one (good->headers, "Set-Cookie");
  g_assert_true (g_str_has_prefix (cookie, "gridcast-session="));
  g_assert_nonnull (strstr (cookie, "; Secure"));
  g_assert_nonnull (strstr (cookie, "; HttpOnly"));
  g_assert_nonnull (strstr (cookie, "; SameSite=Strict"));
  g_assert_nonnull (strstr (cookie, "; Path=/"));
}

static void
test_guessing_slows_down (Fixture *fixture, gconstpointer data)
{
  guint status = 0;

  fixture_log_in (fixture);
  for (int i = 0; i < 10 && status != 429; i++)
    {
      g_autoptr (Answer) answer = log_in (fixture, "王芳", "a guess");

      status = answer->status;
      if (status == 429)
        {
          assert_problem (answer, 429, "slow-down");
          g_assert_nonnull (soup_message_headers_get_one (answer->headers, "Retry-After"));
        }
      else
        assert_problem (answer, 401, "login-wrong");
    }
  g_assert_cmpuint (status, ==, 429);
}

static void
test_logout (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) out = NULL;
  g_autoptr (Answer) session = NULL;

  fixture_log_in (fixture);
  out = fixture_request (fixture, "POST", "/api/logout", NULL);
  g_assert_cmpuint (out->status, ==, 204);
  session = fixture_request (fixture, "GET", "/api/session", NULL);
  assert_problem (session, 401, "login");
}

static void
test_foreign_page (Fixture *fixture, gconstpointer data)
{
  static const struct
  {
    const char *origin;
    const char *mark;
    guint status;
  } CASES[] = {
    { NULL, NULL, 403 },  { NULL, "0", 403 }, { "https://evil.example", "1", 403 },
    { "null", "1", 403 }, { NULL, "1", 204 },
  };

  fixture_log_in (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (SoupMessage) message = fixture_message (fixture, "POST", "/api/logout");
      SoupMessageHeaders *headers = soup_message_get_request_headers (message);
      g_autoptr (Answer) answer = NULL;

      soup_message_headers_replace (headers, "Cookie", fixture->cookie);
      if (CASES[i].origin != NULL)
        soup_message_headers_replace (headers, "Origin", CASES[i].origin);
      if (CASES[i].mark != NULL)
        soup_message_headers_replace (headers, "X-Gridcast", CASES[i].mark);
      answer = fixture_send (fixture, message);
      g_assert_cmpuint (answer->status, ==, CASES[i].status);
    }
}

static const struct
{
  const char *method;
  const char *path;
} ENDPOINTS[] = {
  { "POST", "/api/setup" },
  { "POST", "/api/login" },
  { "POST", "/api/logout" },
  { "GET", "/api/session" },
  { "GET", "/api/events" },
  { "GET", "/api/terminals" },
  { "DELETE", "/api/terminals/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11" },
  { "GET", "/api/terminals/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/track" },
  { "POST", "/api/terminals/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/live" },
  { "POST", "/api/pairings" },
  { "GET", "/api/pairings/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11" },
  { "DELETE", "/api/pairings/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11" },
  { "GET", "/api/tasks" },
  { "GET", "/api/tasks.csv" },
  { "GET", "/api/tasks.geojson" },
  { "POST", "/api/tasks" },
  { "GET", "/api/tasks/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11" },
  { "POST", "/api/tasks/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/cancel" },
  { "POST", "/api/tasks/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/assign" },
  { "GET", "/api/alerts" },
  { "POST", "/api/alerts" },
  { "GET", "/api/alerts/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11" },
  { "POST", "/api/alerts/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/cancel" },
  { "GET", "/api/live" },
  { "DELETE", "/api/live/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11" },
  { "GET", "/api/sos" },
  { "POST", "/api/sos/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/seen" },
  { "POST", "/api/sos/3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11/end" },
  { "GET", "/api/audit" },
};

static void
test_strangers (Fixture *fixture, gconstpointer data)
{
  for (gsize i = 2; i < G_N_ELEMENTS (ENDPOINTS); i++)
    {
      g_autoptr (Answer) answer
          = fixture_request (fixture, ENDPOINTS[i].method, ENDPOINTS[i].path, NULL);

      g_test_message ("%s", ENDPOINTS[i].path);
      assert_problem (answer, 401, "login");
    }
}

static void
test_malformed (Fixture *fixture, gconstpointer data)
{
  static const char *const BODIES[] = {
    "",
    "{",
    "[]",
    "null",
    "{}",
    "{\"user\": 5}",
    "\xff\xfe",
    "{\"worker\": \"\"}",
    "{\"worker\": \"   \"}",
    "{\"title\": \"\"}",
    "{\"reason\": []}",
    "{\"reason\": {}}",
    "{\"terminal\": \"3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11\", \"title\": \"x\","
    " \"urgency\": \"urgent\", \"place\": 5}",
  };

  fixture_log_in (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (ENDPOINTS); i++)
    {
      if (strcmp (ENDPOINTS[i].method, "POST") != 0
          || strcmp (ENDPOINTS[i].path, "/api/logout") == 0)
        continue;
      for (gsize j = 0; j < G_N_ELEMENTS (BODIES); j++)
        {
          g_autoptr (Answer) answer
              = fixture_request (fixture, "POST", ENDPOINTS[i].path, BODIES[j]);

          g_test_message ("%s %s", ENDPOINTS[i].path, BODIES[j]);
          g_assert_cmpuint (answer->status, >=, 400);
          g_assert_cmpuint (answer->status, <, 500);
        }
    }
}

static void
test_too_large (Fixture *fixture, gconstpointer data)
{
  static const char *const PATHS[]
      = { "/api/login", "/api/tasks", "/.well-known/est/simpleenroll", "/", "/channel" };
  g_autofree char *body = g_strnfill (64 * 1024 + 1, 'x');

  for (gsize i = 0; i < G_N_ELEMENTS (PATHS); i++)
    {
      g_autoptr (Answer) answer = fixture_request (fixture, "POST", PATHS[i], body);

      assert_problem (answer, 413, "too-large");
    }
}

/* Without a Content-Length: the limit holds all the same. */
static void
test_too_large_in_chunks (Fixture *fixture, gconstpointer data)
{
  g_autoptr (SoupMessage) message = fixture_message (fixture, "POST", "/api/login");
  g_autofree char *body = g_strnfill (200 * 1024, 'x');
  g_autoptr (GInputStream) stream
      = g_memory_input_stream_new_from_data (g_strdup (body), 200 * 1024, g_free);
  g_autoptr (Answer) answer = NULL;

  soup_message_set_request_body (message, "application/json", stream, -1);
  answer = fixture_send (fixture, message);
  assert_problem (answer, 413, "too-large");
}

static void
test_queries (Fixture *fixture, gconstpointer data)
{
  static const char *const PATHS[] = {
    "/api/audit?limit=0",  "/api/audit?limit=x",     "/api/audit?limit=-1",
    "/api/tasks?state=no", "/api/tasks.csv?limit=0", "/api/audit?limit=99999999999999999999",
  };

  fixture_log_in (fixture);
  for (gsize i = 0; i < G_N_ELEMENTS (PATHS); i++)
    {
      g_autoptr (Answer) answer = fixture_request (fixture, "GET", PATHS[i], NULL);

      assert_problem (answer, 400, "request-invalid");
    }
}

static void
test_methods (Fixture *fixture, gconstpointer data)
{
  static const char *const PATHS[]
      = { "/api/login", "/api/terminals", "/.well-known/est/cacerts", "/", "/app.js" };

  for (gsize i = 0; i < G_N_ELEMENTS (PATHS); i++)
    {
      g_autoptr (Answer) answer = fixture_request (fixture, "PUT", PATHS[i], NULL);

      assert_problem (answer, 405, "method");
      g_assert_nonnull (soup_message_headers_get_one (answer->headers, "Allow"));
    }
}

static void
test_files (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) index = fixture_request (fixture, "GET", "/", NULL);
  g_autoptr (Answer) script = fixture_request (fixture, "GET", "/app.js", NULL);
  g_autoptr (Answer) leaflet = fixture_request (fixture, "GET", "/leaflet/leaflet.css", NULL);
  g_autoptr (SoupMessage) again = fixture_message (fixture, "GET", "/app.js");
  g_autoptr (Answer) unchanged = NULL;
  const char *policy = soup_message_headers_get_one (index->headers, "Content-Security-Policy");

  g_assert_cmpuint (index->status, ==, 200);
  g_assert_cmpstr (index->text, ==, "<!doctype html>");
  g_assert_nonnull (strstr (policy, "default-src 'self'"));
  g_assert_nonnull (strstr (policy, "frame-ancestors 'none'"));
  g_assert_cmpstr (soup_message_headers_get_one (index->headers, "X-Content-Type-Options"), ==,
                   "nosniff");
  g_assert_cmpstr (soup_message_headers_get_content_type (script->headers, NULL), ==,
                   "text/javascript");
  g_assert_cmpuint (leaflet->status, ==, 200);
  soup_message_headers_replace (soup_message_get_request_headers (again), "If-None-Match",
                                soup_message_headers_get_one (script->headers, "ETag"));
  unchanged = fixture_send (fixture, again);
  g_assert_cmpuint (unchanged->status, ==, 304);
}

static void
test_path_tricks (Fixture *fixture, gconstpointer data)
{
  static const char *const PATHS[] = {
    "/../data/ca.key",
    "/%2e%2e/data/ca.key",
    "/..%2fdata%2fca.key",
    "/.hidden.js",
    "/leaflet/../app.js",
    "/leaflet/%2e%2e/x",
    "//etc/passwd",
    "/app.js%00.png",
    "/app.js/",
    "/./app.js/.",
    "/nothing.js",
    "/data/../../data/ca.key",
    "/%2e%2e%5cdata%5cca.key",
    "/center.db",
    "/leaflet/",
    "/app%2ejs%2f..%2fx.js",
  };

  for (gsize i = 0; i < G_N_ELEMENTS (PATHS); i++)
    {
      g_autoptr (SoupMessage) message = NULL;
      g_autoptr (Answer) answer = NULL;
      g_autofree char *url = gc_center_dup_url (fixture->center);
      g_autofree char *address = g_strconcat (url, PATHS[i] + 1, NULL);
      g_autoptr (GUri) uri = g_uri_parse (
          address, SOUP_HTTP_URI_FLAGS & ~G_URI_FLAGS_PARSE_RELAXED & ~G_URI_FLAGS_SCHEME_NORMALIZE,
          NULL);

      g_test_message ("%s", PATHS[i]);
      if (uri == NULL)
        continue;
      message = fixture_message (fixture, "GET", "/");
      soup_message_set_uri (message, uri);
      answer = fixture_send (fixture, message);
      if (answer->status == 200)
        g_assert_cmpstr (answer->text, ==, "export {};");
      else
        g_assert_true (answer->status == 404 || answer->status == 400);
    }
}

static void
test_viewers_need_a_login (Fixture *fixture, gconstpointer data)
{
  g_autoptr (Answer) stranger = fixture_request (fixture, "POST", "/whep/x", "v=0");
  g_autoptr (Answer) dispatcher = NULL;

  g_assert_cmpuint (stranger->status, ==, 401);
  fixture_log_in (fixture);
  dispatcher = fixture_request (fixture, "POST", "/whep/x", "v=0");
  g_assert_cmpuint (dispatcher->status, ==, 204);
}

static void
test_private_folder (Fixture *fixture, gconstpointer data)
{
  static const char *const NAMES[] = { "", "ca.key", "server.key", "center.db" };

  for (gsize i = 0; i < G_N_ELEMENTS (NAMES); i++)
    {
      g_autofree char *path = g_build_filename (fixture->config->data_dir, NAMES[i], NULL);
      GStatBuf info;

      g_assert_cmpint (g_stat (path, &info), ==, 0);
      g_assert_cmpint (info.st_mode & 0777, ==, NAMES[i][0] == '\0' ? 0700 : 0600);
    }
}

#define ADD(name, func) g_test_add (name, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/center/http/config", test_config);
  ADD ("/center/http/setup-once", test_setup_once);
  ADD ("/center/http/setup-refuses", test_setup_refuses);
  ADD ("/center/http/login", test_login);
  ADD ("/center/http/guessing-slows-down", test_guessing_slows_down);
  ADD ("/center/http/logout", test_logout);
  ADD ("/center/http/foreign-page-is-refused", test_foreign_page);
  ADD ("/center/http/strangers-are-refused", test_strangers);
  ADD ("/center/http/malformed-is-refused", test_malformed);
  ADD ("/center/http/too-large-is-refused", test_too_large);
  ADD ("/center/http/too-large-in-chunks-is-refused", test_too_large_in_chunks);
  ADD ("/center/http/queries-are-checked", test_queries);
  ADD ("/center/http/methods-are-checked", test_methods);
  ADD ("/center/http/files", test_files);
  ADD ("/center/http/path-tricks-lead-nowhere", test_path_tricks);
  ADD ("/center/http/viewers-need-a-login", test_viewers_need_a_login);
  ADD ("/center/http/private-folder", test_private_folder);
  return g_test_run ();
}
