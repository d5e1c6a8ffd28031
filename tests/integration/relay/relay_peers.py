# SPDX-License-Identifier: GPL-3.0-or-later
"""A relay to test, and independent peers (aiortc) that publish to it and watch."""

import asyncio
import contextlib
import os
import subprocess
import threading

import aiohttp
import aiortc.rtcdtlstransport
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.codecs import opus
from aiortc.mediastreams import AudioStreamTrack, VideoStreamTrack
from gridcast_e2e import wait

SERVER = os.environ.get("RELAY_SERVER", "")
TOKEN = "t"
SDP = {"Content-Type": "application/sdp"}
FRAGMENT = {"Content-Type": "application/trickle-ice-sdpfrag"}

# aiortc offers fewer DTLS ciphers than GStreamer asks for.
_make_context = aiortc.rtcdtlstransport.RTCCertificate._create_ssl_context


def _make_wider_context(self, **settings):
    context = _make_context(self, **settings)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    return context


aiortc.rtcdtlstransport.RTCCertificate._create_ssl_context = _make_wider_context


# aiortc decodes Opus in frames of 20 ms alone, where RFC 7587 has up to 120 ms.
LONGEST_FRAME = 5760


def _decode_any_frame(self, encoded):
    samples = opus.ffi.new("int16_t[]", LONGEST_FRAME * opus.CHANNELS)
    length = opus.lib.opus_decode(self.decoder, encoded.data, len(encoded.data), samples, LONGEST_FRAME, 0)
    assert length > 0, length
    frame = opus.AudioFrame(format="s16", layout="stereo", samples=length)
    frame.planes[0].update(bytes(opus.ffi.buffer(samples))[: frame.planes[0].buffer_size])
    frame.pts, frame.sample_rate, frame.time_base = encoded.timestamp, opus.SAMPLE_RATE, opus.TIME_BASE
    return [frame]


opus.OpusDecoder.decode = _decode_any_frame


async def until(condition, what, seconds=20):
    """Polls a condition until it is true; its value is returned. seconds: as in wait.until()"""
    seconds *= wait.PATIENCE
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        value = condition()
        if value:
            return value
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"waited {seconds} s for {what() if callable(what) else what}")
        await asyncio.sleep(0.02)


class Relay:
    """tests/integration/relay/relay-server, with the session "s" whose token is "t"."""

    def __init__(self, *options):
        self.events = []
        self.process = subprocess.Popen(
            [SERVER, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.url = f"http://127.0.0.1:{self.process.stdout.readline().split()[1]}"
        self.whip = f"{self.url}/whip/s"
        self.whep = f"{self.url}/whep/s"
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.events.append(line.strip())

    def tell(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def count(self, beginning):
        return sum(event.startswith(beginning) for event in list(self.events))

    async def seen(self, beginning, times=1, seconds=20):
        await until(
            lambda: self.count(beginning) >= times or self.process.poll() is not None,
            lambda: f"{beginning!r} {times} times; there was {self.events}",
            seconds,
        )
        assert self.process.poll() is None, f"the relay ended with {self.process.returncode}"

    def stop(self):
        """Ends the relay as an operator would; whatever a sanitizer has to say makes it fail."""
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            status = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self._reader.join(5)
        self.process.stdout.close()
        assert status == 0, f"the relay ended with {status}"


class Peer:
    """One end of a connection by WHIP or WHEP."""

    def __init__(self, url, headers):
        self.url = url
        self.headers = headers
        self.pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.location = None
        self.answer = None
        self.response = None

    async def connect(self, expected=201):
        await self.pc.setLocalDescription(await self.pc.createOffer())
        self.response, body = await request(
            "POST", self.url, self.pc.localDescription.sdp, {**SDP, **self.headers}
        )
        assert self.response.status == expected, f"{self.response.status}: {body}"
        if expected == 201:
            self.answer = body
            base = self.url.split("/w")[0]
            self.location = base + self.response.headers["Location"]
            await self.pc.setRemoteDescription(RTCSessionDescription(body, "answer"))

    async def delete(self):
        response, _ = await request("DELETE", self.location, None, self.headers)
        return response.status

    def vanish(self):
        """Goes without a word, as a handset does whose battery is taken out."""
        for transceiver in self.pc.getTransceivers():
            for protocol in transceiver.sender.transport.transport._connection._protocols:
                protocol.transport.abort()

    async def close(self):
        with contextlib.suppress(Exception):
            await asyncio.wait_for(self.pc.close(), 5)


class NoPictures(VideoStreamTrack):
    async def recv(self):
        await asyncio.get_running_loop().create_future()


class Publisher(Peer):
    """Publishes a moving picture and silence; without media only reports (RTCP) of nothing."""

    def __init__(self, relay, codec="VP8", audio=True, token=TOKEN, media=True):
        super().__init__(relay.whip, {"Authorization": f"Bearer {token}"})
        if audio and media:
            self.pc.addTransceiver(AudioStreamTrack(), direction="sendonly")
        video = self.pc.addTransceiver(VideoStreamTrack() if media else NoPictures(), direction="sendonly")
        video.setCodecPreferences(
            [
                known
                for known in RTCRtpSender.getCapabilities("video").codecs
                if known.mimeType in (f"video/{codec}", "video/rtx")
            ]
        )


class Viewer(Peer):
    """Counts the frames that it decodes."""

    def __init__(self, relay, name="li"):
        super().__init__(relay.whep, {"X-Viewer": name})
        self.video = 0
        self.audio = 0
        self.sizes = set()
        self.timestamps = []  # RTP's, of the picture
        self.arrivals = []  # theirs, in seconds
        self.tasks = []
        self.pc.on("track", lambda track: self.tasks.append(asyncio.ensure_future(self._take(track))))
        self.pc.addTransceiver("audio", direction="recvonly")
        self.pc.addTransceiver("video", direction="recvonly")

    async def _take(self, track):
        with contextlib.suppress(Exception):
            while True:
                frame = await track.recv()
                if track.kind == "audio":
                    self.audio += 1
                else:
                    self.video += 1
                    self.sizes.add((frame.width, frame.height))
                    self.timestamps.append(frame.pts)
                    self.arrivals.append(asyncio.get_running_loop().time())

    async def decodes(self, frames=10, seconds=20):
        goal = self.video + frames
        await until(lambda: self.video >= goal, lambda: f"frame {goal}; {self.video} came", seconds)

    async def close(self):
        for task in self.tasks:
            task.cancel()
        await super().close()


async def request(method, url, body=None, headers=None):
    async with aiohttp.ClientSession() as session:
        async with session.request(method, url, data=body, headers=headers) as response:
            return response, await response.text()
