#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-publish on uplinks that cost:

- over a modem no more is sent than was allowed, with sound and headers, as soon as the stream goes
  over it; over the Wi-Fi again as much as the network takes
- an uplink that is said to be metered, or a modem that comes to a foreign network, is limited at
  once, in the session that is on
"""

import math
import pathlib
import subprocess
import sys

from gridcast_e2e import tap
from test_handover import Handover

SERVICES = pathlib.Path(__file__).parents[1] / "network/mock_services.py"
MOBILE, METERED = 150, 80
# A second's figures are taken about a second apart.
TOLERANCE = 1.15


class Services:
    """NetworkManager, for which up0 is a Wi-Fi and up1 a modem, and ModemManager."""

    def __init__(self, stage, name):
        bus = stage.start(f"{name}-bus", ["dbus-daemon", "--session", "--nofork", "--print-address"])
        self.stop_bus = bus.stop
        self.environment = {"DBUS_SYSTEM_BUS_ADDRESS": bus.wait_for_log("^unix:.*$")[0]}
        self.program = subprocess.Popen(
            [sys.executable, SERVICES, "up0", "up1"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env={**stage.environment, **self.environment},
        )  # fmt: skip
        for command in ("network start", "modem start", "primary up0"):
            self.tell(command)

    def tell(self, command):
        print(command, file=self.program.stdin, flush=True)
        if self.program.stdout.readline() != "ok\n":
            raise RuntimeError(f"the services cannot do “{command}”")

    def stop(self):
        self.program.communicate(timeout=20)
        self.stop_bus()


class Limits(Handover):
    def setUp(self):
        super().setUp()
        self.services = Services(self.stage, self._testMethodName)
        self.addCleanup(self.services.stop)

    def publish(self, url, *options, **sources):
        return super().publish(url, *options, environment=self.services.environment, **sources)

    def start(self, *options):
        return super().start("--size", "640x360", "--mobile-bitrate", str(MOBILE), "--metered-bitrate", str(METERED), *options)

    def rate(self, publisher):
        """kbit/s of picture and sound."""
        stats = publisher.stats()
        return (stats["video_bps"] + stats["audio_bps"]) / 1000 if stats else 0

    def limited(self, publisher, kbps):
        """Waits for the limit, and then for a rate that keeps to it."""
        self.until(publisher, lambda: publisher.stats().get("target_bps", math.inf) <= kbps * 1000, f"{kbps} kbit/s at most")
        self.until(
            publisher, lambda: kbps / 3 < self.rate(publisher) <= kbps * TOLERANCE, f"what keeps to {kbps} kbit/s"
        )

    def unlimited(self, publisher):
        self.until(
            publisher,
            lambda: publisher.stats().get("target_bps", 0) > MOBILE * 1000 and self.rate(publisher) > MOBILE * TOLERANCE,
            f"more than {MOBILE} kbit/s",
        )

    def test_modem(self):
        """Over a modem no more is sent than was allowed, and over the Wi-Fi again as much as it takes"""
        publisher = self.start("--bitrate", "1500")
        self.unlimited(publisher)
        self.uplinks.pull(0)
        self.flows(publisher, 2)
        self.limited(publisher, MOBILE)
        self.uplinks.put_back(0)
        self.flows(publisher, 3)
        self.unlimited(publisher)
        self.finish(publisher)

    def test_metered(self):
        """An uplink that comes to cost is limited at once, in the same session"""
        publisher = self.start("--bitrate", "1500")
        self.unlimited(publisher)
        self.services.tell("metered up0 1")
        self.limited(publisher, METERED)
        self.services.tell("metered up0 2")
        self.unlimited(publisher)
        self.assertEqual(len(self.server.offers), 1)
        self.finish(publisher)

    def test_abroad(self):
        """A modem that comes to a foreign network is limited at once, in the same session"""
        self.uplinks.take_down(0)
        self.services.tell("primary up1")
        publisher = self.start()
        self.limited(publisher, MOBILE)
        self.services.tell("cell 5")
        self.limited(publisher, METERED)
        self.services.tell("cell 1")
        self.limited(publisher, MOBILE)
        self.assertEqual(len(self.server.offers), 1)
        self.finish(publisher)


if __name__ == "__main__":
    tap.main()
