#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the console's alerts, against the real center:

- an alert is sent to everybody, to a circle or to an area that is drawn on the map, as a form or as a
  file of CAP
- who has not read it is named; it is withdrawn
"""

from console_page import HOSTILE, ConsolePage
from gridcast_e2e import tap, wait
from selenium.webdriver.common.keys import Keys

CHOOSE_FILE = """
const field = document.querySelector('#alert-file');
const chosen = new DataTransfer();
chosen.items.add(new File([arguments[0]], 'alert.xml'));
field.files = chosen.files;
field.dispatchEvent(new Event('change'));
"""
CAP = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>storm-1</identifier><sender>office@example.org</sender><sent>2026-11-24T10:33:00+08:00</sent>
<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>
<info><category>Met</category><event>Storm</event><urgency>Expected</urgency><severity>Moderate</severity>
<certainty>Likely</certainty><expires>2126-11-24T10:33:00+08:00</expires><headline>Storm tonight</headline>
<area><areaDesc>Town</areaDesc><polygon>30,114 30,115 31,115 30,114</polygon></area></info></alert>
"""


class Alerts(ConsolePage):
    def test_alert(self):
        """An alert says what is missing, asks before it is sent, says who has not read it, and is withdrawn"""
        browser = self.browser
        browser.click("#alerts-open")
        browser.click("#new-alert")
        browser.click("#alert-send")
        browser.find("#alert-form .field-error", "fill this in")
        browser.write("#alert-form input[name=headline]", HOSTILE)
        browser.write("#alert-form input[name=event]", "Flood")
        browser.write("#alert-form textarea[name=instruction]", "Leave the river")
        browser.run("document.querySelector('#alert-form .check').scrollIntoView({block: 'center'})")
        browser.click("#alert-form label:has(input[name=where][value=circle])")
        browser.click("#alert-send")
        browser.find("#alert-form .field-error", "middle on the map")
        browser.run("document.querySelector('#alert-pick').scrollIntoView({block: 'center'})")
        browser.click("#alert-pick")
        browser.click_at("#map-view", -60, -40)
        wait.until(lambda: browser.find("#alert-form input[name=place]").get_attribute("value"), "the place")
        browser.click("#alert-send")
        browser.find("#alert-confirm", "1 terminal")
        browser.click("#alert-confirm button[type=submit]")
        self.assert_harmless("#alert-detail .detail-title")
        browser.find("#alert-receipts .receipt", "Not received")
        browser.find("#alert-counts", "Sent 1, received 0, read 0")
        browser.find("#map[data-alert-areas='1']")
        browser.find("#count-alerts", "1")
        browser.click("#alert-cancel")
        browser.click("#alert-cancel-dialog button[type=submit]")
        browser.find("#alert-detail[data-state=cancelled]")
        browser.find("#map[data-alert-areas='0']")
        browser.click("#task-back")
        browser.find("#alert-list .state-chip", "Withdrawn")
        browser.click("#task-back")
        browser.find("#task-list, #tasks .empty")

    def test_alert_area(self):
        """An area is drawn with the mouse or the keyboard, corner by corner; one whose edges cross is refused"""
        browser = self.browser
        browser.click("#alerts-open")
        browser.click("#new-alert")
        browser.write("#alert-form input[name=headline]", "The dam leaks")
        browser.write("#alert-form input[name=event]", "Flood")
        browser.write("#alert-form textarea[name=instruction]", "Leave the valley")
        browser.run("document.querySelector('#alert-form .check').scrollIntoView({block: 'center'})")
        browser.click("#alert-form label:has(input[name=where][value=polygon])")
        browser.click("#alert-send")
        browser.find("#alert-form .field-error", "three corners")
        browser.click("#alert-draw")
        for corner in ((-60, -60), (60, 60), (60, -60), (-60, 60)):
            browser.click_at("#map-view", *corner)
        browser.find("#map-note", "4 so far")
        browser.screenshot(self.stage.logs / "console-alert-area.png")
        browser.click("#map-area-done")
        browser.find("#alert-corners", "4 corners")
        browser.click("#alert-send")
        browser.find("#alert-form .field-error", "cross")
        browser.click("#alert-draw")
        for corner in ((-60, -60), (60, -60), (70, 70)):
            browser.click_at("#map-view", *corner)
        browser.find("#map-view").send_keys(Keys.BACKSPACE, Keys.ENTER)
        browser.find("#map-note", "3 so far")
        browser.click_at("#map-view", -60, -60)
        browser.find("#alert-corners", "3 corners")
        browser.click("#alert-send")
        browser.click("#alert-confirm button[type=submit]")
        browser.find("#alert-detail .detail-title", "The dam leaks")
        browser.find("#map[data-alert-areas='1']")
        browser.click("#alert-cancel")
        browser.click("#alert-cancel-dialog button[type=submit]")
        browser.find("#alert-detail[data-state=cancelled]")

    def test_alert_file(self):
        """An alert that others wrote in CAP is sent as it is; what is none is refused in words"""
        browser = self.browser
        browser.click("#alerts-open")
        browser.click("#new-alert")
        browser.find("#alert-form")
        browser.run(CHOOSE_FILE, "<alert/>")
        browser.find("#alert-form .problem", "CAP 1.2")
        browser.run(CHOOSE_FILE, CAP)
        browser.find("#alert-detail .detail-title", "Storm tonight")
        browser.click("#alert-cancel")
        browser.click("#alert-cancel-dialog button[type=submit]")
        browser.find("#alert-detail[data-state=cancelled]")


if __name__ == "__main__":
    tap.main()
