/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A camera for the benchmark: plays a Y4M film in a circle at its own rate, and draws into each
 * picture when it was taken and which picture of the film it is.
 *
 * usage: bench-camera FILM.y4m file|fifo OUTPUT
 *
 * “file” keeps OUTPUT, a Y4M file of one picture, as Chromium's fake camera wants it. The time in
 * it is renewed every millisecond, so whenever Chromium reads, it takes a picture of that moment;
 * the next picture is put there once one has been read.
 * “fifo” writes Y4M pictures into the FIFO OUTPUT, at the film's rate.
 * Ends on SIGTERM or SIGINT and prints how late it woke up.
 *
 * The strip at the top of the picture is 32 blocks wide and two high; the lower row is the upper
 * one inverted. The first 23 bits are CLOCK_MONOTONIC in ms, the last 9 the number of the picture.
 */

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXIT_USAGE 2
#define BITS 32
#define FRAME_BITS 9
#define ROWS 2
/* A block's height is this part of the picture's. */
#define ROW_SHARE 45
#define DARK 48
#define BRIGHT 208
#define GREY 128
#define HEADER_MAX 256
#define FRAME_MARK "FRAME\n"
#define FRAME_MARK_LENGTH 6
#define PIPE_BYTES (1024 * 1024)
#define RENEW_US 1000
/* Wake-ups later than this many ms are counted together. */
#define LATE_MAX_MS 100

typedef struct
{
  GMappedFile *film;
  const char *header;
  gsize header_length;
  int width;
  int height;
  int fps_numerator;
  int fps_denominator;
  gsize picture_bytes;
  guint pictures;

  gsize strip_bytes; /* of luma */
  int row_height;

  guint64 taken;
  guint late[LATE_MAX_MS + 1];
} Camera;

static volatile sig_atomic_t ended;

static void
on_signal (int number)
{
  ended = 1;
}

static gint64
now_us (void)
{
  return g_get_monotonic_time ();
}

static void
note_lateness (Camera *self, gint64 due_us)
{
  gint64 late_ms = (now_us () - due_us) / 1000;

  self->late[CLAMP (late_ms, 0, LATE_MAX_MS)]++;
}

/* --- the film --- */

static gboolean
read_parameters (Camera *self)
{
  g_autofree char *line = g_strndup (self->header, self->header_length);
  g_auto (GStrv) words = g_strsplit (g_strchomp (line), " ", -1);
  gboolean is_420 = FALSE;

  if (g_strcmp0 (words[0], "YUV4MPEG2") != 0)
    return FALSE;
  for (char **word = words + 1; *word != NULL; word++)
    {
      if (**word == 'W')
        self->width = atoi (*word + 1);
      else if (**word == 'H')
        self->height = atoi (*word + 1);
      else if (**word == 'C')
        is_420 = g_str_has_prefix (*word, "C420");
      else if (**word == 'F')
        sscanf (*word, "F%9d:%9d", &self->fps_numerator, &self->fps_denominator);
    }
  return is_420 && self->width >= 320 && self->width % BITS == 0 && self->height >= 180
         && self->height % (2 * ROW_SHARE) == 0 && self->fps_numerator > 0
         && self->fps_denominator > 0;
}

static gboolean
open_film (Camera *self, const char *path, GError **error)
{
  const char *end;
  gsize length;

  self->film = g_mapped_file_new (path, FALSE, error);
  if (self->film == NULL)
    return FALSE;
  self->header = g_mapped_file_get_contents (self->film);
  length = g_mapped_file_get_length (self->film);
  end = self->header != NULL ? memchr (self->header, '\n', MIN (length, HEADER_MAX)) : NULL;
  if (end != NULL)
    self->header_length = (gsize) (end - self->header) + 1;
  if (end == NULL || !read_parameters (self))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                   "%s is no Y4M film in 4:2:0 whose size suits the strip", path);
      return FALSE;
    }
  self->picture_bytes = (gsize) self->width * (gsize) self->height * 3 / 2;
  self->pictures
      = (guint) ((length - self->header_length) / (FRAME_MARK_LENGTH + self->picture_bytes));
  self->pictures = MIN (self->pictures, 1U << FRAME_BITS);
  self->row_height = self->height / ROW_SHARE;
  self->strip_bytes = (gsize) self->width * (gsize) self->row_height * ROWS;
  if (self->pictures == 0)
    g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "%s holds no picture", path);
  return self->pictures > 0;
}

static const guint8 *
get_picture (Camera *self, guint number)
{
  return (const guint8 *) self->header + self->header_length
         + number * (FRAME_MARK_LENGTH + self->picture_bytes) + FRAME_MARK_LENGTH;
}

static gint64
due_us (Camera *self, gint64 start_us, guint64 number)
{
  return start_us
         + (gint64) (number * G_USEC_PER_SEC * (guint64) self->fps_denominator
                     / (guint64) self->fps_numerator);
}

/* --- the strip --- */

static guint32
make_word (guint picture)
{
  return (guint32) (now_us () / 1000) << FRAME_BITS | picture;
}

static void
draw_block (Camera *self, guint8 *luma, int column, int row, gboolean bright)
{
  int width = self->width / BITS;
  guint8 *corner = luma + row * self->row_height * self->width + column * width;

  for (int y = 0; y < self->row_height; y++)
    memset (corner + y * self->width, bright ? BRIGHT : DARK, (gsize) width);
}

/* Only blocks that change are drawn: who reads meanwhile sees less of it torn. */
static void
draw_strip (Camera *self, guint8 *luma, guint32 word, guint32 changed)
{
  for (int column = 0; column < BITS; column++)
    {
      guint32 mask = 1U << (BITS - 1 - column);

      if ((changed & mask) == 0)
        continue;
      draw_block (self, luma, column, 0, (word & mask) != 0);
      draw_block (self, luma, column, 1, (word & mask) == 0);
    }
}

/* The strip says nothing in colour: the chroma under it is grey in the whole film. */
static void
copy_picture (Camera *self, guint8 *to, guint number)
{
  const guint8 *from = get_picture (self, number);
  gsize luma = (gsize) self->width * (gsize) self->height;
  gsize chroma = luma / 4;

  memcpy (to + self->strip_bytes, from + self->strip_bytes,
          self->picture_bytes - self->strip_bytes);
  memset (to + luma, GREY, self->strip_bytes / 4);
  memset (to + luma + chroma, GREY, self->strip_bytes / 4);
}

/* --- for Chromium: one picture in a file --- */

static guint8 *
make_file (Camera *self, const char *path, GError **error)
{
  gsize size = self->header_length + FRAME_MARK_LENGTH + self->picture_bytes;
  g_autofree guint8 *first = g_malloc0 (size);
  guint8 *mapped;
  int fd;

  memcpy (first, self->header, self->header_length);
  memcpy (first + self->header_length, FRAME_MARK, FRAME_MARK_LENGTH);
  if (!g_file_set_contents (path, (const char *) first, (gssize) size, error))
    return NULL;
  fd = g_open (path, O_RDWR | O_CLOEXEC, 0);
  mapped = fd >= 0 ? mmap (NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
  if (mapped == MAP_FAILED)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", path,
                   g_strerror (errno));
      mapped = NULL;
    }
  if (fd >= 0)
    close (fd);
  return mapped != NULL ? mapped + self->header_length + FRAME_MARK_LENGTH : NULL;
}

/* Returns whether somebody has read since the last call. */
static gboolean
was_read (int watch)
{
  char events[4096];

  return read (watch, events, sizeof events) > 0;
}

static gboolean
run_file (Camera *self, const char *path, GError **error)
{
  guint8 *picture = make_file (self, path, error);
  int watch = inotify_init1 (IN_NONBLOCK | IN_CLOEXEC);
  guint number = 0;
  guint32 word = make_word (number);
  gint64 due = now_us ();

  if (picture == NULL)
    return FALSE;
  copy_picture (self, picture, number);
  draw_strip (self, picture, word, G_MAXUINT32);
  if (watch < 0 || inotify_add_watch (watch, path, IN_ACCESS) < 0)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", path,
                   g_strerror (errno));
      return FALSE;
    }
  printf ("ready\n");
  fflush (stdout);
  while (!ended)
    {
      struct pollfd poll_fd = { .fd = watch, .events = POLLIN };
      gint64 left_us = MAX (due + RENEW_US - now_us (), 0);
      struct timespec timeout = { .tv_nsec = left_us * 1000 };
      gboolean taken = ppoll (&poll_fd, 1, &timeout, NULL) > 0 && was_read (watch);
      guint32 next;

      if (taken)
        {
          self->taken++;
          number = (number + 1) % self->pictures;
          copy_picture (self, picture, number);
        }
      else
        {
          note_lateness (self, due + RENEW_US);
          due = now_us ();
        }
      next = make_word (number);
      draw_strip (self, picture, next, word ^ next);
      word = next;
    }
  close (watch);
  return TRUE;
}

/* --- for everybody else: pictures through a FIFO --- */

static gboolean
write_all (int fd, struct iovec *parts, int n_parts)
{
  while (n_parts > 0 && !ended)
    {
      gssize written = writev (fd, parts, n_parts);

      if (written < 0 && errno == EINTR)
        continue;
      if (written < 0)
        return FALSE;
      while (n_parts > 0 && (gsize) written >= parts->iov_len)
        {
          written -= (gssize) parts->iov_len;
          parts++;
          n_parts--;
        }
      if (n_parts > 0)
        {
          parts->iov_base = (char *) parts->iov_base + written;
          parts->iov_len -= (gsize) written;
        }
    }
  return !ended;
}

static gboolean
write_picture (Camera *self, int fd, guint8 *picture, guint number)
{
  struct iovec parts[] = {
    { (gpointer) FRAME_MARK, FRAME_MARK_LENGTH },
    { picture, self->picture_bytes },
  };

  copy_picture (self, picture, number);
  draw_strip (self, picture, make_word (number), G_MAXUINT32);
  return write_all (fd, parts, G_N_ELEMENTS (parts));
}

static void
sleep_until (gint64 until_us)
{
  struct timespec until
      = { .tv_sec = until_us / G_USEC_PER_SEC, .tv_nsec = until_us % G_USEC_PER_SEC * 1000 };

  while (!ended && clock_nanosleep (CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
    continue;
}

/* A reader who is slow misses pictures, as with any camera. */
static void
serve_reader (Camera *self, int fd, guint8 *picture)
{
  struct iovec header = { (gpointer) self->header, self->header_length };
  gint64 start_us = now_us ();
  guint64 number = 0;

  if (!write_all (fd, &header, 1))
    return;
  while (!ended)
    {
      sleep_until (due_us (self, start_us, number));
      note_lateness (self, due_us (self, start_us, number));
      if (!write_picture (self, fd, picture, (guint) (number % self->pictures)))
        return;
      self->taken++;
      do
        number++;
      while (due_us (self, start_us, number) < now_us ());
    }
}

static gboolean
run_fifo (Camera *self, const char *path, GError **error)
{
  g_autofree guint8 *picture = g_malloc (self->picture_bytes);

  if (mkfifo (path, 0600) < 0 && errno != EEXIST)
    {
      g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (errno), "%s: %s", path,
                   g_strerror (errno));
      return FALSE;
    }
  printf ("ready\n");
  fflush (stdout);
  while (!ended)
    {
      int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0);

      if (fd < 0)
        continue;
      fcntl (fd, F_SETPIPE_SZ, PIPE_BYTES);
      serve_reader (self, fd, picture);
      close (fd);
    }
  return TRUE;
}

/* --- */

static void
print_summary (Camera *self)
{
  guint64 total = 0;
  guint64 seen = 0;
  int p99 = 0;

  for (int i = 0; i <= LATE_MAX_MS; i++)
    total += self->late[i];
  while (p99 < LATE_MAX_MS && (seen += self->late[p99]) * 100 < total * 99)
    p99++;
  printf ("{\"pictures\": %" G_GUINT64_FORMAT ", \"late_p99_ms\": %d}\n", self->taken, p99);
}

static gboolean
run (Camera *self, char *argv[], GError **error)
{
  if (!open_film (self, argv[1], error))
    return FALSE;
  return strcmp (argv[2], "file") == 0 ? run_file (self, argv[3], error)
                                       : run_fifo (self, argv[3], error);
}

int
main (int argc, char *argv[])
{
  struct sigaction action = { .sa_handler = on_signal };
  g_autoptr (GError) error = NULL;
  Camera self = { 0 };
  gboolean done;

  if (argc != 4 || (strcmp (argv[2], "file") != 0 && strcmp (argv[2], "fifo") != 0))
    {
      fprintf (stderr, "usage: bench-camera FILM.y4m file|fifo OUTPUT\n");
      return EXIT_USAGE;
    }
  sigaction (SIGTERM, &action, NULL);
  sigaction (SIGINT, &action, NULL);
  signal (SIGPIPE, SIG_IGN);
  done = run (&self, argv, &error);
  if (done)
    print_summary (&self);
  else
    fprintf (stderr, "bench-camera: %s\n", error->message);
  g_clear_pointer (&self.film, g_mapped_file_unref);
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
