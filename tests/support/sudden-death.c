/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A library for LD_PRELOAD: ends the process, as SIGKILL or an empty battery do, at one of the
 * writes that it makes below a folder. The environment says where and how:
 *
 *   SUDDEN_DEATH_BELOW   the folder, absolute
 *   SUDDEN_DEATH_AT      at which write, from 1
 *   SUDDEN_DEATH_HOW     before   instead of it
 *                        torn     when the first half of it is done
 *                        flat     instead of it, and what was written but not synced is lost
 *
 * A write is whatever changes a file or makes it durable: write(), writev(), pwrite(), ftruncate(),
 * fsync(), fdatasync(), rename() and unlink(). A flat battery is hardest: nothing of what was not
 * synced has reached the disk. Names of files are not lost: all file systems that handsets have
 * keep them in order.
 */

/* Otherwise pwrite() and pwrite64() are one name, and programs use both. */
#undef _FILE_OFFSET_BITS

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define DESCRIPTOR_PATH_MAX 64

/* What a file was before a write that is not synced. */
typedef struct Undo Undo;
struct Undo
{
  Undo *older;
  off_t length;
  off_t offset;
  size_t size;
  unsigned char bytes[];
};

/* A file that was written to. */
typedef struct File File;
struct File
{
  File *next;
  dev_t device;
  ino_t inode;
  int fd; /* our own; never closed, for that would drop the locks that SQLite has on the file */
  Undo *undo;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *below;
static unsigned long at;
static unsigned long count;
static int torn;
static int flat;
static File *files;

static ssize_t (*real_write) (int, const void *, size_t);
static ssize_t (*real_writev) (int, const struct iovec *, int);
static ssize_t (*real_pwrite) (int, const void *, size_t, off64_t);
static int (*real_ftruncate) (int, off64_t);
static int (*real_fsync) (int);
static int (*real_fdatasync) (int);
static int (*real_rename) (const char *, const char *);
static int (*real_unlink) (const char *);

#define FIND(pointer, name) *(void **) &(pointer) = dlsym (RTLD_NEXT, name)

static void
find_functions (void)
{
  FIND (real_write, "write");
  FIND (real_writev, "writev");
  FIND (real_pwrite, "pwrite64");
  FIND (real_ftruncate, "ftruncate64");
  FIND (real_fsync, "fsync");
  FIND (real_fdatasync, "fdatasync");
  FIND (real_rename, "rename");
  FIND (real_unlink, "unlink");
}

static void
ensure_functions (void)
{
  static pthread_once_t once = PTHREAD_ONCE_INIT;

  pthread_once (&once, find_functions);
}

__attribute__ ((constructor)) static void
read_environment (void)
{
  const char *number = getenv ("SUDDEN_DEATH_AT");
  const char *how = getenv ("SUDDEN_DEATH_HOW");

  ensure_functions ();
  below = getenv ("SUDDEN_DEATH_BELOW");
  at = number != NULL ? strtoul (number, NULL, 10) : 0;
  torn = how != NULL && strcmp (how, "torn") == 0;
  flat = how != NULL && strcmp (how, "flat") == 0;
}

/* --- where it happens --- */

static int
is_below (const char *path)
{
  size_t length = below != NULL ? strlen (below) : 0;

  return length > 0 && strncmp (path, below, length) == 0 && path[length] == '/';
}

static int
is_watched (int fd)
{
  char link[DESCRIPTOR_PATH_MAX];
  char path[PATH_MAX];
  ssize_t length;

  if (below == NULL || at == 0)
    return 0;
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink (link, path, sizeof path - 1);
  if (length < 0)
    return 0;
  path[length] = '\0';
  return is_below (path);
}

/* --- the flat battery --- */

static File *
find_file (int fd, const struct stat *status)
{
  char link[DESCRIPTOR_PATH_MAX];
  File *file;

  for (file = files; file != NULL; file = file->next)
    if (file->device == status->st_dev && file->inode == status->st_ino)
      return file;
  file = calloc (1, sizeof *file);
  if (file == NULL)
    abort ();
  snprintf (link, sizeof link, "/proc/self/fd/%d", fd);
  file->device = status->st_dev;
  file->inode = status->st_ino;
  file->fd = open (link, O_RDWR | O_CLOEXEC);
  file->next = files;
  files = file;
  return file;
}

static void
remember (int fd, off_t offset, size_t size)
{
  struct stat status;
  File *file;
  Undo *entry;
  ssize_t got;

  if (!flat || fstat (fd, &status) != 0)
    return;
  file = find_file (fd, &status);
  entry = malloc (sizeof *entry + size);
  if (entry == NULL)
    abort ();
  got = pread (file->fd, entry->bytes, size, offset);
  entry->size = got > 0 ? (size_t) got : 0;
  entry->offset = offset;
  entry->length = status.st_size;
  entry->older = file->undo;
  file->undo = entry;
}

static void
forget (int fd)
{
  struct stat status;
  File *file;

  if (!flat || fstat (fd, &status) != 0)
    return;
  file = find_file (fd, &status);
  while (file->undo != NULL)
    {
      Undo *entry = file->undo;

      file->undo = entry->older;
      free (entry);
    }
}

static void
lose_what_is_not_synced (void)
{
  for (File *file = files; file != NULL; file = file->next)
    for (Undo *entry = file->undo; entry != NULL; entry = entry->older)
      {
        real_pwrite (file->fd, entry->bytes, entry->size, entry->offset);
        real_ftruncate (file->fd, entry->length);
      }
}

/* --- death --- */

static void
die (void)
{
  lose_what_is_not_synced ();
  kill (getpid (), SIGKILL);
  for (;;)
    pause ();
}

/* Before each write, with the lock held: whether it is the one that shall be done by half. */
static int
is_half (void)
{
  if (++count != at)
    return 0;
  if (!torn)
    die ();
  return 1;
}

ssize_t
write (int fd, const void *bytes, size_t size)
{
  ssize_t done;

  ensure_functions ();
  if (!is_watched (fd))
    return real_write (fd, bytes, size);
  pthread_mutex_lock (&lock);
  if (is_half ())
    {
      real_write (fd, bytes, size / 2);
      die ();
    }
  remember (fd, lseek (fd, 0, SEEK_CUR), size);
  done = real_write (fd, bytes, size);
  pthread_mutex_unlock (&lock);
  return done;
}

ssize_t
writev (int fd, const struct iovec *parts, int n)
{
  ssize_t done;
  size_t size = 0;

  ensure_functions ();
  if (!is_watched (fd))
    return real_writev (fd, parts, n);
  pthread_mutex_lock (&lock);
  if (is_half ())
    {
      real_writev (fd, parts, n / 2);
      die ();
    }
  for (int i = 0; i < n; i++)
    size += parts[i].iov_len;
  remember (fd, lseek (fd, 0, SEEK_CUR), size);
  done = real_writev (fd, parts, n);
  pthread_mutex_unlock (&lock);
  return done;
}

ssize_t
pwrite64 (int fd, const void *bytes, size_t size, off64_t offset)
{
  ssize_t done;

  ensure_functions ();
  if (!is_watched (fd))
    return real_pwrite (fd, bytes, size, offset);
  pthread_mutex_lock (&lock);
  if (is_half ())
    {
      real_pwrite (fd, bytes, size / 2, offset);
      die ();
    }
  remember (fd, offset, size);
  done = real_pwrite (fd, bytes, size, offset);
  pthread_mutex_unlock (&lock);
  return done;
}

ssize_t
pwrite (int fd, const void *bytes, size_t size, off_t offset)
{
  return pwrite64 (fd, bytes, size, offset);
}

/* What cannot be done by half. */
static void
begin_whole (void)
{
  pthread_mutex_lock (&lock);
  if (is_half ())
    die ();
}

int
ftruncate64 (int fd, off64_t length)
{
  struct stat status;
  int result;

  ensure_functions ();
  if (!is_watched (fd))
    return real_ftruncate (fd, length);
  begin_whole ();
  if (fstat (fd, &status) == 0)
    remember (fd, length, status.st_size > length ? (size_t) (status.st_size - length) : 0);
  result = real_ftruncate (fd, length);
  pthread_mutex_unlock (&lock);
  return result;
}

int
ftruncate (int fd, off_t length)
{
  return ftruncate64 (fd, length);
}

static int
sync_file (int fd, int (*real) (int))
{
  int result;

  if (!is_watched (fd))
    return real (fd);
  begin_whole ();
  result = real (fd);
  if (result == 0)
    forget (fd);
  pthread_mutex_unlock (&lock);
  return result;
}

int
fsync (int fd)
{
  ensure_functions ();
  return sync_file (fd, real_fsync);
}

int
fdatasync (int fd)
{
  ensure_functions ();
  return sync_file (fd, real_fdatasync);
}

int
rename (const char *from, const char *to)
{
  int result;

  ensure_functions ();
  if (at == 0 || !is_below (to))
    return real_rename (from, to);
  begin_whole ();
  result = real_rename (from, to);
  pthread_mutex_unlock (&lock);
  return result;
}

int
unlink (const char *path)
{
  int result;

  ensure_functions ();
  if (at == 0 || !is_below (path))
    return real_unlink (path);
  begin_whole ();
  result = real_unlink (path);
  pthread_mutex_unlock (&lock);
  return result;
}
