/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "protocol/gc-cap-private.h"

#include <math.h>
#include <string.h>

#define DEPTH_MAX 16
#define INFOS_MAX 16
#define AREAS_MAX 32
#define SHAPES_MAX 64
#define REFERENCES_MAX 64
#define CORNERS_MIN 4
#define TOKEN_MAX 200
#define WORD_MAX 40
#define RADIUS_KM_MAX 20040
/* As “2026-11-24T10:33:00+08:00”. */
#define TIME_LENGTH 25

typedef enum
{
  AT_DOCUMENT,
  AT_ALERT,
  AT_INFO,
  AT_AREA,
} Place;

typedef enum
{
  LEAF_TEXT,
  LEAF_TOKEN, /* without what separates references */
  LEAF_FIRST, /* of several texts the first */
  LEAF_WORD,
  LEAF_TIME,
  LEAF_REFERENCES,
  LEAF_POLYGON,
  LEAF_CIRCLE,
} Kind;

/**
 * Leaf:
 *
 * An element that holds text alone: where it stands, and where what it says goes.
 */
typedef struct
{
  Place place;
  const char *name;
  Kind kind;
  gboolean required;
  gsize max_length;
  gsize offset;
  const char *const *words;
} Leaf;

#define ALERT_AT(member) G_STRUCT_OFFSET (GcCap, member)
#define INFO_AT(member) G_STRUCT_OFFSET (GcCapInfo, member)
#define AREA_AT(member) G_STRUCT_OFFSET (GcCapArea, member)

static const Leaf LEAVES[] = {
  { AT_ALERT, "identifier", LEAF_TOKEN, TRUE, TOKEN_MAX, ALERT_AT (self.identifier), NULL },
  { AT_ALERT, "sender", LEAF_TOKEN, TRUE, TOKEN_MAX, ALERT_AT (self.sender), NULL },
  { AT_ALERT, "sent", LEAF_TIME, TRUE, WORD_MAX, ALERT_AT (self.sent_ms), NULL },
  { AT_ALERT, "status", LEAF_WORD, TRUE, WORD_MAX, ALERT_AT (status), GC_CAP_STATUSES },
  { AT_ALERT, "msgType", LEAF_WORD, TRUE, WORD_MAX, ALERT_AT (type), GC_CAP_TYPES },
  { AT_ALERT, "scope", LEAF_WORD, TRUE, WORD_MAX, ALERT_AT (scope), GC_CAP_SCOPES },
  { AT_ALERT, "restriction", LEAF_TEXT, FALSE, GC_CAP_AREA_MAX_LENGTH, ALERT_AT (restriction),
    NULL },
  { AT_ALERT, "addresses", LEAF_TEXT, FALSE, GC_CAP_TEXT_MAX_LENGTH, ALERT_AT (addresses), NULL },
  { AT_ALERT, "note", LEAF_TEXT, FALSE, GC_CAP_TEXT_MAX_LENGTH, ALERT_AT (note), NULL },
  { AT_ALERT, "references", LEAF_REFERENCES, FALSE, GC_CAP_MAX_LENGTH, 0, NULL },
  { AT_INFO, "language", LEAF_TEXT, FALSE, WORD_MAX, INFO_AT (language), NULL },
  { AT_INFO, "category", LEAF_FIRST, TRUE, WORD_MAX, INFO_AT (category), NULL },
  { AT_INFO, "event", LEAF_TEXT, TRUE, GC_CAP_EVENT_MAX_LENGTH, INFO_AT (event), NULL },
  { AT_INFO, "urgency", LEAF_WORD, TRUE, WORD_MAX, INFO_AT (urgency), GC_CAP_URGENCIES },
  { AT_INFO, "severity", LEAF_WORD, TRUE, WORD_MAX, INFO_AT (severity), GC_CAP_SEVERITIES },
  { AT_INFO, "certainty", LEAF_WORD, TRUE, WORD_MAX, INFO_AT (certainty), GC_CAP_CERTAINTIES },
  { AT_INFO, "effective", LEAF_TIME, FALSE, WORD_MAX, INFO_AT (effective_ms), NULL },
  { AT_INFO, "onset", LEAF_TIME, FALSE, WORD_MAX, INFO_AT (onset_ms), NULL },
  { AT_INFO, "expires", LEAF_TIME, FALSE, WORD_MAX, INFO_AT (expires_ms), NULL },
  { AT_INFO, "senderName", LEAF_TEXT, FALSE, GC_CAP_HEADLINE_MAX_LENGTH, INFO_AT (sender_name),
    NULL },
  { AT_INFO, "headline", LEAF_TEXT, FALSE, GC_CAP_HEADLINE_MAX_LENGTH, INFO_AT (headline), NULL },
  { AT_INFO, "description", LEAF_TEXT, FALSE, GC_CAP_TEXT_MAX_LENGTH, INFO_AT (description), NULL },
  { AT_INFO, "instruction", LEAF_TEXT, FALSE, GC_CAP_TEXT_MAX_LENGTH, INFO_AT (instruction), NULL },
  { AT_AREA, "areaDesc", LEAF_TEXT, TRUE, GC_CAP_AREA_MAX_LENGTH, AREA_AT (description), NULL },
  { AT_AREA, "polygon", LEAF_POLYGON, FALSE, GC_CAP_MAX_LENGTH, 0, NULL },
  { AT_AREA, "circle", LEAF_CIRCLE, FALSE, WORD_MAX * 2, 0, NULL },
};

/**
 * Reader:
 * @place: which of its elements it is inside of
 * @seen: for each place a bit for each leaf that stood there
 * @leaf: (nullable): whose text is being read
 * @skipped: how deep inside of an element that says nothing here
 * @prefix: with a colon, of the namespace's names
 *
 * A message that is being read.
 */
typedef struct
{
  GcCap *cap;
  GcCapInfo *info;
  GcCapArea *area;
  Place place;
  guint seen[AT_AREA + 1];
  const Leaf *leaf;
  GString *text;
  guint skipped;
  guint depth;
  char *prefix;
} Reader;

G_STATIC_ASSERT (G_N_ELEMENTS (LEAVES) <= sizeof (guint) * 8);

static gboolean
refuse (GError **error, const char *name, const char *what)
{
  g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "not CAP 1.2: <%.60s> %s", name, what);
  return FALSE;
}

/* --- what leaves say --- */

static gboolean
read_time (const char *text, gint64 *wall_ms)
{
  static const char FORM[] = "0000-00-00T00:00:00+00:00";

  if (strlen (text) != TIME_LENGTH)
    return FALSE;
  for (guint i = 0; i < TIME_LENGTH; i++)
    if (FORM[i] == '0'   ? !g_ascii_isdigit (text[i])
        : FORM[i] == '+' ? text[i] != '+' && text[i] != '-'
                         : text[i] != FORM[i])
      return FALSE;
  return gc_clock_parse (text, wall_ms, NULL) && *wall_ms > 0;
}

/* A plain decimal number up to @end, within @limit of 0. */
static gboolean
read_number (const char **at, char end, double limit, double *number)
{
  const char *stop = strchr (*at, end);
  char *rest;

  if (stop == NULL || stop == *at || strspn (*at, "+-.0123456789") < (gsize) (stop - *at))
    return FALSE;
  *number = g_ascii_strtod (*at, &rest);
  *at = end != '\0' ? stop + 1 : stop;
  return rest == stop && isfinite (*number) && fabs (*number) <= limit;
}

static gboolean
read_polygon (GcCapArea *area, const char *text)
{
  g_auto (GStrv) pairs = g_strsplit_set (text, " \t\r\n", -1);
  GArray *polygon = gc_cap_area_add_polygon (area);
  const GcCapPoint *corners;

  for (gsize i = 0; pairs[i] != NULL; i++)
    {
      const char *at = pairs[i];
      GcCapPoint corner;

      if (*at == '\0')
        continue;
      if (polygon->len == GC_CAP_POINTS_MAX || !read_number (&at, ',', 90, &corner.latitude)
          || !read_number (&at, '\0', 180, &corner.longitude))
        return FALSE;
      g_array_append_val (polygon, corner);
    }
  corners = (const GcCapPoint *) (gpointer) polygon->data;
  return polygon->len >= CORNERS_MIN && corners[0].longitude == corners[polygon->len - 1].longitude
         && corners[0].latitude == corners[polygon->len - 1].latitude;
}

static gboolean
read_circle (GcCapArea *area, const char *text)
{
  double latitude;
  double longitude;
  double radius_km;

  if (!read_number (&text, ',', 90, &latitude) || !read_number (&text, ' ', 180, &longitude)
      || !read_number (&text, '\0', RADIUS_KM_MAX, &radius_km) || radius_km < 0)
    return FALSE;
  gc_cap_area_add_circle (area, longitude, latitude, radius_km * 1000);
  return TRUE;
}

static gboolean
read_references (GcCap *cap, const char *text)
{
  g_auto (GStrv) triples = g_strsplit_set (text, " \t\r\n", -1);

  for (gsize i = 0; triples[i] != NULL; i++)
    {
      g_auto (GStrv) parts = g_strsplit (triples[i], ",", -1);
      GcCapReference reference = { 0 };

      if (*triples[i] == '\0')
        continue;
      if (cap->references->len == REFERENCES_MAX || g_strv_length (parts) != 3 || !*parts[0]
          || !*parts[1] || !read_time (parts[2], &reference.sent_ms))
        return FALSE;
      reference.sender = parts[0];
      reference.identifier = parts[1];
      gc_cap_add_reference (cap, &reference);
    }
  return cap->references->len > 0;
}

static gpointer
place_of (Reader *reader)
{
  return reader->place == AT_ALERT  ? (gpointer) reader->cap
         : reader->place == AT_INFO ? (gpointer) reader->info
                                    : (gpointer) reader->area;
}

static gboolean
take (Reader *reader, const char *text)
{
  const Leaf *leaf = reader->leaf;
  gpointer member = (char *) place_of (reader) + leaf->offset;
  char **string = member;

  switch (leaf->kind)
    {
    case LEAF_FIRST:
      if (*string == NULL)
        *string = g_strdup (text);
      return TRUE;
    case LEAF_TEXT:
      *string = g_strdup (text);
      return TRUE;
    case LEAF_TOKEN:
      *string = g_strdup (text);
      return strpbrk (text, " \t\r\n,<&") == NULL;
    case LEAF_WORD:
      return gc_cap_find_word (leaf->words, text, member, NULL);
    case LEAF_TIME:
      return read_time (text, member);
    case LEAF_REFERENCES:
      return read_references (reader->cap, text);
    case LEAF_POLYGON:
      return reader->area->polygons->len < SHAPES_MAX && read_polygon (reader->area, text);
    case LEAF_CIRCLE:
    default:
      return reader->area->circles->len < SHAPES_MAX && read_circle (reader->area, text);
    }
}

static gboolean
end_leaf (Reader *reader, GError **error)
{
  const Leaf *leaf = reader->leaf;
  const char *text = g_strstrip (reader->text->str);
  guint bit = 1u << (leaf - LEAVES);
  gboolean many = leaf->kind == LEAF_FIRST || leaf->kind >= LEAF_POLYGON;

  /* An optional element without text is as good as none. */
  if (*text == '\0' && !leaf->required)
    return TRUE;
  if (reader->seen[reader->place] & bit && !many)
    return refuse (error, leaf->name, "stands twice");
  reader->seen[reader->place] |= bit;
  if (*text == '\0')
    return refuse (error, leaf->name, "says nothing");
  if (g_utf8_strlen (text, -1) > (glong) leaf->max_length)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "<%s> is longer than %" G_GSIZE_FORMAT,
                   leaf->name, leaf->max_length);
      return FALSE;
    }
  return take (reader, text) || refuse (error, leaf->name, "cannot be understood");
}

/* --- elements --- */

static gboolean
check_complete (const Reader *reader, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (LEAVES); i++)
    if (LEAVES[i].place == reader->place && LEAVES[i].required
        && !(reader->seen[reader->place] & (1u << i)))
      return refuse (error, LEAVES[i].name, "is missing");
  return TRUE;
}

static gboolean
start_document (
    Reader *reader, const char *name, const char **names, const char **values, GError **error)
{
  const char *colon = strchr (name, ':');
  g_autofree char *prefix = colon != NULL ? g_strndup (name, (gsize) (colon - name)) : NULL;
  g_autofree char *declared = prefix != NULL ? g_strconcat ("xmlns:", prefix, NULL) : NULL;

  if (strcmp (colon != NULL ? colon + 1 : name, "alert") != 0)
    return refuse (error, name, "stands where <alert> should");
  for (gsize i = 0; names[i] != NULL; i++)
    if (strcmp (names[i], declared != NULL ? declared : "xmlns") == 0
        && strcmp (values[i], GC_CAP_NAMESPACE) == 0)
      {
        reader->prefix = prefix != NULL ? g_strconcat (prefix, ":", NULL) : NULL;
        reader->place = AT_ALERT;
        return TRUE;
      }
  g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                       "this is no alert in CAP 1.2 (" GC_CAP_NAMESPACE ")");
  return FALSE;
}

/* The name without its prefix, or NULL if it is of another namespace. */
static const char *
local_name (const Reader *reader, const char *name, const char **names)
{
  for (gsize i = 0; names[i] != NULL; i++)
    if (strncmp (names[i], "xmlns", strlen ("xmlns")) == 0)
      return NULL;
  if (reader->prefix != NULL)
    return g_str_has_prefix (name, reader->prefix) ? name + strlen (reader->prefix) : NULL;
  return strchr (name, ':') == NULL ? name : NULL;
}

static gboolean
start_part (Reader *reader, const char *name, GError **error)
{
  if (reader->place == AT_ALERT && strcmp (name, "info") == 0)
    {
      if (reader->cap->infos->len == INFOS_MAX)
        return refuse (error, name, "stands too often");
      reader->info = gc_cap_add_info (reader->cap);
      reader->place = AT_INFO;
    }
  else if (reader->place == AT_INFO && strcmp (name, "area") == 0)
    {
      if (reader->info->areas->len == AREAS_MAX)
        return refuse (error, name, "stands too often");
      reader->area = gc_cap_info_add_area (reader->info);
      reader->place = AT_AREA;
    }
  else
    reader->skipped = 1;
  if (reader->skipped == 0)
    reader->seen[reader->place] = 0;
  return TRUE;
}

static const Leaf *
find_leaf (Place place, const char *name)
{
  for (gsize i = 0; i < G_N_ELEMENTS (LEAVES); i++)
    if (LEAVES[i].place == place && strcmp (LEAVES[i].name, name) == 0)
      return &LEAVES[i];
  return NULL;
}

static void
on_start (GMarkupParseContext *context,
          const char *name,
          const char **names,
          const char **values,
          gpointer data,
          GError **error)
{
  Reader *reader = data;
  const char *local;

  if (++reader->depth > DEPTH_MAX)
    refuse (error, name, "is nested too deeply");
  else if (reader->depth == 1)
    start_document (reader, name, names, values, error);
  else if (reader->leaf != NULL)
    refuse (error, reader->leaf->name, "holds more than text");
  else if (reader->skipped > 0)
    reader->skipped++;
  else if ((local = local_name (reader, name, names)) == NULL)
    reader->skipped = 1;
  else if ((reader->leaf = find_leaf (reader->place, local)) != NULL)
    g_string_truncate (reader->text, 0);
  else
    start_part (reader, local, error);
}

static void
on_end (GMarkupParseContext *context, const char *name, gpointer data, GError **error)
{
  Reader *reader = data;

  reader->depth--;
  if (reader->skipped > 0)
    reader->skipped--;
  else if (reader->leaf != NULL)
    {
      end_leaf (reader, error);
      reader->leaf = NULL;
    }
  else if (check_complete (reader, error))
    reader->place--;
}

static void
on_text (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  Reader *reader = data;

  if (reader->leaf != NULL)
    g_string_append_len (reader->text, text, (gssize) length);
}

/* A document type may define entities, which grow without bound or name files. */
static void
on_other (
    GMarkupParseContext *context, const char *text, gsize length, gpointer data, GError **error)
{
  if (length >= 2 && text[0] == '<' && text[1] == '!'
      && !(length >= 4 && strncmp (text, "<!--", 4) == 0))
    g_set_error_literal (error, GC_ERROR, GC_ERROR_UNSUPPORTED,
                         "a message with a document type is not read");
}

/* --- the message --- */

/* XML has no other characters below the space, and JSON would need six bytes for each. */
static gboolean
check_text (const char *text, gsize length, GError **error)
{
  if (length > GC_CAP_MAX_LENGTH)
    {
      g_set_error (error, GC_ERROR, GC_ERROR_TOO_LARGE, "an alert has at most %d bytes",
                   GC_CAP_MAX_LENGTH);
      return FALSE;
    }
  for (gsize i = 0; i < length; i++)
    if (((guchar) text[i] < ' ' && strchr ("\t\r\n", text[i]) == NULL) || text[i] == '\177')
      {
        g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not XML: a control character");
        return FALSE;
      }
  /* GLib goes on where it is not, inside of CDATA, though it has set an error. */
  if (g_utf8_validate_len (text, length, NULL))
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "not XML: not UTF-8 text");
  return FALSE;
}

static gboolean
check_whole (const GcCap *cap, GError **error)
{
  if (cap->type != GC_CAP_ALERT && cap->references->len == 0)
    return refuse (error, "references", "is missing");
  if (cap->type != GC_CAP_CANCEL && cap->infos->len == 0)
    return refuse (error, "info", "is missing");
  return TRUE;
}

/**
 * gc_cap_parse:
 * @text: an XML document; need not end in NUL
 * @length: bytes
 * @error: %GC_ERROR_TOO_LARGE, %GC_ERROR_INVALID with the element that does not fit,
 *   %GC_ERROR_UNSUPPORTED for another namespace or a document type
 *
 * Reads an alert, update or cancel of OASIS CAP 1.2; an Ack or Error is none of these. Any thread.
 *
 * Returns: (transfer full) (nullable): the message
 */
GcCap *
gc_cap_parse (const char *text, gsize length, GError **error)
{
  static const GMarkupParser PARSER = { on_start, on_end, on_text, on_other, NULL };
  g_autoptr (GcCap) cap = gc_cap_new ();
  g_autoptr (GString) leaf_text = g_string_new (NULL);
  Reader reader = { .cap = cap, .text = leaf_text };
  g_autoptr (GMarkupParseContext) context
      = g_markup_parse_context_new (&PARSER, G_MARKUP_TREAT_CDATA_AS_TEXT, &reader, NULL);
  g_autoptr (GError) local_error = NULL;
  g_autofree char *prefix = NULL;
  gboolean read = check_text (text, length, &local_error)
                  && g_markup_parse_context_parse (context, text, (gssize) length, &local_error)
                  && g_markup_parse_context_end_parse (context, &local_error);

  prefix = reader.prefix;
  if (read && check_whole (cap, error))
    return g_steal_pointer (&cap);
  if (local_error != NULL && local_error->domain == GC_ERROR)
    g_propagate_error (error, g_steal_pointer (&local_error));
  else if (local_error != NULL)
    g_set_error (error, GC_ERROR, GC_ERROR_INVALID, "not XML: %s", local_error->message);
  return NULL;
}
