/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-request-log.h"

#include "base/gc-refusals.h"
#include "center/gc-reception.h"
#include "center/gc-reply.h"

#define ADDRESS_KEY "gc-request-log-address"

/* Who leaves as soon as the answer is there has no address any more when it is over. */
static void
on_request_started (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  g_object_set_data_full (G_OBJECT (message), ADDRESS_KEY, gc_request_dup_address (message),
                          g_free);
}

/* A conflict is no refusal of who asks or what, but says that now is not the time. */
static gboolean
is_refusal (guint status)
{
  return status >= SOUP_STATUS_BAD_REQUEST && status < SOUP_STATUS_INTERNAL_SERVER_ERROR
         && status != SOUP_STATUS_CONFLICT;
}

/* A certificate says who it is only if it is ours. */
static char *
name_sender (SoupServerMessage *message, GcAuthority *authority)
{
  g_autofree char *fingerprint = NULL;
  g_autofree char *terminal
      = gc_authority_identify (authority, gc_reception_get_certificate (message), &fingerprint);

  return terminal != NULL ? g_strconcat ("terminal ", terminal, NULL)
                          : g_strdup (g_object_get_data (G_OBJECT (message), ADDRESS_KEY));
}

/* What libsoup cannot read has neither method nor address. Queries stay out: who mistypes an
 * address may put there what is nobody's business. */
static void
on_request_over (SoupServer *server, SoupServerMessage *message, gpointer user_data)
{
  guint status = soup_server_message_get_status (message);
  g_autofree char *who = NULL;
  const char *method;
  const char *why;
  GUri *uri;

  if (!is_refusal (status))
    return;
  who = name_sender (message, user_data);
  method = soup_server_message_get_method (message);
  uri = soup_server_message_get_uri (message);
  why = gc_reply_get_problem (message);
  gc_refusals_log (who, "%s %s: %u, %s", method != NULL ? method : "?",
                   uri != NULL ? g_uri_get_path (uri) : "?", status,
                   why != NULL ? why : soup_status_get_phrase (status));
}

/**
 * gc_request_log_mount:
 * @server: a server that does not listen yet
 * @authority: whose certificates say who somebody is
 *
 * Main thread.
 */
void
gc_request_log_mount (SoupServer *server, GcAuthority *authority)
{
  g_signal_connect_object (server, "request-started", G_CALLBACK (on_request_started), authority,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (server, "request-finished", G_CALLBACK (on_request_over), authority,
                           G_CONNECT_DEFAULT);
  g_signal_connect_object (server, "request-aborted", G_CALLBACK (on_request_over), authority,
                           G_CONNECT_DEFAULT);
}
