/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The center's database, as migrations for gc_database_open(). */
extern const char *const GC_CENTER_SCHEMA[];
