/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-frame-guard.h"

#include "base/gc-clock.h"

#define OPCODE_MASK 0x0f
#define OPCODE_CONTINUATION 0
#define OPCODE_FIRST_CONTROL 8
#define MASKED_BIT 0x80
#define LENGTH_MASK 0x7f
#define LENGTH_16 126
#define LENGTH_64 127
#define MASK_BYTES 4

static guint
header_size (const GcFrameMeter *meter)
{
  guint8 length = meter->header[1] & LENGTH_MASK;

  if (meter->header_length < 2)
    return 2;
  return 2
         + (length == LENGTH_16   ? 2
            : length == LENGTH_64 ? 8
                                  : 0)
         + ((meter->header[1] & MASKED_BIT) != 0 ? MASK_BYTES : 0);
}

static guint64
payload_length (const GcFrameMeter *meter)
{
  guint8 length = meter->header[1] & LENGTH_MASK;
  guint bytes = length == LENGTH_16 ? 2 : length == LENGTH_64 ? 8 : 0;
  guint64 value = 0;

  if (bytes == 0)
    return length;
  for (guint i = 0; i < bytes; i++)
    value = value << 8 | meter->header[2 + i];
  return value;
}

static gboolean
begin_frame (GcFrameMeter *meter)
{
  guint8 opcode = meter->header[0] & OPCODE_MASK;

  meter->payload_left = payload_length (meter);
  meter->header_length = 0;
  if (opcode >= OPCODE_FIRST_CONTROL)
    return meter->payload_left <= meter->max_length;
  if (opcode != OPCODE_CONTINUATION)
    meter->message_length = 0;
  if (meter->payload_left > meter->max_length - meter->message_length)
    return FALSE;
  meter->message_length += meter->payload_left;
  return TRUE;
}

/**
 * gc_frame_meter_feed:
 * @meter: a meter
 * @data: (array length=length): what arrived
 * @length: bytes
 *
 * Returns: whether no message is over the limit; after %FALSE the meter must not be fed any more
 */
gboolean
gc_frame_meter_feed (GcFrameMeter *meter, const guint8 *data, gsize length)
{
  while (length > 0)
    {
      if (meter->payload_left > 0)
        {
          gsize step = (gsize) MIN (meter->payload_left, length);

          meter->payload_left -= step;
          data += step;
          length -= step;
          continue;
        }
      meter->header[meter->header_length++] = *data++;
      length--;
      if (meter->header_length >= 2 && meter->header_length == header_size (meter)
          && !begin_frame (meter))
        return FALSE;
    }
  return TRUE;
}

/* --- the input half --- */

#define GC_TYPE_GUARDED_INPUT (gc_guarded_input_get_type ())
G_DECLARE_FINAL_TYPE (GcGuardedInput, gc_guarded_input, GC, GUARDED_INPUT, GFilterInputStream)

struct _GcGuardedInput
{
  GFilterInputStream parent_instance;

  GcFrameGuard *guard; /* not owned: it owns this */
  GcFrameMeter meter;
  gboolean shut;
};

struct _GcFrameGuard
{
  GIOStream parent_instance;

  GIOStream *base;
  GcWatchedSocket *watched; /* nullable: it is polled as usual */
  GcGuardedInput *input;
  gint64 heard_ms;
  guint too_big_id;
};

static guint too_big_signal;

static gboolean
on_too_big (gpointer user_data)
{
  GcFrameGuard *self = user_data;

  self->too_big_id = 0;
  g_signal_emit (self, too_big_signal, 0);
  return G_SOURCE_REMOVE;
}

static GPollableInputStream *
base_of (gpointer stream)
{
  return G_POLLABLE_INPUT_STREAM (
      g_filter_input_stream_get_base_stream (G_FILTER_INPUT_STREAM (stream)));
}

static gboolean
guarded_can_poll (GPollableInputStream *stream)
{
  return g_pollable_input_stream_can_poll (base_of (stream));
}

static gboolean
guarded_is_readable (GPollableInputStream *stream)
{
  return g_pollable_input_stream_is_readable (base_of (stream));
}

static GSource *
guarded_create_source (GPollableInputStream *stream, GCancellable *cancellable)
{
  GcWatchedSocket *watched = GC_GUARDED_INPUT (stream)->guard->watched;
  g_autoptr (GSource) source = NULL;

  if (watched != NULL && cancellable == NULL)
    return gc_watched_socket_create_source (watched, stream);
  source = g_pollable_input_stream_create_source (base_of (stream), NULL);
  return g_pollable_source_new_full (stream, source, cancellable);
}

/* After the limit was passed everything is read and dropped, so that the other side gets to read
 * why it is sent away. */
static gssize
guarded_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  GcGuardedInput *self = GC_GUARDED_INPUT (stream);
  gssize got
      = g_pollable_input_stream_read_nonblocking (base_of (stream), buffer, count, NULL, error);

  if (got <= 0)
    return got;
  self->guard->heard_ms = gc_clock_monotonic_ms ();
  if (!self->shut && gc_frame_meter_feed (&self->meter, buffer, (gsize) got))
    return got;
  if (!self->shut)
    self->guard->too_big_id = g_idle_add (on_too_big, self->guard);
  self->shut = TRUE;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "the message is too big");
  return -1;
}

static void
guarded_input_pollable_init (GPollableInputStreamInterface *iface)
{
  iface->can_poll = guarded_can_poll;
  iface->is_readable = guarded_is_readable;
  iface->create_source = guarded_create_source;
  iface->read_nonblocking = guarded_read_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcGuardedInput,
                               gc_guarded_input,
                               G_TYPE_FILTER_INPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
                                                      guarded_input_pollable_init))

static void
gc_guarded_input_class_init (GcGuardedInputClass *klass)
{
}

static void
gc_guarded_input_init (GcGuardedInput *self)
{
}

/* --- the whole --- */

G_DEFINE_FINAL_TYPE (GcFrameGuard, gc_frame_guard, G_TYPE_IO_STREAM)

static GInputStream *
guard_get_input_stream (GIOStream *stream)
{
  return G_INPUT_STREAM (GC_FRAME_GUARD (stream)->input);
}

static GOutputStream *
guard_get_output_stream (GIOStream *stream)
{
  return g_io_stream_get_output_stream (GC_FRAME_GUARD (stream)->base);
}

static gboolean
guard_close (GIOStream *stream, GCancellable *cancellable, GError **error)
{
  return g_io_stream_close (GC_FRAME_GUARD (stream)->base, cancellable, error);
}

static void
on_base_closed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  g_autoptr (GError) error = NULL;

  if (g_io_stream_close_finish (G_IO_STREAM (source), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, g_steal_pointer (&error));
}

static void
guard_close_async (GIOStream *stream,
                   int io_priority,
                   GCancellable *cancellable,
                   GAsyncReadyCallback callback,
                   gpointer user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);

  g_io_stream_close_async (GC_FRAME_GUARD (stream)->base, io_priority, cancellable, on_base_closed,
                           task);
}

static gboolean
guard_close_finish (GIOStream *stream, GAsyncResult *result, GError **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
gc_frame_guard_finalize (GObject *object)
{
  GcFrameGuard *self = GC_FRAME_GUARD (object);

  g_clear_handle_id (&self->too_big_id, g_source_remove);
  g_clear_pointer (&self->watched, gc_watched_socket_free);
  g_clear_object (&self->input);
  g_clear_object (&self->base);
  G_OBJECT_CLASS (gc_frame_guard_parent_class)->finalize (object);
}

static void
gc_frame_guard_class_init (GcFrameGuardClass *klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gc_frame_guard_finalize;
  stream_class->get_input_stream = guard_get_input_stream;
  stream_class->get_output_stream = guard_get_output_stream;
  stream_class->close_fn = guard_close;
  stream_class->close_async = guard_close_async;
  stream_class->close_finish = guard_close_finish;

  too_big_signal = g_signal_new ("too-big", GC_TYPE_FRAME_GUARD, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                 NULL, G_TYPE_NONE, 0);
}

static void
gc_frame_guard_init (GcFrameGuard *self)
{
}

/**
 * gc_frame_guard_new:
 * @base: a connection that was upgraded to a WebSocket
 * @socket: the one below @base
 * @watch: tells when there is something to read
 * @max_length: the longest message that may arrive, over all its frames together, bytes
 *
 * Returns: (transfer full): a stream to make the WebSocket of
 */
GcFrameGuard *
gc_frame_guard_new (GIOStream *base, GSocket *socket, GcSocketWatch *watch, gsize max_length)
{
  GcFrameGuard *self = g_object_new (GC_TYPE_FRAME_GUARD, NULL);

  self->base = g_object_ref (base);
  self->watched = gc_socket_watch_add (watch, socket);
  self->input
      = g_object_new (GC_TYPE_GUARDED_INPUT, "base-stream", g_io_stream_get_input_stream (base),
                      "close-base-stream", FALSE, NULL);
  self->input->guard = self;
  self->input->meter.max_length = max_length;
  self->heard_ms = gc_clock_monotonic_ms ();
  return self;
}

/**
 * gc_frame_guard_get_heard_ms:
 * @self: a guard
 *
 * Returns: monotonic time at which anything arrived last, pings too
 */
gint64
gc_frame_guard_get_heard_ms (GcFrameGuard *self)
{
  return self->heard_ms;
}
