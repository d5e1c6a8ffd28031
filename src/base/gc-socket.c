/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-base"

#include "base/gc-socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/**
 * gc_socket_tie:
 * @socket: a socket, before anything is sent
 * @interface: name of a network interface
 *
 * From now on it talks over this interface alone. The kernel looks for a way by the destination
 * only: it would send a packet that bears one interface's address out of another one. Everybody may
 * do this once for a socket (socket(7)); what is tied stays so. Any thread.
 *
 * Returns: whether it is tied; if not, the kernel goes on choosing
 */
gboolean
gc_socket_tie (GSocket *socket, const char *interface)
{
  if (setsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_BINDTODEVICE, interface,
                  (socklen_t) strlen (interface))
          == 0
      || errno == EPERM)
    return TRUE;
  g_debug ("a socket is not tied to %s: %s", interface, g_strerror (errno));
  return FALSE;
}
