/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "protocol/gc-cap.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/**
 * GcAlertOffice:
 * @sender: how CAP names the center: without spaces, commas, “<” and “&”
 * @name: the center's name, as people know it
 *
 * In whose name alerts are sent.
 */
typedef struct
{
  char *sender;
  char *name;
} GcAlertOffice;

/* Alerts as the console has them, see API.md, and as CAP has them. Any thread. */

GcCap *
gc_alert_form_read (JsonObject *form, const GcAlertOffice *office, GError **error);
GcCap *
gc_alert_form_cancel (const GcCap *cap, const char *reason, const GcAlertOffice *office);
JsonObject *
gc_alert_form_print (const GcCap *cap);

G_END_DECLS
