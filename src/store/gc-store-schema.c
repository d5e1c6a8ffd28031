/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/gc-store-schema.h"

#include <stddef.h>

const char *const GC_STORE_SCHEMA[] = {
  /* Both ends of the reliable stream: who we are, whom we know, how far each side has come. */
  "CREATE TABLE stream ("
  "  one INTEGER PRIMARY KEY CHECK (one = 1),"
  "  own TEXT NOT NULL,"
  "  peer TEXT,"
  "  committed INTEGER NOT NULL DEFAULT 0,"
  "  acknowledged INTEGER NOT NULL DEFAULT 0,"
  "  last_seq INTEGER NOT NULL DEFAULT 0);"
  "CREATE TABLE outbox ("
  "  seq INTEGER PRIMARY KEY,"
  "  id TEXT NOT NULL UNIQUE,"
  "  type TEXT NOT NULL,"
  "  made_ms INTEGER NOT NULL,"
  "  body TEXT NOT NULL,"
  "  task TEXT);"
  "CREATE INDEX outbox_task ON outbox (task) WHERE task IS NOT NULL;"
  "CREATE INDEX outbox_track ON outbox (seq) WHERE type = 'track';"
  /* The body is kept only of what had no effect, for whoever wants to know why. */
  "CREATE TABLE inbox ("
  "  number INTEGER PRIMARY KEY,"
  "  id TEXT NOT NULL UNIQUE,"
  "  type TEXT NOT NULL,"
  "  received_ms INTEGER NOT NULL,"
  "  body TEXT);"
  /* The body is the TASK of PROTOCOL.md. */
  "CREATE TABLE task ("
  "  id TEXT PRIMARY KEY,"
  "  body TEXT NOT NULL,"
  "  state TEXT NOT NULL,"
  "  state_ms INTEGER NOT NULL,"
  "  note TEXT) WITHOUT ROWID;"
  "CREATE TABLE task_step ("
  "  number INTEGER PRIMARY KEY,"
  "  task TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,"
  "  state TEXT NOT NULL,"
  "  at_ms INTEGER NOT NULL,"
  "  by_center INTEGER NOT NULL,"
  "  refused INTEGER NOT NULL,"
  "  note TEXT,"
  "  position TEXT);"
  "CREATE INDEX task_step_task ON task_step (task);"
  /* Fixes that are in no envelope yet, each a FIX of PROTOCOL.md. */
  "CREATE TABLE point (number INTEGER PRIMARY KEY AUTOINCREMENT, fix TEXT NOT NULL);"
  "CREATE TABLE watch ("
  "  number INTEGER PRIMARY KEY,"
  "  session TEXT NOT NULL,"
  "  viewer TEXT NOT NULL,"
  "  from_ms INTEGER NOT NULL,"
  "  until_ms INTEGER NOT NULL DEFAULT 0);"
  "CREATE INDEX watch_open ON watch (session) WHERE until_ms = 0;"
  "CREATE TABLE state (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
  NULL,
};
