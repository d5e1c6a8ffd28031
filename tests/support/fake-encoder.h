/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gst/gst.h>

void
fake_encoder_add (const char *factory, const char *type_name, const char *launch);

void
fake_encoder_take_over (void);

gboolean
fake_encoder_break (void);
