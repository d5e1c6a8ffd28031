/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-playout-delay.h"

/* Both delays have 12 bits each, in steps of 10 ms. */
#define STEP_MS 10
#define STEPS_MAX 0xfff
#define LENGTH 3

struct _GcRtcPlayoutDelay
{
  GstRTPHeaderExtension parent_instance;

  guint32 bits; /* the 24 that are written; fixed before the first packet */
};

G_DEFINE_FINAL_TYPE (GcRtcPlayoutDelay, gc_rtc_playout_delay, GST_TYPE_RTP_HEADER_EXTENSION)

static GstRTPHeaderExtensionFlags
gc_rtc_playout_delay_get_supported_flags (GstRTPHeaderExtension *extension)
{
  return GST_RTP_HEADER_EXTENSION_ONE_BYTE | GST_RTP_HEADER_EXTENSION_TWO_BYTE;
}

static gsize
gc_rtc_playout_delay_get_max_size (GstRTPHeaderExtension *extension, const GstBuffer *input)
{
  return LENGTH;
}

static gssize
gc_rtc_playout_delay_write (GstRTPHeaderExtension *extension,
                            const GstBuffer *input,
                            GstRTPHeaderExtensionFlags flags,
                            GstBuffer *output,
                            guint8 *data,
                            gsize size)
{
  if (size < LENGTH)
    return -1;
  GST_WRITE_UINT24_BE (data, GC_RTC_PLAYOUT_DELAY (extension)->bits);
  return LENGTH;
}

/* We show nothing ourselves: what others wish is checked and passed over. */
static gboolean
gc_rtc_playout_delay_read (GstRTPHeaderExtension *extension,
                           GstRTPHeaderExtensionFlags flags,
                           const guint8 *data,
                           gsize size,
                           GstBuffer *buffer)
{
  return size == LENGTH;
}

static void
gc_rtc_playout_delay_class_init (GcRtcPlayoutDelayClass *klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstRTPHeaderExtensionClass *extension_class = GST_RTP_HEADER_EXTENSION_CLASS (klass);

  gst_element_class_set_static_metadata (
      element_class, "Playout delay", GST_RTP_HDREXT_ELEMENT_CLASS,
      "Tells the receiver how long to hold pictures back", "Gridcast");
  gst_rtp_header_extension_class_set_uri (extension_class, GC_RTC_PLAYOUT_DELAY_URI);
  extension_class->get_supported_flags = gc_rtc_playout_delay_get_supported_flags;
  extension_class->get_max_size = gc_rtc_playout_delay_get_max_size;
  extension_class->write = gc_rtc_playout_delay_write;
  extension_class->read = gc_rtc_playout_delay_read;
}

static void
gc_rtc_playout_delay_init (GcRtcPlayoutDelay *self)
{
}

/**
 * gc_rtc_playout_delay_new:
 * @id: what the session description calls the extension, 1 to 14 (RFC 8285 section 5)
 * @min_ms: how long to hold each picture back at least, ms; what the extension cannot say is
 *   rounded down to what it can: steps of 10 ms up to 40,950 ms
 * @max_ms: at most, ms, not below @min_ms; as @min_ms
 *
 * Zero and zero asks the receiver to show each picture as soon as it is complete. Any thread.
 *
 * Returns: (transfer full): an extension for a payloader
 */
GstRTPHeaderExtension *
gc_rtc_playout_delay_new (guint id, guint min_ms, guint max_ms)
{
  GcRtcPlayoutDelay *self;

  g_return_val_if_fail (id >= 1 && id <= 14 && min_ms <= max_ms, NULL);

  self = gst_object_ref_sink (g_object_new (GC_TYPE_RTC_PLAYOUT_DELAY, NULL));
  self->bits = MIN (min_ms / STEP_MS, STEPS_MAX) << 12 | MIN (max_ms / STEP_MS, STEPS_MAX);
  gst_rtp_header_extension_set_id (GST_RTP_HEADER_EXTENSION (self), id);
  return GST_RTP_HEADER_EXTENSION (self);
}

/**
 * gc_rtc_playout_delay_add:
 * @payloader: an RTP payloader for pictures that has not started
 * @id: as for gc_rtc_playout_delay_new()
 * @min_ms: as for gc_rtc_playout_delay_new()
 * @max_ms: as for gc_rtc_playout_delay_new()
 *
 * Writes the extension into every packet. The session description must name it as well: as
 * “extmap-ID” in the caps for gc_rtc_bin_add_sender().
 */
void
gc_rtc_playout_delay_add (GstElement *payloader, guint id, guint min_ms, guint max_ms)
{
  g_autoptr (GstRTPHeaderExtension) extension = gc_rtc_playout_delay_new (id, min_ms, max_ms);

  g_signal_emit_by_name (payloader, "add-extension", extension);
}
