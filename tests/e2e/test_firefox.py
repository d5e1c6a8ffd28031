#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises to a dispatcher who uses Firefox, through the real screens:

- a terminal appears, and its position moves on the map
- a terminal that is asked for live video sends what this Firefox can decode, with sound
- where it sends what this Firefox cannot decode, the console says so, and asking again helps

Firefox decodes H.264 in a call only with OpenH264, which it downloads and these tests do not let it.
"""

from gridcast_e2e import tap, wait
from gridcast_e2e.house import TRACK, HouseTest

SUPPORTED = "return RTCRtpReceiver.getCapabilities('video').codecs.map((codec) => codec.mimeType)"


class InFirefox(HouseTest):
    BROWSER = "firefox"

    def test_asked_from_firefox(self):
        """A terminal moves on the map, and sends live video that Firefox can decode"""
        worker = self.house.hire("Greta", nmea=TRACK)
        first = wait.until(lambda: self.dispatcher.marker(worker.id), "the terminal on the map", 30)
        self.dispatcher.ask_for_live(worker.id, "Is the bridge clear?")
        worker.terminal.find("Is the bridge clear?")
        worker.accept_live()
        self.dispatcher.tile(worker.id, "live")
        self.dispatcher.wait_for_frames(worker.id, 50)
        worker.terminal.find("1 watching")
        statistics = wait.until(self._sound_arrives, "sound")
        self.assertEqual(statistics["codec"], "video/VP8")
        wait.until(lambda: self.dispatcher.marker(worker.id) != first, "it to move", 30)
        self.dispatcher.end_live(worker.id)
        self.dispatcher.tile(worker.id, "ended")
        self.assertEqual(self.browser.errors(), [])

    def _sound_arrives(self):
        statistics = self.dispatcher.statistics()
        return statistics if statistics["audioBytes"] > 0 else None

    def test_cannot_decode(self):
        """Video that Firefox cannot decode is said to be so, and asking again helps"""
        self.assertNotIn("video/H264", self.browser.run(SUPPORTED))
        worker = self.house.hire("Heinz")
        worker.terminal.click("Go live")
        worker.terminal.find(f"Live to {self.center.called}")
        tile = f".tile[data-terminal='{worker.id}'] .tile-middle"
        self.browser.find(tile, "This browser cannot decode H.264")
        self.browser.find(tile, "Request the video again from here")
        worker.terminal.find("Nobody is watching")
        self.dispatcher.end_live(worker.id)
        self.dispatcher.tile(worker.id, "ended")
        self.dispatcher.ask_for_live(worker.id)
        worker.accept_live()
        self.dispatcher.wait_for_frames(worker.id, 20)


if __name__ == "__main__":
    tap.main()
