/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "both-fixture.h"

GcChannel *
both_make_channel (Both *both)
{
  g_autofree char *url
      = g_strdup_printf ("https://127.0.0.1:%u/channel", test_link_get_port (both->link));

  return gc_channel_new (url, gc_credentials_get_anchors (both->credentials),
                         gc_credentials_get_certificate (both->credentials), both->terminal.store,
                         "test terminal");
}

void
both_end_channel (Both *both)
{
  g_object_run_dispose (G_OBJECT (both->channel));
  g_clear_object (&both->channel);
}

void
both_set_up (Both *both, gconstpointer data)
{
  fixture_set_up (&both->center, data);
  store_fixture_set_up (&both->terminal, data);
  fixture_log_in (&both->center);
  both->credentials = fixture_pair (&both->center, "Wang");
  both->link = test_link_new (gc_center_get_port (both->center.center));
  both->channel = both_make_channel (both);
}

void
both_tear_down (Both *both, gconstpointer data)
{
  both_end_channel (both);
  g_clear_object (&both->credentials);
  g_free (both->task_id);
  test_link_free (both->link);
  store_fixture_tear_down (&both->terminal, data);
  fixture_tear_down (&both->center, data);
}

gboolean
both_is_online (gpointer data)
{
  return gc_channel_get_state (((Both *) data)->channel) == GC_CHANNEL_ONLINE;
}

gboolean
both_is_delivered (gpointer data)
{
  Both *both = data;

  return both_is_online (both) && gc_store_get_unsent (both->terminal.store) == 0;
}

void
both_go_online (Both *both)
{
  gc_channel_set_enabled (both->channel, TRUE);
  wait_until (both_is_online, both);
}
