/* SPDX-License-Identifier: GPL-3.0-or-later */
#define GST_USE_UNSTABLE_API

#include "rtc/gc-rtc-tame.h"

#include <gst/webrtc/webrtc.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>

/* How long the receiving side waits for a lost packet before it goes on without it: time enough to
 * ask for it and get it over a slow mobile link. Nothing waits while nothing is lost. */
#define JITTER_LATENCY_MS 300

/* What reports may take. rtpsession allows them 5 % of what the media take (RFC 3550 section 6.2),
 * and then collects feedback and NACKs for up to 0.7 s before it lets them out together; on a way
 * back that is not short they must go at once (RFC 4585 section 3.5.2 with next to no T_rr). */
#define RTCP_BYTES_PER_S 1e6
/* How often regular reports come: the round trip is measured with them, and sound and picture
 * brought together. Feedback does not wait for them. */
#define RTCP_REGULAR_INTERVAL (1 * GST_SECOND)

static void
on_deep_element_added (GstBin *bin, GstBin *sub_bin, GstElement *element, gpointer user_data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const char *name = factory != NULL ? GST_OBJECT_NAME (factory) : "";

  if (strcmp (name, "clocksync") == 0)
    /* It would delay each frame by the pipeline's latency before sending. */
    g_object_set (element, "sync", FALSE, NULL);
  else if (strcmp (name, "rtpjitterbuffer") == 0)
    /* It would hold the first frame back in case that an earlier packet is still to come; and it
     * would guess when the next packet comes, ask for it again though it was never sent, and in the
     * end throw it away for having come too late. */
    g_object_set (element, "faststart-min-packets", 1, "rtx-next-seqnum", FALSE, NULL);
  else if (strcmp (name, "rtpsession") == 0)
    g_object_set (element, "rtcp-fraction", RTCP_BYTES_PER_S, "rtcp-min-interval",
                  RTCP_REGULAR_INTERVAL, NULL);
}

static gboolean
is_usable (const struct ifaddrs *interface)
{
  if (interface->ifa_addr == NULL || (interface->ifa_flags & IFF_UP) == 0)
    return FALSE;
  if (interface->ifa_addr->sa_family == AF_INET)
    return TRUE;
  return interface->ifa_addr->sa_family == AF_INET6 && (interface->ifa_flags & IFF_LOOPBACK) == 0;
}

/* libnice leaves the loopback interface out unless it is told every address. */
static void
add_local_addresses (GObject *ice)
{
  struct ifaddrs *interfaces = NULL;

  if (getifaddrs (&interfaces) != 0)
    return;
  for (struct ifaddrs *at = interfaces; at != NULL; at = at->ifa_next)
    {
      char address[NI_MAXHOST];
      socklen_t length = at->ifa_addr != NULL && at->ifa_addr->sa_family == AF_INET6
                             ? sizeof (struct sockaddr_in6)
                             : sizeof (struct sockaddr_in);
      gboolean added;

      if (is_usable (at)
          && getnameinfo (at->ifa_addr, length, address, sizeof address, NULL, 0, NI_NUMERICHOST)
                 == 0
          && strchr (address, '%') == NULL)
        g_signal_emit_by_name (ice, "add-local-ip-address", address, &added);
    }
  freeifaddrs (interfaces);
}

/**
 * gc_rtc_tame:
 * @webrtc: a new webrtcbin
 * @loopback: whether to offer 127.0.0.1 too
 *
 * Takes webrtcbin's bad habits away: UPnP, which talks to the LAN and costs 200 ms; waiting before
 * sending, before the first frame and before each feedback. Main context.
 */
void
gc_rtc_tame (GstElement *webrtc, gboolean loopback)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  g_object_set (webrtc, "bundle-policy", GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency",
                JITTER_LATENCY_MS, NULL);
  g_signal_connect (webrtc, "deep-element-added", G_CALLBACK (on_deep_element_added), NULL);
  g_object_get (webrtc, "ice-agent", &ice, NULL);
  if (ice != NULL && g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent") != NULL)
    g_object_get (ice, "agent", &agent, NULL);
  if (agent != NULL)
    g_object_set (agent, "upnp", FALSE, NULL);
  if (ice != NULL && loopback)
    add_local_addresses (ice);
}
