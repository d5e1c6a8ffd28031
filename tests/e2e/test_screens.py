#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the languages, through the real screens:

- the phone speaks Chinese on every page, and no English is left over
- the console speaks each of its languages on every page, and nothing of the other is left over
- the console changes its language without being loaded again, the clock in its bar included
- every page fits the screens that it is meant for

Each page is also photographed, for the eye: the pictures are in this test's logs.
"""

import re

from gridcast_e2e import tap, wait
from gridcast_e2e.dispatcher import PASSWORD, USER
from gridcast_e2e.house import TRACK, HouseTest

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Names and figures that are the same in every language.
NAMES = re.compile(
    r"Switch to English|切换到中文|Gridcast(?: contributors)?|gridcast\S*|https?://\S+|127\.0\.0\.1(?::\d+)?|English|中文|OpenH264|Chromium|"
    r"H\.?264|VP8|Wi-Fi|[0-9a-f-]{8,36}|km/h|kbit/s|km|min|\bm\b|±|\bvm\b"
)
# What people wrote or are called; the long ones are as long as names get.
CENTER = "临海县古城街道综治中心"
WORKER = "欧阳·阿卜杜拉建国"
TITLE = "学院路与大洋路交叉口积水，请到现场设置警示牌并拍照"
PLACE = "古城街道学院路与大洋路交叉口东北角"
NOTE = "水深三十厘米，已设警示牌"
REASON = "请让我们看看水位"
WRITTEN = (CENTER, WORKER, TITLE, PLACE, NOTE, REASON, USER)
WALL, DESK = (1600, 900), (1024, 700)


def left_over(text, pattern):
    for words in WRITTEN:
        text = text.replace(words, "")
    return pattern.findall(NAMES.sub("", text))


def english_in(text):
    return left_over(text, re.compile(r"[A-Za-z]{3,}[A-Za-z ,.’]*"))


def chinese_in(text):
    return left_over(text, re.compile(r"[\u4e00-\u9fff]+"))


class Screens(HouseTest):
    CENTER = CENTER

    def setUp(self):
        self.browser.resize(*WALL)
        self.speak("en")

    def speak(self, language):
        """Opens the console anew, in a language."""
        self.browser.open(self.center.url)
        self.browser.run("localStorage.setItem('gridcast-language', arguments[0])", language)
        super().setUp()

    def picture(self, name, of):
        of.screenshot(self.house.stage.logs / f"{name}.png")

    # --- the phone ---

    def test_phone_in_chinese(self):
        """The phone speaks Chinese on every page"""
        worker = self.house.start_worker("chinese", language="zh_CN.UTF-8", nmea=TRACK)
        self._walk_pairing(worker)
        self._walk_shift(worker)
        self._walk_live(worker)
        self._walk_tasks(worker)
        self._walk_menu(worker)

    def look(self, worker, name):
        """Everything on the phone's screen is Chinese."""
        self.picture(f"phone-{name}", worker.terminal)
        left = [(role, text) for role, text in worker.terminal.texts() if english_in(text)]
        self.assertEqual([entry for entry in left if entry[0] not in ("application", "frame")], [], name)

    def _walk_pairing(self, worker):
        worker.find("Pair with a center")
        self.look(worker, "pairing")
        worker.click("Type the code")
        worker.write("Pairing code", "https://example.org/menu")
        worker.click("Next", exactly=True)
        worker.find("This is not a pairing code. Look for the code on the center’s screen.")
        worker.write("Pairing code", self.dispatcher.offer_pairing(WORKER))
        self.look(worker, "pairing-code")
        worker.click("Next", exactly=True)
        worker.find_question()
        self.look(worker, "pairing-question")
        worker.confirm_pairing()
        worker.wait_until_paired()
        worker.id = self.dispatcher.finish_pairing()
        self.look(worker, "off-duty")

    def _walk_shift(self, worker):
        worker.go_on_duty()
        self.dispatcher.wait_for_standing(worker.id, "duty")
        self.look(worker, "on-duty")

    def _walk_live(self, worker):
        self.dispatcher.ask_for_live(worker.id, REASON)
        worker.find("The center asks for live video")
        self.look(worker, "ringing")
        worker.refuse_live()
        self.look(worker, "ringing-why")
        worker.click("Not possible here")
        self.dispatcher.tile(worker.id, "ended")
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        worker.terminal.find("1 人在看")
        self.look(worker, "live")
        worker.go_back()
        self.look(worker, "home-live")
        self.dispatcher.end_live(worker.id)
        worker.find("The center ended live video", exactly=True)

    def _walk_tasks(self, worker):
        self.dispatcher.send_task(worker.id, "走访独居老人")
        self.dispatcher.send_task(worker.id, TITLE, NOTE, "urgent", (70, -45), PLACE)
        worker.terminal.find(TITLE)
        self.look(worker, "home-tasks")
        worker.open_task(TITLE)
        self.look(worker, "task")
        worker.ask_to_decline()
        self.look(worker, "task-decline")
        worker.go_back()
        worker.step("accepted")
        worker.step("en-route")
        worker.step("arrived")
        self.look(worker, "task-arrived")
        worker.finish(NOTE)
        self.dispatcher.wait_for_task("done")
        self.look(worker, "task-done")
        worker.go_back()

    def _walk_menu(self, worker):
        worker.click("Menu")
        worker.find("Terminal number")
        self.look(worker, "menu")
        worker.click("Data use")
        worker.find("Mobile data")
        self.look(worker, "data-use")
        worker.go_back()
        worker.click("Who watched")
        worker.terminal.find(USER)
        self.look(worker, "who-watched")
        worker.go_back()
        worker.click("Unpair this terminal…")
        worker.find("Unpair this terminal?")
        self.look(worker, "unpair")
        worker.click("Cancel", exactly=True)

    # --- the console ---

    def test_console_in_both_languages(self):
        """The console speaks Chinese and English on every page"""
        worker = self.house.hire(WORKER, nmea=TRACK)
        for language, leftovers in (("zh", english_in), ("en", chinese_in)):
            self.speak(language)
            self.dispatcher.select(worker.id)
            self.browser.click(f"li[data-terminal='{worker.id}'] [data-action=live]")
            self._look_at_console(f"{language}-ask-for-live", leftovers)
            self.dispatcher.close_dialog()
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 10)
        self.dispatcher.send_task(worker.id, TITLE, NOTE, "urgent", (70, -45), PLACE)
        for language, leftovers in (("zh", english_in), ("en", chinese_in)):
            self.speak(language)
            self._walk_console(worker, lambda name, tag=language, find=leftovers: self._look_at_console(f"{tag}-{name}", find))

    def _look_at_console(self, name, leftovers):
        for size in (WALL, DESK):
            self.browser.resize(*size)
            wait.until(lambda size=size: self.browser.run("return innerWidth") == size[0], "the page to be resized")
            self.picture(f"console-{name}-{size[0]}", self.browser)
            self.assertEqual(self.browser.run("return document.documentElement.scrollWidth") - size[0], 0, name)
        self.browser.resize(*WALL)
        shown = self.browser.text() + " ".join(self.browser.run(NAMED))
        self.assertEqual(leftovers(shown), [], name)

    def _walk_console(self, worker, look):
        browser, dispatcher = self.browser, self.dispatcher
        dispatcher.select(worker.id)
        browser.click(f"li[data-terminal='{worker.id}'] [data-action=track]")
        dispatcher.wait_for_frames(worker.id, 10)
        browser.click(".tile [data-action=statistics]")
        look("watching")
        browser.click("#task-list .task-head")
        browser.find("#task-history .step")
        look("task")
        browser.click("#task-cancel")
        look("cancel-task")
        dispatcher.close_dialog()
        browser.click("#task-back")
        browser.click("#new-task")
        browser.click("#task-send")
        look("task-form")
        browser.click("#task-form .form-actions button:not([type=submit])")
        browser.click("#pair")
        browser.click("#pairing-make")
        look("pairing-form")
        browser.write("#pairing-form input[name=worker]", WORKER)
        browser.click("#pairing-make")
        browser.find("#pairing-qr")
        look("pairing-code")
        dispatcher.close_dialog()
        browser.click(f"li[data-terminal='{worker.id}'] [data-action=revoke]")
        look("revoke")
        dispatcher.close_dialog()
        browser.click(".tile [data-action=end]")
        look("end-live")
        dispatcher.close_dialog()
        browser.click("#audit")
        browser.find("#audit-rows tr")
        look("audit")
        dispatcher.close_dialog()
        browser.click("#logout")
        browser.click("#login button[type=submit]")
        look("login")
        dispatcher.log_in(USER, PASSWORD)
        browser.find(f"li[data-terminal='{worker.id}']")

    def test_language_without_reload(self):
        """The console changes its language without being loaded again"""
        self.browser.run("window.stillTheSamePage = true")
        self.browser.click("#language")
        try:
            self.browser.find("#new-task", "新建任务")
            self.assertTrue(CHINESE.search(self.browser.find(".wall-clock").text))
            self.assertEqual(english_in(self.browser.text()), [])
            self.assertTrue(self.browser.run("return document.documentElement.lang").startswith("zh"))
        finally:
            self.browser.click("#language")
        self.assertEqual(chinese_in(self.browser.text()), [])
        self.assertTrue(self.browser.run("return window.stillTheSamePage === true"))


# Names and tooltips, which nobody sees who does not ask for them.
NAMED = """
return [...document.querySelectorAll('[aria-label], [title], [placeholder]')]
  .filter((node) => node.checkVisibility())
  .flatMap((node) => [node.getAttribute('aria-label'), node.title, node.placeholder])
  .filter(Boolean);
"""


if __name__ == "__main__":
    tap.main()
