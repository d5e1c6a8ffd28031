/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-task-format.h"
#include "center/gc-task-query.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

void
gc_task_export_start (SoupServerMessage *message,
                      GcDatabase *database,
                      GcTaskQuery *query,
                      const GcTaskFormat *format,
                      const char *user);

G_END_DECLS
