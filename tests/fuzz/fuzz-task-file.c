/* SPDX-License-Identifier: GPL-3.0-or-later */

/* The body of “task.file”: what is taken can be passed on. */
#include "protocol/gc-file-reference.h"
#include "protocol/gc-json.h"

#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonObject) body
      = gc_json_parse_object ((const char *) data, (gssize) size, 65536, NULL);
  const char *task;
  g_autoptr (GcFileReference) file = body != NULL ? gc_task_file_parse (body, &task, NULL) : NULL;
  g_autoptr (GcFileReference) again = NULL;
  g_autoptr (JsonObject) printed = NULL;

  if (file == NULL)
    return 0;
  printed = gc_task_file_print (task, file);
  again = gc_task_file_parse (printed, &task, NULL);
  g_assert_nonnull (again);
  return 0;
}
