/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Files on a disk that may fail at any moment. */

gboolean
gc_file_look (const char *path, gboolean *exists, GError **error);
gboolean
gc_file_save (const char *path, const char *text, GError **error);
gboolean
gc_file_add (const char *path, GBytes *content, GError **error);
gboolean
gc_file_write_at (int fd, gint64 offset, GBytes *content);

G_END_DECLS
