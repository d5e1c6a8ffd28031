/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Stands before the C library's calls on files and sockets, whoever makes them in this process: our
 * own code, GLib, GnuTLS or SQLite. What ends things, as close(), does not fail: nobody looks. */

/* Otherwise open() and open64() are one name, and programs use both. */
#undef _FILE_OFFSET_BITS

#include "test-faults-private.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdarg.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define DESCRIPTOR_PATH_MAX 64

#define FIND_REAL(name)                                                                            \
  static __typeof__ (name) *real;                                                                  \
  if (real == NULL)                                                                                \
  *(void **) &real = dlsym (RTLD_NEXT, #name)

/* --- which calls are meant --- */

static gboolean
path_fails (const char *path, TestCallNeeds needs)
{
  int error = test_faults_strike_file (path, needs);

  if (error != 0)
    errno = error;
  return error != 0;
}

static gboolean
file_fails (int fd, TestCallNeeds needs)
{
  char name[DESCRIPTOR_PATH_MAX];
  char path[PATH_MAX];
  ssize_t length;

  if (!test_faults_are_armed (TEST_FAULTS_FILES))
    return FALSE;
  g_snprintf (name, sizeof name, "/proc/self/fd/%d", fd);
  length = readlink (name, path, sizeof path - 1);
  if (length <= 0)
    return FALSE;
  path[length] = '\0';
  return path_fails (path, needs);
}

static gboolean
socket_fails (int fd, TestCallNeeds needs)
{
  struct sockaddr_storage address = { 0 };
  socklen_t length = sizeof address;
  int saved_errno = errno;
  int error;

  if (!test_faults_are_armed (TEST_FAULTS_SOCKETS))
    return FALSE;
  FIND_REAL (getsockname);
  if (real (fd, (struct sockaddr *) &address, &length) != 0
      || (address.ss_family != AF_INET && address.ss_family != AF_INET6))
    {
      errno = saved_errno;
      return FALSE;
    }
  error = test_faults_strike_socket (needs);
  errno = error != 0 ? error : saved_errno;
  return error != 0;
}

/* --- files --- */

#define OPEN(name)                                                                                 \
  int name (const char *path, int flags, ...)                                                      \
  {                                                                                                \
    mode_t mode = 0;                                                                               \
    va_list rest;                                                                                  \
                                                                                                   \
    FIND_REAL (name);                                                                              \
    va_start (rest, flags);                                                                        \
    if ((flags & O_CREAT) != 0)                                                                    \
      mode = va_arg (rest, mode_t);                                                                \
    va_end (rest);                                                                                 \
    if (path_fails (path, TEST_CALL_OPENS | ((flags & O_CREAT) != 0 ? TEST_CALL_NEEDS_ROOM : 0)))  \
      return -1;                                                                                   \
    return real (path, flags, mode);                                                               \
  }

/* By half, as on a disk that becomes full, or is pulled out. */
#define WRITE(name, arguments, half, whole)                                                        \
  ssize_t name arguments                                                                           \
  {                                                                                                \
    FIND_REAL (name);                                                                              \
    if (file_fails (fd, TEST_CALL_NEEDS_ROOM))                                                     \
      {                                                                                            \
        int error = errno;                                                                         \
        ssize_t ignored = real half;                                                               \
                                                                                                   \
        (void) ignored;                                                                            \
        errno = error;                                                                             \
        return -1;                                                                                 \
      }                                                                                            \
    return real whole;                                                                             \
  }

#define ON_FILE(type, name, parameters, arguments, needs)                                          \
  type name parameters                                                                             \
  {                                                                                                \
    FIND_REAL (name);                                                                              \
    if (file_fails (fd, needs))                                                                    \
      return -1;                                                                                   \
    return real arguments;                                                                         \
  }

#define ON_PATH(name, parameters, arguments, needs)                                                \
  int name parameters                                                                              \
  {                                                                                                \
    FIND_REAL (name);                                                                              \
    if (path_fails (path, needs))                                                                  \
      return -1;                                                                                   \
    return real arguments;                                                                         \
  }

OPEN (open)
OPEN (open64)

WRITE (write, (int fd, const void *data, size_t length), (fd, data, length / 2), (fd, data, length))
WRITE (pwrite,
       (int fd, const void *data, size_t length, off_t offset),
       (fd, data, length / 2, offset),
       (fd, data, length, offset))
WRITE (pwrite64,
       (int fd, const void *data, size_t length, off64_t offset),
       (fd, data, length / 2, offset),
       (fd, data, length, offset))

ON_FILE (ssize_t, read, (int fd, void *data, size_t length), (fd, data, length), 0)
ON_FILE (ssize_t,
         pread,
         (int fd, void *data, size_t length, off_t offset),
         (fd, data, length, offset),
         0)
ON_FILE (ssize_t,
         pread64,
         (int fd, void *data, size_t length, off64_t offset),
         (fd, data, length, offset),
         0)
ON_FILE (int, ftruncate, (int fd, off_t length), (fd, length), TEST_CALL_NEEDS_ROOM)
ON_FILE (int, ftruncate64, (int fd, off64_t length), (fd, length), TEST_CALL_NEEDS_ROOM)
ON_FILE (int, fsync, (int fd), (fd), 0)
ON_FILE (int, fdatasync, (int fd), (fd), 0)
ON_FILE (int, fchmod, (int fd, mode_t mode), (fd, mode), 0)
ON_FILE (int, flock, (int fd, int what), (fd, what), 0)

ON_PATH (rename, (const char *path, const char *to), (path, to), TEST_CALL_NEEDS_ROOM)
ON_PATH (unlink, (const char *path), (path), 0)
ON_PATH (mkdir, (const char *path, mode_t mode), (path, mode), TEST_CALL_NEEDS_ROOM)
ON_PATH (chmod, (const char *path, mode_t mode), (path, mode), 0)
ON_PATH (access, (const char *path, int mode), (path, mode), 0)

/* --- sockets --- */

#define ON_SOCKET(type, name, parameters, arguments)                                               \
  type name parameters                                                                             \
  {                                                                                                \
    FIND_REAL (name);                                                                              \
    if (socket_fails (fd, 0))                                                                      \
      return -1;                                                                                   \
    return real arguments;                                                                         \
  }

int
socket (int domain, int type, int protocol)
{
  FIND_REAL (socket);
  if ((domain == AF_INET || domain == AF_INET6) && test_faults_are_armed (TEST_FAULTS_SOCKETS))
    {
      int error = test_faults_strike_socket (TEST_CALL_OPENS);

      if (error != 0)
        {
          errno = error;
          return -1;
        }
    }
  return real (domain, type, protocol);
}

int
accept4 (int fd, struct sockaddr *address, socklen_t *length, int flags)
{
  FIND_REAL (accept4);
  if (socket_fails (fd, TEST_CALL_OPENS))
    return -1;
  return real (fd, address, length, flags);
}

ON_SOCKET (int,
           connect,
           (int fd, const struct sockaddr *address, socklen_t length),
           (fd, address, length))
ON_SOCKET (ssize_t, sendmsg, (int fd, const struct msghdr *what, int flags), (fd, what, flags))
ON_SOCKET (ssize_t,
           send,
           (int fd, const void *data, size_t length, int flags),
           (fd, data, length, flags))
ON_SOCKET (ssize_t, recvmsg, (int fd, struct msghdr *what, int flags), (fd, what, flags))
ON_SOCKET (ssize_t, recv, (int fd, void *data, size_t length, int flags), (fd, data, length, flags))
ON_SOCKET (int,
           getsockopt,
           (int fd, int level, int name, void *value, socklen_t *length),
           (fd, level, name, value, length))
ON_SOCKET (int,
           setsockopt,
           (int fd, int level, int name, const void *value, socklen_t length),
           (fd, level, name, value, length))
ON_SOCKET (int,
           getsockname,
           (int fd, struct sockaddr *address, socklen_t *length),
           (fd, address, length))
ON_SOCKET (int,
           getpeername,
           (int fd, struct sockaddr *address, socklen_t *length),
           (fd, address, length))

int
epoll_ctl (int poll, int what, int fd, struct epoll_event *event)
{
  FIND_REAL (epoll_ctl);
  if (what != EPOLL_CTL_DEL && socket_fails (fd, 0))
    return -1;
  return real (poll, what, fd, event);
}
