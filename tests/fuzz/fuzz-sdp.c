/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-rtc-codec.h"
#include "rtc/gc-sdp.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  const char *const encodings[] = { "H264", "VP8", "OPUS" };
  g_autoptr (GstSDPMessage) sdp = gc_sdp_parse ((const char *) data, size, NULL);

  if (sdp == NULL)
    return 0;
  for (guint i = 0; i < gst_sdp_message_medias_len (sdp); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (encodings); k++)
      {
        const GstSDPMedia *media = gst_sdp_message_get_media (sdp, i);
        g_autoptr (GstCaps) codec = gc_rtc_codec_choose (media, encodings[k]);

        gc_sdp_find_codec (media, encodings[k]);
      }
  gc_sdp_check_answer (sdp, sdp, NULL);
  gc_sdp_unify_transport (sdp);
  return 0;
}
