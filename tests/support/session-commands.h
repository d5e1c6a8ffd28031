/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-session.h"

/* A session without a window, for tests: takes a worker's decisions from standard input, a line of
 * tab-separated words each, and ends when that closes. What it prints is written line by line, so
 * that a line is there as a whole or, when death comes before its end, not at all. */

typedef struct
{
  void (*opened) (GcSession *session, const GError *error);
  /* words: at most four; the last may have tabs in it. */
  void (*obey) (GcSession *session, char **words, const char *line);
} SessionCommands;

/* Whether it is the command and has so many words after it. */
gboolean
session_command_is (char **words, const char *command, guint arguments);
void
session_commands_run (GcSession *session, const SessionCommands *commands);
