#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the relay, checked with Chromium:

- what Chromium publishes in H.264 or VP8, Chromium decodes, with sound beside the picture
- lost packets are asked for again on both sides, and publishers get transport-wide feedback
- viewers are told to show each picture at once
- a viewer who waits sees on when the publisher returns, however long it took
"""

import asyncio
import pathlib
import tempfile
import unittest

from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from gridcast_e2e import tap
from gridcast_e2e.chromium import FLAGS
from relay_peers import Relay, until

PEERS = pathlib.Path(__file__).with_name("peers.js")


class BrowserCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [
            *FLAGS,
            f"--user-data-dir={cls.folder.name}/profile",
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
        ]:
            options.add_argument(flag)
        service = Service("/usr/bin/chromedriver", log_output=f"{cls.folder.name}/log")
        cls.driver = webdriver.Chrome(options=options, service=service)
        cls.addClassCleanup(cls.driver.quit)
        cls.driver.set_script_timeout(20)

    def setUp(self):
        self.relay = Relay()
        self.driver.get(self.relay.url)
        self.driver.execute_script(PEERS.read_text(encoding="utf-8"))
        self.addCleanup(self.relay.stop)
        self.addCleanup(self.driver.get, "about:blank")

    def call(self, function, *arguments):
        """Awaits window.peers.FUNCTION(...) in the page."""
        value = self.driver.execute_async_script(
            "const done = arguments[arguments.length - 1];"
            "Promise.resolve(window.peers[arguments[0]](...[...arguments].slice(1, -1)))"
            ".then(v => done({ value: v }), e => done({ error: String(e) }));",
            function,
            *arguments,
        )
        self.assertNotIn("error", value)
        return value["value"]

    def wait(self, condition, what, seconds=20):
        return asyncio.run(until(condition, what, seconds))

    def decodes(self, viewer, frames=20):
        goal = self.call("frames", viewer) + frames
        self.wait(
            lambda: self.call("frames", viewer) >= goal,
            lambda: f"frame {goal} of {viewer}: {self.call('statistics', viewer)}",
        )


class Media(BrowserCase):
    def check(self, codec):
        publisher = self.call("publish", "p", codec, True)
        viewer = self.call("watch", "v")
        self.decodes("v")
        self.wait(lambda: self.call("statistics", "v")["audio"]["energy"] > 0, "sound")
        video = self.call("statistics", "v")["video"]
        self.assertEqual(video["codec"], f"video/{codec}")
        # Chromium sends fewer pixels while it thinks that the network or the machine has no room.
        self.assertEqual(video["width"] * 3, video["height"] * 4)
        for answer in (publisher["answer"], viewer["answer"]):
            self.assertIn(" nack\r\n", answer)
            self.assertIn(" nack pli\r\n", answer)
            self.assertIn("rtx/90000", answer)
        self.assertIn("transport-wide-cc-extensions", publisher["answer"])
        self.assertIn(" transport-cc\r\n", publisher["answer"])
        self.assertIn("rtp-hdrext/playout-delay", viewer["answer"].split("m=video")[1])
        self.assertEqual(self.relay.count(f"publishing s {codec} 1"), 1)

    def test_h264(self):
        """H.264 and Opus from Chromium to Chromium, with NACK, RTX, PLI and transport-wide feedback"""
        self.check("H264")

    def test_vp8(self):
        """VP8 and Opus from Chromium to Chromium, with NACK, RTX, PLI and transport-wide feedback"""
        self.check("VP8")

    def test_late_and_leaving(self):
        """Viewers come late and leave, and the others see on"""
        self.call("publish", "p", "H264", True)
        self.call("watch", "first")
        self.decodes("first")
        self.call("watch", "late")
        self.decodes("late")
        self.call("leave", "first")
        self.wait(lambda: self.relay.count("viewer-left") == 1, "the first to leave", 4)
        self.decodes("late")

    def test_feedback(self):
        """Transport-wide feedback lets a publisher find out in seconds what the network carries"""
        self.call("publish", "p", "VP8", False)
        # From reports of loss alone the estimate rises by 8 % a second, from 300 kbit/s: that takes 16 s.
        self.wait(
            lambda: self.call("outgoing_bps", "p") > 1e6,
            lambda: f"an estimate: {self.call('outgoing_bps', 'p')}",
            15,
        )


class Return(BrowserCase):
    def test_after_long_silence(self):
        """A viewer who waits sees on when the publisher returns after a long time"""
        self.call("publish", "p", "VP8", True)
        self.call("watch", "v")
        self.decodes("v")
        self.call("leave", "p")
        self.wait(lambda: self.relay.count("publisher-gone") == 1, "the publisher to leave", 4)
        # Long enough for GStreamer to declare the streams ended (RTCP BYE).
        self.wait(lambda: self.call("statistics", "v")["silence_ms"] > 15000, "silence", 30)
        self.call("publish", "q", "VP8", True)
        self.decodes("v")
        energy = self.call("statistics", "v")["audio"]["energy"]
        self.wait(lambda: self.call("statistics", "v")["audio"]["energy"] > energy, "sound")
        self.assertEqual(self.relay.count("viewer-left"), 0)

    def test_takeover(self):
        """A viewer sees on when the publisher changes connections"""
        self.call("publish", "p", "H264", True)
        self.call("watch", "v")
        self.decodes("v")
        self.call("publish", "q", "H264", True)
        self.wait(lambda: self.relay.count("publishing") == 2, "the second connection")
        self.decodes("v", 40)
        self.assertEqual(self.relay.count("publisher-gone"), 0)


if __name__ == "__main__":
    tap.main()
