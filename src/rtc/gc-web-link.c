/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-web-link.h"

#include <string.h>

#define HEADER_MAX_LENGTH 8192
#define LINKS_MAX 32
#define VALUE_MAX_LENGTH 512

/* Reads a token or quoted-string (RFC 9110 section 5.6) and moves on. */
static char *
take_value (const char **at)
{
  GString *value = g_string_new (NULL);
  const char *p = *at;

  if (*p == '"')
    {
      for (p++; *p != '\0' && *p != '"'; p++)
        {
          if (*p == '\\' && p[1] != '\0')
            p++;
          g_string_append_c (value, *p);
        }
      if (*p == '"')
        p++;
    }
  else
    for (; *p != '\0' && strchr (";, \t", *p) == NULL; p++)
      g_string_append_c (value, *p);
  *at = p;
  return g_string_free (value, FALSE);
}

static void
skip (const char **at, const char *characters)
{
  *at += strspn (*at, characters);
}

/* Reads the parameters behind <target> up to the next link. */
static void
take_parameters (const char **at, GcWebLink *link)
{
  for (skip (at, " \t"); **at == ';'; skip (at, " \t"))
    {
      g_autofree char *name = NULL;
      g_autofree char *value = NULL;
      gsize length;

      (*at)++;
      skip (at, " \t");
      length = strcspn (*at, "=;, \t");
      name = g_ascii_strdown (*at, (gssize) length);
      *at += length;
      if (**at == '=')
        {
          (*at)++;
          value = take_value (at);
        }
      if (value != NULL && strlen (value) <= VALUE_MAX_LENGTH)
        g_hash_table_insert (link->parameters, g_steal_pointer (&name), g_steal_pointer (&value));
    }
}

/**
 * gc_web_link_parse:
 * @header: (nullable): the Link headers of an answer, joined by commas; hostile until read
 *
 * Parameters without a value, or with one of more than 512 bytes, are left out; of those that stand
 * twice the last counts. Any thread.
 *
 * Returns: (transfer full) (element-type GcWebLink): 0 to 32 links
 */
GPtrArray *
gc_web_link_parse (const char *header)
{
  GPtrArray *links = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_web_link_free);
  const char *at = header;

  if (header == NULL || strnlen (header, HEADER_MAX_LENGTH + 1) > HEADER_MAX_LENGTH)
    return links;
  while (links->len < LINKS_MAX && (at = strchr (at, '<')) != NULL)
    {
      const char *end = strchr (++at, '>');
      GcWebLink *link;

      if (end == NULL)
        break;
      link = g_new (GcWebLink, 1);
      link->target = g_strndup (at, (gsize) (end - at));
      link->parameters = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
      at = end + 1;
      take_parameters (&at, link);
      g_ptr_array_add (links, link);
    }
  return links;
}

/**
 * gc_web_link_get:
 * @link: a link
 * @name: of a parameter, in lower case
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): its value
 */
const char *
gc_web_link_get (const GcWebLink *link, const char *name)
{
  return g_hash_table_lookup (link->parameters, name);
}

/**
 * gc_web_link_has_relation:
 * @link: a link
 * @relation: a relation type, RFC 8288 section 2.1
 *
 * Any thread.
 *
 * Returns: whether it is one of the link's
 */
gboolean
gc_web_link_has_relation (const GcWebLink *link, const char *relation)
{
  const char *value = gc_web_link_get (link, "rel");
  g_auto (GStrv) types = value != NULL ? g_strsplit (value, " ", -1) : NULL;

  for (gsize i = 0; types != NULL && types[i] != NULL; i++)
    if (g_ascii_strcasecmp (types[i], relation) == 0)
      return TRUE;
  return FALSE;
}

/**
 * gc_web_link_free:
 * @link: (transfer full): a link
 *
 * Any thread.
 */
void
gc_web_link_free (GcWebLink *link)
{
  g_free (link->target);
  g_hash_table_unref (link->parameters);
  g_free (link);
}
