/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A link between two network namespaces that behaves as it is told; README.md says how. Prints
 * “ready” once there is an interface at each end. “start” on the control lets traces, steps and
 * outages begin, “cut” and “mend” take the link away and give it back. Ends with SIGTERM, SIGINT or
 * the control's end. */

#include "link-model.h"
#include "tun.h"

#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define NS_PER_S G_GINT64_CONSTANT (1000000000)
#define NS_PER_MS 1e6
#define PACKET_BYTES_MAX 65536
/* So many packets are read before those that are due are sent on. */
#define BATCH 64
#define LOG_NS (50 * G_GINT64_CONSTANT (1000000))
#define PRIORITY 10
#define COMMAND_BYTES_MAX 256
/* Lateness is counted in steps of 10 µs, up to 100 ms. */
#define LATE_STEP_NS 10000
#define LATE_STEPS 10000

typedef struct
{
  const char *name;
  LinkModel *model;
  int from;
  int to;
  guint64 packets;
  guint64 bytes;
  guint64 lost;
  guint64 dropped;
  guint64 duplicated;
  guint64 refused; /* by the interface at the other end */
  guint64 late[LATE_STEPS + 1];
} Direction;

typedef struct
{
  char *namespaces[2];
  char *interfaces[2];
  char *addresses[2];
  char *specs[2];
  char *log;
  char *control;
} Options;

typedef struct
{
  Direction directions[2];
  int ends[2];
  int signals;
  int control; /* -1 if there is none */
  char command[COMMAND_BYTES_MAX];
  gsize command_length;
  FILE *log;
  gint64 log_due_ns;
  gboolean has_news; /* that the log does not have */
  gint64 started_ns; /* -1 before the start */
  gboolean cut;
  gboolean ended;
} Emulator;

static gint64
now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/* --- what it tells --- */

static void
open_log (Emulator *self, const char *path, GError **error)
{
  self->log = fopen (path, "we");
  if (self->log == NULL)
    {
      int number = errno;

      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s: %s", path,
                   g_strerror (number));
      return;
    }
  fprintf (self->log, "at_ms,clock_ms");
  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    {
      const char *name = self->directions[i].name;

      fprintf (self->log, ",%s_bytes,%s_packets,%s_lost,%s_dropped,%s_queued_bytes", name, name,
               name, name, name);
    }
  fputc ('\n', self->log);
}

static void
write_log (Emulator *self, gint64 at_ns)
{
  fprintf (self->log, "%.1f,", (double) at_ns / NS_PER_MS);
  if (self->started_ns >= 0)
    fprintf (self->log, "%.1f", (double) (at_ns - self->started_ns) / NS_PER_MS);
  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    {
      Direction *direction = &self->directions[i];

      fprintf (self->log,
               ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT
               ",%" G_GUINT64_FORMAT ",%" G_GSIZE_FORMAT,
               direction->bytes, direction->packets, direction->lost, direction->dropped,
               link_model_get_queued_bytes (direction->model));
    }
  fputc ('\n', self->log);
}

static void
write_log_if_due (Emulator *self, gint64 at_ns)
{
  if (!self->has_news || at_ns < self->log_due_ns)
    return;
  write_log (self, at_ns);
  fflush (self->log);
  self->log_due_ns = at_ns + LOG_NS;
  self->has_news = FALSE;
}

static int
late_us (Direction *self, double share)
{
  guint64 total = 0;
  guint64 seen = 0;
  int step = 0;

  for (int i = 0; i <= LATE_STEPS; i++)
    total += self->late[i];
  while (step < LATE_STEPS && (double) (seen += self->late[step]) < (double) total * share)
    step++;
  return (step + 1) * LATE_STEP_NS / 1000;
}

static void
print_summary (Emulator *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    {
      Direction *direction = &self->directions[i];

      fprintf (stderr,
               "{\"direction\": \"%s\", \"packets\": %" G_GUINT64_FORMAT
               ", \"bytes\": %" G_GUINT64_FORMAT ", \"lost\": %" G_GUINT64_FORMAT
               ", \"dropped\": %" G_GUINT64_FORMAT ", \"duplicated\": %" G_GUINT64_FORMAT
               ", \"refused\": %" G_GUINT64_FORMAT
               ", \"late_p50_us\": %d, \"late_p95_us\": %d, \"late_p99_us\": %d}\n",
               direction->name, direction->packets, direction->bytes, direction->lost,
               direction->dropped, direction->duplicated, direction->refused,
               late_us (direction, 0.5), late_us (direction, 0.95), late_us (direction, 0.99));
    }
}

/* --- packets --- */

static void
deliver (Direction *self, const LinkPacket *packet, gint64 at_ns)
{
  gint64 late = (at_ns - packet->left_ns) / LATE_STEP_NS;

  self->late[CLAMP (late, 0, LATE_STEPS)]++;
  for (guint i = 0; i < packet->copies; i++)
    {
      if (write (self->to, packet->cookie, packet->size) < 0)
        self->refused++;
    }
  self->packets++;
  self->bytes += packet->size;
  self->duplicated += packet->copies - 1;
}

/* Returns whether there was any. */
static gboolean
send_due (Direction *self)
{
  LinkPacket packet;
  gboolean any = FALSE;

  while (link_model_pop (self->model, now_ns (), &packet))
    {
      if (packet.fate == LINK_FATE_ARRIVED)
        deliver (self, &packet, now_ns ());
      else if (packet.fate == LINK_FATE_LOST)
        self->lost++;
      else
        self->dropped++;
      g_free (packet.cookie);
      any = TRUE;
    }
  return any;
}

/* What comes to a cut link is lost; what is on its way arrives. */
static gboolean
take_packets (Direction *self, gboolean cut, GError **error)
{
  static guint8 buffer[PACKET_BYTES_MAX];

  for (int i = 0; i < BATCH; i++)
    {
      gssize size = read (self->from, buffer, sizeof buffer);

      if (size < 0 && (errno == EAGAIN || errno == EINTR))
        break;
      if (size <= 0)
        {
          g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_IO, "the interface of “%s” is gone: %s",
                       self->name, g_strerror (errno));
          return FALSE;
        }
      if (cut)
        self->lost++;
      else
        link_model_push (self->model, now_ns (), (gsize) size, g_memdup2 (buffer, (gsize) size));
    }
  return TRUE;
}

/* --- the control --- */

static void
start (Emulator *self)
{
  self->started_ns = now_ns ();
  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    link_model_start (self->directions[i].model, self->started_ns);
}

static void
obey (Emulator *self, const char *command)
{
  if (strcmp (command, "start") == 0)
    start (self);
  else if (strcmp (command, "cut") == 0)
    self->cut = TRUE;
  else if (strcmp (command, "mend") == 0)
    self->cut = FALSE;
  else
    fprintf (stderr, "link-emulator: there is no command “%s”\n", command);
}

static void
read_control (Emulator *self)
{
  char *room = self->command + self->command_length;
  gssize size = read (self->control, room, sizeof self->command - 1 - self->command_length);
  char *end;

  if (size < 0 && (errno == EINTR || errno == EAGAIN))
    return;
  self->ended = size <= 0;
  self->command_length += (gsize) MAX (size, 0);
  self->command[self->command_length] = '\0';
  while ((end = strchr (self->command, '\n')) != NULL)
    {
      *end = '\0';
      obey (self, g_strchomp (self->command));
      self->command_length -= (gsize) (end + 1 - self->command);
      memmove (self->command, end + 1, self->command_length + 1);
    }
  if (self->command_length == sizeof self->command - 1)
    {
      fprintf (stderr, "link-emulator: a command is too long\n");
      self->command_length = 0;
    }
}

/* --- */

static gint64
next_event (Emulator *self)
{
  gint64 next_ns = MIN (link_model_next_event (self->directions[0].model),
                        link_model_next_event (self->directions[1].model));

  return self->has_news ? MIN (next_ns, self->log_due_ns) : next_ns;
}

static void
wait_for_work (Emulator *self, struct pollfd *fds, guint n_fds)
{
  gint64 next_ns = next_event (self);
  gint64 left_ns = next_ns == LINK_NEVER ? LINK_NEVER : MAX (next_ns - now_ns (), 0);
  struct timespec timeout = { .tv_sec = left_ns / NS_PER_S, .tv_nsec = left_ns % NS_PER_S };

  ppoll (fds, n_fds, next_ns == LINK_NEVER ? NULL : &timeout, NULL);
}

static gboolean
run (Emulator *self, GError **error)
{
  struct pollfd fds[] = {
    { .fd = self->ends[0], .events = POLLIN },
    { .fd = self->ends[1], .events = POLLIN },
    { .fd = self->signals, .events = POLLIN },
    { .fd = self->control, .events = POLLIN },
  };

  while (!self->ended)
    {
      for (guint i = 0; i < G_N_ELEMENTS (fds); i++)
        fds[i].revents = 0;
      wait_for_work (self, fds, G_N_ELEMENTS (fds));
      if (fds[2].revents != 0)
        break;
      if (fds[3].revents != 0)
        read_control (self);
      for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
        {
          if (fds[i].revents != 0 && !take_packets (&self->directions[i], self->cut, error))
            return FALSE;
          if (send_due (&self->directions[i]) || fds[i].revents != 0)
            self->has_news = self->log != NULL;
        }
      write_log_if_due (self, now_ns ());
    }
  return TRUE;
}

/* On a busy machine others would add milliseconds. It works without, and tells. */
static void
go_first (void)
{
  struct sched_param priority = { .sched_priority = PRIORITY };

  prctl (PR_SET_TIMERSLACK, 1);
  if (sched_setscheduler (0, SCHED_FIFO, &priority) < 0)
    fprintf (stderr, "link-emulator: no real-time priority: %s\n", g_strerror (errno));
  if (mlockall (MCL_CURRENT | MCL_FUTURE) < 0)
    fprintf (stderr, "link-emulator: memory cannot be locked: %s\n", g_strerror (errno));
}

static int
watch_signals (void)
{
  sigset_t set;

  sigemptyset (&set);
  sigaddset (&set, SIGTERM);
  sigaddset (&set, SIGINT);
  sigprocmask (SIG_BLOCK, &set, NULL);
  return signalfd (-1, &set, SFD_CLOEXEC);
}

static gboolean
make_models (Emulator *self, Options *options, GError **error)
{
  static const char *const names[] = { "up", "down" };

  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    {
      Direction *direction = &self->directions[i];

      direction->name = names[i];
      direction->model = link_model_new (options->specs[i], now_ns (), g_free, error);
      if (direction->model == NULL)
        {
          g_prefix_error (error, "--%s: ", names[i]);
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
open_ends (Emulator *self, Options *options, GError **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->ends); i++)
    {
      self->ends[i]
          = tun_open (options->namespaces[i], options->interfaces[i], options->addresses[i], error);
      if (self->ends[i] < 0)
        return FALSE;
    }
  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    {
      self->directions[i].from = self->ends[i];
      self->directions[i].to = self->ends[1 - i];
    }
  return TRUE;
}

static gboolean
emulate (Emulator *self, Options *options, GError **error)
{
  gboolean done;

  if (!open_ends (self, options, error))
    return FALSE;
  go_first ();
  printf ("ready\n");
  fflush (stdout);
  done = run (self, error);
  if (self->log != NULL)
    write_log (self, now_ns ());
  print_summary (self);
  return done;
}

/* --- the command line --- */

static gboolean
parse_options (Options *options, int argc, char *argv[], GError **error)
{
  GOptionEntry entries[] = {
    { "left-ns", 0, 0, G_OPTION_ARG_STRING, &options->namespaces[0], "Namespace at the left", "N" },
    { "right-ns", 0, 0, G_OPTION_ARG_STRING, &options->namespaces[1], "and at the right", "N" },
    { "left-if", 0, 0, G_OPTION_ARG_STRING, &options->interfaces[0], "Interface there", "NAME" },
    { "right-if", 0, 0, G_OPTION_ARG_STRING, &options->interfaces[1], "and there", "NAME" },
    { "left-address", 0, 0, G_OPTION_ARG_STRING, &options->addresses[0], "Its address", "IP/LEN" },
    { "right-address", 0, 0, G_OPTION_ARG_STRING, &options->addresses[1], "and its", "IP/LEN" },
    { "up", 0, 0, G_OPTION_ARG_STRING, &options->specs[0], "From left to right", "SPEC" },
    { "down", 0, 0, G_OPTION_ARG_STRING, &options->specs[1], "From right to left", "SPEC" },
    { "log", 0, 0, G_OPTION_ARG_FILENAME, &options->log, "Where to count", "FILE.csv" },
    { "control", 0, 0, G_OPTION_ARG_STRING, &options->control, "Obey what comes on stdin", "-" },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, "Joins two network namespaces by a link that is as slow "
                                         "and bad as it is told; see tests/net/README.md.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, error))
    return FALSE;
  if (argc > 1)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "“%s” is too much", argv[1]);
  else if (options->control != NULL && strcmp (options->control, "-") != 0)
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--control can only be “-”");
  else
    for (guint i = 0; i < G_N_ELEMENTS (entries) - 3; i++)
      {
        if (*(char **) entries[i].arg_data == NULL)
          {
            g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_FAILED, "--%s is missing",
                         entries[i].long_name);
            return FALSE;
          }
      }
  return error == NULL || *error == NULL;
}

static void
clear_options (Options *options)
{
  for (guint i = 0; i < G_N_ELEMENTS (options->specs); i++)
    {
      g_free (options->namespaces[i]);
      g_free (options->interfaces[i]);
      g_free (options->addresses[i]);
      g_free (options->specs[i]);
    }
  g_free (options->log);
  g_free (options->control);
}

static void
clear_emulator (Emulator *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (self->directions); i++)
    {
      g_clear_pointer (&self->directions[i].model, link_model_free);
      if (self->ends[i] >= 0)
        close (self->ends[i]);
    }
  g_clear_pointer (&self->log, fclose);
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;
  Options options = { 0 };
  static Emulator self = { .ends = { -1, -1 }, .control = -1, .started_ns = -1 };
  int status = EXIT_USAGE;

  if (parse_options (&options, argc, argv, &error) && make_models (&self, &options, &error))
    {
      self.signals = watch_signals ();
      self.control = options.control != NULL ? STDIN_FILENO : -1;
      if (options.log != NULL)
        open_log (&self, options.log, &error);
      status = error == NULL && emulate (&self, &options, &error) ? EXIT_SUCCESS : EXIT_FAILURE;
    }
  if (error != NULL)
    fprintf (stderr, "link-emulator: %s\n", error->message);
  clear_emulator (&self);
  clear_options (&options);
  return status;
}
