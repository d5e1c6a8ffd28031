#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the languages, through the real screens:

- phone and console speak Chinese from the first screen to the task, and no English is left over
- the console changes its language without being loaded again
"""

import re

from gridcast_e2e import tap
from gridcast_e2e.house import HouseTest

CHINESE = re.compile(r"[\u4e00-\u9fff]")
# Names and figures that are the same in every language.
NAMES = re.compile(
    r"Gridcast|gridcast-\S+|Riverside Command|\b(?:Lin|Yusuf)\b|https?://\S+|127\.0\.0\.1(?::\d+)?|English|"
    r"H\.?264|VP8|[0-9a-f-]{36}|km/h|km|min|\bm\b|±"
)


def english_in(text):
    return re.findall(r"[A-Za-z]{3,}[A-Za-z ,.’]*", NAMES.sub("", text))


class Screens(HouseTest):
    def test_phone_in_chinese(self):
        """The phone speaks Chinese"""
        worker = self.house.start_worker("chinese", language="zh_CN.UTF-8")
        worker.terminal.find("绑定综治中心")
        self._all_chinese(worker)
        code = self.dispatcher.offer_pairing("Yusuf")
        worker.terminal.click("输入")
        worker.terminal.write("绑定码", code)
        worker.terminal.click("下一步")
        worker.terminal.find(self.center.called)
        worker.terminal.click("绑定", exactly=True)
        worker.id = self.dispatcher.finish_pairing()
        worker.terminal.find("已离岗")
        self._all_chinese(worker)

    def _all_chinese(self, worker):
        left = [(role, text) for role, text in worker.terminal.texts() if english_in(text)]
        self.assertEqual([entry for entry in left if entry[0] not in ("application", "frame")], [])

    def test_console_in_chinese(self):
        """The console changes to Chinese and back without being loaded again"""
        self.browser.run("window.stillTheSamePage = true")
        self.browser.click("#language")
        try:
            self.browser.find("#pair", None)
            text = self.browser.text()
            self.assertTrue(CHINESE.search(text))
            self.assertEqual(english_in(text), [])
            self.assertTrue(self.browser.run("return document.documentElement.lang").startswith("zh"))
        finally:
            self.browser.click("#language")
        self.assertEqual(CHINESE.findall(self.browser.text().replace("中文", "")), [])
        self.assertTrue(self.browser.run("return window.stillTheSamePage === true"))


if __name__ == "__main__":
    tap.main()
