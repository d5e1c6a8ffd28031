#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises to who watches gridcast-publish through the relay, while the handset's uplinks come and go:

- the viewer keeps his connection, and the picture goes on in one time without a jump
- the terminal goes on over the connection that it has kept ready
- a terminal that was nowhere for a while is seen again in the same session
"""

from gridcast_e2e import tap
from relay_peers import until
from relayed import RelayedTest
from uplinks import HERE, UPLINKS, Uplinks

CLOCK_RATE = 90000
# How much later than another a picture may come on a busy machine.
DELAY_S = 10


class Handover(RelayedTest):
    async def asyncSetUp(self):
        self.uplinks = Uplinks()
        self.addCleanup(self.uplinks.remove)
        await self.show(HERE, self.uplinks.command, "--size", "320x240", "--no-audio")

    async def says(self, text, times=1):
        log = self.publisher.log
        await until(lambda: log().count(text) >= times, lambda: f"“{text}” {times} times; it said:\n{log()}", 60)

    def finish(self):
        self.assertEqual(self.relay.count("publisher-gone"), 0, self.relay.events)
        self.assertEqual(self.relay.count("viewer-left"), 0, self.relay.events)
        status, log = self.publisher.interrupt()
        self.assertEqual(status, 0, log)
        times = [timestamp / CLOCK_RATE for timestamp in self.viewer.timestamps]
        self.assertEqual(times, sorted(set(times)))
        delays = [arrival - time for arrival, time in zip(self.viewer.arrivals, times)]
        self.assertLess(max(delays) - min(delays), DELAY_S)

    async def test_pulled(self):
        """When the cable is pulled the viewer sees on, in one time"""
        await self.says("A second connection is ready over up1")
        self.uplinks.pull(0)
        await self.relay.seen("publishing", 2, 60)
        await self.viewer.decodes(30, 60)
        self.assertNotIn("state reconnecting", self.publisher.log())
        self.finish()

    async def test_nowhere(self):
        """A terminal without any network for a while is seen again by the same viewer"""
        for number in UPLINKS:
            self.uplinks.cut(number)
        await self.says("state reconnecting")
        for number in UPLINKS:
            self.uplinks.mend(number)
        await self.says("state live", 2)
        await self.viewer.decodes(30, 60)
        self.finish()


if __name__ == "__main__":
    tap.main()
