/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-task-card.h"

#include "app/gc-task-words.h"
#include "app/gc-words.h"
#include "base/gc-clock.h"

struct _GcTaskCard
{
  GtkListBoxRow parent_instance;

  GtkWidget *urgency_label;
  GtkLabel *state_label;
  GtkLabel *title_label;
  GtkWidget *place_box;
  GtkLabel *place_label;
  GtkLabel *distance_label;
  GtkWidget *deadline_box;
  GtkLabel *deadline_label;

  GcTaskItem *item;
};

G_DEFINE_FINAL_TYPE (GcTaskCard, gc_task_card, GTK_TYPE_LIST_BOX_ROW)

static void
set_urgency (GtkWidget *widget, GcTaskUrgency urgency)
{
  gtk_widget_remove_css_class (widget, "urgent");
  gtk_widget_remove_css_class (widget, "priority");
  if (urgency != GC_TASK_ROUTINE)
    gtk_widget_add_css_class (widget, gc_task_urgency_to_string (urgency));
}

/* The title is the name; the rest describes it. */
static void
update_accessible (GcTaskCard *self, const GcTask *task)
{
  g_autofree char *description = g_strjoin (", ", gc_task_words_urgency (task->urgency),
                                            gc_task_words_state (task->state), task->place, NULL);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, task->title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, description, -1);
}

static void
open_action (GtkWidget *widget, const char *name, GVariant *parameter)
{
  gtk_widget_activate (widget);
}

static void
gc_task_card_dispose (GObject *object)
{
  GcTaskCard *self = GC_TASK_CARD (object);

  g_clear_object (&self->item);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_TASK_CARD);
  G_OBJECT_CLASS (gc_task_card_parent_class)->dispose (object);
}

static void
gc_task_card_class_init (GcTaskCardClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_task_card_dispose;
  /* Assistive technology can do what a finger can: a list's row alone offers it nothing. */
  gtk_widget_class_install_action (widget_class, "card.open", NULL, open_action);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-task-card.ui");
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, urgency_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, state_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, title_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, place_box);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, place_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, distance_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, deadline_box);
  gtk_widget_class_bind_template_child (widget_class, GcTaskCard, deadline_label);
}

static void
gc_task_card_init (GcTaskCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_task_card_new:
 * @item: the task
 *
 * Returns: (transfer floating): a card that follows the task
 */
GtkWidget *
gc_task_card_new (GcTaskItem *item)
{
  GcTaskCard *self = g_object_new (GC_TYPE_TASK_CARD, NULL);

  self->item = g_object_ref (item);
  g_signal_connect_object (item, "notify", G_CALLBACK (gc_task_card_refresh), self,
                           G_CONNECT_SWAPPED);
  gc_task_card_refresh (self);
  return GTK_WIDGET (self);
}

/**
 * gc_task_card_get_item:
 * @self: a card
 *
 * Returns: (transfer none): its task
 */
GcTaskItem *
gc_task_card_get_item (GcTaskCard *self)
{
  g_return_val_if_fail (GC_IS_TASK_CARD (self), NULL);

  return self->item;
}

/**
 * gc_task_card_refresh:
 * @self: a card
 *
 * Says again how much time is left.
 */
void
gc_task_card_refresh (GcTaskCard *self)
{
  const GcTask *task;
  gint64 now_ms = gc_clock_wall_ms ();
  gboolean closed;
  g_autofree char *distance = NULL;
  g_autofree char *deadline = NULL;

  g_return_if_fail (GC_IS_TASK_CARD (self));

  task = gc_task_item_get_task (self->item);
  closed = gc_task_state_is_final (task->state);
  distance = closed ? NULL : gc_words_distance (gc_task_item_get_distance_m (self->item));
  deadline = closed ? NULL : gc_task_words_deadline (task->deadline_ms, now_ms);
  set_urgency (GTK_WIDGET (self), task->urgency);
  set_urgency (self->urgency_label, task->urgency);
  if (closed)
    gtk_widget_add_css_class (GTK_WIDGET (self), "closed");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "closed");
  gtk_label_set_label (GTK_LABEL (self->urgency_label), gc_task_words_urgency (task->urgency));
  gtk_widget_set_visible (self->urgency_label, !closed);
  gtk_label_set_label (self->state_label, gc_task_words_state (task->state));
  gtk_label_set_label (self->title_label, task->title);
  gtk_label_set_label (self->place_label, task->place ? task->place : "");
  gtk_label_set_label (self->distance_label, distance ? distance : "");
  gtk_widget_set_visible (self->place_box, task->place || distance);
  gtk_label_set_label (self->deadline_label, deadline ? deadline : "");
  gtk_widget_set_visible (self->deadline_box, deadline != NULL);
  if (deadline && task->deadline_ms < now_ms)
    gtk_widget_add_css_class (self->deadline_box, "overdue");
  else
    gtk_widget_remove_css_class (self->deadline_box, "overdue");
  update_accessible (self, task);
}
