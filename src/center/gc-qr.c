/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-qr.h"

#include "base/gc-error.h"

#include <qrencode.h>

/* ISO/IEC 18004 section 5.3.8: so many modules stay white around the symbol. */
#define QUIET_ZONE 4
#define MODULE_BLACK 1

/**
 * gc_qr_draw:
 * @text: what the code says
 * @error: %GC_ERROR_TOO_LARGE if it does not fit into a code
 *
 * Draws a QR code with error correction M, black on white whatever the page looks like. Any thread.
 *
 * Returns: (transfer full) (nullable): an SVG image
 */
char *
gc_qr_draw (const char *text, GError **error)
{
  QRcode *code = QRcode_encodeString8bit (text, 0, QR_ECLEVEL_M);
  GString *svg;
  int size;

  if (code == NULL)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_TOO_LARGE, "too much for a QR code");
      return NULL;
    }
  size = code->width + 2 * QUIET_ZONE;
  svg = g_string_new (NULL);
  g_string_printf (svg,
                   "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
                   "shape-rendering=\"crispEdges\" role=\"img\">"
                   "<path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path fill=\"#000\" d=\"",
                   size, size, size, size);
  for (int y = 0; y < code->width; y++)
    for (int x = 0; x < code->width; x++)
      if ((code->data[y * code->width + x] & MODULE_BLACK) != 0)
        g_string_append_printf (svg, "M%d %dh1v1h-1z", x + QUIET_ZONE, y + QUIET_ZONE);
  g_string_append (svg, "\"/></svg>");
  QRcode_free (code);
  return g_string_free_and_steal (svg);
}
