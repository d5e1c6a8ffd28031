/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-faults.h"

#include "test-faults-private.h"

#include <errno.h>
#include <string.h>

/* The calls come from any thread. */
static GMutex mutex;
static TestFaults armed;
static guint left;           /* until one fails; 0: nothing is armed */
static gint armed_kind = -1; /* for who does not want to wait for the mutex; -1: nothing is armed */
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

  return armed.kind == TEST_FAULTS_DISK && status != SQLITE_OK && strike () ? status : SQLITE_OK;
}

gboolean
test_faults_strike_memory (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  return armed.kind == TEST_FAULTS_MEMORY && strike ();
}

gboolean
test_faults_are_armed (TestFaultKind kind)
{
  return g_atomic_int_get (&armed_kind) == (gint) kind;
}

static gboolean
is_below (const char *path)
{
  gsize length = strlen (armed.below);

  return strncmp (path, armed.below, length) == 0 && (path[length] == '/' || path[length] == '\0');
}

/* Whether a call that needs this can fail in the way that is armed. */
static gboolean
is_meant (TestCallNeeds needs)
{
  return (!armed.full || (needs & TEST_CALL_NEEDS_ROOM) != 0)
         && (!armed.too_many || (needs & TEST_CALL_OPENS) != 0);
}

int
test_faults_strike_file (const char *path, TestCallNeeds needs)
{
  g_autoptr (GMutexLocker) locker = NULL;

  if (!test_faults_are_armed (TEST_FAULTS_FILES))
    return 0;
  locker = g_mutex_locker_new (&mutex);
  if (armed.kind != TEST_FAULTS_FILES || left == 0 || !is_below (path) || !is_meant (needs)
      || !strike ())
    return 0;
  return armed.full ? ENOSPC : armed.too_many ? EMFILE : EIO;
}

int
test_faults_strike_socket (TestCallNeeds needs)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  if (armed.kind != TEST_FAULTS_SOCKETS || !is_meant (needs) || !strike ())
    return 0;
  return armed.full ? ENOBUFS : armed.too_many ? EMFILE : ECONNRESET;
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
  g_atomic_int_set (&armed_kind, (gint) faults->kind);
}

gboolean
test_faults_disarm (void)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&mutex);

  left = 0;
  g_atomic_int_set (&armed_kind, -1);
  return struck;
}
