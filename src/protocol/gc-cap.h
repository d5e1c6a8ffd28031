/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

/* An alert as OASIS' Common Alerting Protocol 1.2 has it: what is said in it, where, for how long.
 * Reading is bounded everywhere; what CAP has beside this (resources, parameters, codes of areas,
 * signatures) is skipped. */

#define GC_CAP_NAMESPACE "urn:oasis:names:tc:emergency:cap:1.2"
#define GC_CAP_CONTENT_TYPE "application/cap+xml"
/* In bytes. A channel's envelope holds it even where JSON needs two bytes for each of them. */
#define GC_CAP_MAX_LENGTH 30000
#define GC_CAP_EVENT_MAX_LENGTH 120
#define GC_CAP_HEADLINE_MAX_LENGTH 200
#define GC_CAP_TEXT_MAX_LENGTH 4000
#define GC_CAP_AREA_MAX_LENGTH 500
#define GC_CAP_POINTS_MAX 500
/* How long an alert holds that does not say it. */
#define GC_CAP_LIFETIME_MS (G_GINT64_CONSTANT (24) * 3600 * 1000)

/**
 * GcCapStatus:
 * @GC_CAP_ACTUAL: act on it
 * @GC_CAP_EXERCISE: for those who take part in the exercise
 * @GC_CAP_SYSTEM: between machines
 * @GC_CAP_TEST: nobody shall act on it
 * @GC_CAP_DRAFT: not sent yet
 */
typedef enum
{
  GC_CAP_ACTUAL,
  GC_CAP_EXERCISE,
  GC_CAP_SYSTEM,
  GC_CAP_TEST,
  GC_CAP_DRAFT,
} GcCapStatus;

/**
 * GcCapType:
 * @GC_CAP_ALERT: something new
 * @GC_CAP_UPDATE: takes the place of what it refers to
 * @GC_CAP_CANCEL: takes back what it refers to
 */
typedef enum
{
  GC_CAP_ALERT,
  GC_CAP_UPDATE,
  GC_CAP_CANCEL,
} GcCapType;

typedef enum
{
  GC_CAP_SCOPE_PUBLIC,
  GC_CAP_SCOPE_RESTRICTED,
  GC_CAP_SCOPE_PRIVATE,
} GcCapScope;

/* How soon to act; the soonest first. */
typedef enum
{
  GC_CAP_URGENCY_IMMEDIATE,
  GC_CAP_URGENCY_EXPECTED,
  GC_CAP_URGENCY_FUTURE,
  GC_CAP_URGENCY_PAST,
  GC_CAP_URGENCY_UNKNOWN,
} GcCapUrgency;

/* How bad; the worst first. */
typedef enum
{
  GC_CAP_SEVERITY_EXTREME,
  GC_CAP_SEVERITY_SEVERE,
  GC_CAP_SEVERITY_MODERATE,
  GC_CAP_SEVERITY_MINOR,
  GC_CAP_SEVERITY_UNKNOWN,
} GcCapSeverity;

/* How sure; the surest first. */
typedef enum
{
  GC_CAP_CERTAINTY_OBSERVED,
  GC_CAP_CERTAINTY_LIKELY,
  GC_CAP_CERTAINTY_POSSIBLE,
  GC_CAP_CERTAINTY_UNLIKELY,
  GC_CAP_CERTAINTY_UNKNOWN,
} GcCapCertainty;

/**
 * GcCapPoint:
 * @longitude: degrees WGS-84
 * @latitude: degrees WGS-84
 */
typedef struct
{
  double longitude;
  double latitude;
} GcCapPoint;

/**
 * GcCapCircle:
 * @center: its middle
 * @radius_m: metres
 */
typedef struct
{
  GcCapPoint center;
  double radius_m;
} GcCapCircle;

/**
 * GcCapArea:
 * @description: in words
 * @polygons: (element-type GArray): each of #GcCapPoint, the last of which is the first again
 * @circles: (element-type GcCapCircle): the area is all of these together; with neither it is known
 *   in words alone
 */
typedef struct
{
  char *description;
  GPtrArray *polygons;
  GArray *circles;
} GcCapArea;

/**
 * GcCapInfo:
 * @language: (nullable): RFC 3066; missing means en-US
 * @category: the first of its categories, as “Met”
 * @event: what happens
 * @urgency: how soon to act
 * @severity: how bad it is
 * @certainty: how sure it is
 * @effective_ms: from when what is said holds, wall time, 0 for from when it was sent
 * @onset_ms: when it begins, 0 if not known
 * @expires_ms: until when what is said holds, 0 if it does not say
 * @sender_name: (nullable): who warns, in words
 * @headline: (nullable): one line
 * @description: (nullable): more lines
 * @instruction: (nullable): what to do
 * @areas: (element-type GcCapArea): where; none means everywhere
 *
 * What is said, in one language.
 */
typedef struct
{
  char *language;
  char *category;
  char *event;
  GcCapUrgency urgency;
  GcCapSeverity severity;
  GcCapCertainty certainty;
  gint64 effective_ms;
  gint64 onset_ms;
  gint64 expires_ms;
  char *sender_name;
  char *headline;
  char *description;
  char *instruction;
  GPtrArray *areas;
} GcCapInfo;

/**
 * GcCapReference:
 * @sender: who sent it
 * @identifier: its identifier among those of @sender
 * @sent_ms: when, wall time, whole seconds
 *
 * What makes a message different from all others.
 */
typedef struct
{
  char *sender;
  char *identifier;
  gint64 sent_ms;
} GcCapReference;

/**
 * GcCap:
 * @self: how others refer to it
 * @status: whether it is meant
 * @type: what it does to those before it
 * @scope: for whom it is
 * @restriction: (nullable): for @GC_CAP_SCOPE_RESTRICTED
 * @addresses: (nullable): for @GC_CAP_SCOPE_PRIVATE
 * @note: (nullable): why it is cancelled or updated
 * @references: (element-type GcCapReference): what it updates or cancels
 * @infos: (element-type GcCapInfo): the same in several languages; none only where it cancels
 *
 * A message. It is not changed any more once it is given to somebody else, so any thread may read
 * it.
 */
typedef struct
{
  GcCapReference self;
  GcCapStatus status;
  GcCapType type;
  GcCapScope scope;
  char *restriction;
  char *addresses;
  char *note;
  GPtrArray *references;
  GPtrArray *infos;
} GcCap;

#define GC_TYPE_CAP (gc_cap_get_type ())
GType
gc_cap_get_type (void);

GcCap *
gc_cap_new (void);
GcCap *
gc_cap_ref (GcCap *cap);
void
gc_cap_unref (GcCap *cap);
GcCapInfo *
gc_cap_add_info (GcCap *cap);
GcCapArea *
gc_cap_info_add_area (GcCapInfo *info);
void
gc_cap_area_add_circle (GcCapArea *area, double longitude, double latitude, double radius_m);
GArray *
gc_cap_area_add_polygon (GcCapArea *area);
void
gc_cap_add_reference (GcCap *cap, const GcCapReference *reference);

GcCap *
gc_cap_parse (const char *text, gsize length, GError **error);
char *
gc_cap_print (const GcCap *cap);

const GcCapInfo *
gc_cap_choose_info (const GcCap *cap, const char *const *languages);
gint64
gc_cap_get_expires_ms (const GcCap *cap);
gboolean
gc_cap_is_same (const GcCapReference *a, const GcCapReference *b);
gboolean
gc_cap_info_has_geometry (const GcCapInfo *info);
gboolean
gc_cap_info_concerns (const GcCapInfo *info, double longitude, double latitude, double margin_m);

const char *
gc_cap_status_to_string (GcCapStatus status);
const char *
gc_cap_type_to_string (GcCapType type);
const char *
gc_cap_scope_to_string (GcCapScope scope);
const char *
gc_cap_urgency_to_string (GcCapUrgency urgency);
const char *
gc_cap_severity_to_string (GcCapSeverity severity);
const char *
gc_cap_certainty_to_string (GcCapCertainty certainty);
gboolean
gc_cap_urgency_from_string (const char *word, GcCapUrgency *urgency, GError **error);
gboolean
gc_cap_severity_from_string (const char *word, GcCapSeverity *severity, GError **error);
gboolean
gc_cap_certainty_from_string (const char *word, GcCapCertainty *certainty, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GcCap, gc_cap_unref)

G_END_DECLS
