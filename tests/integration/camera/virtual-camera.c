/* SPDX-License-Identifier: GPL-3.0-or-later */

/* virtual-camera NAME PLACE LEVEL TURN: a camera as PipeWire's plugins make them.
 *
 * Its pictures are black above and LEVEL bright below if it has a TURN (a spa_meta_videotransform),
 * else of one brightness. It offers 640 x 360 at 30 pictures a second, and before that what takes a
 * phone's camera its breath away.
 */

#include <pipewire/pipewire.h>
#include <spa/param/video/format-utils.h>
#include <stdlib.h>

#define WIDTH 640
#define HEIGHT 360
#define FPS 30
#define HUGE_WIDTH 4032
#define HUGE_HEIGHT 3024
#define HUGE_FPS 5
#define BLACK 16
#define NO_COLOUR 128
#define BUFFERS 8
#define POD_SIZE 1024

typedef struct
{
  struct pw_loop *loop;
  struct pw_stream *stream;
  struct spa_source *timer;
  uint32_t width;
  uint32_t height;
  uint32_t turn;
  uint8_t level;
} Camera;

/* YUY2: brightness in each first byte. */
static void
draw (Camera *self, uint8_t *picture)
{
  size_t half = (size_t) self->width * self->height;

  for (size_t i = 0; i < 2 * half; i += 2)
    {
      picture[i] = self->turn != SPA_META_TRANSFORMATION_None && i < half ? BLACK : self->level;
      picture[i + 1] = NO_COLOUR;
    }
}

static void
on_process (void *user_data)
{
  Camera *self = user_data;
  struct pw_buffer *buffer = pw_stream_dequeue_buffer (self->stream);
  struct spa_meta_videotransform *transform;
  struct spa_data *data;

  if (buffer == NULL)
    return;
  data = &buffer->buffer->datas[0];
  draw (self, data->data);
  transform
      = spa_buffer_find_meta_data (buffer->buffer, SPA_META_VideoTransform, sizeof *transform);
  if (transform != NULL)
    transform->transform = self->turn;
  data->chunk->offset = 0;
  data->chunk->stride = (int32_t) self->width * 2;
  data->chunk->size = self->width * self->height * 2;
  pw_stream_queue_buffer (self->stream, buffer);
}

static void
on_timer (void *user_data, uint64_t expirations)
{
  Camera *self = user_data;

  pw_stream_trigger_process (self->stream);
}

static void
on_state (void *user_data,
          enum pw_stream_state before,
          enum pw_stream_state state,
          const char *error)
{
  Camera *self = user_data;
  struct timespec interval = { 0, SPA_NSEC_PER_SEC / FPS };
  struct timespec never = { 0, 0 };
  bool running = state == PW_STREAM_STATE_STREAMING && pw_stream_is_driving (self->stream);

  pw_loop_update_timer (self->loop, self->timer, running ? &interval : &never,
                        running ? &interval : &never, false);
}

static const struct spa_pod *
offer (struct spa_pod_builder *builder, uint32_t width, uint32_t height, uint32_t fps)
{
  return spa_pod_builder_add_object (
      builder, SPA_TYPE_OBJECT_Format, SPA_PARAM_EnumFormat, SPA_FORMAT_mediaType,
      SPA_POD_Id (SPA_MEDIA_TYPE_video), SPA_FORMAT_mediaSubtype,
      SPA_POD_Id (SPA_MEDIA_SUBTYPE_raw), SPA_FORMAT_VIDEO_format,
      SPA_POD_Id (SPA_VIDEO_FORMAT_YUY2), SPA_FORMAT_VIDEO_size,
      SPA_POD_Rectangle (&SPA_RECTANGLE (width, height)), SPA_FORMAT_VIDEO_framerate,
      SPA_POD_Fraction (&SPA_FRACTION (fps, 1)));
}

static void
on_param (void *user_data, uint32_t id, const struct spa_pod *param)
{
  Camera *self = user_data;
  uint8_t memory[POD_SIZE];
  struct spa_pod_builder builder = SPA_POD_BUILDER_INIT (memory, sizeof memory);
  struct spa_video_info_raw format;
  const struct spa_pod *params[2];

  if (param == NULL || id != SPA_PARAM_Format)
    return;
  spa_format_video_raw_parse (param, &format);
  self->width = format.size.width;
  self->height = format.size.height;
  params[0] = spa_pod_builder_add_object (
      &builder, SPA_TYPE_OBJECT_ParamBuffers, SPA_PARAM_Buffers, SPA_PARAM_BUFFERS_buffers,
      SPA_POD_CHOICE_RANGE_Int (BUFFERS, 2, 2 * BUFFERS), SPA_PARAM_BUFFERS_blocks, SPA_POD_Int (1),
      SPA_PARAM_BUFFERS_size, SPA_POD_Int ((int) (self->width * self->height * 2)),
      SPA_PARAM_BUFFERS_stride, SPA_POD_Int ((int) self->width * 2));
  params[1] = spa_pod_builder_add_object (&builder, SPA_TYPE_OBJECT_ParamMeta, SPA_PARAM_Meta,
                                          SPA_PARAM_META_type, SPA_POD_Id (SPA_META_VideoTransform),
                                          SPA_PARAM_META_size,
                                          SPA_POD_Int (sizeof (struct spa_meta_videotransform)));
  pw_stream_update_params (self->stream, params, SPA_N_ELEMENTS (params));
}

int
main (int argc, char *argv[])
{
  static const struct pw_stream_events events = {
    PW_VERSION_STREAM_EVENTS,
    .process = on_process,
    .state_changed = on_state,
    .param_changed = on_param,
  };
  uint8_t memory[POD_SIZE];
  struct spa_pod_builder builder = SPA_POD_BUILDER_INIT (memory, sizeof memory);
  struct pw_main_loop *loop;
  const struct spa_pod *offers[2];
  Camera self = { 0 };

  if (argc != 5)
    return 2;
  pw_init (&argc, &argv);
  self.level = (uint8_t) atoi (argv[3]);
  self.turn = (uint32_t) atoi (argv[4]);
  loop = pw_main_loop_new (NULL);
  self.loop = pw_main_loop_get_loop (loop);
  self.timer = pw_loop_add_timer (self.loop, on_timer, &self);
  self.stream = pw_stream_new_simple (
      self.loop, argv[1],
      pw_properties_new (PW_KEY_MEDIA_CLASS, "Video/Source", PW_KEY_MEDIA_ROLE, "Camera",
                         PW_KEY_NODE_NAME, argv[1], PW_KEY_NODE_DESCRIPTION, argv[1],
                         "api.libcamera.location", argv[2], NULL),
      &events, &self);
  offers[0] = offer (&builder, HUGE_WIDTH, HUGE_HEIGHT, HUGE_FPS);
  offers[1] = offer (&builder, WIDTH, HEIGHT, FPS);
  if (pw_stream_connect (self.stream, PW_DIRECTION_OUTPUT, PW_ID_ANY,
                         PW_STREAM_FLAG_DRIVER | PW_STREAM_FLAG_MAP_BUFFERS, offers,
                         SPA_N_ELEMENTS (offers))
      < 0)
    return 1;
  return pw_main_loop_run (loop) < 0;
}
