/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-picture-words.h"

#include <glib/gi18n.h>

static const char *
grade_word (int grade)
{
  static const char *const words[] = {
    NC_ ("picture", "Stuck"), NC_ ("picture", "Poor"),      NC_ ("picture", "Fair"),
    NC_ ("picture", "Good"),  NC_ ("picture", "Excellent"),
  };

  return g_dpgettext2 (NULL, "picture", words[CLAMP (grade, 0, (int) G_N_ELEMENTS (words) - 1)]);
}

/* Of what this device decides itself: the rest nobody can change here. */
static const char *
limit_words (const char *limit)
{
  if (g_strcmp0 (limit, "battery") == 0)
    return C_ ("picture", "saving battery");
  if (g_strcmp0 (limit, "setting") == 0)
    return C_ ("picture", "data limit");
  return NULL;
}

/**
 * gc_picture_words_new:
 * @grade: how good the picture is over there, 0 to 4
 * @stills: whether it is one every few seconds
 * @limit: (nullable): what keeps it from being better, a word of PROTOCOL.md
 *
 * Returns: (transfer full): one word, and why, if this device has decided it
 */
char *
gc_picture_words_new (int grade, gboolean stills, const char *limit)
{
  const char *word = stills ? C_ ("picture", "Stills") : grade_word (grade);
  const char *why = limit_words (limit);

  return why ? g_strdup_printf ("%s · %s", word, why) : g_strdup (word);
}
