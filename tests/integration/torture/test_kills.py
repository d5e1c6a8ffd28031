#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of dispatch that loses nothing, however its programs die; see README.md:

- what terminal or center has promised to keep exists exactly once on both sides, in the order in
  which it was promised, and both agree on how each task stands, after 200 kills over bad lines
- neither side takes the other for somebody else, or starts anew, on the way there
"""

import os
import random
import unittest

from gridcast_e2e import tap
from torture import Torture

KILLS = 200


class Kills(unittest.TestCase):
    def test_nothing_lost(self):
        """200 kills lose nothing, double nothing and change no order"""
        seed = int(os.environ.get("TORTURE_SEED", random.SystemRandom().randrange(1_000_000)))
        print(f"# seed {seed}", flush=True)
        with Torture(seed) as torture:
            outcome = torture.run(KILLS)
        for line in str(outcome).splitlines():
            print(f"# {line}", flush=True)
        self.assertEqual(outcome.faults, [])
        self.assertEqual(outcome.kills.total(), KILLS)
        self.assertGreater(min(outcome.kills.values()), 0)
        self.assertGreater(min(outcome.kept_by_center, outcome.kept_by_terminals), 0)


if __name__ == "__main__":
    tap.main()
