/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-faults.h"

#include "test-faults-private.h"

/* The calls come from the threads of databases, one after the other. */
static GMutex mutex;
static TestFaults armed;
static guint left; /* until one fails; 0: nothing is armed */
static gboolean struck;

static gboolean
strike (void)
{
  gboolean fails;

  if (left == 0)
    return FALSE;
  fails = left == 1;
  if (!fails || !armed.lasting)
    left--;
  struck |= fails;
  return fails;
}

int
test_faults_strike_disk (int code, int code_when_full)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);
  int status = armed.full ? code_when_full : code;

  return !armed.memory && status != SQLITE_OK && strike () ? status : SQLITE_OK;
}

gboolean
test_faults_strike_memory (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  return armed.memory && strike ();
}

void
test_faults_install (void)
{
  test_fault_memory_install ();
  test_fault_disk_install ();
}

void
test_faults_arm (const TestFaults *faults, guint nth)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  g_assert (left == 0 && nth > 0);
  armed = *faults;
  left = nth;
  struck = FALSE;
}

gboolean
test_faults_disarm (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  left = 0;
  return struck;
}
