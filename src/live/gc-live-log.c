/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-live"

#include "live/gc-live-log.h"

#include "base/gc-clock.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <unistd.h>

#define NAME "live.jsonl"
/* Two hours of figures; with the file before it, a shift's. */
#define BYTES_MAX (4 * 1024 * 1024)

struct _GcLiveLog
{
  char *path;
  char *older_path;
  gboolean failed; /* and that was said */
};

/**
 * gc_live_log_new:
 * @folder: where it is to be; need not exist yet
 *
 * Writes to “live.jsonl” there. What is older than 4 MiB is in “live.1.jsonl”, what is older than
 * that is gone. One thread.
 *
 * Returns: (transfer full): the log; nothing is opened yet
 */
GcLiveLog *
gc_live_log_new (const char *folder)
{
  GcLiveLog *self = g_new0 (GcLiveLog, 1);

  self->path = g_build_filename (folder, NAME, NULL);
  self->older_path = g_build_filename (folder, "live.1.jsonl", NULL);
  return self;
}

/**
 * gc_live_log_free:
 * @self: (transfer full): a log
 */
void
gc_live_log_free (GcLiveLog *self)
{
  g_free (self->path);
  g_free (self->older_path);
  g_free (self);
}

static gboolean
append (GcLiveLog *self, const char *line, gsize length)
{
  int fd = g_open (self->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  GStatBuf status;
  gboolean written;

  if (fd < 0)
    return FALSE;
  written = write (fd, line, length) == (gssize) length;
  if (fstat (fd, &status) == 0 && status.st_size >= BYTES_MAX)
    g_rename (self->path, self->older_path);
  close (fd);
  return written;
}

/**
 * gc_live_log_write:
 * @self: a log
 * @session: id of the live session
 * @wall_ms: now, ms since 1970
 * @stats: the figures of the last second
 *
 * What cannot be written is lost; the first time is told in the log of the program.
 */
void
gc_live_log_write (GcLiveLog *self, const char *session, gint64 wall_ms, const GcLiveStats *stats)
{
  g_autofree char *at = gc_clock_format (wall_ms);
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_append_printf (line, "{\"at\": \"%s\", \"session\": \"%s\", ", at, session);
  gc_live_stats_append_json (stats, line);
  g_string_append (line, "}\n");
  if (append (self, line->str, line->len))
    self->failed = FALSE;
  else if (!self->failed)
    {
      self->failed = TRUE;
      g_message ("The figures of live video are not logged: %s", g_strerror (errno));
    }
}
