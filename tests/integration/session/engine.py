# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal's engine as a test case's fixture: session-driver, told what a worker decides."""

import os
import pathlib
import re
import subprocess

from gridcast_e2e import wait
from gridcast_e2e.stagetest import StageTest

DRIVER = os.environ["SESSION_DRIVER"]
TRACK = pathlib.Path(__file__).resolve().parents[3] / "data/demo/walk.nmea"


class Engine:
    """One handset, whose data stay when it is killed and started again."""

    def __init__(self, stage, name, nmea=None, options=()):
        self.stage = stage
        self.name = name
        self.data = stage.make_folder(name) / "data"
        self.nmea = nmea
        self.options = options
        self.program = None
        self.start()

    def launch(self):
        command = [DRIVER, *self.options, self.data] + ([self.nmea] if self.nmea else [])
        # No key ring: credentials go to a file.
        environment = {"DBUS_SESSION_BUS_ADDRESS": "disabled:"}
        self.program = self.stage.start(self.name, command, environment, stdin=subprocess.PIPE)

    def start(self):
        self.launch()
        # GStreamer may have to look at all its plugins first.
        self.see("open done", seconds=60)

    def tell(self, *words):
        self.program.popen.stdin.write(("\t".join(words) + "\n").encode())
        self.program.popen.stdin.flush()

    def see(self, pattern, times=1, seconds=20):
        """Waits until a line that matches has come so many times; returns the last match."""

        def look():
            found = list(re.finditer(rf"^{pattern}$", self.program.log(), re.MULTILINE))
            if len(found) < times and not self.program.running:
                raise RuntimeError(f"the engine ended with {self.program.popen.returncode}:\n{self.program.tail()}")
            return found[times - 1] if len(found) >= times else None

        return wait.until(look, lambda: f"“{pattern}”; it said:\n{self.program.tail()}", seconds)

    def see_now(self, name, value, seconds=20):
        """Waits until the property has the value."""
        wait.until(
            lambda: self.last(name) == value,
            lambda: f"{name} {value}; it said:\n{self.program.tail()}",
            seconds,
        )

    def last(self, name):
        found = re.findall(rf"^{name} (.*)$", self.program.log(), re.MULTILINE)
        return found[-1] if found else None

    def pair(self, code):
        self.tell("pair", code)
        self.see("pair done")

    def go_on_duty(self):
        self.tell("duty", "on")
        self.see_now("link", "online")

    def kill(self):
        """What a flat battery does."""
        self.program.kill()

    def restart(self):
        self.kill()
        self.start()

    def stop(self):
        """Ends it as its window does; its exit status."""
        self.program.popen.stdin.close()
        return self.program.popen.wait(20)


class EngineTest(StageTest):
    """Each test has engines of its own."""

    logs_name = "session-logs"

    def start_engine(self, name="engine", **options):
        engine = Engine(self.stage, f"{self._testMethodName}-{name}", **options)
        self.addCleanup(engine.program.stop)
        return engine
