/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-alert-view"

#include "app/gc-alert-view.h"

#include "app/gc-alert-words.h"
#include "app/gc-words.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>

struct _GcAlertView
{
  AdwBin parent_instance;

  GtkWidget *scroller;
  GtkLabel *severity_label;
  GtkLabel *urgency_label;
  GtkLabel *count_label;
  GtkLabel *title_label;
  GtkWidget *card;
  GtkLabel *instruction_label;
  GtkLabel *description_label;
  GtkLabel *until_label;
  GtkLabel *area_label;
  GtkLabel *from_label;
  GtkLabel *problem_label;
  GtkWidget *read_button;

  GcSession *session;
  GListModel *alerts;
  GcAlertItem *current;
  GcAlertItem *opened; /* a quiet one that the worker wants to read */
  char *notice;
  const char *css_class; /* of the severity that is shown */
};

G_DEFINE_FINAL_TYPE (GcAlertView, gc_alert_view, ADW_TYPE_BIN)

enum
{
  PROP_ACTIVE = 1,
  PROP_WAITING,
  PROP_NOTICE,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
set_text (GtkLabel *label, const char *text)
{
  gtk_label_set_label (label, text ? text : "");
  gtk_widget_set_visible (GTK_WIDGET (label), text && *text);
}

static void
set_colour (GcAlertView *self, const char *css_class)
{
  if (self->css_class)
    gtk_widget_remove_css_class (GTK_WIDGET (self), self->css_class);
  self->css_class = css_class;
  gtk_widget_add_css_class (GTK_WIDGET (self), css_class);
}

static void
show_facts (GcAlertView *self)
{
  const GcCap *cap = gc_alert_item_get_cap (self->current);
  const GcCapInfo *info = gc_alert_item_get_info (self->current);
  gint64 now_ms = gc_clock_wall_ms ();
  g_autofree char *until = gc_alert_words_until (cap, now_ms);
  g_autofree char *area = gc_alert_words_area (info);
  g_autofree char *from = gc_alert_words_from (cap, info, now_ms);

  set_text (self->until_label, until);
  set_text (self->area_label, area);
  set_text (self->from_label, from);
}

static void
show_current (GcAlertView *self)
{
  const GcCap *cap = gc_alert_item_get_cap (self->current);
  const GcCapInfo *info = gc_alert_item_get_info (self->current);
  const char *title = gc_alert_item_get_title (self->current);

  set_colour (self, gc_alert_words_css_class (info->severity));
  set_text (self->severity_label, cap->status == GC_CAP_EXERCISE
                                      ? _ ("Exercise")
                                      : gc_alert_words_severity (info->severity));
  set_text (self->urgency_label, gc_alert_words_urgency (info->urgency));
  set_text (self->title_label, title);
  set_text (self->instruction_label, info->instruction);
  set_text (self->description_label, info->description);
  gtk_widget_set_visible (self->card, info->instruction || info->description);
  show_facts (self);
  set_text (self->problem_label, NULL);
  gtk_widget_set_sensitive (self->read_button, TRUE);
  /* Not the button: a key that was on its way to what the alert covers would press it. */
  gtk_widget_grab_focus (self->scroller);
  gtk_accessible_announce (GTK_ACCESSIBLE (self), title, GTK_ACCESSIBLE_ANNOUNCEMENT_PRIORITY_HIGH);
}

/* The first that wants all of the screen, or what the worker has opened; how many of the former
 * there are; and the first of those that wait. */
static GcAlertItem *
choose (GcAlertView *self, guint *loud, GcAlertItem **quiet)
{
  GcAlertItem *first = NULL;
  GcAlertItem *opened = NULL;

  for (guint i = 0; i < g_list_model_get_n_items (self->alerts); i++)
    {
      g_autoptr (GcAlertItem) item = g_list_model_get_item (self->alerts, i);

      if (item == self->opened)
        opened = item;
      if (gc_alert_item_get_loud (item))
        *loud += 1;
      else if (!*quiet)
        *quiet = item;
      if (gc_alert_item_get_loud (item) && !first)
        first = item;
    }
  return first ? first : opened;
}

static void
update (GcAlertView *self)
{
  guint loud = 0;
  GcAlertItem *quiet = NULL;
  GcAlertItem *item = choose (self, &loud, &quiet);
  gboolean was_active = self->current != NULL;
  g_autofree char *count = NULL;
  g_autofree char *notice = NULL;

  if (g_set_object (&self->current, item) && item)
    show_current (self);
  if (!item)
    g_clear_object (&self->opened);
  if (loud > 1)
    /* Translators: how many alerts have not been read yet */
    count = g_strdup_printf (ngettext ("%u alert", "%u alerts", loud), loud);
  set_text (self->count_label, count);
  if (quiet)
    /* Translators: an alert for an area where the worker is not */
    notice = g_strdup_printf (_ ("Elsewhere: %s"), gc_alert_item_get_title (quiet));
  if (g_set_str (&self->notice, notice))
    {
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_NOTICE]);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WAITING]);
    }
  if (was_active != (item != NULL))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_ACTIVE]);
}

static void
on_read (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcAlertView) self = user_data;
  g_autoptr (GError) error = NULL;

  if (gc_session_read_alert_finish (GC_SESSION (object), result, &error))
    return;
  g_message ("An alert cannot be marked as read: %s", error->message);
  set_text (self->problem_label, gc_words_step_error (error));
  gtk_widget_set_sensitive (self->read_button, TRUE);
}

static void
on_read_clicked (GcAlertView *self)
{
  if (!self->current)
    return;
  gtk_widget_set_sensitive (self->read_button, FALSE);
  gc_session_read_alert_async (self->session, gc_alert_item_get_id (self->current), on_read,
                               g_object_ref (self));
}

static void
follow_alerts (GcAlertView *self)
{
  g_autoptr (GListModel) alerts = NULL;

  g_object_get (self->session, "alerts", &alerts, NULL);
  if (!alerts || alerts == self->alerts)
    return;
  if (self->alerts)
    g_signal_handlers_disconnect_by_data (self->alerts, self);
  g_set_object (&self->alerts, alerts);
  g_signal_connect_object (alerts, "items-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  update (self);
}

static void
gc_alert_view_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  GcAlertView *self = GC_ALERT_VIEW (object);

  if (id == PROP_ACTIVE)
    g_value_set_boolean (value, self->current != NULL);
  else if (id == PROP_WAITING)
    g_value_set_boolean (value, self->notice != NULL);
  else if (id == PROP_NOTICE)
    g_value_set_string (value, self->notice);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_alert_view_dispose (GObject *object)
{
  GcAlertView *self = GC_ALERT_VIEW (object);

  g_clear_object (&self->current);
  g_clear_object (&self->opened);
  g_clear_object (&self->alerts);
  g_clear_object (&self->session);
  g_clear_pointer (&self->notice, g_free);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_ALERT_VIEW);
  G_OBJECT_CLASS (gc_alert_view_parent_class)->dispose (object);
}

static void
gc_alert_view_class_init (GcAlertViewClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = gc_alert_view_dispose;
  object_class->get_property = gc_alert_view_get_property;
  properties[PROP_ACTIVE] = g_param_spec_boolean ("active", NULL, NULL, FALSE, flags);
  properties[PROP_WAITING] = g_param_spec_boolean ("waiting", NULL, NULL, FALSE, flags);
  properties[PROP_NOTICE] = g_param_spec_string ("notice", NULL, NULL, NULL, flags);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-alert-view.ui");
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, scroller);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, severity_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, urgency_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, count_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, title_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, card);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, instruction_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, description_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, until_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, area_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, from_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, problem_label);
  gtk_widget_class_bind_template_child (widget_class, GcAlertView, read_button);
  gtk_widget_class_bind_template_callback (widget_class, on_read_clicked);
}

static void
gc_alert_view_init (GcAlertView *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_alert_view_set_session:
 * @self: a view that has no session
 * @session: whose alerts it shows
 */
void
gc_alert_view_set_session (GcAlertView *self, GcSession *session)
{
  g_return_if_fail (GC_IS_ALERT_VIEW (self) && self->session == NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify::alerts", G_CALLBACK (follow_alerts), self,
                           G_CONNECT_SWAPPED);
  follow_alerts (self);
}

/**
 * gc_alert_view_open_notice:
 * @self: a view
 *
 * Shows the quiet alert that waits, if there is one.
 */
void
gc_alert_view_open_notice (GcAlertView *self)
{
  guint loud = 0;
  GcAlertItem *quiet = NULL;

  g_return_if_fail (GC_IS_ALERT_VIEW (self));

  if (!self->alerts)
    return;
  choose (self, &loud, &quiet);
  g_set_object (&self->opened, quiet);
  update (self);
}
