/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "camera/gc-still.h"

#include "base/gc-error.h"

#include <gst/video/video.h>

/* A phone's camera takes two seconds to open. */
#define PATIENCE_S 10
#define CODING_MAX (5 * GST_SECOND)

/* What waits for a picture; the tap holds the task until it has one, or nobody waits any more. */
typedef struct
{
  guint tap;
  guint patience;
  int decided; /* atomic: that a picture has come, or that none has in time */
  GstSample *sample;
} Still;

static void
still_free (gpointer data)
{
  Still *still = data;

  g_clear_pointer (&still->sample, gst_sample_unref);
  g_free (still);
}

static gboolean
decide (Still *still)
{
  return g_atomic_int_compare_and_exchange (&still->decided, FALSE, TRUE);
}

static void
stop_waiting (GTask *task)
{
  GcCapture *capture = g_task_get_source_object (task);
  Still *still = g_task_get_task_data (task);

  g_clear_handle_id (&still->patience, g_source_remove);
  gc_fan_remove (gc_capture_get_output (capture), still->tap);
}

static void
code (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_autoptr (GstCaps) jpeg = gst_caps_new_empty_simple ("image/jpeg");
  g_autoptr (GError) error = NULL;
  g_autoptr (GstSample) coded = gst_video_convert_sample (task_data, jpeg, CODING_MAX, &error);
  GstMapInfo map;

  if (coded == NULL || !gst_buffer_map (gst_sample_get_buffer (coded), &map, GST_MAP_READ))
    {
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "no photo: %s",
                               error != NULL ? error->message : "it cannot be read");
      return;
    }
  g_task_return_pointer (task, g_bytes_new (map.data, map.size), (GDestroyNotify) g_bytes_unref);
  gst_buffer_unmap (gst_sample_get_buffer (coded), &map);
}

static void
on_coded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;
  GBytes *photo = g_task_propagate_pointer (G_TASK (result), &error);

  if (photo != NULL)
    g_task_return_pointer (task, photo, (GDestroyNotify) g_bytes_unref);
  else
    g_task_return_error (task, error);
}

static gboolean
on_found (gpointer user_data)
{
  GTask *task = user_data;
  Still *still = g_task_get_task_data (task);
  g_autoptr (GTask) coding = g_task_new (g_task_get_source_object (task), NULL, on_coded, task);

  stop_waiting (task);
  g_task_set_task_data (coding, g_steal_pointer (&still->sample),
                        (GDestroyNotify) gst_sample_unref);
  g_task_run_in_thread (coding, code);
  return G_SOURCE_REMOVE;
}

/* On the streaming thread. */
static void
on_sample (guint detail, gpointer thing, gpointer user_data)
{
  Still *still = g_task_get_task_data (user_data);

  if (!decide (still))
    return;
  still->sample = gst_sample_ref (thing);
  g_idle_add (on_found, user_data);
}

static gboolean
on_patience (gpointer user_data)
{
  Still *still = g_task_get_task_data (user_data);

  still->patience = 0;
  if (decide (still))
    {
      g_autoptr (GTask) task = user_data;

      stop_waiting (task);
      g_task_return_new_error (task, GC_ERROR, GC_ERROR_FAILED, "nothing comes from the camera");
    }
  return G_SOURCE_REMOVE;
}

/**
 * gc_still_take_async:
 * @capture: of a camera that somebody has started
 * @callback: called when there is a photo, or after ten seconds without a picture
 * @user_data: for @callback
 *
 * Takes the next picture, as large as it comes from the camera. Main context.
 */
void
gc_still_take_async (GcCapture *capture, GAsyncReadyCallback callback, gpointer user_data)
{
  GTask *task;
  Still *still;

  g_return_if_fail (GC_IS_CAPTURE (capture));

  task = g_task_new (capture, NULL, callback, user_data);
  still = g_new0 (Still, 1);
  g_task_set_source_tag (task, gc_still_take_async);
  g_task_set_task_data (task, still, still_free);
  still->patience = g_timeout_add_seconds (PATIENCE_S, on_patience, task);
  still->tap = gc_fan_add (gc_capture_get_output (capture), on_sample, task);
}

/**
 * gc_still_take_finish:
 * @capture: the same
 * @result: what the callback got
 * @error: %GC_ERROR_FAILED if there is no picture, or it cannot be coded
 *
 * Returns: (transfer full) (nullable): a JPEG
 */
GBytes *
gc_still_take_finish (GcCapture *capture, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, capture), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
