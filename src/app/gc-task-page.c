/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-task-page.h"

#include "app/gc-attachment-strip.h"
#include "app/gc-bearing-arrow.h"
#include "app/gc-note-page.h"
#include "app/gc-photo-page.h"
#include "app/gc-photo-strip.h"
#include "app/gc-place-map.h"
#include "app/gc-task-words.h"
#include "app/gc-words.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>
#include <math.h>

struct _GcTaskPage
{
  AdwNavigationPage parent_instance;

  GtkWidget *urgency_label;
  GtkLabel *state_label;
  GtkLabel *title_label;
  GtkWidget *note_label;
  GtkWidget *late_cancel_label;
  GtkWidget *unsent_label;
  GtkWidget *deadline_box;
  GtkLabel *deadline_label;
  GtkWidget *place_box;
  GtkLabel *place_label;
  GtkWidget *way_box;
  GcBearingArrow *way_arrow;
  GtkLabel *way_label;
  GcPlaceMap *map;
  GtkLabel *description_label;
  GcAttachmentStrip *attachments;
  GcPhotoStrip *photos;
  GtkWidget *photo_button;
  GtkLabel *origin_label;
  GtkWidget *buttons;
  GtkWidget *off_duty_label;
  GtkWidget *decline_button;
  GtkWidget *step_button;

  GcSession *session;
  GcTaskItem *item;
  gboolean busy; /* a step is being stored */
};

G_DEFINE_FINAL_TYPE (GcTaskPage, gc_task_page, ADW_TYPE_NAVIGATION_PAGE)

static void
set_text (GtkLabel *label, GtkWidget *holder, const char *text)
{
  gtk_label_set_label (label, text ? text : "");
  gtk_widget_set_visible (holder, text && *text);
}

static void
update_way (GcTaskPage *self, const GcTask *task)
{
  g_autoptr (GcFix) fix = NULL;
  g_autofree char *words = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self->map), task->has_place);
  gtk_widget_set_visible (self->way_box, FALSE);
  if (!task->has_place)
    return;
  g_object_get (self->session, "fix", &fix, NULL);
  gc_place_map_show (self->map, task->longitude, task->latitude, fix);
  if (fix)
    {
      double bearing_deg
          = gc_words_bearing (fix->longitude, fix->latitude, task->longitude, task->latitude);

      words = gc_words_distance_and_direction (
          gc_fix_distance_m (fix->longitude, fix->latitude, task->longitude, task->latitude),
          bearing_deg);
      gc_bearing_arrow_set_bearing (self->way_arrow, bearing_deg);
      set_text (self->way_label, self->way_box, words);
    }
}

static void
update_head (GcTaskPage *self, const GcTask *task)
{
  g_autofree char *note = NULL;
  g_autofree char *late_cancel = NULL;

  gtk_widget_remove_css_class (self->urgency_label, "urgent");
  gtk_widget_remove_css_class (self->urgency_label, "priority");
  gtk_widget_add_css_class (self->urgency_label, gc_task_urgency_to_string (task->urgency));
  gtk_label_set_label (GTK_LABEL (self->urgency_label), gc_task_words_urgency (task->urgency));
  gtk_label_set_label (self->state_label, gc_task_words_state (task->state));
  gtk_label_set_label (self->title_label, task->title);
  if (task->state == GC_TASK_CANCELLED)
    note = gc_task_words_cancelled (task->note);
  else if (task->note && *task->note)
    note = g_strdup_printf (_ ("Your note: %s"), task->note);
  set_text (GTK_LABEL (self->note_label), self->note_label, note);
  if (task->state == GC_TASK_DONE && task->late_cancel != NULL)
    late_cancel = gc_task_words_late_cancel (task->late_cancel);
  set_text (GTK_LABEL (self->late_cancel_label), self->late_cancel_label, late_cancel);
  if (task->state == GC_TASK_CANCELLED)
    gtk_widget_add_css_class (self->note_label, "cancelled");
  else
    gtk_widget_remove_css_class (self->note_label, "cancelled");
}

static void
update_facts (GcTaskPage *self, const GcTask *task)
{
  gint64 now_ms = gc_clock_wall_ms ();
  g_autofree char *deadline = NULL;
  g_autofree char *created = gc_words_time (task->created_ms, now_ms);
  g_autofree char *origin = NULL;

  if (!gc_task_state_is_final (task->state))
    deadline = gc_task_words_deadline (task->deadline_ms, now_ms);
  if (task->created_by && *task->created_by)
    /* Translators: the dispatcher's name, then a time */
    origin = g_strdup_printf (_ ("From %1$s, %2$s"), task->created_by, created);
  else
    origin = g_strdup (created);
  set_text (self->deadline_label, self->deadline_box, deadline);
  if (deadline && task->deadline_ms < now_ms)
    gtk_widget_add_css_class (self->deadline_box, "overdue");
  else
    gtk_widget_remove_css_class (self->deadline_box, "overdue");
  set_text (self->place_label, self->place_box, task->place);
  set_text (self->description_label, GTK_WIDGET (self->description_label), task->description);
  gtk_label_set_label (self->origin_label, origin);
}

static void
update_buttons (GcTaskPage *self, const GcTask *task)
{
  const char *step = gc_task_words_next_step (task->state);
  gboolean on_duty;

  g_object_get (self->session, "on-duty", &on_duty, NULL);
  gtk_widget_set_visible (self->photo_button, on_duty && task->state != GC_TASK_CANCELLED
                                                  && task->state != GC_TASK_DECLINED);
  gtk_widget_set_visible (self->buttons, step != NULL);
  gtk_widget_set_visible (self->off_duty_label, !on_duty);
  gtk_widget_set_visible (self->step_button, on_duty);
  gtk_widget_set_visible (self->decline_button,
                          on_duty && gc_task_state_allows (task->state, GC_TASK_DECLINED));
  if (step)
    gtk_button_set_label (GTK_BUTTON (self->step_button), step);
  gtk_widget_set_sensitive (self->step_button, !self->busy);
  gtk_widget_set_sensitive (self->decline_button, !self->busy);
}

static void
update (GcTaskPage *self)
{
  const GcTask *task = gc_task_item_get_task (self->item);

  update_head (self, task);
  update_facts (self, task);
  update_way (self, task);
  update_buttons (self, task);
  gtk_widget_set_visible (self->unsent_label, !gc_task_item_get_sent (self->item));
}

static void
on_step_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcTaskPage) self = user_data;
  g_autoptr (GError) error = NULL;

  self->busy = FALSE;
  if (!gc_session_advance_task_finish (GC_SESSION (object), result, &error))
    gtk_widget_activate_action (GTK_WIDGET (self), "win.say", "s", gc_words_step_error (error));
  if (self->session)
    update (self);
}

static void
push_page (GcTaskPage *self, AdwNavigationPage *page)
{
  GtkWidget *view = gtk_widget_get_ancestor (GTK_WIDGET (self), ADW_TYPE_NAVIGATION_VIEW);

  adw_navigation_view_push (ADW_NAVIGATION_VIEW (view), page);
}

static void
push_note_page (GcTaskPage *self, GcTaskState state)
{
  push_page (self, gc_note_page_new (self->session, self->item, state));
}

static void
on_photo_clicked (GcTaskPage *self)
{
  push_page (self, gc_photo_page_new (self->session, gc_task_item_get_task (self->item)->id));
}

static void
take_step (GcTaskPage *self, GcTaskState state)
{
  self->busy = TRUE;
  gtk_widget_set_sensitive (self->step_button, FALSE);
  gtk_widget_set_sensitive (self->decline_button, FALSE);
  gc_session_advance_task_async (self->session, gc_task_item_get_task (self->item)->id, state, NULL,
                                 on_step_stored, g_object_ref (self));
}

static void
on_step_clicked (GcTaskPage *self)
{
  switch (gc_task_item_get_task (self->item)->state)
    {
    case GC_TASK_SENT:
    case GC_TASK_DELIVERED:
      take_step (self, GC_TASK_ACCEPTED);
      break;
    case GC_TASK_ACCEPTED:
      take_step (self, GC_TASK_EN_ROUTE);
      break;
    case GC_TASK_EN_ROUTE:
      take_step (self, GC_TASK_ARRIVED);
      break;
    case GC_TASK_ARRIVED:
      push_note_page (self, GC_TASK_DONE);
      break;
    case GC_TASK_DECLINED:
    case GC_TASK_DONE:
    case GC_TASK_CANCELLED:
    default:
      break;
    }
}

static void
on_decline_clicked (GcTaskPage *self)
{
  push_note_page (self, GC_TASK_DECLINED);
}

static void
gc_task_page_dispose (GObject *object)
{
  GcTaskPage *self = GC_TASK_PAGE (object);

  g_clear_object (&self->session);
  g_clear_object (&self->item);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_TASK_PAGE);
  G_OBJECT_CLASS (gc_task_page_parent_class)->dispose (object);
}

static void
gc_task_page_class_init (GcTaskPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_task_page_dispose;
  g_type_ensure (GC_TYPE_ATTACHMENT_STRIP);
  g_type_ensure (GC_TYPE_BEARING_ARROW);
  g_type_ensure (GC_TYPE_PHOTO_STRIP);
  g_type_ensure (GC_TYPE_PLACE_MAP);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-task-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, urgency_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, state_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, title_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, note_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, late_cancel_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, unsent_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, deadline_box);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, deadline_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, place_box);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, place_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, way_box);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, way_arrow);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, way_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, map);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, description_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, attachments);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, photos);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, photo_button);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, origin_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, buttons);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, off_duty_label);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, decline_button);
  gtk_widget_class_bind_template_child (widget_class, GcTaskPage, step_button);
  gtk_widget_class_bind_template_callback (widget_class, on_step_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_decline_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_photo_clicked);
}

static void
gc_task_page_init (GcTaskPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_task_page_new:
 * @session: the shift
 * @item: the task to show
 *
 * Returns: (transfer floating): a new page that follows the task
 */
AdwNavigationPage *
gc_task_page_new (GcSession *session, GcTaskItem *item)
{
  GcTaskPage *self = g_object_new (GC_TYPE_TASK_PAGE, NULL);

  self->session = g_object_ref (session);
  self->item = g_object_ref (item);
  g_signal_connect_object (item, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::fix", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::on-duty", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  gc_attachment_strip_show (self->attachments, session, item);
  gc_photo_strip_show (self->photos, session, gc_task_item_get_task (item)->id);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
