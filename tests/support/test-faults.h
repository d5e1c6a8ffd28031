/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What SQLite asks of the world, failing when a test says so. */

/**
 * TestFaults:
 * @memory: allocations fail, else what is asked of the disk does
 * @lasting: from the one that is armed on all fail, else only that one
 * @full: the disk has no room: only what needs some fails
 * @closes: for test-fault-loop.h: when something failed all is closed before the fault is over
 */
typedef struct
{
  gboolean memory;
  gboolean lasting;
  gboolean full;
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
