/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-file-answer.h"

#include "base/gc-error.h"
#include "center/gc-pieces.h"
#include "center/gc-reply.h"

#include <string.h>

#define PIECE_LENGTH (256 * 1024)

static const struct
{
  const char *type;
  const char *suffix;
  gboolean shown; /* else it is saved */
} TYPES[] = {
  { "image/jpeg", ".jpg", TRUE },
  { "image/png", ".png", TRUE },
  { "image/webp", ".webp", TRUE },
  { "application/pdf", ".pdf", FALSE },
};

typedef struct
{
  SoupServerMessage *message;
  GcFileStore *store;
  GcDatabase *database;
  GcFileLookup lookup;
  char *owner;
  char *id;

  GcTaskFile *file; /* once it is found */
  gboolean partial;
  gint64 start; /* of what is asked for */
  gint64 end;
  gint64 offset; /* of the next piece */
} Answer;

static void
answer_free (gpointer data)
{
  Answer *self = data;

  g_object_unref (self->message);
  gc_file_store_unref (self->store);
  g_object_unref (self->database);
  g_clear_pointer (&self->file, gc_task_file_free);
  g_free (self->owner);
  g_free (self->id);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Answer, answer_free)

/* --- headers --- */

static char *
print_etag (const GcFileReference *reference)
{
  return g_strdup_printf ("\"%.32s\"", reference->sha256);
}

/* RFC 6266: the name as people wrote it, and a plain one for who cannot read that. */
static void
set_disposition (SoupMessageHeaders *headers, const GcFileReference *reference)
{
  const char *suffix = "";
  const char *kind = "attachment";
  g_autofree char *escaped = NULL;
  g_autofree char *disposition = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (TYPES); i++)
    if (g_str_equal (TYPES[i].type, reference->media_type))
      {
        suffix = TYPES[i].suffix;
        kind = TYPES[i].shown ? "inline" : kind;
      }
  if (reference->name != NULL && reference->name[0] != '\0')
    escaped = g_uri_escape_string (reference->name, NULL, FALSE);
  disposition = escaped != NULL
                    ? g_strdup_printf ("%s; filename=\"%s%s\"; filename*=UTF-8''%s%s", kind,
                                       reference->id, suffix, escaped,
                                       g_str_has_suffix (reference->name, suffix) ? "" : suffix)
                    : g_strdup_printf ("%s; filename=\"%s%s\"", kind, reference->id, suffix);
  soup_message_headers_replace (headers, "Content-Disposition", disposition);
}

/* Whatever is in it, a browser takes it for what it was announced as, and runs nothing of it. Who
 * is logged in may keep it, but asks each time whether he still is. */
static void
set_headers (SoupMessageHeaders *headers, const GcFileReference *reference)
{
  g_autofree char *etag = print_etag (reference);

  soup_message_headers_replace (headers, "Content-Type", reference->media_type);
  soup_message_headers_replace (headers, "Content-Security-Policy", "default-src 'none'; sandbox");
  soup_message_headers_replace (headers, "Cache-Control", "private, no-cache");
  soup_message_headers_replace (headers, "Accept-Ranges", "bytes");
  soup_message_headers_replace (headers, "ETag", etag);
  set_disposition (headers, reference);
}

/* --- pieces --- */

static GBytes *
make_piece (gpointer data, gboolean *last, GError **error)
{
  Answer *self = data;
  gsize length = (gsize) MIN (PIECE_LENGTH, self->end - self->offset);
  GBytes *piece = gc_file_store_read (self->store, self->id, self->offset, length, error);

  self->offset += (gint64) length;
  *last = self->offset == self->end;
  return piece;
}

static void
begin (gpointer data, SoupServerMessage *message)
{
  Answer *self = data;
  const GcFileReference *reference = self->file->reference;
  SoupMessageHeaders *headers = soup_server_message_get_response_headers (message);

  set_headers (headers, reference);
  if (self->partial)
    soup_message_headers_set_content_range (headers, self->start, self->end - 1, reference->size);
  soup_message_headers_set_encoding (headers, SOUP_ENCODING_CONTENT_LENGTH);
  soup_message_headers_set_content_length (headers, self->end - self->start);
  soup_server_message_set_status (
      message, self->partial ? SOUP_STATUS_PARTIAL_CONTENT : SOUP_STATUS_OK, NULL);
}

static const GcPiecesSource CONTENT = { make_piece, begin, answer_free };

/* --- what is asked for --- */

static gpointer
find (GcDatabase *database, gpointer data, GError **error)
{
  Answer *self = data;

  self->file = self->lookup (database, self->owner, self->id, error);
  return NULL;
}

/* One range; anything else is answered with the whole (RFC 9110 section 14.2). */
static void
read_range (Answer *self, const char *etag)
{
  SoupMessageHeaders *headers = soup_server_message_get_request_headers (self->message);
  const char *condition = soup_message_headers_get_one (headers, "If-Range");
  SoupRange *ranges = NULL;
  int count = 0;

  self->end = self->file->reference->size;
  if ((condition != NULL && !g_str_equal (condition, etag))
      || !soup_message_headers_get_ranges (headers, self->end, &ranges, &count))
    return;
  if (count == 1)
    {
      self->partial = TRUE;
      self->start = self->offset = ranges[0].start;
      self->end = ranges[0].end + 1;
    }
  soup_message_headers_free_ranges (headers, ranges);
}

static gboolean
has_it_already (SoupServerMessage *message, const char *etag)
{
  const char *known = soup_message_headers_get_list (
      soup_server_message_get_request_headers (message), "If-None-Match");

  return known != NULL && strstr (known, etag) != NULL;
}

static void
on_found (GObject *source, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Answer) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *etag = NULL;

  gc_database_run_finish (GC_DATABASE (source), result, &error);
  if (error == NULL && !self->file->complete)
    g_set_error_literal (&error, GC_ERROR, GC_ERROR_NOT_FOUND, "The file has not arrived yet.");
  if (error != NULL)
    {
      gc_reply_error (self->message, error);
      soup_server_message_unpause (self->message);
      return;
    }
  etag = print_etag (self->file->reference);
  if (has_it_already (self->message, etag))
    {
      set_headers (soup_server_message_get_response_headers (self->message), self->file->reference);
      soup_server_message_set_status (self->message, SOUP_STATUS_NOT_MODIFIED, NULL);
      soup_server_message_unpause (self->message);
      return;
    }
  read_range (self, etag);
  gc_pieces_send (self->message, &CONTENT, self);
  g_steal_pointer (&self);
}

/**
 * gc_file_answer_start:
 * @message: a GET or HEAD
 * @store: where contents are
 * @database: the center's
 * @lookup: who finds it
 * @owner: for @lookup
 * @id: of a file, valid
 *
 * Answers with its content or a part of it, or a refusal.
 */
void
gc_file_answer_start (SoupServerMessage *message,
                      GcFileStore *store,
                      GcDatabase *database,
                      GcFileLookup lookup,
                      const char *owner,
                      const char *id)
{
  Answer *self = g_new0 (Answer, 1);

  self->message = g_object_ref (message);
  self->store = gc_file_store_ref (store);
  self->database = g_object_ref (database);
  self->lookup = lookup;
  self->owner = g_strdup (owner);
  self->id = g_strdup (id);
  soup_server_message_pause (message);
  gc_database_run_async (database, find, self, NULL, NULL, NULL, on_found, self);
}
