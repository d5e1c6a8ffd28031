/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel/gc-outflow.h"

#include "base/gc-error.h"
#include "base/gc-refusals.h"
#include "protocol/gc-json.h"

#include <libsoup/soup.h>
#include <string.h>

#define STALL_S 60
/* How much of the stream may be under way: nothing overtakes that any more, so on a thin line this
 * is how long an SOS waits. */
#define MAX_BYTES_UNDER_WAY (24 * 1024)
/* How many copies of urgent envelopes may wait for their “got”: a connection that is cut again and
 * again must not be spent on them alone. */
#define MAX_COPIES 16

struct _GcOutflow
{
  GObject parent_instance;

  GcStore *store;
  const GcOutflowUser *functions;
  gpointer user; /* NULL before the start and after the end */

  gint64 sent_seq;
  gint64 acked_seq;
  gint64 copied_seq;               /* up to here, copies of what is urgent were sent */
  guint copies;                    /* without “got” */
  gsize sizes[GC_ENVELOPE_WINDOW]; /* of what is under way, by seq */
  gsize under_way;                 /* all of them */
  gboolean started;
  gboolean reading;
  guint stall_timer;
};

G_DEFINE_FINAL_TYPE (GcOutflow, gc_outflow, G_TYPE_OBJECT)

static void
fail (GcOutflow *self, gushort code, const GError *error)
{
  if (self->user != NULL)
    self->functions->fail (self->user, code, error);
}

/* libsoup lets only servers say 1011. */
static void
fail_storage (GcOutflow *self, const GError *error)
{
  fail (self, SOUP_WEBSOCKET_CLOSE_GOING_AWAY, error);
}

static gboolean
on_stalled (gpointer user_data)
{
  GcOutflow *self = user_data;
  g_autoptr (GError) error = g_error_new_literal (GC_ERROR, GC_ERROR_UNREACHABLE,
                                                  "the center does not acknowledge what was sent");

  self->stall_timer = 0;
  fail (self, GC_CHANNEL_CLOSE_SEQUENCE, error);
  return G_SOURCE_REMOVE;
}

static void
watch_for_stall (GcOutflow *self)
{
  g_clear_handle_id (&self->stall_timer, g_source_remove);
  if (self->user != NULL && self->sent_seq > self->acked_seq)
    self->stall_timer = g_timeout_add_seconds (STALL_S, on_stalled, self);
}

static gboolean
send (GcOutflow *self, GcEnvelope *envelope)
{
  return self->user != NULL && self->functions->send (self->user, envelope);
}

/* --- The stream --- */

static gsize
measure (const GcEnvelope *envelope)
{
  g_autofree char *body = gc_json_print (envelope->body);

  return strlen (body);
}

static gboolean
has_room (GcOutflow *self)
{
  return self->sent_seq < self->acked_seq + GC_ENVELOPE_WINDOW
         && self->under_way < MAX_BYTES_UNDER_WAY;
}

static void
send_page (GcOutflow *self, GPtrArray *envelopes)
{
  for (guint i = 0; i < envelopes->len && has_room (self); i++)
    {
      GcEnvelope *envelope = g_ptr_array_index (envelopes, i);
      gsize size = measure (envelope);

      /* It is in the outbox, and goes with the next connection if this one is broken. */
      if (envelope->seq != self->sent_seq + 1 || !send (self, envelope))
        return;
      self->sent_seq = envelope->seq;
      self->sizes[envelope->seq % GC_ENVELOPE_WINDOW] = size;
      self->under_way += size;
    }
  if (self->stall_timer == 0)
    watch_for_stall (self);
}

/* Each calls the other: a page is read, sent, and then there may be another. */
static void
pump (GcOutflow *self);

static void
on_page_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcOutflow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) envelopes = gc_store_read_outbox_finish (self->store, result, &error);

  self->reading = FALSE;
  if (envelopes == NULL)
    {
      fail_storage (self, error);
      return;
    }
  send_page (self, envelopes);
  pump (self);
}

static void
read_page (GcOutflow *self)
{
  gint64 room = self->acked_seq + GC_ENVELOPE_WINDOW - self->sent_seq;

  self->reading = TRUE;
  gc_store_read_outbox_async (self->store, self->sent_seq, (guint) room, FALSE, NULL, on_page_read,
                              g_object_ref (self));
}

/* --- What overtakes it --- */

static void
send_copies (GcOutflow *self, GPtrArray *envelopes)
{
  for (guint i = 0; i < envelopes->len; i++)
    {
      GcEnvelope *envelope = g_ptr_array_index (envelopes, i);

      self->copied_seq = envelope->seq;
      envelope->seq = 0;
      /* Not if it is one that can no longer be read. */
      if (gc_envelope_type_is_urgent (envelope->type) && send (self, envelope))
        self->copies++;
    }
}

static void
on_urgent_read (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcOutflow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) envelopes = gc_store_read_outbox_finish (self->store, result, &error);

  self->reading = FALSE;
  if (envelopes == NULL)
    {
      fail_storage (self, error);
      return;
    }
  send_copies (self, envelopes);
  pump (self);
}

static void
read_urgent (GcOutflow *self)
{
  self->reading = TRUE;
  gc_store_read_outbox_async (self->store, MAX (self->copied_seq, self->sent_seq),
                              MAX_COPIES - self->copies, TRUE, NULL, on_urgent_read,
                              g_object_ref (self));
}

static void
pump (GcOutflow *self)
{
  if (self->user == NULL || !self->started || self->reading)
    return;
  if (self->copies < MAX_COPIES
      && gc_store_get_last_urgent_seq (self->store) > MAX (self->copied_seq, self->sent_seq))
    read_urgent (self);
  else if (has_room (self) && gc_store_get_last_seq (self->store) > self->sent_seq)
    read_page (self);
}

static void
on_last_seq (GcStore *store, GParamSpec *pspec, gpointer user_data)
{
  pump (user_data);
}

/* --- What the other side says of it --- */

static void
on_acknowledged (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcOutflow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_store_acknowledge_finish (self->store, result, &error))
    fail_storage (self, error);
}

static void
on_confirmed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcOutflow) self = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_store_confirm_finish (self->store, result, &error))
    fail_storage (self, error);
}

static void
gc_outflow_dispose (GObject *object)
{
  GcOutflow *self = GC_OUTFLOW (object);

  gc_outflow_stop (self);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (gc_outflow_parent_class)->dispose (object);
}

static void
gc_outflow_class_init (GcOutflowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_outflow_dispose;
}

static void
gc_outflow_init (GcOutflow *self)
{
}

/**
 * gc_outflow_new:
 * @store: the terminal's
 * @functions: (transfer none): static
 * @user: for @functions, until gc_outflow_stop()
 *
 * Returns: (transfer full): an outflow that sends nothing yet
 */
GcOutflow *
gc_outflow_new (GcStore *store, const GcOutflowUser *functions, gpointer user)
{
  GcOutflow *self = g_object_new (GC_TYPE_OUTFLOW, NULL);

  self->store = g_object_ref (store);
  self->functions = functions;
  self->user = user;
  g_signal_connect_object (store, "notify::last-seq", G_CALLBACK (on_last_seq), self,
                           G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_outflow_start:
 * @self: an outflow
 *
 * Both sides agree where the stream goes on: sends.
 */
void
gc_outflow_start (GcOutflow *self)
{
  g_return_if_fail (GC_IS_OUTFLOW (self));

  self->started = TRUE;
  self->acked_seq = gc_store_get_acknowledged (self->store);
  self->sent_seq = self->acked_seq;
  pump (self);
}

/**
 * gc_outflow_take_ack:
 * @self: an outflow that was started
 * @ack: up to where the center has committed; not above gc_outflow_get_sent()
 *
 * Returns: whether that is news
 */
gboolean
gc_outflow_take_ack (GcOutflow *self, gint64 ack)
{
  g_return_val_if_fail (GC_IS_OUTFLOW (self) && ack <= self->sent_seq, FALSE);

  if (ack <= self->acked_seq)
    return FALSE;
  while (self->acked_seq < ack)
    {
      self->acked_seq++;
      self->under_way -= self->sizes[self->acked_seq % GC_ENVELOPE_WINDOW];
    }
  watch_for_stall (self);
  gc_store_acknowledge_async (self->store, ack, NULL, on_acknowledged, g_object_ref (self));
  pump (self);
  return TRUE;
}

/**
 * gc_outflow_take_got:
 * @self: an outflow that was started
 * @got: says which urgent envelope the center has committed; unchecked
 *
 * Tells the store.
 */
void
gc_outflow_take_got (GcOutflow *self, const GcEnvelope *got)
{
  g_autoptr (GError) error = NULL;
  const char *id = gc_envelope_read_got (got, &error);

  g_return_if_fail (GC_IS_OUTFLOW (self));

  if (id == NULL)
    {
      gc_refusals_log ("center", "a “got” has no effect: %s", error->message);
      return;
    }
  if (self->copies > 0)
    self->copies--;
  gc_store_confirm_async (self->store, id, NULL, on_confirmed, g_object_ref (self));
  pump (self);
}

/**
 * gc_outflow_get_sent:
 * @self: an outflow
 *
 * Returns: the highest seq that was handed to the network, or acknowledged
 */
gint64
gc_outflow_get_sent (GcOutflow *self)
{
  g_return_val_if_fail (GC_IS_OUTFLOW (self), 0);

  return self->sent_seq;
}

/**
 * gc_outflow_stop:
 * @self: an outflow
 *
 * Sends nothing any more, and calls nobody.
 */
void
gc_outflow_stop (GcOutflow *self)
{
  g_return_if_fail (GC_IS_OUTFLOW (self));

  self->user = NULL;
  g_clear_handle_id (&self->stall_timer, g_source_remove);
}
