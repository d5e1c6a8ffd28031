#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the center on a disk that can only be read, as one that found a fault in itself:

- it says so in a sentence and does not start
- what it had is there when the disk can be written again: its terminals trust it, nothing is lost
"""

import signal

from gridcast_e2e import tap
from gridcast_e2e.disk import Disk
from program import CenterTest


class ReadOnly(CenterTest):
    def setUp(self):
        disk = Disk(self.stage.folder)
        self.addCleanup(disk.unmount)
        self.disk = disk

    def files(self, center):
        return {path.name: path.stat().st_size for path in center.data.iterdir()}

    def refuse(self, *command):
        """It says why it does not start."""
        status, said = self.center.run(*command)
        self.assertEqual(status, 1, said)
        self.assertRegex(said, r"^gridcast-center: .*Read-only file system\n$")

    def test_kept(self):
        """A center that cannot write says so, and has everything when it can again"""
        self.center = center = self.start_center()
        center.log_in()
        authority = (center.data / "ca.pem").read_bytes()
        center.make_code()
        command = center.command()[1:]
        # Once with a journal that was not put away, once without.
        for sign in (signal.SIGKILL, signal.SIGTERM):
            center.program.stop(sign)
            before = self.files(center)
            self.disk.set_writable(False)
            self.refuse(*command)
            self.refuse("--data", self.stage.folder / "another", "--port", 0)
            self.disk.set_writable(True)
            self.assertEqual(self.files(center), before)
            center.start()
            self.assertEqual(center.ask("GET", "/api/session").status, 200)
            self.assertEqual((center.data / "ca.pem").read_bytes(), authority)


if __name__ == "__main__":
    tap.main()
