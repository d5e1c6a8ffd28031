/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-sos.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "protocol/gc-json.h"

#define WORD_MAX_LENGTH 16

static const char *const STATES[] = { "open", "seen", "withdrawn", "ended" };

G_DEFINE_BOXED_TYPE (GcSos, gc_sos, gc_sos_copy, gc_sos_free)

/**
 * gc_sos_new:
 * @fix: (nullable): where the worker is
 * @battery_percent: 0 to 100, -1 if unknown
 *
 * A call for help that is pressed now. Any thread.
 *
 * Returns: (transfer full): the SOS
 */
GcSos *
gc_sos_new (const GcFix *fix, int battery_percent)
{
  GcSos *sos = g_new0 (GcSos, 1);

  sos->id = gc_id_new ();
  sos->pressed_ms = gc_clock_wall_ms ();
  sos->fix = fix != NULL ? gc_fix_copy (fix) : NULL;
  sos->battery_percent = battery_percent;
  return sos;
}

/**
 * gc_sos_copy:
 * @sos: an SOS
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcSos *
gc_sos_copy (const GcSos *sos)
{
  GcSos *copy = g_memdup2 (sos, sizeof *sos);

  copy->id = g_strdup (sos->id);
  copy->fix = sos->fix != NULL ? gc_fix_copy (sos->fix) : NULL;
  copy->seen_by = g_strdup (sos->seen_by);
  copy->ended_by = g_strdup (sos->ended_by);
  return copy;
}

/**
 * gc_sos_free:
 * @sos: (transfer full): an SOS
 *
 * Any thread.
 */
void
gc_sos_free (GcSos *sos)
{
  g_free (sos->id);
  g_clear_pointer (&sos->fix, gc_fix_free);
  g_free (sos->seen_by);
  g_free (sos->ended_by);
  g_free (sos);
}

/**
 * gc_sos_state_is_final:
 * @state: a state
 *
 * Any thread.
 *
 * Returns: whether it is over
 */
gboolean
gc_sos_state_is_final (GcSosState state)
{
  return state == GC_SOS_WITHDRAWN || state == GC_SOS_ENDED;
}

/**
 * gc_sos_state_allows:
 * @from: the present state
 * @to: another
 *
 * Any thread.
 *
 * Returns: whether @to may follow
 */
gboolean
gc_sos_state_allows (GcSosState from, GcSosState to)
{
  return !gc_sos_state_is_final (from) && to > from;
}

/**
 * gc_sos_state_to_string:
 * @state: a state
 *
 * Any thread.
 *
 * Returns: (transfer none): the word for it
 */
const char *
gc_sos_state_to_string (GcSosState state)
{
  return STATES[state];
}

/**
 * gc_sos_state_from_string:
 * @text: (nullable): a word
 * @state: (out): what it means
 * @error: %GC_ERROR_INVALID
 *
 * Any thread.
 *
 * Returns: whether it is a state
 */
gboolean
gc_sos_state_from_string (const char *text, GcSosState *state, GError **error)
{
  for (gsize i = 0; i < G_N_ELEMENTS (STATES); i++)
    if (g_strcmp0 (STATES[i], text) == 0)
      {
        *state = (GcSosState) i;
        return TRUE;
      }
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“state” is not one of an SOS");
  return FALSE;
}

static JsonObject *
print_whereabouts (const GcSos *sos)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "sos", sos->id);
  if (sos->fix != NULL)
    json_object_set_object_member (body, "position", gc_fix_to_json (sos->fix));
  if (sos->battery_percent >= 0)
    json_object_set_int_member (body, "battery_percent", sos->battery_percent);
  return body;
}

static gboolean
read_fix (JsonObject *body, GcFix **fix, GError **error)
{
  JsonObject *position;
  GcFix value;

  if (!gc_json_has (body, "position"))
    return TRUE;
  position = gc_json_get_object (body, "position", error);
  if (position == NULL || !gc_fix_from_json (position, &value, error))
    return FALSE;
  *fix = gc_fix_copy (&value);
  return TRUE;
}

static GcSos *
parse_whereabouts (JsonObject *body, GError **error)
{
  g_autoptr (GcSos) sos = g_new0 (GcSos, 1);
  const char *id = gc_json_get_id (body, "sos", error);
  gint64 percent = -1;

  if (id == NULL || !read_fix (body, &sos->fix, error)
      || (gc_json_has (body, "battery_percent")
          && !gc_json_get_int (body, "battery_percent", 0, 100, &percent, error)))
    return NULL;
  sos->id = g_strdup (id);
  sos->battery_percent = (int) percent;
  return g_steal_pointer (&sos);
}

static void
set_time (JsonObject *body, gint64 at_ms)
{
  g_autofree char *at = gc_clock_format (at_ms);

  json_object_set_string_member (body, "at", at);
}

/**
 * gc_sos_print_press:
 * @sos: an SOS
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of “sos”
 */
JsonObject *
gc_sos_print_press (const GcSos *sos)
{
  JsonObject *body = print_whereabouts (sos);

  set_time (body, sos->pressed_ms);
  return body;
}

/**
 * gc_sos_parse_press:
 * @body: of “sos”
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the SOS, open
 */
GcSos *
gc_sos_parse_press (JsonObject *body, GError **error)
{
  g_autoptr (GcSos) sos = parse_whereabouts (body, error);

  return sos != NULL && gc_json_get_time (body, "at", &sos->pressed_ms, error)
             ? g_steal_pointer (&sos)
             : NULL;
}

/**
 * gc_sos_print_position:
 * @sos: an SOS, with where the worker is by now
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of “sos.position”
 */
JsonObject *
gc_sos_print_position (const GcSos *sos)
{
  return print_whereabouts (sos);
}

/**
 * gc_sos_parse_position:
 * @body: of “sos.position”
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): an SOS of which only the id, the fix and the battery are
 *   known
 */
GcSos *
gc_sos_parse_position (JsonObject *body, GError **error)
{
  g_autoptr (GcSos) sos = parse_whereabouts (body, error);

  if (sos == NULL || sos->fix != NULL)
    return g_steal_pointer (&sos);
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“position” is missing");
  return NULL;
}

/**
 * gc_sos_print_withdrawal:
 * @id: of an SOS
 * @at_ms: when it was taken back, wall time
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of “sos.withdraw”
 */
JsonObject *
gc_sos_print_withdrawal (const char *id, gint64 at_ms)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "sos", id);
  set_time (body, at_ms);
  return body;
}

/**
 * gc_sos_parse_withdrawal:
 * @body: of “sos.withdraw”
 * @at_ms: (out): when it was taken back, wall time
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer none) (nullable): the id of the SOS
 */
const char *
gc_sos_parse_withdrawal (JsonObject *body, gint64 *at_ms, GError **error)
{
  const char *id = gc_json_get_id (body, "sos", error);

  return id != NULL && gc_json_get_time (body, "at", at_ms, error) ? id : NULL;
}

/**
 * gc_sos_print_answer:
 * @answer: what to say
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of “sos.state”
 */
JsonObject *
gc_sos_print_answer (const GcSosAnswer *answer)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "sos", answer->id);
  json_object_set_string_member (body, "state", gc_sos_state_to_string (answer->state));
  json_object_set_string_member (body, "by", answer->by);
  set_time (body, answer->at_ms);
  return body;
}

/**
 * gc_sos_parse_answer:
 * @body: of “sos.state”
 * @answer: (out caller-allocates): what it says; its texts are those of @body
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: whether the body is as PROTOCOL.md has it
 */
gboolean
gc_sos_parse_answer (JsonObject *body, GcSosAnswer *answer, GError **error)
{
  const char *word;

  answer->id = gc_json_get_id (body, "sos", error);
  answer->by
      = answer->id != NULL ? gc_json_get_string (body, "by", GC_SOS_BY_MAX_LENGTH, error) : NULL;
  word = answer->by != NULL ? gc_json_get_string (body, "state", WORD_MAX_LENGTH, error) : NULL;
  if (word == NULL || !gc_sos_state_from_string (word, &answer->state, error)
      || !gc_json_get_time (body, "at", &answer->at_ms, error))
    return FALSE;
  if (answer->state == GC_SOS_SEEN || answer->state == GC_SOS_ENDED)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“state” is not one for the center");
  return FALSE;
}
