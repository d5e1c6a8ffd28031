/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-relay-stream.h"

#include "rtc/gc-crossing.h"

/* The requests of all viewers become one in this time; it is repeated until a key frame comes,
 * since requests get lost as well. */
#define KEY_FRAME_INTERVAL_MS 500

struct _GcRelayStream
{
  GObject parent_instance;

  GcCrossing *crossing;
  GcFan *fan;
  guint key_frame_timer; /* main context; runs for one interval after each request */
  gboolean wish_on_way;  /* atomic */

  GMutex lock; /* what follows, between the main context and streaming threads */
  gconstpointer source;
  gboolean key_frame_wanted;
};

G_DEFINE_FINAL_TYPE (GcRelayStream, gc_relay_stream, G_TYPE_OBJECT)

enum
{
  SIGNAL_KEY_FRAME_WANTED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gboolean
on_interval (gpointer user_data);

static void
ask (GcRelayStream *self)
{
  gboolean wanted;

  if (self->key_frame_timer != 0)
    return;
  g_mutex_lock (&self->lock);
  wanted = self->key_frame_wanted && self->source != NULL;
  g_mutex_unlock (&self->lock);
  if (!wanted)
    return;
  self->key_frame_timer = g_timeout_add (KEY_FRAME_INTERVAL_MS, on_interval, self);
  g_signal_emit (self, signals[SIGNAL_KEY_FRAME_WANTED], 0);
}

static gboolean
on_interval (gpointer user_data)
{
  GcRelayStream *self = user_data;

  self->key_frame_timer = 0;
  ask (self);
  return G_SOURCE_REMOVE;
}

static void
take_wish (gpointer target, gpointer data)
{
  GcRelayStream *self = target;

  g_atomic_int_set (&self->wish_on_way, FALSE);
  g_mutex_lock (&self->lock);
  self->key_frame_wanted = TRUE;
  g_mutex_unlock (&self->lock);
  ask (self);
}

static void
gc_relay_stream_finalize (GObject *object)
{
  GcRelayStream *self = GC_RELAY_STREAM (object);

  g_clear_handle_id (&self->key_frame_timer, g_source_remove);
  gc_crossing_unref (self->crossing);
  gc_fan_free (self->fan);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gc_relay_stream_parent_class)->finalize (object);
}

static void
gc_relay_stream_class_init (GcRelayStreamClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = gc_relay_stream_finalize;
  /**
   * GcRelayStream::key-frame-wanted:
   *
   * The source should make a key frame.
   */
  signals[SIGNAL_KEY_FRAME_WANTED]
      = g_signal_new ("key-frame-wanted", GC_TYPE_RELAY_STREAM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                      NULL, G_TYPE_NONE, 0);
}

static void
gc_relay_stream_init (GcRelayStream *self)
{
  g_mutex_init (&self->lock);
  self->crossing = gc_crossing_new (self);
  self->fan = gc_fan_new ();
}

/**
 * gc_relay_stream_new:
 *
 * Main context.
 *
 * Returns: (transfer full): a stream without source and viewers
 */
GcRelayStream *
gc_relay_stream_new (void)
{
  return g_object_new (GC_TYPE_RELAY_STREAM, NULL);
}

/**
 * gc_relay_stream_set_source:
 * @self: a stream
 * @source: whose media pass from now on; compared, never used
 *
 * Any thread.
 */
void
gc_relay_stream_set_source (GcRelayStream *self, gconstpointer source)
{
  g_mutex_lock (&self->lock);
  self->source = source;
  g_mutex_unlock (&self->lock);
}

/**
 * gc_relay_stream_clear_source:
 * @self: a stream
 * @source: whose media pass no more; another one's do
 *
 * Any thread.
 */
void
gc_relay_stream_clear_source (GcRelayStream *self, gconstpointer source)
{
  g_mutex_lock (&self->lock);
  if (self->source == source)
    self->source = NULL;
  g_mutex_unlock (&self->lock);
}

/**
 * gc_relay_stream_push:
 * @self: a stream
 * @source: whose it is
 * @audio: sound or picture
 * @sample: (transfer none): an access unit
 *
 * Hands a sample to every viewer, unless another source has taken over. Any thread.
 */
void
gc_relay_stream_push (GcRelayStream *self, gconstpointer source, gboolean audio, GstSample *sample)
{
  g_mutex_lock (&self->lock);
  if (source == self->source)
    {
      if (!audio
          && !GST_BUFFER_FLAG_IS_SET (gst_sample_get_buffer (sample), GST_BUFFER_FLAG_DELTA_UNIT))
        self->key_frame_wanted = FALSE;
      /* Under the lock, so that nothing of the old source comes behind the new one's. */
      gc_fan_out (self->fan, audio, sample);
    }
  g_mutex_unlock (&self->lock);
}

/**
 * gc_relay_stream_add:
 * @self: a stream
 * @func: takes each sample, as #GstSample with detail 1 for sound, on a streaming thread; must not
 *   block, and may call nothing of this stream but gc_relay_stream_want_key_frame()
 * @data: for @func
 *
 * Any thread.
 *
 * Returns: for gc_relay_stream_remove()
 */
guint
gc_relay_stream_add (GcRelayStream *self, GcFanFunc func, gpointer data)
{
  return gc_fan_add (self->fan, func, data);
}

/**
 * gc_relay_stream_remove:
 * @self: a stream
 * @id: from gc_relay_stream_add(); 0 does nothing
 *
 * When it returns, the function is not running and will not be called. Main context.
 */
void
gc_relay_stream_remove (GcRelayStream *self, guint id)
{
  gc_fan_remove (self->fan, id);
}

/**
 * gc_relay_stream_want_key_frame:
 * @self: a stream
 *
 * Says that a viewer can show nothing before the next key frame. Any thread.
 */
void
gc_relay_stream_want_key_frame (GcRelayStream *self)
{
  if (g_atomic_int_compare_and_exchange (&self->wish_on_way, FALSE, TRUE))
    gc_crossing_call (self->crossing, take_wish, NULL, NULL);
}
