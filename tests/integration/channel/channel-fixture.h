/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "channel/gc-channel.h"
#include "store-fixture.h"
#include "test-center.h"

/* A terminal's store and channel, and a center to talk to. */

typedef struct
{
  StoreFixture terminal;
  TestCenter *center;
  GTlsCertificate *certificate;
  GcChannel *channel;
  GPtrArray *received; /* of GcEnvelope */
} ChannelFixture;

void
channel_fixture_set_up (ChannelFixture *fixture, gconstpointer data);
void
channel_fixture_tear_down (ChannelFixture *fixture, gconstpointer data);
void
channel_fixture_make_channel (ChannelFixture *fixture, const char *url, GTlsDatabase *anchors);
void
channel_fixture_end_channel (ChannelFixture *fixture);
void
channel_fixture_center_enqueue (ChannelFixture *fixture, guint count);
gboolean
channel_fixture_problem_is (ChannelFixture *fixture, int code);

gboolean
channel_fixture_state_is (ChannelFixture *fixture, GcChannelState state);
gboolean
channel_fixture_all_delivered (ChannelFixture *fixture, guint up, guint down);
void
channel_fixture_go_online (ChannelFixture *fixture);
void
channel_fixture_enqueue_numbered (ChannelFixture *fixture, guint first, guint last);

/* Called again and again by wait_until(); a test that waits for two minutes has failed: a
 * channel that is cut again and again lets up to one pass between its attempts. */
#define wait_until(condition)                                                                      \
  G_STMT_START                                                                                     \
  {                                                                                                \
    gint64 wait_deadline_us = g_get_monotonic_time () + 120 * G_USEC_PER_SEC;                      \
    guint wait_tick = g_timeout_add (100, wait_keep_going, NULL);                                  \
                                                                                                   \
    while (!(condition))                                                                           \
      {                                                                                            \
        if (g_get_monotonic_time () > wait_deadline_us)                                            \
          g_error ("%s:%d: waited in vain for %s", __FILE__, __LINE__, #condition);                \
        g_main_context_iteration (NULL, TRUE);                                                     \
      }                                                                                            \
    g_source_remove (wait_tick);                                                                   \
  }                                                                                                \
  G_STMT_END

gboolean
wait_keep_going (gpointer unused);

#define CHANNEL_TEST(name, func)                                                                   \
  g_test_add ("/channel/" name, ChannelFixture, NULL, channel_fixture_set_up, func,                \
              channel_fixture_tear_down)
