#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of live video, through the real screens:

- the worker can decline with a reason that the dispatcher reads, and no picture is sent
- a request reaches a worker whose phone shows something else, who can accept it there
- the worker can go live by himself, switch the sound off and on, and end it
- two terminals are seen at the same time
- the worker reads afterwards who watched
- a center that was killed can have live video again, as soon as it is back
- the dispatcher can ask for details before motion, and the worker can choose otherwise
- what the terminal knows of its live video is shown in the console: how much it sends, how old the
  picture is, the round trip, what is given up first, and what holds it back, as a battery that is low
"""

import re
import signal

from gridcast_e2e import tap, wait
from gridcast_e2e.dispatcher import USER
from gridcast_e2e.house import HouseTest
from gridcast_e2e.pointer import look_away
from gridcast_e2e.services import Notifications, SystemServices
from gridcast_e2e.sockets import connections


FIGURES = re.compile(r"Sends ([\d,]+) kbit/s, picture \d+ ms old, round trip \d+ ms, [\d.]+ % lost")


def sends_media(worker):
    """Media flow over UDP."""
    return any(table.startswith("udp") for table, _ in connections(worker.terminal.program.pid))


class Live(HouseTest):
    def test_declined(self):
        """A declined request sends no picture, and the dispatcher reads the reason"""
        worker = self.house.hire("Olga")
        self.dispatcher.ask_for_live(worker.id, "What is burning?")
        worker.terminal.find("What is burning?")
        worker.decline_live("I am driving")
        tile = self.dispatcher.tile(worker.id, "ended")
        self.assertIn("I am driving", tile.text)
        self.assertFalse(sends_media(worker))
        worker.terminal.find("Sending your position to")

    def test_notification(self):
        """A request can be accepted in its notification while the phone shows something else"""
        notifications = Notifications(self.house.desk)
        worker = self.house.hire("Ottilie")
        look_away(self.house.desk.environment["DISPLAY"])
        self.dispatcher.ask_for_live(worker.id, "Is the road clear?")
        actions = notifications.wait_for("The center asks for live video")
        self.assertEqual(actions[actions.index("Accept") - 1], "app.answer-live(true)")
        notifications.press(1, "app.answer-live(true)")
        self.dispatcher.wait_for_frames(worker.id, 10)

    def test_started_by_worker(self):
        """The worker goes live by himself, switches the sound off and on, and ends it"""
        worker = self.house.hire("Pavel")
        worker.terminal.click("Go live")
        worker.terminal.find(f"Live to {self.center.called}")
        self.dispatcher.wait_for_frames(worker.id, 20)
        worker.terminal.find("1 watching")
        self.dispatcher.listen(worker.id)
        wait.until(self._heard, "sound")
        worker.terminal.click("Mute")
        worker.terminal.find("Sound off")
        wait.until(lambda: not self._heard(), "silence")
        worker.terminal.click("Mute")
        wait.until(self._heard, "sound again")
        worker.terminal.click("End live video")
        tile = self.dispatcher.tile(worker.id, "ended")
        self.assertIn("The worker ended it.", tile.text)
        wait.until(lambda: not sends_media(worker), "the media connection to close")
        worker.terminal.find("Sending your position to")

    def _heard(self):
        """Whether any sound arrives; the test's ticks every second."""
        before = self.dispatcher.statistics()
        after = wait.until(lambda: self._later_than(before), "newer figures")
        return after["audioEnergy"] > before["audioEnergy"]

    def _later_than(self, before):
        after = self.dispatcher.statistics()
        return after if after["audioSeconds"] >= before["audioSeconds"] + 1.5 else None

    def test_two_at_once(self):
        """Two terminals are seen at the same time"""
        first = self.house.hire("Quinn")
        second = self.house.hire("Rosa")
        for worker in (first, second):
            self.dispatcher.ask_for_live(worker.id)
            worker.accept_live()
        for worker in (first, second):
            self.dispatcher.wait_for_frames(worker.id, 20)

    def test_who_watched(self):
        """The worker reads afterwards who watched"""
        worker = self.house.hire("Sami")
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        self.dispatcher.end_live(worker.id)
        worker.terminal.find("The center ended live video", exactly=True)
        worker.terminal.find("Go live", seconds=20)
        worker.terminal.click("Menu")
        worker.terminal.click("Who watched")
        worker.terminal.find(USER)

    def test_center_killed(self):
        """A center that was killed can have live video again, as soon as it is back"""
        worker = self.house.hire("Tomas")
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        self.center.restart(signal.SIGKILL)
        self.dispatcher.wait_for_standing(worker.id, "duty", 40)
        # The terminal may still be trying to save the session that the center has forgotten.
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)

    def test_figures(self):
        """What the terminal knows of its live video is shown in the console, and what holds it back"""
        services = SystemServices(self.house.desk)
        services.tell("power start", "battery 60 2")
        worker = self.house.hire("Ulla")
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        wait.until(lambda: FIGURES.search(self._figures()), lambda: f"figures; there is “{self._figures()}”", 20)
        sends = FIGURES.search(self._figures())[1]
        self.assertGreater(int(sends.replace(",", "")), 0)
        services.tell("battery 12 2")
        wait.until(lambda: "spare the terminal’s battery" in self._figures(), "the battery in the console", 20)
        worker.terminal.find("saving battery")
        self.dispatcher.wait_for_frames(worker.id, 10)
        services.tell("battery 12 1")
        wait.until(lambda: "battery" not in self._figures(), "the end of it in the console", 20)

    def test_mode(self):
        """The dispatcher asks for details, the worker chooses motion, and each sees what holds"""
        worker = self.house.hire("Vera")
        self.dispatcher.ask_for_live(worker.id, mode="sharp")
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        wait.until(self._is_sharp, "the dispatcher's choice, as the terminal tells")
        wait.until(lambda: worker.terminal.is_pressed("See details"), "the dispatcher's choice on the phone")
        worker.terminal.click("See details")
        wait.until(lambda: not self._is_sharp(), "the worker's choice in the console", 20)
        self.dispatcher.end_live(worker.id)
        self.dispatcher.tile(worker.id, "ended")
        # The next session begins as most want it.
        worker.terminal.find("Go live", seconds=20)
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        self.assertFalse(worker.terminal.is_pressed("See details"))

    def _figures(self):
        return self.browser.run("return document.querySelector('.tile-figures')?.getAttribute('aria-label') ?? ''")

    def _is_sharp(self):
        return self.browser.find(".tile [data-action=sharp]").get_attribute("aria-pressed") == "true"


if __name__ == "__main__":
    tap.main()
