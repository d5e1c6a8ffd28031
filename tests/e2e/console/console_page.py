# SPDX-License-Identifier: GPL-3.0-or-later
"""The console's page in a browser, with a center that has an account and one paired terminal."""

import contextlib
import os
import pathlib
import sqlite3
import sys
import unittest

from gridcast_e2e.browsers import open_browser
from gridcast_e2e.center import Center
from gridcast_e2e.handset import Handset
from gridcast_e2e.stage import Stage, leave_on_signals
from selenium.webdriver.common.keys import Keys

USER, PASSWORD = "zhou", "three unrelated words"
HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>'\"&amp;"


class ConsolePage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        leave_on_signals()
        logs = os.path.join(os.environ.get("GRIDCAST_LOGS", "build/e2e"), f"console-{pathlib.Path(sys.argv[0]).stem}")
        cls.stage = Stage(os.environ["GRIDCAST_PREFIX"], logs)
        cls.stage.__enter__()
        cls.addClassCleanup(cls.stage.__exit__, None, None, None)
        cls.center = Center(cls.stage)
        cls.browser = open_browser(cls.stage, cls.center)
        cls.check_setup()
        cls.pair(HOSTILE[:64])

    @classmethod
    def check_setup(cls):
        """Makes the account, after every mistake that can be made."""
        browser = cls.browser
        browser.open(cls.center.url)
        browser.find("h1", "Set up this center")
        assert not browser.all("#setup"), "an account could be made without the link"
        browser.open(cls.center.setup_url)
        browser.click("#setup button[type=submit]")
        browser.find("#setup .field-error", "fill this in")
        browser.write("#setup input[name=user]", USER)
        browser.write("#setup input[name=password]", "short")
        browser.write("#setup input[name=again]", "other")
        browser.click("#setup button[type=submit]")
        browser.find("#setup .field-error", "at least 8 characters")
        browser.find("#setup .field-error", "differ")
        browser.write("#setup input[name=password]", PASSWORD)
        browser.write("#setup input[name=again]", PASSWORD)
        browser.click("#setup button[type=submit]")
        browser.find("#console")
        assert "setup" not in browser.driver.current_url, "the token stands in the address"

    @classmethod
    def pair(cls, worker):
        browser = cls.browser
        browser.click("#pair")
        browser.write("#pairing-form input[name=worker]", worker)
        browser.click("#pairing-make")
        code = browser.find("[data-role=pairing-code]").get_attribute("value")
        cls.handset = Handset(cls.center, code, "<b>phone</b>")
        cls.addClassCleanup(cls.handset.close)
        browser.find("#pairing[data-state=used]")
        browser.click("#pairing-close")
        browser.find(".terminal-name", worker)

    def setUp(self):
        self.browser.open(self.center.url)
        self.browser.find(".terminal, #login")
        if self.browser.all("#login"):
            self.log_in()
        self.browser.find(".terminal")

    def log_in(self, password=PASSWORD):
        self.browser.write("#login input[name=user]", USER)
        self.browser.write("#login input[name=password]", password)
        self.browser.click("#login button[type=submit]")

    def press(self, *keys):
        """Sends keys to whatever has the focus."""
        for key in keys:
            self.browser.driver.switch_to.active_element.send_keys(key)

    def tab_to(self, selector, back=False):
        """Walks by Tab until an element has the focus."""
        for _ in range(60):
            if self.browser.run("return document.activeElement.matches(arguments[0])", selector):
                return
            self.press(Keys.SHIFT + Keys.TAB if back else Keys.TAB)
        self.fail(f"Tab never came to {selector}")

    def fill_center(self, statements):
        """Does something to the center's database while it is not in use."""
        self.center.program.stop()
        with contextlib.closing(sqlite3.connect(self.center.data / "center.db")) as database, database:
            for statement in statements:
                database.execute(statement)
        self.center.start()

    def assert_harmless(self, selector):
        self.browser.find(selector, "<img src=x")
        self.assertIsNone(self.browser.run("return window.hacked ?? null"))
        self.assertEqual(self.browser.all("img[src=x], b:not([id]), #console script"), [])
