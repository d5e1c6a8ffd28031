/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a code survives writing and reading, with IPv4, IPv6, DNS names and Chinese
 *  - foreign, other-version, damaged and oversized texts are told apart
 *  - a name cannot disguise itself
 *  - the example in PROTOCOL.md is a code
 */

#include "base/gc-error.h"
#include "protocol/gc-pairing-code.h"

#include <string.h>

#define PIN "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
#define TOKEN "abcdefghijklmnopqrstuv"
#define REST "&k=" PIN "&t=" TOKEN "&n=A"

static void
test_round_trip (void)
{
  const char *const hosts[] = { "192.0.2.7", "2001:db8::1", "center.linhai.example" };

  for (gsize i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autoptr (GcPairingCode) code
          = gc_pairing_code_new (hosts[i], 8443, PIN, TOKEN, "临海县 综治中心 & co=1");
      g_autofree char *text = gc_pairing_code_print (code);
      g_autofree char *padded = g_strdup_printf (" %s\r\n", text);
      g_autoptr (GError) error = NULL;
      g_autoptr (GcPairingCode) again = gc_pairing_code_parse (padded, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (again->host, ==, hosts[i]);
      g_assert_cmpuint (again->port, ==, 8443);
      g_assert_cmpstr (again->ca_pin, ==, PIN);
      g_assert_cmpstr (again->token, ==, TOKEN);
      g_assert_cmpstr (again->name, ==, "临海县 综治中心 & co=1");
    }
}

static void
test_base_url (void)
{
  g_autoptr (GcPairingCode) code = gc_pairing_code_new ("2001:db8::1", 8443, PIN, TOKEN, "A");
  g_autofree char *url = gc_pairing_code_dup_base_url (code);

  g_assert_cmpstr (url, ==, "https://[2001:db8::1]:8443");
}

static void
test_example (void)
{
  g_autofree char *path
      = g_test_build_filename (G_TEST_DIST, "..", "src", "protocol", "PROTOCOL.md", NULL);
  g_autofree char *page = NULL;
  const char *example;
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPairingCode) code = NULL;

  g_assert_true (g_file_get_contents (path, &page, NULL, NULL));
  example = strstr (page, "`gridcast:pair?");
  g_assert_nonnull (example);
  text = g_strndup (example + 1, strcspn (example + 1, "`"));
  code = gc_pairing_code_parse (text, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (code->name, ==, "Riverside Command");
}

typedef struct
{
  const char *text;
  int code;
} Refusal;

static void
test_refuses (void)
{
  const Refusal refusals[] = {
    { "", GC_ERROR_NOT_FOUND },
    { "https://example.org/", GC_ERROR_NOT_FOUND },
    { "gridcast:other?v=1", GC_ERROR_NOT_FOUND },
    { "gridcast:pair?", GC_ERROR_INVALID },
    { "gridcast:pair?v=2&x=y", GC_ERROR_UNSUPPORTED },
    { "gridcast:pair?v=1", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&v=1&c=h:1" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:0" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:65536" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=:8443" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=[]:8443" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=[fe80::1%25eth0]:8443" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=2001:db8::1:8443" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=user@h:1" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h/x:1" REST, GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=short&t=" TOKEN "&n=A", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=" PIN "&t=&n=A", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=" PIN "&t=" TOKEN "&n=", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=" PIN "&t=" TOKEN "&n=%E2%80%AEevil", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=" PIN "&t=" TOKEN "&n=a%0Ab", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=" PIN "&t=" TOKEN "&n=%FF", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h:1&k=" PIN "&t=" TOKEN "&n=%ZZ", GC_ERROR_INVALID },
    { "gridcast:pair?v=1&c=h%00:1" REST, GC_ERROR_INVALID },
    { "\xff\xfe", GC_ERROR_NOT_FOUND },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (gc_pairing_code_parse (refusals[i].text, &error));
      g_assert_error (error, GC_ERROR, refusals[i].code);
    }
}

static void
test_bounded (void)
{
  g_autofree char *text = g_strnfill (GC_PAIRING_CODE_MAX_LENGTH + 1, 'x');
  g_autoptr (GError) error = NULL;

  g_assert_null (gc_pairing_code_parse (text, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_TOO_LARGE);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/protocol/pairing-code/round-trip", test_round_trip);
  g_test_add_func ("/protocol/pairing-code/example", test_example);
  g_test_add_func ("/protocol/pairing-code/base-url", test_base_url);
  g_test_add_func ("/protocol/pairing-code/refuses", test_refuses);
  g_test_add_func ("/protocol/pairing-code/bounded", test_bounded);
  return g_test_run ();
}
