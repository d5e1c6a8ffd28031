/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - the two delays stand in three bytes, 12 bits each, in steps of 10 ms, bounded
 *  - every packet of a payloader carries them, under the id that the description gives
 *  - an extension of another size, which a stranger may send, is refused
 */

#include "rtc/gc-rtc-playout-delay.h"

#include <gst/app/app.h>

static void
test_layout (void)
{
  const struct
  {
    guint min_ms;
    guint max_ms;
    guint8 bytes[3];
  } layouts[] = {
    { 0, 0, { 0x00, 0x00, 0x00 } },         { 0, 10, { 0x00, 0x00, 0x01 } },
    { 10, 10, { 0x00, 0x10, 0x01 } },       { 19, 29, { 0x00, 0x10, 0x02 } },
    { 1000, 40950, { 0x06, 0x4f, 0xff } },  { 40950, 40950, { 0xff, 0xff, 0xff } },
    { 0, G_MAXUINT, { 0x00, 0x0f, 0xff } }, { G_MAXUINT, G_MAXUINT, { 0xff, 0xff, 0xff } },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    {
      g_autoptr (GstRTPHeaderExtension) extension
          = gc_rtc_playout_delay_new (7, layouts[i].min_ms, layouts[i].max_ms);
      g_autoptr (GstBuffer) buffer = gst_buffer_new ();
      guint8 data[4] = { 0xaa, 0xaa, 0xaa, 0xaa };

      g_assert_cmpuint (gst_rtp_header_extension_get_id (extension), ==, 7);
      g_assert_cmpstr (gst_rtp_header_extension_get_uri (extension), ==, GC_RTC_PLAYOUT_DELAY_URI);
      g_assert_cmpuint (gst_rtp_header_extension_get_max_size (extension, buffer), ==, 3);
      g_assert_cmpint (gst_rtp_header_extension_write (extension, buffer,
                                                       GST_RTP_HEADER_EXTENSION_ONE_BYTE, buffer,
                                                       data, sizeof data),
                       ==, 3);
      g_assert_cmpmem (data, 3, layouts[i].bytes, 3);
      g_assert_cmphex (data[3], ==, 0xaa);
      g_assert_cmpint (gst_rtp_header_extension_write (
                           extension, buffer, GST_RTP_HEADER_EXTENSION_ONE_BYTE, buffer, data, 2),
                       ==, -1);
    }
}

static void
test_foreign_size (void)
{
  g_autoptr (GstRTPHeaderExtension) extension = gc_rtc_playout_delay_new (7, 0, 0);
  g_autoptr (GstBuffer) buffer = gst_buffer_new ();
  const guint8 data[16] = { 0 };

  for (gsize size = 0; size <= sizeof data; size++)
    g_assert_true (gst_rtp_header_extension_read (extension, GST_RTP_HEADER_EXTENSION_ONE_BYTE,
                                                  data, size, buffer)
                   == (size == 3));
}

static void
test_every_packet (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline
      = gst_parse_launch ("videotestsrc num-buffers=3 pattern=snow ! vp8enc ! rtpvp8pay name=pay "
                          "mtu=1200 ! appsink name=out sync=false",
                          &error);
  g_autoptr (GstElement) payloader = NULL;
  g_autoptr (GstElement) out = NULL;
  guint packets = 0;

  g_assert_no_error (error);
  payloader = gst_bin_get_by_name (GST_BIN (pipeline), "pay");
  out = gst_bin_get_by_name (GST_BIN (pipeline), "out");
  gc_rtc_playout_delay_add (payloader, 9, 20, 400);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;)
    {
      g_autoptr (GstSample) sample = gst_app_sink_pull_sample (GST_APP_SINK (out));
      GstRTPBuffer packet = GST_RTP_BUFFER_INIT;
      gpointer data;
      guint size;

      if (sample == NULL)
        break;
      g_assert_true (gst_rtp_buffer_map (gst_sample_get_buffer (sample), GST_MAP_READ, &packet));
      g_assert_true (gst_rtp_buffer_get_extension_onebyte_header (&packet, 9, 0, &data, &size));
      g_assert_cmpmem (data, size, "\x00\x20\x28", 3);
      gst_rtp_buffer_unmap (&packet);
      packets++;
    }
  gst_element_set_state (pipeline, GST_STATE_NULL);
  g_assert_cmpuint (packets, >, 10);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/rtc/playout-delay/layout", test_layout);
  g_test_add_func ("/rtc/playout-delay/foreign-size", test_foreign_size);
  g_test_add_func ("/rtc/playout-delay/every-packet", test_every_packet);
  return g_test_run ();
}
