/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a message is measured over all its frames, in whatever pieces they arrive
 *  - control frames in between count for nothing, and are over the limit where RFC 6455 says so
 *  - frames, and pings among them, are counted
 *  - lengths that no machine can hold are over the limit
 */

#include "center/gc-frame-guard.h"

#include <string.h>

#define FIN 0x80
#define TEXT 0x01
#define PING 0x09
#define MASKED 0x80

static GByteArray *
add_frame (GByteArray *bytes, guint8 first, guint64 length)
{
  guint8 header[14] = { first, MASKED | (length < 126 ? (guint8) length : 127) };
  gsize size = 2;

  if (length >= 126)
    {
      for (int i = 0; i < 8; i++)
        header[2 + i] = (guint8) (length >> (56 - 8 * i));
      size += 8;
    }
  size += 4;
  g_byte_array_append (bytes, header, (guint) size);
  if (length <= 100000)
    {
      g_autofree guint8 *payload = g_malloc0 (length + 1);

      g_byte_array_append (bytes, payload, (guint) length);
    }
  return bytes;
}

static gboolean
fits (const GByteArray *bytes, gsize step)
{
  GcFrameMeter meter = { .max_length = 1000 };

  for (gsize at = 0; at < bytes->len; at += step)
    if (!gc_frame_meter_feed (&meter, bytes->data + at, MIN (step, bytes->len - at)))
      return FALSE;
  return TRUE;
}

static void
assert_fits (GByteArray *bytes, gboolean expected)
{
  const gsize steps[] = { 1, 3, 7, 1 << 20 };

  for (gsize i = 0; i < G_N_ELEMENTS (steps); i++)
    g_assert_cmpint (fits (bytes, steps[i]), ==, expected);
  g_byte_array_set_size (bytes, 0);
}

static void
test_single (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  assert_fits (add_frame (bytes, FIN | TEXT, 0), TRUE);
  assert_fits (add_frame (bytes, FIN | TEXT, 1000), TRUE);
  assert_fits (add_frame (bytes, FIN | TEXT, 1001), FALSE);
  assert_fits (add_frame (add_frame (bytes, FIN | TEXT, 900), FIN | TEXT, 900), TRUE);
  assert_fits (add_frame (bytes, FIN | TEXT, G_MAXUINT64), FALSE);
}

static void
test_fragments (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  add_frame (bytes, TEXT, 600);
  add_frame (bytes, FIN | PING, 100);
  assert_fits (add_frame (bytes, FIN, 400), TRUE);
  add_frame (bytes, TEXT, 600);
  add_frame (bytes, FIN | PING, 100);
  assert_fits (add_frame (bytes, FIN, 401), FALSE);
  add_frame (bytes, TEXT, 1);
  assert_fits (add_frame (bytes, 0, G_MAXUINT64), FALSE);
  for (int i = 0; i < 2000; i++)
    add_frame (bytes, i == 0 ? TEXT : 0, 0);
  assert_fits (bytes, TRUE);
}

static void
test_control (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  assert_fits (add_frame (bytes, FIN | PING, 125), TRUE);
  assert_fits (add_frame (bytes, FIN | PING, 126), FALSE);
}

static void
test_counts (void)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  GcFrameMeter meter = { .max_length = 1000 };

  add_frame (bytes, FIN | TEXT, 0);
  add_frame (bytes, FIN | PING, 0);
  add_frame (bytes, FIN | TEXT, 300);
  add_frame (bytes, FIN | PING, 100);
  for (guint i = 0; i < bytes->len; i++)
    g_assert_true (gc_frame_meter_feed (&meter, bytes->data + i, 1));
  g_assert_cmpuint (meter.frames, ==, 4);
  g_assert_cmpuint (meter.pings, ==, 2);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/center/frames/single", test_single);
  g_test_add_func ("/center/frames/fragments", test_fragments);
  g_test_add_func ("/center/frames/control", test_control);
  g_test_add_func ("/center/frames/counts", test_counts);
  return g_test_run ();
}
