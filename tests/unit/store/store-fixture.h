/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "store/gc-store.h"

/* A store in a folder of its own, and its operations as calls that wait for the disk. */

typedef struct
{
  char *folder;
  char *path;
  GcStore *store;
} StoreFixture;

void
store_fixture_set_up (StoreFixture *fixture, gconstpointer data);
void
store_fixture_tear_down (StoreFixture *fixture, gconstpointer data);
void
store_fixture_reopen (StoreFixture *fixture);

GcStore *
store_open (const char *path, GError **error);
void
store_close (GcStore *store);
gint64
store_enqueue (GcStore *store, const char *type, const char *text, GError **error);
GPtrArray *
store_try_read_outbox (GcStore *store, gint64 after_seq, guint limit, GError **error);
GPtrArray *
store_read_outbox (GcStore *store, gint64 after_seq, guint limit);
gboolean
store_acknowledge (GcStore *store, gint64 ack, GError **error);
gboolean
store_meet (GcStore *store, const char *stream, const char *known, gint64 ack, GError **error);
GcReceipt
store_receive (GcStore *store, const GcEnvelope *envelope);
gboolean
store_try_receive_text (GcStore *store,
                        gint64 seq,
                        const char *type,
                        const char *body,
                        GcReceipt *receipt,
                        GError **error);
GcReceipt
store_receive_text (GcStore *store, gint64 seq, const char *type, const char *body);
GPtrArray *
store_read_urgent (GcStore *store, gint64 after_seq);
void
store_confirm (GcStore *store, const char *envelope_id);
GcSos *
store_press_sos (GcStore *store, const GcFix *fix, int battery_percent, GError **error);
gboolean
store_withdraw_sos (GcStore *store, const char *id, GError **error);
GcTask *
store_advance (GcStore *store,
               const char *task_id,
               GcTaskState state,
               const char *note,
               const GcFix *fix,
               GError **error);
/* A JPEG, as far as anybody looks. */
GcStoredFile *
store_add_file (GcStore *store, const char *task_id, const char *content, GError **error);
/* @task_id: NULL for all that the center does not have. */
GPtrArray *
store_try_list_files (GcStore *store, const char *task_id, GError **error);
GPtrArray *
store_list_files (GcStore *store, const char *task_id);
gboolean
store_set_file_delivered (GcStore *store, const char *id, GError **error);
GPtrArray *
store_try_list_tasks (GcStore *store, GError **error);
GPtrArray *
store_list_tasks (GcStore *store);
GPtrArray *
store_list_watches (GcStore *store, guint limit);
GPtrArray *
store_list_alerts (GcStore *store);
gboolean
store_read_alert (GcStore *store, const char *id, GError **error);
/* The body of “alert”. */
char *
make_alert_body (const char *id, GcCap *cap);
/* A message about a circle of 2 km around 121.1, 28.8; @refers_to the identifier of another. */
GcCap *
make_alert (const char *identifier, GcCapType type, const char *refers_to);
gboolean
store_set_duty (GcStore *store, gboolean on, GError **error);
gboolean
store_set_state (GcStore *store, const char *key, const char *value, GError **error);
gssize
store_forget_center (GcStore *store, GError **error);
/* What the first row of a query on the file says. */
char *
store_query (const char *path, const char *sql);
gint64
store_count (const char *path, const char *sql);
JsonObject *
parse_object (const char *text);
