/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - a device that does not answer while it starts holds up nobody who closes it
 */

#include "camera/gc-capture-run.h"
#include "test-wait.h"

/* As PipeWire's element does, but not for 30 seconds. */
#define DEAF_MAX_S 10
/* So that it has been told to give up more than once. */
#define CLOSING_MS 200

/* A device whose element waits for it, with the lock on its state, until it is let go. */
typedef struct
{
  GstElement parent_instance;

  GMutex lock;
  GCond cond;
  gboolean deaf;
  gboolean let_go;
  gboolean gave_up;
} DeafSource;

typedef struct
{
  GstElementClass parent_class;
} DeafSourceClass;

GType
deaf_source_get_type (void);
G_DEFINE_TYPE (DeafSource, deaf_source, GST_TYPE_ELEMENT)

static GstStateChangeReturn
change_state (GstElement *element, GstStateChange transition)
{
  DeafSource *self = (DeafSource *) element;
  gint64 until_us = g_get_monotonic_time () + DEAF_MAX_S * G_USEC_PER_SEC;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    {
      g_mutex_lock (&self->lock);
      self->deaf = TRUE;
      while (!self->let_go && !self->gave_up)
        self->gave_up = !g_cond_wait_until (&self->cond, &self->lock, until_us);
      g_mutex_unlock (&self->lock);
    }
  return GST_ELEMENT_CLASS (deaf_source_parent_class)->change_state (element, transition);
}

static void
deaf_source_finalize (GObject *object)
{
  DeafSource *self = (DeafSource *) object;

  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (deaf_source_parent_class)->finalize (object);
}

static void
deaf_source_class_init (DeafSourceClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = deaf_source_finalize;
  GST_ELEMENT_CLASS (klass)->change_state = change_state;
}

static void
deaf_source_init (DeafSource *self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  gst_element_add_pad (GST_ELEMENT (self), gst_pad_new ("src", GST_PAD_SRC));
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}

static gboolean
is_deaf (DeafSource *self)
{
  gboolean deaf;

  g_mutex_lock (&self->lock);
  deaf = self->deaf;
  g_mutex_unlock (&self->lock);
  return deaf;
}

/* Returns: whether somebody had to wait for it in vain */
static gboolean
let_go (DeafSource *self)
{
  gboolean gave_up;

  g_mutex_lock (&self->lock);
  self->let_go = TRUE;
  g_cond_signal (&self->cond);
  gave_up = self->gave_up;
  g_mutex_unlock (&self->lock);
  return gave_up;
}

static void
on_closed (GcCaptureRun *run, gpointer user_data)
{
  gboolean *closed = user_data;

  *closed = TRUE;
}

static void
test_deaf (void)
{
  g_autoptr (GstElement) pipeline = gst_pipeline_new (NULL);
  GstElement *source = g_object_new (deaf_source_get_type (), NULL);
  GstElement *sink = gst_element_factory_make ("appsink", "out");
  GcFan *output = gc_fan_new ();
  g_autoptr (GcCaptureRun) run = NULL;
  gboolean closed = FALSE;

  gst_object_ref_sink (pipeline);
  gst_bin_add_many (GST_BIN (pipeline), source, sink, NULL);
  g_assert_true (gst_element_link (source, sink));
  run = gc_capture_run_new (pipeline, FALSE, output);
  g_signal_connect (run, "closed", G_CALLBACK (on_closed), &closed);
  WAIT_UNTIL (is_deaf ((DeafSource *) source));
  gc_capture_run_close (run);
  test_iterate (CLOSING_MS);
  g_assert_false (let_go ((DeafSource *) source));
  WAIT_UNTIL (closed);
  gc_fan_free (output);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  gst_init (&argc, &argv);
  g_test_add_func ("/camera/run/deaf-device-holds-up-nobody", test_deaf);
  return g_test_run ();
}
