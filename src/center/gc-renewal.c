/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-renewal.h"

#include "base/gc-error.h"
#include "center/gc-audit.h"
#include "center/gc-est.h"
#include "center/gc-reception.h"
#include "center/gc-reply.h"

typedef struct
{
  SoupServerMessage *message;
  GcAuthority *authority;
  GcRoster *roster;
  GBytes *request;
  char *terminal;
  char *fingerprint; /* of the new certificate */
} Renewal;

static void
renewal_free (Renewal *self)
{
  g_clear_object (&self->message);
  g_clear_object (&self->authority);
  g_clear_object (&self->roster);
  g_clear_pointer (&self->request, g_bytes_unref);
  g_free (self->terminal);
  g_free (self->fingerprint);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Renewal, renewal_free)

static gpointer
promote (GcDatabase *database, gpointer data, GError **error)
{
  const char *terminal = data;

  if (gc_database_exec (database, error,
                        "UPDATE terminal SET fingerprint = next_fingerprint,"
                        "  next_fingerprint = NULL WHERE id = ? AND next_fingerprint IS NOT NULL",
                        "s", terminal)
      && gc_database_changes (database) > 0)
    gc_audit_add (database, terminal, "terminal.renew", terminal, NULL, error);
  return NULL;
}

/**
 * gc_renewal_recognise:
 * @database: the center's
 * @authority: who has signed
 * @roster: which terminals there are
 * @certificate: (nullable): of a connection
 *
 * A certificate that the CA has signed is not enough: it must be the latest that the terminal has
 * used, or the one that was made for it since. Main thread.
 *
 * Returns: (transfer none) (nullable): whose it is; may be revoked
 */
const GcTerminal *
gc_renewal_recognise (GcDatabase *database,
                      GcAuthority *authority,
                      GcRoster *roster,
                      GTlsCertificate *certificate)
{
  g_autofree char *fingerprint = NULL;
  g_autofree char *id = gc_authority_identify (authority, certificate, &fingerprint);
  const GcTerminal *terminal = id != NULL ? gc_roster_find (roster, id) : NULL;

  if (terminal == NULL || g_strcmp0 (terminal->fingerprint, fingerprint) == 0)
    return terminal;
  if (g_strcmp0 (terminal->next_fingerprint, fingerprint) != 0)
    return NULL;
  /* If this is not stored in time, both are good after a restart, and the next use stores it. */
  gc_roster_promote_certificate (roster, id);
  gc_database_run_async (database, promote, g_strdup (id), g_free, NULL, NULL, NULL, NULL);
  return terminal;
}

static gpointer
renew (GcDatabase *database, gpointer data, GError **error)
{
  Renewal *self = data;
  g_autofree char *device = NULL;
  g_autoptr (GBytes) certificate
      = gc_authority_issue (self->authority, self->request, self->terminal, &device, error);

  if (certificate == NULL)
    return NULL;
  self->fingerprint = gc_authority_fingerprint (certificate);
  if (!gc_database_exec (database, error, "UPDATE terminal SET next_fingerprint = ? WHERE id = ?",
                         "ss", self->fingerprint, self->terminal))
    return NULL;
  return gc_authority_print_certificate (certificate, error);
}

static void
on_renewed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Renewal) self = user_data;
  g_autoptr (GError) error = NULL;
  char *answer = gc_database_run_finish (GC_DATABASE (source), result, &error);

  if (answer == NULL)
    gc_reply_error (self->message, error);
  else
    {
      gc_roster_set_next_certificate (self->roster, self->terminal, self->fingerprint);
      gc_est_reply_certificates (self->message, answer);
    }
  soup_server_message_unpause (self->message);
}

/**
 * gc_renewal_answer:
 * @database: the center's
 * @authority: who signs
 * @roster: which terminals there are
 * @message: a POST to “simplereenroll”
 *
 * RFC 7030 section 4.2.2. The certificate of the connection says for whom. Main thread.
 */
void
gc_renewal_answer (GcDatabase *database,
                   GcAuthority *authority,
                   GcRoster *roster,
                   SoupServerMessage *message)
{
  const GcTerminal *terminal
      = gc_renewal_recognise (database, authority, roster, gc_reception_get_certificate (message));
  g_autoptr (GBytes) body
      = soup_message_body_flatten (soup_server_message_get_request_body (message));
  g_autoptr (Renewal) self = g_new0 (Renewal, 1);
  g_autoptr (GError) error = NULL;

  if (terminal == NULL || terminal->revoked)
    {
      gc_reply_problem (message, SOUP_STATUS_FORBIDDEN, "certificate-refused",
                        "Renewal needs the terminal's present certificate.");
      return;
    }
  self->request = gc_est_decode_request (body, &error);
  if (self->request == NULL)
    {
      gc_reply_error (message, error);
      return;
    }
  self->message = g_object_ref (message);
  self->authority = g_object_ref (authority);
  self->roster = g_object_ref (roster);
  self->terminal = g_strdup (terminal->id);
  soup_server_message_pause (message);
  gc_database_run_async (database, renew, self, NULL, g_free, NULL, on_renewed, self);
  g_steal_pointer (&self);
}
