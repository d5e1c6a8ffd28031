# SPDX-License-Identifier: GPL-3.0-or-later
"""The console in a real browser, used as a dispatcher would: by what is on the page."""

from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver import ActionChains
from selenium.webdriver.common.by import By

from . import wait


class Browser:
    """One window without a screen; elements are named by CSS selectors. Chromium and Firefox are
    the two kinds: each starts its program and sets driver."""

    def __init__(self, stage, center, name, language, size):
        self.stage = stage
        self.center = center
        self.name = name
        self.language = language
        self.size = size
        self.driver = None

    def another(self, name, language):
        """A second browser of the same kind, with a profile of its own."""
        return type(self)(self.stage, self.center, name, language, self.size)

    def quit(self):
        raise NotImplementedError

    def run_first(self, script):
        """Runs a script in every page that is opened from now on, before the page's own."""
        raise NotImplementedError

    def errors(self):
        """What the page logged as an error since the last call."""
        raise NotImplementedError

    def resize(self, width, height):
        """Gives the page so many pixels."""
        raise NotImplementedError

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
        """Clicks as a hand does, once it can be: what covers the element gets the click, and that is an error."""

        def press():
            element = self.find(selector, text, seconds)
            if not element.is_enabled():
                return False
            element.click()
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
