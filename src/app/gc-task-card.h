/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

#include <adwaita.h>

G_BEGIN_DECLS

/* A task in the list: how urgent, what, where, until when. */

#define GC_TYPE_TASK_CARD (gc_task_card_get_type ())
G_DECLARE_FINAL_TYPE (GcTaskCard, gc_task_card, GC, TASK_CARD, GtkListBoxRow)

GtkWidget *
gc_task_card_new (GcTaskItem *item);
GcTaskItem *
gc_task_card_get_item (GcTaskCard *self);
void
gc_task_card_refresh (GcTaskCard *self);

G_END_DECLS
