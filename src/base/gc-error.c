/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/gc-error.h"

G_DEFINE_QUARK (gc - error - quark, gc_error)
