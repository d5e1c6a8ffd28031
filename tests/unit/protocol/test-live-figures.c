/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - figures arrive as they were sent; what is not known stays unknown
 *  - a limit of a later version counts as none
 *  - whatever does not fit PROTOCOL.md is an error, and no figure
 */

#include "base/gc-error.h"
#include "protocol/gc-json.h"
#include "protocol/gc-live-figures.h"

#define SESSION "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"

static GcLiveFigures
make_figures (void)
{
  return (GcLiveFigures) {
    .session = SESSION,
    .video_bps = 1400000,
    .audio_bps = 32000,
    .target_bps = 1600000,
    .fps = 29,
    .left_out = 1,
    .width = 1280,
    .height = 720,
    .rtt_ms = 41.5,
    .queue_ms = 3,
    .delay_ms = 44.2,
    .loss = 0.0125,
    .limit = "network",
    .grade = 3,
    .stills = TRUE,
    .sharp = TRUE,
  };
}

static void
test_round_trip (void)
{
  GcLiveFigures sent = make_figures ();
  GcLiveFigures got;
  g_autoptr (JsonObject) body = gc_live_figures_print (&sent);
  g_autoptr (GError) error = NULL;

  g_assert_true (gc_live_figures_parse (body, &got, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (got.session, ==, SESSION);
  g_assert_cmpint (got.video_bps, ==, sent.video_bps);
  g_assert_cmpint (got.audio_bps, ==, sent.audio_bps);
  g_assert_cmpint (got.target_bps, ==, sent.target_bps);
  g_assert_cmpint (got.fps, ==, sent.fps);
  g_assert_cmpint (got.left_out, ==, sent.left_out);
  g_assert_cmpint (got.width, ==, sent.width);
  g_assert_cmpint (got.height, ==, sent.height);
  g_assert_cmpfloat_with_epsilon (got.rtt_ms, sent.rtt_ms, 0.1);
  g_assert_cmpfloat_with_epsilon (got.queue_ms, sent.queue_ms, 0.1);
  g_assert_cmpfloat_with_epsilon (got.delay_ms, sent.delay_ms, 0.1);
  g_assert_cmpfloat_with_epsilon (got.loss, sent.loss, 0.0001);
  g_assert_cmpstr (got.limit, ==, "network");
  g_assert_cmpint (got.grade, ==, 3);
  g_assert_true (got.sharp);
  g_assert_true (got.stills);
}

static void
test_unknown (void)
{
  GcLiveFigures sent = make_figures ();
  GcLiveFigures got;
  g_autoptr (JsonObject) body = NULL;

  sent.rtt_ms = sent.queue_ms = sent.delay_ms = -1;
  sent.limit = NULL;
  sent.stills = FALSE;
  body = gc_live_figures_print (&sent);
  g_assert_false (gc_json_has (body, "rtt_ms"));
  g_assert_true (gc_live_figures_parse (body, &got, NULL));
  g_assert_cmpfloat (got.rtt_ms, <, 0);
  g_assert_cmpfloat (got.queue_ms, <, 0);
  g_assert_cmpfloat (got.delay_ms, <, 0);
  g_assert_null (got.limit);
  g_assert_false (got.stills);
  json_object_set_string_member (body, "limit", "moon");
  g_assert_true (gc_live_figures_parse (body, &got, NULL));
  g_assert_null (got.limit);
}

/* A member and what must not stand there; an empty value: the member is missing. */
static void
test_bad (void)
{
  static const struct
  {
    const char *member;
    const char *value;
  } cases[] = {
    { "session", "" },
    { "session", "\"x\"" },
    { "session", "7" },
    { "video_bps", "" },
    { "video_bps", "-1" },
    { "video_bps", "1000000001" },
    { "video_bps", "1e300" },
    { "audio_bps", "\"many\"" },
    { "target_bps", "null" },
    { "fps", "1001" },
    { "left_out", "{}" },
    { "width", "16385" },
    { "height", "-2" },
    { "rtt_ms", "-1" },
    { "rtt_ms", "1e999" },
    { "queue_ms", "600001" },
    { "delay_ms", "[]" },
    { "loss", "" },
    { "loss", "1.01" },
    { "limit", "3" },
    { "limit", "\"longer than any word is\"" },
    { "grade", "5" },
    { "sharp", "" },
    { "sharp", "1" },
    { "stills", "\"yes\"" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GcLiveFigures figures = make_figures ();
      g_autoptr (JsonObject) body = gc_live_figures_print (&figures);
      g_autofree char *value = g_strdup_printf ("{\"v\": %s}", cases[i].value);
      g_autoptr (JsonObject) holder = gc_json_parse_object (value, -1, 1000, NULL);
      g_autoptr (GError) error = NULL;

      json_object_remove_member (body, cases[i].member);
      if (holder != NULL)
        json_object_set_member (body, cases[i].member, json_object_dup_member (holder, "v"));
      g_assert_false (gc_live_figures_parse (body, &figures, &error));
      g_assert_true (error != NULL && error->domain == GC_ERROR);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/live-figures/arrive-as-they-were-sent", test_round_trip);
  g_test_add_func ("/live-figures/unknown-stays-unknown", test_unknown);
  g_test_add_func ("/live-figures/what-does-not-fit-is-an-error", test_bad);
  return g_test_run ();
}
