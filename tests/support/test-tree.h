/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Removes a file or folder that a test made, with all that is in it. */
void
test_remove_tree (const char *path);
