# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of ./dev bench handover: a publisher whose better uplink goes and comes back."""

import csv
import dataclasses
import signal
import time

from gridcast_e2e.stage import Stage

from . import floor, machine, publishers
from .figures import decode
from .handover_figures import carries, event_figures, time_to_picture
from .link import inside
from .uplinks import HANDSET, SERVER, SERVER_ADDRESS, Handset
from .viewer import Viewer, check_runs

PICTURE_SECONDS = 60
BACK_SECONDS = 30
START_SECONDS = 60
# After each change the stream must have flowed so long before the next.
CALM_MS = 3000
CALM_AGE_MS = 1000
LOOK_SECONDS = 0.1


@dataclasses.dataclass(frozen=True)
class Entrant:
    """A publisher, and whether its server announces that a second connection may be kept ready."""

    name: str
    who: str
    warm: bool = False


COLD = Entrant("gridcast", publishers.OURS)
WARM = Entrant("gridcast-warm", publishers.OURS, True)
ENTRANTS = (COLD, WARM, Entrant("chromium", publishers.CHROMIUM))


class Table:
    """A CSV file that is read as it grows."""

    def __init__(self, path, convert):
        self.rows = []
        self._file = open(path, newline="", encoding="ascii")
        self._names = None
        self._rest = ""
        self._convert = convert

    def read(self):
        text = self._rest + self._file.read()
        whole, _, self._rest = text.rpartition("\n")
        for values in csv.reader(whole.splitlines()):
            if self._names is None:
                self._names = values
                continue
            row = self._convert(dict(zip(self._names, values, strict=True)))
            if row is not None:
                self.rows.append(row)
        return self.rows

    def close(self):
        self._file.close()


def read_picture(row):
    """When it was shown and when it was taken, or None if its strip cannot be read."""
    shown = float(row["shown_ms"])
    taken = decode(int(row["word"]), int(row["check"]), shown)
    return (shown, taken[0]) if taken else None


def read_bytes(row):
    return float(row["at_ms"]), int(row["up_bytes"])


def now_ms():
    return time.monotonic() * 1000


class Run:
    def __init__(self, stage, options, entrant, folder):
        self.stage, self.options, self.who = stage, options, entrant.who
        publishers.leave_desktop(stage)
        self.handset = Handset(stage)
        self.viewer = Viewer(stage, SERVER, SERVER_ADDRESS, folder, *(["--handover"] if entrant.warm else []))
        self.handset.start_manager(self.viewer.alive)
        self.camera = publishers.make_camera(stage, self.who, options.film)
        self.shown = self.table(folder / "frames.csv", read_picture)
        self.wifi = self.table(self.handset.wifi.link.path, read_bytes)
        self.lte = self.table(self.handset.lte.link.path, read_bytes)
        self.events = []
        self.starts = 0
        self.publisher = None

    def table(self, path, convert):
        table = Table(path, convert)
        self.stage.on_exit(table.close)
        return table

    def start_publisher(self):
        if self.publisher:
            self.publisher.stop(signal.SIGINT, 3)
        self.starts += 1
        command = publishers.command(self.stage, self.who, self.viewer.endpoint, self.camera, self.options)
        self.publisher = self.stage.start("publisher", inside(HANDSET, command), self.handset.environment)
        began = now_ms()
        if not self.wait(lambda: self.is_calm(began) and self.is_on_wifi(), START_SECONDS):
            raise RuntimeError(f"no stream over the better uplink:\n{self.publisher.tail()}")

    # --- what is seen ---

    def is_calm(self, since_ms):
        until = now_ms()
        if until < since_ms + CALM_MS:
            return False
        ages = floor.sample_ages(self.shown.read(), until - CALM_MS, until)
        return max(age for _, age in ages) < CALM_AGE_MS

    def is_on_wifi(self):
        # Its log is up to a tenth of a second behind.
        return carries(self.wifi.read(), self.lte.read(), now_ms() - 100)

    def wait(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            for program in (self.publisher, self.viewer.program):
                check_runs(program)
            if condition():
                return True
            time.sleep(LOOK_SECONDS)
        return False

    # --- what happens ---

    def change(self, scene, kind):
        """Takes the better uplink away or brings it back."""
        if self.events:
            self.events[-1]["until_ms"] = now_ms()
        scene.set_uplink(self.handset.wifi, kind == "return")
        # Only now: what was taken before may have gone the old way.
        at_ms = now_ms()
        self.events.append({"kind": kind, "at_ms": at_ms, "until_ms": at_ms})
        return at_ms

    def cut(self, scene):
        at_ms = self.change(scene, "cut")
        came = self.wait(lambda: time_to_picture(self.shown.read(), at_ms, now_ms()) is not None, PICTURE_SECONDS)
        if came:
            self.wait(lambda: self.is_calm(at_ms), PICTURE_SECONDS)

    def bring_back(self, scene):
        """Returns whether the stream has come back to the better uplink."""
        at_ms = self.change(scene, "return")
        return self.wait(lambda: self.is_on_wifi() and self.is_calm(at_ms), BACK_SECONDS)

    def run(self, scene, times, say):
        self.start_publisher()
        meter = machine.Meter(self.publisher.pid)
        for number in range(1, times + 1):
            self.cut(scene)
            back = self.bring_back(scene)
            self.events[-1]["until_ms"] = now_ms()
            say(number, back)
            if not back and number < times:
                # The next cut would cut nothing.
                self.start_publisher()
        load = meter.read()
        self.publisher.stop(signal.SIGINT, 3)
        self.viewer.stop()
        load["camera_late_p99_ms"] = self.camera.stop().get("late_p99_ms")
        return load

    def figures(self):
        """A row for each event."""
        shown = self.shown.read()
        return [
            {**event, **event_figures(event, shown, self.wifi.read(), self.lte.read())} for event in self.events
        ]


def run(options, scene, entrant, folder, say):
    """Returns a row for each cut and return, and what is to know of the run."""
    with Stage(options.prefix, folder) as stage:
        one = Run(stage, options, entrant, folder)
        load = one.run(scene, options.times, say)
        offers = len(one.viewer.events("offer"))
        rows = one.figures()
    return rows, {**load, "busy": machine.was_too_busy(load), "starts": one.starts, "connections": offers}
