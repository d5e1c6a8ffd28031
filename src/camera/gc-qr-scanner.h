/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "camera/gc-capture.h"

G_BEGIN_DECLS

/* Looks for QR codes in what a capture sees. */
#define GC_TYPE_QR_SCANNER (gc_qr_scanner_get_type ())
G_DECLARE_FINAL_TYPE (GcQrScanner, gc_qr_scanner, GC, QR_SCANNER, GObject)

GcQrScanner *
gc_qr_scanner_new (GcCapture *capture, GError **error);

G_END_DECLS
