#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promise of meson.options: what can be left out can be left out, alone or together."""

import pathlib
import subprocess
import tempfile
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[3]


class Options(unittest.TestCase):
    def test_each_can_be_left_out(self):
        for options in (["-Dapp=false"], ["-Dcenter=false"], ["-Dapp=false", "-Dcenter=false"]):
            with self.subTest(options), tempfile.TemporaryDirectory() as build:
                result = subprocess.run(
                    ["meson", "setup", build, str(SOURCE), *options],
                    capture_output=True, text=True, check=False,
                )  # fmt: skip
                self.assertEqual(result.returncode, 0, result.stdout[-2000:])


if __name__ == "__main__":
    unittest.main()
