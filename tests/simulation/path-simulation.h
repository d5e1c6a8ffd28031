/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "path-receiver.h"
#include "path-sender.h"

G_BEGIN_DECLS

/* Live video over an emulated link in a time of its own: a hundred seconds take less than one. */
typedef struct _PathSimulation PathSimulation;

#define PATH_SENDERS_MAX 2

/**
 * PathFigures:
 * @n_granted: pictures coded
 * @n_shown: pictures shown
 * @shown_bytes: theirs, without headers
 * @most_age_us: of the newest picture shown, at its oldest
 * @most_queued: bytes at the bottleneck, at most
 *
 * What happened since these were taken last.
 */
typedef struct
{
  guint n_granted;
  guint n_shown;
  gsize shown_bytes;
  gint64 most_age_us;
  gsize most_queued;
} PathFigures;

/* May change, add and take away what feedback says before the sender hears it. Times: since the
 * beginning. */
typedef void (*PathFeedbackFunc) (GArray *arrivals, gint64 now_us, gpointer user_data);

PathSimulation *
path_simulation_new (const char *up, const char *down, guint n_senders, GError **error);
void
path_simulation_free (PathSimulation *self);

void
path_simulation_set_on_feedback (PathSimulation *self,
                                 PathFeedbackFunc on_feedback,
                                 gpointer user_data);
void
path_simulation_set_on_shown (PathSimulation *self, PathShownFunc on_shown, gpointer user_data);
void
path_simulation_run (PathSimulation *self, guint until_ms);
void
path_simulation_take_figures (PathSimulation *self, guint sender, PathFigures *figures);
GcCongestionState
path_simulation_get_state (PathSimulation *self, guint sender);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PathSimulation, path_simulation_free)

G_END_DECLS
