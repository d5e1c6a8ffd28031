/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-location"

#include "location/gc-tracker.h"

#include "base/gc-clock.h"

#include <math.h>

/* GeoClue tells of one fix twice, first where and then how fast. */
#define SETTLE_MS 200
/* A receiver that dies raises no event. */
#define LOST_AFTER_MS 30000
/* Faster is no person, and no car of a grid worker's. */
#define MAX_SPEED_MPS 70
#define MAX_ACCURACY_M 1e6
/* What a fix that does not say how good it is may be off, and what no fix may claim to explain. */
#define USUAL_ACCURACY_M 30
#define MAX_EXCUSE_M 500
/* So many fixes that agree with each other are right, and the ones before were wrong. */
#define CONVINCING 3
/* A reported speed may be so much above what the last two fixes tell. */
#define SPEED_FACTOR 2
#define SPEED_MARGIN_MPS 15
#define SPEED_WINDOW_MS 10000

/* A fix, and when it came by the monotonic clock. */
typedef struct
{
  GcFix fix;
  gint64 at_ms;
  gboolean is_set;
} Sighting;

struct _GcTracker
{
  GObject parent_instance;

  GcLocationSource *source;
  GcTrackerState state;
  Sighting pending; /* not judged yet */
  Sighting last;    /* believed, and passed on */
  Sighting doubtful;
  guint doubts; /* how many in a row agree with the doubtful one */
  int failure;  /* while the state is failed: the error's code */
  guint lost_after_ms;
  guint settling;
  guint watchdog;
};

static const char *const STATE_NAMES[] = { "off", "searching", "tracking", "lost", "failed" };

G_DEFINE_ENUM_TYPE (GcTrackerState,
                    gc_tracker_state,
                    G_DEFINE_ENUM_VALUE (GC_TRACKER_OFF, "off"),
                    G_DEFINE_ENUM_VALUE (GC_TRACKER_SEARCHING, "searching"),
                    G_DEFINE_ENUM_VALUE (GC_TRACKER_TRACKING, "tracking"),
                    G_DEFINE_ENUM_VALUE (GC_TRACKER_LOST, "lost"),
                    G_DEFINE_ENUM_VALUE (GC_TRACKER_FAILED, "failed"))

enum
{
  PROP_STATE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void
set_state (GcTracker *self, GcTrackerState state)
{
  if (self->state == state)
    return;
  /* Without a fix there was nothing to lose. */
  g_assert (state != GC_TRACKER_LOST || self->state == GC_TRACKER_TRACKING);
  g_debug ("%s -> %s", STATE_NAMES[self->state], STATE_NAMES[state]);
  self->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static double
or_usual (double accuracy_m)
{
  return isnan (accuracy_m) ? USUAL_ACCURACY_M : MIN (accuracy_m, MAX_EXCUSE_M);
}

/* How fast one must have been at least to get from one to the other. */
static double
speed_between (const Sighting *from, const Sighting *to)
{
  double distance_m = gc_fix_distance_m (from->fix.longitude, from->fix.latitude, to->fix.longitude,
                                         to->fix.latitude);
  double excuse_m = or_usual (from->fix.accuracy_m) + or_usual (to->fix.accuracy_m);
  double seconds = (double) MAX (to->at_ms - from->at_ms, SETTLE_MS) / 1000;

  return MAX (distance_m - excuse_m, 0) / seconds;
}

static gboolean
is_teleport (GcTracker *self, const Sighting *sighting)
{
  if (!self->last.is_set || speed_between (&self->last, sighting) <= MAX_SPEED_MPS)
    return FALSE;
  if (self->doubtful.is_set && speed_between (&self->doubtful, sighting) <= MAX_SPEED_MPS)
    self->doubts++;
  else
    self->doubts = 1;
  self->doubtful = *sighting;
  return self->doubts < CONVINCING;
}

static gboolean
is_known (double value, double max)
{
  return value >= 0 && value <= max;
}

/* GeoClue computes a wrong speed from two fixes now and then. */
static void
correct (GcTracker *self, Sighting *sighting)
{
  GcFix *fix = &sighting->fix;

  if (!is_known (fix->accuracy_m, MAX_ACCURACY_M))
    fix->accuracy_m = NAN;
  if (!is_known (fix->bearing_deg, 360))
    fix->bearing_deg = NAN;
  if (!is_known (fix->speed_mps, MAX_SPEED_MPS))
    fix->speed_mps = NAN;
  if (self->last.is_set && sighting->at_ms - self->last.at_ms <= SPEED_WINDOW_MS
      && fix->speed_mps > speed_between (&self->last, sighting) * SPEED_FACTOR + SPEED_MARGIN_MPS)
    fix->speed_mps = NAN;
}

static gboolean
on_watchdog (gpointer user_data)
{
  GcTracker *self = user_data;
  gint64 left_ms = self->last.at_ms + self->lost_after_ms - gc_clock_monotonic_ms ();

  self->watchdog = 0;
  if (left_ms <= 0)
    set_state (self, GC_TRACKER_LOST);
  else
    self->watchdog = g_timeout_add ((guint) left_ms, on_watchdog, self);
  return G_SOURCE_REMOVE;
}

static gboolean
on_settled (gpointer user_data)
{
  GcTracker *self = user_data;
  Sighting sighting = self->pending;

  self->settling = 0;
  self->pending.is_set = FALSE;
  correct (self, &sighting);
  if (is_teleport (self, &sighting))
    {
      g_debug ("a fix that cannot be true is dropped");
      return G_SOURCE_REMOVE;
    }
  self->doubtful.is_set = FALSE;
  self->last = sighting;
  if (self->watchdog == 0)
    self->watchdog = g_timeout_add (self->lost_after_ms, on_watchdog, self);
  set_state (self, GC_TRACKER_TRACKING);
  gc_location_source_emit_fix (GC_LOCATION_SOURCE (self), &sighting.fix);
  return G_SOURCE_REMOVE;
}

static double
either (double newer, double older)
{
  return isnan (newer) ? older : newer;
}

static void
on_fix (GcLocationSource *source, const GcFix *fix, gpointer user_data)
{
  GcTracker *self = user_data;
  Sighting *pending = &self->pending;
  GcFix merged = *fix;

  if (self->state == GC_TRACKER_OFF || !(fabs (fix->longitude) <= 180)
      || !(fabs (fix->latitude) <= 90))
    return;
  /* What a receiver that knows nothing says: a place in the sea off Ghana. */
  if (fpclassify (fix->longitude) == FP_ZERO && fpclassify (fix->latitude) == FP_ZERO)
    return;
  if (pending->is_set)
    {
      merged.accuracy_m = either (fix->accuracy_m, pending->fix.accuracy_m);
      merged.speed_mps = either (fix->speed_mps, pending->fix.speed_mps);
      merged.bearing_deg = either (fix->bearing_deg, pending->fix.bearing_deg);
    }
  else
    {
      pending->at_ms = gc_clock_monotonic_ms ();
      self->settling = g_timeout_add (SETTLE_MS, on_settled, self);
    }
  pending->fix = merged;
  pending->is_set = TRUE;
}

static void
on_failed (GcLocationSource *source, const GError *error, gpointer user_data)
{
  GcTracker *self = user_data;

  gboolean known = self->state == GC_TRACKER_FAILED && self->failure == error->code;

  if (self->state == GC_TRACKER_OFF)
    return;
  g_clear_handle_id (&self->watchdog, g_source_remove);
  self->failure = error->code;
  set_state (self, GC_TRACKER_FAILED);
  /* A source that tries again and again says so each time, which nobody wants to read. */
  if (!known)
    gc_location_source_emit_failed (GC_LOCATION_SOURCE (self), error);
}

static void
forget (GcTracker *self)
{
  g_clear_handle_id (&self->settling, g_source_remove);
  g_clear_handle_id (&self->watchdog, g_source_remove);
  self->pending.is_set = FALSE;
  self->last.is_set = FALSE;
  self->doubtful.is_set = FALSE;
}

static void
start (GcLocationSource *source)
{
  GcTracker *self = GC_TRACKER (source);

  forget (self);
  set_state (self, GC_TRACKER_SEARCHING);
  gc_location_source_start (self->source);
}

static void
stop (GcLocationSource *source)
{
  GcTracker *self = GC_TRACKER (source);

  forget (self);
  set_state (self, GC_TRACKER_OFF);
  gc_location_source_stop (self->source);
}

static void
location_source_init (GcLocationSourceInterface *iface)
{
  iface->start = start;
  iface->stop = stop;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GcTracker,
                               gc_tracker,
                               G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GC_TYPE_LOCATION_SOURCE,
                                                      location_source_init))

static void
gc_tracker_dispose (GObject *object)
{
  GcTracker *self = GC_TRACKER (object);

  forget (self);
  if (self->source != NULL)
    gc_location_source_stop (self->source);
  g_clear_object (&self->source);
  G_OBJECT_CLASS (gc_tracker_parent_class)->dispose (object);
}

static void
gc_tracker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_STATE)
    g_value_set_enum (value, (int) GC_TRACKER (object)->state);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
gc_tracker_class_init (GcTrackerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_tracker_dispose;
  object_class->get_property = gc_tracker_get_property;
  properties[PROP_STATE]
      = g_param_spec_enum ("state", NULL, NULL, GC_TYPE_TRACKER_STATE, GC_TRACKER_OFF,
                           G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
gc_tracker_init (GcTracker *self)
{
  self->lost_after_ms = LOST_AFTER_MS;
}

/**
 * gc_tracker_new:
 * @source: where fixes come from; the tracker starts and stops it
 *
 * Main context.
 *
 * Returns: (transfer full): a tracker that is off
 */
GcTracker *
gc_tracker_new (GcLocationSource *source)
{
  GcTracker *self;

  g_return_val_if_fail (GC_IS_LOCATION_SOURCE (source), NULL);

  self = g_object_new (GC_TYPE_TRACKER, NULL);
  self->source = g_object_ref (source);
  g_signal_connect_object (source, "fix", G_CALLBACK (on_fix), self, G_CONNECT_DEFAULT);
  g_signal_connect_object (source, "failed", G_CALLBACK (on_failed), self, G_CONNECT_DEFAULT);
  return self;
}

/**
 * gc_tracker_set_lost_after_ms:
 * @self: a tracker that is off
 * @lost_after_ms: how long without a fix, from 1, means that the place is lost; 30 s at first
 *
 * For receivers that are slower than one fix in half a minute, or known to be much quicker.
 */
void
gc_tracker_set_lost_after_ms (GcTracker *self, guint lost_after_ms)
{
  g_return_if_fail (GC_IS_TRACKER (self) && lost_after_ms > 0);

  self->lost_after_ms = lost_after_ms;
}

/**
 * gc_tracker_get_state:
 * @self: a tracker
 *
 * Returns: what is known
 */
GcTrackerState
gc_tracker_get_state (GcTracker *self)
{
  g_return_val_if_fail (GC_IS_TRACKER (self), GC_TRACKER_OFF);

  return self->state;
}

/**
 * gc_tracker_get_fix:
 * @self: a tracker
 *
 * Returns: (transfer none) (nullable): where the terminal was when that was last known in this
 *   shift
 */
const GcFix *
gc_tracker_get_fix (GcTracker *self)
{
  g_return_val_if_fail (GC_IS_TRACKER (self), NULL);

  return self->last.is_set ? &self->last.fix : NULL;
}
