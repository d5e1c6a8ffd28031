/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-media-source-file.h"

#include "base/gc-error.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define STILL_LAUNCH                                                                               \
  "filesrc name=in ! decodebin ! videoconvert ! video/x-raw,format=I420 "                          \
  "! videoflip video-direction=auto "                                                              \
  "! imagefreeze ! video/x-raw,framerate=15/1 ! appsink name=out sync=true max-buffers=2 "         \
  "drop=true"
#define SHOWN                                                                                      \
  "! videoconvert ! queue ! video/x-raw,format={I420,NV12} ! videoflip video-direction=auto "      \
  "! appsink name=out sync=true max-buffers=2 drop=true"
#define VIDEO_LAUNCH "filesrc name=in ! decodebin " SHOWN
/* decodebin takes dark pictures for text. */
#define Y4M_MAGIC "YUV4MPEG2 "
#define Y4M_LAUNCH "filesrc name=in ! y4mdec " SHOWN
/* Who writes into a FIFO sets the pace: each picture is shown as soon as it is whole. */
#define FIFO_LAUNCH                                                                                \
  "fdsrc name=in blocksize=1048576 ! y4mdec ! videoconvert ! video/x-raw,format={I420,NV12} "      \
  "! appsink name=out sync=false async=false max-buffers=2 drop=true"
#define AUDIO_LAUNCH                                                                               \
  "filesrc name=in ! decodebin ! audioconvert ! queue "                                            \
  "! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=1 "                              \
  "! appsink name=out sync=true max-buffers=50 drop=true"

struct _GcMediaSourceFile
{
  GObject parent_instance;

  char *path;
  char *name;
  gboolean audio;
  GFileMonitor *monitor;
};

/* The file's name may say nothing: another kind of file may have been moved there. */
static const char *
choose_video_launch (const char *path)
{
  g_autoptr (GFile) file = g_file_new_for_path (path);
  g_autoptr (GFileInputStream) stream = g_file_read (file, NULL, NULL);
  guchar head[16] = { 0 };
  g_autofree char *type = NULL;

  if (stream != NULL)
    g_input_stream_read (G_INPUT_STREAM (stream), head, sizeof head, NULL, NULL);
  if (memcmp (head, Y4M_MAGIC, strlen (Y4M_MAGIC)) == 0)
    return Y4M_LAUNCH;
  type = g_content_type_guess (NULL, head, sizeof head, NULL);
  return g_content_type_is_mime_type (type, "image/png")
                 || g_content_type_is_mime_type (type, "image/jpeg")
             ? STILL_LAUNCH
             : VIDEO_LAUNCH;
}

static gboolean
is_fifo (const char *path)
{
  GStatBuf status;

  return g_stat (path, &status) == 0 && S_ISFIFO (status.st_mode);
}

static void
close_fd (gpointer data)
{
  close (GPOINTER_TO_INT (data));
}

/* Opened here because the element would block until there is a writer. */
static GstElement *
make_fifo_pipeline (GcMediaSourceFile *self, GError **error)
{
  int fd = g_open (self->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
  GstElement *pipeline;
  g_autoptr (GstElement) in = NULL;

  if (fd < 0)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_FAILED, "%s cannot be opened: %s", self->path,
                   g_strerror (errno));
      return NULL;
    }
  fcntl (fd, F_SETFL, 0);
  pipeline = gc_media_source_launch (FIFO_LAUNCH, error);
  if (pipeline == NULL)
    {
      close (fd);
      return NULL;
    }
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  g_object_set (in, "fd", fd, NULL);
  g_object_set_data_full (G_OBJECT (pipeline), "fifo", GINT_TO_POINTER (fd), close_fd);
  return pipeline;
}

static GstElement *
make_pipeline (GcMediaSource *source, GError **error)
{
  GcMediaSourceFile *self = GC_MEDIA_SOURCE_FILE (source);
  GstElement *pipeline;
  g_autoptr (GstElement) in = NULL;

  if (!self->audio && is_fifo (self->path))
    return make_fifo_pipeline (self, error);
  if (g_file_test (self->path, G_FILE_TEST_IS_DIR))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "%s is a folder", self->path);
      return NULL;
    }
  if (!g_file_test (self->path, G_FILE_TEST_IS_REGULAR))
    {
      g_set_error (error, GC_ERROR, GC_ERROR_NOT_FOUND, "there is no file %s", self->path);
      return NULL;
    }
  pipeline = gc_media_source_launch (self->audio ? AUDIO_LAUNCH : choose_video_launch (self->path),
                                     error);
  if (pipeline == NULL)
    return NULL;
  in = gst_bin_get_by_name (GST_BIN (pipeline), "in");
  g_object_set (in, "location", self->path, NULL);
  return pipeline;
}

static const char *
get_name (GcMediaSource *source)
{
  return GC_MEDIA_SOURCE_FILE (source)->name;
}

static gboolean
is_endless (GcMediaSource *source)
{
  return FALSE;
}

static void
media_source_init (GcMediaSourceInterface *iface)
{
  iface->make_pipeline = make_pipeline;
  iface->get_name = get_name;
  iface->is_endless = is_endless;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcMediaSourceFile,
                               gc_media_source_file,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_MEDIA_SOURCE, media_source_init))

static void
on_file_event (
    GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event, gpointer user_data)
{
  GcMediaSourceFile *self = user_data;
  g_autofree char *path = g_file_get_path (event == G_FILE_MONITOR_EVENT_RENAMED ? other : file);

  /* Writing in place is for the writer to finish: only a file moved here is whole. */
  if (g_strcmp0 (path, self->path) == 0
      && (event == G_FILE_MONITOR_EVENT_MOVED_IN || event == G_FILE_MONITOR_EVENT_RENAMED))
    g_signal_emit_by_name (self, "changed");
}

static void
gc_media_source_file_finalize (GObject *object)
{
  GcMediaSourceFile *self = GC_MEDIA_SOURCE_FILE (object);

  g_clear_object (&self->monitor);
  g_free (self->path);
  g_free (self->name);
  G_OBJECT_CLASS (gc_media_source_file_parent_class)->finalize (object);
}

static void
gc_media_source_file_class_init (GcMediaSourceFileClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_media_source_file_finalize;
}

static void
gc_media_source_file_init (GcMediaSourceFile *self)
{
}

/**
 * gc_media_source_file_new:
 * @path: anything that GStreamer decodes, or a FIFO into which another program writes Y4M pictures
 *   as they are taken
 * @audio: its sound instead of its picture; not from a FIFO
 *
 * Main context.
 *
 * Returns: (transfer full): the source; whether the file can be played shows when it is
 */
GcMediaSource *
gc_media_source_file_new (const char *path, gboolean audio)
{
  GcMediaSourceFile *self = g_object_new (GC_TYPE_MEDIA_SOURCE_FILE, NULL);
  g_autofree char *folder = NULL;
  g_autoptr (GFile) file = NULL;

  self->path = g_canonicalize_filename (path, NULL);
  self->name = g_path_get_basename (self->path);
  self->audio = audio;
  folder = g_path_get_dirname (self->path);
  file = g_file_new_for_path (folder);
  self->monitor = g_file_monitor_directory (file, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
  if (self->monitor != NULL)
    g_signal_connect (self->monitor, "changed", G_CALLBACK (on_file_event), self);
  return GC_MEDIA_SOURCE (self);
}
