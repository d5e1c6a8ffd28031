/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-studio.h"

#include "base/gc-error.h"
#include "camera/gc-camera-list.h"
#include "camera/gc-capture.h"
#include "camera/gc-preview.h"
#include "camera/gc-qr-scanner.h"
#include "camera/gc-still.h"
#include "live/gc-encoder-kind.h"

/* A processor that has to code the picture itself is better spent on fewer lines. */
#define LINES_HARDWARE 1080
#define LINES_SOFTWARE 720

struct _GcStudio
{
  GObject parent_instance;

  GcCameraList *cameras;
  GcCameraList *microphones;
  GcCapture *video;
  GcCapture *audio;
  GcMediaSource *camera; /* in use, or NULL */
  char *chosen;          /* by the worker: a camera's name, or NULL */
  gboolean told;         /* of what is wrong with the camera */

  GstElement *preview_sink;
  GcPreview *preview;
  GcQrScanner *scanner;
  GcEncoder *encoder;
  gboolean sharp;
  gboolean frugal;
  guint video_tap;
  guint audio_tap;
};

G_DEFINE_FINAL_TYPE (GcStudio, gc_studio, G_TYPE_OBJECT)

enum
{
  PROP_CAMERA_COUNT = 1,
  PROP_CAMERA_ACTIVE,
  PROP_SHARP,
  PROP_MICROPHONE_ACTIVE,
  N_PROPS
};

enum
{
  SIGNAL_CODE_FOUND,
  SIGNAL_FAILED,
  N_SIGNALS
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static gboolean
needs_camera (GcStudio *self)
{
  return self->preview != NULL || self->scanner != NULL || self->encoder != NULL;
}

static void
update_captures (GcStudio *self)
{
  if (!needs_camera (self))
    gc_capture_stop (self->video);
  else if (gc_capture_start (self->video))
    gc_camera_list_ask (self->cameras);
  if (self->encoder != NULL)
    gc_capture_start (self->audio);
  else
    gc_capture_stop (self->audio);
}

/* Once, until pictures come again: it is tried again and again. */
static void
tell (GcStudio *self, const GError *error)
{
  if (self->told)
    return;
  self->told = TRUE;
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

/* The one that the worker has chosen, as soon as it is there; else the first. Names are not unique,
 * so the one in use stays in use as long as its name is right. */
static guint
find_camera (GcStudio *self)
{
  GListModel *list = G_LIST_MODEL (self->cameras);
  guint found = 0;

  if (self->chosen == NULL)
    return 0;
  for (guint i = g_list_model_get_n_items (list); i > 0; i--)
    {
      g_autoptr (GcMediaSource) source = g_list_model_get_item (list, i - 1);

      if (g_strcmp0 (gc_media_source_get_name (source), self->chosen) != 0)
        continue;
      found = i - 1;
      if (source == self->camera)
        break;
    }
  return found;
}

static void
use_camera (GcStudio *self, guint position)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (self->cameras), position);

  g_set_object (&self->camera, source);
  gc_capture_set_source (self->video, source);
}

static void
use_microphone (GcStudio *self)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (self->microphones), 0);

  gc_capture_set_source (self->audio, source);
}

static void
on_cameras_changed (
    GListModel *list, guint position, guint removed, guint added, gpointer user_data)
{
  GcStudio *self = user_data;
  g_autoptr (GError) error = NULL;

  use_camera (self, find_camera (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CAMERA_COUNT]);
  if (self->camera != NULL || !needs_camera (self))
    return;
  error = g_error_new_literal (GC_ERROR, GC_ERROR_NOT_FOUND, "the camera is gone");
  tell (self, error);
}

static void
on_cameras_failed (GcCameraList *list, const GError *error, gpointer user_data)
{
  tell (user_data, error);
}

static void
on_microphones_changed (
    GListModel *list, guint position, guint removed, guint added, gpointer user_data)
{
  use_microphone (user_data);
}

static void
on_camera_active (GcCapture *capture, GParamSpec *pspec, gpointer user_data)
{
  GcStudio *self = user_data;

  if (gc_capture_is_active (capture))
    self->told = FALSE;
  g_object_notify_by_pspec (user_data, properties[PROP_CAMERA_ACTIVE]);
}

static void
on_camera_failed (GcCapture *capture, const GError *error, gpointer user_data)
{
  tell (user_data, error);
}

static void
on_microphone_active (GcCapture *capture, GParamSpec *pspec, gpointer user_data)
{
  g_object_notify_by_pspec (user_data, properties[PROP_MICROPHONE_ACTIVE]);
}

static void
on_code_found (GcQrScanner *scanner, const char *text, gpointer user_data)
{
  g_signal_emit (user_data, signals[SIGNAL_CODE_FOUND], 0, text);
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

static void
gc_studio_dispose (GObject *object)
{
  GcStudio *self = GC_STUDIO (object);

  g_clear_object (&self->preview);
  g_clear_object (&self->scanner);
  if (self->encoder != NULL)
    gc_studio_close_encoder (self);
  if (self->video != NULL)
    update_captures (self);
  g_clear_object (&self->video);
  g_clear_object (&self->audio);
  g_clear_object (&self->camera);
  g_clear_object (&self->cameras);
  g_clear_object (&self->microphones);
  gst_clear_object (&self->preview_sink);
  G_OBJECT_CLASS (gc_studio_parent_class)->dispose (object);
}

static void
gc_studio_finalize (GObject *object)
{
  g_free (GC_STUDIO (object)->chosen);
  G_OBJECT_CLASS (gc_studio_parent_class)->finalize (object);
}

static void
gc_studio_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcStudio *self = GC_STUDIO (object);

  if (id == PROP_CAMERA_COUNT)
    g_value_set_uint (value, gc_studio_get_camera_count (self));
  else if (id == PROP_CAMERA_ACTIVE)
    g_value_set_boolean (value, gc_studio_is_camera_active (self));
  else if (id == PROP_SHARP)
    g_value_set_boolean (value, self->sharp);
  else if (id == PROP_MICROPHONE_ACTIVE)
    g_value_set_boolean (value, gc_studio_is_microphone_active (self));
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_studio_class_init (GcStudioClass *klass)
{
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_studio_dispose;
  object_class->finalize = gc_studio_finalize;
  object_class->get_property = gc_studio_get_property;
  properties[PROP_CAMERA_COUNT]
      = g_param_spec_uint ("camera-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_CAMERA_ACTIVE] = g_param_spec_boolean ("camera-active", NULL, NULL, FALSE, flags);
  properties[PROP_SHARP] = g_param_spec_boolean ("sharp", NULL, NULL, FALSE, flags);
  properties[PROP_MICROPHONE_ACTIVE]
      = g_param_spec_boolean ("microphone-active", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  signals[SIGNAL_CODE_FOUND] = g_signal_new ("code-found", GC_TYPE_STUDIO, G_SIGNAL_RUN_LAST, 0,
                                             NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", GC_TYPE_STUDIO, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                         NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
gc_studio_init (GcStudio *self)
{
  self->video = gc_capture_new ();
  self->audio = gc_capture_new ();
  g_signal_connect_object (self->video, "notify::active", G_CALLBACK (on_camera_active), self, 0);
  g_signal_connect_object (self->video, "failed", G_CALLBACK (on_camera_failed), self, 0);
  g_signal_connect_object (self->audio, "notify::active", G_CALLBACK (on_microphone_active), self,
                           0);
}

static int
get_lines (void)
{
  return gc_encoder_kind_has_hardware () ? LINES_HARDWARE : LINES_SOFTWARE;
}

/**
 * gc_studio_new:
 * @camera: (nullable): as gc_camera_list_new()
 * @microphone: (nullable): as gc_camera_list_new()
 *
 * Main context.
 *
 * Returns: (transfer full): a studio with everything closed
 */
GcStudio *
gc_studio_new (const char *camera, const char *microphone)
{
  GcStudio *self = g_object_new (GC_TYPE_STUDIO, NULL);

  self->cameras = gc_camera_list_new (camera, get_lines ());
  self->microphones = gc_camera_list_new (microphone, 0);
  use_camera (self, 0);
  use_microphone (self);
  g_signal_connect_object (self->cameras, "failed", G_CALLBACK (on_cameras_failed), self, 0);
  g_signal_connect_object (self->cameras, "items-changed", G_CALLBACK (on_cameras_changed), self,
                           0);
  g_signal_connect_object (self->microphones, "items-changed", G_CALLBACK (on_microphones_changed),
                           self, 0);
  return self;
}

/**
 * gc_studio_set_preview_sink:
 * @self: a studio
 * @sink: (nullable): a video sink that is in no other pipeline; %NULL for no preview
 *
 * Main context.
 */
void
gc_studio_set_preview_sink (GcStudio *self, GstElement *sink)
{
  g_return_if_fail (GC_IS_STUDIO (self));

  if (sink == self->preview_sink)
    return;
  g_clear_object (&self->preview);
  gst_object_replace ((GstObject **) &self->preview_sink, (GstObject *) sink);
  if (sink != NULL)
    self->preview = gc_preview_new (self->video, sink);
  update_captures (self);
}

/**
 * gc_studio_set_scanning:
 * @self: a studio
 * @scanning: whether to look for QR codes
 * @error: %GC_ERROR_FAILED if it cannot look for them
 *
 * Main context.
 *
 * Returns: whether it does as told
 */
gboolean
gc_studio_set_scanning (GcStudio *self, gboolean scanning, GError **error)
{
  g_return_val_if_fail (GC_IS_STUDIO (self), FALSE);

  if (scanning == (self->scanner != NULL))
    return TRUE;
  if (!scanning)
    g_clear_object (&self->scanner);
  else
    {
      self->scanner = gc_qr_scanner_new (self->video, error);
      if (self->scanner == NULL)
        return FALSE;
      g_signal_connect_object (self->scanner, "code-found", G_CALLBACK (on_code_found), self, 0);
    }
  update_captures (self);
  return TRUE;
}

/* H.264 if it can be had, since handsets encode it in hardware; another one if it cannot be shown
 * over there. A wish that cannot be fulfilled is none: other viewers may be luckier. */
static GcVideoCodec
choose_codec (const char *const *wanted)
{
  static const struct
  {
    const char *name;
    GcVideoCodec codec;
  } codecs[] = { { "H264", GC_VIDEO_H264 }, { "VP8", GC_VIDEO_VP8 } };

  for (gsize i = 0; wanted != NULL && i < G_N_ELEMENTS (codecs); i++)
    if (g_strv_contains (wanted, codecs[i].name)
        && gc_encoder_kind_choose (codecs[i].codec) != NULL)
      return codecs[i].codec;
  return gc_encoder_kind_choose (GC_VIDEO_H264) != NULL ? GC_VIDEO_H264 : GC_VIDEO_VP8;
}

static void
apply_mode (GcStudio *self)
{
  if (self->encoder != NULL)
    gc_encoder_set_mode (self->encoder, self->sharp ? GC_QUALITY_SHARP : GC_QUALITY_SMOOTH,
                         self->frugal);
}

/**
 * gc_studio_open_encoder:
 * @self: a studio
 * @wanted: (nullable) (array zero-terminated=1): the codecs that can be shown, as “VP8”; %NULL if
 *   that is not known
 * @error: %GC_ERROR_NOT_FOUND, %GC_ERROR_FAILED as gc_encoder_new()
 *
 * Main context.
 *
 * Returns: (transfer none) (nullable): an encoder that runs until gc_studio_close_encoder()
 */
GcEncoder *
gc_studio_open_encoder (GcStudio *self, const char *const *wanted, GError **error)
{
  g_autoptr (GcEncoder) encoder = NULL;
  /* In both directions: a handset that is held upright takes upright pictures. */
  int side = get_lines () * 16 / 9;

  g_return_val_if_fail (GC_IS_STUDIO (self), NULL);

  if (self->encoder != NULL)
    return self->encoder;
  encoder = gc_encoder_new (choose_codec (wanted), side, side, TRUE, error);
  if (encoder == NULL || !gc_encoder_start (encoder, error))
    return NULL;
  self->encoder = g_steal_pointer (&encoder);
  apply_mode (self);
  self->video_tap = gc_fan_add (gc_capture_get_output (self->video), on_video, self->encoder);
  self->audio_tap = gc_fan_add (gc_capture_get_output (self->audio), on_audio, self->encoder);
  update_captures (self);
  return self->encoder;
}

/**
 * gc_studio_set_sharp:
 * @self: a studio
 * @sharp: whether the encoder that is open, and those to come, give up motion before detail when
 *   the network is thin
 *
 * Main context.
 */
void
gc_studio_set_sharp (GcStudio *self, gboolean sharp)
{
  g_return_if_fail (GC_IS_STUDIO (self));

  if (self->sharp == sharp)
    return;
  self->sharp = sharp;
  apply_mode (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHARP]);
}

/**
 * gc_studio_set_frugal:
 * @self: a studio
 * @frugal: whether the encoder that is open, and those to come, spare the battery
 *
 * Main context.
 */
void
gc_studio_set_frugal (GcStudio *self, gboolean frugal)
{
  g_return_if_fail (GC_IS_STUDIO (self));

  self->frugal = frugal;
  apply_mode (self);
}

/**
 * gc_studio_close_encoder:
 * @self: a studio
 *
 * Main context.
 */
void
gc_studio_close_encoder (GcStudio *self)
{
  g_return_if_fail (GC_IS_STUDIO (self));

  gc_fan_remove (gc_capture_get_output (self->video), self->video_tap);
  gc_fan_remove (gc_capture_get_output (self->audio), self->audio_tap);
  if (self->encoder != NULL)
    gc_encoder_stop (self->encoder);
  g_clear_object (&self->encoder);
  update_captures (self);
}

static gboolean
is_in_use (GcStudio *self, guint position)
{
  g_autoptr (GcMediaSource) source = g_list_model_get_item (G_LIST_MODEL (self->cameras), position);

  return source == self->camera;
}

/**
 * gc_studio_switch_camera:
 * @self: a studio
 *
 * Goes to the next camera, while everything runs on. Main context.
 */
void
gc_studio_switch_camera (GcStudio *self)
{
  guint count = gc_studio_get_camera_count (self);
  guint position = 0;

  if (count < 2)
    return;
  while (position < count - 1 && !is_in_use (self, position))
    position++;
  use_camera (self, (position + 1) % count);
  g_set_str (&self->chosen, gc_media_source_get_name (self->camera));
}

static void
on_photo (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GBytes *photo = gc_still_take_finish (GC_CAPTURE (source), result, &error);

  if (photo != NULL)
    g_task_return_pointer (task, photo, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

/**
 * gc_studio_take_photo_async:
 * @self: a studio whose camera somebody uses, as a preview
 * @callback: called when there is a photo, or none
 * @user_data: for @callback
 *
 * Main context.
 */
void
gc_studio_take_photo_async (GcStudio *self, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task = g_task_new (self, NULL, callback, user_data);

  g_task_set_source_tag (task, gc_studio_take_photo_async);
  gc_still_take_async (self->video, on_photo, task);
}

/**
 * gc_studio_take_photo_finish:
 * @self: a studio
 * @result: what the callback got
 * @error: %GC_ERROR_FAILED if no picture comes
 *
 * Returns: (transfer full) (nullable): a JPEG
 */
GBytes *
gc_studio_take_photo_finish (GcStudio *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_studio_get_camera_count:
 * @self: a studio
 *
 * Returns: how many cameras there are
 */
guint
gc_studio_get_camera_count (GcStudio *self)
{
  return self->cameras != NULL ? g_list_model_get_n_items (G_LIST_MODEL (self->cameras)) : 0;
}

/**
 * gc_studio_is_camera_active:
 * @self: a studio
 *
 * Returns: whether pictures come
 */
gboolean
gc_studio_is_camera_active (GcStudio *self)
{
  return gc_capture_is_active (self->video);
}

/**
 * gc_studio_is_microphone_active:
 * @self: a studio
 *
 * Returns: whether sound comes; it does only while there is an encoder
 */
gboolean
gc_studio_is_microphone_active (GcStudio *self)
{
  return gc_capture_is_active (self->audio);
}
