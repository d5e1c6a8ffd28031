/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-rtc"
#define GST_USE_UNSTABLE_API

#include "rtc/gc-rtc-bin-private.h"

#include "rtc/gc-rtc-tame.h"

#include <gst/webrtc/webrtc.h>

G_DEFINE_FINAL_TYPE (GcRtcBin, gc_rtc_bin, G_TYPE_OBJECT)

enum
{
  PROP_STATE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

/* --- state --- */

static void
set_state (GcRtcBin *self, GcRtcState state)
{
  if (state == self->state)
    return;
  g_debug ("%s: state %d to %d", GST_OBJECT_NAME (self->element), self->state, state);
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

/* Until it has been told a latency, rtpsession makes no sender reports (RFC 3550 section 6.4.1):
 * no round trip would be known here, no lip synchronisation there. */
static void
distribute_latency (GcRtcBin *self)
{
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (self->element));

  if (GST_IS_BIN (pipeline))
    gst_bin_recalculate_latency (GST_BIN (pipeline));
}

static void
update_state (gpointer target, gpointer data)
{
  GcRtcBin *self = target;
  GstWebRTCPeerConnectionState now;

  g_object_get (self->element, "connection-state", &now, NULL);
  switch (now)
    {
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTING:
      /* webrtcbin reports it again while a section is added: that is no step back. */
      if (self->state == GC_RTC_NEW)
        set_state (self, GC_RTC_CONNECTING);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED:
      distribute_latency (self);
      set_state (self, GC_RTC_CONNECTED);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_DISCONNECTED:
      set_state (self, GC_RTC_DISCONNECTED);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
    case GST_WEBRTC_PEER_CONNECTION_STATE_CLOSED:
      set_state (self, GC_RTC_FAILED);
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_NEW:
    default:
      break;
    }
}

static void
on_closed (gpointer target, gpointer data)
{
  set_state (target, GC_RTC_FAILED);
}

static void
on_connection_state (GObject *element, GParamSpec *pspec, gpointer user_data)
{
  gc_crossing_call (user_data, update_state, NULL, NULL);
}

static void
update_gathering (gpointer target, gpointer data)
{
  gc_rtc_bin_check_gathering (target);
}

static void
on_gathering_state (GObject *element, GParamSpec *pspec, gpointer user_data)
{
  gc_crossing_call (user_data, update_gathering, NULL, NULL);
}

/* --- the object --- */

static void
gc_rtc_bin_dispose (GObject *object)
{
  GcRtcBin *self = GC_RTC_BIN (object);

  if (self->negotiation != NULL)
    gc_rtc_bin_end_negotiation (self,
                                g_error_new_literal (G_IO_ERROR, G_IO_ERROR_CANCELLED, "closed"));
  if (self->relays != NULL)
    gc_rtc_bin_leave_async (self, NULL, NULL);
  gst_clear_object (&self->element);
  g_clear_pointer (&self->liveness, gc_rtc_liveness_free);
  g_clear_pointer (&self->crossing, gc_crossing_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_clear_pointer (&self->interface, g_free);
  g_clear_pointer (&self->addresses, g_strfreev);
  G_OBJECT_CLASS (gc_rtc_bin_parent_class)->dispose (object);
}

static void
gc_rtc_bin_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_int (value, GC_RTC_BIN (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_rtc_bin_class_init (GcRtcBinClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  /* A thread that ran DTLS frees what OpenSSL keeps for it when it ends. GLib ends threads that
   * have nothing to do when there are many, as when a program takes its connections down: at exit,
   * when OpenSSL frees all of that itself, they would do so twice. */
  g_thread_pool_set_max_unused_threads (-1);
  object_class->dispose = gc_rtc_bin_dispose;
  object_class->get_property = gc_rtc_bin_get_property;
  /**
   * GcRtcBin:state:
   *
   * A #GcRtcState; notifies on the main context of the thread that made the bin.
   */
  properties[PROP_STATE] = g_param_spec_int ("state", NULL, NULL, GC_RTC_NEW, GC_RTC_FAILED,
                                             GC_RTC_NEW, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_rtc_bin_init (GcRtcBin *self)
{
  self->context = g_main_context_ref_thread_default ();
  self->crossing = gc_crossing_new (self);
  self->element = gst_object_ref_sink (gst_element_factory_make ("webrtcbin", NULL));
  g_signal_connect_data (self->element, "notify::connection-state",
                         G_CALLBACK (on_connection_state), gc_crossing_ref (self->crossing),
                         gc_crossing_unref_closure, 0);
  g_signal_connect_data (self->element, "notify::ice-gathering-state",
                         G_CALLBACK (on_gathering_state), gc_crossing_ref (self->crossing),
                         gc_crossing_unref_closure, 0);
}

/**
 * gc_rtc_bin_new:
 * @loopback: whether to offer 127.0.0.1 too, for a peer on this machine
 *
 * Makes one end of a peer connection. Its element belongs into a pipeline; set that to NULL before
 * dropping the bin. Main context.
 *
 * Returns: (transfer full): the bin
 */
GcRtcBin *
gc_rtc_bin_new (gboolean loopback)
{
  GcRtcBin *self = g_object_new (GC_TYPE_RTC_BIN, NULL);

  self->liveness = gc_rtc_liveness_new (self->element, self->crossing, on_closed);
  gc_rtc_tame (self->element, loopback);
  return self;
}

/**
 * gc_rtc_bin_get_element:
 * @self: a bin
 *
 * Returns: (transfer none): the webrtcbin
 */
GstElement *
gc_rtc_bin_get_element (GcRtcBin *self)
{
  g_return_val_if_fail (GC_IS_RTC_BIN (self), NULL);

  return self->element;
}

/**
 * gc_rtc_bin_get_state:
 * @self: a bin
 *
 * Returns: how far the connection is
 */
GcRtcState
gc_rtc_bin_get_state (GcRtcBin *self)
{
  g_return_val_if_fail (GC_IS_RTC_BIN (self), GC_RTC_FAILED);

  return self->state;
}

/**
 * gc_rtc_bin_get_liveness:
 * @self: a bin
 *
 * Returns: (transfer none): whether the peer is heard; webrtcbin itself notices a dead peer only
 *   after half a minute
 */
GcRtcLiveness *
gc_rtc_bin_get_liveness (GcRtcBin *self)
{
  g_return_val_if_fail (GC_IS_RTC_BIN (self), NULL);

  return self->liveness;
}
