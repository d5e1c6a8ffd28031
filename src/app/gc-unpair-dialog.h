/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* Asks whether the terminal is really to leave its center, and says what would be lost. */

void
gc_unpair_dialog_present (GcSession *session, GtkWidget *window);

G_END_DECLS
