/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "channel/gc-hello.h"

#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"

#include <string.h>

#define VERSION 1
#define MAX_VERSION 1000000
#define ID_LENGTH 36
#define NAME_MAX_LENGTH 64
#define SPREAD_MAX_S 60

/**
 * gc_hello_new_envelope:
 * @stream: our stream
 * @peer: (nullable): the other side's stream as we remember it
 * @ack: what we have committed from @peer
 * @device_name: what to call this device, cut to 64 characters
 *
 * Any thread.
 *
 * Returns: (transfer full): the hello of a terminal
 */
GcEnvelope *
gc_hello_new_envelope (const char *stream, const char *peer, gint64 ack, const char *device_name)
{
  g_autoptr (JsonObject) body = json_object_new ();
  g_autofree char *name = NULL;
  g_autofree char *valid = g_utf8_make_valid (device_name, -1);
  GcEnvelope *envelope;

  name = g_utf8_substring (valid, 0, MIN (g_utf8_strlen (valid, -1), NAME_MAX_LENGTH));
  json_object_set_int_member (body, "version", VERSION);
  json_object_set_string_member (body, "stream", stream);
  if (peer != NULL)
    json_object_set_string_member (body, "peer", peer);
  json_object_set_string_member (body, "software", "gridcast " GC_VERSION);
  json_object_set_string_member (body, "name", name);
  envelope = gc_envelope_new (GC_MSG_HELLO, body);
  envelope->ack = ack;
  return envelope;
}

/* It only makes things better: what makes no sense counts as missing. */
static guint
get_spread (JsonObject *body)
{
  gint64 spread_s = 0;

  gc_json_get_int (body, "spread_s", 0, SPREAD_MAX_S, &spread_s, NULL);
  return (guint) spread_s;
}

/* NULL is good: the member is missing. */
static gboolean
get_stream (JsonObject *body, const char *member, const char **stream, GError **error)
{
  if (!gc_json_get_optional_string (body, member, ID_LENGTH, stream, error))
    return FALSE;
  if (*stream == NULL || gc_id_is_valid (*stream))
    return TRUE;
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "“%s” is no UUID", member);
  return FALSE;
}

/**
 * gc_hello_parse:
 * @envelope: the first envelope of a connection
 * @error: %GC_ERROR_UNSUPPORTED if it names a version that we do not speak, %GC_ERROR_INVALID or
 *   %GC_ERROR_TOO_LARGE if it is no hello
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): what it says
 */
GcHello *
gc_hello_parse (const GcEnvelope *envelope, GError **error)
{
  const char *stream, *peer, *name, *worker;
  GcHello *hello;
  gint64 version;

  if (strcmp (envelope->type, GC_MSG_HELLO) != 0 || envelope->seq != 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the center did not say hello");
      return NULL;
    }
  if (!gc_json_get_int (envelope->body, "version", 0, MAX_VERSION, &version, error))
    return NULL;
  if (version != VERSION)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                   "the center speaks version %d of the protocol, this terminal version %d",
                   (int) version, VERSION);
      return NULL;
    }
  if (!get_stream (envelope->body, "stream", &stream, error)
      || !get_stream (envelope->body, "peer", &peer, error)
      || !gc_json_get_optional_string (envelope->body, "name", NAME_MAX_LENGTH, &name, error)
      || !gc_json_get_optional_string (envelope->body, "worker", NAME_MAX_LENGTH, &worker, error))
    return NULL;
  if (stream == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“stream” is missing");
      return NULL;
    }
  hello = g_new0 (GcHello, 1);
  hello->stream = g_strdup (stream);
  hello->peer = g_strdup (peer);
  hello->ack = envelope->ack;
  hello->name = g_strdup (name);
  hello->worker = g_strdup (worker);
  hello->spread_s = get_spread (envelope->body);
  return hello;
}

/**
 * gc_hello_free:
 * @hello: (transfer full): a hello
 *
 * Any thread.
 */
void
gc_hello_free (GcHello *hello)
{
  g_free (hello->stream);
  g_free (hello->peer);
  g_free (hello->name);
  g_free (hello->worker);
  g_free (hello);
}
