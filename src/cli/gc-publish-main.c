/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gridcast-publish"

/* The engine without a window: camera and microphone to any WHIP server, until interrupted. */

#include "base/gc-error.h"
#include "camera/gc-camera-list.h"
#include "camera/gc-capture.h"
#include "http/gc-anchors.h"
#include "live/gc-publisher.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define EXIT_USAGE 2
#define TOKEN_MAX_LENGTH 4096
#define CAMERA_DEADLINE_S 10
#define DEFAULT_PATIENCE_S 30

typedef struct
{
  char *whip;
  char *token_file;
  char *camera;
  char *microphone;
  char *codec;
  char *ca_file;
  char *size;
  char *mode;
  char *second_uplink;
  int bitrate;
  int mobile_bitrate;
  int metered_bitrate;
  int patience;
  gboolean no_audio;
  gboolean no_network_watch;
  gboolean stats_json;
  gboolean show_version;
} Options;

typedef struct
{
  Options options;
  char *token;
  GTlsDatabase *anchors;
  int width;
  int height;
  GcSecondUplink second_uplink;
  GMainLoop *loop;
  GcNetworkMonitor *network;
  GcCameraList *cameras;
  GcCameraList *microphones;
  GcCapture *video;
  GcCapture *audio;
  GcEncoder *encoder;
  GcPublisher *publisher;
  guint video_tap;
  guint audio_tap;
  guint camera_deadline;
  guint connect_deadline;
  gint64 started_us;
  gboolean finished;
  int status;
} Program;

static void
say (Program *self, const char *format, ...) G_GNUC_PRINTF (2, 3);

static void
say (Program *self, const char *format, ...)
{
  g_autofree char *text = NULL;
  va_list values;

  va_start (values, format);
  text = g_strdup_vprintf (format, values);
  va_end (values);
  /* Whoever reads the figures as JSON wants nothing else among them. */
  fprintf (self->options.stats_json ? stderr : stdout, "%8.3f %s\n",
           (double) (g_get_monotonic_time () - self->started_us) / G_USEC_PER_SEC, text);
  fflush (stdout);
}

static int
usage_error (const char *message)
{
  fprintf (stderr, "gridcast-publish: %s\nTry “gridcast-publish --help”.\n", message);
  return EXIT_USAGE;
}

static void
finish (Program *self, int status)
{
  self->finished = TRUE;
  self->status = status;
  g_main_loop_quit (self->loop);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Program *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_publisher_stop_finish (GC_PUBLISHER (source), result, &error))
    fprintf (stderr, "gridcast-publish: the server was not told: %s\n", error->message);
  finish (self, EXIT_SUCCESS);
}

static gboolean
on_interrupt (gpointer user_data)
{
  Program *self = user_data;

  say (self, "stopping");
  gc_publisher_stop_async (self->publisher, on_stopped, self);
  return G_SOURCE_REMOVE;
}

static void
give_up (Program *self, const char *reason)
{
  fprintf (stderr, "gridcast-publish: %s\n", reason);
  finish (self, EXIT_FAILURE);
}

static void
on_state (GcPublisher *publisher, GParamSpec *pspec, gpointer user_data)
{
  Program *self = user_data;

  say (self, "state %s", gc_publisher_state_to_string (gc_publisher_get_state (publisher)));
  if (gc_publisher_get_state (publisher) == GC_PUBLISHER_LIVE)
    g_clear_handle_id (&self->connect_deadline, g_source_remove);
  else if (gc_publisher_get_state (publisher) == GC_PUBLISHER_FAILED)
    give_up (self, gc_publisher_get_error (publisher)->message);
}

static gboolean
on_connect_deadline (gpointer user_data)
{
  Program *self = user_data;
  const GError *error = gc_publisher_get_error (self->publisher);

  self->connect_deadline = 0;
  give_up (self, error != NULL ? error->message : "the media server does not answer in time");
  return G_SOURCE_REMOVE;
}

static void
on_encoder_failed (GcEncoder *encoder, const GError *error, gpointer user_data)
{
  give_up (user_data, error->message);
}

static void
say_stats (Program *self, const GcLiveStats *stats)
{
  say (self,
       "stats %dx%d %u fps, video %" G_GINT64_FORMAT " kbit/s of %" G_GINT64_FORMAT
       ", audio %" G_GINT64_FORMAT
       " kbit/s, rtt %.0f ms, queue %.0f ms, delay %.0f ms, loss %.1f %%"
       ", frames %" G_GUINT64_FORMAT ", left out %u of %u, key %" G_GUINT64_FORMAT
       ", asked %" G_GUINT64_FORMAT ", again %" G_GUINT64_FORMAT ", path %s, reconnects %u"
       ", limit %s, grade %d%s",
       stats->width, stats->height, stats->fps, stats->video_bps / 1000, stats->target_bps / 1000,
       stats->audio_bps / 1000, stats->rtt_ms, stats->queue_ms, stats->delay_ms, stats->loss * 100,
       stats->frames, stats->left_out, stats->camera_fps, stats->key_frames, stats->key_requests,
       stats->nacks, stats->path, stats->reconnects, gc_live_limit_to_string (stats->limit),
       stats->grade, stats->stills ? ", stills" : "");
}

static void
say_stats_as_json (Program *self, const GcLiveStats *stats)
{
  g_autoptr (GString) json = g_string_new (NULL);

  gc_live_stats_append_json (stats, json);
  printf ("{\"elapsed_ms\": %" G_GINT64_FORMAT ", %s}\n",
          (g_get_monotonic_time () - self->started_us) / 1000, json->str);
  fflush (stdout);
}

static void
on_stats (GcPublisher *publisher, gpointer user_data)
{
  Program *self = user_data;

  if (self->options.stats_json)
    say_stats_as_json (self, gc_publisher_get_stats (publisher));
  else
    say_stats (self, gc_publisher_get_stats (publisher));
}

static void
on_video (guint detail, gpointer sample, gpointer user_data)
{
  gc_encoder_push_video (user_data, sample);
}

static void
on_audio (guint detail, gpointer sample, gpointer user_data)
{
  gc_encoder_push_audio (user_data, sample);
}

static gboolean
on_camera_deadline (gpointer user_data)
{
  Program *self = user_data;

  self->camera_deadline = 0;
  give_up (self, g_list_model_get_n_items (G_LIST_MODEL (self->cameras)) == 0
                     ? "there is no such camera"
                     : "the camera gives no picture");
  return G_SOURCE_REMOVE;
}

static void
on_camera_active (GcCapture *capture, GParamSpec *pspec, gpointer user_data)
{
  Program *self = user_data;

  say (self, "camera %s", gc_capture_is_active (capture) ? "on" : "off");
  if (gc_capture_is_active (capture))
    g_clear_handle_id (&self->camera_deadline, g_source_remove);
}

static void
use_first (GcCapture *capture, GcCameraList *list)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (list), 0);

  gc_capture_set_source (capture, source);
}

static void
on_cameras_changed (
    GListModel *list, guint position, guint removed, guint added, gpointer user_data)
{
  use_first (user_data, GC_CAMERA_LIST (list));
}

/* Devices may come back. A file that cannot be played will not change by itself. */
static gboolean
is_hopeless (Program *self, GcCapture *capture)
{
  g_autoptr (GcMediaSource) source = NULL;

  if (capture != self->video || self->camera_deadline == 0)
    return FALSE;
  source = g_list_model_get_item (G_LIST_MODEL (self->cameras), 0);
  return source != NULL && !gc_media_source_is_endless (source);
}

static void
on_capture_failed (GcCapture *capture, const GError *error, gpointer user_data)
{
  Program *self = user_data;

  if (is_hopeless (self, capture))
    give_up (self, error->message);
  else
    fprintf (stderr, "gridcast-publish: %s\n", error->message);
}

static void
open_capture (Program *self, GcCapture *capture, GcCameraList *list)
{
  g_signal_connect (capture, "failed", G_CALLBACK (on_capture_failed), self);
  g_signal_connect_object (list, "items-changed", G_CALLBACK (on_cameras_changed), capture, 0);
  use_first (capture, list);
  gc_capture_start (capture);
}

static void
open_camera (Program *self)
{
  self->cameras = gc_camera_list_new (self->options.camera, MIN (self->width, self->height));
  self->video = gc_capture_new ();
  g_signal_connect (self->video, "notify::active", G_CALLBACK (on_camera_active), self);
  self->video_tap = gc_fan_add (gc_capture_get_output (self->video), on_video, self->encoder);
  self->camera_deadline = g_timeout_add_seconds (CAMERA_DEADLINE_S, on_camera_deadline, self);
  open_capture (self, self->video, self->cameras);
}

static void
open_microphone (Program *self)
{
  self->microphones = gc_camera_list_new (self->options.microphone, 0);
  self->audio = gc_capture_new ();
  self->audio_tap = gc_fan_add (gc_capture_get_output (self->audio), on_audio, self->encoder);
  open_capture (self, self->audio, self->microphones);
}

static void
close_capture (Program *self, GcCapture **capture, guint tap)
{
  if (*capture == NULL)
    return;
  g_signal_handlers_disconnect_by_data (*capture, self);
  gc_fan_remove (gc_capture_get_output (*capture), tap);
  gc_capture_stop (*capture);
  g_clear_object (capture);
}

static void
set_limits (Program *self)
{
  GcRateLimits limits;

  gc_rate_limits_init (&limits);
  gc_rate_limits_set (&limits, GC_UPLINK_COST_MOBILE, self->options.mobile_bitrate);
  gc_rate_limits_set (&limits, GC_UPLINK_COST_HIGH, self->options.metered_bitrate);
  gc_publisher_set_limits (self->publisher, &limits);
}

static gboolean
start (Program *self, GError **error)
{
  GcVideoCodec codec = g_strcmp0 (self->options.codec, "vp8") == 0 ? GC_VIDEO_VP8 : GC_VIDEO_H264;

  self->encoder = gc_encoder_new (codec, self->width, self->height, !self->options.no_audio, error);
  if (self->encoder == NULL || !gc_encoder_start (self->encoder, error))
    return FALSE;
  if (g_strcmp0 (self->options.mode, "sharp") == 0)
    gc_encoder_set_mode (self->encoder, GC_QUALITY_SHARP, FALSE);
  g_signal_connect (self->encoder, "failed", G_CALLBACK (on_encoder_failed), self);
  open_camera (self);
  if (self->finished)
    return TRUE;
  if (!self->options.no_audio)
    open_microphone (self);
  self->publisher
      = gc_publisher_new (self->encoder, self->options.whip, self->token, self->anchors, NULL);
  if (!self->options.no_network_watch)
    {
      self->network = gc_network_monitor_new ();
      gc_publisher_watch_network (self->publisher, self->network, self->second_uplink);
    }
  if (self->options.bitrate > 0)
    gc_publisher_set_max_bitrate (self->publisher, (gint64) self->options.bitrate * 1000);
  set_limits (self);
  g_signal_connect (self->publisher, "notify::state", G_CALLBACK (on_state), self);
  g_signal_connect (self->publisher, "stats", G_CALLBACK (on_stats), self);
  if (self->options.patience > 0)
    self->connect_deadline
        = g_timeout_add_seconds ((guint) self->options.patience, on_connect_deadline, self);
  gc_publisher_start (self->publisher);
  return TRUE;
}

static void
stop (Program *self)
{
  g_clear_handle_id (&self->camera_deadline, g_source_remove);
  g_clear_handle_id (&self->connect_deadline, g_source_remove);
  if (self->publisher != NULL)
    g_signal_handlers_disconnect_by_data (self->publisher, self);
  if (self->encoder != NULL)
    g_signal_handlers_disconnect_by_data (self->encoder, self);
  close_capture (self, &self->video, self->video_tap);
  close_capture (self, &self->audio, self->audio_tap);
  g_clear_object (&self->publisher);
  g_clear_object (&self->network);
  g_clear_object (&self->encoder);
  g_clear_object (&self->cameras);
  g_clear_object (&self->microphones);
}

static gboolean
read_token (Program *self, GError **error)
{
  gsize length;

  if (self->options.token_file == NULL)
    return TRUE;
  if (!g_file_get_contents (self->options.token_file, &self->token, &length, error))
    return FALSE;
  g_strstrip (self->token);
  if (length > TOKEN_MAX_LENGTH || self->token[0] == '\0')
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the token file holds no token");
      return FALSE;
    }
  return TRUE;
}

static gboolean
read_files (Program *self, GError **error)
{
  g_autofree char *pem = NULL;

  if (!read_token (self, error))
    return FALSE;
  if (self->options.ca_file == NULL)
    return TRUE;
  if (!g_file_get_contents (self->options.ca_file, &pem, NULL, error))
    return FALSE;
  self->anchors = gc_anchors_new (pem, error);
  return self->anchors != NULL;
}

static gboolean
read_second_uplink (Program *self)
{
  const char *const words[] = { "never", "unmetered", "always" };

  self->second_uplink = GC_SECOND_UPLINK_ALWAYS;
  if (self->options.second_uplink == NULL)
    return TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (self->options.second_uplink, words[i]) == 0)
      {
        self->second_uplink = (GcSecondUplink) i;
        return TRUE;
      }
  return FALSE;
}

static gboolean
is_limit (int kbps)
{
  return kbps == 0
         || (kbps >= GC_RATE_LIMIT_MIN_BPS / 1000 && kbps <= GC_RATE_LIMIT_MAX_BPS / 1000);
}

/* Returns what is wrong with the command line, or NULL. */
static const char *
check_options (Program *self)
{
  const Options *options = &self->options;
  char rest;

  if (options->whip == NULL)
    return "--whip URL is missing";
  if (options->codec != NULL && strcmp (options->codec, "h264") != 0
      && strcmp (options->codec, "vp8") != 0)
    return "--codec is h264 or vp8";
  if (options->mode != NULL && strcmp (options->mode, "smooth") != 0
      && strcmp (options->mode, "sharp") != 0)
    return "--mode is smooth or sharp";
  if (options->bitrate < 0 || (options->bitrate > 0 && options->bitrate < 100)
      || options->bitrate > 50000)
    return "--bitrate is 100 to 50000 kbit/s";
  if (!is_limit (options->mobile_bitrate) || !is_limit (options->metered_bitrate))
    return "--mobile-bitrate and --metered-bitrate are 50 to 50000 kbit/s, or 0";
  if (options->patience < 0 || options->patience > 86400)
    return "--patience is 0 to 86400 s";
  if (!read_second_uplink (self))
    return "--second-uplink is never, unmetered or always";
  if (options->size != NULL
      && (sscanf (options->size, "%4dx%4d%c", &self->width, &self->height, &rest) != 2
          || self->width < 16 || self->width > 4096 || self->height < 16 || self->height > 4096))
    return "--size is WIDTHxHEIGHT, each 16 to 4096";
  return NULL;
}

static int
run (Program *self)
{
  g_autoptr (GError) error = NULL;
  const char *complaint = check_options (self);

  if (complaint != NULL)
    return usage_error (complaint);
  if (!read_files (self, &error))
    return usage_error (error->message);
  self->loop = g_main_loop_new (NULL, FALSE);
  g_unix_signal_add (SIGINT, on_interrupt, self);
  g_unix_signal_add (SIGTERM, on_interrupt, self);
  self->status = EXIT_FAILURE;
  if (!start (self, &error))
    fprintf (stderr, "gridcast-publish: %s\n", error->message);
  else if (!self->finished)
    g_main_loop_run (self->loop);
  stop (self);
  return self->status;
}

static void
program_clear (Program *self)
{
  g_clear_pointer (&self->loop, g_main_loop_unref);
  g_clear_object (&self->anchors);
  g_free (self->token);
  g_free (self->options.whip);
  g_free (self->options.token_file);
  g_free (self->options.camera);
  g_free (self->options.microphone);
  g_free (self->options.codec);
  g_free (self->options.ca_file);
  g_free (self->options.size);
  g_free (self->options.mode);
  g_free (self->options.second_uplink);
}

static gboolean
parse_options (Options *options, int *argc, char ***argv, GError **error)
{
  const GOptionEntry entries[] = {
    { "whip", 0, 0, G_OPTION_ARG_STRING, &options->whip, "Publish to this WHIP endpoint", "URL" },
    { "token-file", 0, 0, G_OPTION_ARG_FILENAME, &options->token_file,
      "Read the bearer token from a file", "FILE" },
    { "camera", 0, 0, G_OPTION_ARG_FILENAME, &options->camera,
      "“pattern”, any file that GStreamer decodes, a FIFO of Y4M pictures, or a camera's name; "
      "default: the first camera",
      "CAMERA" },
    { "microphone", 0, 0, G_OPTION_ARG_FILENAME, &options->microphone,
      "“tone”, “none”, a file, or a microphone's name; default: the first microphone",
      "MICROPHONE" },
    { "codec", 0, 0, G_OPTION_ARG_STRING, &options->codec, "h264 (default) or vp8", "CODEC" },
    { "size", 0, 0, G_OPTION_ARG_STRING, &options->size, "Largest picture, default 1280x720",
      "WxH" },
    { "mode", 0, 0, G_OPTION_ARG_STRING, &options->mode,
      "What a thin network is spent on: “smooth” motion (default) or a “sharp” picture", "MODE" },
    { "bitrate", 0, 0, G_OPTION_ARG_INT, &options->bitrate, "Most to send, default 6000",
      "KBIT/S" },
    { "mobile-bitrate", 0, 0, G_OPTION_ARG_INT, &options->mobile_bitrate,
      "Most to send over a modem, with sound and headers; 0 (default): no limit", "KBIT/S" },
    { "metered-bitrate", 0, 0, G_OPTION_ARG_INT, &options->metered_bitrate,
      "Most to send while roaming, and over other networks that are metered", "KBIT/S" },
    { "no-audio", 0, 0, G_OPTION_ARG_NONE, &options->no_audio, "Send no sound", NULL },
    { "ca-file", 0, 0, G_OPTION_ARG_FILENAME, &options->ca_file,
      "Trust this CA, as a command center's, instead of the system's", "FILE" },
    { "patience", 0, 0, G_OPTION_ARG_INT, &options->patience,
      "Give up when no stream flows after so long, default 30; 0: never", "SECONDS" },
    { "second-uplink", 0, 0, G_OPTION_ARG_STRING, &options->second_uplink,
      "Whether to keep a connection ready over another uplink: never, unmetered or always "
      "(default)",
      "WHEN" },
    { "no-network-watch", 0, 0, G_OPTION_ARG_NONE, &options->no_network_watch,
      "Do not look after the network: only silence of the server tells of a change", NULL },
    { "stats-json", 0, 0, G_OPTION_ARG_NONE, &options->stats_json,
      "Print the figures of each second as JSON, all else to standard error", NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, &options->show_version, "Print the version", NULL },
    G_OPTION_ENTRY_NULL,
  };
  g_autoptr (GOptionContext) context
      = g_option_context_new ("— publish camera and microphone by WHIP");

  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error);
}

int
main (int argc, char *argv[])
{
  Program self = { .options.patience = DEFAULT_PATIENCE_S,
                   .width = 1280,
                   .height = 720,
                   .started_us = g_get_monotonic_time () };
  g_autoptr (GError) error = NULL;
  int status = EXIT_SUCCESS;

  setlocale (LC_ALL, "");
  if (!parse_options (&self.options, &argc, &argv, &error))
    status = usage_error (error->message);
  else if (argc > 1)
    status = usage_error ("there are only options, no arguments");
  else if (self.options.show_version)
    printf ("gridcast-publish %s\n", GC_VERSION);
  else
    status = run (&self);
  program_clear (&self);
  return status;
}
