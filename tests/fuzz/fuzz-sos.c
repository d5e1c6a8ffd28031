/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The bodies of all that is said about an SOS: what is taken can be passed on. */
#include "protocol/gc-json.h"
#include "protocol/gc-sos.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

static void
take_press (JsonObject *body)
{
  g_autoptr (GcSos) sos = gc_sos_parse_press (body, NULL);
  g_autoptr (JsonObject) printed = sos != NULL ? gc_sos_print_press (sos) : NULL;
  g_autoptr (GcSos) again = printed != NULL ? gc_sos_parse_press (printed, NULL) : NULL;

  g_assert_true ((sos == NULL) == (again == NULL));
}

static void
take_position (JsonObject *body)
{
  g_autoptr (GcSos) sos = gc_sos_parse_position (body, NULL);
  g_autoptr (JsonObject) printed = sos != NULL ? gc_sos_print_position (sos) : NULL;
  g_autoptr (GcSos) again = printed != NULL ? gc_sos_parse_position (printed, NULL) : NULL;

  g_assert_true ((sos == NULL) == (again == NULL));
}

static void
take_answer (JsonObject *body)
{
  GcSosAnswer answer;
  g_autoptr (JsonObject) printed = NULL;

  if (!gc_sos_parse_answer (body, &answer, NULL))
    return;
  printed = gc_sos_print_answer (&answer);
  g_assert_true (gc_sos_parse_answer (printed, &answer, NULL));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonObject) body
      = gc_json_parse_object ((const char *) data, (gssize) size, 65536, NULL);
  gint64 at_ms;

  if (body == NULL)
    return 0;
  take_press (body);
  take_position (body);
  take_answer (body);
  gc_sos_parse_withdrawal (body, &at_ms, NULL);
  return 0;
}
