# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiving end of a stream in aiortc, an implementation of WebRTC that shares nothing with
GStreamer: it really decodes picture and sound."""

import asyncio
import threading

import aioice.stun
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


def note_payload_types():
    """aiortc says nothing of packets that nobody has asked for."""
    route = aiortc.rtcdtlstransport.RtpRouter.route_rtp

    def note_and_route(self, packet):
        PAYLOAD_TYPES.add(packet.payload_type)
        return route(self, packet)

    aiortc.rtcdtlstransport.RtpRouter.route_rtp = note_and_route


PAYLOAD_TYPES = set()  # of what has arrived, over all connections
meet_more_ciphers()
note_payload_types()
# Whose answer was lost does not call: that is known after 16 s, not after a minute.
aioice.stun.RETRY_MAX = 4


def mean_brightness(plane):
    """Of some rows; they may be padded."""
    data = bytes(plane)
    rows = [data[y * plane.line_size :][: plane.width] for y in range(0, plane.height, 16)]
    return sum(map(sum, rows)) / sum(map(len, rows))


class Session:
    """One connection, and what has come over it."""

    def __init__(self, peer, connection):
        self.connection = connection
        self.frames = 0
        self.timestamps = []  # RTP's, of the picture
        self.closed = False
        self._peer = peer
        connection.on("connectionstatechange", self._look_after)

    def _look_after(self):
        """As a server does that hears no more of the other side, or never has."""
        if self.connection.connectionState in ("failed", "closed"):
            self.closed = True

    async def watch(self, track):
        try:
            while True:
                frame = await track.recv()
                self._peer.take(track.kind, frame)
                if track.kind == "video":
                    self.frames += 1
                    self.timestamps.append(frame.pts)
        except MediaStreamError:
            return

    def close(self):
        """Ends it, as a server does."""
        self.closed = True
        self._peer.run(self.connection.close())


class AiortcPeer:
    def __init__(self):
        self.offer = None
        self.answered = None
        self.sizes = []
        self.brightness = []
        self.sound = 0
        self.sessions = []
        self._watches = []
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    @property
    def frames(self):
        return len(self.brightness)

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def take(self, kind, frame):
        if kind == "audio":
            self.sound += 1
            return
        self.sizes.append((frame.width, frame.height))
        self.brightness.append(mean_brightness(frame.planes[0]))

    async def _open(self, offer):
        connection = RTCPeerConnection()
        session = Session(self, connection)
        self.sessions.append(session)

        @connection.on("track")
        def on_track(track):
            self._watches.append(asyncio.ensure_future(session.watch(track)))

        await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        self.answered = connection.localDescription.sdp
        return self.answered, session

    def open(self, offer):
        """Returns the answer and the session."""
        self.offer = offer
        return self.run(self._open(offer))

    def answer(self, offer):
        return self.open(offer)[0]

    def close(self):
        """Ends the connections, as a server that goes down does."""
        for session in self.sessions:
            if not session.closed:
                session.close()
