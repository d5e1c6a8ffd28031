/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "center/gc-task-query.h"

#include <libsoup/soup.h>
#include <stdint.h>

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *) data, size);
  g_autoptr (GHashTable) parameters = soup_form_decode (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (GcTaskQuery) query = gc_task_query_new (parameters, &error);

  g_assert ((query == NULL) == (error != NULL));
  return 0;
}
