/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-window"

#include "app/gc-unpair-dialog.h"

#include "app/gc-words.h"

#include <glib/gi18n.h>

static void
on_unpaired (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GtkWidget) window = user_data;
  g_autoptr (GError) error = NULL;

  if (gc_session_unpair_finish (GC_SESSION (object), result, &error))
    return;
  g_message ("Unpairing failed: %s", error->message);
  /* Not while it closes. */
  if (gtk_widget_get_visible (window))
    gtk_widget_activate_action (window, "win.say", "s", gc_words_step_error (error));
}

static void
on_answered (GtkWidget *window, const char *response, AdwDialog *dialog)
{
  GcSession *session = g_object_get_data (G_OBJECT (dialog), "session");

  if (g_str_equal (response, "unpair") && gtk_widget_get_visible (window))
    gc_session_unpair_async (session, on_unpaired, g_object_ref (window));
}

static char *
describe (GcSession *session)
{
  guint unsent;
  g_autofree char *center = NULL;

  g_object_get (session, "unsent", &unsent, "center-name", &center, NULL);
  if (unsent > 0)
    return g_strdup_printf (ngettext ("%u message has not been sent and will be lost.",
                                      "%u messages have not been sent and will be lost.", unsent),
                            unsent);
  return g_strdup_printf (_ ("To work for %s again, this device must be paired again."), center);
}

/**
 * gc_unpair_dialog_present:
 * @session: of the terminal
 * @window: over which to ask; must have the action “win.say” (s)
 *
 * Asks, and unpairs if the worker says so.
 */
void
gc_unpair_dialog_present (GcSession *session, GtkWidget *window)
{
  g_autofree char *body = describe (session);
  AdwDialog *dialog = adw_alert_dialog_new (_ ("Unpair this terminal?"), body);

  adw_alert_dialog_add_responses (ADW_ALERT_DIALOG (dialog), "cancel", _ ("Cancel"), "unpair",
                                  _ ("Unpair"), NULL);
  adw_alert_dialog_set_response_appearance (ADW_ALERT_DIALOG (dialog), "unpair",
                                            ADW_RESPONSE_DESTRUCTIVE);
  adw_alert_dialog_set_close_response (ADW_ALERT_DIALOG (dialog), "cancel");
  g_object_set_data_full (G_OBJECT (dialog), "session", g_object_ref (session), g_object_unref);
  g_signal_connect_object (dialog, "response", G_CALLBACK (on_answered), window, G_CONNECT_SWAPPED);
  adw_dialog_present (dialog, window);
}
