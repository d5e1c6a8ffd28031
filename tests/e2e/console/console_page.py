# SPDX-License-Identifier: GPL-3.0-or-later
"""The console's page in a browser, with a center that has an account and one paired terminal."""

import base64
import os
import ssl
import unittest
import urllib.parse
import urllib.request

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from gridcast_e2e.browsers import open_browser
from gridcast_e2e.center import Center
from gridcast_e2e.stage import Stage, leave_on_signals
from selenium.webdriver.common.keys import Keys

USER, PASSWORD = "zhou", "three unrelated words"
HOSTILE = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=1</script>'\"&amp;"


def enrol(center, code):
    """Pairs a terminal as PROTOCOL.md says, with a key of its own; returns its id."""
    fields = urllib.parse.parse_qs(code.split("?", 1)[1])
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "<b>phone</b>")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    password = base64.b64encode(f"pair:{fields['t'][0]}".encode()).decode()
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    urllib.request.urlopen(
        urllib.request.Request(
            urllib.parse.urljoin(center.url, "/.well-known/est/simpleenroll"),
            data=base64.encodebytes(request.public_bytes(Encoding.DER)),
            headers={
                "Content-Type": "application/pkcs10",
                "Content-Transfer-Encoding": "base64",
                "Authorization": f"Basic {password}",
            },
        ),
        timeout=15,
        context=context,
    ).close()


class ConsolePage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        leave_on_signals()
        logs = os.path.join(os.environ.get("GRIDCAST_LOGS", "build/e2e"), "console-page")
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
        enrol(cls.center, browser.find("[data-role=pairing-code]").get_attribute("value"))
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

    def assert_harmless(self, selector):
        self.browser.find(selector, "<img src=x")
        self.assertIsNone(self.browser.run("return window.hacked ?? null"))
        self.assertEqual(self.browser.all("img[src=x], b:not([id]), #console script"), [])
