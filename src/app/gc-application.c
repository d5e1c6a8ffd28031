/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-application"

#include "app/gc-application.h"

#include "app/gc-alerts.h"
#include "app/gc-self-check.h"
#include "app/gc-settings.h"
#include "app/gc-window.h"

#include <glib-unix.h>
#include <glib/gi18n.h>
#include <gst/gst.h>

#define EXIT_USAGE 2

struct _GcApplication
{
  AdwApplication parent_instance;

  char *camera;
  char *microphone;
  char *nmea_file;
  char *data_dir;
  GcSession *session;
  GcAlerts *alerts;
  GSettings *settings;
  guint term_source;
  guint int_source;
};

G_DEFINE_FINAL_TYPE (GcApplication, gc_application, ADW_TYPE_APPLICATION)

static void
activate_action (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  g_application_activate (G_APPLICATION (user_data));
}

static void
answer_live_action (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GcApplication *self = GC_APPLICATION (user_data);
  gboolean accept = g_variant_get_boolean (parameter);
  GcLive live;

  if (!self->session)
    return;
  g_object_get (self->session, "live", &live, NULL);
  if (live == GC_LIVE_RINGING)
    gc_session_answer_live (self->session, accept, accept ? NULL : _ ("Later"));
  if (accept)
    g_application_activate (G_APPLICATION (self));
}

static void
show_task_action (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkWindow *window;

  g_application_activate (G_APPLICATION (user_data));
  window = gtk_application_get_active_window (GTK_APPLICATION (user_data));
  if (GC_IS_WINDOW (window))
    gc_window_show_task (GC_WINDOW (window), g_variant_get_string (parameter, NULL));
}

static void
about_action (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  AdwDialog *dialog = adw_about_dialog_new ();

  adw_about_dialog_set_application_name (ADW_ABOUT_DIALOG (dialog), "Gridcast");
  adw_about_dialog_set_application_icon (ADW_ABOUT_DIALOG (dialog), GC_APP_ID);
  adw_about_dialog_set_version (ADW_ABOUT_DIALOG (dialog), GC_VERSION);
  adw_about_dialog_set_developer_name (ADW_ABOUT_DIALOG (dialog), _ ("The Gridcast contributors"));
  adw_about_dialog_set_license_type (ADW_ABOUT_DIALOG (dialog), GTK_LICENSE_GPL_3_0);
  adw_about_dialog_set_comments (
      ADW_ABOUT_DIALOG (dialog),
      _ ("Shows the command center where you are and what you see, and brings you its tasks."));
  adw_dialog_present (dialog,
                      GTK_WIDGET (gtk_application_get_active_window (GTK_APPLICATION (user_data))));
}

static void
quit_action (GSimpleAction *action, GVariant *parameter, gpointer user_data)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (user_data));

  if (GC_IS_WINDOW (window))
    gc_window_leave (GC_WINDOW (window));
}

static const GActionEntry actions[] = {
  { .name = "activate", .activate = activate_action },
  { .name = "answer-live", .activate = answer_live_action, .parameter_type = "b" },
  { .name = "show-task", .activate = show_task_action, .parameter_type = "s" },
  { .name = "about", .activate = about_action },
  { .name = "quit", .activate = quit_action },
};

static gboolean
on_unix_signal (gpointer user_data)
{
  g_action_group_activate_action (G_ACTION_GROUP (user_data), "quit", NULL);
  return G_SOURCE_CONTINUE;
}

static void
gc_application_activate (GApplication *application)
{
  GcApplication *self = GC_APPLICATION (application);
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (self));

  if (!window)
    {
      GcSessionOptions options = {
        .data_dir = self->data_dir,
        .camera = self->camera,
        .microphone = self->microphone,
        .nmea_file = self->nmea_file,
      };

      g_clear_object (&self->alerts);
      g_clear_object (&self->session);
      self->session = gc_session_new (&options);
      if (self->settings)
        gc_settings_bind_limits (self->settings, self->session);
      self->alerts = gc_alerts_new (GTK_APPLICATION (self), self->session);
      window = gc_window_new (GTK_APPLICATION (self), self->session);
    }
  gtk_window_present (window);
}

static void
gc_application_startup (GApplication *application)
{
  GcApplication *self = GC_APPLICATION (application);
  const char *const quit_keys[] = { "<Control>q", NULL };

  G_APPLICATION_CLASS (gc_application_parent_class)->startup (application);
  gst_init (NULL, NULL);
  self->settings = gc_settings_new ();
  gtk_window_set_default_icon_name (GC_APP_ID);
  g_action_map_add_action_entries (G_ACTION_MAP (self), actions, G_N_ELEMENTS (actions), self);
  gtk_application_set_accels_for_action (GTK_APPLICATION (self), "app.quit", quit_keys);
  self->term_source = g_unix_signal_add (SIGTERM, on_unix_signal, self);
  self->int_source = g_unix_signal_add (SIGINT, on_unix_signal, self);
}

static void
gc_application_shutdown (GApplication *application)
{
  GcApplication *self = GC_APPLICATION (application);

  g_clear_handle_id (&self->term_source, g_source_remove);
  g_clear_handle_id (&self->int_source, g_source_remove);
  g_clear_object (&self->alerts);
  g_clear_object (&self->session);
  g_clear_object (&self->settings);
  G_APPLICATION_CLASS (gc_application_parent_class)->shutdown (application);
}

static int
self_check (void)
{
  g_autoptr (GPtrArray) items = NULL;

  gst_init (NULL, NULL);
  items = gc_self_check_run ();
  return gc_self_check_print (items) ? EXIT_SUCCESS : EXIT_FAILURE;
}

static gboolean
check_file (const char *option, const char *path)
{
  if (g_file_test (path, G_FILE_TEST_IS_REGULAR))
    return TRUE;
  g_printerr (_ ("gridcast: %1$s: there is no file “%2$s”\n"), option, path);
  return FALSE;
}

static gboolean
check_options (GcApplication *self)
{
  if (self->camera && !g_str_equal (self->camera, "pattern")
      && !check_file ("--camera", self->camera))
    return FALSE;
  if (self->microphone && !g_str_equal (self->microphone, "tone")
      && !g_str_equal (self->microphone, "none"))
    {
      g_printerr (_ ("gridcast: --microphone takes “tone” or “none”, not “%s”\n"),
                  self->microphone);
      return FALSE;
    }
  if (self->nmea_file && !check_file ("--nmea", self->nmea_file))
    return FALSE;
  if (self->data_dir && g_file_test (self->data_dir, G_FILE_TEST_EXISTS)
      && !g_file_test (self->data_dir, G_FILE_TEST_IS_DIR))
    {
      g_printerr (_ ("gridcast: --data-dir: “%s” is not a folder\n"), self->data_dir);
      return FALSE;
    }
  return TRUE;
}

/* Only the first instance opens a session; what a second one was given is checked all the same. */
static int
gc_application_handle_local_options (GApplication *application, GVariantDict *options)
{
  GcApplication *self = GC_APPLICATION (application);

  if (g_variant_dict_contains (options, "version"))
    {
      g_print ("gridcast %s\n", GC_VERSION);
      return EXIT_SUCCESS;
    }
  if (g_variant_dict_contains (options, "self-check"))
    return self_check ();
  g_variant_dict_lookup (options, "camera", "^ay", &self->camera);
  g_variant_dict_lookup (options, "microphone", "s", &self->microphone);
  g_variant_dict_lookup (options, "nmea", "^ay", &self->nmea_file);
  g_variant_dict_lookup (options, "data-dir", "^ay", &self->data_dir);
  if (g_variant_dict_contains (options, "new-instance"))
    g_application_set_flags (application,
                             g_application_get_flags (application) | G_APPLICATION_NON_UNIQUE);
  return check_options (self) ? -1 : EXIT_USAGE;
}

static void
gc_application_finalize (GObject *object)
{
  GcApplication *self = GC_APPLICATION (object);

  g_free (self->camera);
  g_free (self->microphone);
  g_free (self->nmea_file);
  g_free (self->data_dir);
  G_OBJECT_CLASS (gc_application_parent_class)->finalize (object);
}

static void
gc_application_class_init (GcApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gc_application_finalize;
  application_class->activate = gc_application_activate;
  application_class->startup = gc_application_startup;
  application_class->shutdown = gc_application_shutdown;
  application_class->handle_local_options = gc_application_handle_local_options;
}

static void
gc_application_init (GcApplication *self)
{
  const GOptionEntry entries[] = {
    { "camera", 0, 0, G_OPTION_ARG_FILENAME, NULL,
      _ ("Show a test picture or play a file instead of the camera"), _ ("pattern|FILE") },
    { "microphone", 0, 0, G_OPTION_ARG_STRING, NULL,
      _ ("Play a tone, or nothing, instead of the microphone"), "tone|none" },
    { "nmea", 0, 0, G_OPTION_ARG_FILENAME, NULL,
      _ ("Replay positions from a file of NMEA sentences"), _ ("FILE") },
    { "data-dir", 0, 0, G_OPTION_ARG_FILENAME, NULL, _ ("Keep data and keys in this folder"),
      _ ("DIR") },
    { "new-instance", 0, 0, G_OPTION_ARG_NONE, NULL,
      _ ("Start beside an instance that runs already"), NULL },
    { "self-check", 0, 0, G_OPTION_ARG_NONE, NULL,
      _ ("List what is needed, and whether it is there"), NULL },
    { "version", 0, 0, G_OPTION_ARG_NONE, NULL, _ ("Print the version"), NULL },
    { NULL },
  };

  g_application_add_main_option_entries (G_APPLICATION (self), entries);
}

/**
 * gc_application_new:
 *
 * Returns: (transfer full): the application, with its command line's options
 */
GcApplication *
gc_application_new (void)
{
  return g_object_new (GC_TYPE_APPLICATION, "application-id", GC_APP_ID, "resource-base-path",
                       "/org/gridcast/Gridcast", "flags", G_APPLICATION_DEFAULT_FLAGS, NULL);
}
