/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-sos-button.h"

#include <glib/gi18n.h>

#define HOLD_US (2 * G_USEC_PER_SEC)

struct _GcSosButton
{
  GtkWidget parent_instance;

  GtkWidget *words;
  guint tick;        /* while it is held */
  gint64 since_us;   /* by the frame clock, 0 until the first frame */
  double progress;   /* 0 to 1 */
  gboolean finished; /* held long enough, and not let go yet */
};

enum
{
  HELD,
  TAPPED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcSosButton, gc_sos_button, GTK_TYPE_WIDGET)

static void
set_progress (GcSosButton *self, double progress)
{
  self->progress = progress;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static gboolean
on_tick (GtkWidget *widget, GdkFrameClock *clock, gpointer user_data)
{
  GcSosButton *self = GC_SOS_BUTTON (widget);
  gint64 now_us = gdk_frame_clock_get_frame_time (clock);

  if (self->since_us == 0)
    self->since_us = now_us;
  set_progress (self, MIN ((double) (now_us - self->since_us) / HOLD_US, 1));
  if (self->progress < 1)
    return G_SOURCE_CONTINUE;
  self->tick = 0;
  self->finished = TRUE;
  g_signal_emit (self, signals[HELD], 0);
  return G_SOURCE_REMOVE;
}

static void
begin (GcSosButton *self)
{
  if (self->tick != 0 || self->finished)
    return;
  self->since_us = 0;
  self->tick = gtk_widget_add_tick_callback (GTK_WIDGET (self), on_tick, NULL, NULL);
  gtk_widget_set_state_flags (GTK_WIDGET (self), GTK_STATE_FLAG_ACTIVE, FALSE);
}

static void
end (GcSosButton *self)
{
  gboolean early = self->tick != 0;

  if (early)
    gtk_widget_remove_tick_callback (GTK_WIDGET (self), self->tick);
  self->tick = 0;
  self->finished = FALSE;
  set_progress (self, 0);
  gtk_widget_unset_state_flags (GTK_WIDGET (self), GTK_STATE_FLAG_ACTIVE);
  if (early)
    g_signal_emit (self, signals[TAPPED], 0);
}

static void
on_begin (GcSosButton *self, GdkEventSequence *sequence, GtkGesture *gesture)
{
  /* A glove that trembles must not scroll instead. */
  gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
  begin (self);
}

static gboolean
is_key (guint key)
{
  return key == GDK_KEY_space || key == GDK_KEY_KP_Space || key == GDK_KEY_Return
         || key == GDK_KEY_KP_Enter || key == GDK_KEY_ISO_Enter;
}

static gboolean
on_key_pressed (GcSosButton *self, guint key)
{
  if (!is_key (key))
    return FALSE;
  begin (self);
  return TRUE;
}

static void
on_key_released (GcSosButton *self, guint key)
{
  if (is_key (key))
    end (self);
}

static void
gc_sos_button_snapshot (GtkWidget *widget, GtkSnapshot *snapshot)
{
  GcSosButton *self = GC_SOS_BUTTON (widget);
  const GdkRGBA shade = { 0, 0, 0, 0.45f };
  float width = (float) (gtk_widget_get_width (widget) * self->progress);

  if (width > 0)
    gtk_snapshot_append_color (
        snapshot, &shade,
        &GRAPHENE_RECT_INIT (0, 0, width, (float) gtk_widget_get_height (widget)));
  gtk_widget_snapshot_child (widget, self->words, snapshot);
}

static void
gc_sos_button_unmap (GtkWidget *widget)
{
  end (GC_SOS_BUTTON (widget));
  GTK_WIDGET_CLASS (gc_sos_button_parent_class)->unmap (widget);
}

static void
gc_sos_button_dispose (GObject *object)
{
  GcSosButton *self = GC_SOS_BUTTON (object);

  g_clear_pointer (&self->words, gtk_widget_unparent);
  G_OBJECT_CLASS (gc_sos_button_parent_class)->dispose (object);
}

static void
gc_sos_button_class_init (GcSosButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_sos_button_dispose;
  widget_class->snapshot = gc_sos_button_snapshot;
  widget_class->unmap = gc_sos_button_unmap;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "sosbutton");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_BUTTON);
  signals[HELD] = g_signal_new ("held", GC_TYPE_SOS_BUTTON, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 0);
  signals[TAPPED] = g_signal_new ("tapped", GC_TYPE_SOS_BUTTON, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 0);
}

static GtkWidget *
make_words (void)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *name = gtk_label_new (_ ("SOS"));
  GtkWidget *hint = gtk_label_new (_ ("Hold for 2 seconds"));

  gtk_widget_add_css_class (name, "sos-name");
  gtk_label_set_wrap (GTK_LABEL (hint), TRUE);
  gtk_label_set_justify (GTK_LABEL (hint), GTK_JUSTIFY_CENTER);
  gtk_box_append (GTK_BOX (box), name);
  gtk_box_append (GTK_BOX (box), hint);
  gtk_widget_set_valign (box, GTK_ALIGN_CENTER);
  return box;
}

static void
add_controllers (GcSosButton *self)
{
  GtkGesture *press = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_event_controller_key_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();

  g_signal_connect_swapped (press, "begin", G_CALLBACK (on_begin), self);
  g_signal_connect_swapped (press, "end", G_CALLBACK (end), self);
  g_signal_connect_swapped (press, "cancel", G_CALLBACK (end), self);
  g_signal_connect_swapped (keys, "key-pressed", G_CALLBACK (on_key_pressed), self);
  g_signal_connect_swapped (keys, "key-released", G_CALLBACK (on_key_released), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (end), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (press));
  gtk_widget_add_controller (GTK_WIDGET (self), keys);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
}

static void
gc_sos_button_init (GcSosButton *self)
{
  self->words = make_words ();
  gtk_widget_set_parent (self->words, GTK_WIDGET (self));
  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _ ("SOS: hold for 2 seconds to call for help"), -1);
  add_controllers (self);
}
