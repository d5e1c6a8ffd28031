/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <libsoup/soup.h>

G_BEGIN_DECLS

void
gc_peer_trace (SoupServerMessage *message, GIOStream *stream);

G_END_DECLS
