/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-quality-bars.h"

#include "live/gc-live-stats.h"

#define BAR_WIDTH 7
#define BAR_GAP 3
#define LOWEST 8
#define STEP 5
#define RADIUS 2
/* A bar that is missing stays to be seen: one counts the gaps as well. */
#define FAINT 0.3f

#define WIDTH (GC_LIVE_GRADE_MAX * (BAR_WIDTH + BAR_GAP) - BAR_GAP)
#define HEIGHT (LOWEST + (GC_LIVE_GRADE_MAX - 1) * STEP)

struct _GcQualityBars
{
  GtkWidget parent_instance;

  int grade;
};

G_DEFINE_FINAL_TYPE (GcQualityBars, gc_quality_bars, GTK_TYPE_WIDGET)

static void
gc_quality_bars_measure (GtkWidget *widget,
                         GtkOrientation orientation,
                         int for_size,
                         int *minimum,
                         int *natural,
                         int *minimum_baseline,
                         int *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? WIDTH : HEIGHT;
}

static void
gc_quality_bars_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  GcQualityBars *self = GC_QUALITY_BARS (widget);
  float bottom = (float) (gtk_widget_get_height (widget) + HEIGHT) / 2;
  GdkRGBA color;

  gtk_widget_get_color (widget, &color);
  for (int i = 0; i < GC_LIVE_GRADE_MAX; i++)
    {
      int height = LOWEST + i * STEP;
      GdkRGBA shade = color;
      GskRoundedRect bar;

      if (i >= self->grade)
        shade.alpha *= FAINT;
      gsk_rounded_rect_init_from_rect (&bar,
                                       &GRAPHENE_RECT_INIT ((float) i * (BAR_WIDTH + BAR_GAP),
                                                            bottom - (float) height, BAR_WIDTH,
                                                            (float) height),
                                       RADIUS);
      gtk_snapshot_push_rounded_clip (snapshot, &bar);
      gtk_snapshot_append_color (snapshot, &shade, &bar.bounds);
      gtk_snapshot_pop (snapshot);
    }
}

static void
gc_quality_bars_class_init (GcQualityBarsClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->measure = gc_quality_bars_measure;
  widget_class->snapshot = gc_quality_bars_snapshot;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_METER);
}

static void
gc_quality_bars_init (GcQualityBars *self)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_MIN, 0.0,
                                  GTK_ACCESSIBLE_PROPERTY_VALUE_MAX, (double) GC_LIVE_GRADE_MAX,
                                  -1);
}

/**
 * gc_quality_bars_set_grade:
 * @self: bars
 * @grade: how many of them are full, 0 to %GC_LIVE_GRADE_MAX
 * @words: the same in words, for who does not see it
 */
void
gc_quality_bars_set_grade (GcQualityBars *self, int grade, const char *words)
{
  g_return_if_fail (GC_IS_QUALITY_BARS (self));

  self->grade = grade;
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_VALUE_NOW,
                                  (double) grade, GTK_ACCESSIBLE_PROPERTY_VALUE_TEXT, words, -1);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
