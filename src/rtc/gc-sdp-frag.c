/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-sdp-frag.h"

#include "base/gc-error.h"

#include <string.h>

#define FRAGMENT_MAX_LENGTH (16 * 1024)
#define CANDIDATE_MAX_LENGTH 512
#define CANDIDATES_MAX 32
#define PREFIX "a=candidate:"

static gboolean
is_candidate (const char *line)
{
  if (strlen (line) > CANDIDATE_MAX_LENGTH)
    return FALSE;
  for (const char *at = line; *at != '\0'; at++)
    if (!g_ascii_isprint (*at))
      return FALSE;
  return TRUE;
}

/**
 * gc_sdp_frag_parse:
 * @text: a body of application/trickle-ice-sdpfrag (RFC 8840); hostile until read
 * @length: bytes
 * @error: %GC_ERROR_TOO_LARGE, %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the candidates, as "candidate:…", possibly none; all belong
 *   to the one transport that bundled sections share
 */
GStrv
gc_sdp_frag_parse (const char *text, gsize length, GError **error)
{
  g_autoptr (GStrvBuilder) candidates = g_strv_builder_new ();
  g_autofree char *copy = NULL;
  g_auto (GStrv) lines = NULL;
  guint count = 0;

  if (length > FRAGMENT_MAX_LENGTH)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE, "the fragment is over 16 kB");
      return NULL;
    }
  copy = g_strndup (text, length);
  lines = g_strsplit_set (copy, "\r\n", -1);
  for (gsize i = 0; lines[i] != NULL; i++)
    {
      if (!g_str_has_prefix (lines[i], PREFIX))
        continue;
      if (!is_candidate (lines[i]) || ++count > CANDIDATES_MAX)
        {
          g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "the fragment does not parse");
          return NULL;
        }
      g_strv_builder_add (candidates, lines[i] + strlen ("a="));
    }
  return g_strv_builder_end (candidates);
}
