/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What we and what we stand on ask of the world, failing when a test says so. */

/**
 * TestFaultKind:
 * @TEST_FAULTS_DISK: what SQLite asks of its file system
 * @TEST_FAULTS_MEMORY: SQLite's allocations
 * @TEST_FAULTS_FILES: every call of the process on files below a folder
 * @TEST_FAULTS_SOCKETS: every call of the process on sockets of the network
 */
typedef enum
{
  TEST_FAULTS_DISK,
  TEST_FAULTS_MEMORY,
  TEST_FAULTS_FILES,
  TEST_FAULTS_SOCKETS,
} TestFaultKind;

/**
 * TestFaults:
 * @kind: of what fails
 * @lasting: from the one that is armed on all fail, else only that one
 * @full: the disk has no room: only what needs some fails
 * @too_many: too many files are open: only what opens one more fails
 * @below: (nullable): the folder, for %TEST_FAULTS_FILES; absolute, stays
 * @closes: for test-fault-loop.h: when something failed all is closed before the fault is over
 */
typedef struct
{
  TestFaultKind kind;
  gboolean lasting;
  gboolean full;
  gboolean too_many;
  const char *below;
  gboolean closes;
} TestFaults;

/* Before anything uses SQLite, and for the rest of the process. */
void
test_faults_install (void);

/* The nth call from now on will fail, counted from 1. */
void
test_faults_arm (const TestFaults *faults, guint nth);

/* From now on nothing fails. Returns whether anything did. */
gboolean
test_faults_disarm (void);

G_END_DECLS
