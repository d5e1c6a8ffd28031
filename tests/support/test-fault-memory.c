/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-faults-private.h"

/* An allocator of SQLite's own that says “no” when it is told to. */

static sqlite3_mem_methods real;

static void *
fault_malloc (int size)
{
  return test_faults_strike_memory () ? NULL : real.xMalloc (size);
}

static void *
fault_realloc (void *memory, int size)
{
  return test_faults_strike_memory () ? NULL : real.xRealloc (memory, size);
}

void
test_fault_memory_install (void)
{
  sqlite3_mem_methods methods;

  g_assert_cmpint (sqlite3_config (SQLITE_CONFIG_GETMALLOC, &real), ==, SQLITE_OK);
  methods = real;
  methods.xMalloc = fault_malloc;
  methods.xRealloc = fault_realloc;
  g_assert_cmpint (sqlite3_config (SQLITE_CONFIG_MALLOC, &methods), ==, SQLITE_OK);
}
