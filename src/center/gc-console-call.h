/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-console-calls.h"
#include "center/gc-task-query.h"

G_BEGIN_DECLS

/**
 * GcConsoleCall:
 * @parts: what the interface reaches
 * @message: what is to be answered; paused meanwhile
 * @user: who asks
 * @id: (nullable): the id in the path
 * @body: (nullable): what he sent
 * @text: (nullable): what he sent, if that is no JSON
 * @number: a limit, a number of hours, or a #GcSosState
 * @tasks: (nullable): which tasks
 * @secret: (nullable): the token of a new pairing code
 * @status: of the answer
 * @done: (nullable): what follows on the main thread; may add to the answer
 *
 * A call on its way through the database. Main thread, but for what the database's work does.
 */
typedef struct _GcConsoleCall GcConsoleCall;
struct _GcConsoleCall
{
  const GcConsoleParts *parts;
  SoupServerMessage *message;
  char *user;
  char *id;
  JsonObject *body;
  char *text;
  int number;
  GcTaskQuery *tasks;
  char *secret;
  guint status;
  gboolean (*done) (GcConsoleCall *call, JsonObject *answer, GError **error);
};

GcConsoleCall *
gc_console_call_new (const GcConsoleRequest *request);
void
gc_console_call_free (GcConsoleCall *call);
gboolean
gc_console_call_read_body (GcConsoleCall *call);
void
gc_console_call_run (GcConsoleCall *call, GcDatabaseWork work);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcConsoleCall, gc_console_call_free)

G_END_DECLS
