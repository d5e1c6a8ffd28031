/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "gc-session"

#include "session/gc-file-sender.h"

#include "base/gc-backoff.h"
#include "base/gc-error.h"
#include "http/gc-http.h"

#define TIMEOUT_S 60
#define ANSWER_MAX_LENGTH 4096
/* What a bad network loses at most: less each time that a part does not arrive. */
#define PART_MIN_SIZE (16 * 1024)
#define PART_MAX_SIZE (128 * 1024)
#define RETRY_BASE_MS 2000
#define RETRY_CAP_MS 300000

struct _GcFileSender
{
  GObject parent_instance;

  GcStore *store;
  char *base_url;
  SoupSession *http;
  GCancellable *cancellable; /* while online */
  GHashTable *tried;         /* ids of files that were tried in vain; others come first */
  gsize part_size;
  GcBackoff backoff;
  guint retry;
  gboolean busy;
};

enum
{
  SIGNAL_PAUSED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GcFileSender, gc_file_sender, G_TYPE_OBJECT)

/* One file on its way. */
typedef struct
{
  GcFileSender *sender;
  GCancellable *cancellable;
  GcStoredFile *file;
  GBytes *content;
  SoupMessage *message;
  gint64 offset; /* what the center has */
} Delivery;

static void
delivery_free (Delivery *delivery)
{
  g_object_unref (delivery->sender);
  g_object_unref (delivery->cancellable);
  gc_stored_file_free (delivery->file);
  g_clear_pointer (&delivery->content, g_bytes_unref);
  g_clear_object (&delivery->message);
  g_free (delivery);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Delivery, delivery_free)

static void
consider (GcFileSender *self);

static gboolean
on_retry (gpointer user_data)
{
  GcFileSender *self = user_data;

  self->retry = 0;
  consider (self);
  return G_SOURCE_REMOVE;
}

/* Whatever was wrong with this file, the next one may have more luck. */
static void
put_off (Delivery *delivery, const GError *error)
{
  GcFileSender *self = delivery->sender;

  self->busy = FALSE;
  if (g_cancellable_is_cancelled (delivery->cancellable))
    {
      consider (self);
      return;
    }
  g_message ("A file is not delivered yet: %s", error->message);
  g_hash_table_add (self->tried, g_strdup (delivery->file->reference->id));
  self->retry = g_timeout_add (gc_backoff_next_ms (&self->backoff), on_retry, self);
  g_signal_emit (self, signals[SIGNAL_PAUSED], 0);
}

static void
on_noted (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Delivery) delivery = user_data;
  g_autoptr (GError) error = NULL;

  if (!gc_store_set_file_delivered_finish (GC_STORE (source), result, &error))
    {
      put_off (delivery, error);
      return;
    }
  delivery->sender->busy = FALSE;
  consider (delivery->sender);
}

static void
note_delivered (Delivery *delivery)
{
  gc_backoff_reset (&delivery->sender->backoff);
  gc_store_set_file_delivered_async (delivery->sender->store, delivery->file->reference->id, NULL,
                                     on_noted, delivery);
}

static void
make_request (Delivery *delivery, const char *method)
{
  g_autofree char *url
      = g_strconcat (delivery->sender->base_url, "/files/", delivery->file->reference->id, NULL);

  g_clear_object (&delivery->message);
  delivery->message = soup_message_new (method, url);
}

static void
send_request (Delivery *delivery, GAsyncReadyCallback callback)
{
  gc_http_send_async (delivery->sender->http, delivery->message, ANSWER_MAX_LENGTH,
                      delivery->cancellable, callback, delivery);
}

/* Returns: whether the answer says how much of it the center has */
static gboolean
read_offset (Delivery *delivery)
{
  const char *text = soup_message_headers_get_one (
      soup_message_get_response_headers (delivery->message), "Upload-Offset");
  guint64 offset;

  if (text == NULL
      || !g_ascii_string_to_unsigned (text, 10, 0, (guint64) delivery->file->reference->size,
                                      &offset, NULL))
    return FALSE;
  delivery->offset = (gint64) offset;
  return TRUE;
}

static void
send_part (Delivery *delivery);

static void
on_part (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Delivery) delivery = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);
  g_autoptr (GError) refusal
      = body != NULL ? gc_http_error_from_answer (delivery->message, body) : NULL;
  gint64 before = delivery->offset;

  if (body != NULL && refusal == NULL && (!read_offset (delivery) || delivery->offset <= before))
    g_set_error_literal (&error, GC_ERROR, GC_ERROR_INVALID,
                         "the center does not say that it has more of it");
  if (error != NULL || refusal != NULL)
    {
      delivery->sender->part_size = MAX (delivery->sender->part_size / 2, PART_MIN_SIZE);
      put_off (delivery, refusal != NULL ? refusal : error);
      return;
    }
  delivery->sender->part_size = MIN (delivery->sender->part_size * 2, PART_MAX_SIZE);
  gc_backoff_reset (&delivery->sender->backoff);
  send_part (g_steal_pointer (&delivery));
}

/* Takes the delivery over. */
static void
send_part (Delivery *delivery)
{
  gint64 left = delivery->file->reference->size - delivery->offset;
  gsize length = (gsize) MIN (left, (gint64) delivery->sender->part_size);
  g_autofree char *offset = g_strdup_printf ("%" G_GINT64_FORMAT, delivery->offset);
  g_autoptr (GBytes) part = NULL;
  SoupMessageHeaders *headers;

  if (left == 0)
    {
      note_delivered (delivery);
      return;
    }
  part = g_bytes_new_from_bytes (delivery->content, (gsize) delivery->offset, length);
  make_request (delivery, "PATCH");
  headers = soup_message_get_request_headers (delivery->message);
  soup_message_headers_replace (headers, "Upload-Offset", offset);
  soup_message_headers_replace (headers, "Upload-Complete", (gint64) length == left ? "?1" : "?0");
  soup_message_set_request_body_from_bytes (delivery->message, "application/partial-upload", part);
  send_request (delivery, on_part);
}

static void
on_head (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Delivery) delivery = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) body = gc_http_send_finish (SOUP_SESSION (source), result, &error);
  g_autoptr (GError) refusal
      = body != NULL ? gc_http_error_from_answer (delivery->message, body) : NULL;

  if (body != NULL && refusal == NULL && !read_offset (delivery))
    g_set_error_literal (&error, GC_ERROR, GC_ERROR_INVALID,
                         "the center does not say how much of it it has");
  if (error != NULL || refusal != NULL)
    put_off (delivery, refusal != NULL ? refusal : error);
  else
    send_part (g_steal_pointer (&delivery));
}

static void
on_loaded (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Delivery) delivery = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *hash = NULL;

  delivery->content = g_file_load_bytes_finish (G_FILE (source), result, NULL, &error);
  if (delivery->content != NULL)
    hash = g_compute_checksum_for_bytes (G_CHECKSUM_SHA256, delivery->content);
  if (error == NULL && g_strcmp0 (hash, delivery->file->reference->sha256) != 0)
    g_set_error (&error, GC_ERROR, GC_ERROR_STORAGE, "%s is not what was saved",
                 delivery->file->path);
  if (error != NULL)
    {
      put_off (delivery, error);
      return;
    }
  make_request (delivery, SOUP_METHOD_HEAD);
  send_request (g_steal_pointer (&delivery), on_head);
}

static void
deliver (GcFileSender *self, const GcStoredFile *file)
{
  g_autoptr (GFile) content = g_file_new_for_path (file->path);
  Delivery *delivery = g_new0 (Delivery, 1);

  self->busy = TRUE;
  delivery->sender = g_object_ref (self);
  delivery->cancellable = g_object_ref (self->cancellable);
  delivery->file = gc_stored_file_copy (file);
  g_file_load_bytes_async (content, delivery->cancellable, on_loaded, delivery);
}

/* The oldest that was not tried in vain; when all were, the oldest again. */
static const GcStoredFile *
choose (GcFileSender *self, GPtrArray *files)
{
  for (guint i = 0; i < files->len; i++)
    {
      const GcStoredFile *file = g_ptr_array_index (files, i);

      if (!g_hash_table_contains (self->tried, file->reference->id))
        return file;
    }
  g_hash_table_remove_all (self->tried);
  return files->len > 0 ? g_ptr_array_index (files, 0) : NULL;
}

static void
on_listed (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GcFileSender) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) files = gc_store_list_files_finish (GC_STORE (source), result, &error);
  const GcStoredFile *file = files != NULL ? choose (self, files) : NULL;

  self->busy = FALSE;
  if (error != NULL)
    g_message ("Files are not delivered: %s", error->message);
  if (file != NULL && self->cancellable != NULL)
    deliver (self, file);
}

/* What is small, and may matter more, goes first. */
static void
consider (GcFileSender *self)
{
  if (self->cancellable == NULL || self->busy || self->retry != 0
      || gc_store_get_unsent (self->store) > 0 || gc_store_get_undelivered (self->store) == 0)
    return;
  self->busy = TRUE;
  gc_store_list_files_async (self->store, NULL, NULL, on_listed, g_object_ref (self));
}

static void
gc_file_sender_dispose (GObject *object)
{
  GcFileSender *self = GC_FILE_SENDER (object);

  gc_file_sender_set_online (self, FALSE);
  G_OBJECT_CLASS (gc_file_sender_parent_class)->dispose (object);
}

static void
gc_file_sender_finalize (GObject *object)
{
  GcFileSender *self = GC_FILE_SENDER (object);

  g_clear_object (&self->store);
  g_clear_object (&self->http);
  g_free (self->base_url);
  g_hash_table_unref (self->tried);
  G_OBJECT_CLASS (gc_file_sender_parent_class)->finalize (object);
}

static void
gc_file_sender_class_init (GcFileSenderClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = gc_file_sender_dispose;
  G_OBJECT_CLASS (klass)->finalize = gc_file_sender_finalize;
  signals[SIGNAL_PAUSED] = g_signal_new ("paused", GC_TYPE_FILE_SENDER, G_SIGNAL_RUN_LAST, 0, NULL,
                                         NULL, NULL, G_TYPE_NONE, 0);
}

static void
gc_file_sender_init (GcFileSender *self)
{
  self->tried = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->part_size = PART_MAX_SIZE;
  self->backoff = (GcBackoff) { RETRY_BASE_MS, RETRY_CAP_MS, 0 };
}

/**
 * gc_file_sender_new:
 * @store: whose files
 * @base_url: of the center
 * @anchors: (nullable): what its certificate must chain to
 * @certificate: (nullable): the terminal's
 *
 * Main context.
 *
 * Returns: (transfer full): a sender that is not online
 */
GcFileSender *
gc_file_sender_new (GcStore *store,
                    const char *base_url,
                    GTlsDatabase *anchors,
                    GTlsCertificate *certificate)
{
  GcFileSender *self = g_object_new (GC_TYPE_FILE_SENDER, NULL);

  self->store = g_object_ref (store);
  self->base_url = g_strdup (base_url);
  self->http = gc_http_session_new (TIMEOUT_S, anchors, certificate);
  g_signal_connect_object (store, "notify::unsent", G_CALLBACK (consider), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (store, "notify::undelivered", G_CALLBACK (consider), self,
                           G_CONNECT_SWAPPED);
  return self;
}

/**
 * gc_file_sender_set_online:
 * @self: a sender
 * @online: whether the center answers; nothing is sent else, as off duty
 *
 * Main context.
 */
void
gc_file_sender_set_online (GcFileSender *self, gboolean online)
{
  g_return_if_fail (GC_IS_FILE_SENDER (self));

  if (online == (self->cancellable != NULL))
    return;
  g_clear_handle_id (&self->retry, g_source_remove);
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  if (!online)
    return;
  self->cancellable = g_cancellable_new ();
  gc_backoff_reset (&self->backoff);
  consider (self);
}

/**
 * gc_file_sender_is_paused:
 * @self: a sender
 *
 * Main context.
 *
 * Returns: whether it waits after something has gone wrong, so that others may use the network
 */
gboolean
gc_file_sender_is_paused (GcFileSender *self)
{
  g_return_val_if_fail (GC_IS_FILE_SENDER (self), FALSE);

  return self->retry != 0;
}
