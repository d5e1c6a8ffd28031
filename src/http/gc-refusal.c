/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "http/gc-refusal.h"

#include "base/gc-error.h"
#include "protocol/gc-json.h"

#include <string.h>

#define PROBLEM_MAX_LENGTH 4096
#define TITLE_MAX_LENGTH 300
#define RETRY_MAX_S 86400

static int
code_from_problem (const char *type)
{
  const struct
  {
    const char *type;
    int code;
  } known[] = {
    { "urn:gridcast:token-unknown", GC_ERROR_UNAUTHORIZED },
    { "urn:gridcast:token-expired", GC_ERROR_EXPIRED },
    { "urn:gridcast:token-used", GC_ERROR_USED },
    { "urn:gridcast:request-invalid", GC_ERROR_INVALID },
    { "urn:gridcast:slow-down", GC_ERROR_BUSY },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (g_strcmp0 (type, known[i].type) == 0)
      return known[i].code;
  return -1;
}

static int
code_from_status (guint status)
{
  switch (status)
    {
    case 401:
    case 403:
      return GC_ERROR_UNAUTHORIZED;
    case 404:
    case 410:
      return GC_ERROR_NOT_FOUND;
    case 409:
      return GC_ERROR_CONFLICT;
    case 413:
      return GC_ERROR_TOO_LARGE;
    case 429:
    case 503:
      return GC_ERROR_BUSY;
    case 501:
    case 405:
    case 415:
    case 406:
      return GC_ERROR_UNSUPPORTED;
    default:
      return status >= 500 ? GC_ERROR_FAILED : GC_ERROR_REFUSED;
    }
}

/* A stranger's text, for a log or a toast: one printable line. */
static char *
printable_line (const char *text, gsize length)
{
  g_autofree char *valid = g_utf8_make_valid (text, (gssize) MIN (length, TITLE_MAX_LENGTH));
  GString *line = g_string_new (NULL);

  for (const char *at = valid; *at != '\0'; at = g_utf8_next_char (at))
    {
      gunichar character = g_utf8_get_char (at);

      g_string_append_unichar (line, g_unichar_isprint (character) ? character : ' ');
    }
  g_strstrip (line->str);
  return g_string_free (line, FALSE);
}

static gboolean
is_text (const GcRefusal *refusal)
{
  return refusal->content_type == NULL
         || g_ascii_strcasecmp (refusal->content_type, "text/plain") == 0;
}

static char *
dup_reason (const GcRefusal *refusal, JsonObject *problem)
{
  const char *title
      = problem != NULL ? gc_json_get_string (problem, "title", TITLE_MAX_LENGTH, NULL) : NULL;
  char *reason = NULL;

  if (title != NULL)
    reason = printable_line (title, strlen (title));
  else if (problem == NULL && refusal->length > 0 && is_text (refusal))
    reason = printable_line (refusal->body, refusal->length);
  if (reason != NULL && reason[0] != '\0')
    return reason;
  g_free (reason);
  return refusal->phrase != NULL ? printable_line (refusal->phrase, strlen (refusal->phrase))
                                 : g_strdup ("");
}

/* RFC 9110 section 10.2.3; the form with a date is of no use to a clock that is wrong. */
static guint64
read_retry_after_s (const GcRefusal *refusal)
{
  guint64 seconds = 0;

  if (refusal->retry_after == NULL
      || !g_ascii_string_to_unsigned (refusal->retry_after, 10, 1, RETRY_MAX_S, &seconds, NULL))
    return 0;
  return seconds;
}

/**
 * gc_refusal_to_error:
 * @refusal: what a server answered; hostile until read
 *
 * Says in our terms what a refusal means: by its problem details (RFC 9457) if there are, else by
 * its status, with what the server wrote as plain text. Any thread.
 *
 * Returns: (transfer full): an error of %GC_ERROR, with one printable line
 */
GError *
gc_refusal_to_error (const GcRefusal *refusal)
{
  g_autoptr (JsonObject) problem = NULL;
  g_autofree char *reason = NULL;
  guint64 wait_s;
  int code = -1;

  if (refusal->length > 0)
    problem
        = gc_json_parse_object (refusal->body, (gssize) refusal->length, PROBLEM_MAX_LENGTH, NULL);
  if (problem != NULL)
    code = code_from_problem (gc_json_get_string (problem, "type", TITLE_MAX_LENGTH, NULL));
  if (code < 0)
    code = code_from_status (refusal->status);
  reason = dup_reason (refusal, problem);
  wait_s = code == GC_ERROR_BUSY ? read_retry_after_s (refusal) : 0;
  if (wait_s > 0)
    return g_error_new (GC_ERROR, code, "%s (%u); try again in %" G_GUINT64_FORMAT " s", reason,
                        refusal->status, wait_s);
  return g_error_new (GC_ERROR, code, "%s (%u)", reason, refusal->status);
}
