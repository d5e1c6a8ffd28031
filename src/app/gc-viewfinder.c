/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-viewfinder"

#include "app/gc-viewfinder.h"

#include <glib/gi18n.h>
#include <gst/gst.h>

/* A phone's camera takes two seconds to its first picture. */
#define BLIND_MS 3000

struct _GcViewfinder
{
  AdwBin parent_instance;

  GtkPicture *picture;
  GcSession *session;
  GtkWindow *window; /* while mapped */
  GstElement *sink;  /* while the preview is ours */
  gboolean frame;
  gboolean blind;
  guint blind_source;
};

G_DEFINE_FINAL_TYPE (GcViewfinder, gc_viewfinder, ADW_TYPE_BIN)

enum
{
  PROP_BLIND = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
set_blind (GcViewfinder *self, gboolean blind)
{
  g_clear_handle_id (&self->blind_source, g_source_remove);
  if (blind == self->blind)
    return;
  self->blind = blind;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BLIND]);
}

static gboolean
on_blind (gpointer user_data)
{
  GcViewfinder *self = user_data;

  self->blind_source = 0;
  set_blind (self, TRUE);
  return G_SOURCE_REMOVE;
}

static void
update_sight (GcViewfinder *self)
{
  gboolean active;

  g_object_get (self->session, "camera-active", &active, NULL);
  gtk_widget_set_visible (GTK_WIDGET (self->picture), active);
  if (active || !self->sink)
    set_blind (self, FALSE);
  else if (!self->blind && self->blind_source == 0)
    self->blind_source = g_timeout_add (BLIND_MS, on_blind, self);
}

/* The last one has been unplugged: there is nothing to wait for. */
static void
on_camera_count (GcViewfinder *self)
{
  guint cameras;

  g_object_get (self->session, "camera-count", &cameras, NULL);
  if (cameras == 0)
    set_blind (self, TRUE);
}

/* gtk4paintablesink takes no I420 from system memory, hence the converter. Frames are shown as
 * they come: whoever feeds the preview has paced them already. */
static GstElement *
make_sink (GdkPaintable **paintable)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) bin = NULL;
  g_autoptr (GstElement) sink = NULL;

  bin = gst_parse_bin_from_description ("videoconvert ! video/x-raw,format=BGRx ! "
                                        "gtk4paintablesink name=paintable-sink sync=false",
                                        TRUE, &error);
  if (!bin)
    {
      g_message ("No camera preview: %s", error->message);
      return NULL;
    }
  gst_object_ref_sink (bin);
  sink = gst_bin_get_by_name (GST_BIN (bin), "paintable-sink");
  g_object_get (sink, "paintable", paintable, NULL);
  return g_steal_pointer (&bin);
}

static void
give_back (GcViewfinder *self)
{
  if (!self->sink)
    return;
  gc_session_set_preview_sink (self->session, NULL);
  gtk_picture_set_paintable (self->picture, NULL);
  g_clear_pointer (&self->sink, gst_object_unref);
}

static void
update (GcViewfinder *self)
{
  g_autoptr (GdkPaintable) paintable = NULL;
  gboolean wanted = self->session && self->window && !gtk_window_is_suspended (self->window);

  if (!wanted)
    give_back (self);
  else if (!self->sink && (self->sink = make_sink (&paintable)))
    {
      gtk_picture_set_paintable (self->picture, paintable);
      gc_session_set_preview_sink (self->session, G_OBJECT (self->sink));
    }
  if (self->session)
    update_sight (self);
}

static void
gc_viewfinder_map (GtkWidget *widget)
{
  GcViewfinder *self = GC_VIEWFINDER (widget);
  GtkRoot *root = gtk_widget_get_root (widget);

  GTK_WIDGET_CLASS (gc_viewfinder_parent_class)->map (widget);
  if (GTK_IS_WINDOW (root))
    self->window = g_object_ref (GTK_WINDOW (root));
  if (self->window)
    g_signal_connect_object (self->window, "notify::suspended", G_CALLBACK (update), self,
                             G_CONNECT_SWAPPED);
  update (self);
}

static void
gc_viewfinder_unmap (GtkWidget *widget)
{
  GcViewfinder *self = GC_VIEWFINDER (widget);

  if (self->window)
    g_signal_handlers_disconnect_by_func (self->window, update, self);
  g_clear_object (&self->window);
  update (self);
  GTK_WIDGET_CLASS (gc_viewfinder_parent_class)->unmap (widget);
}

/* Four corners that say where the code should be. */
static void
snapshot_frame (GtkWidget *widget, GtkSnapshot *snapshot)
{
  float width = (float) gtk_widget_get_width (widget);
  float height = (float) gtk_widget_get_height (widget);
  float side = 0.72f * MIN (width, height);
  float arm = side / 5;
  float left = (width - side) / 2;
  float top = (height - side) / 2;
  float right = left + side;
  float bottom = top + side;
  const GdkRGBA white = { 1, 1, 1, 1 };
  const GdkRGBA shade = { 0, 0, 0, 0.55f };
  g_autoptr (GskPathBuilder) builder = gsk_path_builder_new ();
  g_autoptr (GskPath) path = NULL;
  g_autoptr (GskStroke) outline = gsk_stroke_new (9);
  g_autoptr (GskStroke) line = gsk_stroke_new (5);

  gsk_path_builder_move_to (builder, left, top + arm);
  gsk_path_builder_line_to (builder, left, top);
  gsk_path_builder_line_to (builder, left + arm, top);
  gsk_path_builder_move_to (builder, right - arm, top);
  gsk_path_builder_line_to (builder, right, top);
  gsk_path_builder_line_to (builder, right, top + arm);
  gsk_path_builder_move_to (builder, right, bottom - arm);
  gsk_path_builder_line_to (builder, right, bottom);
  gsk_path_builder_line_to (builder, right - arm, bottom);
  gsk_path_builder_move_to (builder, left + arm, bottom);
  gsk_path_builder_line_to (builder, left, bottom);
  gsk_path_builder_line_to (builder, left, bottom - arm);
  path = gsk_path_builder_to_path (builder);
  gsk_stroke_set_line_cap (outline, GSK_LINE_CAP_ROUND);
  gsk_stroke_set_line_cap (line, GSK_LINE_CAP_ROUND);
  gsk_stroke_set_line_join (outline, GSK_LINE_JOIN_ROUND);
  gsk_stroke_set_line_join (line, GSK_LINE_JOIN_ROUND);
  gtk_snapshot_append_stroke (snapshot, path, outline, &shade);
  gtk_snapshot_append_stroke (snapshot, path, line, &white);
}

static void
gc_viewfinder_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  GTK_WIDGET_CLASS (gc_viewfinder_parent_class)->snapshot (widget, snapshot);
  if (GC_VIEWFINDER (widget)->frame)
    snapshot_frame (widget, snapshot);
}

static void
gc_viewfinder_dispose (GObject *object)
{
  GcViewfinder *self = GC_VIEWFINDER (object);

  give_back (self);
  g_clear_handle_id (&self->blind_source, g_source_remove);
  g_clear_object (&self->window);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (gc_viewfinder_parent_class)->dispose (object);
}

static void
gc_viewfinder_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_BLIND)
    g_value_set_boolean (value, GC_VIEWFINDER (object)->blind);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_viewfinder_class_init (GcViewfinderClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_viewfinder_dispose;
  G_OBJECT_CLASS (klass)->get_property = gc_viewfinder_get_property;
  /**
   * GcViewfinder:blind:
   *
   * Whether there is no camera, or one that has given nothing for seconds.
   */
  properties[PROP_BLIND] = g_param_spec_boolean ("blind", NULL, NULL, FALSE,
                                                 G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (G_OBJECT_CLASS (klass), N_PROPS, properties);
  widget_class->map = gc_viewfinder_map;
  widget_class->unmap = gc_viewfinder_unmap;
  widget_class->snapshot = gc_viewfinder_snapshot;
  gtk_widget_class_set_css_name (widget_class, "viewfinder");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
gc_viewfinder_init (GcViewfinder *self)
{
  self->picture = GTK_PICTURE (gtk_picture_new ());
  gtk_picture_set_content_fit (self->picture, GTK_CONTENT_FIT_COVER);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  adw_bin_set_child (ADW_BIN (self), GTK_WIDGET (self->picture));
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("Camera picture"), -1);
}

/**
 * gc_viewfinder_set_session:
 * @self: a viewfinder
 * @session: whose camera to show
 *
 * To be called once, before the viewfinder is shown.
 */
void
gc_viewfinder_set_session (GcViewfinder *self, GcSession *session)
{
  g_return_if_fail (GC_IS_VIEWFINDER (self));
  g_return_if_fail (GC_IS_SESSION (session));
  g_return_if_fail (!self->session);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify::camera-active", G_CALLBACK (update_sight), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::camera-count", G_CALLBACK (on_camera_count), self,
                           G_CONNECT_SWAPPED);
  update (self);
}

/**
 * gc_viewfinder_set_frame:
 * @self: a viewfinder
 * @frame: whether to draw the corners that a code is to be held between
 */
void
gc_viewfinder_set_frame (GcViewfinder *self, gboolean frame)
{
  g_return_if_fail (GC_IS_VIEWFINDER (self));

  self->frame = frame;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
