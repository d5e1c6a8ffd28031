#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the console to a dispatcher:

- the one-time link makes the first account and no second one
- a wrong password is refused with a sentence, the right one lets in, leaving means leaving
- an account and a session last over a restart of the center
- nothing on the page logs an error
"""

from gridcast_e2e import tap, wait
from gridcast_e2e.dispatcher import PASSWORD, USER
from gridcast_e2e.house import HouseTest


class Console(HouseTest):
    def test_setup_link_is_used_up(self):
        """The one-time link makes no second account"""
        token = self.center.setup_url.split("setup=", 1)[1]
        status, answer = self.dispatcher.api(
            "POST", "/api/setup", {"token": token, "user": "mallory", "password": "a long enough password"}
        )
        self.assertEqual(status, 410, answer)

    def test_leaving_and_coming_back(self):
        """Leaving means leaving; a wrong password is refused, the right one lets in"""
        self.browser.click("#logout")
        self.browser.find("#login")
        self.assertEqual(self.dispatcher.api("GET", "/api/terminals")[0], 401)
        self.dispatcher.log_in(USER, "not the password")
        self.browser.find("#login .problem", "password")
        self.dispatcher.log_in(USER, PASSWORD)
        self.browser.find("#console")
        self.assertEqual(self.dispatcher.api("GET", "/api/terminals")[0], 200)

    def test_session_lasts(self):
        """The session lasts over a restart of the center"""
        self.center.restart()
        self.browser.open(self.center.url)
        self.browser.find("#console")

    def test_foreign_page_is_refused(self):
        """A request without the console's own header changes nothing"""
        status = self.browser.run_async(
            "const done = arguments[0];"
            "fetch('/api/pairings', { method: 'POST', body: '{\"worker\": \"x\"}',"
            " headers: { 'Content-Type': 'application/json' } }).then((answer) => done(answer.status));"
        )
        self.assertEqual(status, 403)

    def test_no_errors(self):
        """The page logs no error"""
        self.browser.errors()
        self.browser.driver.refresh()
        self.browser.find("#console")
        wait.until(lambda: self.browser.run("return document.readyState") == "complete", "the page")
        self.assertEqual(self.browser.errors(), [])


if __name__ == "__main__":
    tap.main()
