/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "app/gc-words.h"

#include "base/gc-error.h"
#include "protocol/gc-envelope.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

/**
 * gc_words_distance:
 * @metres: a distance, 0 or more; %NAN if unknown
 *
 * A distance as one says it: to 10 m below a kilometre, to 100 m below ten.
 *
 * Returns: (transfer full) (nullable): the words, or %NULL if unknown
 */
char *
gc_words_distance (double metres)
{
  if (!isfinite (metres) || metres < 0)
    return NULL;
  if (metres < 10)
    return g_strdup (_ ("Here"));
  if (metres < 995)
    /* Translators: a distance in metres */
    return g_strdup_printf (_ ("%.0f m"), round (metres / 10) * 10);
  if (metres < 9950)
    /* Translators: a distance in kilometres */
    return g_strdup_printf (_ ("%.1f km"), metres / 1000);
  /* Translators: a distance in whole kilometres */
  return g_strdup_printf (_ ("%.0f km"), metres / 1000);
}

/**
 * gc_words_bearing:
 * @longitude_a: from here, degrees WGS-84
 * @latitude_a: from here
 * @longitude_b: to there
 * @latitude_b: to there
 *
 * Returns: the initial course on the great circle, degrees from true north, 0 to 360
 */
double
gc_words_bearing (double longitude_a, double latitude_a, double longitude_b, double latitude_b)
{
  const double radian = G_PI / 180;
  double east = (longitude_b - longitude_a) * radian;
  double from = latitude_a * radian;
  double to = latitude_b * radian;
  double angle
      = atan2 (sin (east) * cos (to), cos (from) * sin (to) - sin (from) * cos (to) * cos (east));

  return fmod (angle / radian + 360, 360);
}

/**
 * gc_words_direction:
 * @bearing_deg: degrees from true north
 *
 * Returns: the nearest of the eight winds
 */
const char *
gc_words_direction (double bearing_deg)
{
  static const char *const winds[] = {
    N_ ("north"), N_ ("north-east"), N_ ("east"), N_ ("south-east"),
    N_ ("south"), N_ ("south-west"), N_ ("west"), N_ ("north-west"),
  };
  int index = (int) lround (fmod (bearing_deg + 360, 360) / 45) % 8;

  return _ (winds[index]);
}

/**
 * gc_words_distance_and_direction:
 * @metres: how far, %NAN if unknown
 * @bearing_deg: where to, degrees from true north
 *
 * Returns: (transfer full) (nullable): as “1.2 km north-east”, or %NULL if unknown
 */
char *
gc_words_distance_and_direction (double metres, double bearing_deg)
{
  g_autofree char *distance = gc_words_distance (metres);

  if (!distance || metres < 10 || !isfinite (bearing_deg))
    return g_steal_pointer (&distance);
  /* Translators: a distance, then a direction, as “1.2 km north-east” */
  return g_strdup_printf (_ ("%1$s %2$s"), distance, gc_words_direction (bearing_deg));
}

/**
 * gc_words_duration:
 * @milliseconds: how long, 0 or more
 *
 * Returns: (transfer full): as 03:12, from one hour on 1:03:12
 */
char *
gc_words_duration (gint64 milliseconds)
{
  gint64 seconds = MAX (milliseconds, 0) / 1000;
  int hours = (int) MIN (seconds / 3600, 9999);

  if (hours > 0)
    return g_strdup_printf ("%d:%02d:%02d", hours, (int) (seconds / 60 % 60), (int) (seconds % 60));
  return g_strdup_printf ("%02d:%02d", (int) (seconds / 60 % 60), (int) (seconds % 60));
}

static int
days_between (GDateTime *from, GDateTime *to)
{
  GDate from_date;
  GDate to_date;
  int year;
  int month;
  int day;

  g_date_time_get_ymd (from, &year, &month, &day);
  g_date_set_dmy (&from_date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  g_date_time_get_ymd (to, &year, &month, &day);
  g_date_set_dmy (&to_date, (GDateDay) day, (GDateMonth) month, (GDateYear) year);
  return g_date_days_between (&from_date, &to_date);
}

/**
 * gc_words_time:
 * @wall_ms: a moment, ms since 1970
 * @now_ms: the present, ms since 1970
 *
 * Returns: (transfer full): the local time of day, with the day unless it is today
 */
char *
gc_words_time (gint64 wall_ms, gint64 now_ms)
{
  g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (wall_ms / 1000);
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_ms / 1000);
  g_autofree char *clock = NULL;
  g_autofree char *day = NULL;

  if (!when || !now)
    return g_strdup ("–");
  clock = g_date_time_format (when, "%H:%M");
  switch (days_between (now, when))
    {
    case 0:
      return g_steal_pointer (&clock);
    case 1:
      return g_strdup_printf (_ ("tomorrow %s"), clock);
    case -1:
      return g_strdup_printf (_ ("yesterday %s"), clock);
    default:
      /* Translators: a date without a year, see strftime(3). xgettext:no-c-format */
      day = g_date_time_format (when, _ ("%-d %b"));
      return g_strdup_printf ("%s %s", day, clock);
    }
}

/**
 * gc_words_link:
 * @link: the state of the connection
 *
 * Returns: the words for it
 */
const char *
gc_words_link (GcLink link)
{
  switch (link)
    {
    case GC_LINK_WAITING:
      return _ ("Waiting for network");
    case GC_LINK_CONNECTING:
      return _ ("Connecting…");
    case GC_LINK_ONLINE:
      return _ ("Connected");
    case GC_LINK_REPLACED:
      return _ ("Another device is using this pairing");
    case GC_LINK_REVOKED:
      return _ ("The center has withdrawn this pairing");
    case GC_LINK_REFUSED:
      return _ ("The center does not accept this device");
    case GC_LINK_UNTRUSTED:
      return _ ("Somebody else answers in the center’s place. Nothing was sent; tell the center.");
    case GC_LINK_CLOCK:
      return _ ("The date of this phone may be wrong. Set it, then go on duty again.");
    case GC_LINK_OUTDATED:
      return _ ("The center needs another version of Gridcast");
    case GC_LINK_OFF:
    default:
      return _ ("Not connected");
    }
}

/**
 * gc_words_unsent:
 * @unsent: how many messages are stored and not acknowledged
 *
 * Returns: (transfer full): the words
 */
char *
gc_words_unsent (guint unsent)
{
  if (unsent == 0)
    return g_strdup (_ ("Everything sent"));
  return g_strdup_printf (ngettext ("%u message waiting", "%u messages waiting", unsent), unsent);
}

/**
 * gc_words_sending:
 * @position: whether positions are sent
 * @picture: whether the picture is sent
 * @sound: whether sound is sent
 * @center: (nullable): to whom
 *
 * Returns: (transfer full): one sentence on what leaves the handset, and to whom
 */
char *
gc_words_sending (gboolean position, gboolean picture, gboolean sound, const char *center)
{
  if (!center || !*center)
    center = _ ("the center");
  if (picture && sound)
    /* Translators: %s is the name of the command center */
    return g_strdup_printf (_ ("Sending position, picture and sound to %s"), center);
  if (picture)
    return g_strdup_printf (_ ("Sending position and picture to %s"), center);
  if (position)
    return g_strdup_printf (_ ("Sending your position to %s"), center);
  return g_strdup (_ ("Nothing is sent"));
}

/**
 * gc_words_keeping:
 * @center: (nullable): who will get it
 *
 * Returns: (transfer full): one sentence on what will leave the handset when there is network
 */
char *
gc_words_keeping (const char *center)
{
  /* Translators: %s is the name of the command center */
  return g_strdup_printf (_ ("Your position is kept, and sent to %s when there is network"),
                          center && *center ? center : _ ("the center"));
}

/**
 * gc_words_watching:
 * @watching: how many watch
 *
 * Returns: (transfer full): the words
 */
char *
gc_words_watching (guint watching)
{
  if (watching == 0)
    return g_strdup (_ ("Nobody is watching"));
  return g_strdup_printf (ngettext ("%u watching", "%u watching", watching), watching);
}

/**
 * gc_words_sos:
 * @sos: the worker's call for help
 * @link: the state of the connection
 *
 * Returns: what has become of it
 */
const char *
gc_words_sos (const GcSos *sos, GcLink link)
{
  if (sos->state == GC_SOS_WITHDRAWN)
    return _ ("False alarm: you took it back");
  if (sos->state == GC_SOS_ENDED)
    return _ ("The center has ended your SOS");
  if (sos->state == GC_SOS_SEEN)
    return _ ("The center has seen it");
  if (sos->received_ms != 0)
    return _ ("The center has received it");
  return link == GC_LINK_ONLINE ? _ ("Calling for help…") : _ ("Not sent yet");
}

static char *
sos_answered_by (const char *who, gint64 at_ms, gint64 now_ms)
{
  g_autofree char *time = gc_words_time (at_ms, now_ms);

  /* Translators: a dispatcher's name, then the time */
  return g_strdup_printf (_ ("%1$s, %2$s"), who, time);
}

/**
 * gc_words_sos_detail:
 * @sos: the worker's call for help
 * @link: the state of the connection
 * @now_ms: the present, ms since 1970
 *
 * Returns: (transfer full): who, when, or what comes next; may be empty
 */
char *
gc_words_sos_detail (const GcSos *sos, GcLink link, gint64 now_ms)
{
  if (sos->state == GC_SOS_ENDED)
    return sos_answered_by (sos->ended_by, sos->ended_ms, now_ms);
  if (sos->state == GC_SOS_SEEN)
    return sos_answered_by (sos->seen_by, sos->seen_ms, now_ms);
  if (sos->state == GC_SOS_WITHDRAWN)
    return g_strdup ("");
  if (sos->received_ms != 0)
    return g_strdup (_ ("Nobody has answered yet."));
  if (link == GC_LINK_OFF)
    return g_strdup (_ ("Go on duty: nothing is sent while you are off duty."));
  if (link >= GC_LINK_REPLACED)
    return g_strdup (gc_words_link (link));
  if (link == GC_LINK_ONLINE)
    return g_strdup ("");
  return g_strdup (_ ("It goes out before everything else, as soon as there is a network."));
}

/**
 * gc_words_code_error:
 * @error: why a text is no pairing code that we take
 *
 * Returns: one sentence, with the way on in it
 */
const char *
gc_words_code_error (const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    return _ ("This is not a pairing code. Look for the code on the center’s screen.");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_UNSUPPORTED))
    return _ ("This code is from another version. Ask the center which Gridcast it needs.");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_TOO_LARGE))
    return _ ("This text is too long for a pairing code.");
  return _ ("The code cannot be read. Clean the lens, or type the code.");
}

/**
 * gc_words_typed_code_error:
 * @error: why a typed or pasted text is no pairing code that we take
 *
 * Returns: one sentence, with the way on in it
 */
const char *
gc_words_typed_code_error (const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_INVALID))
    return _ ("The code is not complete, or a character is wrong. Compare it, or paste it.");
  return gc_words_code_error (error);
}

/**
 * gc_words_pairing_error:
 * @error: why pairing failed
 *
 * Returns: one sentence, with the way on in it
 */
const char *
gc_words_pairing_error (const GError *error)
{
  if (error->domain != GC_ERROR)
    return _ ("Pairing did not work. Try again.");
  switch ((GcError) error->code)
    {
    case GC_ERROR_EXPIRED:
      return _ ("This code is too old. Ask the center for a new one.");
    case GC_ERROR_USED:
      return _ ("This code has paired another device already. Ask the center for a new one.");
    case GC_ERROR_UNAUTHORIZED:
    case GC_ERROR_REFUSED:
      return _ ("The center does not know this code. Ask for a new one.");
    case GC_ERROR_UNTRUSTED:
      return _ ("Somebody else answers in the center’s place. Do not go on; tell the center.");
    case GC_ERROR_CLOCK:
      return _ ("The date of this phone is wrong, or the center’s certificate is too old. Set the "
                "date, then try again.");
    case GC_ERROR_UNREACHABLE:
      return _ ("The center cannot be reached. Check the network, then try again.");
    case GC_ERROR_BUSY:
      return _ ("Too many attempts. Wait a minute, then try again.");
    case GC_ERROR_STORAGE:
      return _ ("The pairing could not be saved. Is the memory full?");
    case GC_ERROR_UNSUPPORTED:
      return _ ("The center speaks another version. Ask it which Gridcast it needs.");
    case GC_ERROR_INVALID:
    case GC_ERROR_TOO_LARGE:
      return _ ("The center’s answer cannot be understood. Tell the center.");
    case GC_ERROR_CONFLICT:
    case GC_ERROR_NOT_FOUND:
    case GC_ERROR_FAILED:
    default:
      return _ ("Pairing did not work. Try again.");
    }
}

/**
 * gc_words_step_error:
 * @error: why a step of a task was not stored
 *
 * Returns: one sentence
 */
const char *
gc_words_step_error (const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_DAMAGED))
    return gc_words_problem (error);
  if (g_error_matches (error, GC_ERROR, GC_ERROR_CONFLICT))
    return _ ("The center has changed this task meanwhile.");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_STORAGE))
    return _ ("It could not be saved. Is the memory full?");
  return _ ("It did not work. Try again.");
}

/**
 * gc_words_live_error:
 * @error: why a live session failed
 *
 * Returns: one sentence, with the way on in it
 */
const char *
gc_words_live_error (const GError *error)
{
  if (error->domain != GC_ERROR)
    return _ ("Live video ended by a fault. Try again.");
  switch ((GcError) error->code)
    {
    case GC_ERROR_UNREACHABLE:
      return _ ("Live video does not get through. Try where the network is better.");
    case GC_ERROR_UNAUTHORIZED:
    case GC_ERROR_EXPIRED:
      return _ ("The request for live video is too old. The center must ask again.");
    case GC_ERROR_REFUSED:
    case GC_ERROR_CONFLICT:
    case GC_ERROR_USED:
      return _ ("The center did not take the live video.");
    case GC_ERROR_BUSY:
      return _ ("The center is busy. Try again in a minute.");
    case GC_ERROR_UNTRUSTED:
      return _ ("Somebody else answers in the center’s place. Nothing was sent.");
    case GC_ERROR_NOT_FOUND:
      return _ ("No camera can be used. Allow it for Gridcast in the phone’s settings.");
    case GC_ERROR_INVALID:
    case GC_ERROR_TOO_LARGE:
    case GC_ERROR_UNSUPPORTED:
    case GC_ERROR_STORAGE:
    case GC_ERROR_FAILED:
    default:
      return _ ("Live video ended by a fault. Try again.");
    }
}

/**
 * gc_words_live_ended:
 * @reason: (nullable): why the center ended live video: a word of PROTOCOL.md, or a text
 *
 * Returns: (transfer full): one sentence
 */
char *
gc_words_live_ended (const char *reason)
{
  static const struct
  {
    const char *reason;
    const char *words;
  } known[] = {
    { "", N_ ("The center ended live video") },
    { GC_LIVE_WHY_CENTER, N_ ("The center ended live video") },
    { GC_LIVE_WHY_WITHDRAWN, N_ ("The center no longer asks for live video") },
    { GC_LIVE_WHY_NO_ANSWER, N_ ("The center no longer asks for live video") },
    { GC_LIVE_WHY_NO_PICTURE,
      N_ ("Live video does not get through. Try where the network is better.") },
    { GC_LIVE_WHY_GONE,
      N_ ("The center has lost this live video. Go live again if it is needed.") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (known); i++)
    if (strcmp (reason != NULL ? reason : "", known[i].reason) == 0)
      return g_strdup (_ (known[i].words));
  return g_strdup_printf (_ ("The center ended live video: %s"), reason);
}

/**
 * gc_words_problem:
 * @error: what is wrong with the store, the camera, the microphone or the location
 *
 * Returns: one sentence
 */
const char *
gc_words_problem (const GError *error)
{
  if (g_error_matches (error, GC_ERROR, GC_ERROR_STORAGE))
    return _ ("Nothing can be saved. Is the memory full?");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_DAMAGED))
    return _ (
        "Data on this phone are damaged. Close Gridcast and start it again: what can still be "
        "read is kept.");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_NOT_FOUND))
    return _ ("There is no camera, microphone or position. Is it plugged in and switched on?");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_REFUSED))
    return _ ("Camera, microphone or position cannot be used. Allow them in the phone’s settings.");
  if (g_error_matches (error, GC_ERROR, GC_ERROR_BUSY))
    return _ ("Another app uses the camera. Close it there.");
  return _ ("Something on this device does not work. Start Gridcast again.");
}
