/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-link-work.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "base/gc-refusals.h"
#include "protocol/gc-json.h"

#include <string.h>

#define VERSION 1
#define MAX_NAME_LENGTH 64
#define ID_LENGTH 36

/**
 * gc_link_log_refusal:
 * @terminal: its id
 * @format: of what was refused, and why
 * @...: for @format
 *
 * As gc_refusals_log(). Any thread.
 */
void
gc_link_log_refusal (const char *terminal, const char *format, ...)
{
  g_autofree char *who = g_strconcat ("terminal ", terminal, NULL);
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  gc_refusals_log (who, "%s", what);
}

/**
 * gc_link_log_close:
 * @terminal: its id
 * @code: with which the center closes its channel
 * @reason: why
 *
 * If it is the terminal's fault, as gc_link_log_refusal(). Any thread.
 */
void
gc_link_log_close (const char *terminal, gushort code, const char *reason)
{
  if (code >= GC_CHANNEL_CLOSE_REVOKED)
    gc_link_log_refusal (terminal, "the channel is closed with %u: %s", code, reason);
  else
    g_debug ("link of %s: closing with %u, %s", terminal, code, reason);
}

static void
work_init (GcLinkWork *work,
           GObject *owner,
           GObject *hub,
           const GcLinkHandlers *handlers,
           const char *terminal)
{
  work->owner = g_object_ref (owner);
  work->hub = g_object_ref (hub);
  work->handlers = handlers;
  work->terminal = g_strdup (terminal);
  work->about = g_ptr_array_new_with_free_func (g_free);
}

static void
work_clear (GcLinkWork *work)
{
  g_object_unref (work->owner);
  g_object_unref (work->hub);
  g_free (work->terminal);
  g_ptr_array_unref (work->about);
}

static gboolean
acknowledge (GcDatabase *database, GcLinkWork *work, GError **error)
{
  if (!gc_channel_store_acknowledge (database, work->terminal, work->ack, work->about, error))
    return FALSE;
  for (guint i = 0; i < work->about->len; i++)
    if (!work->handlers->delivered (work->hub, database, work->terminal,
                                    g_ptr_array_index (work->about, i), error))
      return FALSE;
  return TRUE;
}

static void
tell_delivered (const GcLinkWork *work)
{
  for (guint i = 0; i < work->about->len; i++)
    work->handlers->was_delivered (work->hub, work->terminal, g_ptr_array_index (work->about, i));
}

/* --- envelopes --- */

static void
outcome_free (gpointer data)
{
  GcLinkOutcome *outcome = data;

  gc_envelope_free (outcome->envelope);
  g_free (outcome);
}

/**
 * gc_link_batch_new:
 * @owner: the link
 * @hub: for @handlers
 * @handlers: what the hub does
 * @terminal: its id
 *
 * Returns: (transfer full): an empty batch
 */
GcLinkBatch *
gc_link_batch_new (GObject *owner,
                   GObject *hub,
                   const GcLinkHandlers *handlers,
                   const char *terminal)
{
  GcLinkBatch *batch = g_new0 (GcLinkBatch, 1);

  work_init (&batch->work, owner, hub, handlers, terminal);
  batch->outcomes = g_ptr_array_new_with_free_func (outcome_free);
  return batch;
}

/**
 * gc_link_batch_free:
 * @batch: (transfer full): a batch
 */
void
gc_link_batch_free (GcLinkBatch *batch)
{
  g_ptr_array_unref (batch->outcomes);
  work_clear (&batch->work);
  g_free (batch);
}

/**
 * gc_link_batch_add:
 * @batch: a batch
 * @envelope: (transfer full): ephemeral, the copy of an urgent one, or the next reliable one
 *
 * Adds an envelope at the end.
 */
void
gc_link_batch_add (GcLinkBatch *batch, GcEnvelope *envelope)
{
  GcLinkOutcome *outcome = g_new0 (GcLinkOutcome, 1);

  outcome->handler = batch->work.handlers->find_handler (batch->work.hub, envelope->type);
  outcome->envelope = envelope;
  outcome->committed = envelope->seq > 0 || gc_envelope_type_is_urgent (envelope->type);
  batch->commits |= outcome->committed;
  g_ptr_array_add (batch->outcomes, outcome);
}

static gboolean
receive (GcDatabase *database, const GcLinkWork *work, GcLinkOutcome *outcome, GError **error)
{
  const GcEnvelope *envelope = outcome->envelope;

  return envelope->seq > 0
             ? gc_channel_store_receive (database, work->terminal, envelope, &outcome->fresh, error)
             : gc_channel_store_receive_copy (database, work->terminal, envelope, &outcome->fresh,
                                              error);
}

/* The effect is undone alone if it fails; the position is committed all the same. */
static gboolean
apply_one (GcDatabase *database, const GcLinkWork *work, GcLinkOutcome *outcome, GError **error)
{
  g_autoptr (GError) effect_error = NULL;

  if (!receive (database, work, outcome, error))
    return FALSE;
  if (!outcome->fresh)
    return TRUE;
  if (outcome->handler == NULL)
    return gc_channel_store_keep (database, work->terminal, outcome->envelope, error);
  if (!gc_database_exec (database, error, "SAVEPOINT effect", ""))
    return FALSE;
  if (work->handlers->apply (database, work->terminal, outcome, &effect_error))
    return gc_database_exec (database, error, "RELEASE effect", "");
  outcome->fresh = FALSE;
  if (g_error_matches (effect_error, GC_ERROR, GC_ERROR_STORAGE)
      || g_error_matches (effect_error, GC_ERROR, GC_ERROR_DAMAGED))
    {
      g_propagate_error (error, g_steal_pointer (&effect_error));
      return FALSE;
    }
  gc_link_log_refusal (work->terminal, "an envelope “%s” has no effect: %s",
                       outcome->envelope->type, effect_error->message);
  return gc_database_exec (database, error, "ROLLBACK TO effect", "")
         && gc_database_exec (database, error, "RELEASE effect", "");
}

/**
 * gc_link_batch_commit: (skip)
 * @database: the center's
 * @batch: a batch
 * @error: %GC_ERROR_STORAGE, or %GC_ERROR_CONFLICT if the numbers do not follow on what is
 * committed
 *
 * A #GcDatabaseWork: everything in the batch, and its acknowledgement.
 *
 * Returns: nothing
 */
gpointer
gc_link_batch_commit (GcDatabase *database, gpointer batch, GError **error)
{
  GcLinkBatch *self = batch;

  if (self->work.ack > 0 && !acknowledge (database, &self->work, error))
    return NULL;
  for (guint i = 0; i < self->outcomes->len; i++)
    {
      GcLinkOutcome *outcome = g_ptr_array_index (self->outcomes, i);

      if (!outcome->committed)
        continue;
      if (!apply_one (database, &self->work, outcome, error))
        return NULL;
      self->committed = MAX (self->committed, outcome->envelope->seq);
    }
  return NULL;
}

/**
 * gc_link_batch_tell:
 * @batch: a batch that was committed, or had nothing to commit
 *
 * Tells the hub: what is in the database has happened, whether or not the connection still lives.
 */
void
gc_link_batch_tell (GcLinkBatch *batch)
{
  const GcLinkWork *work = &batch->work;

  tell_delivered (work);
  for (guint i = 0; i < batch->outcomes->len; i++)
    {
      GcLinkOutcome *outcome = g_ptr_array_index (batch->outcomes, i);

      if (!outcome->committed || outcome->fresh)
        work->handlers->took_effect (work->hub, work->terminal, outcome);
    }
}

/**
 * gc_link_batch_discard:
 * @batch: a batch that could not be committed
 *
 * Frees what its effects left.
 */
void
gc_link_batch_discard (GcLinkBatch *batch)
{
  for (guint i = 0; i < batch->outcomes->len; i++)
    {
      GcLinkOutcome *outcome = g_ptr_array_index (batch->outcomes, i);

      if (outcome->result != NULL)
        batch->work.handlers->discard (outcome);
    }
}

/**
 * gc_link_batch_list_got:
 * @batch: a batch that was committed
 *
 * PROTOCOL.md, “Urgent envelopes”.
 *
 * Returns: (transfer full) (element-type GcEnvelope): what tells the terminal which copies were
 *   among it
 */
GPtrArray *
gc_link_batch_list_got (GcLinkBatch *batch)
{
  GPtrArray *got = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_envelope_free);

  for (guint i = 0; i < batch->outcomes->len; i++)
    {
      const GcLinkOutcome *outcome = g_ptr_array_index (batch->outcomes, i);

      if (outcome->committed && outcome->envelope->seq == 0)
        g_ptr_array_add (got, gc_envelope_new_got (outcome->envelope));
    }
  return got;
}

/* --- hello --- */

/**
 * gc_link_greeting_new:
 * @owner: the link
 * @hub: for @handlers
 * @handlers: what the hub does
 * @terminal: its id
 *
 * Returns: (transfer full): a greeting to fill in
 */
GcLinkGreeting *
gc_link_greeting_new (GObject *owner,
                      GObject *hub,
                      const GcLinkHandlers *handlers,
                      const char *terminal)
{
  GcLinkGreeting *greeting = g_new0 (GcLinkGreeting, 1);

  work_init (&greeting->work, owner, hub, handlers, terminal);
  return greeting;
}

/**
 * gc_link_greeting_free:
 * @greeting: (transfer full): a greeting
 */
void
gc_link_greeting_free (GcLinkGreeting *greeting)
{
  g_free (greeting->stream);
  g_free (greeting->peer);
  g_free (greeting->device);
  work_clear (&greeting->work);
  g_free (greeting);
}

/**
 * gc_link_greeting_read:
 * @greeting: a greeting to fill in
 * @envelope: the first that arrived, unchecked
 *
 * Returns: 0 if it is a hello that can be acted on (PROTOCOL.md, “hello”), or with what to close
 */
gushort
gc_link_greeting_read (GcLinkGreeting *greeting, const GcEnvelope *envelope)
{
  gint64 version = 0;
  const char *stream = gc_json_get_string (envelope->body, "stream", ID_LENGTH, NULL);
  const char *peer = NULL;
  const char *device = NULL;

  if (strcmp (envelope->type, GC_MSG_HELLO) != 0 || envelope->seq != 0
      || !gc_json_get_int (envelope->body, "version", 0, G_MAXINT32, &version, NULL)
      || !gc_id_is_valid (stream)
      || !gc_json_get_optional_string (envelope->body, "peer", ID_LENGTH, &peer, NULL))
    return GC_CHANNEL_CLOSE_MALFORMED;
  if (version != VERSION)
    return GC_CHANNEL_CLOSE_VERSION;
  gc_json_get_optional_string (envelope->body, "name", MAX_NAME_LENGTH, &device, NULL);
  greeting->stream = g_strdup (stream);
  greeting->peer = g_strdup (peer);
  greeting->device = g_strdup (device);
  greeting->work.ack = envelope->ack;
  return 0;
}

/**
 * gc_link_introduce:
 * @introduction: what our hello says of the center and of the terminal's worker
 * @memory: what is remembered of the terminal
 *
 * Returns: (transfer full): the body of our hello
 */
JsonObject *
gc_link_introduce (JsonObject *introduction, const GcChannelMemory *memory)
{
  JsonObject *body = json_object_ref (introduction);

  json_object_set_int_member (body, "version", VERSION);
  json_object_set_string_member (body, "stream", memory->stream);
  if (memory->peer != NULL)
    json_object_set_string_member (body, "peer", memory->peer);
  return body;
}

static gboolean
resume (GcDatabase *database, GcLinkGreeting *greeting, const GcChannelMemory *now, GError **error)
{
  GcLinkWork *work = &greeting->work;
  g_autofree char *stream = NULL;

  if (work->ack >= now->acknowledged && work->ack <= now->assigned)
    return acknowledge (database, work, error);
  greeting->set_back = TRUE;
  stream = gc_id_new ();
  return gc_channel_store_start_anew (database, work->terminal, stream, NULL, error);
}

static gboolean
start_anew (GcDatabase *database,
            GcLinkGreeting *greeting,
            const GcChannelMemory *now,
            GError **error)
{
  const GcLinkWork *work = &greeting->work;

  return gc_channel_store_start_anew (database, work->terminal, now->stream, greeting->stream,
                                      error)
         && work->handlers->started_anew (work->hub, database, work->terminal, error);
}

/**
 * gc_link_greeting_act: (skip)
 * @database: the center's
 * @greeting: a greeting
 * @error: %GC_ERROR_STORAGE, %GC_ERROR_NOT_FOUND
 *
 * A #GcDatabaseWork: resumes where both sides know each other, or starts anew.
 *
 * Returns: (transfer full) (nullable): the #GcChannelMemory from now on
 */
gpointer
gc_link_greeting_act (GcDatabase *database, gpointer greeting, GError **error)
{
  GcLinkGreeting *self = greeting;
  const char *terminal = self->work.terminal;
  g_autoptr (GcChannelMemory) now = gc_channel_memory_load (database, terminal, error);
  gboolean known = g_strcmp0 (self->peer, self->ours->stream) == 0
                   && g_strcmp0 (self->stream, self->ours->peer) == 0;

  if (now == NULL
      || !(known ? resume (database, self, now, error) : start_anew (database, self, now, error)))
    return NULL;
  return gc_channel_memory_load (database, terminal, error);
}

/**
 * gc_link_greeting_tell:
 * @greeting: a greeting that was acted on
 *
 * Tells the hub what the hello acknowledged.
 */
void
gc_link_greeting_tell (GcLinkGreeting *greeting)
{
  tell_delivered (&greeting->work);
}

/* --- the outbox --- */

typedef struct
{
  char *terminal;
  gint64 above;
  gint64 limit;
  gsize bytes;
  gint64 urgent_above;
} Outbox;

/**
 * gc_link_outbox_new: (skip)
 * @terminal: its id
 * @window: how far it is, and how much may follow
 * @urgent_above: the seq after which copies of what is urgent are wanted, -1 for none
 *
 * Returns: (transfer full): what gc_link_outbox_load() needs
 */
gpointer
gc_link_outbox_new (const char *terminal, const GcLinkWindow *window, gint64 urgent_above)
{
  Outbox *outbox = g_new0 (Outbox, 1);

  outbox->terminal = g_strdup (terminal);
  outbox->above = window->sent;
  outbox->limit = gc_link_window_get_room (window, &outbox->bytes);
  outbox->urgent_above = urgent_above;
  return outbox;
}

/**
 * gc_link_outbox_free: (skip)
 * @outbox: (transfer full): of gc_link_outbox_new()
 */
void
gc_link_outbox_free (gpointer outbox)
{
  g_free (((Outbox *) outbox)->terminal);
  g_free (outbox);
}

static gboolean
load_urgent (GcDatabase *database, const Outbox *self, GPtrArray *envelopes, GError **error)
{
  g_autoptr (GPtrArray) urgent = gc_channel_store_load_urgent (
      database, self->terminal, self->urgent_above, GC_ENVELOPE_WINDOW, error);

  if (urgent == NULL)
    return FALSE;
  for (guint i = 0; i < urgent->len; i++)
    {
      GcEnvelope *envelope = gc_envelope_copy (g_ptr_array_index (urgent, i));

      envelope->seq = -envelope->seq;
      g_ptr_array_add (envelopes, envelope);
    }
  return TRUE;
}

/**
 * gc_link_outbox_load: (skip)
 * @database: the center's
 * @outbox: of gc_link_outbox_new()
 * @error: %GC_ERROR_STORAGE
 *
 * A #GcDatabaseWork.
 *
 * Returns: (transfer full) (nullable) (element-type GcEnvelope): what waits, in order, copies of
 *   what is urgent first, each for gc_link_outbox_take_place()
 */
gpointer
gc_link_outbox_load (GcDatabase *database, gpointer outbox, GError **error)
{
  const Outbox *self = outbox;
  g_autoptr (GPtrArray) envelopes
      = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_envelope_free);
  GPtrArray *waiting;

  if (self->urgent_above >= 0 && !load_urgent (database, self, envelopes, error))
    return NULL;
  waiting = gc_channel_store_load (database, self->terminal, self->above, self->limit, self->bytes,
                                   error);
  if (waiting == NULL)
    return NULL;
  g_ptr_array_extend_and_steal (envelopes, waiting);
  return g_steal_pointer (&envelopes);
}

/**
 * gc_link_outbox_take_place:
 * @envelope: of gc_link_outbox_load(); a copy loses its seq by this
 *
 * Returns: the place in the outbox of what is to be sent
 */
gint64
gc_link_outbox_take_place (GcEnvelope *envelope)
{
  gint64 place = ABS (envelope->seq);

  envelope->seq = MAX (envelope->seq, 0);
  return place;
}
