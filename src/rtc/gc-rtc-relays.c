/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"
#define GST_USE_UNSTABLE_API

#include "rtc/gc-rtc-relays.h"

#include "base/gc-clock.h"
#include "rtc/gc-rtc-leave.h"
#include "rtc/gc-turn-probe.h"
#include "rtc/gc-turn-tunnel.h"

#include <agent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

/* A name may have any number. */
#define ADDRESSES_MAX 4
/* A relay that is not there by now is asked why not. It took five round trips at most, and three
 * repetitions. */
#define JUDGE_AFTER_MS 3000
#define STREAM 1

typedef struct
{
  const GcIceServer *server;
  GcTurnTunnel *tunnel; /* NULL: over UDP, or not in use */
} Relay;

struct _GcRtcRelays
{
  GObject parent_instance;

  GPtrArray *servers;
  GArray *relays; /* of Relay: the TURN servers that were given away */
  char *interface;
  GSocketFamily loopback; /* of the tunnels: libnice joins like with like only */
  GTask *opening;
  gint64 began_ms;
  guint lookups;
  GSource *deadline;
  GWeakRef agent;
  GSource *judgement;
  GCancellable *cancellable;
};

G_DEFINE_FINAL_TYPE (GcRtcRelays, gc_rtc_relays, G_TYPE_OBJECT)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (NiceAgent, g_object_unref)

static gboolean
is_turn (const GcIceServer *server)
{
  return strcmp (server->scheme, "stun") != 0;
}

static gboolean
is_ipv6 (const char *address)
{
  return strchr (address, ':') != NULL;
}

static void
say_unused (const GcIceServer *server, const char *reason)
{
  g_autofree char *name = gc_ice_server_print (server);

  g_message ("The %s %s is not used: %s", is_turn (server) ? "relay" : "STUN server", name, reason);
}

static void
stop_source (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static GSource *
call_after (guint ms, GSourceFunc func, gpointer data)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  return source;
}

/* --- names --- */

typedef struct
{
  GcRtcRelays *relays;
  GPtrArray *servers; /* keeps server */
  GcIceServer *server;
} Lookup;

static void
finish_opening (GcRtcRelays *self)
{
  g_autoptr (GTask) task = g_steal_pointer (&self->opening);

  stop_source (&self->deadline);
  if (task != NULL)
    g_task_return_int (task, (gssize) (gc_clock_monotonic_ms () - self->began_ms));
}

static gboolean
on_deadline (gpointer user_data)
{
  finish_opening (user_data);
  return G_SOURCE_REMOVE;
}

static GPtrArray *
addresses_new (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Lookup *lookup = user_data;
  GcRtcRelays *self = lookup->relays;
  g_autoptr (GError) error = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (source), result, &error);

  if (found == NULL)
    say_unused (lookup->server, error->message);
  else if (lookup->server->addresses == NULL)
    {
      lookup->server->addresses = addresses_new ();
      for (GList *at = found; at != NULL && lookup->server->addresses->len < ADDRESSES_MAX;
           at = at->next)
        g_ptr_array_add (lookup->server->addresses, g_inet_address_to_string (at->data));
    }
  g_resolver_free_addresses (found);
  if (--self->lookups == 0)
    finish_opening (self);
  g_ptr_array_unref (lookup->servers);
  g_object_unref (self);
  g_free (lookup);
}

/* What is found too late for this connection is known to the next. */
static void
look_up (GcRtcRelays *self, GcIceServer *server)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  Lookup *lookup = g_new0 (Lookup, 1);

  lookup->relays = g_object_ref (self);
  lookup->servers = g_ptr_array_ref (self->servers);
  lookup->server = server;
  self->lookups++;
  g_resolver_lookup_by_name_async (resolver, server->host, NULL, on_looked_up, lookup);
}

/**
 * gc_rtc_relays_open_async:
 * @self: new relays
 * @patience_ms: how long names may be looked up; those that take longer are left out
 * @cancellable: (nullable): to give up
 * @callback: called when the servers are known
 * @user_data: for @callback
 *
 * Looks the servers' names up, as the system does, and remembers what they mean in the servers
 * themselves: while uplinks change, the system may have nobody to ask. Main context.
 */
void
gc_rtc_relays_open_async (GcRtcRelays *self,
                          guint patience_ms,
                          GCancellable *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer user_data)
{
  g_return_if_fail (GC_IS_RTC_RELAYS (self) && self->opening == NULL);

  self->opening = g_task_new (self, cancellable, callback, user_data);
  self->began_ms = gc_clock_monotonic_ms ();
  for (guint i = 0; i < self->servers->len; i++)
    {
      GcIceServer *server = g_ptr_array_index (self->servers, i);

      if (server->addresses == NULL && g_hostname_is_ip_address (server->host))
        {
          server->addresses = addresses_new ();
          g_ptr_array_add (server->addresses, g_strdup (server->host));
        }
      else if (server->addresses == NULL)
        look_up (self, server);
    }
  if (self->lookups == 0)
    finish_opening (self);
  else
    self->deadline = call_after (patience_ms, on_deadline, self);
}

/**
 * gc_rtc_relays_open_finish:
 * @self: relays
 * @result: what the callback got
 * @spent_ms: (out): how long it took
 * @error: %G_IO_ERROR_CANCELLED
 *
 * Returns: whether to go on
 */
gboolean
gc_rtc_relays_open_finish (GcRtcRelays *self, GAsyncResult *result, guint *spent_ms, GError **error)
{
  gssize spent;

  g_return_val_if_fail (g_task_is_valid (result, self), FALSE);

  spent = g_task_propagate_int (G_TASK (result), error);
  *spent_ms = spent > 0 ? (guint) spent : 0;
  return spent >= 0;
}

/* --- why not --- */

/* libnice does not say whose relay a candidate is. Each server over UDP gives one for each socket,
 * each tunnel one in all; their sockets have no port for libnice. */
static guint
count_given (GSList *candidates, gboolean tunnelled)
{
  guint most = 0;

  for (GSList *at = candidates; at != NULL; at = at->next)
    {
      const NiceCandidate *candidate = at->data;
      guint count = 0;

      if ((nice_address_get_port (&candidate->base_addr) == 0) != tunnelled)
        continue;
      for (GSList *other = candidates; other != NULL; other = other->next)
        {
          const NiceCandidate *like = other->data;

          count += like->type == NICE_CANDIDATE_TYPE_RELAYED
                   && (tunnelled ? nice_address_get_port (&like->base_addr) == 0
                                 : nice_address_equal (&candidate->base_addr, &like->base_addr));
        }
      most = MAX (most, count);
    }
  return most;
}

static guint
count_relays (GcRtcRelays *self, gboolean tunnelled)
{
  guint count = 0;

  for (guint i = 0; i < self->relays->len; i++)
    count += (g_array_index (self->relays, Relay, i).tunnel != NULL) == tunnelled;
  return count;
}

static void
on_probed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autofree char *name = user_data;
  g_autofree char *reason = gc_turn_probe_finish (result);

  if (reason != NULL)
    g_message ("The relay %s is not used: %s", name, reason);
}

static void
judge (GcRtcRelays *self, const Relay *relay)
{
  const GError *error = relay->tunnel != NULL ? gc_turn_tunnel_get_error (relay->tunnel) : NULL;

  /* libnice keeps to itself what the server has said. */
  if (error != NULL)
    say_unused (relay->server, error->message);
  else
    gc_turn_probe_async (relay->server, self->interface, self->cancellable, on_probed,
                         gc_ice_server_print (relay->server));
}

static gboolean
on_judgement (gpointer user_data)
{
  GcRtcRelays *self = user_data;
  g_autoptr (NiceAgent) agent = g_weak_ref_get (&self->agent);
  GSList *candidates;
  gboolean missing[2];

  stop_source (&self->judgement);
  if (agent == NULL)
    return G_SOURCE_REMOVE;
  candidates = nice_agent_get_local_candidates (agent, STREAM, NICE_COMPONENT_TYPE_RTP);
  for (int tunnelled = FALSE; tunnelled <= TRUE; tunnelled++)
    missing[tunnelled] = count_given (candidates, tunnelled) < count_relays (self, tunnelled);
  for (guint i = 0; i < self->relays->len; i++)
    {
      const Relay *relay = &g_array_index (self->relays, Relay, i);

      if (missing[relay->tunnel != NULL])
        judge (self, relay);
    }
  g_slist_free_full (candidates, (GDestroyNotify) nice_candidate_free);
  return G_SOURCE_REMOVE;
}

/* --- libnice --- */

static void
give (GstElement *webrtc, const GcIceServer *server, const char *address, guint16 port)
{
  g_autofree char *uri = gc_ice_server_dup_gst_uri (server, address, port);
  gboolean added;

  if (is_turn (server))
    g_signal_emit_by_name (webrtc, "add-turn-server", uri, &added);
  else
    g_object_set (webrtc, "stun-server", uri, NULL);
}

static gboolean
give_directly (GstElement *webrtc, const GcIceServer *server, gboolean ipv6)
{
  for (guint i = 0; i < server->addresses->len; i++)
    {
      const char *address = g_ptr_array_index (server->addresses, i);

      if (is_ipv6 (address) == ipv6)
        {
          give (webrtc, server, address, server->port);
          return TRUE;
        }
    }
  return FALSE;
}

static void
give_tunnel (GcRtcRelays *self, GstElement *webrtc, const GcIceServer *server)
{
  g_autoptr (GError) error = NULL;
  Relay relay = { .server = server };

  relay.tunnel = gc_turn_tunnel_new (server, self->interface, self->loopback, &error);
  if (relay.tunnel == NULL)
    {
      say_unused (server, error->message);
      return;
    }
  give (webrtc, server, self->loopback == G_SOCKET_FAMILY_IPV6 ? "::1" : "127.0.0.1",
        gc_turn_tunnel_get_port (relay.tunnel));
  g_array_append_val (self->relays, relay);
}

/**
 * gc_rtc_relays_give_to:
 * @self: relays that were opened
 * @webrtc: a webrtcbin that has made no offer yet
 * @ice: its ICE
 *
 * Tells it of the servers that are known. Those over TCP and TLS it finds at tunnels of ours. Three
 * seconds later the log says of each TURN server that has given no relay why. Main context.
 */
void
gc_rtc_relays_give_to (GcRtcRelays *self, GstElement *webrtc, GObject *ice)
{
  g_autoptr (NiceAgent) agent = NULL;

  g_return_if_fail (GC_IS_RTC_RELAYS (self) && self->judgement == NULL);

  for (guint i = 0; i < self->servers->len; i++)
    {
      const GcIceServer *server = g_ptr_array_index (self->servers, i);
      Relay relay = { .server = server };

      if (server->addresses == NULL)
        continue;
      if (server->tcp)
        {
          give_tunnel (self, webrtc, server);
          continue;
        }
      /* There is one STUN server for both. */
      if (!give_directly (webrtc, server, FALSE) || is_turn (server))
        give_directly (webrtc, server, TRUE);
      if (is_turn (server))
        g_array_append_val (self->relays, relay);
    }
  g_object_get (ice, "agent", &agent, NULL);
  g_weak_ref_set (&self->agent, agent);
  if (self->relays->len > 0)
    self->judgement = call_after (JUDGE_AFTER_MS, on_judgement, self);
}

/**
 * gc_rtc_relays_find_far_end:
 * @self: relays
 * @port: of what libnice takes for a TURN server
 * @address: (inout): its address; if that is a tunnel's, where the tunnel leads
 *
 * Main context.
 */
void
gc_rtc_relays_find_far_end (GcRtcRelays *self, guint port, char **address)
{
  g_autoptr (GInetAddress) inet = g_inet_address_new_from_string (*address);

  if (inet == NULL || !g_inet_address_get_is_loopback (inet))
    return;
  for (guint i = 0; i < self->relays->len; i++)
    {
      const Relay *relay = &g_array_index (self->relays, Relay, i);

      if (relay->tunnel != NULL && gc_turn_tunnel_get_port (relay->tunnel) == port
          && gc_turn_tunnel_get_far_end (relay->tunnel) != NULL)
        g_set_str (address, gc_turn_tunnel_get_far_end (relay->tunnel));
    }
}

/**
 * gc_rtc_relays_pin:
 * @self: relays
 * @interface: name of the network interface over which they are reached now
 *
 * Sees to it that the tunnels go on so, whatever the kernel finds. Main context.
 */
void
gc_rtc_relays_pin (GcRtcRelays *self, const char *interface)
{
  for (guint i = 0; i < self->relays->len; i++)
    {
      const Relay *relay = &g_array_index (self->relays, Relay, i);

      if (relay->tunnel != NULL)
        gc_turn_tunnel_pin (relay->tunnel, interface);
    }
}

/**
 * gc_rtc_relays_leave:
 * @self: relays
 * @ice: the ICE of a webrtcbin that has stopped
 * @task: (transfer full): see gc_rtc_leave()
 *
 * Gives back what the servers have given; the tunnels last until then. Main context.
 */
void
gc_rtc_relays_leave (GcRtcRelays *self, GObject *ice, GTask *task)
{
  g_return_if_fail (GC_IS_RTC_RELAYS (self));

  stop_source (&self->judgement);
  g_cancellable_cancel (self->cancellable);
  gc_rtc_leave (ice, G_OBJECT (self), task);
}

/* --- the object --- */

static void
gc_rtc_relays_dispose (GObject *object)
{
  GcRtcRelays *self = GC_RTC_RELAYS (object);

  stop_source (&self->deadline);
  stop_source (&self->judgement);
  g_cancellable_cancel (self->cancellable);
  g_array_set_size (self->relays, 0);
  G_OBJECT_CLASS (gc_rtc_relays_parent_class)->dispose (object);
}

static void
gc_rtc_relays_finalize (GObject *object)
{
  GcRtcRelays *self = GC_RTC_RELAYS (object);

  g_ptr_array_unref (self->servers);
  g_array_unref (self->relays);
  g_free (self->interface);
  g_weak_ref_clear (&self->agent);
  g_object_unref (self->cancellable);
  G_OBJECT_CLASS (gc_rtc_relays_parent_class)->finalize (object);
}

static void
gc_rtc_relays_class_init (GcRtcRelaysClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_rtc_relays_dispose;
  object_class->finalize = gc_rtc_relays_finalize;
}

static void
clear_relay (gpointer data)
{
  Relay *relay = data;

  g_clear_object (&relay->tunnel);
}

static void
gc_rtc_relays_init (GcRtcRelays *self)
{
  self->relays = g_array_new (FALSE, FALSE, sizeof (Relay));
  g_array_set_clear_func (self->relays, clear_relay);
  g_weak_ref_init (&self->agent, NULL);
  self->cancellable = g_cancellable_new ();
}

static gboolean
has_ipv4 (void)
{
  struct ifaddrs *interfaces = NULL;
  gboolean found = FALSE;

  if (getifaddrs (&interfaces) != 0)
    return TRUE;
  for (const struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next)
    found |= at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET
             && (at->ifa_flags & IFF_UP) != 0 && (at->ifa_flags & IFF_LOOPBACK) == 0;
  freeifaddrs (interfaces);
  return found;
}

static gboolean
is_one_ipv4 (const char *const *addresses)
{
  for (gsize i = 0; addresses[i] != NULL; i++)
    if (!is_ipv6 (addresses[i]))
      return TRUE;
  return FALSE;
}

/**
 * gc_rtc_relays_new:
 * @servers: (element-type GcIceServer): STUN and TURN servers
 * @interface: (nullable): name of the network interface to go over; %NULL for the kernel's choice
 * @addresses: (nullable) (array zero-terminated=1): the interface's addresses
 *
 * Main context.
 *
 * Returns: (transfer full): relays that were not looked for
 */
GcRtcRelays *
gc_rtc_relays_new (GPtrArray *servers, const char *interface, const char *const *addresses)
{
  GcRtcRelays *self = g_object_new (GC_TYPE_RTC_RELAYS, NULL);
  gboolean ipv4 = addresses != NULL ? is_one_ipv4 (addresses) : has_ipv4 ();

  self->servers = g_ptr_array_ref (servers);
  self->interface = g_strdup (interface);
  self->loopback = ipv4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6;
  return self;
}
