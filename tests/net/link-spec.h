/* SPDX-License-Identifier: GPL-3.0-or-later */

/* What one direction of an emulated link is like, as a SPEC on a command line says it. */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define LINK_SPEC_ERROR (link_spec_error_quark ())

/* One code is enough: whoever wrote the SPEC reads the message and corrects it. */
typedef enum
{
  LINK_SPEC_ERROR_INVALID,
} LinkSpecError;

/* From this time on, this many bits go a second. */
typedef struct
{
  gint64 from_ns;
  guint64 rate_bps;
} LinkStep;

/* From the first moment up to, but not including, the second nothing goes. */
typedef struct
{
  gint64 from_ns;
  gint64 to_ns;
} LinkOutage;

typedef struct
{
  gint64 delay_ns;
  guint64 queue_bytes;
  guint32 seed;
  GArray *steps;   /* of LinkStep, by time, the first from 0; empty with a trace */
  GArray *trace;   /* of gint64, ns, by time; empty with steps */
  GArray *outages; /* of LinkOutage, by time, apart from each other */
  double loss;
  double burst_loss;
  double burst_length; /* mean, in packets */
  gint64 jitter_ns;
  double reorder;
  gint64 reorder_ns;
  double duplicate;
} LinkSpec;

GQuark
link_spec_error_quark (void);
LinkSpec *
link_spec_parse (const char *text, GError **error);
void
link_spec_free (LinkSpec *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LinkSpec, link_spec_free)

G_END_DECLS
