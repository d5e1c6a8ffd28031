/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "session/gc-thrift.h"

struct _GcThrift
{
  GObject parent_instance;

  GcRateLimits limits;
  GcPublisher *publisher; /* while there is one */
};

G_DEFINE_FINAL_TYPE (GcThrift, gc_thrift, G_TYPE_OBJECT)

static void
apply (GcThrift *self)
{
  if (self->publisher != NULL)
    gc_publisher_set_limits (self->publisher, &self->limits);
}

static void
gc_thrift_dispose (GObject *object)
{
  g_clear_object (&GC_THRIFT (object)->publisher);
  G_OBJECT_CLASS (gc_thrift_parent_class)->dispose (object);
}

static void
gc_thrift_class_init (GcThriftClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_thrift_dispose;
}

static void
gc_thrift_init (GcThrift *self)
{
  gc_rate_limits_init (&self->limits);
}

/**
 * gc_thrift_new:
 *
 * Main context.
 *
 * Returns: (transfer full): a thrift without limits
 */
GcThrift *
gc_thrift_new (void)
{
  return g_object_new (GC_TYPE_THRIFT, NULL);
}

/**
 * gc_thrift_set_limit:
 * @self: a thrift
 * @cost: of which uplinks
 * @kbps: most that a stream may take over them, kbit/s; see gc_rate_limits_set()
 *
 * Holds at once. Main context.
 */
void
gc_thrift_set_limit (GcThrift *self, GcUplinkCost cost, guint kbps)
{
  g_return_if_fail (GC_IS_THRIFT (self));

  gc_rate_limits_set (&self->limits, cost, kbps);
  apply (self);
}

/**
 * gc_thrift_follow:
 * @self: a thrift
 * @publisher: (nullable): what it holds back from now on
 *
 * Main context.
 */
void
gc_thrift_follow (GcThrift *self, GcPublisher *publisher)
{
  g_return_if_fail (GC_IS_THRIFT (self));

  g_set_object (&self->publisher, publisher);
  apply (self);
}
