# SPDX-License-Identifier: GPL-3.0-or-later
"""Which browser the tests use: the one that they name, what GRIDCAST_BROWSER says, or Chromium."""

import os

from .chromium import Chromium
from .firefox import Firefox

KINDS = {"chromium": Chromium, "firefox": Firefox}


def open_browser(stage, center, kind=None, **options):
    return KINDS[kind or os.environ.get("GRIDCAST_BROWSER", "chromium")](stage, center, **options)
