#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-publish when it cannot do what is asked:

- every refusal of a server ends it with exit status 1 and a sentence that says why
- answers that are garbage, hostile, too large, cut off, late or missing end it the same way
- a server without trust is not spoken to, one with a CA of its own is when the CA is given
- a camera that is not there or no film ends it; wrong options end it with exit status 2
- the token is never in what it prints, and it links no GTK
"""

import io
import os
import re
import subprocess
import time
import wave

from aiortc_peer import AiortcPeer
from certificates import make_certificate
from gridcast_e2e import tap
from publisher import PROGRAM, PublishTest
from whip_server import WhipServer

TOKEN = "a-secret-that-nobody-may-see"
SDP = "application/sdp"

# An answer of the right form that answers nothing that was asked.
STRANGE_ANSWER = b"""v=0\r
o=- 1 1 IN IP4 0.0.0.0\r
s=-\r
t=0 0\r
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r
c=IN IP4 0.0.0.0\r
a=mid:0\r
"""


def refuse(status, body=b"", **headers):
    return lambda handler: handler.say(status, body, **headers)


def created(body, content_type=SDP):
    return refuse(201, body, Content_Type=content_type, Location="/session/1")


def answer_with(pattern, replacement):
    """The offer itself is the answer, with that changed."""

    def answer(handler):
        sdp = handler.body.decode().replace("a=setup:actpass", "a=setup:passive").replace("a=sendonly", "a=recvonly")
        created(re.sub(pattern, replacement, sdp).encode())(handler)

    return answer


def only_post(odd):
    """OPTIONS is answered as usual."""
    return lambda handler: odd(handler) if handler.command == "POST" else handler.say(405)


def hang_up(handler):
    handler.hang_up()


def cut_off(handler):
    handler.send_response(201)
    handler.send_header("Content-Type", SDP)
    handler.send_header("Content-Length", "5000")
    handler.end_headers()
    handler.wfile.write(b"v=0\r\n")
    handler.hang_up()


def say_nothing(handler):
    handler.server.owner.released.wait(60)


def drip(handler):
    """A byte now and then, for ever."""
    handler.send_response(201)
    handler.send_header("Content-Type", SDP)
    handler.send_header("Content-Length", "50000")
    handler.end_headers()
    while not handler.server.owner.released.wait(0.2):
        handler.wfile.write(b"v")


def no_http(handler):
    handler.wfile.write(b"\x16\x03\x01\x02\x00 this is not HTTP\r\n\r\n")
    handler.hang_up()


# Path, what the server does, what the sentence says.
REFUSALS = {
    "/400": (refuse(400, b"bad offer", Content_Type="text/plain"), "bad offer"),
    "/401": (refuse(401), "does not accept the token"),
    "/403": (refuse(403), "does not accept the token"),
    "/404": (refuse(404), "nothing to publish to at this address"),
    "/409": (refuse(409), "refuses the stream"),
    "/415": (refuse(415), "no WHIP server"),
    "/429": (refuse(429, Retry_After="1"), "busy"),
    "/500": (refuse(500, b"<html>oops</html>", Content_Type="text/html"), "failed"),
    "/503": (refuse(503, Retry_After="1"), "busy"),
    "/200": (refuse(200, b"ok", Content_Type="text/plain"), "no WHIP server"),
    "/302": (refuse(302, Location="/whip"), "refuses the stream"),
    "/circle": (refuse(307, Location="/circle"), "circle"),
    "/away": (refuse(307, Location="ftp://127.0.0.1/whip"), "not an http or https address"),
    "/html": (created(b"<html>", "text/html"), "no session description"),
    "/empty": (created(b""), "no session description"),
    "/garbage": (created(b"\x00\xff" * 100), "session description"),
    "/words": (created(b"v=0\r\nnothing follows\r\n"), "session description"),
    "/strange": (created(STRANGE_ANSWER), "session description"),
    "/no-picture": (answer_with(r"m=video \d+", "m=video 0"), "refuses the picture"),
    "/nothing": (answer_with(r"m=(video|audio) \d+", r"m=\1 0"), "refuses the picture"),
    "/other-codec": (answer_with(r"(m=video \d+ \S+).*", r"\1 35"), "chooses no codec that was offered"),
    "/huge": (created(b"v=0\r\n" + b"a=x\r\n" * 200000), "over 65536 bytes"),
    "/many": (created(b"v=0\r\ns=-\r\nt=0 0\r\n" + b"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n" * 1500), "session description"),
    "/hang-up": (hang_up, "no answer"),
    "/cut-off": (cut_off, "no answer"),
    "/silent": (say_nothing, "does not answer in time"),
    "/drip": (drip, "does not answer in time"),
    "/no-http": (no_http, "no answer"),
}

USAGE = [
    ([], "--whip URL is missing"),
    (["--whip", "http://127.0.0.1/", "--codec", "av1"], "--codec"),
    (["--whip", "http://127.0.0.1/", "--bitrate", "5"], "--bitrate"),
    (["--whip", "http://127.0.0.1/", "--bitrate", "many"], "many"),
    (["--whip", "http://127.0.0.1/", "--mode", "best"], "--mode"),
    (["--whip", "http://127.0.0.1/", "--size", "640"], "--size"),
    (["--whip", "http://127.0.0.1/", "--size", "8x8"], "--size"),
    (["--whip", "http://127.0.0.1/", "--patience", "-1"], "--patience"),
    (["--whip", "http://127.0.0.1/", "--token-file", "/nowhere/token"], "/nowhere/token"),
    (["--whip", "http://127.0.0.1/", "--token-file", "/dev/null"], "no token"),
    (["--whip", "http://127.0.0.1/", "--ca-file", "/nowhere/ca.pem"], "/nowhere/ca.pem"),
    (["--whip", "http://127.0.0.1/", "--ca-file", PROGRAM], "certificate"),
    (["--whip", "http://127.0.0.1/", "--token", TOKEN], "--token"),
    (["--whip", "http://127.0.0.1/", "more"], "no arguments"),
    (["--nonsense"], "--nonsense"),
]


def y4m(size, picture):
    return f"YUV4MPEG2 {size} F25:1 Ip A1:1 C420\nFRAME\n".encode() + picture


def sound():
    data = io.BytesIO()
    with wave.open(data, "wb") as film:
        film.setparams((1, 2, 8000, 0, "NONE", None))
        film.writeframes(bytes(8000))
    return data.getvalue()


# What is in a file that shall be the camera, and what is said of it.
BAD_FILMS = {
    "missing.mp4": (None, "no file"),
    "empty.y4m": (b"", "can be played"),
    "text.mp4": (b"no film", "can be played"),
    "cut-in-the-header.y4m": (b"YUV4MPEG2 W64 ", "no picture"),
    "cut-in-the-picture.y4m": (y4m("W64 H48", b"@@@"), "no picture"),
    "without-pictures.wav": (sound(), "no picture"),
    "30000-pixels.y4m": (y4m("W30000 H30000", b"@" * 5000), "no picture"),
    "100000-pixels.y4m": (y4m("W100000 H100000", b"@" * 5000), "can be played"),
    "less-than-no-pixels.y4m": (y4m("W-4 H0", b"@" * 5000), "can be played"),
}


class Refusals(PublishTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.token_file = cls.folder / "token"
        cls.token_file.write_text(TOKEN + "\n")
        cls.server = WhipServer(None)
        cls.server.odd = {path: only_post(odd) for path, (odd, _) in REFUSALS.items()}
        cls.addClassCleanup(cls.server.close)

    def assert_ends(self, publisher, sentence, status=1, seconds=60):
        ended, log = publisher.wait_for_end(seconds)
        self.assertEqual(ended, status, log)
        self.assertIn(sentence, log.splitlines()[-1])
        self.assertTrue(log.splitlines()[-1].startswith("gridcast-publish: "), log)
        self.assertNotIn(TOKEN, log)

    def test_no_gtk(self):
        """The engine without a window links no GTK"""
        needed = subprocess.run(["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout
        self.assertIn("libgstreamer", needed)
        for name in ("gtk", "adwaita", "gdk", "shumate"):
            self.assertNotIn(name, needed)

    def test_usage(self):
        """Wrong options end it with exit status 2"""
        for options, sentence in USAGE:
            ended = subprocess.run([PROGRAM, *options], capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual(ended.returncode, 2, (options, ended.stderr))
            self.assertIn(sentence, ended.stderr)
            self.assertEqual(ended.stdout, "")

    def test_help(self):
        """--help and --version say what they should"""
        for option in ("--help", "--version"):
            ended = subprocess.run([PROGRAM, option], capture_output=True, text=True, check=False, timeout=60)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))
            self.assertIn("gridcast-publish", ended.stdout)

    def test_nobody(self):
        """No server at all"""
        server = WhipServer(None)
        url = server.url()
        server.close()
        self.assert_ends(self.publish(url, "--patience", "8"), "no answer")

    def test_wrong_token(self):
        """A token that the server does not know"""
        server = WhipServer(None, token="another")
        self.addCleanup(server.close)
        publisher = self.publish(server.url(), "--token-file", self.token_file)
        self.assert_ends(publisher, "no such token")
        self.assertEqual(server.requests[-1].headers["Authorization"], f"Bearer {TOKEN}")

    def test_untrusted(self):
        """A server whose certificate nobody vouches for gets no token"""
        certificate, _ = make_certificate(self.folder / "untrusted.pem")
        server = WhipServer(None, certificate=certificate)
        self.addCleanup(server.close)
        publisher = self.publish(server.url(), "--token-file", self.token_file, "--patience", "10")
        self.assert_ends(publisher, "cannot prove")
        self.assertEqual(server.requests, [])

    def test_trusted(self):
        """A server with a CA of its own is spoken to when that is given, and no other CA's is"""
        certificate, ca = make_certificate(self.folder / "trusted.pem")
        _, other_ca = make_certificate(self.folder / "other.pem")
        peer = AiortcPeer()
        self.addCleanup(peer.close)
        server = WhipServer(peer, token=TOKEN, certificate=certificate)
        self.addCleanup(server.close)
        options = ["--token-file", self.token_file, "--patience", "20"]
        self.assert_ends(self.publish(server.url(), *options, "--ca-file", other_ca), "cannot prove")
        self.assertEqual(server.requests, [])
        publisher = self.publish(server.url(), *options, "--ca-file", ca)
        publisher.wait_for_state("live")
        status, log = publisher.interrupt()
        self.assertEqual(status, 0, log)
        self.assertNotIn(TOKEN, log)
        self.assertEqual(server.count("DELETE"), 1)

    def test_no_camera(self):
        """A camera that is not there, and files that are no film"""
        url = self.server.url("/silent")
        for name, (content, sentence) in BAD_FILMS.items():
            film = self.folder / name
            if content is not None:
                film.write_bytes(content)
            # What decoders forget of bad input is told by the whole stack of an allocation.
            environment = {"ASAN_OPTIONS": os.environ["WHOLE_STACKS"]}
            self.assert_ends(self.publish(url, camera=str(film), environment=environment), sentence)
        self.assert_ends(self.publish(url, camera=str(self.folder)), "is a folder")
        self.assert_ends(self.publish(url, camera="Nobody's camera"), "no such camera")


def add_refusal(path, sentence):
    def test(self):
        started = time.monotonic()
        publisher = self.publish(self.server.url(path), "--token-file", self.token_file, "--patience", "5")
        self.assert_ends(publisher, sentence)
        self.assertLess(time.monotonic() - started, 55)

    test.__doc__ = f"A server that answers as {path}: “{sentence}”"
    setattr(Refusals, "test_refusal_" + path[1:].replace("-", "_"), test)


for refusal, (_, words) in REFUSALS.items():
    add_refusal(refusal, words)

if __name__ == "__main__":
    tap.main()
