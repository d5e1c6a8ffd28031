/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "rtc/gc-crossing.h"

struct _GcCrossing
{
  GWeakRef target;
  GMainContext *context;
};

typedef struct
{
  GcCrossing *crossing;
  GcCrossingFunc func;
  gpointer data;
  GDestroyNotify data_free;
} Call;

static gboolean
on_arrival (gpointer user_data)
{
  Call *call = user_data;
  g_autoptr (GObject) target = g_weak_ref_get (&call->crossing->target);

  if (target != NULL)
    call->func (target, call->data);
  return G_SOURCE_REMOVE;
}

static void
call_free (gpointer user_data)
{
  Call *call = user_data;

  if (call->data_free != NULL)
    call->data_free (call->data);
  gc_crossing_unref (call->crossing);
  g_free (call);
}

static void
crossing_clear (gpointer data)
{
  GcCrossing *self = data;

  g_weak_ref_clear (&self->target);
  g_main_context_unref (self->context);
}

/**
 * gc_crossing_new:
 * @target: (type GObject.Object) (transfer none): who is called, held weakly
 *
 * The calls arrive in the main context that is the calling thread's default.
 *
 * Returns: (transfer full): the way to @target
 */
GcCrossing *
gc_crossing_new (gpointer target)
{
  GcCrossing *self = g_atomic_rc_box_new0 (GcCrossing);

  g_weak_ref_init (&self->target, target);
  self->context = g_main_context_ref_thread_default ();
  return self;
}

/**
 * gc_crossing_ref:
 * @self: a crossing
 *
 * Any thread.
 *
 * Returns: (transfer full): @self
 */
GcCrossing *
gc_crossing_ref (GcCrossing *self)
{
  return g_atomic_rc_box_acquire (self);
}

/**
 * gc_crossing_unref:
 * @self: (transfer full): a crossing
 *
 * Any thread.
 */
void
gc_crossing_unref (GcCrossing *self)
{
  g_atomic_rc_box_release_full (self, crossing_clear);
}

/**
 * gc_crossing_unref_closure:
 * @self: (transfer full): a crossing
 * @closure: unused
 *
 * gc_crossing_unref() for g_signal_connect_data().
 */
void
gc_crossing_unref_closure (gpointer self, GClosure *closure)
{
  gc_crossing_unref (self);
}

/**
 * gc_crossing_call:
 * @self: a crossing
 * @func: called on the main context, unless the target is gone
 * @data: (transfer full): for @func
 * @data_free: (nullable): frees @data, on any thread
 *
 * Calls keep their order. Any thread.
 */
void
gc_crossing_call (GcCrossing *self, GcCrossingFunc func, gpointer data, GDestroyNotify data_free)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Call *call = g_new0 (Call, 1);

  call->crossing = gc_crossing_ref (self);
  call->func = func;
  call->data = data;
  call->data_free = data_free;
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_arrival, call, call_free);
  g_source_attach (source, self->context);
}
