/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Promises: every page fits a handset's screen in every state, upright and on its side, light and
 * dark; every control has a name; main actions are large. The pictures that the test takes are for
 * the eye: GC_TEST_PICTURES says where they are. */
#include "app-fixture.h"
#include "base/gc-clock.h"
#include "base/gc-error.h"

#define PIN "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define TOKEN "AAAAAAAAAAAAAAAAAAAAAA"

static void
set_fix (AppFixture *self)
{
  GcFix fix = { .longitude = 121.1240, .latitude = 28.8520, .accuracy_m = 8 };

  g_object_set (self->session, "fix", &fix, NULL);
}

static void
go_on_duty (AppFixture *self)
{
  g_object_set (self->session, "on-duty", TRUE, "link", GC_LINK_ONLINE, NULL);
  set_fix (self);
}

static void
test_pairing (void)
{
  AppFixture self;
  g_autoptr (GcPairingCode) code
      = gc_pairing_code_new ("10.20.30.40", 8443, PIN, TOKEN, "临海县综治中心");
  g_autoptr (GError) foreign = g_error_new_literal (GC_ERROR, GC_ERROR_NOT_FOUND, "foreign");

  app_fixture_open (&self, FALSE, 360, 720);
  app_fixture_look (&self, "pairing-scan");
  g_signal_emit_by_name (self.session, "code-found", NULL, foreign);
  app_fixture_look (&self, "pairing-foreign");
  g_object_set (self.session, "camera-count", 0, NULL);
  app_fixture_look (&self, "pairing-no-camera");
  g_signal_emit_by_name (self.session, "code-found", code, NULL);
  app_fixture_look (&self, "pairing-ask");
  fake_session_fail_next (self.session, GC_ERROR_EXPIRED);
  app_fixture_click (&self, "Pair");
  app_fixture_look (&self, "pairing-failed");
  app_fixture_click (&self, "Type the code");
  app_fixture_look (&self, "pairing-type");
  app_fixture_close (&self);
}

static void
test_home (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  app_fixture_look (&self, "home-off-duty");
  go_on_duty (&self);
  app_fixture_look (&self, "home-no-tasks");
  app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_DELIVERED);
  app_fixture_add_task (&self, GC_TASK_PRIORITY, GC_TASK_EN_ROUTE);
  app_fixture_add_task (&self, GC_TASK_ROUTINE, GC_TASK_ACCEPTED);
  app_fixture_add_task (&self, GC_TASK_ROUTINE, GC_TASK_CANCELLED);
  app_fixture_look (&self, "home-tasks");
  g_object_set (self.session, "link", GC_LINK_WAITING, "unsent", 12, NULL);
  app_fixture_look (&self, "home-waiting");
  g_object_set (self.session, "link", GC_LINK_REPLACED, NULL);
  app_fixture_look (&self, "home-replaced");
  g_object_set (self.session, "link", GC_LINK_REVOKED, NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Nothing is sent");
  app_fixture_look (&self, "home-revoked");
  g_object_set (self.session, "link", GC_LINK_REFUSED, NULL);
  app_fixture_look (&self, "home-refused");
  g_object_set (self.session, "link", GC_LINK_UNTRUSTED, NULL);
  app_fixture_look (&self, "home-untrusted");
  g_object_set (self.session, "link", GC_LINK_CLOCK, NULL);
  app_fixture_look (&self, "home-clock");
  g_object_set (self.session, "link", GC_LINK_OUTDATED, NULL);
  app_fixture_look (&self, "home-outdated");
  app_fixture_close (&self);
}

static GcSos *
make_sos (GcSosState state, gboolean received)
{
  GcSos *sos = gc_sos_new (NULL, 42);

  sos->state = state;
  if (received)
    sos->received_ms = sos->pressed_ms;
  if (state == GC_SOS_SEEN || state == GC_SOS_ENDED)
    {
      sos->seen_by = g_strdup ("王芳 Wang Fang (night shift)");
      sos->seen_ms = sos->pressed_ms;
    }
  if (gc_sos_state_is_final (state))
    {
      sos->ended_by = g_strdup ("王芳");
      sos->ended_ms = sos->pressed_ms;
    }
  return sos;
}

static void
look_at_sos (AppFixture *self, GcSosState state, gboolean received, const char *name)
{
  g_autoptr (GcSos) sos = make_sos (state, received);

  g_object_set (self->session, "sos", sos, NULL);
  app_fixture_look (self, name);
}

static void
test_sos (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  g_object_set (self.session, "on-duty", TRUE, "link", GC_LINK_WAITING, NULL);
  look_at_sos (&self, GC_SOS_OPEN, FALSE, "sos-waiting");
  g_object_set (self.session, "link", GC_LINK_ONLINE, NULL);
  app_fixture_look (&self, "sos-calling");
  set_fix (&self);
  look_at_sos (&self, GC_SOS_OPEN, TRUE, "sos-received");
  look_at_sos (&self, GC_SOS_SEEN, TRUE, "sos-seen");
  g_object_set (self.session, "live", GC_LIVE_SENDING, NULL);
  app_fixture_look (&self, "sos-live");
  g_object_set (self.session, "live", GC_LIVE_IDLE, NULL);
  app_fixture_click (&self, "False alarm…");
  app_fixture_look (&self, "sos-ask");
  app_fixture_click (&self, "I need help");
  look_at_sos (&self, GC_SOS_ENDED, TRUE, "sos-ended");
  look_at_sos (&self, GC_SOS_WITHDRAWN, FALSE, "sos-withdrawn");
  app_fixture_close (&self);
}

static void
test_live (void)
{
  static const char *const grades[] = { "picture\004Stuck", "picture\004Poor", "picture\004Fair",
                                        "picture\004Good", "picture\004Excellent" };
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  g_object_set (self.session, "live", GC_LIVE_ASKING, NULL);
  app_fixture_look (&self, "live-asking");
  g_object_set (self.session, "live", GC_LIVE_CONNECTING, NULL);
  app_fixture_look (&self, "live-connecting");
  g_object_set (self.session, "live", GC_LIVE_SENDING, "watching", 2, "live-since-ms",
                gc_clock_monotonic_ms () - 192000, "live-grade", 4, NULL);
  app_fixture_look (&self, "live-sending");
  for (int grade = 0; grade < (int) G_N_ELEMENTS (grades); grade++)
    {
      g_object_set (self.session, "live-grade", grade, NULL);
      app_fixture_wait_for (&self, GTK_TYPE_LABEL, grades[grade]);
    }
  g_object_set (self.session, "camera-count", 0, "camera-active", FALSE, "microphone-active", FALSE,
                NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "The camera gives no picture. Trying again…");
  app_fixture_look (&self, "live-blind-and-deaf");
  g_object_set (self.session, "camera-count", 2, "camera-active", TRUE, "microphone-active", TRUE,
                NULL);
  g_object_set (self.session, "muted", TRUE, "watching", 0, "live-grade", 1, "live-sharp", TRUE,
                NULL);
  app_fixture_look (&self, "live-muted");
  g_object_set (self.session, "live-stills", TRUE, NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "picture\004Stills");
  app_fixture_look (&self, "live-stills");
  g_object_set (self.session, "live-stills", FALSE, "live-grade", 2, "live-limit", "setting", NULL);
  app_fixture_look (&self, "live-limited");
  g_object_set (self.session, "live-grade", 3, "live-limit", "battery", NULL);
  app_fixture_look (&self, "live-battery");
  g_object_set (self.session, "live", GC_LIVE_RECONNECTING, NULL);
  app_fixture_look (&self, "live-reconnecting");
  g_object_set (self.session, "live", GC_LIVE_SENDING, NULL);
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.menu", NULL);
  app_fixture_look (&self, "live-elsewhere");
  app_fixture_close (&self);
}

static void
test_ringing (void)
{
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  g_object_set (self.session, "live-by", "陈芳", "live-reason",
                "学院路口积水,请让我们看看现场水位和车辆情况", "live", GC_LIVE_RINGING, NULL);
  app_fixture_look (&self, "ringing");
  app_fixture_click (&self, "live request\004Decline");
  app_fixture_look (&self, "ringing-why");
  app_fixture_close (&self);
}

static void
show (AppFixture *self, GcTaskItem *item)
{
  gtk_widget_activate_action (GTK_WIDGET (self->window), "win.task", "s",
                              gc_task_item_get_task (item)->id);
}

/* One in each state. */
static void
attach (GcTaskItem *item)
{
  static const char *const NAMES[] = { "家庭合影，在古城街道口袋公园拍摄的那一张.jpg", NULL,
                                       "一层平面图.png", "IMG_1.png", NULL };
  GcTask *task = (GcTask *) gc_task_item_get_task (item);

  task->files = g_ptr_array_new_with_free_func ((GDestroyNotify) gc_file_reference_free);
  for (guint i = 0; i < G_N_ELEMENTS (NAMES); i++)
    {
      GcFileReference *file = g_new0 (GcFileReference, 1);

      file->id = g_strdup_printf ("%u", i);
      file->name = g_strdup (NAMES[i]);
      file->size = 4200000;
      file->media_type = g_strdup ("image/png");
      g_ptr_array_add (task->files, file);
    }
}

static void
scroll_down (AppFixture *self)
{
  GtkWidget *view = gtk_widget_get_ancestor (
      app_fixture_find (self, GTK_TYPE_LABEL, "Failed. Tap to try again"),
      GTK_TYPE_SCROLLED_WINDOW);
  GtkAdjustment *adjustment = gtk_scrolled_window_get_vadjustment (GTK_SCROLLED_WINDOW (view));

  gtk_adjustment_set_value (adjustment, gtk_adjustment_get_upper (adjustment));
}

static void
test_attachments (void)
{
  AppFixture self;
  GcTaskItem *item;

  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  item = app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_DELIVERED);
  attach (item);
  show (&self, item);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "picture\004Waiting");
  fake_session_set_attachment (self.session, "0", GC_ATTACHMENT_HERE);
  fake_session_set_attachment (self.session, "2", GC_ATTACHMENT_LOADING);
  fake_session_set_attachment (self.session, "3", GC_ATTACHMENT_ON_DEMAND);
  fake_session_set_attachment (self.session, "4", GC_ATTACHMENT_FAILED);
  app_fixture_look (&self, "task-attachments");
  scroll_down (&self);
  app_fixture_look (&self, "task-attachments-below");
  app_fixture_click (&self, "Failed. Tap to try again");
  fake_session_set_attachment (self.session, "4", GC_ATTACHMENT_HERE);
  app_fixture_wait_for (&self, GTK_TYPE_PICTURE, NULL);
  app_fixture_click (&self, "家庭合影，在古城街道口袋公园拍摄的那一张.jpg");
  app_fixture_wait_for (&self, GTK_TYPE_SCROLLED_WINDOW, NULL);
  app_fixture_look (&self, "task-attachment-large");
  app_fixture_click (&self, "Larger");
  app_fixture_click (&self, "Larger");
  app_fixture_look (&self, "task-attachment-larger");
  app_fixture_click (&self, "Smaller");
  app_fixture_close (&self);
}

static void
test_task (void)
{
  AppFixture self;
  GcTaskItem *item;

  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  item = app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_DELIVERED);
  show (&self, item);
  app_fixture_look (&self, "task-new");
  app_fixture_click (&self, "task step\004Decline");
  app_fixture_look (&self, "task-decline");
  gtk_widget_activate_action (app_fixture_find (&self, GTK_TYPE_TEXT_VIEW, NULL), "navigation.pop",
                              NULL);
  fake_session_change_task (item, GC_TASK_ARRIVED, NULL, FALSE);
  app_fixture_look (&self, "task-arrived-unsent");
  app_fixture_click (&self, "Take a photo");
  app_fixture_look (&self, "task-photo");
  fake_session_fail_next (self.session, GC_ERROR_STORAGE);
  app_fixture_click (&self, "Take the photo");
  app_fixture_look (&self, "task-photo-failed");
  app_fixture_click (&self, "Take the photo");
  app_fixture_look (&self, "task-photo-waiting");
  fake_session_deliver_files (self.session);
  app_fixture_look (&self, "task-photo-sent");
  app_fixture_click (&self, "task step\004Done");
  app_fixture_look (&self, "task-done-note");
  app_fixture_click (&self, "task step\004Done");
  app_fixture_look (&self, "task-done");
  fake_session_cancel_too_late (item, "排水公司已处理");
  app_fixture_look (&self, "task-done-cancelled-too-late");
  fake_session_change_task (item, GC_TASK_CANCELLED, "排水公司已处理", TRUE);
  app_fixture_look (&self, "task-cancelled");
  g_object_set (self.session, "on-duty", FALSE, "fix", NULL, NULL);
  fake_session_change_task (item, GC_TASK_ACCEPTED, "", TRUE);
  app_fixture_look (&self, "task-off-duty");
  app_fixture_close (&self);
}

static void
test_alert (void)
{
  static const char *const NAMES[]
      = { "alert-extreme", "alert-severe", "alert-moderate", "alert-minor", "alert-unknown" };
  AppFixture self;

  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  app_fixture_add_alert (&self, GC_CAP_SEVERITY_MINOR, FALSE);
  app_fixture_look (&self, "alert-elsewhere");
  for (int severity = GC_CAP_SEVERITY_EXTREME; severity <= GC_CAP_SEVERITY_UNKNOWN; severity++)
    {
      app_fixture_add_alert (&self, (GcCapSeverity) severity, TRUE);
      app_fixture_look (&self, NAMES[severity]);
      app_fixture_click (&self, "I have read it");
    }
  app_fixture_add_alert (&self, GC_CAP_SEVERITY_EXTREME, TRUE);
  app_fixture_add_alert (&self, GC_CAP_SEVERITY_SEVERE, TRUE);
  fake_session_fail_next (self.session, GC_ERROR_STORAGE);
  app_fixture_click (&self, "I have read it");
  app_fixture_look (&self, "alert-not-saved");
  app_fixture_close (&self);
}

static void
test_others (void)
{
  AppFixture self;
  gint64 now_ms = gc_clock_wall_ms ();

  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.watches", NULL);
  app_fixture_look (&self, "watches-none");
  fake_session_add_watch (self.session, "陈芳", now_ms - 300000, 0);
  fake_session_add_watch (self.session, "指挥长 李强", now_ms - 7200000, now_ms - 7000000);
  app_fixture_look (&self, "watches");
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.menu", NULL);
  app_fixture_look (&self, "menu");
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.limits", NULL);
  app_fixture_look (&self, "limits");
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.self-check", NULL);
  app_fixture_wait_for (&self, GTK_TYPE_LABEL, "Everything that is needed is there.");
  app_fixture_look (&self, "self-check");
  g_object_set (self.session, "unsent", 3, NULL);
  gtk_widget_activate_action (GTK_WIDGET (self.window), "win.unpair", NULL);
  app_fixture_look (&self, "unpair");
  app_fixture_close (&self);
}

static void
test_sideways (void)
{
  AppFixture self;
  GcTaskItem *item;

  app_fixture_open (&self, FALSE, 720, 360);
  app_fixture_look (&self, "sideways-pairing");
  app_fixture_close (&self);
  app_fixture_open (&self, TRUE, 720, 360);
  go_on_duty (&self);
  item = app_fixture_add_task (&self, GC_TASK_URGENT, GC_TASK_DELIVERED);
  app_fixture_look (&self, "sideways-home");
  show (&self, item);
  app_fixture_look (&self, "sideways-task");
  g_object_set (self.session, "live-by", "陈芳", "live", GC_LIVE_RINGING, NULL);
  app_fixture_look (&self, "sideways-ringing");
  g_object_set (self.session, "live", GC_LIVE_SENDING, NULL);
  app_fixture_look (&self, "sideways-live");
  app_fixture_add_alert (&self, GC_CAP_SEVERITY_EXTREME, TRUE);
  app_fixture_look (&self, "sideways-alert");
  app_fixture_close (&self);
}

static void
test_dark_and_wide (void)
{
  AppFixture self;
  GcTaskItem *item;

  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      ADW_COLOR_SCHEME_FORCE_DARK);
  app_fixture_open (&self, TRUE, 360, 720);
  go_on_duty (&self);
  item = app_fixture_add_task (&self, GC_TASK_PRIORITY, GC_TASK_DELIVERED);
  app_fixture_look (&self, "dark-home");
  show (&self, item);
  app_fixture_look (&self, "dark-task");
  app_fixture_close (&self);
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), ADW_COLOR_SCHEME_DEFAULT);
  app_fixture_open (&self, TRUE, 1100, 760);
  go_on_duty (&self);
  app_fixture_add_task (&self, GC_TASK_PRIORITY, GC_TASK_DELIVERED);
  app_fixture_look (&self, "wide-home");
  g_object_set (self.session, "live", GC_LIVE_SENDING, NULL);
  app_fixture_look (&self, "wide-live");
  app_fixture_close (&self);
}

int
main (int argc, char **argv)
{
  app_fixture_init (&argc, &argv);
  g_test_add_func ("/pages/pairing/every-state-fits", test_pairing);
  g_test_add_func ("/pages/home/every-state-fits", test_home);
  g_test_add_func ("/pages/sos/every-state-fits", test_sos);
  g_test_add_func ("/pages/task/attachments-in-every-state", test_attachments);
  g_test_add_func ("/pages/live/every-state-fits", test_live);
  g_test_add_func ("/pages/ringing/every-state-fits", test_ringing);
  g_test_add_func ("/pages/task/every-state-fits", test_task);
  g_test_add_func ("/pages/alert/every-state-fits", test_alert);
  g_test_add_func ("/pages/others/every-state-fits", test_others);
  g_test_add_func ("/pages/sideways/every-page-fits", test_sideways);
  g_test_add_func ("/pages/dark-and-wide/every-page-fits", test_dark_and_wide);
  return g_test_run ();
}
