# SPDX-License-Identifier: GPL-3.0-or-later
"""The console in headless Chromium."""

import contextlib

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from .browser import Browser

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --autoplay-policy=no-user-gesture-required "
    "--force-color-profile=srgb --hide-scrollbars"
).split()


class Chromium(Browser):
    def __init__(self, stage, center, name="chromium", language="en-GB", size=(1440, 900)):
        super().__init__(stage, center, name, language, size)
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        profile = stage.make_folder(name)
        for flag in [
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--window-size={size[0]},{size[1]}",
            f"--lang={language}",
            f"--accept-lang={language}",
            # Only the center's own key is accepted without a public authority.
            f"--ignore-certificate-errors-spki-list={center.key_pin()}",
        ]:
            options.add_argument(flag)
        options.add_experimental_option("prefs", {"intl.accept_languages": language})
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        environment = {**stage.environment, "HOME": str(profile), "LANGUAGE": language}
        # No buses: it would look for a keyring and a proxy there.
        for variable in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
            environment.pop(variable, None)
        service = Service(
            "/usr/bin/chromedriver",
            log_output=str(stage.logs / f"{name}.log"),
            env=environment,
            # Ctrl-C is for us to handle: the browser is asked to leave, not cut off.
            popen_kw={"start_new_session": True},
        )
        self.driver = webdriver.Chrome(options=options, service=service)
        stage.on_exit(self.quit)
        self.resize(*size)
        self.driver.set_script_timeout(20)
        self.driver.set_page_load_timeout(30)

    def quit(self):
        with contextlib.suppress(WebDriverException, OSError):
            self.driver.quit()

    def resize(self, width, height):
        # The page itself gets the whole size, without the window's own bars.
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False},
        )

    def run_first(self, script):
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": script})

    def errors(self):
        """A refused request counts too, a missing tile does not."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]
