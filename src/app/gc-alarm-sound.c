/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-alarm-sound"

#define LIBFEEDBACK_USE_UNSTABLE_API

#include "app/gc-alarm-sound.h"

#include <gst/gst.h>
#include <libfeedback.h>

#define EVENT "alarm-clock-elapsed"
#define LOOP_S 60
/* A desktop that ends each sound at once is not asked without a rest. */
#define REST_S 2
/* Half a second of a high tone in each second. */
#define TONE                                                                                       \
  "audiotestsrc wave=ticks freq=960 tick-interval=1000000000 sine-periods-per-tick=480"            \
  " ! audioconvert ! audioresample ! autoaudiosink"

struct _GcAlarmSound
{
  GObject parent_instance;

  gboolean has_feedback;
  gboolean active;
  LfbEvent *event;
  GstElement *tone;
  guint again_id;
};

G_DEFINE_FINAL_TYPE (GcAlarmSound, gc_alarm_sound, G_TYPE_OBJECT)

static void
start_tone (GcAlarmSound *self)
{
  g_autoptr (GError) error = NULL;

  if (self->tone == NULL)
    self->tone = gst_parse_launch (TONE, &error);
  if (self->tone != NULL)
    gst_element_set_state (self->tone, GST_STATE_PLAYING);
  else
    g_message ("There is no way to make a sound: %s", error->message);
}

static gboolean
on_again (gpointer user_data);

static void
on_ended (GcAlarmSound *self)
{
  if (!self->active || self->again_id != 0)
    return;
  if (lfb_event_get_end_reason (self->event) == LFB_EVENT_END_REASON_NOT_FOUND)
    start_tone (self);
  else
    self->again_id = g_timeout_add_seconds (REST_S, on_again, self);
}

static void
on_triggered (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcAlarmSound) self = user_data;
  g_autoptr (GError) error = NULL;

  if (lfb_event_trigger_feedback_finish (LFB_EVENT (object), result, &error))
    return;
  g_debug ("No feedback: %s", error->message);
  if (self->active)
    start_tone (self);
}

static void
start_event (GcAlarmSound *self)
{
  g_clear_object (&self->event);
  self->event = lfb_event_new (EVENT);
  lfb_event_set_timeout (self->event, LOOP_S);
  lfb_event_set_important (self->event, TRUE);
  g_signal_connect_object (self->event, "feedback-ended", G_CALLBACK (on_ended), self,
                           G_CONNECT_SWAPPED);
  lfb_event_trigger_feedback_async (self->event, NULL, on_triggered, g_object_ref (self));
}

static gboolean
on_again (gpointer user_data)
{
  GcAlarmSound *self = user_data;

  self->again_id = 0;
  start_event (self);
  return G_SOURCE_REMOVE;
}

static void
stop (GcAlarmSound *self)
{
  g_clear_handle_id (&self->again_id, g_source_remove);
  if (self->event != NULL && lfb_event_get_state (self->event) == LFB_EVENT_STATE_RUNNING)
    lfb_event_end_feedback_async (self->event, NULL, NULL, NULL);
  g_clear_object (&self->event);
  if (self->tone != NULL)
    gst_element_set_state (self->tone, GST_STATE_NULL);
  gst_clear_object (&self->tone);
}

static void
gc_alarm_sound_dispose (GObject *object)
{
  GcAlarmSound *self = GC_ALARM_SOUND (object);

  self->active = FALSE;
  stop (self);
  G_OBJECT_CLASS (gc_alarm_sound_parent_class)->dispose (object);
}

static void
gc_alarm_sound_class_init (GcAlarmSoundClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_alarm_sound_dispose;
}

static void
gc_alarm_sound_init (GcAlarmSound *self)
{
}

/**
 * gc_alarm_sound_new:
 * @has_feedback: whether the desktop's sounds can be asked for
 *
 * GStreamer must have been initialised. Main context.
 *
 * Returns: (transfer full): a sound that is silent
 */
GcAlarmSound *
gc_alarm_sound_new (gboolean has_feedback)
{
  GcAlarmSound *self = g_object_new (GC_TYPE_ALARM_SOUND, NULL);

  self->has_feedback = has_feedback;
  return self;
}

/**
 * gc_alarm_sound_set_active:
 * @self: a sound
 * @active: whether it sounds
 *
 * Main context.
 */
void
gc_alarm_sound_set_active (GcAlarmSound *self, gboolean active)
{
  g_return_if_fail (GC_IS_ALARM_SOUND (self));

  if (self->active == active)
    return;
  self->active = active;
  if (!active)
    stop (self);
  else if (self->has_feedback)
    start_event (self);
  else
    start_tone (self);
}
