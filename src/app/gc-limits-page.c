/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-limits-page.h"

#include "app/gc-settings.h"

#include <glib/gi18n.h>

/* kbit/s; what was set otherwise is offered as well. */
static const guint OFFERED[] = { 0, 4000, 2000, 1000, 500, 250 };

#define KBIT_PER_MB 8000.0
#define SECONDS_PER_HOUR 3600
#define MB_PER_GB 1000

struct _GcLimitsPage
{
  AdwNavigationPage parent_instance;

  AdwComboRow *free_row;
  AdwComboRow *mobile_row;
  AdwComboRow *costly_row;

  GSettings *settings;
  GArray *choices[GC_UPLINK_N_COSTS]; /* kbit/s, as the rows have them */
  gboolean showing;                   /* what is stored, not what is chosen */
};

G_DEFINE_FINAL_TYPE (GcLimitsPage, gc_limits_page, ADW_TYPE_NAVIGATION_PAGE)

static AdwComboRow *
get_row (GcLimitsPage *self, GcUplinkCost cost)
{
  AdwComboRow *const rows[] = { self->free_row, self->mobile_row, self->costly_row };

  return rows[cost];
}

/* “At most 1 Mbit/s, 450 MB an hour” */
static char *
limit_words (guint kbps)
{
  double mb = kbps * SECONDS_PER_HOUR / KBIT_PER_MB;
  g_autofree char *rate = NULL;

  if (kbps == 0)
    return g_strdup (_ ("No limit"));
  if (kbps >= 1000)
    /* Translators: a rate, megabits per second */
    rate = g_strdup_printf (_ ("%g Mbit/s"), kbps / 1000.0);
  else
    /* Translators: a rate, kilobits per second */
    rate = g_strdup_printf (_ ("%u kbit/s"), kbps);
  if (mb < MB_PER_GB)
    /* Translators: %1$s is a rate, as “500 kbit/s”; %2$.0f an amount of data */
    return g_strdup_printf (_ ("At most %1$s, %2$.0f MB an hour"), rate, mb);
  return g_strdup_printf (_ ("At most %1$s, %2$.1f GB an hour"), rate, mb / MB_PER_GB);
}

static gboolean
find_choice (GArray *choices, guint kbps, guint *position)
{
  for (*position = 0; *position < choices->len; (*position)++)
    if (g_array_index (choices, guint, *position) == kbps)
      return TRUE;
  return FALSE;
}

/* A row is left alone where it has what is stored: it may be just telling that this was chosen. */
static void
offer (GcLimitsPage *self, GcUplinkCost cost, guint stored)
{
  g_autoptr (GtkStringList) words = gtk_string_list_new (NULL);
  GArray *choices = self->choices[cost];
  guint position;

  if (find_choice (choices, stored, &position))
    return;
  g_array_set_size (choices, 0);
  g_array_append_vals (choices, OFFERED, G_N_ELEMENTS (OFFERED));
  if (!find_choice (choices, stored, &position))
    g_array_append_val (choices, stored);
  for (guint i = 0; i < choices->len; i++)
    gtk_string_list_take (words, limit_words (g_array_index (choices, guint, i)));
  adw_combo_row_set_model (get_row (self, cost), G_LIST_MODEL (words));
}

static void
update (GcLimitsPage *self)
{
  self->showing = TRUE;
  for (GcUplinkCost cost = 0; cost < GC_UPLINK_N_COSTS; cost++)
    {
      guint stored = g_settings_get_uint (self->settings, gc_settings_get_limit_key (cost));
      guint position;

      offer (self, cost, stored);
      if (find_choice (self->choices[cost], stored, &position)
          && adw_combo_row_get_selected (get_row (self, cost)) != position)
        adw_combo_row_set_selected (get_row (self, cost), position);
    }
  self->showing = FALSE;
}

static void
on_selected (GcLimitsPage *self, GParamSpec *pspec, AdwComboRow *row)
{
  GcUplinkCost cost = 0;
  guint kbps;

  if (self->showing || self->settings == NULL)
    return;
  while (get_row (self, cost) != row)
    cost++;
  kbps = g_array_index (self->choices[cost], guint, adw_combo_row_get_selected (row));
  g_settings_set_uint (self->settings, gc_settings_get_limit_key (cost), kbps);
}

static void
gc_limits_page_dispose (GObject *object)
{
  GcLimitsPage *self = GC_LIMITS_PAGE (object);

  g_clear_object (&self->settings);
  gtk_widget_dispose_template (GTK_WIDGET (self), GC_TYPE_LIMITS_PAGE);
  G_OBJECT_CLASS (gc_limits_page_parent_class)->dispose (object);
}

static void
gc_limits_page_finalize (GObject *object)
{
  GcLimitsPage *self = GC_LIMITS_PAGE (object);

  for (guint i = 0; i < G_N_ELEMENTS (self->choices); i++)
    g_array_unref (self->choices[i]);
  G_OBJECT_CLASS (gc_limits_page_parent_class)->finalize (object);
}

static void
gc_limits_page_class_init (GcLimitsPageClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = gc_limits_page_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_limits_page_finalize;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/org/gridcast/Gridcast/gc-limits-page.ui");
  gtk_widget_class_bind_template_child (widget_class, GcLimitsPage, free_row);
  gtk_widget_class_bind_template_child (widget_class, GcLimitsPage, mobile_row);
  gtk_widget_class_bind_template_child (widget_class, GcLimitsPage, costly_row);
  gtk_widget_class_bind_template_callback (widget_class, on_selected);
}

static void
gc_limits_page_init (GcLimitsPage *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  for (guint i = 0; i < G_N_ELEMENTS (self->choices); i++)
    self->choices[i] = g_array_new (FALSE, FALSE, sizeof (guint));
  self->settings = gc_settings_new ();
  if (self->settings == NULL)
    {
      gtk_widget_set_sensitive (GTK_WIDGET (self), FALSE);
      return;
    }
  update (self);
  /* Somebody may administer the handset meanwhile. */
  g_signal_connect_object (self->settings, "changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
}

/**
 * gc_limits_page_new:
 *
 * Returns: (transfer floating): a new page
 */
AdwNavigationPage *
gc_limits_page_new (void)
{
  return g_object_new (GC_TYPE_LIMITS_PAGE, NULL);
}
