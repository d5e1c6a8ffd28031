#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the pictures that a dispatcher attaches to a task, in the browser:

- they are chosen, dropped or pasted, are seen with name and size, and can be taken away again, by
  keyboard too
- what is no picture that a phone can show, is too large or too much is refused in words
- they reach the center although it goes away meanwhile, and although it has thrown them away
- the task shows them apart from what the worker adds
"""

import base64

from console_page import HOSTILE, ConsolePage
from gridcast_e2e import tap, wait
from gridcast_e2e.handset import draw
from selenium.webdriver.common.keys import Keys

# As the browser's own dialog, another window and the clipboard give them.
GIVE = """
const [way, files] = arguments;
const given = new DataTransfer();
for (const [name, content, length] of files) {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  given.items.add(new File([bytes, new Uint8Array(length)], name));
}
if (way === 'choose') {
  const field = document.querySelector('#attach-input');
  field.files = given.files;
  field.dispatchEvent(new Event('change'));
} else {
  const form = document.querySelector('#task-form textarea');
  const options = { bubbles: true, cancelable: true, [way === 'paste' ? 'clipboardData' : 'dataTransfer']: given };
  const event = way === 'paste' ? new ClipboardEvent('paste', options) : new DragEvent('drop', options);
  form.dispatchEvent(event);
  return event.defaultPrevented;
}
"""
PICTURE = draw(320, 240, 60)
OLD = ("UPDATE file SET added_ms = 1",)
WIDTH = "return document.querySelector(arguments[0])?.naturalWidth"


class Attachments(ConsolePage):
    def setUp(self):
        super().setUp()
        self.browser.click("#new-task")
        self.browser.find("#task-form")

    def give(self, way, *files):
        """Files are (name, content) or (name, content, how many zero bytes follow)."""
        listed = [[name, base64.b64encode(content).decode(), *more, 0][:3] for name, content, *more in files]
        return self.browser.run(GIVE, way, listed)

    def wait_until_sent(self, count):
        self.browser.find(f"#attachments > li:nth-child({count})[data-state=sent]", "Ready")

    def send(self, title):
        self.browser.choose("#task-form select[name=terminal]", self.handset.id)
        self.browser.write("#task-form input[name=title]", title)
        self.browser.click("#task-send")
        return self.browser.find("#task-detail").get_attribute("data-task")

    def wait_for_pictures(self, count):
        seen = "return [...document.querySelectorAll('#task-attached img')].filter((image) => image.naturalWidth === 320).length"
        wait.until(lambda: self.browser.run(seen) == count, f"{count} attached pictures")

    def test_attached(self):
        """Pictures are chosen, dropped and pasted, one is taken away, and the task shows the others"""
        browser = self.browser
        browser.errors()
        self.give("choose", (HOSTILE, PICTURE), ("plan.png", PICTURE))
        self.assertTrue(self.give("drop", ("dropped.png", PICTURE)))
        browser.find("#attachments > li:nth-child(3)")
        self.assertTrue(self.give("paste", ("image.png", PICTURE)))
        self.wait_until_sent(4)
        self.assert_harmless(".attachment-name")
        browser.find("#attachments", "Photo 4")
        wait.until(lambda: browser.run(WIDTH, "#attachments img") == 320, "the thumbnail")
        browser.find(".attach-hint", "4 of at most 8")
        self.tab_to("#attachments > li:nth-child(2) .quiet")
        self.assertEqual(browser.driver.switch_to.active_element.accessible_name, "Remove plan.png")
        self.press(Keys.ENTER)
        browser.find(".attach-hint", "3 of at most 8")
        self.assertEqual(browser.driver.switch_to.active_element.accessible_name, "Remove dropped.png")
        self.send("Find the house")
        self.wait_for_pictures(3)
        self.assert_harmless("#task-attached .file-name")
        self.assertEqual(browser.all("#task-files > li"), [])
        browser.click("#task-attached button")
        wait.until(lambda: browser.run(WIDTH, "#photo .photo-stage img") == 320, "the picture")
        browser.find("#photo .photo-sub", "zhou")
        self.assertEqual(browser.errors(), [])

    def test_refused(self):
        """What is no picture, is damaged, is too large or too much is refused, and says so"""
        browser = self.browser
        self.give("choose", ("report.png", b"%PDF-1.7"), ("torn.png", PICTURE[:40]))
        browser.find(".attach-refused", "“report.png” is not a JPEG or PNG picture.")
        browser.find(".attach-refused", "“torn.png” is damaged")
        self.give("drop", ("huge.png", PICTURE, 20_000_000))
        browser.find(".attach-refused", "“huge.png” is larger than 20 MB.")
        self.give("choose", *[(f"{number}.png", PICTURE) for number in range(10)])
        browser.find(".attach-refused", "A task takes 8 pictures.")
        self.wait_until_sent(8)
        self.assertFalse(browser.find("#attach-add").is_enabled())

    def test_center_away(self):
        """Pictures reach a center that goes away meanwhile, and one that has thrown them away"""
        browser = self.browser
        self.center.program.kill()
        self.give("choose", ("plan.png", PICTURE))
        browser.find("#attachments > li[data-state=sending]")
        self.center.start()
        self.wait_until_sent(1)
        self.fill_center(OLD)
        browser.find(".terminal")
        self.send("Find the gate")
        self.wait_for_pictures(1)


if __name__ == "__main__":
    tap.main()
