/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-frame-guard.h"

#include "base/gc-clock.h"

#include <libsoup/soup.h>

#define OPCODE_MASK 0x0f
#define OPCODE_CONTINUATION 0
#define OPCODE_FIRST_CONTROL 8
#define OPCODE_PING 9
/* RFC 6455 section 5.5 */
#define MAX_CONTROL_LENGTH 125
#define MASKED_BIT 0x80
#define LENGTH_MASK 0x7f
#define LENGTH_16 126
#define LENGTH_64 127
#define MASK_BYTES 4
/* libsoup reads as long as there is something, and looks at it afterwards: from somebody who never
 * pauses it would do nothing else, and gather all of it. */
#define MAX_IN_A_TURN (128 * 1024)
/* Pongs and the like that wait to be fetched: far more than anybody asks for who fetches them, and
 * 400 kB at the most. */
#define MAX_UNFETCHED 1024

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
  meter->frames++;
  meter->pings += opcode == OPCODE_PING ? 1 : 0;
  if (opcode >= OPCODE_FIRST_CONTROL)
    return meter->payload_left <= MAX_CONTROL_LENGTH;
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
  gsize in_this_turn; /* bytes */
  gboolean shut;
};

#define GC_TYPE_GUARDED_OUTPUT (gc_guarded_output_get_type ())
G_DECLARE_FINAL_TYPE (GcGuardedOutput, gc_guarded_output, GC, GUARDED_OUTPUT, GFilterOutputStream)

struct _GcGuardedOutput
{
  GFilterOutputStream parent_instance;

  GcFrameGuard *guard; /* not owned: it owns this */
  GcFrameMeter meter;
};

struct _GcFrameGuard
{
  GIOStream parent_instance;

  GIOStream *base;
  GSocket *socket;
  GcWatchedSocket *watched; /* nullable: it is polled as usual */
  GcGuardedInput *input;
  GcGuardedOutput *output;
  gint64 heard_ms;
  guint64 unfetched; /* answers that were given, less the frames that went out since */
  guint refused_id;
  guint refused_code;
};

static guint refused_signal;

static gboolean
on_refused (gpointer user_data)
{
  GcFrameGuard *self = user_data;
  g_autoptr (GSocket) socket = g_object_ref (self->socket);
  gboolean deaf = self->refused_code == SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION;

  self->refused_id = 0;
  g_signal_emit (self, refused_signal, 0, self->refused_code,
                 deaf ? "answers are asked for and not fetched" : "message too big");
  /* A farewell would wait with the rest. */
  if (deaf)
    g_socket_shutdown (socket, TRUE, TRUE, NULL);
  return G_SOURCE_REMOVE;
}

/* Not at once: this is called from the midst of libsoup's reading. But before more is read: of some
 * there is always more. */
static void
refuse (GcFrameGuard *self, guint code)
{
  if (self->input->shut)
    return;
  self->input->shut = TRUE;
  self->refused_code = code;
  self->refused_id = g_idle_add_full (G_PRIORITY_HIGH, on_refused, self, NULL);
}

static void
count_answers (GcFrameGuard *self, guint64 count)
{
  self->unfetched += count;
  if (self->unfetched > MAX_UNFETCHED)
    refuse (self, SOUP_WEBSOCKET_CLOSE_POLICY_VIOLATION);
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

/* Whether the main loop's other business is due. */
static gboolean
turn_is_over (GcGuardedInput *self)
{
  if (self->in_this_turn < MAX_IN_A_TURN)
    return FALSE;
  self->in_this_turn = 0;
  if (self->guard->watched != NULL)
    gc_watched_socket_expect (self->guard->watched);
  return TRUE;
}

/* After the limit was passed everything is read and dropped, so that the other side gets to read
 * why it is sent away. */
static gssize
guarded_read_nonblocking (GPollableInputStream *stream, void *buffer, gsize count, GError **error)
{
  GcGuardedInput *self = GC_GUARDED_INPUT (stream);
  guint64 pings = self->meter.pings;
  gssize got;

  if (turn_is_over (self))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "the turn of others");
      return -1;
    }
  got = g_pollable_input_stream_read_nonblocking (base_of (stream), buffer, count, NULL, error);
  if (got <= 0)
    {
      self->in_this_turn = 0;
      return got;
    }
  self->in_this_turn += (gsize) got;
  self->guard->heard_ms = gc_clock_monotonic_ms ();
  if (!self->shut && !gc_frame_meter_feed (&self->meter, buffer, (gsize) got))
    refuse (self->guard, SOUP_WEBSOCKET_CLOSE_TOO_BIG);
  count_answers (self->guard, self->meter.pings - pings);
  if (!self->shut)
    return got;
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK, "nothing more is handed on");
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

/* --- the output half --- */

static GPollableOutputStream *
output_base_of (gpointer stream)
{
  return G_POLLABLE_OUTPUT_STREAM (
      g_filter_output_stream_get_base_stream (G_FILTER_OUTPUT_STREAM (stream)));
}

static gboolean
guarded_output_can_poll (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_can_poll (output_base_of (stream));
}

static gboolean
guarded_output_is_writable (GPollableOutputStream *stream)
{
  return g_pollable_output_stream_is_writable (output_base_of (stream));
}

static GSource *
guarded_output_create_source (GPollableOutputStream *stream, GCancellable *cancellable)
{
  g_autoptr (GSource) source
      = g_pollable_output_stream_create_source (output_base_of (stream), NULL);

  return g_pollable_source_new_full (stream, source, cancellable);
}

static gssize
guarded_output_write_nonblocking (GPollableOutputStream *stream,
                                  const void *buffer,
                                  gsize count,
                                  GError **error)
{
  GcGuardedOutput *self = GC_GUARDED_OUTPUT (stream);
  guint64 frames = self->meter.frames;
  gssize sent = g_pollable_output_stream_write_nonblocking (output_base_of (stream), buffer, count,
                                                            NULL, error);

  if (sent <= 0)
    return sent;
  gc_frame_meter_feed (&self->meter, buffer, (gsize) sent);
  frames = self->meter.frames - frames;
  self->guard->unfetched -= MIN (self->guard->unfetched, frames);
  return sent;
}

static void
guarded_output_pollable_init (GPollableOutputStreamInterface *iface)
{
  iface->can_poll = guarded_output_can_poll;
  iface->is_writable = guarded_output_is_writable;
  iface->create_source = guarded_output_create_source;
  iface->write_nonblocking = guarded_output_write_nonblocking;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcGuardedOutput,
                               gc_guarded_output,
                               G_TYPE_FILTER_OUTPUT_STREAM,
                               G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_OUTPUT_STREAM,
                                                      guarded_output_pollable_init))

static void
gc_guarded_output_class_init (GcGuardedOutputClass *klass)
{
}

static void
gc_guarded_output_init (GcGuardedOutput *self)
{
  self->meter.max_length = G_MAXUINT64; /* what goes out is ours */
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
  return G_OUTPUT_STREAM (GC_FRAME_GUARD (stream)->output);
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

  g_clear_handle_id (&self->refused_id, g_source_remove);
  g_clear_pointer (&self->watched, gc_watched_socket_free);
  g_clear_object (&self->input);
  g_clear_object (&self->output);
  g_clear_object (&self->base);
  g_clear_object (&self->socket);
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

  refused_signal
      = g_signal_new ("refused", GC_TYPE_FRAME_GUARD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
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
  self->socket = g_object_ref (socket);
  self->watched = gc_socket_watch_add (watch, socket);
  self->input
      = g_object_new (GC_TYPE_GUARDED_INPUT, "base-stream", g_io_stream_get_input_stream (base),
                      "close-base-stream", FALSE, NULL);
  self->output
      = g_object_new (GC_TYPE_GUARDED_OUTPUT, "base-stream", g_io_stream_get_output_stream (base),
                      "close-base-stream", FALSE, NULL);
  self->input->guard = self;
  self->output->guard = self;
  self->input->meter.max_length = max_length;
  self->heard_ms = gc_clock_monotonic_ms ();
  return self;
}

/**
 * gc_frame_guard_count_answer:
 * @self: a guard
 *
 * An answer is sent to something that arrived. Those to pings are counted already; so many that
 * nobody fetches, of both kinds together, are the end (“refused”).
 */
void
gc_frame_guard_count_answer (GcFrameGuard *self)
{
  count_answers (self, 1);
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
