/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-network"

#include "network/gc-route-table.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <netpacket/packet.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The kernel sends up to 32 kB at once. */
#define BUFFER_SIZE 32768
/* A handset has a dozen routes; this is some 10,000. */
#define READS_MAX 64
/* The kernel answers at once, or something is very wrong. */
#define PATIENCE_S 1
/* Any port will do to ask for a way. */
#define DISCARD_PORT 9

/* --- default routes, from netlink (rtnetlink(7)) --- */

/* A piece of an answer. The kernel's own macros for this do not mind where it ends, nor how it is
 * aligned. */
typedef struct
{
  const guint8 *data;
  gsize length;
} Piece;

/* Whether there is that much; then it is copied to @to. */
static gboolean
read_head (const Piece *piece, gpointer to, gsize size)
{
  if (piece->length < size)
    return FALSE;
  memcpy (to, piece->data, size);
  return TRUE;
}

/* Takes the first @length bytes off and says what is in them behind a head of @head bytes. What
 * follows is aligned. */
static Piece
take (Piece *piece, gsize length, gsize head)
{
  Piece taken = { piece->data + head, length - head };
  gsize step = MIN (NLMSG_ALIGN (length), piece->length);

  piece->data += step;
  piece->length -= step;
  return taken;
}

static void
parse_route (Piece message, GArray *routes)
{
  GcDefaultRoute found = { 0, 0 };
  struct rtmsg route;
  struct rtattr attribute;

  if (!read_head (&message, &route, sizeof route) || route.rtm_dst_len != 0
      || route.rtm_type != RTN_UNICAST || route.rtm_table != RT_TABLE_MAIN)
    return;
  take (&message, sizeof route, sizeof route);
  while (read_head (&message, &attribute, sizeof attribute) && attribute.rta_len >= sizeof attribute
         && attribute.rta_len <= message.length)
    {
      Piece value = take (&message, attribute.rta_len, sizeof attribute);

      if (attribute.rta_type == RTA_OIF)
        read_head (&value, &found.index, sizeof found.index);
      else if (attribute.rta_type == RTA_PRIORITY)
        read_head (&value, &found.metric, sizeof found.metric);
    }
  if (found.index != 0)
    g_array_append_val (routes, found);
}

/**
 * gc_route_table_parse:
 * @data: what the kernel sent for RTM_GETROUTE
 * @length: bytes
 * @routes: (element-type GcDefaultRoute): to this the default routes are added
 *
 * What is damaged is passed over. Any thread.
 *
 * Returns: whether there is more to come
 */
gboolean
gc_route_table_parse (gconstpointer data, gsize length, GArray *routes)
{
  Piece answer = { data, length };
  struct nlmsghdr header;

  while (read_head (&answer, &header, sizeof header) && header.nlmsg_len >= sizeof header
         && header.nlmsg_len <= answer.length)
    {
      if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR)
        return FALSE;
      if (header.nlmsg_type == RTM_NEWROUTE)
        parse_route (take (&answer, header.nlmsg_len, sizeof header), routes);
      else
        take (&answer, header.nlmsg_len, sizeof header);
    }
  return length > 0;
}

static gboolean
ask_for_routes (int fd)
{
  const struct timeval patience = { .tv_sec = PATIENCE_S };
  const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
  struct
  {
    struct nlmsghdr header;
    struct rtmsg route;
  } request = {
    .header = { .nlmsg_len = sizeof request,
                .nlmsg_type = RTM_GETROUTE,
                .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
    .route = { .rtm_family = AF_UNSPEC },
  };

  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  return sendto (fd, &request, request.header.nlmsg_len, 0, (const struct sockaddr *) &kernel,
                 sizeof kernel)
         >= 0;
}

static GArray *
read_default_routes (void)
{
  GArray *routes = g_array_new (FALSE, FALSE, sizeof (GcDefaultRoute));
  g_autofree gpointer buffer = g_malloc (BUFFER_SIZE);
  int fd = socket (AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  gboolean more = fd >= 0 && ask_for_routes (fd);

  for (guint i = 0; more && i < READS_MAX; i++)
    {
      struct sockaddr_nl sender = { 0 };
      socklen_t size = sizeof sender;
      gssize length = recvfrom (fd, buffer, BUFFER_SIZE, 0, (struct sockaddr *) &sender, &size);

      /* Other processes may write to this socket, too. */
      if (length < 0 || sender.nl_pid == 0)
        more = length > 0 && gc_route_table_parse (buffer, (gsize) length, routes);
    }
  if (fd >= 0)
    close (fd);
  return routes;
}

static const GcDefaultRoute *
find_route (GArray *routes, guint index)
{
  const GcDefaultRoute *best = NULL;

  for (guint i = 0; i < routes->len; i++)
    {
      const GcDefaultRoute *route = &g_array_index (routes, GcDefaultRoute, i);

      if (route->index == index && (best == NULL || route->metric < best->metric))
        best = route;
    }
  return best;
}

/* --- interfaces and their addresses --- */

static char *
dup_address (const struct sockaddr *address)
{
  g_autoptr (GSocketAddress) native = NULL;
  GInetAddress *inet;

  if (address == NULL || (address->sa_family != AF_INET && address->sa_family != AF_INET6))
    return NULL;
  native = g_socket_address_new_from_native (
      (gpointer) address,
      address->sa_family == AF_INET ? sizeof (struct sockaddr_in) : sizeof (struct sockaddr_in6));
  inet = g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (native));
  return g_inet_address_to_string (inet);
}

static gboolean
is_of_one_link (const char *address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (address);

  return inet == NULL || g_inet_address_get_is_link_local (inet)
         || g_inet_address_get_is_loopback (inet);
}

static int
compare_addresses (gconstpointer a, gconstpointer b)
{
  const char *first = *(const char *const *) a;
  const char *second = *(const char *const *) b;
  gboolean ipv6 = strchr (first, ':') != NULL;

  if (ipv6 != (strchr (second, ':') != NULL))
    return ipv6 ? 1 : -1;
  return strcmp (first, second);
}

static GStrv
list_addresses (const struct ifaddrs *interfaces, const char *name)
{
  GPtrArray *addresses = g_ptr_array_new_null_terminated (4, g_free, TRUE);

  for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next)
    {
      g_autofree char *address
          = strcmp (at->ifa_name, name) == 0 ? dup_address (at->ifa_addr) : NULL;

      if (address != NULL && !is_of_one_link (address))
        g_ptr_array_add (addresses, g_steal_pointer (&address));
    }
  g_ptr_array_sort (addresses, compare_addresses);
  return (GStrv) g_ptr_array_free (addresses, FALSE);
}

/* Whether a modem or a tunnel, the kernel does not say; a frame with addresses is a cable's or
 * Wi-Fi's. */
static GcUplink
guess_kind (const struct ifaddrs *interface)
{
  const struct sockaddr_ll *hardware = (gconstpointer) interface->ifa_addr;

  return hardware->sll_hatype == ARPHRD_ETHER ? GC_UPLINK_ETHERNET : GC_UPLINK_OTHER;
}

/* IFF_RUNNING: it hears its other end. */
static gboolean
is_up (const struct ifaddrs *at)
{
  return at->ifa_addr != NULL && (at->ifa_flags & IFF_UP) != 0
         && (at->ifa_flags & IFF_RUNNING) != 0;
}

/* Every interface has one entry of this family. */
static gboolean
is_way_out (const struct ifaddrs *at)
{
  return is_up (at) && at->ifa_addr->sa_family == AF_PACKET && (at->ifa_flags & IFF_LOOPBACK) == 0;
}

static int
compare_paths (gconstpointer a, gconstpointer b)
{
  const GcPath *first = *(const GcPath *const *) a;
  const GcPath *second = *(const GcPath *const *) b;

  if (first->metric != second->metric)
    return first->metric < second->metric ? -1 : 1;
  return strcmp (first->interface, second->interface);
}

/**
 * gc_route_table_read:
 *
 * Asks the kernel; nothing is sent. Where it has default routes of IPv4 and IPv6 over one
 * interface, the smaller metric counts. Any thread.
 *
 * Returns: (transfer full) (element-type GcPath): the ways out, the one that is taken first; kind
 *   is %GC_UPLINK_ETHERNET or %GC_UPLINK_OTHER, for the kernel does not know better
 */
GPtrArray *
gc_route_table_read (void)
{
  GPtrArray *paths = gc_paths_new ();
  g_autoptr (GArray) routes = read_default_routes ();
  struct ifaddrs *interfaces = NULL;

  if (getifaddrs (&interfaces) != 0)
    return paths;
  for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next)
    {
      const GcDefaultRoute *route
          = is_way_out (at) ? find_route (routes, if_nametoindex (at->ifa_name)) : NULL;
      g_auto (GStrv) addresses = route != NULL ? list_addresses (interfaces, at->ifa_name) : NULL;
      GcPath *path;

      if (addresses == NULL || addresses[0] == NULL)
        continue;
      path = g_new0 (GcPath, 1);
      path->interface = g_strdup (at->ifa_name);
      path->addresses = g_steal_pointer (&addresses);
      path->metric = route->metric;
      path->kind = guess_kind (at);
      g_ptr_array_add (paths, path);
    }
  freeifaddrs (interfaces);
  g_ptr_array_sort (paths, compare_paths);
  return paths;
}

/**
 * gc_route_table_find_source:
 * @destination: an address, as text
 *
 * Which address of ours packets to @destination would bear now; that tells which way they would
 * go. Nothing is sent: connecting a UDP socket only asks the kernel. Any thread.
 *
 * Returns: (transfer full) (nullable): an address, as text; %NULL if there is no way
 */
char *
gc_route_table_find_source (const char *destination)
{
  g_autoptr (GSocketAddress) far
      = g_inet_socket_address_new_from_string (destination, DISCARD_PORT);
  g_autoptr (GSocketAddress) near = NULL;
  g_autoptr (GSocket) socket = NULL;

  if (far == NULL)
    return NULL;
  socket = g_socket_new (g_socket_address_get_family (far), G_SOCKET_TYPE_DATAGRAM,
                         G_SOCKET_PROTOCOL_UDP, NULL);
  if (socket != NULL && g_socket_connect (socket, far, NULL, NULL))
    near = g_socket_get_local_address (socket, NULL);
  return near != NULL ? g_inet_address_to_string (
                            g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (near)))
                      : NULL;
}

/**
 * gc_route_table_find_interface:
 * @address: an address of ours, as text
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): name of the interface that has the address; %NULL if none
 *   has, or it is down, or does not hear its other end
 */
char *
gc_route_table_find_interface (const char *address)
{
  struct ifaddrs *interfaces = NULL;
  char *name = NULL;

  if (getifaddrs (&interfaces) != 0)
    return NULL;
  for (const struct ifaddrs *at = interfaces; at != NULL && name == NULL; at = at->ifa_next)
    {
      g_autofree char *text = is_up (at) ? dup_address (at->ifa_addr) : NULL;

      if (g_strcmp0 (text, address) == 0)
        name = g_strdup (at->ifa_name);
    }
  freeifaddrs (interfaces);
  return name;
}
