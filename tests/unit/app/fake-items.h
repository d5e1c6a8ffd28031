/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

/* The items of the fake session's lists. */

struct _GcTaskItem
{
  GObject parent_instance;

  GcTask *task;
  gboolean sent;
};

struct _GcWatchItem
{
  GObject parent_instance;

  char *viewer;
  gint64 from_ms;
  gint64 until_ms;
};
