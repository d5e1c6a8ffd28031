/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-file-fetcher.h"

#include "base/gc-backoff.h"
#include "base/gc-error.h"
#include "http/gc-http.h"
#include "session/gc-task-item.h"
#include "store/gc-attachment.h"

/* Four times that is the most that a part may take: at least 1 kbit/s. */
#define TIMEOUT_S 30
/* What a bad network loses at most: less each time that a part does not arrive. */
#define PART_MIN_SIZE (16 * 1024)
#define PART_MAX_SIZE (256 * 1024)
#define RETRY_BASE_MS 2000
#define RETRY_CAP_MS 300000

struct _GcFileFetcher
{
  GObject parent_instance;

  GcStore *store;
  GListModel *tasks; /* of GcTaskItem */
  GcFileSender *sender;
  char *base_url;
  char *folder;
  SoupSession *http;
  GCancellable *cancellable; /* while online */
  GHashTable *wanted;        /* ids of files that the worker asked for */
  GHashTable *tried;         /* ids of files that were tried in vain; others come first */
  GHashTable *failed;        /* ids of files that cannot be had */
  char *current;             /* (nullable): id of the file that arrives */
  guint percent;             /* of it */
  gsize part_size;
  GcBackoff backoff;
  guint retry;
  gboolean metered;
};

enum
{
  SIGNAL_CHANGED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcFileFetcher, gc_file_fetcher, G_TYPE_OBJECT)

/* One file on its way. */
typedef struct
{
  GcFileFetcher *fetcher;
  GCancellable *cancellable;
  GcFileReference *file;
  char *folder;
  SoupMessage *message;
  gint64 offset; /* what is here */
  gsize asked;   /* of the part under way */
  gboolean resumed;
  GBytes *part;
  gboolean whole;
} Fetch;

static void
fetch_free (gpointer data)
{
  Fetch *fetch = data;

  g_object_unref (fetch->fetcher);
  g_object_unref (fetch->cancellable);
  gc_file_reference_free (fetch->file);
  g_clear_object (&fetch->message);
  g_clear_pointer (&fetch->part, g_bytes_unref);
  g_free (fetch->folder);
  g_free (fetch);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fetch, fetch_free)

static void
consider (GcFileFetcher *self);

static void
tell (GcFileFetcher *self, const char *id)
{
  g_signal_emit (self, signals[SIGNAL_CHANGED], 0, id);
}

/* --- what comes next --- */

static gboolean
may_go (GcFileFetcher *self)
{
  return self->cancellable != NULL && gc_store_get_unsent (self->store) == 0
         && (gc_store_get_undelivered (self->store) == 0
             || gc_file_sender_is_paused (self->sender));
}

static gboolean
is_cheap (GcFileFetcher *self, const GcFileReference *file)
{
  return !self->metered || file->size <= GC_FILE_FETCHER_SMALL;
}

static gboolean
comes_by_itself (GcFileFetcher *self, const GcTask *task, const GcFileReference *file)
{
  return !gc_task_state_is_final (task->state) && is_cheap (self, file);
}

typedef gboolean (*Choice) (GcFileFetcher *self, const GcTask *task, const GcFileReference *file);

static gboolean
is_wanted (GcFileFetcher *self, const GcTask *task, const GcFileReference *file)
{
  return g_hash_table_contains (self->wanted, file->id);
}

/* The first of the most urgent task that is not here. */
static GcFileReference *
find (GcFileFetcher *self, Choice fits)
{
  for (guint i = 0; i < g_list_model_get_n_items (self->tasks); i++)
    {
      g_autoptr (GcTaskItem) item = g_list_model_get_item (self->tasks, i);
      const GcTask *task = gc_task_item_get_task (item);

      for (guint n = 0; task->files != NULL && n < task->files->len; n++)
        {
          const GcFileReference *file = g_ptr_array_index (task->files, n);

          if (fits (self, task, file) && !g_hash_table_contains (self->failed, file->id)
              && !g_hash_table_contains (self->tried, file->id)
              && !gc_attachment_is_here (self->folder, file))
            return gc_file_reference_copy (file);
        }
    }
  return NULL;
}

/* What the worker waits for comes first; what was tried in vain, last. */
static GcFileReference *
choose (GcFileFetcher *self)
{
  GcFileReference *file = find (self, is_wanted);

  if (file == NULL)
    file = find (self, comes_by_itself);
  if (file == NULL && g_hash_table_size (self->tried) > 0)
    {
      g_hash_table_remove_all (self->tried);
      return choose (self);
    }
  return file;
}

static gboolean
on_retry (gpointer user_data)
{
  GcFileFetcher *self = user_data;

  self->retry = 0;
  consider (self);
  return G_SOURCE_REMOVE;
}

/* --- a file arrives --- */

static void
leave (Fetch *fetch)
{
  GcFileFetcher *self = fetch->fetcher;

  g_clear_pointer (&self->current, g_free);
  tell (self, fetch->file->id);
}

static gboolean
may_pass (const GError *error)
{
  return g_error_matches (error, GC_ERROR, GC_ERROR_UNREACHABLE)
         || g_error_matches (error, GC_ERROR, GC_ERROR_BUSY);
}

/* Whatever was wrong with this file, the next one may have more luck. */
static void
give_up (Fetch *fetch, const GError *error)
{
  GcFileFetcher *self = fetch->fetcher;
  char *id = g_strdup (fetch->file->id);

  if (g_cancellable_is_cancelled (fetch->cancellable))
    g_free (id);
  else if (may_pass (error))
    {
      self->part_size = MAX (self->part_size / 2, PART_MIN_SIZE);
      g_hash_table_add (self->tried, id);
      self->retry = g_timeout_add (gc_backoff_next_ms (&self->backoff), on_retry, self);
    }
  else
    {
      g_message ("A picture of a task cannot be had: %s", error->message);
      g_hash_table_remove (self->wanted, id);
      g_hash_table_add (self->failed, id);
    }
  leave (fetch);
  consider (self);
}

static void
ask_for_part (Fetch *fetch);

static void
on_kept (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Fetch) fetch = user_data;
  GcFileFetcher *self = fetch->fetcher;
  g_autoptr (GError) error = NULL;
  gboolean kept = g_task_propagate_boolean (G_TASK (result), &error);

  if (!kept && fetch->resumed && g_error_matches (error, GC_ERROR, GC_ERROR_INVALID))
    {
      /* What was here of it from before may be to blame, and is gone. */
      leave (fetch);
      consider (self);
      return;
    }
  if (!kept)
    {
      give_up (fetch, error);
      return;
    }
  gc_backoff_reset (&self->backoff);
  self->part_size = MIN (self->part_size * 2, PART_MAX_SIZE);
  fetch->offset += (gint64) g_bytes_get_size (fetch->part);
  self->percent = (guint) (fetch->offset * 100 / fetch->file->size);
  /* What has more right of way than this may have come meanwhile, or a network that costs money. */
  if (fetch->whole || fetch->cancellable != self->cancellable || !may_go (self)
      || !(is_cheap (self, fetch->file) || g_hash_table_contains (self->wanted, fetch->file->id)))
    {
      leave (fetch);
      consider (self);
      return;
    }
  tell (self, fetch->file->id);
  ask_for_part (g_steal_pointer (&fetch));
}

static void
keep_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Fetch *fetch = data;
  GError *error = NULL;

  if (gc_attachment_append (fetch->folder, fetch->file, fetch->offset, fetch->part, &fetch->whole,
                            &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

/* Of a server that knows no ranges, a file that fits into one part is taken as well. */
static gboolean
is_the_part (const Fetch *fetch)
{
  SoupMessageHeaders *headers = soup_message_get_response_headers (fetch->message);
  gsize length = g_bytes_get_size (fetch->part);
  goffset start;
  goffset end;

  if (soup_message_get_status (fetch->message) == SOUP_STATUS_OK)
    return fetch->offset == 0 && (gint64) length == fetch->file->size;
  return soup_message_get_status (fetch->message) == SOUP_STATUS_PARTIAL_CONTENT
         && soup_message_headers_get_content_range (headers, &start, &end, NULL)
         && start == fetch->offset && end - start + 1 == (goffset) length && length > 0
         && length <= fetch->asked;
}

static void
on_part (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Fetch) fetch = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) refusal = NULL;
  g_autoptr (GTask) task = NULL;

  g_clear_pointer (&fetch->part, g_bytes_unref);
  fetch->part = gc_http_send_finish (SOUP_SESSION (source), result, &error);
  if (error == NULL)
    refusal = gc_http_error_from_answer (fetch->message, fetch->part);
  if (error == NULL && refusal == NULL && !is_the_part (fetch))
    g_set_error_literal (&error, GC_ERROR, GC_ERROR_INVALID,
                         "the center sends another part than was asked for");
  if (error != NULL || refusal != NULL)
    {
      give_up (fetch, refusal != NULL ? refusal : error);
      return;
    }
  task = g_task_new (NULL, NULL, on_kept, fetch);
  g_task_set_task_data (task, g_steal_pointer (&fetch), NULL);
  g_task_run_in_thread (task, keep_in_thread);
}

/* Takes the fetch over. */
static void
ask_for_part (Fetch *fetch)
{
  GcFileFetcher *self = fetch->fetcher;
  g_autofree char *url = g_strconcat (self->base_url, "/files/", fetch->file->id, NULL);

  fetch->asked = (gsize) MIN (fetch->file->size - fetch->offset, (gint64) self->part_size);
  g_clear_object (&fetch->message);
  fetch->message = soup_message_new (SOUP_METHOD_GET, url);
  soup_message_headers_set_range (soup_message_get_request_headers (fetch->message), fetch->offset,
                                  fetch->offset + (goffset) fetch->asked - 1);
  gc_http_send_async (self->http, fetch->message, fetch->asked, fetch->cancellable, on_part, fetch);
}

static void
consider (GcFileFetcher *self)
{
  g_autoptr (GcFileReference) file = NULL;
  Fetch *fetch;

  if (self->current != NULL || self->retry != 0 || !may_go (self))
    return;
  file = choose (self);
  if (file == NULL)
    return;
  fetch = g_new0 (Fetch, 1);
  fetch->fetcher = g_object_ref (self);
  fetch->cancellable = g_object_ref (self->cancellable);
  fetch->folder = g_strdup (self->folder);
  fetch->offset = gc_attachment_measure_part (self->folder, file);
  fetch->resumed = fetch->offset > 0;
  fetch->file = g_steal_pointer (&file);
  self->current = g_strdup (fetch->file->id);
  self->percent = (guint) (fetch->offset * 100 / fetch->file->size);
  tell (self, self->current);
  ask_for_part (fetch);
}

/* --- the object --- */

static void
gc_file_fetcher_dispose (GObject *object)
{
  gc_file_fetcher_set_online (GC_FILE_FETCHER (object), FALSE);
  G_OBJECT_CLASS (gc_file_fetcher_parent_class)->dispose (object);
}

static void
gc_file_fetcher_finalize (GObject *object)
{
  GcFileFetcher *self = GC_FILE_FETCHER (object);

  g_clear_object (&self->store);
  g_clear_object (&self->tasks);
  g_clear_object (&self->sender);
  g_clear_object (&self->http);
  g_free (self->base_url);
  g_free (self->folder);
  g_free (self->current);
  g_hash_table_unref (self->wanted);
  g_hash_table_unref (self->tried);
  g_hash_table_unref (self->failed);
  G_OBJECT_CLASS (gc_file_fetcher_parent_class)->finalize (object);
}

static void
gc_file_fetcher_class_init (GcFileFetcherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = gc_file_fetcher_dispose;
  object_class->finalize = gc_file_fetcher_finalize;
  signals[SIGNAL_CHANGED]
      = g_signal_new ("changed", GC_TYPE_FILE_FETCHER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                      G_TYPE_NONE, 1, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
gc_file_fetcher_init (GcFileFetcher *self)
{
  self->wanted = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->tried = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->failed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->part_size = PART_MAX_SIZE / 2;
  self->backoff = (GcBackoff) { RETRY_BASE_MS, RETRY_CAP_MS, 0 };
  self->metered = TRUE;
}

/**
 * gc_file_fetcher_new:
 * @store: beside which the files are
 * @tasks: of #GcTaskItem, the most urgent first
 * @sender: what it delivers goes first
 * @base_url: of the center
 * @anchors: (nullable): what its certificate must chain to
 * @certificate: (nullable): the terminal's
 *
 * Main context.
 *
 * Returns: (transfer full): a fetcher that is not online, and takes the network for a metered one
 */
GcFileFetcher *
gc_file_fetcher_new (GcStore *store,
                     GListModel *tasks,
                     GcFileSender *sender,
                     const char *base_url,
                     GTlsDatabase *anchors,
                     GTlsCertificate *certificate)
{
  GcFileFetcher *self = g_object_new (GC_TYPE_FILE_FETCHER, NULL);

  self->store = g_object_ref (store);
  self->tasks = g_object_ref (tasks);
  self->sender = g_object_ref (sender);
  self->base_url = g_strdup (base_url);
  self->folder = gc_store_dup_attachments (store);
  self->http = gc_http_session_new (TIMEOUT_S, anchors, certificate);
  g_signal_connect_object (store, "notify::unsent", G_CALLBACK (consider), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (store, "notify::undelivered", G_CALLBACK (consider), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (sender, "paused", G_CALLBACK (consider), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (tasks, "items-changed", G_CALLBACK (consider), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * gc_file_fetcher_set_online:
 * @self: a fetcher
 * @online: whether the center answers; nothing is fetched else, as off duty
 *
 * What had failed is tried once more with each connection. Main context.
 */
void
gc_file_fetcher_set_online (GcFileFetcher *self, gboolean online)
{
  g_return_if_fail (GC_IS_FILE_FETCHER (self));

  if (online == (self->cancellable != NULL))
    return;
  g_clear_handle_id (&self->retry, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (!online)
    return;
  self->cancellable = g_cancellable_new ();
  g_hash_table_remove_all (self->failed);
  g_hash_table_remove_all (self->tried);
  gc_backoff_reset (&self->backoff);
  tell (self, NULL);
  consider (self);
}

/**
 * gc_file_fetcher_set_metered:
 * @self: a fetcher
 * @metered: whether the network costs money
 *
 * Main context.
 */
void
gc_file_fetcher_set_metered (GcFileFetcher *self, gboolean metered)
{
  g_return_if_fail (GC_IS_FILE_FETCHER (self));

  if (metered == self->metered)
    return;
  self->metered = metered;
  tell (self, NULL);
  consider (self);
}

/**
 * gc_file_fetcher_want:
 * @self: a fetcher
 * @id: of a file
 *
 * The worker wants to see it: it is the next, whatever it costs, and though it may have failed.
 * Main context.
 */
void
gc_file_fetcher_want (GcFileFetcher *self, const char *id)
{
  g_return_if_fail (GC_IS_FILE_FETCHER (self) && id != NULL);

  g_hash_table_add (self->wanted, g_strdup (id));
  g_hash_table_remove (self->failed, id);
  g_hash_table_remove (self->tried, id);
  g_clear_handle_id (&self->retry, g_source_remove);
  tell (self, id);
  consider (self);
}

/**
 * gc_file_fetcher_look:
 * @self: a fetcher
 * @task: a task
 * @file: one of its files
 * @percent: (out): how much of it has arrived, while it is loading
 *
 * Main context.
 *
 * Returns: where it is
 */
GcAttachmentState
gc_file_fetcher_look (GcFileFetcher *self,
                      const GcTask *task,
                      const GcFileReference *file,
                      guint *percent)
{
  g_return_val_if_fail (GC_IS_FILE_FETCHER (self), GC_ATTACHMENT_WAITING);

  *percent = 0;
  if (gc_attachment_is_here (self->folder, file))
    return GC_ATTACHMENT_HERE;
  if (g_strcmp0 (self->current, file->id) == 0)
    {
      *percent = self->percent;
      return GC_ATTACHMENT_LOADING;
    }
  if (g_hash_table_contains (self->failed, file->id))
    return GC_ATTACHMENT_FAILED;
  return is_wanted (self, task, file) || comes_by_itself (self, task, file)
             ? GC_ATTACHMENT_WAITING
             : GC_ATTACHMENT_ON_DEMAND;
}
