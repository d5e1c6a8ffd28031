/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A task, with its files, and a fix: what is taken can be passed on. */
#include "protocol/gc-fix.h"
#include "protocol/gc-json.h"
#include "protocol/gc-task.h"

#include <stdint.h>
#include <string.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autoptr (JsonObject) object
      = gc_json_parse_object ((const char *) data, (gssize) size, 65536, NULL);
  g_autoptr (GcTask) task = object != NULL ? gc_task_from_json (object, NULL) : NULL;
  g_autoptr (JsonObject) printed = task != NULL ? gc_task_to_json (task) : NULL;
  g_autoptr (GcTask) again = printed != NULL ? gc_task_from_json (printed, NULL) : NULL;
  GcFix fix;

  g_assert_true ((task == NULL) == (again == NULL));
  if (object != NULL)
    gc_fix_from_json (object, &fix, NULL);
  return 0;
}
