/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-network"

#include "network/gc-route-monitor.h"

#include "network/gc-route-table.h"

#include <errno.h>
#include <glib-unix.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <unistd.h>

/* One change is told in several messages: of the carrier, the addresses, the routes. */
#define SETTLE_MS 20

struct _GcRouteMonitor
{
  GObject parent_instance;

  int fd; /* -1 if the kernel gives no netlink socket */
  guint watch;
  guint settling;
  GPtrArray *paths;
};

G_DEFINE_FINAL_TYPE (GcRouteMonitor, gc_route_monitor, G_TYPE_OBJECT)

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static gboolean
on_settled (gpointer user_data)
{
  GcRouteMonitor *self = user_data;
  GPtrArray *paths = gc_route_table_read ();

  self->settling = 0;
  if (gc_paths_equal (paths, self->paths))
    {
      g_ptr_array_unref (paths);
      return G_SOURCE_REMOVE;
    }
  g_ptr_array_unref (self->paths);
  self->paths = paths;
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0);
  return G_SOURCE_REMOVE;
}

/* What the messages say does not matter, nor that some were lost (ENOBUFS): the tables are read. */
static gboolean
on_message (int fd, GIOCondition condition, gpointer user_data)
{
  GcRouteMonitor *self = user_data;
  char discarded[256];
  gssize length;

  do
    length = recv (fd, discarded, sizeof discarded, MSG_DONTWAIT | MSG_TRUNC);
  while (length >= 0 || errno == ENOBUFS || errno == EINTR);
  if (self->settling == 0)
    self->settling = g_timeout_add (SETTLE_MS, on_settled, self);
  return G_SOURCE_CONTINUE;
}

static void
gc_route_monitor_dispose (GObject *object)
{
  GcRouteMonitor *self = GC_ROUTE_MONITOR (object);

  g_clear_handle_id (&self->watch, g_source_remove);
  g_clear_handle_id (&self->settling, g_source_remove);
  g_clear_fd (&self->fd, NULL);
  g_clear_pointer (&self->paths, g_ptr_array_unref);
  G_OBJECT_CLASS (gc_route_monitor_parent_class)->dispose (object);
}

static void
gc_route_monitor_class_init (GcRouteMonitorClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_route_monitor_dispose;
  /**
   * GcRouteMonitor::changed:
   *
   * The paths are others, or in another order.
   */
  signals[SIGNAL_CHANGED] = g_signal_new ("changed", GC_TYPE_ROUTE_MONITOR, G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static int
open_netlink (void)
{
  const struct sockaddr_nl groups = {
    .nl_family = AF_NETLINK,
    .nl_groups
    = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR | RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE,
  };
  g_autofd int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);

  if (fd < 0 || bind (fd, (const struct sockaddr *) &groups, sizeof groups) < 0)
    {
      g_message ("The kernel tells nothing of its routes: %s", g_strerror (errno));
      return -1;
    }
  return g_steal_fd (&fd);
}

static void
gc_route_monitor_init (GcRouteMonitor *self)
{
  self->fd = open_netlink ();
  if (self->fd >= 0)
    self->watch = g_unix_fd_add (self->fd, G_IO_IN | G_IO_ERR, on_message, self);
  self->paths = gc_route_table_read ();
}

/**
 * gc_route_monitor_new:
 *
 * Main context.
 *
 * Returns: (transfer full): the monitor, which knows the paths of this moment
 */
GcRouteMonitor *
gc_route_monitor_new (void)
{
  return g_object_new (GC_TYPE_ROUTE_MONITOR, NULL);
}

/**
 * gc_route_monitor_get_paths:
 * @self: a monitor
 *
 * Returns: (transfer none) (element-type GcPath): the ways out, the one that is taken first; it
 *   does not change, another one takes its place
 */
GPtrArray *
gc_route_monitor_get_paths (GcRouteMonitor *self)
{
  g_return_val_if_fail (GC_IS_ROUTE_MONITOR (self), NULL);

  return self->paths;
}
