/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"
#include "protocol/gc-fix.h"

G_BEGIN_DECLS

/* The paired terminals as the center sees them now. Main thread only.
 *
 * Signals:
 *   changed (const char *id)                     anything that the console shows, but the position
 *   removed (const char *id)                     revoked
 */

/**
 * GcTerminal:
 * @id: the common name of its certificate
 * @worker: for whom it was paired
 * @device: what it calls itself, may be empty
 * @fingerprint: of its certificate
 * @next_fingerprint: (nullable): of one that was made for it and that it has not used yet
 * @paired_ms: wall time
 * @last_seen_ms: wall time
 * @revoked: whether its certificate was withdrawn
 * @online: whether its channel is open
 * @duty: whether its worker is on duty
 * @has_fix: whether @fix says anything
 * @fix: its newest position
 * @status: (nullable): the body of its last “status”
 * @live: (nullable): LIVE of API.md, while there is a session
 * @open_tasks: how many tasks it has that are not final
 *
 * One terminal; read it, and change it by the functions of #GcRoster.
 */
typedef struct
{
  char *id;
  char *worker;
  char *device;
  char *fingerprint;
  char *next_fingerprint;
  gint64 paired_ms;
  gint64 last_seen_ms;
  gboolean revoked;
  gboolean online;
  gboolean duty;
  gboolean has_fix;
  GcFix fix;
  JsonObject *status;
  JsonObject *live;
  guint open_tasks;
} GcTerminal;

#define GC_TYPE_ROSTER (gc_roster_get_type ())
G_DECLARE_FINAL_TYPE (GcRoster, gc_roster, GC, ROSTER, GObject)

GcRoster *
gc_roster_load (GcDatabase *database, GError **error);
const GcTerminal *
gc_roster_find (GcRoster *self, const char *id);
guint
gc_roster_count (GcRoster *self);
void
gc_roster_add (GcRoster *self,
               const char *id,
               const char *worker,
               const char *device,
               const char *fingerprint);
void
gc_roster_set_next_certificate (GcRoster *self, const char *id, const char *fingerprint);
void
gc_roster_promote_certificate (GcRoster *self, const char *id);
void
gc_roster_revoke (GcRoster *self, const char *id);
void
gc_roster_set_online (GcRoster *self, const char *id, gboolean online);
void
gc_roster_set_duty (GcRoster *self, const char *id, gboolean duty);
void
gc_roster_set_status (GcRoster *self, const char *id, JsonObject *status);
void
gc_roster_set_device (GcRoster *self, const char *id, const char *device);
void
gc_roster_set_fix (GcRoster *self, const char *id, const GcFix *fix);
void
gc_roster_set_live (GcRoster *self, const char *id, JsonObject *live);
void
gc_roster_set_open_tasks (GcRoster *self, const char *id, guint open_tasks);
void
gc_roster_touch (GcRoster *self, const char *id);
JsonObject *
gc_roster_print (GcRoster *self, const char *id);
JsonArray *
gc_roster_print_all (GcRoster *self);

G_END_DECLS
