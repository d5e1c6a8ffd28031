/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-cap-private.h"

#define MS_PER_S 1000

static void
print_text (GString *xml, const char *indent, const char *name, const char *text)
{
  g_autofree char *escaped = NULL;

  if (text == NULL)
    return;
  escaped = g_markup_escape_text (text, -1);
  g_string_append_printf (xml, "%s<%s>%s</%s>\n", indent, name, escaped, name);
}

/* CAP has whole seconds, and “-00:00” for UTC. */
static char *
format_time (gint64 wall_ms)
{
  g_autoptr (GDateTime) time = g_date_time_new_from_unix_utc (wall_ms / MS_PER_S);

  return g_date_time_format (time, "%Y-%m-%dT%H:%M:%S-00:00");
}

static void
print_time (GString *xml, const char *indent, const char *name, gint64 wall_ms)
{
  g_autofree char *text = wall_ms != 0 ? format_time (wall_ms) : NULL;

  print_text (xml, indent, name, text);
}

static void
append_number (GString *xml, double number, const char *format)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append (xml, g_ascii_formatd (text, sizeof text, format, number));
}

static void
append_point (GString *xml, const GcCapPoint *point)
{
  append_number (xml, point->latitude, "%.6f");
  g_string_append_c (xml, ',');
  append_number (xml, point->longitude, "%.6f");
}

static void
print_area (GString *xml, const GcCapArea *area)
{
  g_string_append (xml, "    <area>\n");
  print_text (xml, "      ", "areaDesc", area->description);
  for (guint i = 0; i < area->polygons->len; i++)
    {
      const GArray *polygon = g_ptr_array_index (area->polygons, i);

      g_string_append (xml, "      <polygon>");
      for (guint k = 0; k < polygon->len; k++)
        {
          if (k > 0)
            g_string_append_c (xml, ' ');
          append_point (xml, &g_array_index (polygon, GcCapPoint, k));
        }
      g_string_append (xml, "</polygon>\n");
    }
  for (guint i = 0; i < area->circles->len; i++)
    {
      const GcCapCircle *circle = &g_array_index (area->circles, GcCapCircle, i);

      g_string_append (xml, "      <circle>");
      append_point (xml, &circle->center);
      g_string_append_c (xml, ' ');
      append_number (xml, circle->radius_m / 1000, "%.3f");
      g_string_append (xml, "</circle>\n");
    }
  g_string_append (xml, "    </area>\n");
}

static void
print_info (GString *xml, const GcCapInfo *info)
{
  g_string_append (xml, "  <info>\n");
  print_text (xml, "    ", "language", info->language);
  print_text (xml, "    ", "category", info->category);
  print_text (xml, "    ", "event", info->event);
  print_text (xml, "    ", "urgency", gc_cap_urgency_to_string (info->urgency));
  print_text (xml, "    ", "severity", gc_cap_severity_to_string (info->severity));
  print_text (xml, "    ", "certainty", gc_cap_certainty_to_string (info->certainty));
  print_time (xml, "    ", "effective", info->effective_ms);
  print_time (xml, "    ", "onset", info->onset_ms);
  print_time (xml, "    ", "expires", info->expires_ms);
  print_text (xml, "    ", "senderName", info->sender_name);
  print_text (xml, "    ", "headline", info->headline);
  print_text (xml, "    ", "description", info->description);
  print_text (xml, "    ", "instruction", info->instruction);
  for (guint i = 0; i < info->areas->len; i++)
    print_area (xml, g_ptr_array_index (info->areas, i));
  g_string_append (xml, "  </info>\n");
}

static void
print_references (GString *xml, const GPtrArray *references)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < references->len; i++)
    {
      const GcCapReference *reference = g_ptr_array_index (references, i);
      g_autofree char *sent = format_time (reference->sent_ms);

      g_string_append_printf (text, "%s%s,%s,%s", i > 0 ? " " : "", reference->sender,
                              reference->identifier, sent);
    }
  if (references->len > 0)
    print_text (xml, "  ", "references", text->str);
}

/**
 * gc_cap_print:
 * @cap: a message
 *
 * Any thread.
 *
 * Returns: (transfer full): it as XML, which gc_cap_parse() reads
 */
char *
gc_cap_print (const GcCap *cap)
{
  GString *xml = g_string_new ("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                               "<alert xmlns=\"" GC_CAP_NAMESPACE "\">\n");

  print_text (xml, "  ", "identifier", cap->self.identifier);
  print_text (xml, "  ", "sender", cap->self.sender);
  print_time (xml, "  ", "sent", cap->self.sent_ms);
  print_text (xml, "  ", "status", gc_cap_status_to_string (cap->status));
  print_text (xml, "  ", "msgType", gc_cap_type_to_string (cap->type));
  print_text (xml, "  ", "scope", gc_cap_scope_to_string (cap->scope));
  print_text (xml, "  ", "restriction", cap->restriction);
  print_text (xml, "  ", "addresses", cap->addresses);
  print_text (xml, "  ", "note", cap->note);
  print_references (xml, cap->references);
  for (guint i = 0; i < cap->infos->len; i++)
    print_info (xml, g_ptr_array_index (cap->infos, i));
  g_string_append (xml, "</alert>\n");
  return g_string_free_and_steal (xml);
}
