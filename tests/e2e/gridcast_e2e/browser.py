# SPDX-License-Identifier: GPL-3.0-or-later
"""The console in headless Chromium, used as a dispatcher would: by what is on the page."""

import contextlib

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from . import wait

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync "
    "--disable-dev-shm-usage --autoplay-policy=no-user-gesture-required "
    "--force-color-profile=srgb --hide-scrollbars"
).split()


class Browser:
    """One window. Elements are named by CSS selectors."""

    def __init__(self, stage, center, name="chromium", language="en-GB", size=(1440, 900)):
        self.stage = stage
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
        stage.on_exit(self._quit)
        # The page itself gets the whole size, without the window's own bars.
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": False},
        )
        self.driver.set_script_timeout(20)
        self.driver.set_page_load_timeout(30)

    def _quit(self):
        with contextlib.suppress(WebDriverException, OSError):
            self.driver.quit()

    def open(self, url):
        self.driver.get(url)

    def all(self, selector):
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector, text=None, seconds=15):
        """Waits until an element is visible, and holds text if that is given; returns it."""

        def look():
            for element in self.all(selector):
                if element.is_displayed() and (text is None or text in element.text):
                    return element
            return None

        what = f"{selector} on the console" + (f" with “{text}”" if text else "")
        return wait.until(
            look,
            lambda: f"{what}; the page says:\n{self.text()[:1500]}\n{self.errors()}",
            seconds,
            swallow=(StaleElementReferenceException,),
        )

    def gone(self, selector, seconds=15):
        def look():
            return not any(element.is_displayed() for element in self.all(selector))

        wait.until(look, f"{selector} to leave the console", seconds, swallow=(StaleElementReferenceException,))

    def click(self, selector, text=None, seconds=15):
        """Clicks as a hand does: what covers the element gets the click, and that is an error."""

        def press():
            self.find(selector, text, seconds).click()
            return True

        wait.until(press, f"{selector} to take a click", seconds, swallow=(WebDriverException,))

    def click_at(self, selector, x, y):
        """Clicks so many pixels right of and below the middle of an element."""
        element = self.find(selector)
        ActionChains(self.driver).move_to_element_with_offset(element, x, y).click().perform()

    def write(self, selector, text, seconds=15):
        element = self.find(selector, None, seconds)
        element.clear()
        element.send_keys(text)

    def choose(self, selector, value):
        """Picks an option of a <select> by its value."""
        self.click(f"{selector} option[value='{value}']")

    def text(self):
        return self.driver.find_element(By.TAG_NAME, "body").text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def run_async(self, script, *arguments):
        return self.driver.execute_async_script(script, *arguments)

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(path))

    def errors(self):
        """What the page logged as an error; a refused request counts, a missing tile does not."""
        return [
            entry["message"]
            for entry in self.driver.get_log("browser")
            if entry["level"] == "SEVERE"
        ]

    def decoded_frames(self, selector="video"):
        """Frames that the largest playing <video> has decoded."""
        return self.run(
            "return Math.max(0, ...[...document.querySelectorAll(arguments[0])]"
            ".map(v => v.getVideoPlaybackQuality().totalVideoFrames))",
            selector,
        )
