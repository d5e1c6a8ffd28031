# SPDX-License-Identifier: GPL-3.0-or-later
"""A center, a dispatcher and as many workers as a test needs: what most test files share."""

import os
import pathlib
import sys
import unittest

from .browsers import open_browser
from .center import Center
from .desk import Desk
from .dispatcher import Dispatcher
from .stage import Stage, leave_on_signals
from .terminal import Terminal
from .worker import Worker

TRACK = pathlib.Path(__file__).resolve().parents[3] / "data/demo/walk.nmea"


class House:
    """Where meson says the programs are installed, and where logs and pictures may go."""

    def __init__(self, name, browser_kind=None, center_name="Riverside Command"):
        leave_on_signals()
        logs = pathlib.Path(os.environ.get("GRIDCAST_LOGS", "build/e2e")) / name
        self.stage = Stage(os.environ["GRIDCAST_PREFIX"], logs)
        self.browser_kind = browser_kind
        self.center_name = center_name
        self.workers = []

    def open(self):
        self.stage.__enter__()
        try:
            self.desk = Desk(self.stage)
            self.center = Center(self.stage, called=self.center_name)
            self.browser = open_browser(self.stage, self.center, self.browser_kind)
            self.dispatcher = Dispatcher(self.browser, self.center)
            self.dispatcher.make_account()
        except BaseException:
            self.close()
            raise
        return self

    def close(self):
        self.stage.__exit__(*sys.exc_info())

    def start_worker(self, name="terminal", **options):
        """A handset that is not paired yet."""
        worker = Worker(Terminal(self.stage, self.desk, name, **options), self.center.called)
        self.workers.append(worker)
        return worker

    def hire(self, name, on_duty=True, **options):
        """A handset that is paired, by a code that the worker typed, and on duty."""
        worker = self.start_worker(name.lower().replace(" ", "-"), **options)
        code = self.dispatcher.offer_pairing(name)
        worker.type_code(code)
        worker.confirm_pairing()
        worker.wait_until_paired()
        worker.id = self.dispatcher.finish_pairing()
        if on_duty:
            worker.go_on_duty()
            self.dispatcher.wait_for_standing(worker.id, "duty")
        return worker

    def dismiss_all(self):
        """Ends every handset, so that the next test has the screen for itself."""
        for worker in self.workers:
            worker.terminal.stop()
        self.workers.clear()


class HouseTest(unittest.TestCase):
    """Each test has handsets of its own; center and browser are shared by the file."""

    HOUSE = House
    BROWSER = None
    CENTER = "Riverside Command"

    @classmethod
    def setUpClass(cls):
        name = cls.__module__ if cls.__module__ != "__main__" else pathlib.Path(sys.argv[0]).stem
        cls.house = cls.HOUSE(name, cls.BROWSER, cls.CENTER)
        cls.house.open()
        cls.dispatcher = cls.house.dispatcher
        cls.browser = cls.house.browser
        cls.center = cls.house.center

    @classmethod
    def tearDownClass(cls):
        cls.house.close()

    def setUp(self):
        self.browser.open(self.center.url)
        self.browser.find("#console")

    def tearDown(self):
        crashed = self.house.stage.crashed()
        self.house.dismiss_all()
        self.assertEqual(crashed, [])

    def photograph(self):
        """Called when a test has failed, before anything is put away."""
        pictures = []
        for subject, kind in [(self.house.browser, "console"), (self.house.desk, "phone")]:
            path = self.house.stage.logs / f"{self._testMethodName}-{kind}.png"
            try:
                subject.screenshot(path)
                pictures.append(path)
            except Exception as error:  # noqa: BLE001: it may be what has failed
                pictures.append(f"no picture of the {kind}: {error}")
        return pictures
