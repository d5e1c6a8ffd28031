/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "base/gc-database.h"

G_BEGIN_DECLS

/* The center's database as a file. */

GcDatabase *
gc_center_file_open (const char *path, GError **error);

G_END_DECLS
