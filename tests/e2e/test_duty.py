#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the duty switch, through the real screens:

- off duty the terminal has no connection at all, and the center gets no position
- on duty the position moves on the map, and the way that was gone can be drawn
- the console shows how the terminal's battery and network stand
- duty lasts over a kill of the app
- a task sent off duty arrives when the worker comes on duty
"""

from gridcast_e2e import tap, wait
from gridcast_e2e.house import TRACK, HouseTest
from gridcast_e2e.services import SystemServices
from gridcast_e2e.sockets import connections


class Duty(HouseTest):
    def test_off_duty_sends_nothing(self):
        """Off duty there is no connection, and the center gets no position"""
        worker = self.house.hire("Uma", nmea=TRACK)
        pid = worker.terminal.program.pid
        wait.until(lambda: self.dispatcher.positions_received(worker.id), "a position", 30)
        worker.go_off_duty()
        self.dispatcher.wait_for_standing(worker.id, "off")
        wait.until(lambda: not connections(pid), "every connection to close")
        before = self.dispatcher.positions_received(worker.id)
        opened = []
        # Long enough for several fixes of the track: one a second.
        watched = wait.until(Watch(lambda: opened.extend(connections(pid)), 6), "six seconds", 20)
        self.assertTrue(watched)
        self.assertEqual(opened, [])
        self.assertEqual(self.dispatcher.positions_received(worker.id), before)

    def test_position_moves(self):
        """On duty the position moves on the map, and the way that was gone can be drawn"""
        worker = self.house.hire("Vera", nmea=TRACK)
        self.dispatcher.select(worker.id)
        first = wait.until(lambda: self.dispatcher.marker(worker.id), "the terminal on the map", 30)
        wait.until(lambda: self.dispatcher.marker(worker.id) != first, "it to move", 30)
        self.browser.click(f"li[data-terminal='{worker.id}'] [data-action=track]")
        drawn = wait.until(self._points_drawn, "the track on the map")
        wait.until(lambda: self._points_drawn() > drawn, "the track to go on", 30)

    def _points_drawn(self):
        return self.browser.run("return Number(document.getElementById('map').dataset.trackPoints ?? 0)")

    def test_standing(self):
        """The console shows how the terminal's battery and network stand"""
        services = SystemServices(self.house.desk)
        services.tell("network start", "modem start", "power start", "primary wwan0", "quality 62", "battery 31 2")
        worker = self.house.hire("Yara")
        self.dispatcher.select(worker.id)
        row = f"li[data-terminal='{worker.id}']"
        self.browser.find(f"{row} .facts", "Mobile · 62 % · metered", 30)
        self.browser.find(f"{row} .meter[title='Battery 31 %']")
        services.tell("battery 32 1", "strength 80", "primary wlan0")
        self.browser.find(f"{row} .facts", "Wi-Fi · 80 %", 30)
        self.browser.find(f"{row} .meter[title='Battery 32 %, charging']")

    def test_duty_lasts(self):
        """Duty lasts over a kill of the app"""
        worker = self.house.hire("Wim")
        worker.terminal.kill()
        self.dispatcher.wait_for_standing(worker.id, "lost", 30)
        worker.terminal.start()
        worker.terminal.find("Connected")
        self.dispatcher.wait_for_standing(worker.id, "duty")

    def test_task_waits(self):
        """A task sent off duty arrives when the worker comes on duty"""
        worker = self.house.hire("Xenia", on_duty=False)
        self.dispatcher.send_task(worker.id, "Light the beacon")
        worker.go_on_duty()
        worker.terminal.find("Light the beacon")
        self.dispatcher.wait_for_task("delivered")


class Watch:
    """Calls look at every poll; true when it has done so for some seconds."""

    def __init__(self, look, seconds, poll=0.1):
        self.look = look
        self.left = seconds / poll

    def __call__(self):
        self.look()
        self.left -= 1
        return self.left <= 0


if __name__ == "__main__":
    tap.main()
