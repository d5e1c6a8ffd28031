#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises to who publishes to the center where no media get through but by a TURN server (coturn):

- the center hands out credentials that the server takes, made of the secret that the two share
- they name the session, and say until when they are good
"""

import asyncio
import re
import time
import unittest

from gridcast_e2e import tap
from publisher import PublishTest
from relay_peers import TOKEN, Relay
from turn_server import PORT, TurnServer
from uplinks import HERE, Uplinks

SECRET = "a-secret-that-only-servers-know"


class Turn(PublishTest, unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self.uplinks = Uplinks()
        self.addCleanup(self.uplinks.remove)
        self.uplinks.close_to_udp(PORT)
        self.turn = TurnServer(self.stage, "turn", HERE, "--use-auth-secret", "--static-auth-secret", SECRET)
        self.addCleanup(self.turn.stop)
        self.relay = Relay("--everywhere")
        self.addCleanup(self.relay.stop)
        self.relay.tell(f"turn turn:{HERE}:{PORT}?transport=tcp")
        self.relay.tell(f"turn-secret {SECRET}")
        await self.relay.seen("done turn-secret")

    async def test_shared_secret(self):
        """The center's credentials open the relay, for this session and for a while"""
        token = self.folder / "token"
        token.write_text(TOKEN)
        url = self.relay.whip.replace("127.0.0.1", HERE)
        publisher = self.publish(
            url, "--token-file", token, "--size", "320x240", "--no-audio", within=self.uplinks.command
        )
        await self.relay.seen("publishing", seconds=60)
        status, log = publisher.interrupt()
        self.assertEqual(status, 0, log)
        self.assertNotIn(SECRET, log)
        expiry, session = re.search(r"new, .*username=<(\d+):(.*?)>", self.turn.log()).groups()
        self.assertGreater(int(expiry), time.time() + 3600)
        self.assertEqual(session, "s")


if __name__ == "__main__":
    tap.main()
