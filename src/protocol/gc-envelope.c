/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-envelope.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"

#include <string.h>

#define MAX_TYPE_LENGTH 64
#define ID_LENGTH 36
/* JSON numbers are exact up to here (RFC 8259 section 6). */
#define MAX_SEQ (G_GINT64_CONSTANT (1) << 53)

G_DEFINE_BOXED_TYPE (GcEnvelope, gc_envelope, gc_envelope_copy, gc_envelope_free)

/**
 * gc_envelope_new:
 * @type: one of the GC_MSG_ types
 * @body: (nullable) (transfer none): what the type says
 *
 * Makes an ephemeral envelope with a new id and the present time; the store makes it reliable by
 * giving it a seq. Any thread.
 *
 * Returns: (transfer full): the envelope
 */
GcEnvelope *
gc_envelope_new (const char *type, JsonObject *body)
{
  GcEnvelope *envelope = g_new0 (GcEnvelope, 1);

  envelope->id = gc_id_new ();
  envelope->type = g_strdup (type);
  envelope->sent_ms = gc_clock_wall_ms ();
  envelope->body = body != NULL ? json_object_ref (body) : json_object_new ();
  return envelope;
}

static gboolean
type_is_valid (const char *type)
{
  return type[0] != '\0'
         && strspn (type, "abcdefghijklmnopqrstuvwxyz0123456789.-") == strlen (type);
}

/**
 * gc_envelope_can_be_sent:
 * @id: (nullable): for an envelope
 * @type: (nullable): its type
 *
 * Any thread.
 *
 * Returns: whether these make an envelope that the other side takes
 */
gboolean
gc_envelope_can_be_sent (const char *id, const char *type)
{
  return id != NULL && type != NULL && gc_id_is_valid (id) && strlen (type) <= MAX_TYPE_LENGTH
         && type_is_valid (type);
}

/**
 * gc_envelope_type_is_urgent:
 * @type: of an envelope
 *
 * PROTOCOL.md, “Urgent envelopes”. Any thread.
 *
 * Returns: whether envelopes of this type overtake the others
 */
gboolean
gc_envelope_type_is_urgent (const char *type)
{
  static const char *const URGENT[]
      = { GC_MSG_SOS, GC_MSG_SOS_WITHDRAW, GC_MSG_SOS_STATE, GC_MSG_ALERT, NULL };

  return g_strv_contains (URGENT, type);
}

/**
 * gc_envelope_new_got:
 * @copy: of an urgent envelope, which is committed
 *
 * Any thread.
 *
 * Returns: (transfer full): what tells the sender so
 */
GcEnvelope *
gc_envelope_new_got (const GcEnvelope *copy)
{
  g_autoptr (JsonObject) body = json_object_new ();

  json_object_set_string_member (body, "id", copy->id);
  return gc_envelope_new (GC_MSG_GOT, body);
}

/**
 * gc_envelope_read_got:
 * @got: of the type “got”
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the id of the urgent envelope that the other side has
 *   committed
 */
const char *
gc_envelope_read_got (const GcEnvelope *got, GError **error)
{
  return gc_json_get_id (got->body, "id", error);
}

static gboolean
read_position (JsonObject *object, const char *member, gint64 min, gint64 *value, GError **error)
{
  *value = 0;
  return !gc_json_has (object, member)
         || gc_json_get_int (object, member, min, MAX_SEQ, value, error);
}

/* The time is advisory: one that does not parse is no reason to lose an envelope. */
static gint64
read_time (JsonObject *object)
{
  gint64 sent_ms = 0;

  return gc_json_get_time (object, "time", &sent_ms, NULL) ? sent_ms : 0;
}

/**
 * gc_envelope_parse:
 * @text: a frame of the channel; need not end in NUL
 * @length: bytes
 * @error: %GC_ERROR_TOO_LARGE over %GC_ENVELOPE_MAX_LENGTH, %GC_ERROR_INVALID if it is no envelope
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the envelope
 */
GcEnvelope *
gc_envelope_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (JsonObject) object = NULL;
  g_autoptr (GcEnvelope) envelope = g_new0 (GcEnvelope, 1);
  const char *id;
  const char *type;
  JsonObject *body = NULL;

  object = gc_json_parse_object (text, (gssize) length, GC_ENVELOPE_MAX_LENGTH, error);
  if (object == NULL)
    return NULL;
  id = gc_json_get_string (object, "id", ID_LENGTH, error);
  if (id == NULL)
    return NULL;
  type = gc_json_get_string (object, "type", MAX_TYPE_LENGTH, error);
  if (type == NULL)
    return NULL;
  if (!gc_envelope_can_be_sent (id, type))
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“id” or “type” has the wrong form");
      return NULL;
    }
  if (!read_position (object, "seq", 1, &envelope->seq, error)
      || !read_position (object, "ack", 0, &envelope->ack, error))
    return NULL;
  if (gc_json_has (object, "body"))
    {
      body = gc_json_get_object (object, "body", error);
      if (body == NULL)
        return NULL;
    }
  envelope->id = g_strdup (id);
  envelope->type = g_strdup (type);
  envelope->sent_ms = read_time (object);
  envelope->body = body != NULL ? json_object_ref (body) : json_object_new ();
  return g_steal_pointer (&envelope);
}

/**
 * gc_envelope_print:
 * @envelope: an envelope
 *
 * Any thread.
 *
 * Returns: (transfer full): the frame
 */
char *
gc_envelope_print (const GcEnvelope *envelope)
{
  g_autoptr (JsonObject) object = json_object_new ();
  g_autofree char *time = gc_clock_format (envelope->sent_ms);

  json_object_set_string_member (object, "id", envelope->id);
  json_object_set_string_member (object, "type", envelope->type);
  if (envelope->seq > 0)
    json_object_set_int_member (object, "seq", envelope->seq);
  if (envelope->ack > 0)
    json_object_set_int_member (object, "ack", envelope->ack);
  if (envelope->sent_ms > 0)
    json_object_set_string_member (object, "time", time);
  json_object_set_object_member (object, "body", json_object_ref (envelope->body));
  return gc_json_print (object);
}

/**
 * gc_envelope_copy:
 * @envelope: an envelope
 *
 * Any thread; the copy shares the body, which nobody may change.
 *
 * Returns: (transfer full): a copy
 */
GcEnvelope *
gc_envelope_copy (const GcEnvelope *envelope)
{
  GcEnvelope *copy = g_memdup2 (envelope, sizeof *envelope);

  copy->id = g_strdup (envelope->id);
  copy->type = g_strdup (envelope->type);
  copy->body = json_object_ref (envelope->body);
  return copy;
}

/**
 * gc_envelope_free:
 * @envelope: (transfer full): an envelope
 *
 * Any thread.
 */
void
gc_envelope_free (GcEnvelope *envelope)
{
  g_free (envelope->id);
  g_free (envelope->type);
  g_clear_pointer (&envelope->body, json_object_unref);
  g_free (envelope);
}
