# SPDX-License-Identifier: GPL-3.0-or-later
"""A disk of a test's own, that can be made read-only; needs a mount namespace (in-own-network.sh)."""

import subprocess


class Disk:
    def __init__(self, folder):
        self.folder = folder
        self._mount("-t", "tmpfs", "tmpfs", folder)

    def _mount(self, *words):
        subprocess.run(["mount", *map(str, words)], check=True)

    def set_writable(self, writable):
        """Nobody may have a file on it open for writing."""
        self._mount("-o", f"remount,{'rw' if writable else 'ro'}", self.folder)

    def unmount(self):
        """At once, and for programs that still run when they end."""
        subprocess.run(["umount", "--lazy", str(self.folder)], check=True)
