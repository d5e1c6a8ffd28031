#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A WHIP endpoint whose media end in a page in headless Chromium. Runs in the viewer's namespace.

Writes to its folder: frames.csv, what was shown when; stats.csv, Chromium's own figures; wire.csv,
bytes that came; pictures/, some of the pictures. All times are CLOCK_MONOTONIC in ms. What happens is printed as JSON, a line
each: ready, offer, connection. Ends on SIGTERM.
"""

import argparse
import asyncio
import csv
import json
import pathlib
import signal
import struct
import subprocess
import sys
import tempfile
import time

from aiohttp import WSMsgType, web

from gridcast_bench.browser import chromium_command

PAGES = pathlib.Path(__file__).parent / "pages"
ANSWER_SECONDS = 10
WIRE_SECONDS = 0.05
MESSAGE_BYTES = 1 << 26
# What NetworkManager wants to hear when it asks whether the path is alive.
ALIVE = {"X-NetworkManager-Status": "online"}
# PROTOCOL.md, “Live”: a second connection may be kept ready.
HANDOVER = {"Link": '</whip>; rel="urn:gridcast:whip:handover"'}
FRAME_COLUMNS = ("shown_ms", "expected_ms", "now_ms", "received_ms", "word", "check", "width", "height", "count", "connection")
STATS_COLUMNS = (
    "at_ms", "codec", "bytesReceived", "retransmittedBytesReceived", "fecBytesReceived", "packetsReceived",
    "packetsLost", "framesDecoded", "framesDropped", "keyFramesDecoded", "freezeCount", "jitterBufferDelay",
    "jitterBufferEmittedCount", "nackCount", "pliCount", "frameWidth", "frameHeight", "qpSum",
)  # fmt: skip


def now_ms():
    return time.monotonic() * 1000


def announce(event, **more):
    print(json.dumps({"event": event, "at_ms": now_ms(), **more}), flush=True)


class Receiver:
    def __init__(self, folder, announced):
        self.folder = folder
        self.announced = announced
        self.page = None
        self.offset = 0.0
        self.answers = {}
        (folder / "pictures").mkdir(parents=True, exist_ok=True)
        self.pictures = 0
        self.files = []
        self.frames = self.table("frames.csv", FRAME_COLUMNS)
        self.stats = self.table("stats.csv", STATS_COLUMNS)

    def table(self, name, columns):
        # By lines: who runs a benchmark may want to see now what is shown now.
        file = open(self.folder / name, "w", buffering=1, newline="", encoding="ascii")
        self.files.append(file)
        writer = csv.writer(file)
        writer.writerow(columns)
        return writer

    # --- for publishers ---

    async def publish(self, request):
        offer = await request.text()
        number = len(self.answers) + 1
        announce("offer", id=number)
        if self.page is None:
            return web.Response(status=503, text="no page is open")
        self.answers[number] = asyncio.get_running_loop().create_future()
        await self.page.send_json({"kind": "offer", "id": number, "sdp": offer})
        try:
            answer = await asyncio.wait_for(self.answers[number], ANSWER_SECONDS)
        except (TimeoutError, ValueError) as error:
            return web.Response(status=500, text=str(error))
        headers = {"Location": f"/whip/{number}", "ETag": f'"{number}"', **self.announced}
        return web.Response(status=201, text=answer, content_type="application/sdp", headers=headers)

    async def allow(self, _):
        """The publishing page is a file: browsers ask whether it may post here."""
        return web.Response(headers={"Access-Control-Allow-Methods": "POST", "Access-Control-Allow-Headers": "*"})

    async def leave(self, request):
        number = int(request.match_info["id"])
        announce("leave", id=number)
        if self.page is not None:
            await self.page.send_json({"kind": "leave", "id": number})
        return web.Response()

    async def tell_alive(self, _):
        return web.Response(headers=ALIVE)

    # --- for the page ---

    async def serve_page(self, request):
        self.page = web.WebSocketResponse(max_msg_size=MESSAGE_BYTES, compress=False)
        await self.page.prepare(request)
        async for message in self.page:
            if message.type == WSMsgType.TEXT:
                content = json.loads(message.data)
                await getattr(self, "on_" + content["kind"])(content)
            elif message.type == WSMsgType.BINARY:
                self.keep_picture(message.data)
        socket, self.page = self.page, None
        return socket

    async def on_clock(self, content):
        await self.page.send_json({"kind": "clock", "page": content["page"], "server": now_ms()})

    async def on_offset(self, content):
        self.offset = content["ms"]

    async def on_ready(self, _):
        announce("ready")

    async def on_answer(self, content):
        waiting = self.answers[content["id"]]
        if waiting.done():
            return
        if "error" in content:
            waiting.set_exception(ValueError(content["error"]))
        else:
            waiting.set_result(content["sdp"])

    async def on_connection(self, content):
        announce("connection", id=content["id"], state=content["state"])

    async def on_error(self, content):
        announce("error", text=content["text"])

    async def on_frame(self, content):
        times = [content[name] for name in ("shown", "expected", "now", "received")]
        self.frames.writerow(
            ["" if at is None else f"{at + self.offset:.1f}" for at in times]
            + [*content["words"], content["width"], content["height"], content["count"], content["connection"]]
        )

    async def on_stats(self, content):
        entry = {**content["entry"], "at_ms": round(content["at"] + self.offset, 1), "codec": content["codec"]}
        self.stats.writerow([entry.get(column, "") for column in STATS_COLUMNS])

    def keep_picture(self, data):
        word, width, height = struct.unpack(">IHH", data[:8])
        name = f"{self.pictures:04}-{word}-{width}x{height}.i420"
        (self.folder / "pictures" / name).write_bytes(data[8:])
        self.pictures += 1

    def close(self):
        for file in self.files:
            file.close()


def received_bytes():
    """By all interfaces but loopback, headers and all."""
    lines = pathlib.Path("/proc/net/dev").read_text(encoding="ascii").splitlines()[2:]
    counts = {name.strip(): int(rest.split()[0]) for name, rest in (line.split(":") for line in lines)}
    return sum(count for name, count in counts.items() if name != "lo")


async def watch_wire(table):
    while True:
        table.writerow([f"{now_ms():.1f}", received_bytes()])
        await asyncio.sleep(WIRE_SECONDS)


async def allow_any_origin(_, response):
    response.headers["Access-Control-Allow-Origin"] = "*"


async def serve(options):
    receiver = Receiver(options.folder, HANDOVER if options.handover else {})
    app = web.Application(client_max_size=1 << 20)
    app.add_routes(
        [
            web.post("/whip", receiver.publish),
            web.options("/whip", receiver.allow),
            web.delete(r"/whip/{id:\d+}", receiver.leave),
            web.get("/alive", receiver.tell_alive),
            web.get("/page", receiver.serve_page),
            web.static("/", PAGES),
        ]
    )
    app.on_response_prepare.append(allow_any_origin)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", options.port).start()
    ended = asyncio.Event()
    watch = asyncio.create_task(watch_wire(receiver.table("wire.csv", ("at_ms", "bytes"))))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    with tempfile.TemporaryDirectory(prefix="gridcast-", ignore_cleanup_errors=True) as profile:
        log = open(options.folder / "receiver-chromium.log", "wb")
        page = f"http://127.0.0.1:{options.port}/receiver.html" + ("#pictures" if options.pictures else "")
        browser = subprocess.Popen(
            chromium_command(profile, page),
            stdout=log, stderr=log, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            await ended.wait()
        finally:
            watch.cancel()
            browser.terminate()
            browser.wait(10)
    receiver.close()
    await runner.cleanup()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=pathlib.Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--pictures", action="store_true", help="keep a picture a second")
    parser.add_argument("--handover", action="store_true", help="announce that a second connection may be kept ready")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    sys.exit(main())
