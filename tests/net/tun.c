/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "tun.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define NAMESPACE_FOLDER "/run/netns"
#define DEVICE "/dev/net/tun"
/* So many packets wait for this process while it is held up; the kernel drops what comes beyond. */
#define KERNEL_QUEUE 10000
#define PREFIX_MAX 32

static gboolean
fail (GError **error, const char *what)
{
  int number = errno;

  g_set_error (error, G_FILE_ERROR, g_file_error_from_errno (number), "%s: %s", what,
               g_strerror (number));
  return FALSE;
}

static gboolean
enter_namespace (const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (NAMESPACE_FOLDER, name, NULL);
  int fd = open (path, O_RDONLY | O_CLOEXEC);
  gboolean done = fd >= 0 && setns (fd, CLONE_NEWNET) == 0;

  if (!done)
    fail (error, path);
  if (fd >= 0)
    close (fd);
  return done;
}

/* ADDRESS/PREFIX */
static gboolean
parse_address (const char *text, struct in_addr *address, struct in_addr *mask, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", 2);
  guint64 prefix = 0;

  if (g_strv_length (parts) != 2 || inet_pton (AF_INET, parts[0], address) != 1
      || !g_ascii_string_to_unsigned (parts[1], 10, 1, PREFIX_MAX, &prefix, NULL))
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL,
                   "“%s” is no IPv4 address with the length of its prefix", text);
      return FALSE;
    }
  mask->s_addr = htonl (G_MAXUINT32 << (PREFIX_MAX - prefix));
  return TRUE;
}

static gboolean
set_address (int control, struct ifreq *request, gulong number, struct in_addr address)
{
  struct sockaddr_in socket_address = { .sin_family = AF_INET, .sin_addr = address };

  memcpy (&request->ifr_addr, &socket_address, sizeof socket_address);
  return ioctl (control, number, request) == 0;
}

static gboolean
bring_up (const char *name, const char *text, GError **error)
{
  struct ifreq request = { 0 };
  struct in_addr address;
  struct in_addr mask;
  gboolean done;
  int control;

  if (!parse_address (text, &address, &mask, error))
    return FALSE;
  control = socket (AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  g_strlcpy (request.ifr_name, name, sizeof request.ifr_name);
  done = control >= 0 && set_address (control, &request, SIOCSIFADDR, address)
         && set_address (control, &request, SIOCSIFNETMASK, mask);
  request.ifr_qlen = KERNEL_QUEUE;
  done = done && ioctl (control, SIOCSIFTXQLEN, &request) == 0;
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  done = done && ioctl (control, SIOCSIFFLAGS, &request) == 0;
  if (!done)
    fail (error, name);
  if (control >= 0)
    close (control);
  return done;
}

/* Nobody sends IPv6 over it, and so the kernel need not look for routers there, which would be
 * packets that no test has sent. A kernel without IPv6 has no such file. */
static void
turn_off_ipv6 (const char *name)
{
  g_autofree char *path = g_strdup_printf ("/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
  FILE *file = fopen (path, "we");

  if (file == NULL)
    return;
  fputs ("1\n", file);
  fclose (file);
}

/**
 * tun_open:
 * @namespace_name: a network namespace, as `ip netns` names it
 * @interface_name: what the interface is to be called there; fewer than 16 bytes
 * @address: its IPv4 address with the length of the prefix
 * @error: return location for a #GError
 *
 * Makes an interface that ends in this process, which then stays in that namespace. A read takes
 * one packet that was sent there, a write lets one arrive there; neither waits.
 *
 * Returns: a file descriptor, which is the interface's life, or -1 with a #GFileError
 */
int
tun_open (const char *namespace_name,
          const char *interface_name,
          const char *address,
          GError **error)
{
  struct ifreq request = { .ifr_flags = IFF_TUN | IFF_NO_PI };
  int fd;

  if (*interface_name == '\0' || strlen (interface_name) >= IFNAMSIZ)
    {
      g_set_error (error, G_FILE_ERROR, G_FILE_ERROR_INVAL, "“%s” is no name of an interface",
                   interface_name);
      return -1;
    }
  g_strlcpy (request.ifr_name, interface_name, sizeof request.ifr_name);
  /* The interface belongs to the namespace in which the device is opened. */
  if (!enter_namespace (namespace_name, error))
    return -1;
  fd = open (DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    {
      fail (error, DEVICE);
      return -1;
    }
  if (ioctl (fd, TUNSETIFF, &request) < 0)
    fail (error, interface_name);
  else
    {
      turn_off_ipv6 (interface_name);
      if (bring_up (interface_name, address, error))
        return fd;
    }
  close (fd);
  return -1;
}
