/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "base/gc-clock.h"
#include "identity/gc-enrolment.h"
#include "session/gc-session-private.h"

#define RETRY_MS (60 * 60 * 1000)

typedef struct
{
  GcSession *session;
  GcCredentials *present;
  GcCredentials *renewed;
} Renewal;

static void
renewal_free (Renewal *renewal)
{
  g_clear_object (&renewal->session);
  g_clear_object (&renewal->present);
  g_clear_object (&renewal->renewed);
  g_free (renewal);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Renewal, renewal_free)

/* The worker may have left the center meanwhile. */
static gboolean
is_wanted (const Renewal *renewal)
{
  return !renewal->session->closing && renewal->session->credentials == renewal->present;
}

static void
on_saved (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Renewal) renewal = user_data;
  GcSession *self = renewal->session;
  g_autoptr (GError) error = NULL;

  if (!gc_keyring_save_finish (GC_KEYRING (source), result, &error))
    {
      g_message ("The new certificate could not be kept: %s", error->message);
      return;
    }
  /* Live video would lose its server: then the new one is for the next start. */
  if (!is_wanted (renewal) || gc_live_session_get_state (self->live) != GC_LIVE_IDLE)
    return;
  gc_session_adopt_credentials (self, renewal->renewed);
  if (self->on_duty)
    gc_channel_set_enabled (self->channel, TRUE);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Renewal) renewal = user_data;
  g_autoptr (GError) error = NULL;

  renewal->renewed = gc_enrolment_run_finish (result, &error);
  if (renewal->renewed == NULL)
    g_message ("The certificate could not be renewed: %s", error->message);
  else if (is_wanted (renewal))
    {
      GcKeyring *keyring = renewal->session->keyring;
      GcCredentials *renewed = renewal->renewed;

      gc_keyring_save_async (keyring, renewed, NULL, on_saved, g_steal_pointer (&renewal));
    }
}

/**
 * gc_session_renew_if_due:
 * @self: a session
 *
 * The center answers: gets a newer certificate if this one has used up most of its life, and
 * nothing else is going on. PROTOCOL.md, “Renewal”. Main context.
 */
void
gc_session_renew_if_due (GcSession *self)
{
  gint64 now_ms = gc_clock_monotonic_ms ();
  Renewal *renewal;

  if (gc_session_get_link (self) != GC_LINK_ONLINE || self->closing
      || gc_live_session_get_state (self->live) != GC_LIVE_IDLE
      || (self->renewal_ms != 0 && now_ms - self->renewal_ms < RETRY_MS)
      || !gc_credentials_is_renewal_due (self->credentials))
    return;
  self->renewal_ms = now_ms;
  renewal = g_new0 (Renewal, 1);
  renewal->session = g_object_ref (self);
  renewal->present = g_object_ref (self->credentials);
  gc_enrolment_renew_async (self->credentials, g_get_host_name (), NULL, on_renewed, renewal);
}
