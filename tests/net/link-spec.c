/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "link-spec.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define NS_PER_MS G_GINT64_CONSTANT (1000000)
#define DEFAULT_QUEUE_BYTES 300000
#define DEFAULT_SEED 1
/* A queue takes at least one packet of the usual size. */
#define QUEUE_BYTES_MIN 1500
#define QUEUE_BYTES_MAX (1024 * 1024 * 1024)
#define DELAY_MS_MAX 60000
#define DAY_MS (24 * 60 * 60 * 1000)
#define RATE_BPS_MAX G_GUINT64_CONSTANT (10000000000)
/* So fast that a packet takes a nanosecond. */
#define RATE_BPS_UNLIMITED G_GUINT64_CONSTANT (1000000000000000)
#define BURST_LENGTH_MAX 10000
#define LIST_LENGTH_MAX 1000
#define TRACE_BYTES_MAX (64 * 1024 * 1024)

typedef gboolean (*ParseValue) (LinkSpec *self, const char *value, GError **error);

G_DEFINE_QUARK (link - spec - error, link_spec_error)

static gboolean
refuse (GError **error, const char *format, ...) G_GNUC_PRINTF (2, 3);

static gboolean
refuse (GError **error, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (LINK_SPEC_ERROR, LINK_SPEC_ERROR_INVALID, format, arguments);
  va_end (arguments);
  return FALSE;
}

/* --- numbers --- */

static gboolean
parse_number (const char *text, double min, double max, double *number, GError **error)
{
  char *end = NULL;

  /* Only plain numbers: strtod would take “inf”, “nan” and hexadecimals. */
  *number = g_ascii_strtod (text, &end);
  if (*text == '\0' || text[strspn (text, "0123456789.")] != '\0' || *end != '\0')
    return refuse (error, "“%s” is no number", text);
  if (*number < min || *number > max)
    return refuse (error, "“%s” is not between %.15g and %.15g", text, min, max);
  return TRUE;
}

static gboolean
parse_whole (const char *text, guint64 min, guint64 max, guint64 *number, GError **error)
{
  g_autoptr (GError) local_error = NULL;

  if (!g_ascii_string_to_unsigned (text, 10, min, max, number, &local_error))
    return refuse (error,
                   "“%s” is no whole number between %" G_GUINT64_FORMAT " and %" G_GUINT64_FORMAT,
                   text, min, max);
  return TRUE;
}

static gboolean
parse_ms (const char *text, double max_ms, gint64 *ns, GError **error)
{
  double ms;

  if (!parse_number (text, 0, max_ms, &ms, error))
    return FALSE;
  *ns = (gint64) llround (ms * NS_PER_MS);
  return TRUE;
}

/* Splits FIRST:SECOND. */
static GStrv
split_pair (const char *text, char separator, GError **error)
{
  const char separators[] = { separator, '\0' };
  g_auto (GStrv) parts = g_strsplit (text, separators, -1);

  if (g_strv_length (parts) != 2)
    {
      refuse (error, "“%s” is not two numbers with “%c” between them", text, separator);
      return NULL;
    }
  return g_steal_pointer (&parts);
}

static GStrv
split_list (const char *text, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "/", -1);

  if (parts[0] == NULL || g_strv_length (parts) > LIST_LENGTH_MAX)
    {
      refuse (error, "there are not between 1 and %d", LIST_LENGTH_MAX);
      return NULL;
    }
  return g_steal_pointer (&parts);
}

/* --- what it may say --- */

static gboolean
parse_delay (LinkSpec *self, const char *value, GError **error)
{
  return parse_ms (value, DELAY_MS_MAX, &self->delay_ns, error);
}

static gboolean
parse_queue (LinkSpec *self, const char *value, GError **error)
{
  return parse_whole (value, QUEUE_BYTES_MIN, QUEUE_BYTES_MAX, &self->queue_bytes, error);
}

static gboolean
parse_seed (LinkSpec *self, const char *value, GError **error)
{
  guint64 seed;

  if (!parse_whole (value, 0, G_MAXUINT32, &seed, error))
    return FALSE;
  self->seed = (guint32) seed;
  return TRUE;
}

static gboolean
check_only_capacity (LinkSpec *self, GError **error)
{
  if (self->steps->len > 0 || self->trace->len > 0)
    return refuse (error, "there can be one of rate, steps and trace");
  return TRUE;
}

static gboolean
parse_rate (LinkSpec *self, const char *value, GError **error)
{
  LinkStep step = { 0 };

  if (!check_only_capacity (self, error)
      || !parse_whole (value, 1, RATE_BPS_MAX, &step.rate_bps, error))
    return FALSE;
  g_array_append_val (self->steps, step);
  return TRUE;
}

static gboolean
parse_step (LinkSpec *self, const char *text, GError **error)
{
  g_auto (GStrv) pair = split_pair (text, ':', error);
  LinkStep step;
  gint64 before_ns;

  if (pair == NULL || !parse_ms (pair[0], DAY_MS, &step.from_ns, error)
      || !parse_whole (pair[1], 0, RATE_BPS_MAX, &step.rate_bps, error))
    return FALSE;
  if (self->steps->len == 0)
    {
      if (step.from_ns != 0)
        return refuse (error, "the first step is to begin at 0");
    }
  else
    {
      before_ns = g_array_index (self->steps, LinkStep, self->steps->len - 1).from_ns;
      if (step.from_ns <= before_ns)
        return refuse (error, "“%s” does not come after the step before", text);
    }
  g_array_append_val (self->steps, step);
  return TRUE;
}

static gboolean
parse_steps (LinkSpec *self, const char *value, GError **error)
{
  g_auto (GStrv) texts = split_list (value, error);

  if (texts == NULL || !check_only_capacity (self, error))
    return FALSE;
  for (char **text = texts; *text != NULL; text++)
    if (!parse_step (self, *text, error))
      return FALSE;
  return TRUE;
}

static gboolean
parse_trace_line (LinkSpec *self, const char *line, GError **error)
{
  guint64 ms;
  gint64 ns;

  if (!parse_whole (line, 0, DAY_MS, &ms, error))
    return FALSE;
  ns = (gint64) ms * NS_PER_MS;
  if (self->trace->len > 0 && ns < g_array_index (self->trace, gint64, self->trace->len - 1))
    return refuse (error, "“%s” is earlier than the line before", line);
  g_array_append_val (self->trace, ns);
  return TRUE;
}

static gboolean
parse_trace_text (LinkSpec *self, const char *path, char *text, GError **error)
{
  char *line;

  for (guint number = 1; (line = strsep (&text, "\n")) != NULL; number++)
    {
      if (text == NULL && *line == '\0')
        break;
      if (!parse_trace_line (self, g_strchomp (line), error))
        {
          g_prefix_error (error, "%s, line %u: ", path, number);
          return FALSE;
        }
    }
  /* Repeated, it would be endlessly many packets at once. */
  if (self->trace->len == 0 || g_array_index (self->trace, gint64, self->trace->len - 1) == 0)
    return refuse (error, "%s: the trace ends where it begins", path);
  return TRUE;
}

static gboolean
parse_trace (LinkSpec *self, const char *value, GError **error)
{
  g_autoptr (GError) local_error = NULL;
  g_autofree char *text = NULL;
  struct stat status;

  if (!check_only_capacity (self, error))
    return FALSE;
  if (stat (value, &status) == 0 && (!S_ISREG (status.st_mode) || status.st_size > TRACE_BYTES_MAX))
    return refuse (error, "%s is no file of at most %d bytes", value, TRACE_BYTES_MAX);
  if (!g_file_get_contents (value, &text, NULL, &local_error))
    return refuse (error, "%s", local_error->message);
  return parse_trace_text (self, value, text, error);
}

static gboolean
parse_outage (LinkSpec *self, const char *text, GError **error)
{
  g_auto (GStrv) pair = split_pair (text, '-', error);
  LinkOutage outage;

  if (pair == NULL || !parse_ms (pair[0], DAY_MS, &outage.from_ns, error)
      || !parse_ms (pair[1], DAY_MS, &outage.to_ns, error))
    return FALSE;
  if (outage.to_ns <= outage.from_ns)
    return refuse (error, "“%s” ends before it begins", text);
  if (self->outages->len > 0
      && outage.from_ns <= g_array_index (self->outages, LinkOutage, self->outages->len - 1).to_ns)
    return refuse (error, "“%s” does not come after the outage before", text);
  g_array_append_val (self->outages, outage);
  return TRUE;
}

static gboolean
parse_outages (LinkSpec *self, const char *value, GError **error)
{
  g_auto (GStrv) texts = split_list (value, error);

  if (texts == NULL)
    return FALSE;
  for (char **text = texts; *text != NULL; text++)
    if (!parse_outage (self, *text, error))
      return FALSE;
  return TRUE;
}

static gboolean
parse_loss (LinkSpec *self, const char *value, GError **error)
{
  return parse_number (value, 0, 1, &self->loss, error);
}

static gboolean
parse_burst_loss (LinkSpec *self, const char *value, GError **error)
{
  g_auto (GStrv) pair = split_pair (value, ':', error);

  if (pair == NULL || !parse_number (pair[0], 0, 1, &self->burst_loss, error)
      || !parse_number (pair[1], 1, BURST_LENGTH_MAX, &self->burst_length, error))
    return FALSE;
  /* One packet at least gets through between two bursts. */
  if (self->burst_loss > self->burst_length / (self->burst_length + 1))
    return refuse (error, "bursts of %s packets cannot lose a share of %s", pair[1], pair[0]);
  return TRUE;
}

static gboolean
parse_jitter (LinkSpec *self, const char *value, GError **error)
{
  return parse_ms (value, DELAY_MS_MAX, &self->jitter_ns, error);
}

static gboolean
parse_reorder (LinkSpec *self, const char *value, GError **error)
{
  g_auto (GStrv) pair = split_pair (value, ':', error);

  return pair != NULL && parse_number (pair[0], 0, 1, &self->reorder, error)
         && parse_ms (pair[1], DELAY_MS_MAX, &self->reorder_ns, error);
}

static gboolean
parse_duplicate (LinkSpec *self, const char *value, GError **error)
{
  return parse_number (value, 0, 1, &self->duplicate, error);
}

static const struct
{
  const char *name;
  ParseValue parse;
} words[] = {
  { "delay", parse_delay },    { "queue", parse_queue },     { "seed", parse_seed },
  { "rate", parse_rate },      { "steps", parse_steps },     { "trace", parse_trace },
  { "outage", parse_outages }, { "loss", parse_loss },       { "burst-loss", parse_burst_loss },
  { "jitter", parse_jitter },  { "reorder", parse_reorder }, { "duplicate", parse_duplicate },
};

/* --- */

static gboolean
parse_word (LinkSpec *self, const char *text, guint *seen, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (text, "=", 2);

  if (g_strv_length (parts) != 2)
    return refuse (error, "“%s” is not NAME=VALUE", text);
  for (guint i = 0; i < G_N_ELEMENTS (words); i++)
    {
      if (strcmp (parts[0], words[i].name) != 0)
        continue;
      if ((*seen & 1U << i) != 0)
        return refuse (error, "%s is given twice", parts[0]);
      *seen |= 1U << i;
      if (words[i].parse (self, parts[1], error))
        return TRUE;
      g_prefix_error (error, "%s: ", parts[0]);
      return FALSE;
    }
  return refuse (error, "a link has no “%s”", parts[0]);
}

/**
 * link_spec_parse:
 * @text: NAME=VALUE, separated by commas; an empty text is a link with no limits
 * @error: return location for a #GError
 *
 * Reads what a link is like. Times are in ms, shares between 0 and 1:
 * `delay=MS`, `queue=BYTES`, `seed=N`, one of `rate=BPS`, `steps=MS:BPS/MS:BPS…` and `trace=FILE`,
 * `outage=FROM-TO/FROM-TO…`, `loss=SHARE`, `burst-loss=SHARE:PACKETS`, `jitter=MS`,
 * `reorder=SHARE:MS`, `duplicate=SHARE`. tests/net/README.md says what each does.
 *
 * Returns: (transfer full): what it says, or %NULL with %LINK_SPEC_ERROR_INVALID
 */
LinkSpec *
link_spec_parse (const char *text, GError **error)
{
  g_autoptr (LinkSpec) self = g_new0 (LinkSpec, 1);
  g_auto (GStrv) texts = g_strsplit (text, ",", -1);
  LinkStep unlimited = { .rate_bps = RATE_BPS_UNLIMITED };
  guint seen = 0;

  self->queue_bytes = DEFAULT_QUEUE_BYTES;
  self->seed = DEFAULT_SEED;
  self->steps = g_array_new (FALSE, FALSE, sizeof (LinkStep));
  self->trace = g_array_new (FALSE, FALSE, sizeof (gint64));
  self->outages = g_array_new (FALSE, FALSE, sizeof (LinkOutage));
  for (char **word = texts; *word != NULL; word++)
    if (!parse_word (self, *word, &seen, error))
      return NULL;
  if (self->steps->len == 0 && self->trace->len == 0)
    g_array_append_val (self->steps, unlimited);
  return g_steal_pointer (&self);
}

/**
 * link_spec_free:
 * @self: (transfer full): a link's properties
 *
 * Frees them.
 */
void
link_spec_free (LinkSpec *self)
{
  g_array_unref (self->steps);
  g_array_unref (self->trace);
  g_array_unref (self->outages);
  g_free (self);
}
