/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "center/gc-relay.h"

/* A relay without media, in place of the real one: the tests say what it sees. */

GcRelay *
fake_relay_get (void);
const char *
fake_relay_get_token (const char *session);
