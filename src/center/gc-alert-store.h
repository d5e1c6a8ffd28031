/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "center/gc-alert-form.h"

G_BEGIN_DECLS

/* What the outbox says before the id of an alert. */
#define GC_ALERT_ABOUT "alert:"

/* Alerts in the center's database, who has received them and who has read them. All of it is
 * called inside a #GcDatabaseWork; every error is %GC_ERROR_STORAGE where nothing else is said. An
 * alert is given as the ALERT of API.md. */

JsonObject *
gc_alert_store_create (GcDatabase *database,
                       const GcAlertOffice *office,
                       const char *user,
                       JsonObject *form,
                       GError **error);
JsonObject *
gc_alert_store_import (
    GcDatabase *database, const char *user, const char *xml, gsize length, GError **error);
JsonObject *
gc_alert_store_cancel (GcDatabase *database,
                       const GcAlertOffice *office,
                       const char *id,
                       const char *user,
                       const char *reason,
                       GError **error);
gboolean
gc_alert_store_deliver (GcDatabase *database, const char *terminal, const char *id, GError **error);
gboolean
gc_alert_store_send_again (GcDatabase *database, const char *terminal, GError **error);
gboolean
gc_alert_store_read (
    GcDatabase *database, const char *terminal, JsonObject *body, char **id, GError **error);
gboolean
gc_alert_store_lapse (
    GcDatabase *database, gint64 now_ms, GPtrArray *ids, gint64 *next_ms, GError **error);

JsonObject *
gc_alert_store_print (GcDatabase *database, const char *id, gboolean receipts, GError **error);
JsonArray *
gc_alert_store_list (GcDatabase *database, GError **error);

G_END_DECLS
