# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad lines: TCP relays that hold back, cut, reset and leave half open what they carry.

What a TCP connection carries cannot come twice, least of all inside TLS: what comes twice comes from
connections that are cut before the acknowledgement has passed.
"""

import asyncio
import collections
import contextlib
import dataclasses
import random
import socket
import struct
import threading

CHUNK = 16384
# SO_LINGER with 0 s: close() resets.
AT_ONCE = struct.pack("ii", 1, 0)

REFUSED, WHOLE, RESET, DEAF, DUMB, FROZEN = "refused", "whole", "reset", "deaf", "dumb", "frozen"


@dataclasses.dataclass
class Fate:
    """What becomes of a connection, and when. Times in seconds.

    whole: it lives as long as its ends. reset: both ends learn that it is gone. deaf: the terminal
    learns it, the center does not for a while, and still gets what is under way. dumb: the other way
    round. frozen: neither does.
    """

    kind: str = WHOLE
    delay_up: float = 0
    delay_down: float = 0
    seconds: float | None = None
    bytes_up: int | None = None
    bytes_down: int | None = None
    linger: float = 0

    @classmethod
    def draw(cls, rng):
        kind = rng.choices((REFUSED, WHOLE, RESET, DEAF, DUMB, FROZEN), (1, 14, 4, 3, 2, 1))[0]
        fate = cls(kind, cls._delay(rng), cls._delay(rng), linger=rng.uniform(0, 2))
        if kind != WHOLE:
            # A handshake takes some thousand bytes each way, a step of a task some hundred.
            end = rng.choice(("seconds", "bytes_up", "bytes_down"))
            setattr(fate, end, rng.expovariate(4) if end == "seconds" else int(10 ** rng.uniform(1, 4.5)))
        return fate

    @staticmethod
    def _delay(rng):
        return rng.uniform(0, 0.01) if rng.random() < 0.9 else rng.uniform(0, 1)


def close(sock, at_once=False):
    if at_once:
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
    sock.close()


class Way:
    """One direction of a connection: what is read is written later."""

    def __init__(self, source, sink, delay, limit, on_limit):
        self._source, self._sink, self._delay = source, sink, delay
        self._left, self._on_limit = limit, on_limit
        self._queue = asyncio.Queue()
        self.reading = asyncio.create_task(self._read())
        self.writing = asyncio.create_task(self._write())

    async def _read(self):
        loop = asyncio.get_running_loop()
        data = b"?"
        while data:
            try:
                data = await loop.sock_recv(self._source, CHUNK)
            except OSError:
                data = b""
            if self._left is not None and len(data) >= self._left:
                self._queue.put_nowait((loop.time(), data[: self._left]))
                self._on_limit()
                return
            if self._left is not None:
                self._left -= len(data)
            self._queue.put_nowait((loop.time() + self._delay, data))

    async def _write(self):
        loop = asyncio.get_running_loop()
        while True:
            due, data = await self._queue.get()
            await asyncio.sleep(max(0, due - loop.time()))
            try:
                if not data:
                    self._sink.shutdown(socket.SHUT_WR)
                    return
                await loop.sock_sendall(self._sink, data)
            except OSError:
                return


async def end(*tasks):
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class Line:
    """One way to the center: port is where to connect, target the port of the center, or None."""

    def __init__(self, network, rng):
        self._network = network
        self._rng = rng
        self._carriers = set()
        self.target = None
        self.bad = False
        self.fates = collections.Counter()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        network.run(self._start())

    async def _start(self):
        self._accepting = asyncio.create_task(self._accept())

    async def _accept(self):
        while True:
            client, _ = await asyncio.get_running_loop().sock_accept(self._listener)
            client.setblocking(False)
            carrier = asyncio.create_task(self._carry(client))
            self._carriers.add(carrier)
            carrier.add_done_callback(self._carriers.discard)

    async def _reach(self):
        if self.target is None:
            return None
        server = socket.socket()
        server.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(server, ("127.0.0.1", self.target))
        except OSError:
            close(server)
            return None
        return server

    async def _carry(self, client):
        fate = Fate.draw(self._rng) if self.bad else Fate()
        server = None
        self.fates[fate.kind] += 1
        try:
            if fate.kind != REFUSED:
                server = await self._reach()
            if server:
                await self._connect(client, server, fate)
        finally:
            close(client, at_once=True)
            if server:
                close(server, at_once=True)

    async def _connect(self, client, server, fate):
        over = asyncio.Event()
        up = Way(client, server, fate.delay_up, fate.bytes_up, over.set)
        down = Way(server, client, fate.delay_down, fate.bytes_down, over.set)
        tasks = (up.reading, up.writing, down.reading, down.writing)
        whole = asyncio.gather(up.writing, down.writing, return_exceptions=True)
        cut = asyncio.create_task(over.wait())
        try:
            await asyncio.wait((whole, cut), timeout=fate.seconds, return_when=asyncio.FIRST_COMPLETED)
            if whole.done():
                return
            await end(up.reading, down.reading)
            if fate.kind == DEAF:
                await end(down.writing)
                close(client, at_once=True)
            elif fate.kind == DUMB:
                await end(up.writing)
                close(server, at_once=True)
            elif fate.kind == FROZEN:
                await end(up.writing, down.writing)
            if fate.kind != RESET:
                await asyncio.sleep(fate.linger)
        finally:
            await end(*tasks, cut)
            whole.cancel()

    async def _drop(self):
        await end(*self._carriers)

    def heal(self):
        """From now on it is a good line; what there was on it is gone."""
        self.bad = False
        self._network.run(self._drop())

    async def _stop(self):
        await end(self._accepting, *self._carriers)
        self._listener.close()

    def close(self):
        self._network.run(self._stop())


class Network:
    """Lines, in a thread of their own."""

    def __init__(self, seed):
        self._seed = seed
        self._lines = []
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    def make_line(self, name):
        line = Line(self, random.Random(f"{self._seed}/line/{name}"))
        self._lines.append(line)
        return line

    def lead_to(self, port):
        """Where the center is now; None while it is not."""
        for line in self._lines:
            line.target = port

    def close(self):
        for line in self._lines:
            line.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
