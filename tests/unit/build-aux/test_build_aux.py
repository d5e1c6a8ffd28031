#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises of the scripts in build-aux/, on which the word "passed" rests:

- count-tests.py counts TAP lines, programs without TAP once, skips apart
- a program that crashed or timed out, and a suite without results, are failures
- nothing run is not a success
- check-layers.py finds an include that points upwards, and the toolkit outside app/
- check-docs.py finds a public function without a comment
"""

import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

BUILD_AUX = pathlib.Path(__file__).resolve().parents[3] / "build-aux"


def run(script, *arguments):
    return subprocess.run(
        [sys.executable, str(BUILD_AUX / script), *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )


class Folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


class CountTests(Folder):
    def count(self, *suites):
        result = run("count-tests.py", self.folder, *suites)
        return result.returncode, result.stdout.splitlines()

    def log(self, suite, *entries):
        lines = "".join(json.dumps(entry) + "\n" for entry in entries)
        self.write(f"any/meson-logs/{suite}.json", lines)

    def test_tap_lines_count_each(self):
        tap = "TAP version 14\n1..4\nok 1 /a\n# note\nok 2 /b\nok 3 /c # SKIP no bus\nok 4 /d\n"
        self.log("unit", {"name": "x", "result": "OK", "stdout": tap, "returncode": 0})
        self.assertEqual(self.count("unit"), (0, ["unit: 3 passed, 0 failed", "3 passed, 0 failed, 1 skipped"]))

    def test_program_without_tap_counts_once(self):
        self.log("fuzz", {"name": "x", "result": "OK", "stdout": "ok then", "returncode": 0})
        self.assertEqual(self.count("fuzz")[1][-1], "1 passed, 0 failed")

    def test_failed_line_is_named(self):
        tap = "1..2\nok 1 /a\nnot ok 2 /b - ERROR: boom\nBail out!\n"
        self.log("unit", {"name": "x", "result": "ERROR", "stdout": tap, "returncode": -6})
        status, lines = self.count("unit")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED x: /b - ERROR: boom", lines)

    def test_last_words_are_repeated(self):
        entry = {"name": "x", "result": "ERROR", "stdout": "1..2\nok 1 /a\n", "returncode": -5}
        self.log("unit", entry | {"stderr": "** ERROR **: waited in vain for the end\ncleaning up\n"})
        status, lines = self.count("unit")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertEqual(lines[1:3], ["FAILED x: ERROR (exit status -5)", "  ** ERROR **: waited in vain for the end"])

    def test_crash_after_good_lines_fails(self):
        self.log("unit", {"name": "x", "result": "ERROR", "stdout": "1..2\nok 1 /a\n", "returncode": -11})
        self.assertEqual(self.count("unit")[1][-1], "1 passed, 1 failed")

    def test_timeout_without_output_fails(self):
        self.log("e2e", {"name": "x", "result": "TIMEOUT", "returncode": -9})
        self.assertEqual(self.count("e2e")[1][-1], "0 passed, 1 failed")

    def test_suite_without_results_fails(self):
        self.log("unit", {"name": "x", "result": "OK", "returncode": 0})
        status, lines = self.count("unit", "e2e")
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))
        self.assertIn("FAILED e2e: left no results", lines)

    def test_empty_log_fails(self):
        self.log("unit")
        self.assertEqual(self.count("unit")[0], 1)

    def test_broken_log_fails(self):
        self.write("any/meson-logs/unit.json", '{"name": "x", "resu')
        self.assertEqual(self.count("unit")[1][-1], "0 passed, 1 failed")

    def test_only_skips_is_no_success(self):
        self.log("unit", {"name": "x", "result": "SKIP", "returncode": 77})
        self.assertEqual(self.count("unit"), (1, ["unit: 0 passed, 0 failed", "0 passed, 0 failed, 1 skipped"]))


class CheckLayers(Folder):
    def check(self, name, text):
        self.write("src/base/gc-a.h", "")
        self.write("src/app/gc-b.h", "")
        self.write("src/live/gc-c.h", "")
        self.write("src/camera/gc-d.h", "")
        self.write(name, text)
        return run("check-layers.py", self.folder)

    def test_downwards_is_fine(self):
        self.assertEqual(self.check("src/app/gc-b.c", '#include "live/gc-c.h"\n#include <gtk/gtk.h>\n').returncode, 0)

    def test_upwards_is_found(self):
        result = self.check("src/base/gc-a.c", '\n#include "app/gc-b.h"\n')
        self.assertEqual(result.returncode, 1)
        self.assertIn("src/base/gc-a.c:2:", result.stdout)

    def test_neighbours_are_found(self):
        self.assertEqual(self.check("src/live/gc-c.c", '#include "camera/gc-d.h"\n').returncode, 1)

    def test_toolkit_below_app_is_found(self):
        self.assertEqual(self.check("src/live/gc-c.c", "#include <gtk/gtk.h>\n").returncode, 1)

    def test_new_folder_needs_a_floor(self):
        self.assertEqual(self.check("src/news/gc-n.h", "").returncode, 1)


class CheckDocs(Folder):
    def test_comment_is_wanted(self):
        self.write(
            "src/base/gc-a.h",
            "typedef void (*GcFunc) (int a);\nstruct GcA { int (*call) (void); };\n"
            "int\ngc_a_told (int x,\n           int y) G_GNUC_PRINTF (1, 2);\nint gc_a_untold (void);\n"
            "GType gc_a_get_type (void);\n/* gc_a_gone (); */\n",
        )
        self.write("src/base/gc-a.c", "/**\n * gc_a_told:\n */\nint gc_a_told (int x, int y) {}\n")
        result = run("check-docs.py", self.folder)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stdout.splitlines(), ["src/base/gc-a.h: gc_a_untold has no comment in its .c"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
