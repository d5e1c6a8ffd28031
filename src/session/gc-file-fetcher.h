/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "session/gc-file-sender.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * GcAttachmentState:
 * @GC_ATTACHMENT_WAITING: comes by itself as soon as there is a way
 * @GC_ATTACHMENT_LOADING: arrives
 * @GC_ATTACHMENT_HERE: all of it is here, and is what was announced
 * @GC_ATTACHMENT_ON_DEMAND: comes if the worker wants it: it is large and the network costs money,
 *   or its task has ended
 * @GC_ATTACHMENT_FAILED: could not be had; is tried again if the worker wants it, or with the next
 *   connection
 *
 * Where the content of something that is attached to a task is.
 */
typedef enum
{
  GC_ATTACHMENT_WAITING,
  GC_ATTACHMENT_LOADING,
  GC_ATTACHMENT_HERE,
  GC_ATTACHMENT_ON_DEMAND,
  GC_ATTACHMENT_FAILED,
} GcAttachmentState;

/* Fetches what is attached to tasks, so that it is here when the worker looks at it, without
 * network too: PROTOCOL.md, “Files”. One file at a time, in parts, which go on after any break;
 * after what the channel and the sender have to say. What belongs to open tasks comes by itself:
 * all of it where the network costs nothing, else what is small; the rest when the worker wants it.
 * Signal: changed
 * (const char *id) of a file, NULL for any of them. */
#define GC_TYPE_FILE_FETCHER (gc_file_fetcher_get_type ())
G_DECLARE_FINAL_TYPE (GcFileFetcher, gc_file_fetcher, GC, FILE_FETCHER, GObject)

/* Most that comes by itself where the network costs money, bytes. */
#define GC_FILE_FETCHER_SMALL 1000000

GcFileFetcher *
gc_file_fetcher_new (GcStore *store,
                     GListModel *tasks,
                     GcFileSender *sender,
                     const char *base_url,
                     GTlsDatabase *anchors,
                     GTlsCertificate *certificate);
void
gc_file_fetcher_set_online (GcFileFetcher *self, gboolean online);
void
gc_file_fetcher_set_metered (GcFileFetcher *self, gboolean metered);
void
gc_file_fetcher_want (GcFileFetcher *self, const char *id);
GcAttachmentState
gc_file_fetcher_look (GcFileFetcher *self,
                      const GcTask *task,
                      const GcFileReference *file,
                      guint *percent);

G_END_DECLS
