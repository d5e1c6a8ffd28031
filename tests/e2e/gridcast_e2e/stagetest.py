# SPDX-License-Identifier: GPL-3.0-or-later
"""What tests that start programs have in common."""

import os
import pathlib
import tempfile
import unittest

from .stage import Stage


class StageTest(unittest.TestCase):
    """One stage for each class, with its logs in the build folder; no program of it may crash."""

    logs_name = "stage-logs"

    @classmethod
    def setUpClass(cls):
        logs = pathlib.Path(os.environ.get("MESON_BUILD_ROOT", tempfile.gettempdir())) / cls.logs_name
        cls.stage = Stage("/", logs / cls.__name__)
        cls.enterClassContext(cls.stage)

    def tearDown(self):
        self.assertEqual(self.stage.crashed(), [])
