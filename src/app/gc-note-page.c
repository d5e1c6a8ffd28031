/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-note-page.h"

#include "app/gc-words.h"

#include <glib/gi18n.h>

/* How long a word may stay unsaved. */
#define SAVE_AFTER_MS 400

struct _GcNotePage
{
  AdwNavigationPage parent_instance;

  GtkLabel *title_label;
  GtkBox *choices;
  GtkLabel *question_label;
  GtkTextView *note_view;
  GtkWidget *send_button;

  GcSession *session;
  GcTaskItem *item;
  GcTaskState state; /* done or declined */
  GtkCheckButton *chosen;
  guint save_source;
  gboolean sent;
};

G_DEFINE_FINAL_TYPE (GcNotePage, gc_note_page, ADW_TYPE_NAVIGATION_PAGE)

static const char *
task_id (GcNotePage *self)
{
  return gc_task_item_get_task (self->item)->id;
}

static char *
dup_text (GcNotePage *self)
{
  GtkTextBuffer *buffer = gtk_text_view_get_buffer (self->note_view);
  GtkTextIter start;
  GtkTextIter end;

  gtk_text_buffer_get_bounds (buffer, &start, &end);
  return g_strstrip (gtk_text_buffer_get_text (buffer, &start, &end, FALSE));
}

/* The choice and the text, each where there is one, within what the protocol carries. */
static char *
dup_note (GcNotePage *self)
{
  g_autofree char *text = dup_text (self);
  g_autofree char *note = NULL;

  if (!self->chosen)
    note = g_steal_pointer (&text);
  else if (!*text)
    note = g_strdup (gtk_check_button_get_label (self->chosen));
  else
    note = g_strdup_printf ("%s: %s", gtk_check_button_get_label (self->chosen), text);
  if (g_utf8_strlen (note, -1) <= GC_TASK_TEXT_MAX_LENGTH)
    return g_steal_pointer (&note);
  return g_utf8_substring (note, 0, GC_TASK_TEXT_MAX_LENGTH);
}

static void
update (GcNotePage *self)
{
  g_autofree char *note = dup_note (self);
  GcTaskState state = gc_task_item_get_task (self->item)->state;

  gtk_widget_set_sensitive (self->send_button, !self->sent
                                                   && gc_task_state_allows (state, self->state)
                                                   && (self->state == GC_TASK_DONE || *note));
}

static void
save_draft (GcNotePage *self)
{
  g_autofree char *text = NULL;

  if (self->save_source == 0)
    return;
  g_clear_handle_id (&self->save_source, g_source_remove);
  text = dup_text (self);
  gc_session_set_draft (self->session, task_id (self), text);
}

static gboolean
on_save_due (gpointer user_data)
{
  save_draft (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_text_changed (GcNotePage *self)
{
  if (self->save_source == 0)
    self->save_source = g_timeout_add (SAVE_AFTER_MS, on_save_due, self);
  update (self);
}

static void
on_choice_toggled (GcNotePage *self, GtkCheckButton *button)
{
  if (gtk_check_button_get_active (button))
    self->chosen = button;
  update (self);
}

static void
on_stored (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcNotePage) self = user_data;
  g_autoptr (GError) error = NULL;

  if (gc_session_advance_task_finish (GC_SESSION (object), result, &error))
    {
      gtk_widget_activate_action (GTK_WIDGET (self), "navigation.pop", NULL);
      return;
    }
  gtk_widget_activate_action (GTK_WIDGET (self), "win.say", "s", gc_words_step_error (error));
  self->sent = FALSE;
  if (self->session)
    update (self);
}

static void
on_send_clicked (GcNotePage *self)
{
  g_autofree char *note = dup_note (self);

  g_clear_handle_id (&self->save_source, g_source_remove);
  self->sent = TRUE;
  update (self);
  gc_session_advance_task_async (self->session, task_id (self), self->state, *note ? note : NULL,
                                 on_stored, g_object_ref (self));
}

static void
add_choices (GcNotePage *self)
{
  const char *const reasons[] = {
    _ ("Busy with another task"),
    _ ("Too far away"),
    _ ("Not my area"),
    _ ("My shift ends"),
  };
  GtkCheckButton *group = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      GtkWidget *choice = gtk_check_button_new_with_label (reasons[i]);

      gtk_widget_add_css_class (choice, "choice");
      gtk_check_button_set_group (GTK_CHECK_BUTTON (choice), group);
      group = GTK_CHECK_BUTTON (choice);
      g_signal_connect_object (choice, "toggled", G_CALLBACK (on_choice_toggled), self,
                               G_CONNECT_SWAPPED);
      gtk_box_append (self->choices, choice);
    }
}

static void
gc_note_page_hiding (AdwNavigationPage *page)
{
  save_draft (GC_NOTE_PAGE (page));
}

static void
gc_note_page_dispose (GObject *object)
{
  GcNotePage *self = GC_NOTE_PAGE (object);

  if (self->session)
    save_draft (self);
  g_clear_object (&self->session);
  g_clear_object (&self->item);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_NOTE_PAGE);
  G_OBJECT_CLASS (gc_note_page_parent_class)->dispose (object);
}

static void
gc_note_page_class_init (GcNotePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_note_page_dispose;
  ADW_NAVIGATION_PAGE_CLASS (klass)->hiding = gc_note_page_hiding;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-note-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcNotePage, title_label);
  gtk_widget_class_bind_template_child (widget_class, GcNotePage, choices);
  gtk_widget_class_bind_template_child (widget_class, GcNotePage, question_label);
  gtk_widget_class_bind_template_child (widget_class, GcNotePage, note_view);
  gtk_widget_class_bind_template_child (widget_class, GcNotePage, send_button);
  gtk_widget_class_bind_template_callback (widget_class, on_send_clicked);
}

static void
gc_note_page_init (GcNotePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_note_page_new:
 * @session: the shift
 * @item: the task
 * @state: %GC_TASK_DONE or %GC_TASK_DECLINED
 *
 * Returns: (transfer floating): a new page that takes this step
 */
AdwNavigationPage *
gc_note_page_new (GcSession *session, GcTaskItem *item, GcTaskState state)
{
  GcNotePage *self = g_object_new (GC_TYPE_NOTE_PAGE, NULL);
  gboolean done = state == GC_TASK_DONE;
  g_autofree char *draft = gc_session_dup_draft (session, gc_task_item_get_task (item)->id);

  self->session = g_object_ref (session);
  self->item = g_object_ref (item);
  self->state = state;
  adw_navigation_page_set_title (ADW_NAVIGATION_PAGE (self),
                                 done ? _ ("Finish task") : _ ("Decline task"));
  gtk_label_set_label (self->title_label, gc_task_item_get_task (item)->title);
  gtk_label_set_label (self->question_label,
                       done ? _ ("What was done? (may stay empty)") : _ ("Why? Choose or write"));
  gtk_button_set_label (GTK_BUTTON (self->send_button),
                        done ? C_ ("task step", "Done") : C_ ("task step", "Decline"));
  if (!done)
    add_choices (self);
  gtk_text_buffer_set_text (gtk_text_view_get_buffer (self->note_view), draft ? draft : "", -1);
  g_signal_connect_object (gtk_text_view_get_buffer (self->note_view), "changed",
                           G_CALLBACK (on_text_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (item, "notify::task", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
