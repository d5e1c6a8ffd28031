#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-publish to a browser that answers its offer (Chromium):

- picture and sound are decoded there, as H.264 or VP8 and Opus
- picture and sound are one stream, with sender reports for both, and are shown together
- a stream begins with a key frame, and lost packets can be had again
"""

from browser_peer import BrowserPeer
from gridcast_e2e import tap, wait
from publisher import PublishTest
from whip_server import WhipServer


class Browser(PublishTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.peer = BrowserPeer(cls.stage)
        cls.server = WhipServer(cls.peer)
        cls.addClassCleanup(cls.server.close)

    def stream(self, codec):
        publisher = self.publish(self.server.url(), "--codec", codec, "--stats-json")
        for figure, media, least in (("framesDecoded", "video", 60), ("totalSamplesReceived", "audio", 48000)):
            wait.until(
                lambda: self.peer.figure(figure, media=media) >= least,
                lambda: f"{figure}, is {self.peer.figure(figure, media=media)}:\n{publisher.log()}",
                40,
            )
        return publisher

    def check_reports(self):
        for media in ("video", "audio"):
            wait.until(
                lambda: self.peer.stats("remote-outbound-rtp", media),
                f"a sender report for {media}",
            )

    def test_h264(self):
        """H.264 and Opus are decoded in a browser, with sender reports for both"""
        publisher = self.stream("h264")
        self.check_reports()
        self.assertEqual(publisher.interrupt()[0], 0)

    def test_vp8(self):
        """VP8 and Opus are decoded in a browser, with sender reports for both"""
        publisher = self.stream("vp8")
        self.check_reports()
        self.assertEqual(publisher.interrupt()[0], 0)

    def test_lip_synchronisation(self):
        """Picture and sound of one moment are shown together"""
        publisher = self.stream("h264")

        def gap_ms():
            moments = [
                self.peer.figure("estimatedPlayoutTimestamp", media=media) for media in ("video", "audio")
            ]
            return abs(moments[0] - moments[1]) if all(moments) else None

        wait.until(lambda: (gap := gap_ms()) is not None and gap < 200, lambda: f"less than {gap_ms()} ms", 30)
        self.assertEqual(publisher.interrupt()[0], 0)

    def test_one_stream(self):
        """The tracks belong to one stream, which begins with a key frame; lost packets can be had again"""
        publisher = self.stream("vp8")
        self.assertEqual(self.peer.streams(), [2])
        self.assertGreaterEqual(self.peer.figure("keyFramesDecoded"), 1)
        self.assertGreater(self.peer.figure("rtxSsrc"), 0)
        self.assertEqual(publisher.interrupt()[0], 0)


if __name__ == "__main__":
    tap.main()
