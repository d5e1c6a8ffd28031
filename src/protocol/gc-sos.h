/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/* A worker's call for help, on both sides: see PROTOCOL.md, “sos”. */

#define GC_SOS_BY_MAX_LENGTH 64

/**
 * GcSosState:
 * @GC_SOS_OPEN: pressed, and nobody has said that they saw it
 * @GC_SOS_SEEN: a dispatcher has seen it
 * @GC_SOS_WITHDRAWN: the worker took it back: a false alarm; final
 * @GC_SOS_ENDED: a dispatcher has ended it; final
 *
 * How a call for help stands. gc_sos_state_allows() is the one place that says what may follow.
 */
typedef enum
{
  GC_SOS_OPEN,
  GC_SOS_SEEN,
  GC_SOS_WITHDRAWN,
  GC_SOS_ENDED,
} GcSosState;

/**
 * GcSos:
 * @id: unique for ever
 * @pressed_ms: when, wall time of the terminal, ms since 1970
 * @fix: (nullable): where the worker was, or is by now
 * @battery_percent: 0 to 100, -1 if unknown
 * @received_ms: when the center had it, wall time; 0 if it has not, as far as is known
 * @state: how it stands
 * @seen_by: (nullable): the dispatcher who saw it first
 * @seen_ms: when, 0 if nobody has
 * @ended_by: (nullable): the dispatcher who ended it
 * @ended_ms: when it was ended or withdrawn, 0 if it was not
 */
typedef struct
{
  char *id;
  gint64 pressed_ms;
  GcFix *fix;
  int battery_percent;
  gint64 received_ms;
  GcSosState state;
  char *seen_by;
  gint64 seen_ms;
  char *ended_by;
  gint64 ended_ms;
} GcSos;

#define GC_TYPE_SOS (gc_sos_get_type ())
GType
gc_sos_get_type (void);

/**
 * GcSosAnswer:
 * @id: of the SOS; it is the text of the body that was read
 * @state: %GC_SOS_SEEN or %GC_SOS_ENDED
 * @by: who
 * @at_ms: when, wall time of the center
 *
 * What the center says of an SOS.
 */
typedef struct
{
  const char *id;
  GcSosState state;
  const char *by;
  gint64 at_ms;
} GcSosAnswer;

GcSos *
gc_sos_new (const GcFix *fix, int battery_percent);
GcSos *
gc_sos_copy (const GcSos *sos);
void
gc_sos_free (GcSos *sos);

gboolean
gc_sos_state_allows (GcSosState from, GcSosState to);
gboolean
gc_sos_state_is_final (GcSosState state);
const char *
gc_sos_state_to_string (GcSosState state);
gboolean
gc_sos_state_from_string (const char *text, GcSosState *state, GError **error);

/* The bodies of “sos”, “sos.position”, “sos.withdraw” and “sos.state”. */
JsonObject *
gc_sos_print_press (const GcSos *sos);
GcSos *
gc_sos_parse_press (JsonObject *body, GError **error);
JsonObject *
gc_sos_print_position (const GcSos *sos);
GcSos *
gc_sos_parse_position (JsonObject *body, GError **error);
JsonObject *
gc_sos_print_withdrawal (const char *id, gint64 at_ms);
const char *
gc_sos_parse_withdrawal (JsonObject *body, gint64 *at_ms, GError **error);
JsonObject *
gc_sos_print_answer (const GcSosAnswer *answer);
gboolean
gc_sos_parse_answer (JsonObject *body, GcSosAnswer *answer, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcSos, gc_sos_free)

G_END_DECLS
