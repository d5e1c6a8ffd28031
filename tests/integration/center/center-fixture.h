/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-center.h"
#include "identity/gc-credentials.h"
#include "protocol/gc-envelope.h"

#include <libsoup/soup.h>

/* A real center on a loopback port, and clients that speak HTTPS and WSS to it. */

typedef struct
{
  char *folder;
  GcCenterConfig *config;
  GcCenter *center;
  SoupSession *session;
  char *cookie; /* of a dispatcher, once fixture_log_in() was called */
} Fixture;

/**
 * Answer:
 * @status: of HTTP
 * @headers: of it
 * @bytes: (nullable): the body, if it arrived
 * @text: the body up to a NUL
 * @json: (nullable): the body, if it is a JSON object
 */
typedef struct
{
  guint status;
  SoupMessageHeaders *headers;
  GBytes *bytes;
  char *text;
  JsonObject *json;
} Answer;

void
answer_free (Answer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

void
fixture_set_up (Fixture *fixture, gconstpointer data);
void
fixture_tear_down (Fixture *fixture, gconstpointer data);
void
fixture_restart (Fixture *fixture);

typedef gboolean (*Condition) (gpointer data);
void
wait_until (Condition condition, gpointer data);

/* With the cookie, if there is one, and the header of the console. */
Answer *
fixture_request (Fixture *fixture, const char *method, const char *path, const char *body);
/* With just what the message holds already. */
Answer *
fixture_send (Fixture *fixture, SoupMessage *message);
SoupMessage *
fixture_message (Fixture *fixture, const char *method, const char *path);
/* On a connection of its own; NULL for none. */
void
fixture_show_certificate (SoupMessage *message, GTlsCertificate *certificate);
void
fixture_log_in (Fixture *fixture);
char *
fixture_make_code (Fixture *fixture, const char *worker);
GcCredentials *
fixture_pair (Fixture *fixture, const char *worker);
void
assert_problem (const Answer *answer, guint status, const char *type);

/**
 * Channel:
 * @socket: (nullable): the connection, once it is open
 * @status: of the upgrade, if it was refused
 * @envelopes: (element-type GcEnvelope): what arrived and was not taken yet
 * @stream: our store's id
 * @peer: the center's, as its last hello said
 * @received: the highest seq that arrived
 */
typedef struct
{
  SoupWebsocketConnection *socket;
  guint status;
  GQueue envelopes;
  char *stream;
  char *peer;
  gint64 received;
  gboolean failed;
} Channel;

Channel *
channel_new (void);
void
channel_free (Channel *channel);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Channel, channel_free)

/* Connects; NULL goes without a certificate. Look at @socket for whether it was let in. */
void
channel_connect (Channel *channel, Fixture *fixture, GTlsCertificate *certificate);
/* Connects, and exchanges hello. */
void
channel_open (Channel *channel, Fixture *fixture, GcCredentials *credentials);
void
channel_send_text (Channel *channel, const char *text);
void
channel_send (Channel *channel, const char *type, gint64 seq, gint64 ack, const char *body);
/* The next envelope of that type; those of other types before it are dropped. */
GcEnvelope *
channel_take (Channel *channel, const char *type);
void
channel_wait_ack (Channel *channel, gint64 seq);
void
channel_wait_closed (Channel *channel, gushort code);
void
channel_close (Channel *channel);
