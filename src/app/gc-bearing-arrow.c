/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-bearing-arrow.h"

#define SIZE 32

struct _GcBearingArrow
{
  GtkWidget parent_instance;

  double bearing_deg;
};

G_DEFINE_FINAL_TYPE (GcBearingArrow, gc_bearing_arrow, GTK_TYPE_WIDGET)

static void
gc_bearing_arrow_measure (GtkWidget *widget,
                          GtkOrientation orientation,
                          int for_size,
                          int *minimum,
                          int *natural,
                          int *minimum_baseline,
                          int *natural_baseline)
{
  *minimum = *natural = SIZE;
}

static void
gc_bearing_arrow_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  GcBearingArrow *self = GC_BEARING_ARROW (widget);
  float half_width = (float) gtk_widget_get_width (widget) / 2;
  float half_height = (float) gtk_widget_get_height (widget) / 2;
  g_autoptr (GskPathBuilder) builder = gsk_path_builder_new ();
  g_autoptr (GskPath) path = NULL;
  GdkRGBA color;

  gsk_path_builder_move_to (builder, 0, -14);
  gsk_path_builder_line_to (builder, 10, 12);
  gsk_path_builder_line_to (builder, 0, 6);
  gsk_path_builder_line_to (builder, -10, 12);
  gsk_path_builder_close (builder);
  path = gsk_path_builder_to_path (builder);
  gtk_widget_get_color (widget, &color);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (half_width, half_height));
  gtk_snapshot_rotate (snapshot, (float) self->bearing_deg);
  gtk_snapshot_append_fill (snapshot, path, GSK_FILL_RULE_WINDING, &color);
  gtk_snapshot_restore (snapshot);
}

static void
gc_bearing_arrow_class_init (GcBearingArrowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = gc_bearing_arrow_measure;
  widget_class->snapshot = gc_bearing_arrow_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
gc_bearing_arrow_init (GcBearingArrow *self)
{
}

/**
 * gc_bearing_arrow_set_bearing:
 * @self: an arrow
 * @bearing_deg: degrees from true north
 */
void
gc_bearing_arrow_set_bearing (GcBearingArrow *self, double bearing_deg)
{
  g_return_if_fail (GC_IS_BEARING_ARROW (self));

  self->bearing_deg = bearing_deg;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
