/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-status.h"

/* PROTOCOL.md, “status”. */
#define CHANGE_INTERVAL_MS 5000
#define FIGURE_INTERVAL_MS 60000

/**
 * gc_status_to_json:
 * @status: a status
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of its envelope
 */
JsonObject *
gc_status_to_json (const GcStatus *status)
{
  JsonObject *body = json_object_new ();

  if (status->battery_percent >= 0)
    {
      json_object_set_int_member (body, "battery_percent", status->battery_percent);
      json_object_set_boolean_member (body, "charging", status->charging);
    }
  json_object_set_string_member (body, "uplink", gc_uplink_to_string (status->uplink));
  json_object_set_boolean_member (body, "metered", status->metered);
  if (status->signal_percent >= 0)
    json_object_set_int_member (body, "signal_percent", status->signal_percent);
  return body;
}

/**
 * gc_status_get_interval_ms:
 * @told: what the other side knows
 * @now: what holds now
 *
 * A signal that goes up and down is not worth waking the radio for each time. Any thread.
 *
 * Returns: how long after @told @now may be told, in ms; 0: it need not be
 */
guint
gc_status_get_interval_ms (const GcStatus *told, const GcStatus *now)
{
  if (told->uplink != now->uplink || told->metered != now->metered
      || told->charging != now->charging)
    return CHANGE_INTERVAL_MS;
  if (told->battery_percent != now->battery_percent || told->signal_percent != now->signal_percent)
    return FIGURE_INTERVAL_MS;
  return 0;
}
