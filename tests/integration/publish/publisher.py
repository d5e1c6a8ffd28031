# SPDX-License-Identifier: GPL-3.0-or-later
"""gridcast-publish as a test case's fixture."""

import json
import os
import re
import signal

from gridcast_e2e import wait
from gridcast_e2e.stagetest import StageTest

PROGRAM = os.environ["GRIDCAST_PUBLISH"]
FPS = 25
SIZE = (320, 240)


def make_film(path, brightness, seconds=2):
    """A grey film; what lies at path is replaced in one step."""
    width, height = SIZE
    picture = bytes([brightness]) * (width * height) + b"\x80" * (width * height // 2)
    fresh = path.with_suffix(".new")
    with open(fresh, "wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420\n".encode())
        for _ in range(seconds * FPS):
            out.write(b"FRAME\n" + picture)
    fresh.rename(path)


class Publisher:
    """A running gridcast-publish."""

    def __init__(self, stage, name, url, *options, camera="pattern", microphone="tone", within=None, environment=None):
        command = [PROGRAM, *(["--whip", url] if url else []), "--camera", camera, "--microphone", microphone, *options]
        # within: makes of a command one that runs it somewhere else.
        self.program = stage.start(name, within(*command) if within else command, environment)

    @property
    def pid(self):
        return self.program.pid

    def log(self):
        return self.program.log()

    def wait_for_state(self, state, times=1, seconds=30):
        def look():
            if len(re.findall(rf"state {state}$", self.log(), re.MULTILINE)) >= times:
                return True
            if not self.program.running:
                raise RuntimeError(f"gridcast-publish ended with {self.program.popen.returncode}:\n{self.log()}")
            return False

        wait.until(look, lambda: f"state {state}; it said:\n{self.log()}", seconds)

    def stats(self):
        """The last figures, as --stats-json prints them; {} if there are none yet."""
        lines = [line for line in self.log().splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {}

    def wait_for_end(self, seconds=60):
        """Its exit status and all that it said."""
        return self.program.popen.wait(seconds), self.log()

    def interrupt(self, sign=signal.SIGINT):
        self.program.popen.send_signal(sign)
        return self.wait_for_end(20)


class PublishTest(StageTest):
    logs_name = "publish-logs"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = cls.stage.folder

    def publish(self, url, *options, **sources):
        publisher = Publisher(self.stage, self._testMethodName, url, *options, **sources)
        self.addCleanup(publisher.program.stop)
        return publisher
