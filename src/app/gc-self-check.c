/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-self-check"

#include "app/gc-self-check.h"

#include "app/gc-settings.h"

#include <glib/gi18n.h>
#include <gnutls/gnutls.h>
#include <gst/gst.h>
#include <pango/pangocairo.h>

/* A service that is being started. */
#define BUS_TIMEOUT_MS 5000

#define PORTAL_NAME "org.freedesktop.portal.Desktop"
#define PORTAL_PATH "/org/freedesktop/portal/desktop"

/* Elements of GStreamer by what they are for; of those joined by bars one is enough. */
static const struct
{
  const char *purpose;
  gboolean needed;
  const char *elements;
} ELEMENTS[] = {
  { N_ ("Live video"), TRUE,
    "webrtcbin nicesrc nicesink dtlssrtpenc dtlssrtpdec srtpenc srtpdec rtpbin rtpopuspay "
    "rtpvp8pay "
    "rtph264pay rtphdrexttwcc opusenc vp8enc h264parse appsrc appsink queue capsfilter clocksync" },
  { N_ ("Live video that saves battery"), FALSE,
    "v4l2h264enc|vah264lpenc|vah264enc|x264enc|openh264enc" },
  { N_ ("Camera"), TRUE,
    "decodebin3 jpegdec videoconvert videoscale videorate videoflip gtk4paintablesink "
    "pipewiresrc|v4l2src" },
  { N_ ("Microphone"), TRUE, "audioconvert audioresample pulsesrc|pipewiresrc|alsasrc" },
  { N_ ("Sound of alerts"), TRUE, "audiotestsrc autoaudiosink pulsesink|pipewiresink|alsasink" },
  { N_ ("Reading the pairing code"), TRUE, "zxing|zbar" },
  { N_ ("Photos"), TRUE, "jpegenc" },
};

/* What stands between a sandbox and the phone. */
static const struct
{
  const char *purpose;
  gboolean needed;
  const char *interface;
} PORTALS[] = {
  { N_ ("Permission for the camera"), TRUE, "org.freedesktop.portal.Camera" },
  { N_ ("Permission for the position"), TRUE, "org.freedesktop.portal.Location" },
  { N_ ("Safe place for the key"), TRUE, "org.freedesktop.portal.Secret" },
  { N_ ("Notifications"), TRUE, "org.freedesktop.portal.Notification" },
  { N_ ("Work in the background"), FALSE, "org.freedesktop.portal.Background" },
};

static const struct
{
  const char *purpose;
  GBusType bus;
  const char *name;
} SERVICES[] = {
  { N_ ("Kind of network"), G_BUS_TYPE_SYSTEM, "org.freedesktop.NetworkManager" },
  { N_ ("Signal and roaming"), G_BUS_TYPE_SYSTEM, "org.freedesktop.ModemManager1" },
  { N_ ("Battery"), G_BUS_TYPE_SYSTEM, "org.freedesktop.UPower" },
  { N_ ("Vibration"), G_BUS_TYPE_SESSION, "org.sigxcpu.Feedback" },
};

static void
item_free (gpointer data)
{
  GcSelfCheckItem *item = data;

  g_free (item->name);
  g_free (item);
}

static void
add (GPtrArray *items, const char *purpose, const char *name, gboolean needed, gboolean there)
{
  GcSelfCheckItem *item = g_new0 (GcSelfCheckItem, 1);

  item->purpose = _ (purpose);
  item->name = g_strdup (name);
  item->needed = needed;
  item->there = there;
  g_ptr_array_add (items, item);
}

/* --- what GStreamer has --- */

/* @name: elements, joined by bars */
static gboolean
have_element (const char *name)
{
  g_auto (GStrv) names = g_strsplit (name, "|", -1);

  for (char **each = names; *each != NULL; each++)
    {
      g_autoptr (GstElementFactory) factory = gst_element_factory_find (*each);

      if (factory != NULL)
        return TRUE;
    }
  return FALSE;
}

static void
check_elements (GPtrArray *items)
{
  for (gsize i = 0; i < G_N_ELEMENTS (ELEMENTS); i++)
    {
      g_auto (GStrv) names = g_strsplit (ELEMENTS[i].elements, " ", -1);

      for (char **name = names; *name != NULL; name++)
        add (items, ELEMENTS[i].purpose, *name, ELEMENTS[i].needed, have_element (*name));
    }
}

/* --- what is installed --- */

static gboolean
have_schema (void)
{
  g_autoptr (GSettings) settings = gc_settings_new ();

  return settings != NULL;
}

static gboolean
have_translation (void)
{
  const char *folder = bindtextdomain (GETTEXT_PACKAGE, NULL);
  g_autofree char *path
      = g_build_filename (folder, "zh_CN", "LC_MESSAGES", GETTEXT_PACKAGE ".mo", NULL);

  return g_file_test (path, G_FILE_TEST_IS_REGULAR);
}

static gboolean
have_glyphs (const char *text)
{
  g_autoptr (PangoFontMap) fonts = pango_cairo_font_map_new ();
  PangoContext *context = pango_font_map_create_context (fonts);
  g_autoptr (PangoLayout) layout = pango_layout_new (context);

  g_object_unref (context);
  pango_layout_set_text (layout, text, -1);
  return pango_layout_get_unknown_glyphs_count (layout) == 0;
}

static gboolean
have_trusted_certificates (void)
{
  gnutls_certificate_credentials_t credentials;
  int count;

  if (gnutls_certificate_allocate_credentials (&credentials) != GNUTLS_E_SUCCESS)
    return FALSE;
  count = gnutls_certificate_set_x509_system_trust (credentials);
  gnutls_certificate_free_credentials (credentials);
  return count > 0;
}

static void
check_files (GPtrArray *items)
{
  add (items, N_ ("Settings"), GC_APP_ID ".gschema.xml", TRUE, have_schema ());
  add (items, N_ ("Chinese texts"), "zh_CN/LC_MESSAGES/" GETTEXT_PACKAGE ".mo", TRUE,
       have_translation ());
  add (items, N_ ("Letters"), "fonts, g", TRUE, have_glyphs ("Gridcast"));
  add (items, N_ ("Letters"), "fonts, 网", TRUE, have_glyphs ("网格员"));
  add (items, N_ ("Encrypted connections"), "glib-networking", TRUE,
       g_tls_backend_supports_tls (g_tls_backend_get_default ()));
  /* The center's own authority is known from pairing. */
  add (items, N_ ("Certificates of map servers"), "ca-certificates", FALSE,
       have_trusted_certificates ());
}

/* --- what answers on the buses --- */

static gboolean
have_portal (GDBusConnection *bus, const char *interface)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GVariant) version = NULL;

  if (bus == NULL)
    return FALSE;
  version = g_dbus_connection_call_sync (
      bus, PORTAL_NAME, PORTAL_PATH, "org.freedesktop.DBus.Properties", "Get",
      g_variant_new ("(ss)", interface, "version"), G_VARIANT_TYPE ("(v)"), G_DBUS_CALL_FLAGS_NONE,
      BUS_TIMEOUT_MS, NULL, &error);
  if (version == NULL)
    g_debug ("%s: %s", interface, error->message);
  return version != NULL;
}

static gboolean
have_service (GBusType type, const char *name)
{
  g_autoptr (GDBusConnection) bus = g_bus_get_sync (type, NULL, NULL);
  g_autoptr (GVariant) answer = NULL;
  gboolean owned = FALSE;

  if (bus == NULL)
    return FALSE;
  answer = g_dbus_connection_call_sync (bus, "org.freedesktop.DBus", "/org/freedesktop/DBus",
                                        "org.freedesktop.DBus", "NameHasOwner",
                                        g_variant_new ("(s)", name), G_VARIANT_TYPE ("(b)"),
                                        G_DBUS_CALL_FLAGS_NONE, BUS_TIMEOUT_MS, NULL, NULL);
  if (answer != NULL)
    g_variant_get (answer, "(b)", &owned);
  return owned;
}

static void
check_services (GPtrArray *items)
{
  g_autoptr (GDBusConnection) session = g_bus_get_sync (G_BUS_TYPE_SESSION, NULL, NULL);

  /* Elsewhere the services themselves are asked. */
  if (g_file_test ("/.flatpak-info", G_FILE_TEST_EXISTS))
    for (gsize i = 0; i < G_N_ELEMENTS (PORTALS); i++)
      add (items, PORTALS[i].purpose, PORTALS[i].interface, PORTALS[i].needed,
           have_portal (session, PORTALS[i].interface));
  for (gsize i = 0; i < G_N_ELEMENTS (SERVICES); i++)
    add (items, SERVICES[i].purpose, SERVICES[i].name, FALSE,
         have_service (SERVICES[i].bus, SERVICES[i].name));
}

/**
 * gc_self_check_run:
 *
 * Looks for everything that the terminal uses. Services that do not answer make it wait some
 * seconds each. Any thread; GStreamer must be initialised.
 *
 * Returns: (transfer full) (element-type GcSelfCheckItem): what was looked for
 */
GPtrArray *
gc_self_check_run (void)
{
  GPtrArray *items = g_ptr_array_new_with_free_func (item_free);

  check_elements (items);
  check_files (items);
  check_services (items);
  return items;
}

static void
run_in_thread (GTask *task, gpointer source, gpointer task_data, GCancellable *cancellable)
{
  g_task_return_pointer (task, gc_self_check_run (), (GDestroyNotify) g_ptr_array_unref);
}

/**
 * gc_self_check_run_async:
 * @cancellable: (nullable): to give up
 * @callback: called with the outcome
 * @user_data: for @callback
 *
 * As gc_self_check_run(), in a thread of its own. Main thread.
 */
void
gc_self_check_run_async (GCancellable *cancellable,
                         GAsyncReadyCallback callback,
                         gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);

  g_task_set_source_tag (task, gc_self_check_run_async);
  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, run_in_thread);
}

/**
 * gc_self_check_run_finish:
 * @result: what the callback got
 * @error: %G_IO_ERROR_CANCELLED
 *
 * Returns: (transfer full) (element-type GcSelfCheckItem): what was looked for
 */
GPtrArray *
gc_self_check_run_finish (GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * gc_self_check_print:
 * @items: (element-type GcSelfCheckItem): what was looked for
 *
 * Lists them on standard output, each with yes or no.
 *
 * Returns: whether everything that is needed is there
 */
gboolean
gc_self_check_print (GPtrArray *items)
{
  guint missing = 0;

  for (guint i = 0; i < items->len; i++)
    {
      const GcSelfCheckItem *item = g_ptr_array_index (items, i);
      /* Translators: whether something is there */
      const char *word = item->there ? C_ ("self-check", "yes") : C_ ("self-check", "no");

      if (item->needed && !item->there)
        missing++;
      if (item->there || item->needed)
        g_print ("%s\t%s: %s\n", word, item->purpose, item->name);
      else
        /* Translators: %1$s is “no”, %2$s what something is for, %3$s its name */
        g_print (_ ("%1$s\t%2$s: %3$s (not needed)\n"), word, item->purpose, item->name);
    }
  if (missing == 0)
    g_print ("%s\n", _ ("Everything that is needed is there."));
  else
    g_print (ngettext ("%u thing that is needed is missing.\n",
                       "%u things that are needed are missing.\n", missing),
             missing);
  return missing == 0;
}
