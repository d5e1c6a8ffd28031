/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sqlite3.h>

#include <glib.h>

G_BEGIN_DECLS

/* For the two that stand between SQLite and the world. */

/* Returns SQLITE_OK, or with what this call fails: @code, or @code_when_full if the disk has no
 * room; SQLITE_OK where none is needed. */
int
test_faults_strike_disk (int code, int code_when_full);

/* Returns whether this allocation fails. */
gboolean
test_faults_strike_memory (void);

void
test_fault_disk_install (void);
void
test_fault_memory_install (void);

G_END_DECLS
