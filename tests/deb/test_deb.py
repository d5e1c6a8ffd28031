#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the Debian package of the center, installed on a minimal Debian 13 that is booted with
its own systemd:

- it brings everything that it needs, and runs when it is installed
- the one-time link is for root and the service alone, and not in the journal
- the service can write to no other folder than its own, and has no rights that it does not need
- a terminal pairs with it and streams live video to it, from within what the unit allows
- it comes back when it is killed; an upgrade keeps everything, and so does a database of the first
  version; when the package is purged, what the center knew stays
"""

import contextlib
import os
import pathlib
import re
import sqlite3
import subprocess
import unittest

from gridcast_e2e import tap, wait
from gridcast_e2e.handset import Handset
from gridcast_e2e.stage import Stage
from program import CenterProgram

HERE = pathlib.Path(__file__).parent
PREFIX = os.environ["GRIDCAST_PREFIX"]
PACKAGE = pathlib.Path(os.environ["GRIDCAST_DEB"])
OLDEST = HERE.parent / "unit/center/data/version-1.db"
UNIT = "gridcast-center.service"
PORT = 8443
BOOT_S = 90
FORBIDDEN = ("/usr/bin/x", "/etc/x", "/var/lib/x", "/home/x", "/root/x", "/etc/gridcast-center/x")


class Machine:
    """A booted system."""

    def __init__(self, stage, root):
        self.root = root
        self._program = stage.start("boot", [HERE / "boot.sh", root])
        (self._init,) = wait.until(self._children, "systemd", BOOT_S)
        wait.until(
            lambda: self.run("systemctl", "is-active", "multi-user.target", check=False).returncode == 0,
            lambda: f"the system to boot:\n{self._program.tail()}",
            BOOT_S,
        )

    def _children(self):
        path = pathlib.Path(f"/proc/{self._program.pid}/task/{self._program.pid}/children")
        return path.read_text().split()

    def run(self, *command, check=True, pid=None, namespaces=("--all",)):
        """Runs a command as the system's root; or in namespaces of one of its processes."""
        enter = ["nsenter", "--target", pid or self._init, *namespaces, "--root", "--wd"]
        done = subprocess.run([*enter, *map(str, command)], capture_output=True, text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done

    def ask(self, *command):
        return self.run(*command).stdout.strip()

    def main_pid(self):
        """As it is seen from outside the system."""
        inside = self.ask("systemctl", "show", "--value", "--property=MainPID", UNIT)
        for status in pathlib.Path("/proc").glob("[0-9]*/status"):
            with contextlib.suppress(OSError):
                text = status.read_text()
                if re.search(rf"^NSpid:\t.*\t{inside}$", text, re.MULTILINE) and "gridcast-center" in text:
                    return status.parent.name
        return None


class Service(CenterProgram):
    """The center as the package starts it."""

    def __init__(self, stage, machine):
        self.machine = machine
        super().__init__(stage, "service")
        self.data = machine.root / "var/lib/gridcast-center"

    def addresses(self):
        run = self.machine.run("cat", "/run/gridcast-center/addresses", check=False)
        return run.stdout if run.returncode == 0 else ""

    def start(self):
        wait.until(lambda: self.addresses().startswith("console https://"),
                   lambda: self.machine.run("journalctl", "--unit", UNIT, check=False).stdout, BOOT_S)
        self.port = PORT

    def setup_token(self):
        match = re.search(r"^setup \S+#setup=(\S+)$", self.addresses(), re.MULTILINE)
        return match and match[1]


class Package(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stage = cls.enterClassContext(Stage(PREFIX, os.environ["GRIDCAST_LOGS"]))
        cls.machine = Machine(cls.stage, pathlib.Path(os.environ["GRIDCAST_ROOT"]))
        cls.center = Service(cls.stage, cls.machine)
        cls.token = cls.center.setup_token()
        cls.center.log_in()

    def restarted(self, pid):
        """Waits until another process than `pid` answers."""
        def look():
            return self.machine.main_pid() not in (None, pid) and self.center.ask("GET", "/api/session")

        answer = wait.until(look, "the center to be back", BOOT_S, swallow=(OSError,))
        self.assertEqual(answer.status, 200)

    def make_newer(self, package):
        """The same, of a higher version."""
        tree = self.stage.folder / "newer"
        subprocess.run(["dpkg-deb", "--raw-extract", PACKAGE, tree], check=True)
        control = tree / "DEBIAN/control"
        control.write_text(re.sub(r"(?m)^(Version: .*)$", r"\1+newer", control.read_text()))
        subprocess.run(["dpkg-deb", "--root-owner-group", "--build", tree, package], check=True, stdout=subprocess.DEVNULL)

    def test_link(self):
        """The link is for root and the service alone, and not in the journal"""
        self.assertTrue(self.token)
        asked = ("runuser", "--user", "nobody", "--", "cat", "/run/gridcast-center/addresses")
        self.assertNotEqual(self.machine.run(*asked, check=False).returncode, 0)
        self.assertNotIn(self.token, self.machine.ask("journalctl", "--output=cat"))

    def test_rights(self):
        """It has no capability, gains none, and writes to its own folders alone; how exposed it is, is printed"""
        pid = self.machine.main_pid()
        status = pathlib.Path(f"/proc/{pid}/status").read_text()
        for line in ("CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"):
            self.assertIn(line, status)
        for path in FORBIDDEN:
            done = self.machine.run("touch", path, pid=pid, namespaces=("--mount",), check=False)
            self.assertNotEqual(done.returncode, 0, path)
        self.machine.run("touch", "/var/lib/gridcast-center/x", pid=pid, namespaces=("--mount",))
        said = self.machine.run("systemd-analyze", "security", "--no-pager", UNIT, check=False).stdout
        (self.stage.logs / "security.txt").write_text(said)
        print("#", said.splitlines()[-1].lstrip("→ "), flush=True)

    def test_live(self):
        """A terminal pairs with it, and streams live video to it"""
        answer = self.center.ask("POST", "/api/pairings", {"worker": "Nora"})
        handset = Handset(self.center, answer.json()["code"])
        self.addCleanup(handset.close)
        handset.connect()
        wait.until(lambda: self.center.ask("POST", f"/api/terminals/{handset.id}/live", {}).status == 201, "the request", 30)
        request = handset.receive("live.request")
        token = self.stage.folder / "token"
        token.touch(0o600)
        token.write_text(request["whip"]["token"])
        self.stage.start("publish", [
            self.stage.program_path("gridcast-publish"), "--whip", f"https://127.0.0.1:{PORT}{request['whip']['url']}",
            "--token-file", token, "--ca-file", self.center.data / "ca.pem", "--camera", "pattern", "--microphone", "tone",
            "--size", "320x180", "--no-network-watch",
        ])  # fmt: skip

        def look():
            (live,) = self.center.ask("GET", "/api/live").json()["live"]
            return live["state"] == "live" and live["video"] and live["audio"]

        wait.until(look, "live video", 60)
        self.center.ask("DELETE", f"/api/live/{request['session']}")

    def test_killed(self):
        """When it is killed it comes back by itself, with what it had"""
        pid = self.machine.main_pid()
        self.machine.run("systemctl", "kill", "--signal=KILL", UNIT)
        self.restarted(pid)

    def test_upgraded(self):
        """An upgrade starts the new version on what there was, and keeps the settings"""
        pid = self.machine.main_pid()
        settings = self.machine.root / "etc/gridcast-center/center.conf"
        settings.write_text(settings.read_text() + "\n[live]\nviewers=7\n")
        self.make_newer(self.machine.root / "newer.deb")
        self.machine.run("dpkg", "--install", "--force-confold", "/newer.deb")
        self.restarted(pid)
        self.assertIn("viewers=7", settings.read_text())

    def test_with_old_database_then_purged(self):
        """A database of the first version is taken over; purged, the package leaves what the center knew"""
        self.machine.run("systemctl", "stop", UNIT)
        owner = self.center.data.stat()
        for path in self.center.data.glob("center.db*"):
            path.unlink()
        with contextlib.closing(sqlite3.connect(OLDEST)) as oldest, contextlib.closing(
            sqlite3.connect(self.center.data / "center.db")
        ) as database:
            oldest.backup(database)
        os.chown(self.center.data / "center.db", owner.st_uid, owner.st_gid)
        self.machine.run("systemctl", "start", UNIT)
        wait.until(lambda: self.center.ask("GET", "/api/config").status == 200, "the center", BOOT_S, swallow=(OSError,))
        self.machine.run("dpkg", "--purge", "gridcast-center")
        self.assertTrue((self.center.data / "center.db").exists())
        self.assertFalse((self.machine.root / "usr/bin/gridcast-center").exists())
        self.assertNotEqual(self.machine.run("systemctl", "is-active", UNIT, check=False).returncode, 0)


if __name__ == "__main__":
    tap.main()
