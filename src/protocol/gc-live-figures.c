/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-live-figures.h"

#include "protocol/gc-json.h"

#include <math.h>
#include <string.h>

#define WORD_MAX_LENGTH 16
#define RATE_MAX_BPS 1000000000
#define FPS_MAX 1000
#define SIZE_MAX_PX 16384
#define TIME_MAX_MS 600000
#define GRADE_MAX 4

static void
add_if_known (JsonObject *object, const char *member, double value)
{
  if (value >= 0)
    json_object_set_double_member (object, member, round (value * 10) / 10);
}

/**
 * gc_live_figures_print:
 * @self: figures
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of live.figures
 */
JsonObject *
gc_live_figures_print (const GcLiveFigures *self)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "session", self->session);
  json_object_set_int_member (object, "video_bps", self->video_bps);
  json_object_set_int_member (object, "audio_bps", self->audio_bps);
  json_object_set_int_member (object, "target_bps", self->target_bps);
  json_object_set_int_member (object, "fps", self->fps);
  json_object_set_int_member (object, "left_out", self->left_out);
  json_object_set_int_member (object, "width", self->width);
  json_object_set_int_member (object, "height", self->height);
  add_if_known (object, "rtt_ms", self->rtt_ms);
  add_if_known (object, "queue_ms", self->queue_ms);
  add_if_known (object, "delay_ms", self->delay_ms);
  json_object_set_double_member (object, "loss", round (self->loss * 10000) / 10000);
  if (self->limit != NULL)
    json_object_set_string_member (object, "limit", self->limit);
  json_object_set_int_member (object, "grade", self->grade);
  if (self->stills)
    json_object_set_boolean_member (object, "stills", TRUE);
  json_object_set_boolean_member (object, "sharp", self->sharp);
  return object;
}

static gboolean
read_if_there (JsonObject *object, const char *member, double *value, GError **error)
{
  *value = -1;
  return !gc_json_has (object, member)
         || gc_json_get_double (object, member, 0, TIME_MAX_MS, value, error);
}

static gboolean
read_limit (JsonObject *body, const char **limit, GError **error)
{
  static const char *const known[]
      = { "nothing", "network", "encoder", "camera", "battery", "setting" };
  const char *word;

  *limit = NULL;
  if (!gc_json_get_optional_string (body, "limit", WORD_MAX_LENGTH, &word, error))
    return FALSE;
  for (gsize i = 0; word != NULL && i < G_N_ELEMENTS (known); i++)
    if (strcmp (word, known[i]) == 0)
      *limit = known[i];
  return TRUE;
}

static gboolean
read_stills (JsonObject *body, gboolean *stills, GError **error)
{
  *stills = FALSE;
  return !gc_json_has (body, "stills") || gc_json_get_boolean (body, "stills", stills, error);
}

static gboolean
read_whole_numbers (JsonObject *body, GcLiveFigures *self, GError **error)
{
  return gc_json_get_int (body, "video_bps", 0, RATE_MAX_BPS, &self->video_bps, error)
         && gc_json_get_int (body, "audio_bps", 0, RATE_MAX_BPS, &self->audio_bps, error)
         && gc_json_get_int (body, "target_bps", 0, RATE_MAX_BPS, &self->target_bps, error)
         && gc_json_get_int (body, "fps", 0, FPS_MAX, &self->fps, error)
         && gc_json_get_int (body, "left_out", 0, FPS_MAX, &self->left_out, error)
         && gc_json_get_int (body, "width", 0, SIZE_MAX_PX, &self->width, error)
         && gc_json_get_int (body, "height", 0, SIZE_MAX_PX, &self->height, error)
         && gc_json_get_int (body, "grade", 0, GRADE_MAX, &self->grade, error);
}

/**
 * gc_live_figures_parse:
 * @body: of live.figures
 * @self: (out caller-allocates): what it says; its texts are those of @body
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: whether the body is as PROTOCOL.md has it
 */
gboolean
gc_live_figures_parse (JsonObject *body, GcLiveFigures *self, GError **error)
{
  self->session = gc_json_get_id (body, "session", error);
  return self->session != NULL && read_whole_numbers (body, self, error)
         && read_if_there (body, "rtt_ms", &self->rtt_ms, error)
         && read_if_there (body, "queue_ms", &self->queue_ms, error)
         && read_if_there (body, "delay_ms", &self->delay_ms, error)
         && gc_json_get_double (body, "loss", 0, 1, &self->loss, error)
         && read_limit (body, &self->limit, error) && read_stills (body, &self->stills, error)
         && gc_json_get_boolean (body, "sharp", &self->sharp, error);
}
