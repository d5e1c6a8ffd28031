/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-camera"

#include "camera/gc-qr-scanner.h"

#include "base/gc-error.h"

#include <gst/app/app.h>
#include <string.h>

/* The better one first: zbar needs a code that is held straighter. */
static const char *const READERS[][2] = {
  { "zxing", "format=qr_code try-rotate=true try-faster=false" },
  { "zbar", "cache=false" },
};
/* What the readers call it. */
static const char *const QR_CODE[] = { "QRCode", "QR-Code", NULL };

/* A hand holds a code still for a second; more looks than six cost battery for nothing. zxing takes
 * each line to be as long as the picture is wide, which GStreamer's are only if that is a multiple
 * of four, and of eight for the colours. What is larger than 1920 takes it seconds. */
#define LAUNCH                                                                                     \
  "appsrc name=in is-live=true format=time max-buffers=1 leaky-type=downstream "                   \
  "! videorate drop-only=true max-rate=6 ! videoconvert ! videoscale "                             \
  "! video/x-raw,format=I420,width=[8,1920,8],height=[8,1920],pixel-aspect-ratio=1/1 "             \
  "! %s %s ! fakesink sync=false async=false"
/* The same code is reported again only after this, so that a refused one does not nag. */
#define REPEAT_US (3 * G_USEC_PER_SEC)

struct _GcQrScanner
{
  GObject parent_instance;

  GcCapture *capture;
  guint tap;
  GstElement *pipeline;
  GstElement *in;
  guint bus_watch;
  char *last_text;
  gint64 last_us;
};

G_DEFINE_FINAL_TYPE (GcQrScanner, gc_qr_scanner, G_TYPE_OBJECT)

enum
{
  SIGNAL_CODE_FOUND,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static void
on_sample (guint detail, gpointer sample, gpointer user_data)
{
  GcQrScanner *self = user_data;

  gst_app_src_push_sample (GST_APP_SRC (self->in), sample);
}

static void
found (GcQrScanner *self, const char *text)
{
  gint64 now_us = g_get_monotonic_time ();

  if (g_strcmp0 (text, self->last_text) == 0 && now_us - self->last_us < REPEAT_US)
    return;
  g_set_str (&self->last_text, text);
  self->last_us = now_us;
  g_signal_emit (self, signals[SIGNAL_CODE_FOUND], 0, text);
}

static gboolean
on_bus (GstBus *bus, GstMessage *message, gpointer user_data)
{
  g_autoptr (GcQrScanner) self = g_object_ref (user_data);
  const GstStructure *structure = gst_message_get_structure (message);
  const char *type;
  const char *text;

  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ELEMENT || structure == NULL
      || !gst_structure_has_name (structure, "barcode"))
    return G_SOURCE_CONTINUE;
  type = gst_structure_get_string (structure, "type");
  text = gst_structure_get_string (structure, "symbol");
  /* zbar reads bars, too. */
  if (type != NULL && g_strv_contains (QR_CODE, type) && text != NULL
      && g_utf8_validate (text, -1, NULL))
    found (self, text);
  return self->bus_watch != 0 ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
gc_qr_scanner_dispose (GObject *object)
{
  GcQrScanner *self = GC_QR_SCANNER (object);

  if (self->capture != NULL)
    gc_fan_remove (gc_capture_get_output (self->capture), self->tap);
  g_clear_handle_id (&self->bus_watch, g_source_remove);
  if (self->pipeline != NULL)
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_clear_object (&self->in);
  gst_clear_object (&self->pipeline);
  g_clear_object (&self->capture);
  g_clear_pointer (&self->last_text, g_free);
  G_OBJECT_CLASS (gc_qr_scanner_parent_class)->dispose (object);
}

static void
gc_qr_scanner_class_init (GcQrScannerClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_qr_scanner_dispose;
  /**
   * GcQrScanner::code-found:
   * @text: what the code says; anybody may have printed it
   *
   * A code is in view.
   */
  signals[SIGNAL_CODE_FOUND] = g_signal_new ("code-found", GC_TYPE_QR_SCANNER, G_SIGNAL_RUN_LAST, 0,
                                             NULL, NULL, NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
}

static void
gc_qr_scanner_init (GcQrScanner *self)
{
}

/* The last one is named by the error if there is none. */
static char *
describe (void)
{
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (READERS) - 1; i++)
    {
      g_autoptr (GstElementFactory) factory = gst_element_factory_find (READERS[i][0]);

      if (factory != NULL)
        break;
    }
  return g_strdup_printf (LAUNCH, READERS[i][0], READERS[i][1]);
}

/**
 * gc_qr_scanner_new:
 * @capture: what to look at
 * @error: %GC_ERROR_FAILED if GStreamer has neither its zxing nor its zbar plugin
 *
 * Main context.
 *
 * Returns: (transfer full) (nullable): a scanner that looks until it is dropped
 */
GcQrScanner *
gc_qr_scanner_new (GcCapture *capture, GError **error)
{
  g_autoptr (GcQrScanner) self = g_object_new (GC_TYPE_QR_SCANNER, NULL);
  g_autoptr (GstBus) bus = NULL;
  g_autofree char *launch = describe ();

  self->pipeline = gc_media_source_launch (launch, error);
  if (self->pipeline == NULL)
    return NULL;
  self->capture = g_object_ref (capture);
  self->in = gst_bin_get_by_name (GST_BIN (self->pipeline), "in");
  bus = gst_element_get_bus (self->pipeline);
  self->bus_watch = gst_bus_add_watch (bus, on_bus, self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  self->tap = gc_fan_add (gc_capture_get_output (capture), on_sample, self);
  return g_steal_pointer (&self);
}
