#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of an SOS, through the real screens:

- held off duty it puts the worker on duty, is over everything on the console, and opens live video
- who has seen it is said on the terminal, and a false alarm on the console
"""

from gridcast_e2e import tap
from gridcast_e2e.house import TRACK, HouseTest


class Sos(HouseTest):
    def test_called_seen_taken_back(self):
        """From the button that is held to the dispatcher who has seen it, and back"""
        worker = self.house.hire("Nora", on_duty=False, nmea=TRACK)
        worker.click("SOS: hold for 2 seconds to call for help", roles={"push button", "button"})
        worker.find("To call for help, hold the button for 2 seconds.")
        self.assertEqual(self.browser.all("#sos .sos-call"), [])
        worker.terminal.hold(worker.words("SOS: hold for 2 seconds to call for help"), worker.words("You called for help"))
        self.browser.find("#sos .sos-call[data-state=open]", "Nora", 30)
        self.dispatcher.wait_for_standing(worker.id, "duty")
        self.browser.find("#wall [data-state=live]", seconds=40)
        self.browser.find("#map .unit[data-sos]", seconds=30)
        self.browser.screenshot(self.house.stage.logs / "console-sos.png")
        self.browser.click("#sos [data-action=seen]")
        worker.find("The center has seen it")
        worker.terminal.screenshot(self.house.stage.logs / "phone-sos.png")
        worker.click("False alarm…")
        worker.click("False alarm", exactly=True)
        worker.find("False alarm: you took it back")
        self.browser.gone("#sos")
        self.browser.find("#notices", "false alarm")


if __name__ == "__main__":
    tap.main()
