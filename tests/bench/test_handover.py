#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the arithmetic behind hand-over:

- the picture is there again when one is seen that was taken after the event, whatever comes late
- the oldest picture is the longest that one stood still, and how old it was then
- the stream is on an uplink once enough goes over it, and more than over the other
- what has not happened counts as later than all that has
- a table is read as it grows, whole lines only
"""

import math
import pathlib
import tempfile
import unittest

from gridcast_bench import handover_figures as figures
from gridcast_bench.handover import Table, read_picture
from gridcast_e2e import tap


def flow(from_ms, until_ms, bytes_per_s, start=0):
    """A row each 50 ms, as the emulator writes it."""
    return [(at, start + int(bytes_per_s * (at - from_ms) / 1000)) for at in range(from_ms, until_ms + 1, 50)]


class Handover(unittest.TestCase):
    def test_picture(self):
        """The picture is there again when one is seen that was taken after the cut"""
        shown = [(990, 900), (1040, 950), (1090, 999), (1700, 1500), (1650, 1001)]
        self.assertEqual(figures.time_to_picture(shown, 1000, 5000), 650)
        self.assertIsNone(figures.time_to_picture(shown, 1000, 1600))
        self.assertIsNone(figures.time_to_picture([], 1000, 5000))

    def test_oldest(self):
        """The oldest picture is how old the one that stood still became"""
        shown = [(at + 100, at) for at in (*range(0, 1000, 33), *range(3000, 6000, 33))]
        self.assertAlmostEqual(figures.oldest_ms(shown, 1000, 5000), 3100 - 990, delta=10)
        self.assertAlmostEqual(figures.oldest_ms(shown, 4000, 5000), 133, delta=10)

    def test_carry(self):
        """The stream is on an uplink once enough goes over it, and more than over the other"""
        wifi = flow(0, 1000, 100_000) + flow(3000, 6000, 100_000, start=100_000)
        lte = flow(1500, 3500, 100_000)
        self.assertTrue(figures.carries(wifi, lte, 900))
        self.assertFalse(figures.carries(wifi, lte, 2000))
        self.assertEqual(figures.time_to_carry(lte, wifi, 1000, 3000), 550)
        # Both carry it until 3500; from then on more goes over Wi-Fi.
        self.assertEqual(figures.time_to_carry(wifi, lte, 2500, 6000), 600)
        self.assertIsNone(figures.time_to_carry(wifi, lte, 2500, 3400))
        # Keep-alives are no stream.
        self.assertIsNone(figures.time_to_carry(flow(0, 5000, 1000), [], 0, 5000))

    def test_never(self):
        """What has not happened is later than all that has"""
        self.assertEqual(figures.middle_and_worst([300, 100, 200]), (200, 300))
        self.assertEqual(figures.middle_and_worst([300, None, 200]), (300, math.inf))
        self.assertEqual(figures.middle_and_worst([]), (None, None))

    def test_event(self):
        """A cut is looked at from the other uplink, a return from the better one"""
        shown = [(at + 60, at) for at in (*range(0, 1000, 33), *range(1500, 9000, 33))]
        wifi = flow(0, 1000, 100_000) + flow(5000, 9000, 100_000, start=100_000)
        lte = flow(1400, 5000, 100_000)
        cut = figures.event_figures({"kind": "cut", "at_ms": 1000, "until_ms": 4000}, shown, wifi, lte)
        self.assertEqual((cut["picture_ms"], cut["moved_ms"]), (560, 450))
        back = figures.event_figures({"kind": "return", "at_ms": 4000, "until_ms": 9000}, shown, wifi, lte)
        self.assertLess(back["oldest_ms"], 120)
        self.assertGreater(back["moved_ms"], 1000)

    def test_table(self):
        """A table is read as it grows: whole lines only, and pictures whose strip can be read"""
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="gridcast-"))) / "frames.csv"
        word = 4000 << 9 | 5
        with open(path, "w", buffering=1, encoding="ascii") as file:
            file.write("shown_ms,word,check\r\n")
            table = Table(path, read_picture)
            self.addCleanup(table.close)
            self.assertEqual(table.read(), [])
            file.write(f"4050.5,{word},{word ^ 0xFFFFFFFF}\r\n4060.0,{word}")
            file.flush()
            self.assertEqual(table.read(), [(4050.5, 4000)])
            file.write(f",{word}\r\n4080.0,{word},{word ^ 0xFFFFFFFF}\r\n")
            self.assertEqual(table.read(), [(4050.5, 4000), (4080.0, 4000)])


if __name__ == "__main__":
    tap.main()
