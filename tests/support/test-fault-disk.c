/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "test-faults-private.h"

/* A file system for SQLite (https://www.sqlite.org/vfs.html): the real one, of which any call may
 * fail. What ends things, as closing and unlocking, does not: SQLite does not look. */

typedef struct
{
  sqlite3_file base;
  sqlite3_file *real; /* directly behind */
} FaultFile;

static sqlite3_vfs *real_vfs;
static sqlite3_vfs fault_vfs;

static sqlite3_file *
get_real (sqlite3_file *file)
{
  return ((FaultFile *) file)->real;
}

static int
file_close (sqlite3_file *file)
{
  return get_real (file)->pMethods->xClose (get_real (file));
}

static int
file_read (sqlite3_file *file, void *data, int length, sqlite3_int64 offset)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_READ, SQLITE_OK);

  return status != SQLITE_OK
             ? status
             : get_real (file)->pMethods->xRead (get_real (file), data, length, offset);
}

static int
file_write (sqlite3_file *file, const void *data, int length, sqlite3_int64 offset)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_WRITE, SQLITE_FULL);

  if (status == SQLITE_OK)
    return get_real (file)->pMethods->xWrite (get_real (file), data, length, offset);
  /* As a disk does that becomes full, or is pulled out, half-way. */
  get_real (file)->pMethods->xWrite (get_real (file), data, length / 2, offset);
  return status;
}

static int
file_truncate (sqlite3_file *file, sqlite3_int64 size)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_TRUNCATE, SQLITE_OK);

  return status != SQLITE_OK ? status
                             : get_real (file)->pMethods->xTruncate (get_real (file), size);
}

static int
file_sync (sqlite3_file *file, int flags)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_FSYNC, SQLITE_OK);

  return status != SQLITE_OK ? status : get_real (file)->pMethods->xSync (get_real (file), flags);
}

static int
file_size (sqlite3_file *file, sqlite3_int64 *size)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_FSTAT, SQLITE_OK);

  return status != SQLITE_OK ? status
                             : get_real (file)->pMethods->xFileSize (get_real (file), size);
}

static int
file_lock (sqlite3_file *file, int level)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_LOCK, SQLITE_OK);

  return status != SQLITE_OK ? status : get_real (file)->pMethods->xLock (get_real (file), level);
}

static int
file_unlock (sqlite3_file *file, int level)
{
  return get_real (file)->pMethods->xUnlock (get_real (file), level);
}

static int
file_check_reserved_lock (sqlite3_file *file, int *result)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_CHECKRESERVEDLOCK, SQLITE_OK);

  return status != SQLITE_OK
             ? status
             : get_real (file)->pMethods->xCheckReservedLock (get_real (file), result);
}

static int
file_control (sqlite3_file *file, int what, void *data)
{
  return get_real (file)->pMethods->xFileControl (get_real (file), what, data);
}

static int
file_sector_size (sqlite3_file *file)
{
  return get_real (file)->pMethods->xSectorSize (get_real (file));
}

static int
file_characteristics (sqlite3_file *file)
{
  return get_real (file)->pMethods->xDeviceCharacteristics (get_real (file));
}

static int
file_shm_map (sqlite3_file *file, int page, int page_size, int extend, void volatile **memory)
{
  int status
      = test_faults_strike_disk (SQLITE_IOERR_SHMMAP, extend ? SQLITE_IOERR_SHMSIZE : SQLITE_OK);

  if (status == SQLITE_OK)
    return get_real (file)->pMethods->xShmMap (get_real (file), page, page_size, extend, memory);
  *memory = NULL;
  return status;
}

static int
file_shm_lock (sqlite3_file *file, int offset, int count, int flags)
{
  int status = flags & SQLITE_SHM_LOCK ? test_faults_strike_disk (SQLITE_IOERR_SHMLOCK, SQLITE_OK)
                                       : SQLITE_OK;

  return status != SQLITE_OK
             ? status
             : get_real (file)->pMethods->xShmLock (get_real (file), offset, count, flags);
}

static void
file_shm_barrier (sqlite3_file *file)
{
  get_real (file)->pMethods->xShmBarrier (get_real (file));
}

static int
file_shm_unmap (sqlite3_file *file, int remove)
{
  return get_real (file)->pMethods->xShmUnmap (get_real (file), remove);
}

static const sqlite3_io_methods METHODS = {
  .iVersion = 2, /* without memory-mapped files */
  .xClose = file_close,
  .xRead = file_read,
  .xWrite = file_write,
  .xTruncate = file_truncate,
  .xSync = file_sync,
  .xFileSize = file_size,
  .xLock = file_lock,
  .xUnlock = file_unlock,
  .xCheckReservedLock = file_check_reserved_lock,
  .xFileControl = file_control,
  .xSectorSize = file_sector_size,
  .xDeviceCharacteristics = file_characteristics,
  .xShmMap = file_shm_map,
  .xShmLock = file_shm_lock,
  .xShmBarrier = file_shm_barrier,
  .xShmUnmap = file_shm_unmap,
};

static int
vfs_open (sqlite3_vfs *vfs, sqlite3_filename name, sqlite3_file *file, int flags, int *out_flags)
{
  FaultFile *self = (FaultFile *) file;
  int status = test_faults_strike_disk (SQLITE_CANTOPEN, SQLITE_OK);

  self->base.pMethods = NULL;
  self->real = (sqlite3_file *) (self + 1);
  if (status == SQLITE_OK)
    status = real_vfs->xOpen (real_vfs, name, self->real, flags, out_flags);
  if (status == SQLITE_OK)
    self->base.pMethods = &METHODS;
  return status;
}

static int
vfs_delete (sqlite3_vfs *vfs, const char *name, int sync_folder)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_DELETE, SQLITE_OK);

  return status != SQLITE_OK ? status : real_vfs->xDelete (real_vfs, name, sync_folder);
}

static int
vfs_access (sqlite3_vfs *vfs, const char *name, int flags, int *result)
{
  int status = test_faults_strike_disk (SQLITE_IOERR_ACCESS, SQLITE_OK);

  return status != SQLITE_OK ? status : real_vfs->xAccess (real_vfs, name, flags, result);
}

void
test_fault_disk_install (void)
{
  real_vfs = sqlite3_vfs_find (NULL);
  g_assert_nonnull (real_vfs);
  fault_vfs = *real_vfs;
  fault_vfs.pNext = NULL;
  fault_vfs.zName = "fault";
  fault_vfs.szOsFile = (int) sizeof (FaultFile) + real_vfs->szOsFile;
  fault_vfs.xOpen = vfs_open;
  fault_vfs.xDelete = vfs_delete;
  fault_vfs.xAccess = vfs_access;
  g_assert_cmpint (sqlite3_vfs_register (&fault_vfs, 1), ==, SQLITE_OK);
}
