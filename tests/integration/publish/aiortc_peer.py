# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiving end of a stream in aiortc, an implementation of WebRTC that shares nothing with
GStreamer: it really decodes picture and sound."""

import asyncio
import threading

import aiortc.rtcdtlstransport
from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError


def meet_more_ciphers():
    """aiortc offers fewer DTLS ciphers than GStreamer takes."""
    make = aiortc.rtcdtlstransport.RTCCertificate._create_ssl_context

    def make_with_more(self, *arguments, **named):
        context = make(self, *arguments, **named)
        context.set_cipher_list(b"ALL:@SECLEVEL=0")
        return context

    aiortc.rtcdtlstransport.RTCCertificate._create_ssl_context = make_with_more


meet_more_ciphers()


def mean_brightness(plane):
    """Of some rows; they may be padded."""
    data = bytes(plane)
    rows = [data[y * plane.line_size :][: plane.width] for y in range(0, plane.height, 16)]
    return sum(map(sum, rows)) / sum(map(len, rows))


class AiortcPeer:
    def __init__(self):
        self.offer = None
        self.sizes = []
        self.brightness = []
        self.sound = 0
        self._connections = []
        self._watches = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    @property
    def frames(self):
        return len(self.brightness)

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _watch(self, track):
        try:
            while True:
                frame = await track.recv()
                if track.kind == "audio":
                    self.sound += 1
                    continue
                self.sizes.append((frame.width, frame.height))
                self.brightness.append(mean_brightness(frame.planes[0]))
        except MediaStreamError:
            return

    async def _answer(self, offer):
        connection = RTCPeerConnection()
        self._connections.append(connection)

        @connection.on("track")
        def on_track(track):
            self._watches.append(asyncio.ensure_future(self._watch(track)))

        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        return connection.localDescription.sdp

    def answer(self, offer):
        self.offer = offer
        return self._run(self._answer(offer))

    async def _close(self):
        while self._connections:
            await self._connections.pop().close()

    def close(self):
        """Ends the connections, as a server that goes down does."""
        self._run(self._close())
