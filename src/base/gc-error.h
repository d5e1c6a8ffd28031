/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What can go wrong between Gridcast and the world; everything that arrives from outside and does
 * not fit ends as one of these, never as an assertion. */

#define GC_ERROR (gc_error_quark ())

/**
 * GcError:
 * @GC_ERROR_INVALID: input is malformed; show the message, ask for other input
 * @GC_ERROR_TOO_LARGE: input is over a stated limit
 * @GC_ERROR_UNSUPPORTED: input is well-formed, but of a version or kind that we do not speak
 * @GC_ERROR_REFUSED: the other side said no for good; do not repeat the same request
 * @GC_ERROR_UNAUTHORIZED: the credential is unknown to the other side; get another one
 * @GC_ERROR_EXPIRED: the credential or request was valid once
 * @GC_ERROR_USED: the one-time credential was used before
 * @GC_ERROR_BUSY: the other side asks for patience; try again later
 * @GC_ERROR_UNREACHABLE: nobody answers; try again when the network changes
 * @GC_ERROR_UNTRUSTED: the other side shows a key that is not the pinned one; never go on
 * @GC_ERROR_CLOCK: the other side's certificate has expired, or this device's clock is ahead; look
 * at the date
 * @GC_ERROR_CONFLICT: the change does not fit the present state, as a step that a task does not
 * allow
 * @GC_ERROR_NOT_FOUND: no such object, device or file
 * @GC_ERROR_STORAGE: the database or disk failed; nothing was saved
 * @GC_ERROR_DAMAGED: the database is there but broken; nothing was saved. Open it again: the
 * terminal's store makes a new one of what can be read
 * @GC_ERROR_FAILED: anything else
 *
 * The domain of every error that Gridcast's own code raises.
 */
typedef enum
{
  GC_ERROR_INVALID,
  GC_ERROR_TOO_LARGE,
  GC_ERROR_UNSUPPORTED,
  GC_ERROR_REFUSED,
  GC_ERROR_UNAUTHORIZED,
  GC_ERROR_EXPIRED,
  GC_ERROR_USED,
  GC_ERROR_BUSY,
  GC_ERROR_UNREACHABLE,
  GC_ERROR_UNTRUSTED,
  GC_ERROR_CLOCK,
  GC_ERROR_CONFLICT,
  GC_ERROR_NOT_FOUND,
  GC_ERROR_STORAGE,
  GC_ERROR_DAMAGED,
  GC_ERROR_FAILED,
} GcError;

GQuark
gc_error_quark (void);

G_END_DECLS
