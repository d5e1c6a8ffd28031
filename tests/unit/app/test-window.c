/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises: nothing of a code is applied before the worker agrees; the switch says what the session
 * says; ringing comes before everything and can be answered; steps of a task go to the session in
 * order, with the note that was written; a begun note is kept; the preview is held only while it
 * is looked at; what live video may use is what was chosen, at once; that data were damaged stays
 * on the screen until it is read; what could not be opened for want of room is opened when there
 * is; an SOS is called by holding, never by a tap, by keyboard too, shows itself once, and is taken
 * back only when asked twice. */
#include "app-fixture.h"
#include "app/gc-settings.h"
#include "app/gc-sos-button.h"
#include "app/gc-window.h"
#include "base/gc-error.h"

#define PIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

static void
test_consent (void)
{
  AppFixture self;
  g_autoptr (GcPairingCode) code
      = gc_pairing_code_new ("127.0.0.1", 45981, PIN, TOKEN, "Riverside Command");
  g_autofree char *calls = NULL;

  app_fixture_open (&self, FALSE, 360, 720);
  app_fixture_assert_called (&self, "scan");
  g_signal_emit_by_name (self.session, "code-found", code, NULL);
  app_fixture_click (&self, "Cancel");
  calls = fake_session_take_calls (self.session);
  g_assert_null (strstr (calls, "pair"));
  g_signal_emit_by_name (self.session, "code-found", code, NULL);
  app_fixture_click (&self, "Pair");
  app_fixture_assert_called (&self, "pair 127.0.0.1:45981");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Off duty");
  app_fixture_close (&self);
}

static void
test_typed (void)
{
  AppFixture self;
  GtkWidget *entry;
  g_autoptr (GcPairingCode) code = gc_pairing_code_new ("10.0.0.1", 8443, PIN, TOKEN, "C");
  g_autofree char *text = gc_pairing_code_print (code);

  app_fixture_open (&self, FALSE, 360, 720);
  app_fixture_click (&self, "Type the code");
  entry = app_fixture_find (&self, ADW_TYPE_ENTRY_ROW, NULL);
  gtk_editable_set_text (GTK_EDITABLE (entry), "https://example.com/");
  app_fixture_click (&self, "Next");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL,
                        "This is not a pairing code. Look for the code on the center’s screen.");
  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  app_fixture_click (&self, "Next");
  app_fixture_click (&self, "Pair");
  app_fixture_assert_called (&self, "pair 10.0.0.1:8443");
  app_fixture_close (&self);
}

static void
test_failures (void)
{
  AppFixture self;
  g_autoptr (GcPairingCode) code = gc_pairing_code_new ("c.example", 8443, PIN, TOKEN, "C");

  app_fixture_open (&self, FALSE, 360, 720);
  fake_session_fail_next (self.session, GC_ERROR_UNREACHABLE);
  g_signal_emit_by_name (self.session, "code-found", code, NULL);
  app_fixture_click (&self, "Pair");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL,
                        "The center cannot be reached. Check the network, then try again.");
  app_fixture_click (&self, "Scan another code");
  app_fixture_assert_called (&self, "scan");
  app_fixture_close (&self);
}

static void
test_duty (void)
{
  AppFixture self;
  GtkWidget *duty;

  app_fixture_open (&self, TRUE, 360, 720);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Nothing is sent");
  g_assert_null (app_fixture_find (&self, GTK_TYPE_BUTTON, "Go live"));
  duty = app_fixture_find (&self, GTK_TYPE_SWITCH, NULL);
  gtk_widget_activate (duty);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "On duty");
  app_fixture_assert_called (&self, "duty 1");
  g_assert_true (gtk_switch_get_state (GTK_SWITCH (duty)));
  gc_session_set_on_duty (self.session, FALSE);
  g_assert_false (gtk_switch_get_active (GTK_SWITCH (duty)));
  gc_session_set_on_duty (self.session, TRUE);
  g_assert_true (gtk_switch_get_active (GTK_SWITCH (duty)));
  app_fixture_click (&self, "Go live");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Asking the center…");
  app_fixture_click (&self, "Cancel");
  app_fixture_assert_called (&self, "end-live");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "On duty");
  app_fixture_close (&self);
}

static void
press_key (GtkWidget *widget, gboolean down)
{
  g_autoptr (GListModel) controllers = gtk_widget_observe_controllers (widget);

  for (guint i = 0; i < g_list_model_get_n_items (controllers); i++)
    {
      g_autoptr (GtkEventController) controller = g_list_model_get_item (controllers, i);
      gboolean handled;

      if (!GTK_IS_EVENT_CONTROLLER_KEY (controller))
        continue;
      if (down)
        g_signal_emit_by_name (controller, "key-pressed", GDK_KEY_space, 0, 0, &handled);
      else
        g_signal_emit_by_name (controller, "key-released", GDK_KEY_space, 0, 0);
    }
}

static void
test_sos (void)
{
  AppFixture self;
  GtkWidget *button;
  g_autofree char *calls = NULL;

  app_fixture_open (&self, TRUE, 360, 720);
  button = app_fixture_find (&self, GC_TYPE_SOS_BUTTON, NULL);
  g_assert_nonnull (button);
  /* Off duty too. */
  press_key (button, TRUE);
  app_fixture_settle (&self);
  press_key (button, FALSE);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "To call for help, hold the button for 2 seconds.");
  calls = fake_session_take_calls (self.session);
  g_assert_null (strstr (calls, "sos"));
  press_key (button, TRUE);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Not sent yet");
  app_fixture_assert_called (&self, "sos live");
  /* Looking at something else is allowed, and there is a way back. */
  adw_navigation_view_pop (
      ADW_NAVIGATION_VIEW (app_fixture_find (&self, ADW_TYPE_NAVIGATION_VIEW, NULL)));
  app_fixture_wait_for (&self, GTK_TYPE_BUTTON, "Show your SOS");
  g_object_set (self.session, "link", GC_LINK_CONNECTING, NULL);
  app_fixture_click (&self, "Show your SOS");
  app_fixture_click (&self, "False alarm…");
  app_fixture_click (&self, "I need help");
  g_clear_pointer (&calls, g_free);
  calls = fake_session_take_calls (self.session);
  g_assert_null (strstr (calls, "withdraw"));
  app_fixture_click (&self, "False alarm…");
  app_fixture_click (&self, "False alarm");
  app_fixture_assert_called (&self, "withdraw-sos");
  app_fixture_click (&self, "Close");
  app_fixture_wait_for (&self, GC_TYPE_SOS_BUTTON, NULL);
  app_fixture_close (&self);
}

static void
test_ringing (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, NULL);
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.menu", NULL);
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.unpair", NULL);
  g_object_set (self.session, "live-by", "A", "live-reason", "why", "live", GC_LIVE_RINGING, NULL);
  app_fixture_click (&self, "live request\004Decline");
  app_fixture_click (&self, "Later");
  g_assert_null (app_fixture_find (&self, GTK_TYPE_LABEL, "The center asks for live video"));
  g_object_set (self.session, "live", GC_LIVE_RINGING, NULL);
  app_fixture_click (&self, "live request\004Accept");
  app_fixture_assert_called (&self, "answer yes -");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Connecting the picture…");
  g_object_set (self.session, "live", GC_LIVE_IDLE, NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Menu");
  app_fixture_close (&self);
}

/* The request is taken back, or its time is over, while the worker looks for a reason. */
static void
test_ringing_ends (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, "live", GC_LIVE_RINGING, NULL);
  app_fixture_click (&self, "live request\004Decline");
  g_object_set (self.session, "live", GC_LIVE_IDLE, NULL);
  g_signal_emit_by_name (self.session, "live-ended", NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "On duty");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "The center ended live video");
  app_fixture_close (&self);
}

static void
test_preview (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, "live", GC_LIVE_SENDING, NULL);
  app_fixture_settle (&self);
  app_fixture_assert_called (&self, "preview on");
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.watches", NULL);
  app_fixture_settle (&self);
  app_fixture_assert_called (&self, "preview off");
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.live", NULL);
  app_fixture_settle (&self);
  app_fixture_assert_called (&self, "preview on");
  app_fixture_close (&self);
}

static void
test_task (void)
{
  AppFixture self;
  GcTaskItem *item;
  GtkTextBuffer *buffer;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, NULL);
  item = app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_DELIVERED);
  app_fixture_settle (&self);
  app_fixture_click (&self, gc_task_item_get_task (item)->title);
  app_fixture_click (&self, "task step\004Accept");
  app_fixture_assert_called (&self, "task accepted -");
  app_fixture_click (&self, "task step\004On the way");
  app_fixture_assert_called (&self, "task en-route -");
  fake_session_fail_next (self.session, GC_ERROR_STORAGE);
  app_fixture_click (&self, "task step\004Arrived");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "It could not be saved. Is the memory full?");
  app_fixture_click (&self, "task step\004Arrived");
  app_fixture_click (&self, "task step\004Done");
  buffer = gtk_text_view_get_buffer (
      GTK_TEXT_VIEW (app_fixture_find (&self, GTK_TYPE_TEXT_VIEW, NULL)));
  gtk_text_buffer_set_text (buffer, "水已退", -1);
  app_fixture_click (&self, "task step\004Done");
  app_fixture_assert_called (&self, "task done 水已退");
  app_fixture_close (&self);
}

static void
test_opened_again (void)
{
  AppFixture self = { gc_session_new (NULL) };

  g_object_set (self.session, "paired", TRUE, "center-name", "C", NULL);
  fake_session_fail_next (self.session, GC_ERROR_STORAGE);
  self.window = gc_window_new (NULL, self.session);
  gtk_window_set_default_size (self.window, 360, 720);
  gtk_window_present (self.window);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Gridcast cannot start");
  app_fixture_look (&self, "cannot-start");
  app_fixture_click (&self, "Try again");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Off duty");
  app_fixture_close (&self);
}

/* The store says so as soon as it is open, long before there is a page; a call takes the screen. */
static void
test_salvaged (void)
{
  AppFixture self = { gc_session_new (NULL) };
  g_autofree char *set_aside = NULL;

  g_object_set (self.session, "paired", TRUE, "set-aside", "gridcast.db.damaged-1", NULL);
  self.window = gc_window_new (NULL, self.session);
  gtk_window_set_default_size (self.window, 360, 720);
  gtk_window_present (self.window);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Data were damaged");
  app_fixture_look (&self, "salvaged");
  g_object_set (self.session, "live", GC_LIVE_RINGING, NULL);
  app_fixture_settle (&self);
  g_assert_null (app_fixture_find (&self, GTK_TYPE_LABEL, "Data were damaged"));
  g_object_set (self.session, "live", GC_LIVE_IDLE, NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Data were damaged");
  app_fixture_click (&self, "Close");
  g_object_get (self.session, "set-aside", &set_aside, NULL);
  g_assert_null (set_aside);
  app_fixture_close (&self);
}

static void
test_draft (void)
{
  AppFixture self;
  GcTaskItem *item;
  GtkTextBuffer *buffer;
  GtkTextIter start;
  GtkTextIter end;
  g_autofree char *text = NULL;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, NULL);
  item = app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_ARRIVED);
  app_fixture_settle (&self);
  app_fixture_click (&self, gc_task_item_get_task (item)->title);
  app_fixture_click (&self, "task step\004Done");
  buffer = gtk_text_view_get_buffer (
      GTK_TEXT_VIEW (app_fixture_find (&self, GTK_TYPE_TEXT_VIEW, NULL)));
  gtk_text_buffer_set_text (buffer, "半句话", -1);
  gtk_widget_activate_action (app_fixture_find (&self, GTK_TYPE_TEXT_VIEW, NULL), "navigation.pop",
                              NULL);
  app_fixture_settle (&self);
  app_fixture_click (&self, "task step\004Done");
  buffer = gtk_text_view_get_buffer (
      GTK_TEXT_VIEW (app_fixture_find (&self, GTK_TYPE_TEXT_VIEW, NULL)));
  gtk_text_buffer_get_bounds (buffer, &start, &end);
  text = gtk_text_buffer_get_text (buffer, &start, &end, FALSE);
  g_assert_cmpstr (text, ==, "半句话");
  app_fixture_close (&self);
}

static void
test_decline (void)
{
  AppFixture self;
  GcTaskItem *item;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, NULL);
  item = app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_DELIVERED);
  app_fixture_settle (&self);
  app_fixture_click (&self, gc_task_item_get_task (item)->title);
  app_fixture_click (&self, "task step\004Decline");
  g_assert_false (
      gtk_widget_is_sensitive (app_fixture_find (&self, GTK_TYPE_BUTTON, "task step\004Decline")));
  app_fixture_click (&self, "Too far away");
  app_fixture_click (&self, "task step\004Decline");
  g_assert_cmpint (gc_task_item_get_task (item)->state, ==, GC_TASK_DECLINED);
  g_assert_nonnull (gc_task_item_get_task (item)->note);
  app_fixture_close (&self);
}

static void
test_limits (void)
{
  AppFixture self;
  g_autoptr (GSettings) settings = gc_settings_new ();
  GtkWidget *row;

  app_fixture_open (&self, TRUE, 360, 720);
  gc_settings_bind_limits (settings, self.session);
  app_fixture_assert_called (&self, "limit 2 1000");
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.menu", NULL);
  app_fixture_click (&self, "Data use");
  app_fixture_wait_for (&self, ADW_TYPE_COMBO_ROW, "Mobile data");
  row = app_fixture_find (&self, ADW_TYPE_COMBO_ROW, "Mobile data");
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (row)), ==, 0);
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), 4);
  app_fixture_settle (&self);
  g_assert_cmpuint (g_settings_get_uint (settings, "live-limit-mobile"), ==, 500);
  app_fixture_assert_called (&self, "limit 1 500");
  /* What was set otherwise is shown, and kept. */
  g_settings_set_uint (settings, "live-limit-mobile", 730);
  app_fixture_settle (&self);
  g_assert_cmpuint (adw_combo_row_get_selected (ADW_COMBO_ROW (row)), ==, 6);
  g_assert_cmpuint (g_settings_get_uint (settings, "live-limit-mobile"), ==, 730);
  app_fixture_assert_called (&self, "limit 1 730");
  g_settings_reset (settings, "live-limit-mobile");
  app_fixture_close (&self);
}

static void
test_unpair (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "unsent", 3, NULL);
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.unpair", NULL);
  app_fixture_click (&self, "Unpair");
  app_fixture_assert_called (&self, "unpair");
  app_fixture_wait_for (&self, GTK_TYPE_LABEL,
                        "Point the camera at the code on the center’s screen");
  app_fixture_close (&self);
}

int
main (int argc, char **argv)
{
  app_fixture_init (&argc, &argv);
  g_test_add_func ("/window/pairing/nothing-without-consent", test_consent);
  g_test_add_func ("/window/pairing/by-keyboard", test_typed);
  g_test_add_func ("/window/pairing/failure-has-a-way-on", test_failures);
  g_test_add_func ("/window/duty/switch-and-words-agree", test_duty);
  g_test_add_func ("/window/sos/held-shown-taken-back", test_sos);
  g_test_add_func ("/window/ringing/comes-before-everything", test_ringing);
  g_test_add_func ("/window/ringing/ends-by-itself", test_ringing_ends);
  g_test_add_func ("/window/live/preview-only-while-seen", test_preview);
  g_test_add_func ("/window/task/steps-in-order", test_task);
  g_test_add_func ("/window/task/begun-note-is-kept", test_draft);
  g_test_add_func ("/window/salvaged-is-said", test_salvaged);
  g_test_add_func ("/window/opened-again", test_opened_again);
  g_test_add_func ("/window/task/decline-needs-a-reason", test_decline);
  g_test_add_func ("/window/limits/what-is-chosen-holds", test_limits);
  g_test_add_func ("/window/unpair/asks-first", test_unpair);
  return g_test_run ();
}
