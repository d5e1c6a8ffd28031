/* SPDX-License-Identifier: GPL-3.0-or-later */

/* virtual-device PIPELINE: a camera or microphone of the machine that is not a machine's. It goes
 * on when nobody looks any more, which pipewiresink takes for an error and gst-launch-1.0 for the
 * end.
 */

#include <gst/gst.h>

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return G_SOURCE_CONTINUE;
  gst_message_parse_error (message, &error, NULL);
  if (!g_error_matches (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND))
    g_error ("%s", error->message);
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GError) error = NULL;

  gst_init (&argc, &argv);
  pipeline = gst_parse_launch (argv[1], &error);
  g_assert_no_error (error);
  bus = gst_element_get_bus (pipeline);
  gst_bus_add_watch (bus, on_bus, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_main_loop_run (loop);
}
