/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "protocol/gc-file-reference.h"

#include "base/gc-clock.h"
#include "base/gc-error.h"
#include "protocol/gc-json.h"

#include <string.h>

#define NAME_MAX_LENGTH 120
#define TYPE_MAX_LENGTH 32
#define HASH_LENGTH 64

static const char *const MEDIA_TYPES[]
    = { "image/jpeg", "image/png", "image/webp", "application/pdf", NULL };

G_DEFINE_BOXED_TYPE (GcFileReference,
                     gc_file_reference,
                     gc_file_reference_copy,
                     gc_file_reference_free)

/**
 * gc_file_reference_copy:
 * @file: a reference
 *
 * Any thread.
 *
 * Returns: (transfer full): a copy
 */
GcFileReference *
gc_file_reference_copy (const GcFileReference *file)
{
  GcFileReference *copy = g_memdup2 (file, sizeof *file);

  copy->id = g_strdup (file->id);
  copy->sha256 = g_strdup (file->sha256);
  copy->media_type = g_strdup (file->media_type);
  copy->name = g_strdup (file->name);
  copy->fix = file->fix != NULL ? gc_fix_copy (file->fix) : NULL;
  return copy;
}

/**
 * gc_file_reference_free:
 * @file: (transfer full): a reference
 *
 * Any thread.
 */
void
gc_file_reference_free (GcFileReference *file)
{
  g_free (file->id);
  g_free (file->sha256);
  g_free (file->media_type);
  g_free (file->name);
  g_clear_pointer (&file->fix, gc_fix_free);
  g_free (file);
}

/**
 * gc_file_reference_allows_type:
 * @media_type: (nullable): of a file
 *
 * Any thread.
 *
 * Returns: whether it may be sent
 */
gboolean
gc_file_reference_allows_type (const char *media_type)
{
  return media_type != NULL && g_strv_contains (MEDIA_TYPES, media_type);
}

/**
 * gc_file_reference_fits:
 * @file: a reference
 * @head: the beginning of its content
 * @length: how much that is: %GC_FILE_HEAD_LENGTH bytes, or all if there are fewer
 *
 * Compares what the content begins with to what the media type says of it (WHATWG MIME Sniffing,
 * sections 6.1 and 7.1): a name proves nothing. Any thread.
 *
 * Returns: whether it may be what it is said to be
 */
gboolean
gc_file_reference_fits (const GcFileReference *file, const guint8 *head, gsize length)
{
  static const struct
  {
    const char *type;
    gsize at;
    gsize length;
    const char *bytes;
  } MARKS[] = {
    { "image/jpeg", 0, 3, "\xff\xd8\xff" }, { "image/png", 0, 8, "\x89PNG\r\n\x1a\n" },
    { "image/webp", 0, 4, "RIFF" },         { "image/webp", 8, 4, "WEBP" },
    { "application/pdf", 0, 5, "%PDF-" },
  };
  gboolean fits = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (MARKS); i++)
    if (g_str_equal (MARKS[i].type, file->media_type))
      {
        fits = length >= MARKS[i].at + MARKS[i].length
               && memcmp (head + MARKS[i].at, MARKS[i].bytes, MARKS[i].length) == 0;
        if (!fits)
          break;
      }
  return fits;
}

/**
 * gc_file_reference_print:
 * @file: a reference
 *
 * Any thread.
 *
 * Returns: (transfer full): FILE, as PROTOCOL.md has it
 */
JsonObject *
gc_file_reference_print (const GcFileReference *file)
{
  JsonObject *object = json_object_new ();
  g_autofree char *at = NULL;

  json_object_set_string_member (object, "id", file->id);
  json_object_set_string_member (object, "sha256", file->sha256);
  json_object_set_int_member (object, "size", file->size);
  json_object_set_string_member (object, "media_type", file->media_type);
  if (file->name != NULL)
    json_object_set_string_member (object, "name", file->name);
  if (file->taken_ms > 0)
    {
      at = gc_clock_format (file->taken_ms);
      json_object_set_string_member (object, "at", at);
    }
  if (file->fix != NULL)
    json_object_set_object_member (object, "position", gc_fix_to_json (file->fix));
  return object;
}

static const char *
get_hash (JsonObject *object, GError **error)
{
  const char *hash = gc_json_get_string (object, "sha256", HASH_LENGTH, error);

  if (hash == NULL
      || (strlen (hash) == HASH_LENGTH && strspn (hash, "0123456789abcdef") == HASH_LENGTH))
    return hash;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“sha256” is no hash");
  return NULL;
}

static const char *
get_media_type (JsonObject *object, GError **error)
{
  const char *type = gc_json_get_string (object, "media_type", TYPE_MAX_LENGTH, error);

  if (type == NULL || gc_file_reference_allows_type (type))
    return type;
  g_set_error_literal (error, GC_ERROR, GC_ERROR_INVALID, "“media_type” is none that may be sent");
  return NULL;
}

static gboolean
read_where_and_when (JsonObject *object, GcFileReference *file, GError **error)
{
  JsonObject *position;
  GcFix fix;

  if (gc_json_has (object, "at") && !gc_json_get_time (object, "at", &file->taken_ms, error))
    return FALSE;
  if (!gc_json_has (object, "position"))
    return TRUE;
  position = gc_json_get_object (object, "position", error);
  if (position == NULL || !gc_fix_from_json (position, &fix, error))
    return FALSE;
  file->fix = gc_fix_copy (&fix);
  return TRUE;
}

/**
 * gc_file_reference_parse:
 * @object: FILE
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the reference
 */
GcFileReference *
gc_file_reference_parse (JsonObject *object, GError **error)
{
  g_autoptr (GcFileReference) file = g_new0 (GcFileReference, 1);
  const char *name = NULL;

  file->id = g_strdup (gc_json_get_id (object, "id", error));
  if (file->id == NULL)
    return NULL;
  file->sha256 = g_strdup (get_hash (object, error));
  if (file->sha256 == NULL
      || !gc_json_get_int (object, "size", 1, GC_FILE_MAX_SIZE, &file->size, error))
    return NULL;
  file->media_type = g_strdup (get_media_type (object, error));
  if (file->media_type == NULL
      || !gc_json_get_optional_string (object, "name", NAME_MAX_LENGTH, &name, error)
      || !read_where_and_when (object, file, error))
    return NULL;
  file->name = g_strdup (name);
  return g_steal_pointer (&file);
}

/**
 * gc_task_file_print:
 * @task_id: of the task that it belongs to
 * @file: a reference
 *
 * Any thread.
 *
 * Returns: (transfer full): the body of “task.file”
 */
JsonObject *
gc_task_file_print (const char *task_id, const GcFileReference *file)
{
  JsonObject *body = json_object_new ();

  json_object_set_string_member (body, "task", task_id);
  json_object_set_object_member (body, "file", gc_file_reference_print (file));
  return body;
}

/**
 * gc_task_file_parse:
 * @body: of “task.file”
 * @task_id: (out) (transfer none): of the task that it belongs to; lives as long as @body
 * @error: %GC_ERROR_INVALID, %GC_ERROR_TOO_LARGE
 *
 * Any thread.
 *
 * Returns: (transfer full) (nullable): the reference
 */
GcFileReference *
gc_task_file_parse (JsonObject *body, const char **task_id, GError **error)
{
  JsonObject *file;

  *task_id = gc_json_get_id (body, "task", error);
  if (*task_id == NULL)
    return NULL;
  file = gc_json_get_object (body, "file", error);
  return file != NULL ? gc_file_reference_parse (file, error) : NULL;
}
