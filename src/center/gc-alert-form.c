/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-alert-form.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "base/gc-id.h"
#include "center/gc-json-build.h"
#include "protocol/gc-json.h"

#include <string.h>

#define WORD_MAX_LENGTH 40
#define RADIUS_MAX_M 1000000
#define CORNERS_MIN 3
#define MS_PER_S 1000
#define DEFAULT_CATEGORY "Safety"
/* CAP wants to know for whom a message is that is not for everybody. */
#define RESTRICTION "Gridcast terminals"

static gboolean
is_blank (const char *text)
{
  return text[strspn (text, " \t\r\n")] == '\0';
}

static gboolean
read_text (JsonObject *form, const char *member, gsize max_length, char **text, GError **error)
{
  const char *value;

  if (!gc_json_get_optional_string (form, member, max_length, &value, error))
    return FALSE;
  *text = value != NULL && !is_blank (value) ? g_strstrip (g_strdup (value)) : NULL;
  return TRUE;
}

static gboolean
read_kind (GcCapInfo *info, JsonObject *form, GError **error)
{
  const char *urgency = gc_json_get_string (form, "urgency", WORD_MAX_LENGTH, error);
  const char *severity
      = urgency != NULL ? gc_json_get_string (form, "severity", WORD_MAX_LENGTH, error) : NULL;
  const char *certainty;

  if (severity == NULL
      || !gc_json_get_optional_string (form, "certainty", WORD_MAX_LENGTH, &certainty, error)
      || !gc_cap_urgency_from_string (urgency, &info->urgency, error)
      || !gc_cap_severity_from_string (severity, &info->severity, error))
    return FALSE;
  info->certainty = GC_CAP_CERTAINTY_LIKELY;
  return certainty == NULL || gc_cap_certainty_from_string (certainty, &info->certainty, error);
}

static gboolean
read_texts (GcCapInfo *info, JsonObject *form, GError **error)
{
  if (!read_text (form, "event", GC_CAP_EVENT_MAX_LENGTH, &info->event, error)
      || !read_text (form, "category", WORD_MAX_LENGTH, &info->category, error)
      || !read_text (form, "language", WORD_MAX_LENGTH, &info->language, error)
      || !read_text (form, "headline", GC_CAP_HEADLINE_MAX_LENGTH, &info->headline, error)
      || !read_text (form, "description", GC_CAP_TEXT_MAX_LENGTH, &info->description, error)
      || !read_text (form, "instruction", GC_CAP_TEXT_MAX_LENGTH, &info->instruction, error))
    return FALSE;
  if (info->category == NULL)
    info->category = g_strdup (DEFAULT_CATEGORY);
  if (info->event != NULL)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“event” must say what happens");
  return FALSE;
}

static gboolean
read_circle (GcCapArea *area, JsonObject *object, GError **error)
{
  JsonObject *circle = gc_json_get_object (object, "circle", error);
  double longitude;
  double latitude;
  double radius_m;

  if (circle == NULL || !gc_json_get_double (circle, "lon", -180, 180, &longitude, error)
      || !gc_json_get_double (circle, "lat", -90, 90, &latitude, error)
      || !gc_json_get_double (circle, "radius_m", 1, RADIUS_MAX_M, &radius_m, error))
    return FALSE;
  gc_cap_area_add_circle (area, longitude, latitude, radius_m);
  return TRUE;
}

static gboolean
read_coordinate (JsonArray *pair, guint index, double limit, double *value)
{
  JsonNode *node = json_array_get_element (pair, index);
  GType type = JSON_NODE_HOLDS_VALUE (node) ? json_node_get_value_type (node) : G_TYPE_INVALID;

  if (type != G_TYPE_DOUBLE && type != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_double (node);
  return *value >= -limit && *value <= limit;
}

/* A ring, closed or not. */
static gboolean
read_polygon (GcCapArea *area, JsonObject *object, GError **error)
{
  JsonArray *ring = gc_json_get_array (object, "polygon", GC_CAP_POINTS_MAX - 1, error);
  GArray *polygon = gc_cap_area_add_polygon (area);
  const GcCapPoint *corners;
  GcCapPoint first;

  if (ring == NULL)
    return FALSE;
  for (guint i = 0; i < json_array_get_length (ring); i++)
    {
      JsonNode *node = json_array_get_element (ring, i);
      JsonArray *pair = JSON_NODE_HOLDS_ARRAY (node) ? json_node_get_array (node) : NULL;
      GcCapPoint corner;

      if (pair == NULL || json_array_get_length (pair) < 2
          || !read_coordinate (pair, 0, 180, &corner.longitude)
          || !read_coordinate (pair, 1, 90, &corner.latitude))
        {
          g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                               "“polygon” must hold pairs of longitude and latitude");
          return FALSE;
        }
      g_array_append_val (polygon, corner);
    }
  corners = (const GcCapPoint *) (gpointer) polygon->data;
  if (polygon->len >= CORNERS_MIN)
    first = corners[0];
  if (polygon->len >= CORNERS_MIN
      && (first.longitude != corners[polygon->len - 1].longitude
          || first.latitude != corners[polygon->len - 1].latitude))
    g_array_append_val (polygon, first);
  if (polygon->len > CORNERS_MIN)
    return TRUE;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“polygon” needs three corners");
  return FALSE;
}

/* CAP wants words for every area; where nobody wrote any, the coordinates have to do. */
static char *
describe (const GcCapArea *area)
{
  GcCapPoint point
      = area->circles->len > 0
            ? g_array_index (area->circles, GcCapCircle, 0).center
            : g_array_index ((GArray *) g_ptr_array_index (area->polygons, 0), GcCapPoint, 0);
  char latitude[G_ASCII_DTOSTR_BUF_SIZE];
  char longitude[G_ASCII_DTOSTR_BUF_SIZE];

  return g_strconcat (g_ascii_formatd (latitude, sizeof latitude, "%.5f", point.latitude), ", ",
                      g_ascii_formatd (longitude, sizeof longitude, "%.5f", point.longitude), NULL);
}

static gboolean
read_area (GcCapInfo *info, JsonObject *form, GError **error)
{
  JsonObject *object;
  GcCapArea *area;

  if (!gc_json_has (form, "area"))
    return TRUE;
  object = gc_json_get_object (form, "area", error);
  if (object == NULL)
    return FALSE;
  area = gc_cap_info_add_area (info);
  if (!read_text (object, "name", GC_CAP_AREA_MAX_LENGTH, &area->description, error)
      || (gc_json_has (object, "circle") && !read_circle (area, object, error))
      || (gc_json_has (object, "polygon") && !read_polygon (area, object, error)))
    return FALSE;
  if (area->circles->len == 0 && area->polygons->len == 0)
    {
      g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID,
                           "“area” needs a “circle” or a “polygon”");
      return FALSE;
    }
  if (area->description == NULL)
    area->description = describe (area);
  return TRUE;
}

static GcCap *
begin (GcCapType type, const GcAlertOffice *office)
{
  GcCap *cap = gc_cap_new ();

  cap->self.identifier = gc_id_new ();
  cap->self.sender = g_strdup (office->sender);
  cap->self.sent_ms = gc_clock_wall_ms () / MS_PER_S * MS_PER_S;
  cap->type = type;
  cap->scope = GC_CAP_SCOPE_RESTRICTED;
  cap->restriction = g_strdup (RESTRICTION);
  return cap;
}

/**
 * gc_alert_form_read:
 * @form: what the dispatcher says
 * @office: in whose name
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Returns: (transfer full) (nullable): the alert
 */
GcCap *
gc_alert_form_read (JsonObject *form, const GcAlertOffice *office, GError **error)
{
  g_autoptr (GcCap) cap = begin (GC_CAP_ALERT, office);
  GcCapInfo *info = gc_cap_add_info (cap);
  gboolean exercise = FALSE;

  info->sender_name = g_strdup (office->name);
  if (!read_kind (info, form, error) || !read_texts (info, form, error)
      || !gc_json_get_time (form, "expires", &info->expires_ms, error)
      || !read_area (info, form, error)
      || (gc_json_has (form, "exercise")
          && !gc_json_get_boolean (form, "exercise", &exercise, error)))
    return NULL;
  /* CAP has whole seconds: nothing shall end before its time. */
  info->expires_ms = (info->expires_ms + MS_PER_S - 1) / MS_PER_S * MS_PER_S;
  cap->status = exercise ? GC_CAP_EXERCISE : GC_CAP_ACTUAL;
  return g_steal_pointer (&cap);
}

/**
 * gc_alert_form_cancel:
 * @cap: an alert
 * @reason: (nullable): why
 * @office: in whose name
 *
 * Returns: (transfer full): what takes it back
 */
GcCap *
gc_alert_form_cancel (const GcCap *cap, const char *reason, const GcAlertOffice *office)
{
  GcCap *cancel = begin (GC_CAP_CANCEL, office);

  cancel->status = cap->status;
  if (reason != NULL && !is_blank (reason))
    cancel->note = g_strdup (reason);
  gc_cap_add_reference (cancel, &cap->self);
  return cancel;
}

static JsonArray *
print_point (const GcCapPoint *point)
{
  JsonArray *pair = json_array_sized_new (2);

  json_array_add_double_element (pair, point->longitude);
  json_array_add_double_element (pair, point->latitude);
  return pair;
}

static JsonObject *
print_area (const GcCapArea *area)
{
  JsonObject *object = json_object_new ();
  JsonArray *polygons = json_array_new ();
  JsonArray *circles = json_array_new ();

  gc_json_set_text (object, "name", area->description);
  for (guint i = 0; i < area->polygons->len; i++)
    {
      const GArray *polygon = g_ptr_array_index (area->polygons, i);
      JsonArray *ring = json_array_sized_new (polygon->len);

      for (guint k = 0; k < polygon->len; k++)
        json_array_add_array_element (ring, print_point (&g_array_index (polygon, GcCapPoint, k)));
      json_array_add_array_element (polygons, ring);
    }
  for (guint i = 0; i < area->circles->len; i++)
    {
      const GcCapCircle *circle = &g_array_index (area->circles, GcCapCircle, i);
      JsonObject *item = json_object_new ();

      json_object_set_double_member (item, "lon", circle->center.longitude);
      json_object_set_double_member (item, "lat", circle->center.latitude);
      json_object_set_double_member (item, "radius_m", circle->radius_m);
      json_array_add_object_element (circles, item);
    }
  json_object_set_array_member (object, "polygons", polygons);
  json_object_set_array_member (object, "circles", circles);
  return object;
}

/**
 * gc_alert_form_print:
 * @cap: an alert, or an update
 *
 * Returns: (transfer full): of ALERT of API.md what the message says
 */
JsonObject *
gc_alert_form_print (const GcCap *cap)
{
  JsonObject *object = json_object_new ();
  JsonArray *areas = json_array_new ();
  const GcCapInfo *info = g_ptr_array_index (cap->infos, 0);

  gc_json_set_text (object, "status", gc_cap_status_to_string (cap->status));
  gc_json_set_text (object, "type", gc_cap_type_to_string (cap->type));
  gc_json_set_text (object, "sender",
                    info->sender_name != NULL ? info->sender_name : cap->self.sender);
  gc_json_set_time (object, "sent_at", cap->self.sent_ms);
  gc_json_set_text (object, "category", info->category);
  gc_json_set_text (object, "event", info->event);
  gc_json_set_text (object, "urgency", gc_cap_urgency_to_string (info->urgency));
  gc_json_set_text (object, "severity", gc_cap_severity_to_string (info->severity));
  gc_json_set_text (object, "certainty", gc_cap_certainty_to_string (info->certainty));
  gc_json_set_text (object, "headline", info->headline);
  gc_json_set_text (object, "description", info->description);
  gc_json_set_text (object, "instruction", info->instruction);
  for (guint i = 0; i < info->areas->len; i++)
    json_array_add_object_element (areas, print_area (g_ptr_array_index (info->areas, i)));
  json_object_set_array_member (object, "areas", areas);
  return object;
}
