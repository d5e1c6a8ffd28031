/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-ringing-page.h"

#include <glib/gi18n.h>

struct _GcRingingPage
{
  AdwNavigationPage parent_instance;

  GtkStack *stack;
  GtkLabel *by_label;
  GtkLabel *reason_label;
  GtkWidget *accept_button;
  GtkBox *reasons;

  GcSession *session;
};

G_DEFINE_FINAL_TYPE (GcRingingPage, gc_ringing_page, ADW_TYPE_NAVIGATION_PAGE)

static void
update (GcRingingPage *self)
{
  g_autofree char *by = NULL;
  g_autofree char *reason = NULL;
  g_autofree char *center = NULL;
  g_autofree char *words = NULL;

  g_object_get (self->session, "live-by", &by, "live-reason", &reason, "center-name", &center,
                NULL);
  if (by && *by)
    /* Translators: the dispatcher's name, then the center's */
    words = g_strdup_printf (_ ("%1$s, %2$s"), by, center ? center : "");
  gtk_label_set_label (self->by_label, words ? words : center ? center : "");
  gtk_label_set_label (self->reason_label, reason ? reason : "");
  gtk_widget_set_visible (GTK_WIDGET (self->reason_label), reason && *reason);
}

static void
on_accept_clicked (GcRingingPage *self)
{
  gc_session_answer_live (self->session, TRUE, NULL);
}

static void
on_decline_clicked (GcRingingPage *self)
{
  gtk_stack_set_visible_child_name (self->stack, "why");
  gtk_widget_child_focus (GTK_WIDGET (self->reasons), GTK_DIR_TAB_FORWARD);
}

static void
on_back_clicked (GcRingingPage *self)
{
  gtk_stack_set_visible_child_name (self->stack, "ask");
}

static void
on_reason_clicked (GcRingingPage *self, GtkButton *button)
{
  gc_session_answer_live (self->session, FALSE, gtk_button_get_label (button));
}

static void
add_reasons (GcRingingPage *self)
{
  const char *const reasons[] = {
    _ ("I am driving"),
    _ ("Not possible here"),
    _ ("The network is too weak"),
    _ ("Later"),
  };

  for (gsize i = 0; i < G_N_ELEMENTS (reasons); i++)
    {
      GtkWidget *button = gtk_button_new_with_label (reasons[i]);

      gtk_widget_add_css_class (button, "big");
      gtk_widget_add_css_class (button, "on-dark");
      g_signal_connect_object (button, "clicked", G_CALLBACK (on_reason_clicked), self,
                               G_CONNECT_SWAPPED);
      gtk_box_append (self->reasons, button);
    }
}

static void
gc_ringing_page_shown (AdwNavigationPage *page)
{
  gtk_widget_grab_focus (GC_RINGING_PAGE (page)->accept_button);
}

static void
gc_ringing_page_dispose (GObject *object)
{
  GcRingingPage *self = GC_RINGING_PAGE (object);

  g_clear_object (&self->session);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_RINGING_PAGE);
  G_OBJECT_CLASS (gc_ringing_page_parent_class)->dispose (object);
}

static void
gc_ringing_page_class_init (GcRingingPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_ringing_page_dispose;
  ADW_NAVIGATION_PAGE_CLASS (klass)->shown = gc_ringing_page_shown;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-ringing-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcRingingPage, stack);
  gtk_widget_class_bind_template_child (widget_class, GcRingingPage, by_label);
  gtk_widget_class_bind_template_child (widget_class, GcRingingPage, reason_label);
  gtk_widget_class_bind_template_child (widget_class, GcRingingPage, accept_button);
  gtk_widget_class_bind_template_child (widget_class, GcRingingPage, reasons);
  gtk_widget_class_bind_template_callback (widget_class, on_accept_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_decline_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_back_clicked);
}

static void
gc_ringing_page_init (GcRingingPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  add_reasons (self);
}

/**
 * gc_ringing_page_new:
 * @session: the shift in which the center asks
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_ringing_page_new (GcSession *session)
{
  GcRingingPage *self = g_object_new (GC_TYPE_RINGING_PAGE, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify::live-reason", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::live-by", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
