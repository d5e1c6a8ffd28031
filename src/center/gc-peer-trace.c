/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-peer-trace.h"

typedef struct
{
  GWeakRef certificate;
  GWeakRef message;
} Trace;

static gboolean
on_settled (gpointer user_data)
{
  Trace *trace = user_data;
  g_autoptr (GTlsCertificate) certificate = g_weak_ref_get (&trace->certificate);
  g_autoptr (SoupServerMessage) message = g_weak_ref_get (&trace->message);

  if (certificate != NULL && message == NULL)
    g_object_unref (certificate);
  g_weak_ref_clear (&trace->certificate);
  g_weak_ref_clear (&trace->message);
  g_free (trace);
  return G_SOURCE_REMOVE;
}

static void
on_connection_gone (gpointer user_data, GObject *connection)
{
  g_idle_add (on_settled, user_data);
}

/* What libsoup gives away is a shell around the TLS connection. */
static GIOStream *
find_connection (GIOStream *stream)
{
  GIOStream *connection = NULL;

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (stream), "base-iostream") != NULL)
    g_object_get (stream, "base-iostream", &connection, NULL);
  else
    connection = g_object_ref (stream);
  if (connection != NULL && !G_IS_TLS_CONNECTION (connection))
    g_clear_object (&connection);
  return connection;
}

/**
 * gc_peer_trace:
 * @message: a request that became a WebSocket
 * @stream: its connection, stolen from the server
 *
 * A SoupServerMessage of libsoup 3.6 keeps a reference on the client's certificate that it never
 * gives back: 14 kB for each time a terminal connects. Only the connection and the message know
 * the certificate; where it lives on after both are gone, that reference is given back here. Where
 * libsoup does so itself, nothing lives on and nothing is done.
 */
void
gc_peer_trace (SoupServerMessage *message, GIOStream *stream)
{
  GTlsCertificate *certificate = soup_server_message_get_tls_peer_certificate (message);
  g_autoptr (GIOStream) connection = find_connection (stream);
  Trace *trace;

  if (certificate == NULL || connection == NULL)
    return;
  trace = g_new0 (Trace, 1);
  g_weak_ref_init (&trace->certificate, certificate);
  g_weak_ref_init (&trace->message, message);
  g_object_weak_ref (G_OBJECT (connection), on_connection_gone, trace);
}
