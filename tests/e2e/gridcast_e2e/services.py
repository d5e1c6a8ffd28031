# SPDX-License-Identifier: GPL-3.0-or-later
"""System services that a handset has and this machine has not, put in at their D-Bus interfaces."""

import pathlib
import re
import subprocess
import sys

from gi.repository import Gio, GLib

from . import wait

MOCK = "org.freedesktop.DBus.Mock"
SYSTEM_SERVICES = pathlib.Path(__file__).resolve().parents[2] / "integration/network/mock_services.py"


class Notifications:
    """What shows notifications on a handset's lock screen."""

    NAME, PATH = "org.freedesktop.Notifications", "/org/freedesktop/Notifications"

    def __init__(self, desk):
        self._bus = desk.connect()
        self._program = desk.stage.start(
            "notifications", [sys.executable, "-m", "dbusmock", "--template", "notification_daemon"], desk.environment
        )
        desk.wait_for_name(self.NAME)

    def wait_for(self, title, seconds=15):
        """Returns the names of the actions that a notification with this title offers."""
        shown = self._program.wait_for_log(rf'Notify .*"{re.escape(title)}".*?\[(.*?)\].*$', seconds)
        return re.findall(r'"([^"]*)"', shown[1])

    def press(self, number, action):
        """Presses a button of a notification: they are numbered from 1."""
        signal = (self.NAME, "ActionInvoked", "us", [GLib.Variant("u", number), GLib.Variant("s", action)])
        self._bus.call_sync(
            self.NAME, self.PATH, MOCK, "EmitSignal", GLib.Variant("(sssav)", signal),
            None, Gio.DBusCallFlags.NONE, 5000, None,
        )  # fmt: skip


class SystemServices:
    """NetworkManager, ModemManager and UPower, for terminals that are started from now on."""

    def __init__(self, desk):
        desk.start_system_bus()
        self._program = desk.stage.start(
            "system-services", [sys.executable, SYSTEM_SERVICES], desk.environment, stdin=subprocess.PIPE
        )
        self._commands = 0

    def tell(self, *commands):
        """Has the services do something; mock_services.py says what there is."""
        for command in commands:
            self._commands += 1
            self._program.popen.stdin.write(f"{command}\n".encode())
            self._program.popen.stdin.flush()
            wait.until(
                lambda: self._program.log().count("ok\n") >= self._commands,
                lambda said=command: f"“{said}”; the services said:\n{self._program.tail()}",
                20,
            )
