/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "test-faults.h"

G_BEGIN_DECLS

/* The same work again and again, of which each time another call to the disk or another allocation
 * fails, or another call of ours on a file, until there is none left that could. What must hold
 * each time:
 *  - nothing crashes; when all is closed no memory of SQLite's and no open file is left
 *  - what fails says GC_ERROR_STORAGE, and has changed nothing; only if nothing else is saved
 * before the end may it be found done all the same, as a disk may fail to say that it has written
 *  - when the fault is over, the same thing succeeds, without opening anything anew
 *  - after closing, with or without fault, and opening again everything is there once */

/**
 * TestFaultScenario:
 * @n_steps: how many things are done, each of which succeeds where nothing fails
 * @open: opens the file, which is new or was left by @close
 * @step: does one of them, in order from 0; again if it failed
 * @digest: (transfer full): all that is stored, but for what chance or the time of day decides
 * @close: also where things fail
 * @prepare: (nullable): makes the file to begin with
 * @from_nothing: without @prepare: begins without a file, else with one in which each step was done
 *   once
 * @disk_stride: of so many calls to the disk one is tried, where the test is to be quick
 * @memory_stride: the same for allocations
 * @file_stride: the same for the process's own calls on files
 *
 * Some work.
 */
typedef struct
{
  guint n_steps;
  gpointer (*open) (const char *path, GError **error);
  gboolean (*step) (gpointer subject, guint number, GError **error);
  char *(*digest) (gpointer subject);
  void (*close) (gpointer subject);
  void (*prepare) (const char *path);
  gboolean from_nothing;
  guint disk_stride;
  guint memory_stride;
  guint file_stride;
} TestFaultScenario;

/* Adds a test for each kind of fault that SQLite meets; the scenario stays. */
void
test_fault_loop_add (const char *prefix, const TestFaultScenario *scenario);

/* The same for what the process asks of files beside its path. */
void
test_fault_loop_add_files (const char *prefix, const TestFaultScenario *scenario);

G_END_DECLS
