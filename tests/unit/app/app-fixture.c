/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app-fixture.h"

#include "app/gc-window.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>
#include <glib/gstdio.h>
#include <gst/gst.h>
#include <locale.h>

#define DEADLINE_MS 60000
#define MINUTE_MS 60000
#define SMALLEST_TARGET 56

/* What GtkApplication does by itself for a running application. */
static void
load_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, "/org/gridcast/Gridcast/style.css");
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
  gtk_icon_theme_add_resource_path (gtk_icon_theme_get_for_display (gdk_display_get_default ()),
                                    "/org/gridcast/Gridcast/icons");
}

void
app_fixture_init (int *argc, char ***argv)
{
  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, g_getenv ("GC_TEST_LOCALEDIR"));
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
  g_test_init (argc, argv, NULL);
  gst_init (NULL, NULL);
  gtk_init ();
  adw_init ();
  load_style ();
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
}

void
app_fixture_open (AppFixture *self, gboolean paired, int width, int height)
{
  self->session = gc_session_new (NULL);
  g_object_set (self->session, "paired", paired, "camera-count", 2, "camera-active", TRUE,
                "microphone-active", TRUE, "center-name", paired ? "临海县综治中心" : NULL,
                "center-host", paired ? "10.20.30.40:8443" : NULL, "worker",
                paired ? "王建国" : NULL, "terminal-id",
                paired ? "3b0d2c51-7a41-4e0e-9f33-0f8f5d1c2b7a" : NULL, NULL);
  self->window = gc_window_new (NULL, self->session);
  gtk_window_set_default_size (self->window, width, height);
  gtk_window_present (self->window);
  app_fixture_settle (self);
}

void
app_fixture_close (AppFixture *self)
{
  gint64 deadline_ms = gc_clock_monotonic_ms () + DEADLINE_MS;
  gpointer window = self->window;

  g_object_add_weak_pointer (window, &window);
  gc_window_leave (GC_WINDOW (self->window));
  while (window || g_main_context_pending (NULL))
    {
      g_assert_cmpint (gc_clock_monotonic_ms (), <, deadline_ms);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (1000);
    }
  g_assert_finalize_object (self->session);
}

static GcTask *
make_task (GcTaskUrgency urgency, GcTaskState state)
{
  static guint number = 0;
  GcTask *task = gc_task_new ();
  gint64 now_ms = gc_clock_wall_ms ();

  task->id = g_strdup_printf ("00000000-0000-4000-8000-%012u", ++number);
  task->title = g_strdup (urgency == GC_TASK_URGENT     ? "学院路口积水,请到现场设置警示并拍照"
                          : urgency == GC_TASK_PRIORITY ? "调解东塍镇二村邻里纠纷"
                                                        : "走访独居老人");
  task->description = g_strdup ("群众来电:路口积水约三十厘米,有车辆熄火。请先设置警示牌,"
                                "再联系排水公司,现场情况及时上报。");
  task->urgency = urgency;
  task->has_place = urgency != GC_TASK_ROUTINE;
  task->longitude = 121.1310;
  task->latitude = 28.8560;
  task->place = g_strdup ("古城街道学院路与大洋路交叉口");
  task->deadline_ms = now_ms
                      + (urgency == GC_TASK_URGENT     ? 25 * MINUTE_MS
                         : urgency == GC_TASK_PRIORITY ? -12 * MINUTE_MS
                                                       : 6 * 60 * MINUTE_MS);
  task->created_ms = now_ms - 4 * MINUTE_MS;
  task->created_by = g_strdup ("陈芳");
  task->state = state;
  task->state_ms = now_ms;
  return task;
}

GcTaskItem *
app_fixture_add_task (AppFixture *self, GcTaskUrgency urgency, GcTaskState state)
{
  return fake_session_add_task (self->session, make_task (urgency, state));
}

static GcCap *
make_alert (GcCapSeverity severity)
{
  static const char *const HEADLINES[] = { "灵江水位超警戒，沿江人员立即撤离", "台风“海葵”今晚登陆",
                                           "雷暴大风", "道路结冰", "通知" };
  gint64 now_ms = gc_clock_wall_ms ();
  GcCap *cap = gc_cap_new ();
  GcCapInfo *info = gc_cap_add_info (cap);
  GcCapArea *area = gc_cap_info_add_area (info);

  cap->self.identifier = g_strdup (HEADLINES[severity]);
  cap->self.sender = g_strdup ("gridcast@10.20.30.40");
  cap->self.sent_ms = now_ms - 2 * MINUTE_MS;
  info->language = g_strdup ("zh-CN");
  info->category = g_strdup ("Met");
  info->event = g_strdup ("洪水");
  info->urgency = (GcCapUrgency) severity;
  info->severity = severity;
  info->expires_ms = now_ms + 180 * MINUTE_MS;
  info->sender_name = g_strdup ("临海县综治中心");
  info->headline = g_strdup (HEADLINES[severity]);
  info->instruction = g_strdup ("请立即通知沿江住户撤离到学校操场，核对人数后上报。不要下车涉水。");
  info->description = g_strdup ("上游水库正在泄洪，预计两小时内水位再涨一米。古城、大洋街道"
                                "沿江路段已封闭。");
  area->description = g_strdup ("灵江两岸 500 米，古城街道、大洋街道");
  gc_cap_area_add_circle (area, 121.1310, 28.8560, 2000);
  return cap;
}

GcAlertItem *
app_fixture_add_alert (AppFixture *self, GcCapSeverity severity, gboolean loud)
{
  g_autoptr (GcCap) cap = make_alert (severity);

  return fake_session_add_alert (self->session, cap, loud);
}

static void
on_after_paint (guint *frames)
{
  *frames += 1;
}

/* Until what was asked for has been laid out and painted. */
void
app_fixture_settle (AppFixture *self)
{
  const guint wanted = 3;
  gint64 deadline_ms = gc_clock_monotonic_ms () + DEADLINE_MS;
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (self->window));
  guint frames = 0;
  gulong handler;

  g_assert_nonnull (clock);
  handler = g_signal_connect_swapped (clock, "after-paint", G_CALLBACK (on_after_paint), &frames);
  while (frames < wanted)
    {
      g_assert_cmpint (gc_clock_monotonic_ms (), <, deadline_ms);
      gtk_widget_queue_draw (GTK_WIDGET (self->window));
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (1000);
    }
  g_signal_handler_disconnect (clock, handler);
}

static gboolean
says (GtkWidget *widget, const char *text)
{
  const char *tooltip = gtk_widget_get_tooltip_text (widget);

  if (GTK_IS_LABEL (widget) && g_str_equal (gtk_label_get_text (GTK_LABEL (widget)), text))
    return TRUE;
  if (tooltip && g_str_equal (tooltip, text))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child;
       child = gtk_widget_get_next_sibling (child))
    if (gtk_widget_get_mapped (child) && says (child, text))
      return TRUE;
  return FALSE;
}

static GtkWidget *
find (GtkWidget *widget, GType type, const char *text)
{
  if (!gtk_widget_get_mapped (widget))
    return NULL;
  if (g_type_is_a (G_OBJECT_TYPE (widget), type) && (!text || says (widget, text)))
    return widget;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find (child, type, text);

      if (found)
        return found;
    }
  return NULL;
}

/* “context\004text” as in a .po file, or a plain text. */
static const char *
translate (const char *text)
{
  const char *end = strchr (text, '\004');

  return end ? g_dpgettext (GETTEXT_PACKAGE, text, (gsize) (end - text) + 1) : gettext (text);
}

/* The first widget of a type that is on the screen and says the text in its translation. */
GtkWidget *
app_fixture_find (AppFixture *self, GType type, const char *text)
{
  return find (GTK_WIDGET (self->window), type, text ? translate (text) : NULL);
}

void
app_fixture_wait_for (AppFixture *self, GType type, const char *text)
{
  gint64 deadline_ms = gc_clock_monotonic_ms () + DEADLINE_MS;

  while (!app_fixture_find (self, type, text))
    {
      if (gc_clock_monotonic_ms () > deadline_ms)
        g_error ("nothing on the screen says “%s”", text);
      if (!g_main_context_iteration (NULL, FALSE))
        g_usleep (1000);
    }
}

void
app_fixture_click (AppFixture *self, const char *text)
{
  GtkWidget *widget;

  app_fixture_wait_for (self, GTK_TYPE_WIDGET, text);
  widget = app_fixture_find (self, GTK_TYPE_BUTTON, text);
  if (!widget)
    widget = app_fixture_find (self, GTK_TYPE_CHECK_BUTTON, text);
  if (!widget)
    widget = app_fixture_find (self, GTK_TYPE_LIST_BOX_ROW, text);
  g_assert_nonnull (widget);
  g_assert_true (gtk_widget_is_sensitive (widget));
  if (GTK_IS_BUTTON (widget))
    g_signal_emit_by_name (widget, "clicked"); /* activating one takes a quarter of a second */
  else
    gtk_widget_activate (widget);
  app_fixture_settle (self);
}

static gboolean
has_words (GtkWidget *widget)
{
  if (GTK_IS_LABEL (widget) && *gtk_label_get_text (GTK_LABEL (widget)))
    return TRUE;
  if (gtk_widget_get_tooltip_text (widget))
    return TRUE;
  if (gtk_test_accessible_has_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL)
      || gtk_test_accessible_has_relation (GTK_ACCESSIBLE (widget),
                                           GTK_ACCESSIBLE_RELATION_LABELLED_BY))
    return TRUE;
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child;
       child = gtk_widget_get_next_sibling (child))
    if (has_words (child))
      return TRUE;
  return FALSE;
}

/* Nothing that must be at hand while live is cut off. */
static void
check_inside (GtkWidget *widget)
{
  GtkWidget *window = GTK_WIDGET (gtk_widget_get_root (widget));
  graphene_rect_t bounds;

  g_assert_true (gtk_widget_compute_bounds (widget, window, &bounds));
  g_assert_cmpfloat (bounds.origin.x, >=, 0);
  g_assert_cmpfloat (bounds.origin.y, >=, 0);
  g_assert_cmpfloat (bounds.origin.x + bounds.size.width, <=, gtk_widget_get_width (window));
  g_assert_cmpfloat (bounds.origin.y + bounds.size.height, <=, gtk_widget_get_height (window));
}

/* Everything that one can use has a name, and what one must use is large. */
static void
check_controls (GtkWidget *widget)
{
  if (!gtk_widget_get_mapped (widget))
    return;
  if (GTK_IS_BUTTON (widget) || GTK_IS_MENU_BUTTON (widget) || GTK_IS_SWITCH (widget)
      || GTK_IS_TEXT_VIEW (widget) || GTK_IS_LIST_BOX_ROW (widget) || GTK_IS_CHECK_BUTTON (widget))
    {
      if (!gtk_widget_get_ancestor (widget, GTK_TYPE_WINDOW_CONTROLS)
          && !GTK_IS_MENU_BUTTON (gtk_widget_get_parent (widget)) && !has_words (widget))
        g_error ("a %s has no name", G_OBJECT_TYPE_NAME (widget));
    }
  if (gtk_widget_has_css_class (widget, "big") || gtk_widget_has_css_class (widget, "huge")
      || gtk_widget_has_css_class (widget, "live-control") || GTK_IS_SWITCH (widget))
    {
      g_assert_cmpint (gtk_widget_get_height (widget), >=, SMALLEST_TARGET);
      g_assert_cmpint (gtk_widget_get_width (widget), >=, SMALLEST_TARGET);
    }
  if (gtk_widget_has_css_class (widget, "live-control")
      || gtk_widget_has_css_class (widget, "huge"))
    check_inside (widget);
  for (GtkWidget *child = gtk_widget_get_first_child (widget); child;
       child = gtk_widget_get_next_sibling (child))
    check_controls (child);
}

static void
save_picture (AppFixture *self, const char *name)
{
  GtkWidget *widget = GTK_WIDGET (self->window);
  int width = gtk_widget_get_width (widget);
  int height = gtk_widget_get_height (widget);
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (widget);
  g_autoptr (GtkSnapshot) snapshot = gtk_snapshot_new ();
  g_autoptr (GskRenderNode) node = NULL;
  g_autoptr (GdkTexture) texture = NULL;
  const char *language = g_str_has_prefix (g_getenv ("LC_ALL"), "zh") ? "zh" : "en";
  g_autofree char *file = g_strdup_printf ("%s-%s.png", name, language);
  g_autofree char *path = g_build_filename (g_getenv ("GC_TEST_PICTURES"), file, NULL);

  g_mkdir_with_parents (g_getenv ("GC_TEST_PICTURES"), 0755);
  gdk_paintable_snapshot (paintable, snapshot, width, height);
  node = gtk_snapshot_free_to_node (g_steal_pointer (&snapshot));
  texture = gsk_renderer_render_texture (gtk_native_get_renderer (GTK_NATIVE (widget)), node,
                                         &GRAPHENE_RECT_INIT (0, 0, (float) width, (float) height));
  g_assert_true (gdk_texture_save_to_png (texture, path));
}

/* Takes a picture of the window and checks what any screen must hold: it fits, every control has a
 * name, main actions are large. */
void
app_fixture_look (AppFixture *self, const char *name)
{
  int width;
  int height;

  app_fixture_settle (self);
  gtk_window_get_default_size (self->window, &width, &height);
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (self->window)), <=, width);
  g_assert_cmpint (gtk_widget_get_height (GTK_WIDGET (self->window)), <=, height);
  check_controls (GTK_WIDGET (self->window));
  save_picture (self, name);
}

void
app_fixture_assert_called (AppFixture *self, const char *call)
{
  g_autofree char *calls = fake_session_take_calls (self->session);
  g_auto (GStrv) lines = g_strsplit (calls, "\n", -1);

  if (!g_strv_contains ((const char *const *) lines, call))
    g_error ("“%s” was not called, but: %s", call, calls);
}
