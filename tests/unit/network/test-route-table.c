/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Promises:
 *  - default routes of the main table are found, with interface and metric, and nothing else
 *  - an answer of the kernel that is cut off or damaged is read as far as it goes
 *  - the address from which a packet would go is the kernel's choice, and its interface is known;
 *    nonsense has none
 *  - paths are compared by all that they say, in their order
 */

#include "network/gc-route-table.h"

#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

/* One message as the kernel sends it. */
typedef struct
{
  guint16 type;
  guint8 table;
  guint8 kind;
  guint8 length; /* of the destination's prefix */
  guint index;   /* 0: the attribute is missing */
  guint metric;
} Message;

static void
append_attribute (GByteArray *data, guint16 type, guint value)
{
  const struct rtattr head = { .rta_len = RTA_LENGTH (sizeof value), .rta_type = type };

  g_byte_array_append (data, (const guint8 *) &head, sizeof head);
  g_byte_array_append (data, (const guint8 *) &value, sizeof value);
}

static void
append (GByteArray *data, const Message *message)
{
  guint start = data->len;
  struct nlmsghdr head = { .nlmsg_type = message->type };
  const struct rtmsg route = { .rtm_family = AF_INET,
                               .rtm_table = message->table,
                               .rtm_type = message->kind,
                               .rtm_dst_len = message->length };

  g_byte_array_append (data, (const guint8 *) &head, sizeof head);
  g_byte_array_append (data, (const guint8 *) &route, sizeof route);
  if (message->index != 0)
    append_attribute (data, RTA_OIF, message->index);
  append_attribute (data, RTA_PRIORITY, message->metric);
  head.nlmsg_len = data->len - start;
  memcpy (data->data + start, &head, sizeof head);
}

static const Message messages[] = {
  { RTM_NEWROUTE, RT_TABLE_MAIN, RTN_UNICAST, 0, 2, 600 },
  { RTM_NEWROUTE, RT_TABLE_MAIN, RTN_UNICAST, 24, 2, 600 },  /* no default route */
  { RTM_NEWROUTE, RT_TABLE_LOCAL, RTN_UNICAST, 0, 3, 1 },    /* of another table */
  { RTM_NEWROUTE, RT_TABLE_MAIN, RTN_UNREACHABLE, 0, 4, 1 }, /* leads nowhere */
  { RTM_NEWROUTE, RT_TABLE_MAIN, RTN_UNICAST, 0, 0, 1 },     /* over no interface */
  { RTM_NEWLINK, RT_TABLE_MAIN, RTN_UNICAST, 0, 5, 1 },      /* no route */
  { RTM_NEWROUTE, RT_TABLE_MAIN, RTN_UNICAST, 0, 7, 700 },
};

static GByteArray *
make_answer (void)
{
  GByteArray *data = g_byte_array_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (messages); i++)
    append (data, &messages[i]);
  return data;
}

static void
test_found (void)
{
  g_autoptr (GByteArray) data = make_answer ();
  g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (GcDefaultRoute));
  const Message done = { .type = NLMSG_DONE };

  g_assert_true (gc_route_table_parse (data->data, data->len, routes));
  g_assert_cmpuint (routes->len, ==, 2);
  g_assert_cmpuint (g_array_index (routes, GcDefaultRoute, 0).index, ==, 2);
  g_assert_cmpuint (g_array_index (routes, GcDefaultRoute, 0).metric, ==, 600);
  g_assert_cmpuint (g_array_index (routes, GcDefaultRoute, 1).index, ==, 7);
  g_assert_cmpuint (g_array_index (routes, GcDefaultRoute, 1).metric, ==, 700);
  append (data, &done);
  g_assert_false (gc_route_table_parse (data->data, data->len, routes));
  g_assert_false (gc_route_table_parse ("", 0, routes));
}

static void
test_cut_off (void)
{
  g_autoptr (GByteArray) data = make_answer ();

  for (guint length = 0; length < data->len; length++)
    {
      g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (GcDefaultRoute));
      /* A copy of just this size, so that a byte too many is noticed. */
      g_autofree gpointer copy = g_memdup2 (data->data, MAX (length, 1));

      gc_route_table_parse (copy, length, routes);
      g_assert_cmpuint (routes->len, <=, 2);
    }
}

static void
test_damaged (void)
{
  g_autoptr (GByteArray) data = make_answer ();

  for (guint at = 0; at < data->len; at++)
    {
      g_autoptr (GArray) routes = g_array_new (FALSE, FALSE, sizeof (GcDefaultRoute));
      g_autofree guint8 *copy = g_memdup2 (data->data, data->len);

      copy[at] ^= 0xff;
      gc_route_table_parse (copy, data->len, routes);
      for (guint i = 0; i < routes->len; i++)
        g_assert_cmpuint (g_array_index (routes, GcDefaultRoute, i).index, !=, 0);
    }
}

static void
test_source (void)
{
  g_autofree char *local = gc_route_table_find_source ("127.0.0.1");
  g_autofree char *interface = gc_route_table_find_interface ("127.0.0.1");

  g_assert_cmpstr (local, ==, "127.0.0.1");
  g_assert_cmpstr (interface, ==, "lo");
  g_assert_null (gc_route_table_find_interface ("192.0.2.77"));
  g_assert_null (gc_route_table_find_source ("nowhere"));
  g_assert_null (gc_route_table_find_source (""));
}

static void
test_compared (void)
{
  char *one[] = { (char *) "192.0.2.7", (char *) "2001:db8::7", NULL };
  char *two[] = { (char *) "192.0.2.8", NULL };
  const GcPath first = { (char *) "up0", one, 100, GC_UPLINK_WIFI, FALSE };
  const GcPath second = { (char *) "up1", two, 100, GC_UPLINK_WIFI, FALSE };
  const GcPath changes[] = {
    { (char *) "up9", one, 100, GC_UPLINK_WIFI, FALSE },
    { (char *) "up0", two, 100, GC_UPLINK_WIFI, FALSE },
    { (char *) "up0", one, 101, GC_UPLINK_WIFI, FALSE },
    { (char *) "up0", one, 100, GC_UPLINK_CELLULAR, FALSE },
    { (char *) "up0", one, 100, GC_UPLINK_WIFI, TRUE },
  };
  g_autoptr (GPtrArray) paths = gc_paths_new ();
  g_autoptr (GPtrArray) others = gc_paths_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (changes); i++)
    g_assert_false (gc_path_equal (&first, &changes[i]));
  g_ptr_array_add (paths, gc_path_copy (&first));
  g_ptr_array_add (paths, gc_path_copy (&second));
  g_ptr_array_add (others, gc_path_copy (&second));
  g_assert_false (gc_paths_equal (paths, others));
  g_ptr_array_add (others, gc_path_copy (&first));
  g_assert_false (gc_paths_equal (paths, others));
  g_ptr_array_remove_index (others, 0);
  g_ptr_array_add (others, gc_path_copy (&second));
  g_assert_true (gc_paths_equal (paths, others));
  g_assert_cmpstr (gc_paths_find (paths, "192.0.2.8")->interface, ==, "up1");
  g_assert_cmpstr (gc_paths_find (paths, "2001:db8::7")->interface, ==, "up0");
  g_assert_null (gc_paths_find (paths, "192.0.2.9"));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/route-table/default-routes-found", test_found);
  g_test_add_func ("/network/route-table/cut-off", test_cut_off);
  g_test_add_func ("/network/route-table/damaged", test_damaged);
  g_test_add_func ("/network/route-table/source-address", test_source);
  g_test_add_func ("/network/paths/compared", test_compared);
  return g_test_run ();
}
