/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises, all in a time of the test's own:
 *  - an unlimited link delays and keeps all; a rate spaces packets; steps and outages hold to the
 * ns
 *  - a trace lets 1,500 bytes go per line, shared by small packets, from the start and round again
 *  - the queue drops only what does not fit, keeps what came before an outage and fills up in it
 *  - shares of loss, bursts, duplicates and reordering are met, and are the same for the same seed
 *  - jitter keeps the order; every packet comes out once, or its cookie is freed with the link
 *  - before the start no outage comes and the first step lasts; each start begins anew
 *  - what is no SPEC is refused in words
 */

#include "link-model.h"

#include <glib/gstdio.h>
#include <math.h>

#define MS G_GINT64_CONSTANT (1000000)
#define PACKET 1500
#define MANY 10000
/* 1,500 bytes take a millisecond. */
#define RATE_12 "rate=12000000"

static LinkModel *
make (const char *spec)
{
  g_autoptr (GError) error = NULL;
  LinkModel *model = link_model_new (spec, 0, NULL, &error);

  g_assert_no_error (error);
  return model;
}

static LinkModel *
make_started (const char *spec)
{
  LinkModel *model = make (spec);

  link_model_start (model, 0);
  return model;
}

static void
push (LinkModel *model, gint64 at_ns, guint number)
{
  link_model_push (model, at_ns, PACKET, GUINT_TO_POINTER (number));
}

/* Goes on to the next packet that comes out, from event to event as a user does. */
static gboolean
pop_next (LinkModel *model, LinkPacket *packet)
{
  gint64 at_ns;

  while ((at_ns = link_model_next_event (model)) != LINK_NEVER)
    if (link_model_pop (model, at_ns, packet))
      {
        g_assert_cmpint (packet->left_ns, ==, at_ns);
        return TRUE;
      }
  return FALSE;
}

static void
assert_next (LinkModel *model, guint number, LinkFate fate, gint64 left_ns)
{
  LinkPacket packet;

  g_assert_true (pop_next (model, &packet));
  g_assert_cmpuint (GPOINTER_TO_UINT (packet.cookie), ==, number);
  g_assert_cmpint (packet.fate, ==, fate);
  g_assert_cmpint (packet.left_ns, ==, left_ns);
  g_assert_cmpuint (packet.copies, ==, fate == LINK_FATE_ARRIVED ? 1 : 0);
  g_assert_cmpuint (packet.size, ==, PACKET);
}

static void
assert_empty (LinkModel *model)
{
  LinkPacket packet;

  g_assert_false (pop_next (model, &packet));
  g_assert_cmpint (link_model_next_event (model), ==, LINK_NEVER);
  g_assert_cmpuint (link_model_get_queued_bytes (model), ==, 0);
}

/* --- rates --- */

static void
test_unlimited (void)
{
  g_autoptr (LinkModel) model = make_started ("delay=20");
  LinkPacket packet;

  for (guint i = 0; i < 100; i++)
    push (model, 5 * MS, i);
  /* On an unlimited link a packet takes a nanosecond. */
  g_assert_false (link_model_pop (model, 25 * MS, &packet));
  for (guint i = 0; i < 100; i++)
    assert_next (model, i, LINK_FATE_ARRIVED, 25 * MS + i + 1);
  assert_empty (model);
}

static void
test_rate (void)
{
  g_autoptr (LinkModel) model = make_started (RATE_12 ",delay=20");

  push (model, 0, 0);
  push (model, 0, 1);
  g_assert_cmpuint (link_model_get_queued_bytes (model), ==, 2 * PACKET);
  assert_next (model, 0, LINK_FATE_ARRIVED, 21 * MS);
  assert_next (model, 1, LINK_FATE_ARRIVED, 22 * MS);
  /* Time in which nobody sent is not saved up. */
  push (model, 100 * MS, 2);
  push (model, 100 * MS, 3);
  assert_next (model, 2, LINK_FATE_ARRIVED, 121 * MS);
  assert_next (model, 3, LINK_FATE_ARRIVED, 122 * MS);
  assert_empty (model);
}

static void
test_rate_exact (void)
{
  /* No whole number of ns: what is lost by rounding is at most one of them a packet. */
  g_autoptr (LinkModel) model = make_started ("rate=7000000,queue=1000000000");
  LinkPacket packet;
  gint64 last_ns = 0;

  for (guint i = 0; i < MANY; i++)
    push (model, 0, i);
  while (pop_next (model, &packet))
    last_ns = packet.left_ns;
  g_assert_cmpint (last_ns, >=, MANY * G_GINT64_CONSTANT (12000) * 1000 / 7);
  g_assert_cmpint (last_ns, <=, MANY * (G_GINT64_CONSTANT (12000) * 1000 / 7 + 1));
}

static void
test_steps (void)
{
  g_autoptr (LinkModel) model = make_started ("steps=0:12000000/10:6000000/20:0/30:12000000");

  push (model, MS * 19 / 2, 0);
  push (model, 10 * MS, 1);
  push (model, 19 * MS, 2);
  /* Half at one rate, half at the other. */
  assert_next (model, 0, LINK_FATE_ARRIVED, 11 * MS);
  assert_next (model, 1, LINK_FATE_ARRIVED, 13 * MS);
  /* Half before the pause, half after it. */
  assert_next (model, 2, LINK_FATE_ARRIVED, MS * 61 / 2);
  assert_empty (model);
}

static void
test_ends_at_zero (void)
{
  g_autoptr (LinkModel) model = make_started ("steps=0:12000000/10:0");
  LinkPacket packet;

  push (model, 20 * MS, 0);
  g_assert_cmpint (link_model_next_event (model), ==, LINK_NEVER);
  g_assert_false (link_model_pop (model, G_MAXINT64 - 1, &packet));
  g_assert_cmpuint (link_model_get_queued_bytes (model), ==, PACKET);
}

/* --- traces --- */

static char *
write_trace (const char *text)
{
  g_autoptr (GError) error = NULL;
  char *path = NULL;
  int fd = g_file_open_tmp ("gridcast-trace-XXXXXX", &path, &error);

  g_assert_no_error (error);
  close (fd);
  g_file_set_contents (path, text, -1, &error);
  g_assert_no_error (error);
  return path;
}

static LinkModel *
make_traced (const char *trace, const char *more)
{
  g_autofree char *path = write_trace (trace);
  g_autofree char *spec = g_strdup_printf ("trace=%s%s", path, more);
  LinkModel *model = make_started (spec);

  g_unlink (path);
  return model;
}

static void
test_trace (void)
{
  g_autoptr (LinkModel) model = make_traced ("0\n5\n5\n10\n", ",delay=1");
  const guint expected_ms[] = { 0, 5, 5, 10, 10, 15, 15, 20, 20 };

  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    push (model, 0, i);
  for (guint i = 0; i < G_N_ELEMENTS (expected_ms); i++)
    assert_next (model, i, LINK_FATE_ARRIVED, (expected_ms[i] + 1) * MS);
  /* What nobody used is lost, rounds that nobody saw too. */
  push (model, 1003 * MS, 0);
  push (model, 1005 * MS, 1);
  push (model, 1005 * MS, 2);
  assert_next (model, 0, LINK_FATE_ARRIVED, 1006 * MS);
  assert_next (model, 1, LINK_FATE_ARRIVED, 1006 * MS);
  assert_next (model, 2, LINK_FATE_ARRIVED, 1011 * MS);
  assert_empty (model);
}

static void
test_trace_shares (void)
{
  g_autoptr (LinkModel) model = make_traced ("2\n4\n6\n", "");
  const gsize sizes[] = { 500, 500, 800, 700, 2500 };
  const guint expected_ms[] = { 2, 2, 4, 4, 8 };
  LinkPacket packet;

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    link_model_push (model, 0, sizes[i], NULL);
  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_assert_true (pop_next (model, &packet));
      g_assert_cmpint (packet.left_ns, ==, expected_ms[i] * MS);
    }
}

static void
test_trace_outage (void)
{
  g_autoptr (LinkModel) model = make_traced ("10\n", ",outage=15-95/100-86400000");

  for (guint i = 0; i < 3; i++)
    push (model, 0, i);
  assert_next (model, 0, LINK_FATE_ARRIVED, 10 * MS);
  assert_next (model, 1, LINK_FATE_ARRIVED, 86400000 * MS);
  assert_next (model, 2, LINK_FATE_ARRIVED, 86400010 * MS);
}

/* --- the queue --- */

static void
test_queue (void)
{
  g_autoptr (LinkModel) model = make_started (RATE_12 ",queue=4499");

  for (guint i = 0; i < 3; i++)
    push (model, 0, i);
  assert_next (model, 2, LINK_FATE_DROPPED, 0);
  assert_next (model, 0, LINK_FATE_ARRIVED, MS);
  push (model, MS, 3);
  assert_next (model, 1, LINK_FATE_ARRIVED, 2 * MS);
  assert_next (model, 3, LINK_FATE_ARRIVED, 3 * MS);
  assert_empty (model);
}

static void
test_outage (void)
{
  g_autoptr (LinkModel) model = make_started (RATE_12 ",queue=6000,outage=10-1000/2000-2001");

  /* Half of it has gone when the outage comes. */
  push (model, MS * 19 / 2, 0);
  for (guint i = 1; i < 6; i++)
    push (model, 500 * MS, i);
  assert_next (model, 4, LINK_FATE_DROPPED, 500 * MS);
  assert_next (model, 5, LINK_FATE_DROPPED, 500 * MS);
  for (guint i = 0; i < 4; i++)
    assert_next (model, i, LINK_FATE_ARRIVED, 1000 * MS + MS / 2 + i * MS);
  push (model, 2000 * MS, 6);
  assert_next (model, 6, LINK_FATE_ARRIVED, 2002 * MS);
  assert_empty (model);
}

static void
test_start (void)
{
  g_autoptr (LinkModel) model = make ("steps=0:12000000/10:6000000,outage=20-30");

  push (model, 25 * MS, 0);
  assert_next (model, 0, LINK_FATE_ARRIVED, 26 * MS);
  /* What is being sent begins anew. */
  push (model, 99 * MS + MS / 2, 1);
  link_model_start (model, 100 * MS);
  assert_next (model, 1, LINK_FATE_ARRIVED, 101 * MS);
  push (model, 110 * MS, 2);
  assert_next (model, 2, LINK_FATE_ARRIVED, 112 * MS);
  push (model, 120 * MS, 3);
  assert_next (model, 3, LINK_FATE_ARRIVED, 132 * MS);
  link_model_start (model, 200 * MS);
  push (model, 200 * MS, 4);
  assert_next (model, 4, LINK_FATE_ARRIVED, 201 * MS);
}

/* --- chance --- */

typedef struct
{
  guint arrived;
  guint lost;
  guint bursts;
  guint copies;
  guint overtaken;
  guint checksum;
} Counts;

/* A packet each millisecond. */
static Counts
send_many (const char *spec)
{
  g_autoptr (LinkModel) model = make_started (spec);
  g_autofree gboolean *lost = g_new0 (gboolean, MANY);
  Counts counts = { 0 };
  guint newest = 0;
  LinkPacket packet;

  for (guint i = 0; i < MANY; i++)
    {
      push (model, i * MS, i);
      while (link_model_pop (model, i < MANY - 1 ? i * MS : G_MAXINT64 - 1, &packet))
        {
          guint number = GPOINTER_TO_UINT (packet.cookie);

          counts.arrived += packet.fate == LINK_FATE_ARRIVED;
          counts.copies += packet.copies;
          lost[number] = packet.fate == LINK_FATE_LOST;
          counts.overtaken += packet.fate == LINK_FATE_ARRIVED && number < newest;
          if (packet.fate == LINK_FATE_ARRIVED)
            newest = MAX (newest, number);
          counts.checksum = counts.checksum * 31 + number + packet.fate + (guint) packet.left_ns;
        }
    }
  for (guint i = 0; i < MANY; i++)
    {
      counts.lost += lost[i];
      counts.bursts += lost[i] && (i == 0 || !lost[i - 1]);
    }
  g_assert_cmpuint (counts.arrived + counts.lost, ==, MANY);
  return counts;
}

static void
assert_share (guint count, guint of, double share)
{
  /* The seed is fixed: this holds always or never. */
  g_assert_cmpfloat (fabs ((double) count / of - share), <, 0.1 * share);
}

static void
test_nothing_lost (void)
{
  Counts counts = send_many (RATE_12 ",delay=20");

  g_assert_cmpuint (counts.arrived, ==, MANY);
  g_assert_cmpuint (counts.copies, ==, MANY);
  g_assert_cmpuint (counts.overtaken, ==, 0);
}

static void
test_loss (void)
{
  Counts counts = send_many ("loss=0.05");

  assert_share (counts.lost, MANY, 0.05);
  g_assert_cmpuint (send_many ("loss=0").lost, ==, 0);
  g_assert_cmpuint (send_many ("loss=1").lost, ==, MANY);
}

static void
test_bursts (void)
{
  Counts counts = send_many ("burst-loss=0.2:10");

  assert_share (counts.lost, MANY, 0.2);
  g_assert_cmpfloat (fabs ((double) counts.lost / counts.bursts - 10), <, 1);
  counts = send_many ("burst-loss=0.9:9");
  assert_share (counts.lost, MANY, 0.9);
}

static void
test_reorder (void)
{
  Counts counts = send_many ("reorder=0.02:5,delay=20");

  assert_share (counts.overtaken, MANY, 0.02);
  g_assert_cmpuint (counts.arrived, ==, MANY);
}

static void
test_duplicates (void)
{
  Counts counts = send_many ("duplicate=0.03");

  assert_share (counts.copies - MANY, MANY, 0.03);
  g_assert_cmpuint (counts.arrived, ==, MANY);
}

static void
test_seeds (void)
{
  const char *spec = "loss=0.05,jitter=3,reorder=0.1:7,duplicate=0.1,seed=7";

  g_assert_cmpuint (send_many (spec).checksum, ==, send_many (spec).checksum);
  g_assert_cmpuint (send_many ("loss=0.05,seed=7").checksum, !=,
                    send_many ("loss=0.05,seed=8").checksum);
  /* The same are lost, whatever else happens to them. */
  g_assert_cmpuint (send_many (spec).lost, ==, send_many ("loss=0.05,seed=7").lost);
}

static void
test_jitter (void)
{
  g_autoptr (LinkModel) model = make_started ("delay=20,jitter=10");
  gint64 least_ns = G_MAXINT64;
  gint64 most_ns = 0;

  g_assert_cmpuint (send_many ("delay=20,jitter=10").overtaken, ==, 0);
  for (guint i = 0; i < 1000; i++)
    {
      LinkPacket packet;

      push (model, i * 100 * MS, i);
      g_assert_true (pop_next (model, &packet));
      least_ns = MIN (least_ns, packet.left_ns - packet.entered_ns);
      most_ns = MAX (most_ns, packet.left_ns - packet.entered_ns);
    }
  g_assert_cmpint (least_ns, >=, 20 * MS);
  g_assert_cmpint (least_ns, <, 21 * MS);
  g_assert_cmpint (most_ns, <=, 30 * MS + 1);
  g_assert_cmpint (most_ns, >, 29 * MS);
}

/* --- */

static void
test_cookies (void)
{
  g_autoptr (GError) error = NULL;
  LinkModel *model = link_model_new (RATE_12 ",delay=20,queue=3000", 0, g_free, &error);
  LinkPacket packet;

  /* The sanitizer counts: one dropped, one under way, one waiting. */
  for (guint i = 0; i < 3; i++)
    link_model_push (model, 0, PACKET, g_malloc (1));
  g_assert_true (link_model_pop (model, MS, &packet));
  g_assert_cmpint (packet.fate, ==, LINK_FATE_DROPPED);
  g_free (packet.cookie);
  link_model_free (model);
}

static void
test_refused (void)
{
  static const char *const specs[] = {
    "delay",
    ",",
    "delay=1,",
    "speed=1",
    "delay=",
    "delay=-1",
    "delay=1x",
    "delay=nan",
    "delay=inf",
    "delay=0x10",
    "delay=60001",
    "delay=1,delay=2",
    "queue=0",
    "queue=99999999999999999999",
    "seed=-1",
    "rate=0",
    "rate=1.5",
    "rate=10000000001",
    "rate=1,steps=0:1",
    "steps=",
    "steps=0",
    "steps=0:1:2",
    "steps=5:1",
    "steps=0:1/0:2",
    "steps=0:1/5:x",
    "steps=0:1/",
    "outage=",
    "outage=1",
    "outage=2-1",
    "outage=1-1",
    "outage=1-5/5-6",
    "outage=1-86400001",
    "loss=1.1",
    "loss=-0.1",
    "burst-loss=0.1",
    "burst-loss=0.1:0",
    "burst-loss=0.95:9",
    "jitter=x",
    "reorder=0.1",
    "reorder=2:5",
    "duplicate=2",
    "trace=/nonexistent",
    "trace=/",
    "trace=/dev/zero",
    "\xff=\xfe",
  };

  for (guint i = 0; i < G_N_ELEMENTS (specs); i++)
    {
      g_autoptr (GError) error = NULL;

      g_test_message ("the one at %u", i);
      g_assert_null (link_model_new (specs[i], 0, NULL, &error));
      g_assert_error (error, LINK_SPEC_ERROR, LINK_SPEC_ERROR_INVALID);
      g_assert_cmpstr (error->message, !=, "");
    }
}

static void
test_refused_traces (void)
{
  static const struct
  {
    const char *text;
    const char *complaint;
  } cases[] = {
    { "", "ends where it begins" },
    { "0\n0\n", "ends where it begins" },
    { "1\n3\n2\n", "line 3" },
    { "1\n\n2\n", "line 2" },
    { "1\nx\n", "line 2" },
    { "-1\n", "line 1" },
    { "99999999999999999\n", "line 1" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = write_trace (cases[i].text);
      g_autofree char *spec = g_strdup_printf ("trace=%s", path);
      g_autoptr (GError) error = NULL;

      g_assert_null (link_model_new (spec, 0, NULL, &error));
      g_assert_error (error, LINK_SPEC_ERROR, LINK_SPEC_ERROR_INVALID);
      g_assert_nonnull (strstr (error->message, cases[i].complaint));
      g_assert_nonnull (strstr (error->message, path));
      g_unlink (path);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/net/link/unlimited-only-delays", test_unlimited);
  g_test_add_func ("/net/link/rate-spaces-packets", test_rate);
  g_test_add_func ("/net/link/rate-is-exact-over-many", test_rate_exact);
  g_test_add_func ("/net/link/steps-change-the-rate", test_steps);
  g_test_add_func ("/net/link/last-step-may-be-nothing", test_ends_at_zero);
  g_test_add_func ("/net/link/trace-lets-go-and-repeats", test_trace);
  g_test_add_func ("/net/link/trace-is-shared-by-size", test_trace_shares);
  g_test_add_func ("/net/link/trace-pauses-in-outages", test_trace_outage);
  g_test_add_func ("/net/link/queue-drops-its-tail", test_queue);
  g_test_add_func ("/net/link/outage-keeps-what-waits", test_outage);
  g_test_add_func ("/net/link/start-begins-anew", test_start);
  g_test_add_func ("/net/link/nothing-is-lost-untold", test_nothing_lost);
  g_test_add_func ("/net/link/loss-has-its-share", test_loss);
  g_test_add_func ("/net/link/bursts-have-share-and-length", test_bursts);
  g_test_add_func ("/net/link/reorder-has-its-share", test_reorder);
  g_test_add_func ("/net/link/duplicates-have-their-share", test_duplicates);
  g_test_add_func ("/net/link/same-seed-same-chance", test_seeds);
  g_test_add_func ("/net/link/jitter-keeps-the-order", test_jitter);
  g_test_add_func ("/net/link/cookies-come-out-once", test_cookies);
  g_test_add_func ("/net/link/no-spec-is-refused", test_refused);
  g_test_add_func ("/net/link/no-trace-is-refused", test_refused_traces);
  return g_test_run ();
}
