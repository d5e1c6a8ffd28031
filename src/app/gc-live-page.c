/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-live-page.h"

#include "app/gc-picture-words.h"
#include "app/gc-quality-bars.h"
#include "app/gc-viewfinder.h"
#include "app/gc-words.h"
#include "base/gc-clock.h"

#include <glib/gi18n.h>

struct _GcLivePage
{
  AdwNavigationPage parent_instance;

  GtkWidget *band;
  GtkLabel *state_label;
  GtkLabel *detail_label;
  GcViewfinder *viewfinder;
  GtkWidget *quality_box;
  GcQualityBars *quality_bars;
  GtkLabel *quality_label;
  GtkToggleButton *sharp_button;
  GtkWidget *blind_box;
  GtkWidget *waiting_box;
  GtkLabel *waiting_label;
  GtkBox *body;
  GtkBox *controls;
  GtkToggleButton *mute_button;
  GtkImage *mute_icon;
  GtkLabel *mute_label;
  GtkWidget *switch_button;
  GtkLabel *end_label;

  GcSession *session;
  guint second_source; /* while shown and sending */
};

G_DEFINE_FINAL_TYPE (GcLivePage, gc_live_page, ADW_TYPE_NAVIGATION_PAGE)

static const char *
waiting_words (GcLive live)
{
  switch (live)
    {
    case GC_LIVE_ASKING:
      return _ ("Asking the center…");
    case GC_LIVE_CONNECTING:
      return _ ("Connecting the picture…");
    case GC_LIVE_RECONNECTING:
      return _ ("Connection lost. Connecting again…");
    case GC_LIVE_SENDING:
    case GC_LIVE_RINGING:
    case GC_LIVE_IDLE:
    default:
      return NULL;
    }
}

/* “2 watching · 03:12 · Sound off” */
static char *
detail_words (GcLive live, guint watching, gint64 since_ms, gboolean muted, gboolean microphone)
{
  g_autoptr (GStrvBuilder) parts = g_strv_builder_new ();
  g_auto (GStrv) strings = NULL;

  if (live == GC_LIVE_SENDING)
    g_strv_builder_take (parts, gc_words_watching (watching));
  if (since_ms > 0)
    g_strv_builder_take (parts, gc_words_duration (gc_clock_monotonic_ms () - since_ms));
  if (muted)
    g_strv_builder_add (parts, _ ("Sound off"));
  else if (live == GC_LIVE_SENDING && !microphone)
    g_strv_builder_add (parts, _ ("No microphone"));
  strings = g_strv_builder_end (parts);
  return g_strjoinv (" · ", strings);
}

static void
update_band (GcLivePage *self)
{
  GcLive live;
  guint watching;
  gint64 since_ms;
  gboolean muted;
  gboolean microphone;
  gboolean blind;
  const char *waiting;
  g_autofree char *center = NULL;
  g_autofree char *title = NULL;
  g_autofree char *detail = NULL;

  g_object_get (self->session, "live", &live, "watching", &watching, "live-since-ms", &since_ms,
                "muted", &muted, "microphone-active", &microphone, "center-name", &center, NULL);
  g_object_get (self->viewfinder, "blind", &blind, NULL);
  waiting = waiting_words (live);
  detail = detail_words (live, watching, since_ms, muted, microphone);
  if (live == GC_LIVE_SENDING)
    title = g_strdup_printf (_ ("Live to %s"), center);
  else
    title = g_strdup (center);
  gtk_label_set_label (self->state_label, title ? title : "");
  gtk_label_set_label (self->detail_label, *detail || !waiting ? detail : _ ("Not sending yet"));
  gtk_widget_remove_css_class (self->band, "sending");
  gtk_widget_remove_css_class (self->band, "reconnecting");
  if (live == GC_LIVE_SENDING)
    gtk_widget_add_css_class (self->band, "sending");
  else if (live == GC_LIVE_RECONNECTING)
    gtk_widget_add_css_class (self->band, "reconnecting");
  gtk_label_set_label (self->waiting_label, waiting ? waiting : "");
  gtk_widget_set_visible (self->waiting_box, waiting != NULL);
  gtk_widget_set_visible (self->blind_box, waiting == NULL && blind);
}

static void
update_quality (GcLivePage *self)
{
  int grade;
  gboolean sharp;
  gboolean blind;
  gboolean stills;
  g_autofree char *limit = NULL;
  g_autofree char *words = NULL;

  g_object_get (self->session, "live-grade", &grade, "live-sharp", &sharp, "live-stills", &stills,
                "live-limit", &limit, NULL);
  g_object_get (self->viewfinder, "blind", &blind, NULL);
  words = gc_picture_words_new (grade, stills, limit);
  /* A good line does not make up for a camera that gives nothing. */
  gtk_widget_set_visible (self->quality_box, grade >= 0 && !blind);
  gc_quality_bars_set_grade (self->quality_bars, MAX (grade, 0), words);
  gtk_label_set_label (self->quality_label, words);
  gtk_toggle_button_set_active (self->sharp_button, sharp);
}

static gboolean
on_second (gpointer user_data)
{
  update_band (user_data);
  return G_SOURCE_CONTINUE;
}

static void
update_clock (GcLivePage *self, GcLive live)
{
  gboolean wanted = gtk_widget_get_mapped (GTK_WIDGET (self))
                    && (live == GC_LIVE_SENDING || live == GC_LIVE_RECONNECTING);

  if (wanted && self->second_source == 0)
    self->second_source = g_timeout_add_seconds (1, on_second, self);
  else if (!wanted)
    g_clear_handle_id (&self->second_source, g_source_remove);
}

static void
update (GcLivePage *self)
{
  GcLive live;
  guint cameras;
  gboolean muted;

  g_object_get (self->session, "live", &live, "camera-count", &cameras, "muted", &muted, NULL);
  update_band (self);
  update_clock (self, live);
  update_quality (self);
  gtk_toggle_button_set_active (self->mute_button, muted);
  gtk_image_set_from_icon_name (self->mute_icon, muted ? "microphone-disabled-symbolic"
                                                       : "audio-input-microphone-symbolic");
  gtk_label_set_label (self->mute_label, muted ? _ ("Sound off") : _ ("Mute"));
  gtk_widget_set_visible (self->switch_button, cameras > 1);
  gtk_label_set_label (self->end_label, live == GC_LIVE_ASKING ? _ ("Cancel") : _ ("End"));
}

static void
on_mute_toggled (GcLivePage *self)
{
  gboolean wanted = gtk_toggle_button_get_active (self->mute_button);
  gboolean muted;

  g_object_get (self->session, "muted", &muted, NULL);
  if (muted != wanted)
    g_object_set (self->session, "muted", wanted, NULL);
}

static void
on_sharp_toggled (GcLivePage *self)
{
  g_object_set (self->session, "live-sharp", gtk_toggle_button_get_active (self->sharp_button),
                NULL);
}

static void
on_switch_clicked (GcLivePage *self)
{
  gc_session_switch_camera (self->session);
}

static void
on_end_clicked (GcLivePage *self)
{
  gc_session_end_live (self->session);
}

static void
gc_live_page_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (gc_live_page_parent_class)->map (widget);
  update (GC_LIVE_PAGE (widget));
}

static void
gc_live_page_unmap (GtkWidget *widget)
{
  g_clear_handle_id (&GC_LIVE_PAGE (widget)->second_source, g_source_remove);
  GTK_WIDGET_CLASS (gc_live_page_parent_class)->unmap (widget);
}

static void
gc_live_page_dispose (GObject *object)
{
  GcLivePage *self = GC_LIVE_PAGE (object);

  g_clear_handle_id (&self->second_source, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_LIVE_PAGE);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (gc_live_page_parent_class)->dispose (object);
}

static void
gc_live_page_class_init (GcLivePageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_live_page_dispose;
  widget_class->map = gc_live_page_map;
  widget_class->unmap = gc_live_page_unmap;
  g_type_ensure (GC_TYPE_QUALITY_BARS);
  g_type_ensure (GC_TYPE_VIEWFINDER);
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-live-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, band);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, state_label);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, detail_label);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, viewfinder);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, quality_box);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, quality_bars);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, quality_label);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, sharp_button);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, blind_box);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, waiting_box);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, waiting_label);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, body);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, controls);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, mute_button);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, mute_icon);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, mute_label);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, switch_button);
  gtk_widget_class_bind_template_child (widget_class, GcLivePage, end_label);
  gtk_widget_class_bind_template_callback (widget_class, on_mute_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_sharp_toggled);
  gtk_widget_class_bind_template_callback (widget_class, on_switch_clicked);
  gtk_widget_class_bind_template_callback (widget_class, on_end_clicked);
}

static void
gc_live_page_init (GcLivePage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * gc_live_page_new:
 * @session: the shift whose picture is sent
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_live_page_new (GcSession *session)
{
  GcLivePage *self = g_object_new (GC_TYPE_LIVE_PAGE, NULL);

  self->session = g_object_ref (session);
  gc_viewfinder_set_session (self->viewfinder, session);
  g_signal_connect_object (session, "notify", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->viewfinder, "notify::blind", G_CALLBACK (update), self,
                           G_CONNECT_SWAPPED);
  update (self);
  return ADW_NAVIGATION_PAGE (self);
}
