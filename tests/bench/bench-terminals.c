/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Some terminals in one program, for ./dev bench center. Each has its own key, certificate and
 * connection and speaks the channel of PROTOCOL.md, but keeps what it knows in memory.
 *
 *   bench-terminals enlist CENTER_FOLDER URL COUNT FILE
 *
 * writes COUNT terminals into the data of a center that does not run, and what they need into FILE.
 *
 *   bench-terminals run FILE
 *
 * prints once a second “state MS ONLINE ACKNOWLEDGED TASKS”, and for each task whose title is a
 * monotonic time in µs “task LATENCY_US”. Begins at the line “connect” from standard input, ends
 * when that closes. On duty, each terminal reports a position every 10 s. */

#include "base/gc-backoff.h"
#include "base/gc-clock.h"
#include "base/gc-id.h"
#include "center/gc-authority.h"
#include "center/gc-center-schema.h"
#include "center/gc-est.h"
#include "channel/gc-hello.h"
#include "channel/gc-wire.h"
#include "identity/gc-credentials.h"
#include "identity/gc-device-key.h"
#include "protocol/gc-fix.h"
#include "protocol/gc-json.h"

#include <errno.h>
#include <gio/gunixinputstream.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REPORT_MS 10000
#define TICK_MS 50
#define TICKS_PER_REPORT (REPORT_MS / TICK_MS)

typedef struct
{
  GcCredentials *credentials;
  GcWire *wire;
  GcBackoff backoff;
  guint spread_s;
  gboolean met;
  char *stream;
  char *peer;
  gint64 received;
  GQueue outbox; /* of GcEnvelope: what is not acknowledged, without gaps */
  gint64 assigned;
  gint64 sent; /* on this connection */
  guint tick;  /* at which it reports */
} Terminal;

static GPtrArray *terminals;
static guint online;
static guint64 acknowledged;
static guint64 tasks;

/* --- enlisting --- */

typedef struct
{
  GcAuthority *authority;
  const char *url;
  int count;
  FILE *file;
} Enlisting;

static GBytes *
make_request (const char *key, GError **error)
{
  g_autofree char *text = gc_device_key_make_request (key, "bench", error);
  g_autoptr (GBytes) body = text != NULL ? g_bytes_new (text, strlen (text)) : NULL;

  return body != NULL ? gc_est_decode_request (body, error) : NULL;
}

static gboolean
insert_terminal (
    GcDatabase *database, const char *id, int number, const char *fingerprint, GError **error)
{
  g_autofree char *stream = gc_id_new ();
  g_autofree char *worker = g_strdup_printf ("Worker %d", number);

  return gc_database_exec (database, error,
                           "INSERT INTO terminal (id, worker, device, fingerprint, paired_ms,"
                           "  last_seen_ms, stream) VALUES (?, ?, 'bench', ?, 1, 1, ?)",
                           "ssss", id, worker, fingerprint, stream);
}

static GcCredentials *
enlist_one (GcDatabase *database, const Enlisting *self, int number, GError **error)
{
  g_autofree char *id = gc_id_new ();
  g_autofree char *key = gc_device_key_new (error);
  g_autoptr (GBytes) request = key != NULL ? make_request (key, error) : NULL;
  g_autofree char *device = NULL;
  g_autoptr (GBytes) der
      = request != NULL ? gc_authority_issue (self->authority, request, id, &device, error) : NULL;
  g_autofree char *fingerprint = der != NULL ? gc_authority_fingerprint (der) : NULL;
  g_autofree char *pkcs7 = der != NULL ? gc_authority_print_certificate (der, error) : NULL;
  g_autoptr (GPtrArray) issued = pkcs7 != NULL ? gc_device_key_read_pkcs7 (pkcs7, error) : NULL;
  g_autofree char *pem = NULL;
  g_autofree char *ca = NULL;

  if (issued == NULL || !insert_terminal (database, id, number, fingerprint, error)
      || !g_file_get_contents (gc_authority_get_ca_path (self->authority), &ca, NULL, error))
    return NULL;
  g_object_get (g_ptr_array_index (issued, 0), "certificate-pem", &pem, NULL);
  return gc_credentials_new (self->url, "Bench", ca, pem, key, error);
}

static gpointer
enlist_all (GcDatabase *database, gpointer data, GError **error)
{
  const Enlisting *self = data;

  for (int i = 0; i < self->count; i++)
    {
      g_autoptr (GcCredentials) credentials = enlist_one (database, self, i, error);
      g_autofree char *text = credentials != NULL ? gc_credentials_print (credentials) : NULL;

      if (text == NULL)
        break;
      fprintf (self->file, "%s\n", text);
    }
  return NULL;
}

static void
enlist (const char *folder, const char *url, int count, const char *path)
{
  static const char *const HOSTS[] = { "127.0.0.1", NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *name = g_build_filename (folder, "center.db", NULL);
  g_autoptr (GcAuthority) authority = gc_authority_open (folder, "Bench", HOSTS, &error);
  g_autoptr (GcDatabase) database
      = authority != NULL ? gc_database_open (name, GC_CENTER_SCHEMA, &error) : NULL;
  Enlisting self = { authority, url, count, fopen (path, "we") };

  if (database == NULL || self.file == NULL)
    g_error ("%s: %s", path, error != NULL ? error->message : g_strerror (errno));
  gc_database_run (database, enlist_all, &self, &error);
  if (error != NULL || fclose (self.file) != 0)
    g_error ("%s", error != NULL ? error->message : g_strerror (errno));
}

/* --- one terminal --- */

static void
connect_terminal (Terminal *self);

static void
push (Terminal *self)
{
  for (GList *at = self->outbox.head; at != NULL; at = at->next)
    {
      GcEnvelope *envelope = at->data;

      if (envelope->seq <= self->sent)
        continue;
      if (envelope->seq > ((GcEnvelope *) self->outbox.head->data)->seq + GC_ENVELOPE_WINDOW - 1)
        return;
      envelope->ack = self->received;
      gc_wire_send (self->wire, envelope);
      self->sent = envelope->seq;
    }
}

static void
enqueue (Terminal *self, const char *type, JsonObject *body)
{
  GcEnvelope *envelope = gc_envelope_new (type, body);

  envelope->seq = ++self->assigned;
  g_queue_push_tail (&self->outbox, envelope);
  if (self->met)
    push (self);
}

static void
take_ack (Terminal *self, gint64 ack)
{
  while (self->outbox.head != NULL && ((GcEnvelope *) self->outbox.head->data)->seq <= ack)
    {
      gc_envelope_free (g_queue_pop_head (&self->outbox));
      acknowledged++;
    }
}

static void
send_ack (Terminal *self)
{
  g_autoptr (GcEnvelope) envelope = gc_envelope_new (GC_MSG_ACK, NULL);

  envelope->ack = self->received;
  gc_wire_send (self->wire, envelope);
}

static void
start_anew (Terminal *self, const char *peer)
{
  g_set_str (&self->peer, peer);
  self->received = 0;
  self->assigned = 0;
  for (GList *at = self->outbox.head; at != NULL; at = at->next)
    ((GcEnvelope *) at->data)->seq = ++self->assigned;
}

static void
meet (Terminal *self, const GcEnvelope *envelope)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GcHello) hello = gc_hello_parse (envelope, &error);

  if (hello == NULL)
    g_error ("%s", error->message);
  if (g_strcmp0 (hello->peer, self->stream) == 0 && g_strcmp0 (hello->stream, self->peer) == 0)
    take_ack (self, hello->ack);
  else
    start_anew (self, hello->stream);
  self->spread_s = hello->spread_s;
  self->met = TRUE;
  self->sent = 0;
  online++;
  gc_backoff_reset (&self->backoff);
  push (self);
}

static void
take_task (const GcEnvelope *envelope)
{
  JsonObject *task = json_object_get_object_member (envelope->body, "task");
  gint64 sent_us = g_ascii_strtoll (json_object_get_string_member (task, "title"), NULL, 10);

  tasks++;
  if (sent_us > 0)
    printf ("task %" G_GINT64_FORMAT "\n", g_get_monotonic_time () - sent_us);
}

static void
on_envelope (GcWire *wire, GcEnvelope *envelope, gpointer user_data)
{
  Terminal *self = user_data;

  if (!self->met)
    {
      meet (self, envelope);
      return;
    }
  take_ack (self, envelope->ack);
  push (self);
  if (envelope->seq == 0 || envelope->seq <= self->received)
    return;
  if (envelope->seq != self->received + 1)
    g_error ("a gap: %" G_GINT64_FORMAT " follows %" G_GINT64_FORMAT, envelope->seq,
             self->received);
  self->received = envelope->seq;
  if (strcmp (envelope->type, GC_MSG_TASK_NEW) == 0)
    take_task (envelope);
  send_ack (self);
}

static void
on_opened (GcWire *wire, gpointer user_data)
{
  Terminal *self = user_data;
  g_autoptr (GcEnvelope) hello
      = gc_hello_new_envelope (self->stream, self->peer, self->received, "bench");

  gc_wire_send (self->wire, hello);
}

static gboolean
on_retry (gpointer user_data)
{
  connect_terminal (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_ended (GcWire *wire, guint code, GError *error, gpointer user_data)
{
  Terminal *self = user_data;
  guint delay_ms = self->met ? gc_backoff_spread_ms (&self->backoff, self->spread_s * 1000)
                             : gc_backoff_next_ms (&self->backoff);

  online -= self->met;
  self->met = FALSE;
  g_clear_object (&self->wire);
  g_timeout_add (delay_ms, on_retry, self);
}

static void
connect_terminal (Terminal *self)
{
  g_autofree char *url
      = g_strconcat (gc_credentials_get_base_url (self->credentials), "/channel", NULL);
  g_autoptr (GcKeepalive) keepalive = gc_keepalive_new ();

  self->wire = gc_wire_new (url, gc_credentials_get_anchors (self->credentials),
                            gc_credentials_get_certificate (self->credentials), keepalive);
  g_signal_connect (self->wire, "opened", G_CALLBACK (on_opened), self);
  g_signal_connect (self->wire, "envelope", G_CALLBACK (on_envelope), self);
  g_signal_connect (self->wire, "ended", G_CALLBACK (on_ended), self);
  gc_wire_connect (self->wire);
}

static void
go_on_duty (Terminal *self)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autofree char *now = gc_clock_format (gc_clock_wall_ms ());

  json_object_set_boolean_member (body, "on", TRUE);
  json_object_set_string_member (body, "at", now);
  enqueue (self, GC_MSG_DUTY, body);
  connect_terminal (self);
}

static void
report (Terminal *self)
{
  g_autoptr (JsonObject) body = json_object_new ();
  JsonArray *points = json_array_new ();
  const GcFix fix = { .longitude = g_random_double_range (114, 115),
                      .latitude = g_random_double_range (30, 31),
                      .time_ms = gc_clock_wall_ms (),
                      .accuracy_m = 5,
                      .speed_mps = NAN,
                      .bearing_deg = NAN };

  json_array_add_object_element (points, gc_fix_to_json (&fix));
  json_object_set_array_member (body, "points", points);
  enqueue (self, GC_MSG_TRACK, body);
}

/* --- all of them --- */

/* One timer for all. */
static gboolean
on_tick (gpointer user_data)
{
  guint *tick = user_data;

  for (guint i = 0; i < terminals->len; i++)
    {
      Terminal *terminal = g_ptr_array_index (terminals, i);

      if (terminal->tick == *tick)
        report (terminal);
    }
  *tick = (*tick + 1) % TICKS_PER_REPORT;
  return G_SOURCE_CONTINUE;
}

static gboolean
on_second (gpointer user_data)
{
  printf ("state %" G_GINT64_FORMAT " %u %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n",
          gc_clock_monotonic_ms (), online, acknowledged, tasks);
  return G_SOURCE_CONTINUE;
}

static void
load (const char *path)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;

  if (!g_file_get_contents (path, &text, NULL, &error))
    g_error ("%s", error->message);
  lines = g_strsplit (text, "\n", -1);
  terminals = g_ptr_array_new ();
  for (gsize i = 0; lines[i] != NULL && lines[i][0] != '\0'; i++)
    {
      Terminal *terminal = g_new0 (Terminal, 1);

      terminal->credentials = gc_credentials_parse (lines[i], &error);
      if (terminal->credentials == NULL)
        g_error ("%s", error->message);
      terminal->stream = gc_id_new ();
      terminal->tick = (guint) g_random_int_range (0, TICKS_PER_REPORT);
      terminal->backoff = (GcBackoff) { 500, 60000, 0 };
      g_queue_init (&terminal->outbox);
      g_ptr_array_add (terminals, terminal);
    }
}

static void
on_line (GObject *source, GAsyncResult *result, gpointer user_data)
{
  static guint tick;
  g_autofree char *line
      = g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);

  if (line == NULL)
    {
      g_main_loop_quit (user_data);
      return;
    }
  for (guint i = 0; i < terminals->len; i++)
    go_on_duty (g_ptr_array_index (terminals, i));
  g_timeout_add (TICK_MS, on_tick, &tick);
  g_data_input_stream_read_line_async (G_DATA_INPUT_STREAM (source), G_PRIORITY_DEFAULT, NULL,
                                       on_line, user_data);
}

static void
run (const char *path)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GInputStream) stdin_stream = g_unix_input_stream_new (0, FALSE);
  g_autoptr (GDataInputStream) input = g_data_input_stream_new (stdin_stream);

  setvbuf (stdout, NULL, _IOLBF, 0);
  load (path);
  printf ("ready\n");
  g_timeout_add_seconds (1, on_second, NULL);
  g_data_input_stream_read_line_async (input, G_PRIORITY_DEFAULT, NULL, on_line, loop);
  g_main_loop_run (loop);
}

int
main (int argc, char *argv[])
{
  if (argc == 6 && strcmp (argv[1], "enlist") == 0)
    enlist (argv[2], argv[3], atoi (argv[4]), argv[5]);
  else if (argc == 3 && strcmp (argv[1], "run") == 0)
    run (argv[2]);
  else
    g_error ("usage: bench-terminals enlist CENTER_FOLDER URL COUNT FILE, or run FILE");
  return 0;
}
