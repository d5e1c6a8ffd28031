/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"
#define GST_USE_UNSTABLE_API

#include "rtc/gc-rtc-route.h"

#include "base/gc-socket.h"
#include "rtc/gc-rtc-bin-private.h"

/* How often libnice asks before it gives up: first for 0.5 s, for 2 or 0.75 s in all. */
#define QUESTIONS 3
#define QUESTIONS_IN_HASTE 2
#define QUICK_MS 500

/**
 * gc_rtc_bin_dup_ice:
 * @self: a bin
 *
 * Any thread.
 *
 * Returns: (transfer full): webrtcbin's ICE: it has the thread on which libnice works
 */
GObject *
gc_rtc_bin_dup_ice (GcRtcBin *self)
{
  GObject *ice = NULL;

  g_object_get (self->element, "ice-agent", &ice, NULL);
  return ice;
}

/**
 * gc_rtc_bin_dup_agent:
 * @self: a bin
 *
 * Any thread.
 *
 * Returns: (transfer full): libnice's agent
 */
NiceAgent *
gc_rtc_bin_dup_agent (GcRtcBin *self)
{
  g_autoptr (GObject) ice = gc_rtc_bin_dup_ice (self);
  NiceAgent *agent = NULL;

  g_object_get (ice, "agent", &agent, NULL);
  return agent;
}

/* The way to our own tunnels (gc-turn-tunnel.c) is no network's. */
static gboolean
is_inside (GSocket *socket)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);

  return G_IS_INET_SOCKET_ADDRESS (address)
         && g_inet_address_get_is_loopback (
             g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (address)));
}

static void
tie (NiceAgent *agent, const char *interface)
{
  GPtrArray *sockets = nice_agent_get_sockets (agent, GC_RTC_NICE_STREAM, NICE_COMPONENT_TYPE_RTP);

  for (guint i = 0; sockets != NULL && i < sockets->len; i++)
    if (!is_inside (g_ptr_array_index (sockets, i)))
      gc_socket_tie (g_ptr_array_index (sockets, i), interface);
  g_clear_pointer (&sockets, g_ptr_array_unref);
}

/* On libnice's thread, before anything is sent; but for the first question to each STUN and TURN
 * server over UDP, which is asked again half a second later. */
static void
on_new_candidate (NiceAgent *agent, NiceCandidate *candidate, gpointer interface)
{
  tie (agent, interface);
}

static void
free_closure (gpointer data, GClosure *closure)
{
  g_free (data);
}

/**
 * gc_rtc_bin_bind_interface:
 * @self: a bin that has made no offer or answer yet
 * @interface: name of a network interface
 * @addresses: (array zero-terminated=1): its addresses, as text
 *
 * The bin will talk over this interface alone, whatever the routes are: with its peer, and with the
 * servers that it is given after this. Main context.
 */
void
gc_rtc_bin_bind_interface (GcRtcBin *self, const char *interface, const char *const *addresses)
{
  g_autoptr (GObject) ice = gc_rtc_bin_dup_ice (self);
  g_autoptr (NiceAgent) agent = gc_rtc_bin_dup_agent (self);

  g_return_if_fail (GC_IS_RTC_BIN (self) && interface != NULL);

  for (gsize i = 0; addresses[i] != NULL; i++)
    {
      gboolean added;

      g_signal_emit_by_name (ice, "add-local-ip-address", addresses[i], &added);
    }
  g_set_str (&self->interface, interface);
  g_strfreev (self->addresses);
  self->addresses = g_strdupv ((char **) addresses);
  g_signal_connect_data (agent, "new-candidate-full", G_CALLBACK (on_new_candidate),
                         g_strdup (interface), free_closure, 0);
}

/* On libnice's thread. What is connected is given its usual time: a relay must be extended. */
static void
on_component_state (NiceAgent *agent, guint stream, guint component, guint state, gpointer data)
{
  if (state >= NICE_COMPONENT_STATE_CONNECTED)
    g_object_set (agent, "stun-max-retransmissions", QUESTIONS, NULL);
}

/**
 * gc_rtc_bin_hasten:
 * @self: a bin that is about to take an answer
 * @round_trip_ms: what a round trip takes at most, as far as is known
 *
 * A way by a relay is taken only when no direct one answers (RFC 8445 section 8.1.1), and libnice
 * asks each for two seconds. Where there are relays and the path is quick, it asks for 0.75 s: a
 * direct way that answers later than that is still found by the peer's own questions. Main context.
 */
void
gc_rtc_bin_hasten (GcRtcBin *self, gint64 round_trip_ms)
{
  g_autoptr (NiceAgent) agent = NULL;

  g_return_if_fail (GC_IS_RTC_BIN (self));

  if (self->relays == NULL || round_trip_ms > QUICK_MS)
    return;
  agent = gc_rtc_bin_dup_agent (self);
  g_signal_connect (agent, "component-state-changed", G_CALLBACK (on_component_state), NULL);
  g_object_set (agent, "stun-max-retransmissions", QUESTIONS_IN_HASTE, NULL);
}

static char *
address_to_string (const NiceAddress *address)
{
  char text[NICE_ADDRESS_STRING_LEN] = "";

  nice_address_to_string (address, text);
  return g_strdup (text);
}

/**
 * gc_rtc_bin_find_route:
 * @self: a bin that is connected
 * @local: (out) (nullable): the address of ours that packets bear; %NULL over a TURN server, where
 *   it is the kernel's choice
 * @remote: (out): where they go: the peer's address, or the TURN server's
 *
 * Main context.
 *
 * Returns: whether the way is known
 */
gboolean
gc_rtc_bin_find_route (GcRtcBin *self, char **local, char **remote)
{
  g_autoptr (NiceAgent) agent = gc_rtc_bin_dup_agent (self);
  NiceCandidate *ours;
  NiceCandidate *theirs;
  NiceAddress relay;

  g_return_val_if_fail (GC_IS_RTC_BIN (self), FALSE);

  if (!nice_agent_get_selected_pair (agent, GC_RTC_NICE_STREAM, NICE_COMPONENT_TYPE_RTP, &ours,
                                     &theirs))
    return FALSE;
  if (ours->type == NICE_CANDIDATE_TYPE_RELAYED)
    {
      nice_candidate_relay_address (ours, &relay);
      *local = NULL;
      *remote = address_to_string (&relay);
      if (self->relays != NULL)
        gc_rtc_relays_find_far_end (self->relays, nice_address_get_port (&relay), remote);
      return TRUE;
    }
  *local = address_to_string (&ours->base_addr);
  *remote = address_to_string (&theirs->addr);
  return TRUE;
}

/**
 * gc_rtc_bin_pin_route:
 * @self: a bin that is connected
 * @interface: name of the network interface over which it talks now
 *
 * When another interface becomes the better one, the kernel sends everything that way, also what
 * bears the old one's address; nobody would answer it. From now on the bin goes on over the old
 * one, so that there is time for a new connection. Main context.
 */
void
gc_rtc_bin_pin_route (GcRtcBin *self, const char *interface)
{
  g_autoptr (NiceAgent) agent = gc_rtc_bin_dup_agent (self);

  g_return_if_fail (GC_IS_RTC_BIN (self) && interface != NULL);

  tie (agent, interface);
  if (self->relays != NULL)
    gc_rtc_relays_pin (self->relays, interface);
}
