/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-pairing-page.h"

#include "app/gc-viewfinder.h"
#include "app/gc-words.h"
#include "base/gc-error.h"

#include <glib/gi18n.h>

struct _GcPairingPage
{
  AdwNavigationPage parent_instance;

  GtkWidget *back_button;
  GtkStack *stack;
  GtkBox *scan_box;
  GcViewfinder *viewfinder;
  GtkWidget *no_camera;
  GtkLabel *scan_hint;
  GtkEditable *code_entry;
  GtkLabel *code_error;
  GtkWidget *next_button;
  GtkLabel *ask_heading;
  GtkLabel *ask_host;
  GtkWidget *pair_button;
  AdwStatusPage *busy_status;
  AdwStatusPage *failed_status;
  GtkWidget *retry_button;
  GtkWidget *rescan_button;

  GcSession *session;
  GcPairingCode *code;       /* the one asked about or tried last */
  GCancellable *cancellable; /* while pairing */
  gboolean shown;
  const char *asked_from; /* the step to go back to; the stack owns its name */
};

G_DEFINE_FINAL_TYPE (GcPairingPage, gc_pairing_page, ADW_TYPE_NAVIGATION_PAGE)

static void
show_step (GcPairingPage *self, const char *name)
{
  gboolean scan = g_str_equal (name, "scan");

  gtk_stack_set_visible_child_name (self->stack, name);
  gtk_widget_set_visible (self->back_button, g_str_equal (name, "type"));
  if (scan && self->shown)
    gc_session_start_scanning (self->session);
  else
    gc_session_stop_scanning (self->session);
}

static void
update_camera (GcPairingPage *self)
{
  gboolean blind;

  g_object_get (self->viewfinder, "blind", &blind, NULL);
  gtk_widget_set_visible (self->no_camera, blind);
  gc_viewfinder_set_frame (self->viewfinder, !blind);
}

/* The same code may work later; where it cannot, only another one helps. */
static gboolean
may_retry (const GError *error)
{
  return error->domain != GC_ERROR || error->code == GC_ERROR_UNREACHABLE
         || error->code == GC_ERROR_BUSY || error->code == GC_ERROR_STORAGE
         || error->code == GC_ERROR_FAILED;
}

static void
show_failure (GcPairingPage *self, const GError *error)
{
  gboolean retry = may_retry (error);

  adw_status_page_set_description (self->failed_status, gc_words_pairing_error (error));
  gtk_widget_set_visible (self->retry_button, retry);
  if (retry)
    gtk_widget_remove_css_class (self->rescan_button, "suggested-action");
  else
    gtk_widget_add_css_class (self->rescan_button, "suggested-action");
  show_step (self, "failed");
}

static void
on_paired (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPairingPage) self = user_data;
  g_autoptr (GError) error = NULL;
  gboolean paired = gc_session_pair_finish (GC_SESSION (object), result, &error);

  g_clear_object (&self->cancellable);
  if (paired || !self->session)
    return; /* the window goes on by the session's property */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      show_step (self, "scan");
      return;
    }
  show_failure (self, error);
}

static void
pair (GcPairingPage *self)
{
  g_autofree char *host = g_strdup_printf ("%s:%u", self->code->host, self->code->port);

  adw_status_page_set_description (self->busy_status, host);
  show_step (self, "busy");
  self->cancellable = g_cancellable_new ();
  gc_session_pair_async (self->session, self->code, self->cancellable, on_paired,
                         g_object_ref (self));
}

static void
on_pair_clicked (GcPairingPage *self)
{
  pair (self);
}

static void
on_refuse_clicked (GcPairingPage *self)
{
  show_step (self, self->asked_from);
}

/* Nothing of a code is applied before the worker has seen whose it is and agreed. */
static void
ask (GcPairingPage *self, const GcPairingCode *code)
{
  g_autofree char *heading
      = g_strdup_printf (_ ("Pair with %s?"), code->name && *code->name ? code->name : code->host);
  g_autofree char *host = g_strdup_printf ("%s:%u", code->host, code->port);

  g_clear_pointer (&self->code, gc_pairing_code_free);
  self->code = gc_pairing_code_copy (code);
  self->asked_from = gtk_stack_get_visible_child_name (self->stack);
  gtk_label_set_label (self->ask_heading, heading);
  gtk_label_set_label (self->ask_host, host);
  show_step (self, "ask");
  gtk_widget_grab_focus (self->pair_button);
}

static void
on_code_found (GcPairingPage *self, const GcPairingCode *code, const GError *error)
{
  if (!g_str_equal (gtk_stack_get_visible_child_name (self->stack), "scan"))
    return;
  if (code)
    {
      gtk_label_set_label (self->scan_hint,
                           _ ("Point the camera at the code on the center’s screen"));
      gtk_widget_remove_css_class (GTK_WIDGET (self->scan_hint), "error-text");
      ask (self, code);
      return;
    }
  gtk_label_set_label (self->scan_hint, gc_words_code_error (error));
  gtk_widget_add_css_class (GTK_WIDGET (self->scan_hint), "error-text");
}

static void
on_code_changed (GcPairingPage *self)
{
  gtk_widget_set_visible (GTK_WIDGET (self->code_error), FALSE);
  gtk_widget_set_sensitive (self->next_button, *gtk_editable_get_text (self->code_entry) != '\0');
}

static void
on_next_clicked (GcPairingPage *self)
{
  g_autofree char *text = g_strstrip (g_strdup (gtk_editable_get_text (self->code_entry)));
  g_autoptr (GError) error = NULL;
  g_autoptr (GcPairingCode) code = NULL;

  if (!*text)
    return;
  code = gc_pairing_code_parse (text, &error);
  if (code)
    {
      ask (self, code);
      return;
    }
  gtk_label_set_label (self->code_error, gc_words_typed_code_error (error));
  gtk_widget_set_visible (GTK_WIDGET (self->code_error), TRUE);
}

static void
on_text_pasted (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcPairingPage) self = user_data;
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (object), result, NULL);

  if (text && self->session)
    gtk_editable_set_text (self->code_entry, g_strstrip (text));
}

static void
on_paste_clicked (GcPairingPage *self)
{
  gdk_clipboard_read_text_async (gtk_widget_get_clipboard (GTK_WIDGET (self)), NULL, on_text_pasted,
                                 g_object_ref (self));
}

static void
on_type_clicked (GcPairingPage *self)
{
  show_step (self, "type");
  gtk_widget_grab_focus (GTK_WIDGET (self->code_entry));
}

static void
on_scan_clicked (GcPairingPage *self)
{
  show_step (self, "scan");
}

static void
on_retry_clicked (GcPairingPage *self)
{
  pair (self);
}

static void
on_cancel_clicked (GcPairingPage *self)
{
  g_cancellable_cancel (self->cancellable);
}

static void
on_shown (GcPairingPage *self)
{
  self->shown = TRUE;
  show_step (self, gtk_stack_get_visible_child_name (self->stack));
}

static void
on_hiding (GcPairingPage *self)
{
  self->shown = FALSE;
  gc_session_stop_scanning (self->session);
}

static void
gc_pairing_page_dispose (GObject *object)
{
  GcPairingPage *self = GC_PAIRING_PAGE (object);

  g_cancellable_cancel (self->cancellable);
  g_clear_pointer (&self->code, gc_pairing_code_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_PAIRING_PAGE);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (gc_pairing_page_parent_class)->dispose (object);
}

static void
gc_pairing_page_class_init (GcPairingPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_pairing_page_dispose;
  g_type_ensure (GC_TYPE_VIEWFINDER);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-pairing-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, back_button);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, stack);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, scan_box);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, viewfinder);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, no_camera);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, scan_hint);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, code_entry);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, code_error);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, next_button);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, ask_heading);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, ask_host);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, pair_button);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, busy_status);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, failed_status);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, retry_button);
  gtk_widget_class_bind_template_child (widget_class, GcPairingPage, rescan_button);
  gtk_widget_class_bind_template_callback (widget_class, on_shown);
  gtk_widget_class_bind_template_callback (widget_class, on_hiding);
  gtk_widget_class_bind_template_callback (widget_class, on_scan_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_type_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_code_changed);
  gtk_widget_class_bind_template_callback (widget_class, on_next_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_paste_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_pair_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_refuse_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_cancel_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_retry_clicked);
}

static void
gc_pairing_page_init (GcPairingPage *self)
{
  g_autoptr (GdkPaintable) spinner = NULL;

  gtk_widget_init_template (GTK_WIDGET (self));
  spinner = GDK_PAINTABLE (adw_spinner_paintable_new (GTK_WIDGET (self->busy_status)));
  adw_status_page_set_paintable (self->busy_status, spinner);
}

/**
 * gc_pairing_page_new:
 * @session: the session to pair
 *
 * Returns: (transfer floating): a new page, which scans while it is shown
 */
AdwNavigationPage *
gc_pairing_page_new (GcSession *session)
{
  GcPairingPage *self = g_object_new (GC_TYPE_PAIRING_PAGE, NULL);

  self->session = g_object_ref (session);
  gc_viewfinder_set_session (self->viewfinder, session);
  g_signal_connect_object (session, "code-found", G_CALLBACK (on_code_found), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (self->viewfinder, "notify::blind", G_CALLBACK (update_camera), self,
                           G_CONNECT_SWAPPED);
  update_camera (self);
  return ADW_NAVIGATION_PAGE (self);
}
