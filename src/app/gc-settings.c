/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-settings.h"

/**
 * gc_settings_new:
 *
 * Returns: (transfer full) (nullable): the settings; where the program is not installed there is no
 *   schema, and so there are none
 */
GSettings *
gc_settings_new (void)
{
  GSettingsSchemaSource *schemas = g_settings_schema_source_get_default ();
  g_autoptr (GSettingsSchema) schema
      = schemas ? g_settings_schema_source_lookup (schemas, GC_APP_ID, TRUE) : NULL;

  return schema ? g_settings_new_full (schema, NULL, NULL) : NULL;
}

/**
 * gc_settings_get_limit_key:
 * @cost: of which uplinks
 *
 * Returns: the key that says how much live video may take over them
 */
const char *
gc_settings_get_limit_key (GcUplinkCost cost)
{
  static const char *const keys[] = { "live-limit-free", "live-limit-mobile", "live-limit-costly" };

  g_return_val_if_fail (cost < G_N_ELEMENTS (keys), keys[0]);

  return keys[cost];
}

/**
 * gc_settings_sos_opens_live:
 *
 * Returns: whether the worker lets an SOS open live video
 */
gboolean
gc_settings_sos_opens_live (void)
{
  g_autoptr (GSettings) settings = gc_settings_new ();

  return settings == NULL || g_settings_get_boolean (settings, GC_SETTINGS_SOS_OPENS_LIVE);
}

static void
on_changed (GSettings *settings, const char *key, gpointer user_data)
{
  for (GcUplinkCost cost = 0; cost < GC_UPLINK_N_COSTS; cost++)
    gc_session_set_rate_limit (user_data, cost,
                               g_settings_get_uint (settings, gc_settings_get_limit_key (cost)));
}

/**
 * gc_settings_bind_limits:
 * @settings: the settings; keep them for as long as they shall be followed
 * @session: whose live video follows them
 */
void
gc_settings_bind_limits (GSettings *settings, GcSession *session)
{
  g_signal_connect_object (settings, "changed", G_CALLBACK (on_changed), session, 0);
  on_changed (settings, NULL, session);
}
