/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-accounts.h"
#include "center/gc-alert-desk.h"
#include "center/gc-authority.h"
#include "center/gc-center-config.h"
#include "center/gc-console-events.h"
#include "center/gc-file-uploads.h"
#include "center/gc-hub.h"
#include "center/gc-live-desk.h"
#include "center/gc-sos-desk.h"
#include "center/gc-tasks.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* The console's interface: see API.md. Main thread only. */

typedef struct _GcConsoleApi GcConsoleApi;

/**
 * GcConsoleParts:
 * @config: what the operator set
 * @port: where the center listens
 * @database: the center's
 * @authority: for the pin in pairing codes
 * @roster: the terminals
 * @accounts: the dispatchers
 * @hub: the channels
 * @tasks: the tasks
 * @alerts: the alerts
 * @desk: the live sessions
 * @sos: the calls for help
 * @files: the contents of tasks' files
 * @uploads: those that arrive
 * @events: where consoles listen
 *
 * What the interface reaches; all of it outlives the interface.
 */
typedef struct
{
  const GcCenterConfig *config;
  guint16 port;
  GcDatabase *database;
  GcAuthority *authority;
  GcRoster *roster;
  GcAccounts *accounts;
  GcHub *hub;
  GcTasks *tasks;
  GcAlertDesk *alerts;
  GcLiveDesk *desk;
  GcSosDesk *sos;
  GcFileStore *files;
  GcFileUploads *uploads;
  GcConsoleEvents *events;
} GcConsoleParts;

GcConsoleApi *
gc_console_api_new (const GcConsoleParts *parts);
void
gc_console_api_free (GcConsoleApi *self);
void
gc_console_api_mount (GcConsoleApi *self, SoupServer *server);
gsize
gc_console_api_allow (GcConsoleApi *self, SoupServerMessage *message);
char *
gc_console_api_authorize (GcConsoleApi *self, SoupServerMessage *message);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcConsoleApi, gc_console_api_free)

G_END_DECLS
