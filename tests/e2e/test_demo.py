#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of ./dev demo on a machine without a display:

- it walks through every step and ends by itself, with nothing left running
- summary.json says what happened, with at least what README and CONTRIBUTING.md build on
- the screenshots of phone and console are there
- it fails, and says where, when a step fails
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from gridcast_e2e import stage, tap

DEMO = pathlib.Path(__file__).with_name("demo.py")
STATES = ["sent", "delivered", "accepted", "en-route", "arrived", "done"]


def run_demo(prefix, output, **options):
    command = [sys.executable, DEMO, "--headless", "--prefix", prefix, "--output", output]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **options
    )


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        stage.leave_on_signals()
        # What the demo leaves behind would become ours.
        stage.adopt_orphans()
        cls.prefix = pathlib.Path(os.environ["GRIDCAST_PREFIX"])
        cls.output = pathlib.Path(os.environ.get("GRIDCAST_LOGS", "build/e2e")) / "demo"
        shutil.rmtree(cls.output, ignore_errors=True)
        cls.run_ = run_demo(cls.prefix, cls.output)
        cls.left = stage.children_of(os.getpid())
        stage.end_descendants()
        summary = cls.output / "summary.json"
        cls.summary = json.loads(summary.read_text(encoding="utf-8")) if summary.exists() else {}

    def test_every_step(self):
        """The demo walks through every step and ends by itself, with nothing left running"""
        self.assertEqual(self.run_.returncode, 0, self.run_.stdout)
        self.assertEqual(self.left, [])
        steps = [line for line in self.run_.stdout.splitlines() if line.rstrip().endswith(" s")]
        self.assertEqual(len(steps), len(self.summary["steps"]))
        for words in ("pairing code", "on duty", "moves on the map", "first frame", "sends a task", "done, with a note"):
            self.assertTrue(any(words in step["step"] for step in self.summary["steps"]), words)

    def test_summary(self):
        """summary.json says what happened"""
        self.assertTrue(self.summary["succeeded"])
        self.assertIs(self.summary["paired"], True)
        self.assertGreaterEqual(self.summary["frames_decoded"], 50)
        self.assertGreater(self.summary["first_frame_ms"], 0)
        self.assertGreaterEqual(self.summary["positions_received"], 3)
        self.assertEqual(self.summary["task_states"], STATES)
        self.assertGreater(self.summary["live"]["audioBytes"], 0)

    def test_screenshots(self):
        """The screenshots of phone and console are there"""
        names = self.summary["screenshots"]
        sizes = {}
        for name in names:
            command = ["identify", "-format", "%wx%h %k", self.output / name]
            size, colours = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
            sizes.setdefault("phone" if "phone" in name else "console", set()).add(size)
            self.assertGreater(int(colours), 20, f"{name} shows nothing")
        self.assertEqual(sizes, {"phone": {"360x720"}, "console": {"1440x900"}})

    def test_failing_step(self):
        """The demo fails, and says where, when a step fails"""
        with tempfile.TemporaryDirectory() as folder:
            run = run_demo(pathlib.Path(folder) / "nothing-here", pathlib.Path(folder) / "output", timeout=60)
            summary = json.loads((pathlib.Path(folder) / "output/summary.json").read_text(encoding="utf-8"))
        self.assertEqual(run.returncode, 1)
        self.assertIn("the center starts on an empty folder FAILED", " ".join(run.stdout.split()))
        self.assertEqual((summary["succeeded"], summary["paired"]), (False, False))


if __name__ == "__main__":
    tap.main()
