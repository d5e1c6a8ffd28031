# SPDX-License-Identifier: GPL-3.0-or-later
"""gridcast-publish, the relay, and who watches through it, as a test case's fixture."""

import asyncio
import unittest

from publisher import PublishTest
from relay_peers import TOKEN, Relay, Viewer


class RelayedTest(PublishTest, unittest.IsolatedAsyncioTestCase):
    async def show(self, here, within, *options):
        """Publishes to the relay, which is at here, and waits until the viewer sees it."""
        asyncio.get_running_loop().set_debug(False)
        self.relay = Relay("--everywhere")
        self.addCleanup(self.relay.stop)
        self.viewer = Viewer(self.relay)
        token = self.folder / "token"
        token.write_text(TOKEN)
        url = self.relay.whip.replace("127.0.0.1", here)
        self.publisher = self.publish(url, "--token-file", token, *options, within=within)
        await self.relay.seen("publishing", seconds=60)
        await self.viewer.connect()
        await self.viewer.decodes(15, 60)

    async def asyncTearDown(self):
        await self.viewer.close()
