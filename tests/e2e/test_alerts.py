#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of an alert, through the real screens:

- sent from the console, it is over all of the terminal's screen until the worker has read it; the
  console says so
- it is there after the terminal was killed
- one that is withdrawn goes from the screen
"""

from gridcast_e2e import tap
from gridcast_e2e.house import TRACK, HouseTest


class Alerts(HouseTest):
    def send(self, headline):
        browser = self.browser
        browser.click("#alerts-open")
        browser.click("#new-alert")
        browser.write("#alert-form input[name=headline]", headline)
        browser.write("#alert-form input[name=event]", "Flood")
        browser.write("#alert-form textarea[name=instruction]", "Leave the river bank at once.")
        browser.click("#alert-send")
        browser.click("#alert-confirm button[type=submit]")
        browser.find("#alert-detail .detail-title", headline)

    def test_sent_read_withdrawn(self):
        """From the form to the worker who has read it, over a kill; and back from the screen"""
        worker = self.house.hire("Nora", nmea=TRACK)
        self.send("The river rises")
        worker.find("The river rises")
        worker.find("Leave the river bank at once.")
        worker.terminal.screenshot(self.house.stage.logs / "phone-alert.png")
        self.browser.find("#alert-counts", "received 1, read 0")
        worker.terminal.kill()
        worker.terminal.restart()
        worker.find("The river rises")
        worker.click("I have read it")
        self.browser.find("#alert-counts", "received 1, read 1")
        self.browser.find("#alert-receipts .receipt[data-read]", "Nora")
        self.browser.screenshot(self.house.stage.logs / "console-alert.png")
        self.send("A storm comes")
        worker.find("A storm comes")
        self.browser.click("#alert-cancel")
        self.browser.click("#alert-cancel-dialog button[type=submit]")
        worker.find("Alert withdrawn: A storm comes")


if __name__ == "__main__":
    tap.main()
