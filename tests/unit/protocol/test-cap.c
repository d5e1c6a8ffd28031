/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - an alert survives writing and reading; one that others wrote is understood, prefixes, CDATA
 *    and what we do not know included
 *  - what is not CAP 1.2, or is more than it may be, is refused with the element that does not fit
 *  - no entity is ever expanded
 *  - the reader gets what is said in his language, if it is
 *  - who is inside a circle or a polygon, or on its edge, is told from who is not, at the
 *    antimeridian too
 */

#include "base/gc-error.h"
#include "protocol/gc-cap.h"

#include <string.h>

#define XMLNS "xmlns=\"" GC_CAP_NAMESPACE "\""
#define HEAD                                                                                       \
  "<identifier>a-1</identifier><sender>office@example.org</sender>"                                \
  "<sent>2026-11-24T10:33:00+08:00</sent><status>Actual</status><msgType>Alert</msgType>"          \
  "<scope>Public</scope>"
#define KIND                                                                                       \
  "<category>Met</category><event>Flood</event><urgency>Immediate</urgency>"                       \
  "<severity>Severe</severity><certainty>Likely</certainty>"
#define SENT_MS G_GINT64_CONSTANT (1795487580000)

static GcCap *
parse (const char *text, GError **error)
{
  return gc_cap_parse (text, strlen (text), error);
}

static GcCap *
parse_good (const char *text)
{
  g_autoptr (GError) error = NULL;
  GcCap *cap = parse (text, &error);

  g_assert_no_error (error);
  g_assert_nonnull (cap);
  return cap;
}

static GcCap *
make (void)
{
  GcCap *cap = gc_cap_new ();
  GcCapReference old = { (char *) "office@example.org", (char *) "a-0", SENT_MS - 60000 };
  GcCapInfo *info = gc_cap_add_info (cap);
  GcCapArea *area = gc_cap_info_add_area (info);
  const GcCapPoint corners[] = { { 121, 28 }, { 122, 28 }, { 122, 29.5 }, { 121, 28 } };

  cap->self.sender = g_strdup ("office@example.org");
  cap->self.identifier = g_strdup ("a-1");
  cap->self.sent_ms = SENT_MS;
  cap->type = GC_CAP_UPDATE;
  cap->status = GC_CAP_EXERCISE;
  cap->scope = GC_CAP_SCOPE_RESTRICTED;
  cap->restriction = g_strdup ("grid workers");
  gc_cap_add_reference (cap, &old);
  info->language = g_strdup ("zh-CN");
  info->category = g_strdup ("Met");
  info->event = g_strdup ("洪水");
  info->urgency = GC_CAP_URGENCY_EXPECTED;
  info->severity = GC_CAP_SEVERITY_EXTREME;
  info->certainty = GC_CAP_CERTAINTY_POSSIBLE;
  info->expires_ms = SENT_MS + 3600000;
  info->headline = g_strdup ("水位 < 5 米 & \"上涨\"");
  info->instruction = g_strdup ("离开河岸");
  area->description = g_strdup ("灵江两岸");
  gc_cap_area_add_circle (area, 121.123456, 28.8, 2500);
  g_array_append_vals (gc_cap_area_add_polygon (area), corners, G_N_ELEMENTS (corners));
  return cap;
}

static void
test_round_trip (void)
{
  g_autoptr (GcCap) cap = make ();
  g_autofree char *text = gc_cap_print (cap);
  g_autoptr (GcCap) again = parse_good (text);
  g_autofree char *text_again = gc_cap_print (again);
  const GcCapInfo *info = g_ptr_array_index (again->infos, 0);
  const GcCapArea *area = g_ptr_array_index (info->areas, 0);
  const GcCapCircle *circle = &g_array_index (area->circles, GcCapCircle, 0);

  g_assert_cmpstr (text, ==, text_again);
  g_assert_true (gc_cap_is_same (&cap->self, &again->self));
  g_assert_cmpint (again->status, ==, GC_CAP_EXERCISE);
  g_assert_cmpint (again->type, ==, GC_CAP_UPDATE);
  g_assert_cmpuint (again->references->len, ==, 1);
  g_assert_true (gc_cap_is_same (g_ptr_array_index (cap->references, 0),
                                 g_ptr_array_index (again->references, 0)));
  g_assert_cmpstr (info->headline, ==, "水位 < 5 米 & \"上涨\"");
  g_assert_null (info->description);
  g_assert_cmpint (info->severity, ==, GC_CAP_SEVERITY_EXTREME);
  g_assert_cmpint (gc_cap_get_expires_ms (again), ==, SENT_MS + 3600000);
  g_assert_cmpfloat (circle->center.longitude, ==, 121.123456);
  g_assert_cmpfloat (circle->radius_m, ==, 2500);
  g_assert_cmpuint (((GArray *) g_ptr_array_index (area->polygons, 0))->len, ==, 4);
}

static void
test_foreign (void)
{
  g_autoptr (GcCap) cap = parse_good (
      "<?xml version='1.0' encoding='UTF-8'?><!-- from elsewhere -->\n"
      "<cap:alert xmlns:cap='" GC_CAP_NAMESPACE "' xmlns:x='urn:x'>"
      "<cap:identifier> a-1 </cap:identifier><cap:sender>s</cap:sender>"
      "<cap:sent>2026-11-24T10:33:00+08:00</cap:sent><cap:status>Actual</cap:status>"
      "<cap:msgType>Alert</cap:msgType><cap:scope>Public</cap:scope>"
      "<x:info><x:event>no</x:event></x:info><identifier>not ours</identifier>"
      "<cap:info><cap:category>Met</cap:category><cap:category>Safety</cap:category>"
      "<cap:event><![CDATA[Flood <now>]]></cap:event><cap:urgency>Immediate</cap:urgency>"
      "<cap:severity>Severe</cap:severity><cap:certainty>Likely</cap:certainty>"
      "<cap:headline></cap:headline><cap:parameter><cap:valueName>event</cap:valueName>"
      "<cap:value>1</cap:value></cap:parameter>"
      "<cap:area><cap:areaDesc>here</cap:areaDesc><cap:circle>28.8,121.1 2</cap:circle>"
      "<cap:geocode><cap:valueName>a</cap:valueName><cap:value>b</cap:value></cap:geocode>"
      "</cap:area></cap:info></cap:alert>");
  const GcCapInfo *info = g_ptr_array_index (cap->infos, 0);

  g_assert_cmpuint (cap->infos->len, ==, 1);
  g_assert_cmpstr (cap->self.identifier, ==, "a-1");
  g_assert_cmpint (cap->self.sent_ms, ==, SENT_MS);
  g_assert_cmpstr (info->event, ==, "Flood <now>");
  g_assert_cmpstr (info->category, ==, "Met");
  g_assert_null (info->headline);
  g_assert_true (gc_cap_info_has_geometry (info));
  g_assert_cmpint (gc_cap_get_expires_ms (cap), ==, SENT_MS + GC_CAP_LIFETIME_MS);
}

static void
test_refuses (void)
{
#define ALERT(inside) "<alert " XMLNS ">" inside "</alert>"
#define INFO(inside) ALERT (HEAD "<info>" KIND inside "</info>")
#define AREA(inside) INFO ("<area><areaDesc>x</areaDesc>" inside "</area>")
  static const struct
  {
    const char *text;
    const char *says;
  } CASES[] = {
    { "", "XML" },
    { "no", "XML" },
    { "<alert/>", "CAP 1.2" },
    { "<alert xmlns='urn:oasis:names:tc:emergency:cap:1.1'>" HEAD "</alert>", "CAP 1.2" },
    { "<alarm " XMLNS "/>", "<alarm>" },
    { "<!DOCTYPE alert>" INFO (""), "document type" },
    { "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>" INFO (""), "document type" },
    { INFO ("<headline>&x;</headline>"), "XML" },
    { INFO ("<headline>\001</headline>"), "control" },
    { INFO ("<headline>a</headline><headline>b</headline>"), "<headline> stands twice" },
    { INFO ("<headline>a<b/></headline>"), "<headline> holds more" },
    { INFO ("<expires>tomorrow</expires>"), "<expires>" },
    { INFO ("<expires>2026-11-24T10:33:00Z</expires>"), "<expires>" },
    { INFO ("<expires>1969-11-24T10:33:00+00:00</expires>"), "<expires>" },
    { INFO ("<area></area>"), "<areaDesc> is missing" },
    { INFO ("<area><areaDesc> </areaDesc></area>"), "<areaDesc> says nothing" },
    { AREA ("<circle>28,121</circle>"), "<circle>" },
    { AREA ("<circle>28,121 -1</circle>"), "<circle>" },
    { AREA ("<circle>28,121 nan</circle>"), "<circle>" },
    { AREA ("<circle>91,121 1</circle>"), "<circle>" },
    { AREA ("<polygon>28,121 28,122 29,122</polygon>"), "<polygon>" },
    { AREA ("<polygon>28,121 28,122 29,122 29,121</polygon>"), "<polygon>" },
    { AREA ("<polygon>28,121 28,181 29,122 28,121</polygon>"), "<polygon>" },
    { ALERT (HEAD), "<info> is missing" },
    { ALERT (HEAD "<info><event>x</event></info>"), "<category> is missing" },
    { ALERT ("<identifier>a b</identifier>"), "<identifier>" },
    { ALERT ("<identifier>a</identifier><info>" KIND "</info>"), "<sender> is missing" },
    { ALERT ("<status>Maybe</status>"), "<status>" },
    { ALERT ("<msgType>Ack</msgType>"), "<msgType>" },
    { ALERT ("<references>a,b</references>"), "<references>" },
    { ALERT ("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a/></a></a></a></a></a></a></a></a></a>"
             "</a></a></a></a></a></a>"),
      "nested" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (GcCap) cap = parse (CASES[i].text, &error);

      g_assert_null (cap);
      g_assert_nonnull (error);
      g_assert_true (error->domain == GC_ERROR);
      if (strstr (error->message, CASES[i].says) == NULL)
        g_error ("“%s” for %s", error->message, CASES[i].text);
    }
}

static void
test_cancel_needs_what_it_cancels (void)
{
  static const char *const TYPES[] = { "Update", "Cancel" };

  for (gsize i = 0; i < G_N_ELEMENTS (TYPES); i++)
    {
      g_autofree char *bare = g_strdup_printf (
          "<alert " XMLNS "><identifier>a-2</identifier><sender>s</sender>"
          "<sent>2026-11-24T10:33:00+08:00</sent><status>Actual</status><msgType>%s</msgType>"
          "<scope>Public</scope></alert>",
          TYPES[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (GcCap) cap = parse (bare, &error);

      g_assert_null (cap);
      g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
    }
}

static void
test_bounds (void)
{
  g_autofree char *spaces = g_strnfill (GC_CAP_MAX_LENGTH, ' ');
  g_autofree char *large = g_strconcat (INFO (""), spaces, NULL);
  g_autofree char *line = g_strnfill (GC_CAP_HEADLINE_MAX_LENGTH + 1, 'x');
  g_autofree char *headline = g_strconcat ("<headline>", line, "</headline>", NULL);
  g_autofree char *long_line
      = g_strconcat ("<alert " XMLNS ">" HEAD "<info>" KIND, headline, "</info></alert>", NULL);
  const char *const texts[] = { large, long_line };
  g_autoptr (GString) many = g_string_new ("<alert " XMLNS ">" HEAD);
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) large_error = NULL;

      g_assert_null (parse (texts[i], &large_error));
      g_assert_error (large_error, GC_ERROR, GC_ERROR_TOO_LARGE);
    }
  for (guint i = 0; i < 20; i++)
    g_string_append (many, "<info>" KIND "</info>");
  g_string_append (many, "</alert>");
  g_assert_null (parse (many->str, &error));
  g_assert_error (error, GC_ERROR, GC_ERROR_INVALID);
}

static void
test_languages (void)
{
  static const struct
  {
    const char *wanted[4];
    const char *event;
  } CASES[] = {
    { { "zh_CN.UTF-8", "zh", "C", NULL }, "中" },
    { { "zh_TW", "C", NULL }, "中" },
    { { "en_GB", "en", NULL }, "British" },
    { { "en_US.UTF-8", NULL }, "American" },
    { { "de", "en", NULL }, "American" },
    { { "C", NULL }, "American" },
    { { NULL }, "American" },
  };
  g_autoptr (GcCap) cap = gc_cap_new ();
  static const char *const INFOS[][2]
      = { { NULL, "American" }, { "en-GB", "British" }, { "zh-CN", "中" } };

  for (gsize i = 0; i < G_N_ELEMENTS (INFOS); i++)
    {
      GcCapInfo *info = gc_cap_add_info (cap);

      info->language = g_strdup (INFOS[i][0]);
      info->event = g_strdup (INFOS[i][1]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    g_assert_cmpstr (gc_cap_choose_info (cap, CASES[i].wanted)->event, ==, CASES[i].event);
}

static GcCap *
make_area (const char *shape)
{
  g_autofree char *text
      = g_strconcat ("<alert " XMLNS ">" HEAD "<info>" KIND "<area><areaDesc>x</areaDesc>", shape,
                     "</area></info></alert>", NULL);

  return parse_good (text);
}

static void
test_area (void)
{
#define SQUARE "<polygon>28,121 28,122 29,122 29,121 28,121</polygon>"
/* An “L”: the north-east quarter of the square is missing. */
#define HOOK "<polygon>28,121 28,122 28.5,122 28.5,121.5 29,121.5 29,121 28,121</polygon>"
#define PACIFIC "<polygon>-20,170 -20,-170 -10,-170 -10,170 -20,170</polygon>"
/* One degree of latitude is 111.195 km. */
#define CIRCLE "<circle>28,121 111.195</circle>"
  static const struct
  {
    const char *shape;
    double longitude;
    double latitude;
    double margin_m;
    gboolean inside;
  } CASES[] = {
    { "", 0, 0, 0, TRUE },
    { SQUARE, 121.5, 28.5, 0, TRUE },
    { SQUARE, 121, 28.5, 0, TRUE },
    { SQUARE, 121.5, 28, 0, TRUE },
    { SQUARE, 121, 28, 0, TRUE },
    { SQUARE, 122, 29, 0, TRUE },
    { SQUARE, 120.9999, 28.5, 0, FALSE },
    { SQUARE, 121.5, 27.9999, 0, FALSE },
    { SQUARE, 121.5, 29.0001, 0, FALSE },
    { SQUARE, 121.5, 29.0001, 12, TRUE },
    { SQUARE, 123, 28, 0, FALSE },
    { SQUARE, 120, 28, 0, FALSE },
    { SQUARE, -58.5, 28.5, 0, FALSE },
    { HOOK, 121.25, 28.75, 0, TRUE },
    { HOOK, 121.75, 28.25, 0, TRUE },
    { HOOK, 121.75, 28.75, 0, FALSE },
    { HOOK, 121.5, 28.75, 0, TRUE },
    { PACIFIC, 179, -15, 0, TRUE },
    { PACIFIC, -179, -15, 0, TRUE },
    { PACIFIC, 180, -15, 0, TRUE },
    { PACIFIC, 0, -15, 0, FALSE },
    { PACIFIC, 169, -15, 0, FALSE },
    { PACIFIC, -169, -15, 0, FALSE },
    { CIRCLE, 121, 28.9, 0, TRUE },
    { CIRCLE, 121, 28.999, 0, TRUE },
    { CIRCLE, 121, 29.001, 0, FALSE },
    { CIRCLE, 121, 29.001, 200, TRUE },
    /* At 28° a degree of longitude is 98.2 km. */
    { CIRCLE, 122.13, 28, 0, TRUE },
    { CIRCLE, 122.14, 28, 0, FALSE },
    { "<circle>28,180 50</circle>", -179.6, 28, 0, TRUE },
    { SQUARE CIRCLE, 121.9, 28.99, 0, TRUE },
    { SQUARE CIRCLE, 121, 27.1, 0, TRUE },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++)
    {
      g_autoptr (GcCap) cap = make_area (CASES[i].shape);
      const GcCapInfo *info = g_ptr_array_index (cap->infos, 0);

      if (gc_cap_info_concerns (info, CASES[i].longitude, CASES[i].latitude, CASES[i].margin_m)
          != CASES[i].inside)
        g_error ("%g, %g of %s", CASES[i].longitude, CASES[i].latitude, CASES[i].shape);
    }
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/cap/round-trip", test_round_trip);
  g_test_add_func ("/cap/foreign", test_foreign);
  g_test_add_func ("/cap/refuses", test_refuses);
  g_test_add_func ("/cap/cancel-needs-what-it-cancels", test_cancel_needs_what_it_cancels);
  g_test_add_func ("/cap/bounds", test_bounds);
  g_test_add_func ("/cap/languages", test_languages);
  g_test_add_func ("/cap/area", test_area);
  return g_test_run ();
}
