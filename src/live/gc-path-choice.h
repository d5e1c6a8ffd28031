/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "network/gc-path.h"

G_BEGIN_DECLS

/**
 * GcSecondUplink:
 * @GC_SECOND_UPLINK_NEVER: no
 * @GC_SECOND_UPLINK_UNMETERED: if traffic over it costs nothing
 * @GC_SECOND_UPLINK_ALWAYS: yes
 *
 * Whether a connection may be kept ready over another uplink than the one that is used.
 */
typedef enum
{
  GC_SECOND_UPLINK_NEVER,
  GC_SECOND_UPLINK_UNMETERED,
  GC_SECOND_UPLINK_ALWAYS,
} GcSecondUplink;

const GcPath *
gc_path_choice_next (
    GPtrArray *paths, const char *kernel, const char *avoid, GcSecondUplink second, guint attempt);
const GcPath *
gc_path_choice_standby (GPtrArray *paths, const char *used, GcSecondUplink second);

G_END_DECLS
