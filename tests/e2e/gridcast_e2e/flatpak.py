# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal as it is installed on a handset: a Flatpak, with the portals that stand before it."""

import os
import pathlib
import shutil
import subprocess

from .house import House
from .services import SystemServices
from .terminal import Terminal
from .worker import Worker

APP = "org.gridcast.Gridcast"
PORTALS = """[preferred]
default=gtk
org.freedesktop.impl.portal.Secret=gnome-keyring
"""


class Flatpak:
    """A worker's home with the bundle installed in it."""

    def __init__(self, stage, desk, bundle):
        self.stage = stage
        self.desk = desk
        self.home = stage.make_folder("home")
        self.runtime = stage.make_folder("run")
        # Where the sandbox keeps the app's data; the one folder that both sides see.
        self.data = self.home / ".var/app" / APP
        self.environment = {
            **desk.environment,
            "HOME": str(self.home),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "LC_ALL": "C.UTF-8",
        }
        # The sandbox's settings are its own, and the portals are for it.
        for name in ("GSETTINGS_BACKEND", "GDK_DEBUG", "GTK_USE_PORTAL"):
            self.environment.pop(name)
        self.flatpak("install", "--user", "--noninteractive", "-y", str(bundle))

    def flatpak(self, *words, check=True, timeout=120):
        """Runs flatpak as the worker; returns what it did."""
        run = subprocess.run(
            ["flatpak", *words], env={**self.stage.environment, **self.environment}, check=False, timeout=timeout,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        if check and run.returncode != 0:
            raise RuntimeError(f"flatpak {' '.join(words)} ended with {run.returncode}:\n{run.stdout}")
        return run

    def inside(self, script, *arguments):
        """Runs a shell's script in the sandbox, with the permissions of the app."""
        return self.flatpak("run", "--command=sh", APP, "-c", script, "sh", *arguments, check=False)

    def start_portals(self):
        """The services behind the portals, as a phone's session starts them."""
        folder = self.home / ".config/xdg-desktop-portal"
        folder.mkdir(parents=True)
        (folder / "portals.conf").write_text(PORTALS, encoding="utf-8")
        environment = {**self.environment, "GDK_DEBUG": "no-portals", "GTK_USE_PORTAL": "0"}
        for program, name in (
            ("xdg-permission-store", "org.freedesktop.impl.portal.PermissionStore"),
            ("xdg-desktop-portal-gtk", "org.freedesktop.impl.portal.desktop.gtk"),
            ("xdg-desktop-portal", "org.freedesktop.portal.Desktop"),
            ("flatpak-portal", "org.freedesktop.portal.Flatpak"),
        ):
            self.stage.start(program, [f"/usr/libexec/{program}"], environment)
            self.desk.wait_for_name(name)


class SandboxedTerminal(Terminal):
    """The installed one. Files that it is given must lie in its own folder."""

    def __init__(self, flatpak, name="terminal", camera="pattern", nmea=None, language="en_GB.UTF-8"):
        self.flatpak = flatpak
        if nmea is not None:
            nmea = shutil.copy(nmea, flatpak.data / pathlib.Path(nmea).name)
        super().__init__(flatpak.stage, flatpak.desk, name, camera, nmea, language)

    def command(self):
        command = ["flatpak", "run", "--die-with-parent", APP, f"--camera={self.camera}", "--microphone=tone"]
        return [*command, f"--nmea={self.nmea}"] if self.nmea else command

    def environment(self):
        own = super().environment()
        return {**self.flatpak.environment, **{name: own[name] for name in ("LC_ALL", "LANGUAGE", "G_DEBUG")}}

    def is_mine(self, application):
        """The bus knows the process id of the proxy that stands before the sandbox, not the app's."""
        return application.get_name() == "gridcast"


class FlatpakHouse(House):
    """One whose worker has the bundle that the environment names."""

    def open(self):
        super().open()
        try:
            self.services = SystemServices(self.desk)
            self.desk.start_secret_service()
            self.flatpak = Flatpak(self.stage, self.desk, os.environ["GRIDCAST_BUNDLE"])
            self.flatpak.start_portals()
        except BaseException:
            self.close()
            raise
        return self

    def start_worker(self, name="terminal", **options):
        worker = Worker(SandboxedTerminal(self.flatpak, name, **options), self.center.called)
        self.workers.append(worker)
        return worker
