/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-faults.h"

#include <sqlite3.h>

G_BEGIN_DECLS

/* For those that stand between us, or SQLite, and the world. */

/* What a call on a file or socket needs: not every call fails in every way. */
typedef enum
{
  TEST_CALL_NEEDS_ROOM = 1 << 0, /* on the disk */
  TEST_CALL_OPENS = 1 << 1,      /* one more descriptor */
} TestCallNeeds;

/* Returns SQLITE_OK, or with what this call fails: @code, or @code_when_full if the disk has no
 * room; SQLITE_OK where none is needed. */
int
test_faults_strike_disk (int code, int code_when_full);

/* Returns whether this allocation fails. */
gboolean
test_faults_strike_memory (void);

/* Quick: whether calls of this kind may fail now. */
gboolean
test_faults_are_armed (TestFaultKind kind);

/* Returns 0, or the errno with which a call on the file at @path fails. */
int
test_faults_strike_file (const char *path, TestCallNeeds needs);

/* The same for one on a socket of the network. */
int
test_faults_strike_socket (TestCallNeeds needs);

void
test_fault_disk_install (void);
void
test_fault_memory_install (void);

G_END_DECLS
