/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "live/gc-repair.h"

#include <gst/rtp/rtp.h>
#include <string.h>

/* The number of the packet that is repeated stands before its payload, RFC 4588 section 4. */
#define ORIGINAL_NUMBER_BYTES 2
#define PADDING_BYTES 16

/**
 * gc_repair_get_ssrc:
 * @packet: a packet
 *
 * Any thread.
 *
 * Returns: which stream it belongs to; 0 if it is none of RTP
 */
guint32
gc_repair_get_ssrc (GstBuffer *packet)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint32 ssrc;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return 0;
  ssrc = gst_rtp_buffer_get_ssrc (&rtp);
  gst_rtp_buffer_unmap (&rtp);
  return ssrc;
}

/* A packet of the repair stream with the header extensions of another, and a payload of zeros. */
static GstBuffer *
make_like (GstRTPBuffer *model, guint32 ssrc, guint8 payload, guint16 sequence, gsize bytes)
{
  gsize header = gst_rtp_buffer_get_header_len (model);
  GstBuffer *made = gst_buffer_new_allocate (NULL, header + bytes, NULL);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstMapInfo map;

  gst_buffer_map (made, &map, GST_MAP_WRITE);
  gst_buffer_extract (model->buffer, 0, map.data, header);
  memset (map.data + header, 0, bytes);
  gst_buffer_unmap (made, &map);
  GST_BUFFER_PTS (made) = GST_BUFFER_PTS (model->buffer);
  GST_BUFFER_DTS (made) = GST_BUFFER_DTS (model->buffer);
  gst_rtp_buffer_map (made, GST_MAP_READWRITE, &rtp);
  gst_rtp_buffer_set_ssrc (&rtp, ssrc);
  gst_rtp_buffer_set_payload_type (&rtp, payload);
  gst_rtp_buffer_set_seq (&rtp, sequence);
  gst_rtp_buffer_unmap (&rtp);
  return made;
}

/**
 * gc_repair_repeat:
 * @packet: an RTP packet
 * @ssrc: of the repair stream
 * @payload: payload type of the repair stream
 * @sequence: the next number in the repair stream
 *
 * Repeats a packet without being asked (RFC 4588). Any thread.
 *
 * Returns: (transfer full) (nullable): the repetition; %NULL if @packet is none of RTP
 */
GstBuffer *
gc_repair_repeat (GstBuffer *packet, guint32 ssrc, guint8 payload, guint16 sequence)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint8 number[ORIGINAL_NUMBER_BYTES];
  gsize bytes;
  GstBuffer *made;
  gsize header;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return NULL;
  bytes = gst_rtp_buffer_get_payload_len (&rtp);
  header = gst_rtp_buffer_get_header_len (&rtp);
  number[0] = gst_rtp_buffer_get_seq (&rtp) >> 8;
  number[1] = gst_rtp_buffer_get_seq (&rtp) & 0xff;
  made = make_like (&rtp, ssrc, payload, sequence, ORIGINAL_NUMBER_BYTES + bytes);
  gst_buffer_fill (made, header, number, sizeof number);
  gst_buffer_fill (made, header + sizeof number, gst_rtp_buffer_get_payload (&rtp), bytes);
  gst_rtp_buffer_unmap (&rtp);
  return made;
}

/**
 * gc_repair_pad:
 * @packet: an RTP packet whose header extensions to take
 * @ssrc: of the repair stream
 * @payload: payload type of the repair stream
 * @sequence: the next number in the repair stream
 *
 * Makes a small packet of padding alone (RFC 3550 section 5.1), which says nothing but is fed back.
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the packet; %NULL if @packet is none of RTP
 */
GstBuffer *
gc_repair_pad (GstBuffer *packet, guint32 ssrc, guint8 payload, guint16 sequence)
{
  const guint8 count = PADDING_BYTES;
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstBuffer *made;
  guint8 first;

  if (!gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp))
    return NULL;
  made = make_like (&rtp, ssrc, payload, sequence, PADDING_BYTES);
  gst_rtp_buffer_unmap (&rtp);
  gst_buffer_extract (made, 0, &first, 1);
  first |= 0x20; /* the padding bit; the last byte counts */
  gst_buffer_fill (made, 0, &first, 1);
  gst_buffer_fill (made, gst_buffer_get_size (made) - 1, &count, 1);
  return made;
}

/**
 * gc_repair_renumber:
 * @packet: (transfer full): a packet of the repair stream
 * @sequence: the next number in the repair stream
 *
 * What somebody else repeats takes its place between our repetitions. Any thread.
 *
 * Returns: (transfer full): the packet
 */
GstBuffer *
gc_repair_renumber (GstBuffer *packet, guint16 sequence)
{
  GstBuffer *numbered = gst_buffer_make_writable (packet);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  if (gst_rtp_buffer_map (numbered, GST_MAP_READWRITE, &rtp))
    {
      gst_rtp_buffer_set_seq (&rtp, sequence);
      gst_rtp_buffer_unmap (&rtp);
    }
  return numbered;
}
