/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-picture-page.h"

#include "app/gc-picture-loader.h"

#include <glib/gi18n.h>

/* Enough to read the small print of a plan, and within what every GPU takes. */
#define PIXELS_MAX 4096
#define ZOOM_MAX 8.0
#define ZOOM_STEP 1.5
#define ZOOM_BY_TAP 3.0

struct _GcPicturePage
{
  AdwNavigationPage parent_instance;

  GtkStack *stack;
  GtkScrolledWindow *view;
  GtkPicture *picture;
  GtkWidget *larger_button;
  GtkWidget *smaller_button;

  GCancellable *cancellable;
  double zoom;       /* 1: all of the picture is seen */
  double begun_zoom; /* when two fingers came down */
  double middle[2];  /* what part of the way to the right and below stays in the middle */
};

G_DEFINE_FINAL_TYPE (GcPicturePage, gc_picture_page, ADW_TYPE_NAVIGATION_PAGE)

static GtkAdjustment *
get_axis (GcPicturePage *self, int axis)
{
  return axis == 0 ? gtk_scrolled_window_get_hadjustment (self->view)
                   : gtk_scrolled_window_get_vadjustment (self->view);
}

/* The new size takes effect later: then the middle is put back. */
static void
on_size_changed (GcPicturePage *self)
{
  for (int axis = 0; axis < 2; axis++)
    {
      GtkAdjustment *adjustment = get_axis (self, axis);

      gtk_adjustment_set_value (adjustment,
                                self->middle[axis] * gtk_adjustment_get_upper (adjustment)
                                    - gtk_adjustment_get_page_size (adjustment) / 2);
    }
}

static void
remember_middle (GcPicturePage *self)
{
  for (int axis = 0; axis < 2; axis++)
    {
      GtkAdjustment *adjustment = get_axis (self, axis);
      double upper = gtk_adjustment_get_upper (adjustment);
      double middle
          = gtk_adjustment_get_value (adjustment) + gtk_adjustment_get_page_size (adjustment) / 2;

      self->middle[axis] = upper > 0 ? middle / upper : 0.5;
    }
}

/* As large as it can be with all of it in view. */
static void
get_fitted_size (GcPicturePage *self, double size[2])
{
  GdkPaintable *paintable = gtk_picture_get_paintable (self->picture);
  double width = MAX (gdk_paintable_get_intrinsic_width (paintable), 1);
  double height = MAX (gdk_paintable_get_intrinsic_height (paintable), 1);
  double fit = MIN (gtk_widget_get_width (GTK_WIDGET (self->view)) / width,
                    gtk_widget_get_height (GTK_WIDGET (self->view)) / height);

  size[0] = width * fit;
  size[1] = height * fit;
}

static void
set_zoom (GcPicturePage *self, double zoom)
{
  GtkWidget *picture = GTK_WIDGET (self->picture);
  GtkAlign align = zoom > 1 ? GTK_ALIGN_CENTER : GTK_ALIGN_FILL;
  double size[2];

  self->zoom = CLAMP (zoom, 1, ZOOM_MAX);
  get_fitted_size (self, size);
  gtk_widget_set_halign (picture, align);
  gtk_widget_set_valign (picture, align);
  if (self->zoom > 1)
    gtk_widget_set_size_request (picture, (int) (size[0] * self->zoom),
                                 (int) (size[1] * self->zoom));
  else
    gtk_widget_set_size_request (picture, -1, -1);
  gtk_widget_set_sensitive (self->larger_button, self->zoom < ZOOM_MAX);
  gtk_widget_set_sensitive (self->smaller_button, self->zoom > 1);
}

static void
zoom_about_middle (GcPicturePage *self, double zoom)
{
  remember_middle (self);
  set_zoom (self, zoom);
}

static void
on_larger_clicked (GcPicturePage *self)
{
  zoom_about_middle (self, self->zoom * ZOOM_STEP);
}

static void
on_smaller_clicked (GcPicturePage *self)
{
  zoom_about_middle (self, self->zoom / ZOOM_STEP);
}

static void
on_pressed (GtkGestureClick *gesture, int count, double x, double y, GcPicturePage *self)
{
  const double at[2] = { x, y };
  const int whole[2] = { gtk_widget_get_width (GTK_WIDGET (self->view)),
                         gtk_widget_get_height (GTK_WIDGET (self->view)) };
  double size[2];

  if (count != 2)
    return;
  if (self->zoom > 1)
    {
      set_zoom (self, 1);
      return;
    }
  /* What was tapped on comes to the middle. */
  get_fitted_size (self, size);
  for (int axis = 0; axis < 2; axis++)
    self->middle[axis]
        = CLAMP ((at[axis] - (whole[axis] - size[axis]) / 2) / MAX (size[axis], 1), 0, 1);
  set_zoom (self, ZOOM_BY_TAP);
}

static void
on_pinch_begin (GtkGesture *gesture, GdkEventSequence *sequence, GcPicturePage *self)
{
  self->begun_zoom = self->zoom;
  remember_middle (self);
}

static void
on_pinch (GtkGestureZoom *gesture, double scale, GcPicturePage *self)
{
  set_zoom (self, self->begun_zoom * scale);
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPicturePage) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = gc_picture_load_finish (result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (texture == NULL)
    {
      g_message ("A picture cannot be shown: %s", error->message);
      gtk_stack_set_visible_child_name (self->stack, "broken");
      return;
    }
  gtk_picture_set_paintable (self->picture, GDK_PAINTABLE (texture));
  gtk_stack_set_visible_child_name (self->stack, "picture");
  set_zoom (self, 1);
}

static void
add_gestures (GcPicturePage *self)
{
  GtkGesture *click = gtk_gesture_click_new ();
  GtkGesture *pinch = gtk_gesture_zoom_new ();

  g_signal_connect (click, "pressed", G_CALLBACK (on_pressed), self);
  g_signal_connect (pinch, "begin", G_CALLBACK (on_pinch_begin), self);
  g_signal_connect (pinch, "scale-changed", G_CALLBACK (on_pinch), self);
  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (pinch), GTK_PHASE_CAPTURE);
  gtk_widget_add_controller (GTK_WIDGET (self->view), GTK_EVENT_CONTROLLER (click));
  gtk_widget_add_controller (GTK_WIDGET (self->view), GTK_EVENT_CONTROLLER (pinch));
  for (int axis = 0; axis < 2; axis++)
    g_signal_connect_object (get_axis (self, axis), "changed", G_CALLBACK (on_size_changed), self,
                             G_CONNECT_SWAPPED);
}

static void
gc_picture_page_dispose (GObject *object)
{
  GcPicturePage *self = GC_PICTURE_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_PICTURE_PAGE);
  G_OBJECT_CLASS (gc_picture_page_parent_class)->dispose (object);
}

static void
gc_picture_page_class_init (GcPicturePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_picture_page_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-picture-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcPicturePage, stack);
  gtk_widget_class_bind_template_child (widget_class, GcPicturePage, view);
  gtk_widget_class_bind_template_child (widget_class, GcPicturePage, picture);
  gtk_widget_class_bind_template_child (widget_class, GcPicturePage, larger_button);
  gtk_widget_class_bind_template_child (widget_class, GcPicturePage, smaller_button);
  gtk_widget_class_bind_template_callback (widget_class, on_larger_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_smaller_clicked);
}

static void
gc_picture_page_init (GcPicturePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->zoom = 1;
  self->middle[0] = self->middle[1] = 0.5;
  self->cancellable = g_cancellable_new ();
  add_gestures (self);
}

/**
 * gc_picture_page_new:
 * @path: of a picture
 * @name: (nullable): what it is called
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_picture_page_new (const char *path, const char *name)
{
  GcPicturePage *self = g_object_new (GC_TYPE_PICTURE_PAGE, NULL);

  if (name != NULL)
    adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self), name);
  gtk_picture_set_alternative_text (self->picture, name != NULL ? name : _ ("Photo"));
  gc_picture_load_async (path, PIXELS_MAX, self->cancellable, on_loaded, g_object_ref (self));
  return ADW_NAVIGATION_PAGE (self);
}
