/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel-fixture.h"

#include "base/gc-error.h"

gboolean
wait_keep_going (gpointer unused)
{
  return G_SOURCE_CONTINUE;
}

static void
on_received (GcChannel *channel, GcEnvelope *envelope, gpointer user_data)
{
  g_ptr_array_add (user_data, gc_envelope_copy (envelope));
}

/* @url and @anchors: NULL for those of the center. */
void
channel_fixture_make_channel (ChannelFixture *fixture, const char *url, GTlsDatabase *anchors)
{
  channel_fixture_end_channel (fixture);
  fixture->channel = gc_channel_new (
      url != NULL ? url : fixture->center->url,
      anchors != NULL ? anchors : test_authority_get_anchors (fixture->center->authority),
      fixture->certificate, fixture->terminal.store, "test terminal");
  g_signal_connect (fixture->channel, "received", G_CALLBACK (on_received), fixture->received);
}

/* As killing the app does, but for the store, which the test may reopen. */
void
channel_fixture_end_channel (ChannelFixture *fixture)
{
  if (fixture->channel == NULL)
    return;
  g_object_run_dispose (G_OBJECT (fixture->channel));
  g_clear_object (&fixture->channel);
}

void
channel_fixture_set_up (ChannelFixture *fixture, gconstpointer data)
{
  store_fixture_set_up (&fixture->terminal, data);
  fixture->center = test_center_new ();
  fixture->certificate = test_authority_issue (fixture->center->authority, "terminal 1", FALSE);
  fixture->received = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_envelope_free);
  channel_fixture_make_channel (fixture, NULL, NULL);
}

void
channel_fixture_tear_down (ChannelFixture *fixture, gconstpointer data)
{
  channel_fixture_end_channel (fixture);
  test_center_free (fixture->center);
  store_fixture_tear_down (&fixture->terminal, data);
  g_ptr_array_unref (fixture->received);
  g_object_unref (fixture->certificate);
}

/* Reliable envelopes that have an effect, so that “received” is emitted for each. */
void
channel_fixture_center_enqueue (ChannelFixture *fixture, guint count)
{
  for (guint i = 0; i < count; i++)
    {
      g_autofree char *id = g_uuid_string_random ();
      g_autofree char *body = g_strdup_printf (
          "{\"task\": {\"id\": \"%s\", \"title\": \"t\", \"urgency\": \"routine\","
          " \"created_at\": \"2026-11-24T02:33:00Z\"}}",
          id);

      test_center_enqueue (fixture->center, "task.new", body);
    }
}

gboolean
channel_fixture_problem_is (ChannelFixture *fixture, int code)
{
  g_autoptr (GError) problem = NULL;

  g_object_get (fixture->channel, "problem", &problem, NULL);
  return g_error_matches (problem, GC_ERROR, code);
}

gboolean
channel_fixture_state_is (ChannelFixture *fixture, GcChannelState state)
{
  return gc_channel_get_state (fixture->channel) == state;
}

gboolean
channel_fixture_all_delivered (ChannelFixture *fixture, guint up, guint down)
{
  return fixture->center->applied->len == up && fixture->received->len == down
         && gc_store_get_unsent (fixture->terminal.store) == 0
         && fixture->center->outbox.length == 0;
}

void
channel_fixture_go_online (ChannelFixture *fixture)
{
  gc_channel_set_enabled (fixture->channel, TRUE);
  wait_until (channel_fixture_state_is (fixture, GC_CHANNEL_ONLINE));
}

static void
on_enqueued (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;

  gc_store_enqueue_finish (GC_STORE (source), result, &error);
  g_assert_no_error (error);
}

void
channel_fixture_enqueue_numbered (ChannelFixture *fixture, guint first, guint last)
{
  for (guint i = first; i <= last; i++)
    {
      g_autoptr (JsonObject) body = json_object_new ();
      g_autoptr (GcEnvelope) envelope = NULL;

      json_object_set_int_member (body, "number", i);
      envelope = gc_envelope_new ("test.up", body);
      gc_store_enqueue_async (fixture->terminal.store, envelope, NULL, on_enqueued, NULL);
    }
}
