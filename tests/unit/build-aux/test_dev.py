#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The promises of ./dev to a newcomer whose machine is not as it should be:

- it refuses in one sentence where it cannot work, and leaves nothing behind
- it works in place on Debian 13, and nothing is installed there that is there already
- what it does not know it does not guess

The machine is played by programs that stand before the real ones, and by an /etc/os-release.
"""

import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

SOURCE = pathlib.Path(__file__).resolve().parents[3]
BOOKWORM = 'ID=debian\nVERSION_ID="12"\n'
TRIXIE = 'ID=debian\nVERSION_ID="13"\n'
AS_ROOT = ["unshare", "--user", "--map-root-user", "--mount", "--propagation", "private"]
AS_USER = ["unshare", "--user", "--map-user=1000", "--map-group=1000"]
DRESS = 'mount --bind "$1" /etc/os-release && mount --bind "$2" /etc/apt && shift 2 && exec "$@"'


@unittest.skipIf(subprocess.run([*AS_ROOT, "true"], check=False).returncode, "no namespaces here")
class Dev(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.cache = self.folder / "cache"
        (self.folder / "bin").mkdir()
        (self.folder / "apt").mkdir()
        (self.folder / "apt/sources.list").write_text("deb http://mirror.invalid/debian bookworm main\n")
        self.play("mmdebstrap", "exit 1")
        self.play("df", "printf '%s\\n' head 'x 9 9 99000000 1% /'")

    def play(self, program, script):
        path = self.folder / "bin" / program
        path.write_text("#!/bin/bash\n" + script + "\n")
        path.chmod(0o755)

    def command(self, os_release, user, *arguments):
        (self.folder / "os-release").write_text(os_release)
        dress = ["bash", "-c", DRESS, "dress", str(self.folder / "os-release"), str(self.folder / "apt")]
        return [*AS_ROOT, *dress, *(AS_USER if user else []), str(SOURCE / "dev"), *arguments]

    def environment(self):
        environment = {name: value for name, value in os.environ.items() if name != "GRIDCAST_ROOT"}
        environment["PATH"] = f"{self.folder}/bin:{environment['PATH']}"
        environment["XDG_CACHE_HOME"] = str(self.cache)
        return environment

    def dev(self, os_release, *arguments, user=False):
        """Its exit status, and the lines that it says."""
        done = subprocess.run(
            self.command(os_release, user, *arguments),
            env=self.environment(), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        return done.returncode, done.stderr.splitlines()

    def refuses(self, words, *arguments, **options):
        status, lines = self.dev(*arguments, **options)
        self.assertEqual(status, 1, lines)
        self.assertRegex(lines[-1], "^dev: .*" + words)
        self.assertEqual([line for line in lines if line.startswith("dev: ")], lines[-1:])

    def left(self):
        return sorted(path.name for path in (self.cache / "gridcast").glob("root-*"))

    def test_no_namespaces(self):
        """Neither root nor a range of ids: it names both ways out"""
        self.refuses("needs root, or user namespaces .*uidmap.*subuid", BOOKWORM, "setup", user=True)

    def test_no_space(self):
        """Too little space: how much is needed, where, and how much there is"""
        self.play("df", "printf '%s\\n' head 'x 9 9 2500000 1% /'")
        self.refuses(f"needs 6 GB free in {self.cache}.*, there are 2 GB", BOOKWORM, "setup")

    def test_cache_cannot_be_written(self):
        """A cache folder that cannot be made: which, and how to choose another"""
        self.cache.write_text("a file")
        self.refuses("cannot make .*XDG_CACHE_HOME", BOOKWORM, "setup")

    def test_no_package_server(self):
        """No package server: which was asked; nothing is left behind"""
        self.play("mmdebstrap", 'mkdir -p "${@: -2:1}"; echo "E: apt-get update failed"; exit 1')
        self.refuses("package server http://mirror.invalid/debian reachable", BOOKWORM, "setup")
        self.assertEqual(self.left(), [])

    def test_interrupted(self):
        """Ctrl-C while unpacking leaves nothing behind"""
        self.play("mmdebstrap", 'mkdir -p "${@: -2:1}"; sleep 60')
        process = subprocess.Popen(
            self.command(BOOKWORM, False, "setup"),
            env=self.environment(), stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip
        deadline = time.monotonic() + 30
        while not self.left() and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertNotEqual(self.left(), [])
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=30)[1]
        self.assertIn("dev: interrupted, nothing is left behind", said)
        self.assertEqual(self.left(), [])

    def test_progress(self):
        """While unpacking it says what it is at, and how far it has come"""
        self.play("mmdebstrap", 'mkdir "${@: -2:1}"; echo "I: at work"; for i in {1..250}; do echo "Unpacking p$i ..."; done')
        status, lines = self.dev(BOOKWORM, "setup")
        self.assertEqual((status, lines[-1]), (0, "==> ready"), lines)
        self.assertIn("    at work", lines)
        self.assertIn("    200 packages are unpacked", lines)
        self.assertEqual(self.dev(BOOKWORM, "setup"), (0, ["==> ready"]))

    def test_in_place(self):
        """On Debian 13 it works in place, and installs nothing that is there"""
        self.play("dpkg-query", "echo installed")
        self.play("locale", "echo zh_CN.utf8")
        self.assertEqual(self.dev(TRIXIE, "setup"), (0, ["==> ready"]))

    def test_in_place_without_root(self):
        """On Debian 13 without root and sudo: what root is needed for"""
        self.play("dpkg-query", "exit 1")
        self.refuses("needs root to run .*apt-get.*sudo", TRIXIE, "setup", user=True)

    def test_in_place_without_package_server(self):
        """On Debian 13 without a package server: what apt says, and what it may be"""
        self.play("dpkg-query", "exit 1")
        self.play("apt-get", 'echo "E: Unable to fetch" >&2; exit 100')
        self.refuses("do the package servers in /etc/apt answer", TRIXIE, "setup")

    def test_unknown(self):
        """Unknown commands, suites and benchmarks are refused, and the known ones named"""
        self.play("dpkg-query", "echo installed")
        self.play("locale", "echo zh_CN.utf8")
        status, lines = self.dev(TRIXIE, "frobnicate")
        self.assertEqual((status, lines[0]), (2, "usage: ./dev COMMAND"))
        self.refuses("no test suite 'x': unit integration fuzz e2e", TRIXIE, "test", "x")
        self.refuses("no benchmark 'x'; there are: .*live", TRIXIE, "bench", "x")


if __name__ == "__main__":
    unittest.main()
