#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the Flatpak, installed from its bundle by an unprivileged user:

- everything that the terminal needs at run time is found in the sandbox
- its permissions are those that README.md gives reasons for, and no others
- the host's files, other apps' data, devices and services are out of its reach
- in the sandbox the terminal pairs by its camera, streams live video, takes a photo and carries out a task
- it is still paired and on duty when it is started again
"""

import pathlib
import re

from gridcast_e2e import tap
from gridcast_e2e.camera import Camera
from gridcast_e2e.flatpak import APP, FlatpakHouse
from gridcast_e2e.house import TRACK, HouseTest

README = pathlib.Path(__file__).with_name("README.md")
# What Flatpak gives to every sandbox.
DEVICES = {
    "console", "core", "dri", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout", "tty",
    "urandom", "zero",
}  # fmt: skip
SECRET = "for nobody else's eyes"


class Installed(HouseTest):
    HOUSE = FlatpakHouse

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.flatpak = cls.house.flatpak
        cls.house.services.tell("network start", "power start")

    def hide(self, path):
        """A file with a secret that the host's user can read."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(SECRET, encoding="utf-8")
        return path

    def test_self_check(self):
        """Everything that is needed at run time is found in the sandbox"""
        run = self.flatpak.flatpak("run", APP, "--self-check", check=False)
        (self.house.stage.logs / "self-check.txt").write_text(run.stdout, encoding="utf-8")
        self.assertEqual(run.returncode, 0, run.stdout)
        lines = [line.split("\t") for line in run.stdout.splitlines() if "\t" in line]
        self.assertEqual([line for line in lines if line[0] == "no" and "not needed" not in line[1]], [])
        for name in ("zxing|zbar", "webrtcbin", "portal.Camera", "portal.Secret", "NetworkManager"):
            self.assertTrue(any(word == "yes" and name in what for word, what in lines), name)

    def test_permissions(self):
        """The permissions are those that README.md gives reasons for"""
        documented = re.search(r"```ini\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)[1]
        actual = self.flatpak.flatpak("info", "--show-permissions", APP).stdout
        self.assertEqual(sorted(actual.split()), sorted(documented.split()))

    def test_files(self):
        """The host's home, other apps' data and the host's system are out of reach"""
        home = self.flatpak.home
        secrets = [
            self.hide(home / "letter.txt"),
            self.hide(home / ".ssh/id"),
            self.hide(home / ".var/app/org.example.Other/data/letter.txt"),
            self.hide(self.house.stage.folder / "letter.txt"),
        ]
        for path in [*secrets, "/etc/shadow", "/run/host/etc/shadow", "/run/host/root", "/var/lib/flatpak/repo"]:
            with self.subTest(path):
                self.assertNotEqual(self.flatpak.inside('test -e "$1"', str(path)).returncode, 0)
        found = self.flatpak.inside(f'grep -rlF "{SECRET}" "$1" "$2" /tmp /var 2>/dev/null', str(home), str(self.house.stage.folder))
        self.assertEqual(found.stdout, "")
        # The comparison would be worth nothing if the sandbox saw no files at all.
        self.hide(self.flatpak.data / "data/own.txt")
        self.assertEqual(self.flatpak.inside('cat "$1"', str(self.flatpak.data / "data/own.txt")).stdout, SECRET)

    def test_devices_and_processes(self):
        """The host's devices and processes are out of reach"""
        devices = set(self.flatpak.inside("ls /dev").stdout.split())
        self.assertEqual(devices - DEVICES, set())
        processes = self.flatpak.inside("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").stdout
        self.assertNotIn("gridcast-center", processes)
        self.assertIn("cat /proc", processes)

    def test_buses(self):
        """Of the buses the app sees what it was given, and nothing else"""
        self.house.desk.wait_for_name("org.freedesktop.NetworkManager", "system")
        call = "dbus-send --print-reply --{bus} --dest={name} / org.freedesktop.DBus.Peer.Ping 2>&1"
        reached = {}
        for bus, name in (
            ("system", "org.freedesktop.NetworkManager"),
            ("system", "org.freedesktop.login1"),
            ("session", "org.freedesktop.portal.Desktop"),
            ("session", "org.freedesktop.secrets"),
            ("session", "org.freedesktop.impl.portal.PermissionStore"),
        ):
            run = self.flatpak.inside(call.format(bus=bus, name=name))
            reached[name] = run.returncode == 0 or "UnknownMethod" in run.stdout
        self.assertEqual(
            [name for name, there in reached.items() if there],
            ["org.freedesktop.NetworkManager", "org.freedesktop.portal.Desktop"],
        )

    def test_shift(self):
        """In the sandbox it pairs by its camera, streams, takes a photo, carries out a task, and keeps all of it"""
        camera = Camera(self.house.stage, "home/.var/app/" + APP + "/camera")
        worker = self.house.start_worker(camera=camera.path, nmea=TRACK)
        self.dispatcher.offer_pairing("Wang")
        camera.look_at_screen(self.dispatcher.photograph_code(self.house.stage.folder / "code.png"))
        worker.confirm_pairing()
        worker.wait_until_paired()
        terminal = self.dispatcher.finish_pairing()
        # The key is in the sandbox's own key ring, whose key the portal gave.
        self.assertTrue(list(self.flatpak.data.glob("data/keyrings/*.keyring")))
        worker.go_on_duty()
        self.dispatcher.wait_for_standing(terminal, "duty")
        self.dispatcher.ask_for_live(terminal, "The bridge, please")
        worker.accept_live()
        self.dispatcher.wait_for_frames(terminal, 50)
        worker.terminal.find("1 watching")
        worker.terminal.screenshot(self.house.stage.logs / "live.png")
        worker.go_back()
        self.dispatcher.end_live(terminal)
        task = self.dispatcher.send_task(terminal, "Check the gauge")
        worker.open_task("Check the gauge")
        worker.step("accepted")
        worker.step("en-route")
        worker.step("arrived")
        worker.take_photo()
        worker.find("Sent", seconds=40)
        _, answer = self.dispatcher.api("GET", f"/api/tasks/{task}")
        self.assertEqual([file["complete"] for file in answer["files"]], [True])
        worker.finish("3.42 m")
        self.assertEqual(self.dispatcher.wait_for_task("done")[-1], "done")
        worker.terminal.screenshot(self.house.stage.logs / "task.png")
        worker.terminal.stop()
        worker.terminal.start()
        worker.find("Connected")
        worker.terminal.find("Check the gauge")


if __name__ == "__main__":
    tap.main()
