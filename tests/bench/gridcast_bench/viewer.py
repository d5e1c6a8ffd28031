# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver of the streams, seen from the benchmark."""

import contextlib
import json
import pathlib
import signal
import sys
import time

from gridcast_e2e import wait

from .link import inside

PROGRAM = pathlib.Path(__file__).resolve().parents[1] / "receiver.py"
PORT = 8080
READY_SECONDS = 30


class Viewer:
    """receiver.py in a namespace, whose address there is told; it notes what it sees in a folder.
    options are those of the program."""

    def __init__(self, stage, namespace, address, folder, *options):
        self.folder = folder
        self.endpoint = f"http://{address}:{PORT}/whip"
        # Answers whoever wants to know whether the path to it is alive.
        self.alive = f"http://{address}:{PORT}/alive"
        command = [sys.executable, PROGRAM, "--folder", folder, "--port", PORT, *options]
        self.program = stage.start("receiver", inside(namespace, command))
        self.wait_for_event("ready")

    def events(self, name):
        found = []
        for line in self.program.log().splitlines():
            with contextlib.suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict) and event.get("event") == name:
                    found.append(event)
        return found

    def wait_for_event(self, name, publisher=None, interval=0.1):
        def look():
            for program in filter(None, (self.program, publisher)):
                check_runs(program)
            return self.events(name)

        return wait.until(
            look, lambda: f"“{name}” from the receiver:\n{self.program.tail()}", READY_SECONDS, interval
        )

    def stop(self):
        self.program.stop(signal.SIGTERM)


def check_runs(program):
    if not program.running:
        raise RuntimeError(f"{program.name} ended with {program.popen.returncode}:\n{program.tail()}")


def wait_until_ms(at_ms, publisher):
    """Sleeps through the measurement; a publisher that ends early is a failed run."""
    while time.monotonic() * 1000 < at_ms:
        check_runs(publisher)
        time.sleep(min(0.5, max(0.0, at_ms / 1000 - time.monotonic())))
