/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The migrations of the terminal's store, for gc_database_open(). What has been released is never
 * edited: a change is a new entry at the end. */
extern const char *const GC_STORE_SCHEMA[];
