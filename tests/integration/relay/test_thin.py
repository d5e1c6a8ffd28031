#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises to who watches and listens to gridcast-publish through the relay, while the terminal's link
carries next to nothing, or loses much of what it carries:

- sound goes on, with a picture every few seconds, and the terminal says that it is so
- when the link carries more again, the picture moves again
- what gets lost is sent again, so that the picture goes on without beginning anew
"""

import os
import subprocess

from gridcast_e2e import tap
from relay_peers import until
from relayed import RelayedTest

HANDSET, HERE = "10.77.0.1", "10.77.0.2"
# Enough for a small picture, then too little for any that moves, then as before.
UP = "steps=0:200000/500:24000/25500:400000,delay=20,queue=10000"
# A second of sound, in packets of 60 ms.
SOUND_SECOND = 17


class Link:
    """From a namespace of its own for the handset to that of the test."""

    def __init__(self, up):
        for words in (("add", "handset"), ("attach", "here", str(os.getpid()))):
            subprocess.run(["ip", "netns", *words], check=True, timeout=20)
        subprocess.run(["ip", "-n", "handset", "link", "set", "lo", "up"], check=True, timeout=20)
        self.emulator = subprocess.Popen(
            [
                os.environ["LINK_EMULATOR"], "--left-ns=handset", "--left-if=tun-l", f"--left-address={HANDSET}/24",
                "--right-ns=here", "--right-if=tun-r", f"--right-address={HERE}/24",
                "--up", up, "--down", "delay=20", "--control", "-",
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        if self.emulator.stdout.readline().strip() != "ready":
            raise RuntimeError("the link was not made")

    def start(self):
        print("start", file=self.emulator.stdin, flush=True)

    def remove(self):
        self.emulator.communicate(timeout=20)
        for name in ("handset", "here"):
            subprocess.run(["ip", "netns", "delete", name], check=True, timeout=20)

    def command(self, *command):
        return ["ip", "netns", "exec", "handset", *command]


class Thin(RelayedTest):
    async def lead(self, up):
        self.link = Link(up)
        self.addCleanup(self.link.remove)
        await self.show(HERE, self.link.command, "--size", "640x360", "--stats-json")
        self.link.start()

    async def says(self, what, condition, seconds=60):
        def look():
            stats = self.publisher.stats()
            return stats and condition(stats)

        await until(look, lambda: f"{what}; it said:\n{self.publisher.log()}", seconds)

    async def test_thin(self):
        """On a link that carries next to nothing sound goes on with a picture now and then, and the picture recovers"""
        await self.lead(UP)
        await self.says("that there are stills", lambda stats: stats["stills"])
        self.assertEqual(self.publisher.stats()["limit"], "network")
        heard, seen = self.viewer.audio, self.viewer.video
        await until(lambda: self.viewer.audio >= heard + 5 * SOUND_SECOND, self.came)
        await until(lambda: self.viewer.video >= seen + 2, self.came)
        # They came while it was so, not when it was over.
        self.assertTrue(self.publisher.stats()["stills"], self.publisher.log())
        self.assertLess(self.viewer.video, seen + 12)
        await self.says("that it moves again", lambda stats: not stats["stills"] and stats["fps"] >= 4)
        await self.viewer.decodes(30, 60)
        self.assertEqual(self.relay.count("publisher-gone"), 0, self.relay.events)
        status, log = self.publisher.interrupt()
        self.assertEqual(status, 0, log)

    async def test_lossy(self):
        """Of a tenth of all packets that get lost nobody sees anything: each is sent again"""
        await self.lead("rate=2000000,delay=20,queue=100000,loss=0.1,seed=3")
        await self.says("that packets get lost", lambda stats: stats["loss"] > 0.03)
        begun = self.publisher.stats()
        await self.viewer.decodes(150, 60)
        ended = self.publisher.stats()
        self.assertGreater(ended["nacks"], begun["nacks"] + 10, self.publisher.log())
        # A key frame for each picture that is lost would be fifteen and more.
        self.assertLessEqual(ended["key_frames"], begun["key_frames"] + 5, self.publisher.log())
        status, log = self.publisher.interrupt()
        self.assertEqual(status, 0, log)

    def came(self):
        return f"sound and pictures; {self.viewer.audio} and {self.viewer.video} came:\n{self.publisher.log()}"


if __name__ == "__main__":
    tap.main()
