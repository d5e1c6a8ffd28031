/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* All that a terminal has to do goes to another one: the worker's next handset, or a colleague. */

JsonObject *
gc_task_handover (
    GcDatabase *database, const char *from, const char *to, const char *user, GError **error);

G_END_DECLS
