#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-publish to a WHIP server that is not ours (aiortc):

- picture and sound are decoded there, as H.264 or VP8 and Opus; a film of the right brightness
- sound can be left out, or be silent, and the picture flows
- the offer is what RFC 9725 asks for; a server may refuse transport-wide feedback
- redirections are followed; a server without Location is published to
- an interrupted stream is ended at the server, and the program succeeds
- a server that takes no repetitions gets none
- a connection that breaks is made again while camera and encoder run on
- the round trip is known, so the server gets sender reports
"""

import re
import signal

from aiortc_peer import PAYLOAD_TYPES, AiortcPeer
from gridcast_e2e import tap, wait
from publisher import PublishTest, make_film
from whip_server import WhipServer

DARK, BRIGHT = 60, 190
LIMITS = {"nothing", "network", "encoder", "camera", "setting"}


class Streams(PublishTest):
    def setUp(self):
        self.peer = AiortcPeer()
        self.addCleanup(self.peer.close)
        self.server = WhipServer(self.peer)
        self.addCleanup(self.server.close)

    def wait_for_frames(self, publisher, count, sound=None):
        wait.until(
            lambda: self.peer.frames >= count and (sound is None or self.peer.sound >= sound),
            lambda: f"{count} frames, got {self.peer.frames} and {self.peer.sound} of sound:\n{publisher.log()}",
            40,
        )

    def publish_film(self, codec):
        film = self.folder / f"{codec}.y4m"
        make_film(film, DARK)
        publisher = self.publish(self.server.url(), "--codec", codec, "--stats-json", camera=str(film))
        self.wait_for_frames(publisher, 40, 60)
        self.assertEqual(self.peer.sizes[-1], (320, 240))
        self.assertAlmostEqual(self.peer.brightness[-1], DARK, delta=6)
        make_film(film, BRIGHT)
        wait.until(
            lambda: abs(self.peer.brightness[-1] - BRIGHT) < 6,
            lambda: f"the other film, last was {self.peer.brightness[-1]}",
        )
        wait.until(lambda: publisher.stats().get("rtt_ms") is not None, "a round trip")
        # Offered, and refused: then nobody can tell what waits on the way.
        self.assertIn("transport-cc", self.peer.offer)
        self.assertNotIn("transport-cc", self.peer.answered)
        self.assertIsNone(publisher.stats().get("queue_ms"))
        self.assertEqual(publisher.stats()["path"], "host")
        self.assertGreaterEqual(publisher.stats()["key_frames"], 1)
        wait.until(lambda: publisher.stats().get("delay_ms") is not None, "the age of a picture")
        self.assertIn(publisher.stats()["limit"], LIMITS)
        self.assertIn(publisher.stats()["grade"], range(5))
        status, log = publisher.interrupt()
        self.assertEqual(status, 0, log)
        self.assertEqual(self.server.requests[-1].method, "DELETE")

    def test_h264(self):
        """H.264 and Opus are decoded by a stranger, and the picture is the camera's"""
        self.publish_film("h264")
        self.assertIn("H264/90000", self.peer.offer)

    def test_vp8(self):
        """VP8 and Opus are decoded by a stranger, and the picture is the camera's"""
        self.publish_film("vp8")
        self.assertIn("VP8/90000", self.peer.offer)

    def test_offer(self):
        """The offer is bundled, only sends, leaves the DTLS role open and holds candidates"""
        publisher = self.publish(self.server.url())
        publisher.wait_for_state("live")
        lines = self.peer.offer.splitlines()
        self.assertEqual([line.split()[0] for line in lines if line.startswith("m=")], ["m=video", "m=audio"])
        self.assertEqual(lines.count("a=sendonly"), 2)
        self.assertEqual(lines.count("a=setup:actpass"), 2)
        self.assertTrue(any(line.startswith("a=fmtp:") and "useinbandfec=1" in line for line in lines))
        self.assertTrue(any(line.startswith("a=group:BUNDLE") for line in lines))
        self.assertTrue(any(line.startswith("a=candidate:") for line in lines))
        self.assertNotIn("a=recvonly", lines)
        # One stream, and packets that can be told apart: servers of the Pion family need both.
        streams = [line.split()[0] for line in lines if line.startswith("a=msid:")]
        self.assertEqual(len(streams), 2)
        self.assertEqual(len(set(streams)), 1)
        self.assertEqual(sum(line.startswith("a=ssrc-group:FID ") for line in lines), 1)
        self.assertEqual(sum(line.startswith("a=ssrc:") and " cname:" in line for line in lines), 3)
        post = next(request for request in self.server.requests if request.method == "POST")
        self.assertEqual(post.headers["Content-Type"], "application/sdp")

    def test_localhost(self):
        """A server on this machine is reached at once, past every uplink"""
        publisher = self.publish(self.server.url().replace("127.0.0.1", "localhost"))
        publisher.wait_for_state("live")
        self.assertEqual(self.server.count("POST"), 1)

    def test_no_audio(self):
        """Without sound there is one section, and the picture flows"""
        publisher = self.publish(self.server.url(), "--no-audio")
        self.wait_for_frames(publisher, 10)
        self.assertNotIn("m=audio", self.peer.offer)

    def test_no_microphone(self):
        """A terminal without microphone sends its picture"""
        publisher = self.publish(self.server.url(), microphone="none")
        self.wait_for_frames(publisher, 10)
        self.assertEqual(self.peer.sound, 0)

    def test_size(self):
        """The picture is no larger than what was asked for"""
        publisher = self.publish(self.server.url(), "--size", "640x640", "--bitrate", "500")
        self.wait_for_frames(publisher, 10)
        self.assertEqual(self.peer.sizes[-1], (640, 360))

    def test_terminated(self):
        """SIGTERM ends the stream at the server, too"""
        publisher = self.publish(self.server.url())
        publisher.wait_for_state("live")
        status, log = publisher.interrupt(signal.SIGTERM)
        self.assertEqual(status, 0, log)
        self.assertEqual(self.server.requests[-1].method, "DELETE")

    def test_redirect(self):
        """A server that shares its load leads to another, with offer and token"""
        token_file = self.folder / "token"
        token_file.write_text("t0ken")
        self.server.token = "t0ken"
        self.server.odd["/elsewhere"] = lambda handler: handler.say(307, Location="/whip")
        publisher = self.publish(self.server.url("/elsewhere"), "--token-file", token_file)
        self.wait_for_frames(publisher, 5)

    def test_no_location(self):
        """A server that names no session is published to all the same"""

        def answer(handler):
            if handler.command != "POST":
                handler.say(404)
                return
            body = self.server.requests[-1].body.decode()
            handler.say(201, self.peer.answer(body).encode(), Content_Type="application/sdp")

        self.server.odd["/rough"] = answer
        publisher = self.publish(self.server.url("/rough"))
        self.wait_for_frames(publisher, 5)
        status, log = publisher.interrupt()
        self.assertEqual(status, 0, log)
        self.assertEqual(self.server.count("DELETE"), 0)

    def test_no_repetitions(self):
        """A server that takes no repetitions gets none, and nothing else that it has not asked for"""
        taken = set()

        def answer(handler):
            if handler.command != "POST":
                handler.say(404)
                return
            sdp = self.peer.answer(handler.body.decode())
            rtx = re.findall(r"a=rtpmap:(\d+) rtx/", sdp)
            self.assertTrue(rtx)
            for number in rtx:
                sdp = re.sub(rf"a=(rtpmap|fmtp):{number} .*\r\n", "", sdp)
                sdp = re.sub(rf"(m=video .*) {number}\b", r"\1", sdp)
            taken.update(int(number) for number in re.findall(r"a=rtpmap:(\d+) ", sdp))
            handler.say(201, sdp.encode(), Content_Type="application/sdp")

        self.server.odd["/plain"] = answer
        PAYLOAD_TYPES.clear()
        publisher = self.publish(self.server.url("/plain"))
        self.wait_for_frames(publisher, 60)
        self.assertLessEqual(PAYLOAD_TYPES, taken)

    def test_reconnects(self):
        """A connection that the server drops is made again, and the picture goes on"""
        publisher = self.publish(self.server.url(), "--stats-json")
        self.wait_for_frames(publisher, 10)
        self.peer.close()
        seen = self.peer.frames
        publisher.wait_for_state("reconnecting", seconds=60)
        publisher.wait_for_state("live", times=2, seconds=60)
        self.wait_for_frames(publisher, seen + 10)
        self.assertEqual(publisher.log().count("camera on"), 1)
        wait.until(lambda: publisher.stats().get("reconnects", 0) >= 1, "the count of reconnects")

    def test_server_returns(self):
        """A server that is down at first is found when it comes up"""
        self.server.odd["/whip"] = lambda handler: handler.say(503, Retry_After="1")
        publisher = self.publish(self.server.url())
        wait.until(lambda: self.server.count("POST") >= 2, "a second attempt", 60)
        del self.server.odd["/whip"]
        self.wait_for_frames(publisher, 5)


if __name__ == "__main__":
    tap.main()
