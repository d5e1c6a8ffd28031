/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-cap.h"

#include "base/gc-error.h"
#include "protocol/gc-cap-private.h"

#include <string.h>

G_DEFINE_BOXED_TYPE (GcCap, gc_cap, gc_cap_ref, gc_cap_unref)

const char *const GC_CAP_STATUSES[] = { "Actual", "Exercise", "System", "Test", "Draft", NULL };
const char *const GC_CAP_TYPES[] = { "Alert", "Update", "Cancel", NULL };
const char *const GC_CAP_SCOPES[] = { "Public", "Restricted", "Private", NULL };
const char *const GC_CAP_URGENCIES[]
    = { "Immediate", "Expected", "Future", "Past", "Unknown", NULL };
const char *const GC_CAP_SEVERITIES[]
    = { "Extreme", "Severe", "Moderate", "Minor", "Unknown", NULL };
const char *const GC_CAP_CERTAINTIES[]
    = { "Observed", "Likely", "Possible", "Unlikely", "Unknown", NULL };

static void
area_free (gpointer data)
{
  GcCapArea *area = data;

  g_free (area->description);
  g_ptr_array_unref (area->polygons);
  g_array_unref (area->circles);
  g_free (area);
}

static void
info_free (gpointer data)
{
  GcCapInfo *info = data;

  g_free (info->language);
  g_free (info->category);
  g_free (info->event);
  g_free (info->sender_name);
  g_free (info->headline);
  g_free (info->description);
  g_free (info->instruction);
  g_ptr_array_unref (info->areas);
  g_free (info);
}

static void
reference_free (gpointer data)
{
  GcCapReference *reference = data;

  g_free (reference->sender);
  g_free (reference->identifier);
  g_free (reference);
}

static void
cap_clear (gpointer data)
{
  GcCap *cap = data;

  g_free (cap->self.sender);
  g_free (cap->self.identifier);
  g_free (cap->restriction);
  g_free (cap->addresses);
  g_free (cap->note);
  g_ptr_array_unref (cap->references);
  g_ptr_array_unref (cap->infos);
}

/**
 * gc_cap_new:
 *
 * Makes an empty message, which is not one yet. Any thread.
 *
 * Returns: (transfer full): the message
 */
GcCap *
gc_cap_new (void)
{
  GcCap *cap = g_atomic_rc_box_new0 (GcCap);

  cap->references = g_ptr_array_new_with_free_func (reference_free);
  cap->infos = g_ptr_array_new_with_free_func (info_free);
  return cap;
}

/**
 * gc_cap_ref:
 * @cap: a message
 *
 * Any thread.
 *
 * Returns: (transfer full): the same
 */
GcCap *
gc_cap_ref (GcCap *cap)
{
  return g_atomic_rc_box_acquire (cap);
}

/**
 * gc_cap_unref:
 * @cap: (transfer full): a message
 *
 * Any thread.
 */
void
gc_cap_unref (GcCap *cap)
{
  g_atomic_rc_box_release_full (cap, cap_clear);
}

/**
 * gc_cap_add_info:
 * @cap: a message that is being made
 *
 * Any thread.
 *
 * Returns: (transfer none): a new info of it, to fill in
 */
GcCapInfo *
gc_cap_add_info (GcCap *cap)
{
  GcCapInfo *info = g_new0 (GcCapInfo, 1);

  info->urgency = GC_CAP_URGENCY_UNKNOWN;
  info->severity = GC_CAP_SEVERITY_UNKNOWN;
  info->certainty = GC_CAP_CERTAINTY_UNKNOWN;
  info->areas = g_ptr_array_new_with_free_func (area_free);
  g_ptr_array_add (cap->infos, info);
  return info;
}

/**
 * gc_cap_info_add_area:
 * @info: of a message that is being made
 *
 * Any thread.
 *
 * Returns: (transfer none): a new area of it, to fill in
 */
GcCapArea *
gc_cap_info_add_area (GcCapInfo *info)
{
  GcCapArea *area = g_new0 (GcCapArea, 1);

  area->polygons = g_ptr_array_new_with_free_func ((GDestroyNotify) g_array_unref);
  area->circles = g_array_new (FALSE, FALSE, sizeof (GcCapCircle));
  g_ptr_array_add (info->areas, area);
  return area;
}

/**
 * gc_cap_area_add_circle:
 * @area: of a message that is being made
 * @longitude: degrees WGS-84
 * @latitude: degrees WGS-84
 * @radius_m: metres
 *
 * Any thread.
 */
void
gc_cap_area_add_circle (GcCapArea *area, double longitude, double latitude, double radius_m)
{
  GcCapCircle circle = { { longitude, latitude }, radius_m };

  g_array_append_val (area->circles, circle);
}

/**
 * gc_cap_area_add_polygon:
 * @area: of a message that is being made
 *
 * Any thread.
 *
 * Returns: (transfer none) (element-type GcCapPoint): a new polygon of it, to fill in
 */
GArray *
gc_cap_area_add_polygon (GcCapArea *area)
{
  GArray *polygon = g_array_new (FALSE, FALSE, sizeof (GcCapPoint));

  g_ptr_array_add (area->polygons, polygon);
  return polygon;
}

/**
 * gc_cap_add_reference:
 * @cap: a message that is being made
 * @reference: what it updates or cancels
 *
 * Any thread.
 */
void
gc_cap_add_reference (GcCap *cap, const GcCapReference *reference)
{
  GcCapReference *copy = g_memdup2 (reference, sizeof *reference);

  copy->sender = g_strdup (reference->sender);
  copy->identifier = g_strdup (reference->identifier);
  g_ptr_array_add (cap->references, copy);
}

/**
 * gc_cap_is_same:
 * @a: of one message
 * @b: of another
 *
 * Any thread.
 *
 * Returns: whether they are one and the same message
 */
gboolean
gc_cap_is_same (const GcCapReference *a, const GcCapReference *b)
{
  return a->sent_ms == b->sent_ms && strcmp (a->sender, b->sender) == 0
         && strcmp (a->identifier, b->identifier) == 0;
}

/* How well @language of an info suits who wants @wanted, which may be a locale’s name: 2 for the
 * same, 1 for another country's, 0 for another. */
static int
suits (const char *language, const char *wanted)
{
  gsize wanted_length = strcspn (wanted, ".@");
  gsize length = strlen (language);
  gsize common = 0;

  while (common < length && common < wanted_length
         && (g_ascii_tolower (language[common]) == g_ascii_tolower (wanted[common])
             || (language[common] == '-' && wanted[common] == '_')))
    common++;
  if (common == length && common == wanted_length)
    return 2;
  return common >= strcspn (language, "-") && common >= strcspn (wanted, "-_.@") ? 1 : 0;
}

/**
 * gc_cap_choose_info:
 * @cap: a message
 * @languages: (array zero-terminated=1): of the reader, the best first, as g_get_language_names()
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): what is said in the reader's language; the first info if
 *   none is; %NULL if there is none at all
 */
const GcCapInfo *
gc_cap_choose_info (const GcCap *cap, const char *const *languages)
{
  for (gsize i = 0; languages[i] != NULL; i++)
    for (int wanted = 2; wanted > 0; wanted--)
      for (guint k = 0; k < cap->infos->len; k++)
        {
          const GcCapInfo *info = g_ptr_array_index (cap->infos, k);

          if (suits (info->language != NULL ? info->language : "en-US", languages[i]) >= wanted)
            return info;
        }
  return cap->infos->len > 0 ? g_ptr_array_index (cap->infos, 0) : NULL;
}

/**
 * gc_cap_get_expires_ms:
 * @cap: a message
 *
 * Any thread.
 *
 * Returns: until when it holds, wall time: the latest that any of its infos says, or a day after it
 *   was sent
 */
gint64
gc_cap_get_expires_ms (const GcCap *cap)
{
  gint64 latest_ms = 0;

  for (guint i = 0; i < cap->infos->len; i++)
    latest_ms = MAX (latest_ms, ((GcCapInfo *) g_ptr_array_index (cap->infos, i))->expires_ms);
  return latest_ms != 0 ? latest_ms : cap->self.sent_ms + GC_CAP_LIFETIME_MS;
}

/**
 * gc_cap_find_word:
 * @words: (array zero-terminated=1): of an enumeration, in its order
 * @word: what stands there
 * @value: (out): the enumeration's value
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether it is one of @words
 */
gboolean
gc_cap_find_word (const char *const *words, const char *word, int *value, GError **error)
{
  for (int i = 0; words[i] != NULL; i++)
    if (strcmp (words[i], word) == 0)
      {
        *value = i;
        return TRUE;
      }
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "“%.40s” is none of CAP's words here", word);
  return FALSE;
}

/**
 * gc_cap_status_to_string:
 * @status: a status
 *
 * Any thread.
 *
 * Returns: (transfer none): CAP's word for it
 */
const char *
gc_cap_status_to_string (GcCapStatus status)
{
  return GC_CAP_STATUSES[status];
}

/**
 * gc_cap_type_to_string:
 * @type: a type
 *
 * Any thread.
 *
 * Returns: (transfer none): CAP's word for it
 */
const char *
gc_cap_type_to_string (GcCapType type)
{
  return GC_CAP_TYPES[type];
}

/**
 * gc_cap_scope_to_string:
 * @scope: a scope
 *
 * Any thread.
 *
 * Returns: (transfer none): CAP's word for it
 */
const char *
gc_cap_scope_to_string (GcCapScope scope)
{
  return GC_CAP_SCOPES[scope];
}

/**
 * gc_cap_urgency_to_string:
 * @urgency: an urgency
 *
 * Any thread.
 *
 * Returns: (transfer none): CAP's word for it
 */
const char *
gc_cap_urgency_to_string (GcCapUrgency urgency)
{
  return GC_CAP_URGENCIES[urgency];
}

/**
 * gc_cap_severity_to_string:
 * @severity: a severity
 *
 * Any thread.
 *
 * Returns: (transfer none): CAP's word for it
 */
const char *
gc_cap_severity_to_string (GcCapSeverity severity)
{
  return GC_CAP_SEVERITIES[severity];
}

/**
 * gc_cap_certainty_to_string:
 * @certainty: a certainty
 *
 * Any thread.
 *
 * Returns: (transfer none): CAP's word for it
 */
const char *
gc_cap_certainty_to_string (GcCapCertainty certainty)
{
  return GC_CAP_CERTAINTIES[certainty];
}

/**
 * gc_cap_urgency_from_string:
 * @word: CAP's word
 * @urgency: (out): what it means
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether CAP knows the word
 */
gboolean
gc_cap_urgency_from_string (const char *word, GcCapUrgency *urgency, GError **error)
{
  int value = 0;
  gboolean found = gc_cap_find_word (GC_CAP_URGENCIES, word, &value, error);

  *urgency = (GcCapUrgency) value;
  return found;
}

/**
 * gc_cap_severity_from_string:
 * @word: CAP's word
 * @severity: (out): what it means
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether CAP knows the word
 */
gboolean
gc_cap_severity_from_string (const char *word, GcCapSeverity *severity, GError **error)
{
  int value = 0;
  gboolean found = gc_cap_find_word (GC_CAP_SEVERITIES, word, &value, error);

  *severity = (GcCapSeverity) value;
  return found;
}

/**
 * gc_cap_certainty_from_string:
 * @word: CAP's word
 * @certainty: (out): what it means
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether CAP knows the word
 */
gboolean
gc_cap_certainty_from_string (const char *word, GcCapCertainty *certainty, GError **error)
{
  int value = 0;
  gboolean found = gc_cap_find_word (GC_CAP_CERTAINTIES, word, &value, error);

  *certainty = (GcCapCertainty) value;
  return found;
}
