# SPDX-License-Identifier: GPL-3.0-or-later
"""A private session bus, an accessibility bus and a screen for one handset."""

import os
import re
import subprocess

from gi.repository import Gio, GLib

from . import wait

BUS_CONFIGURATION = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={folder}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""

# A phone of 360x720 points, as the smallest ones in the field are.
WIDTH, HEIGHT = 360, 720


class Desk:
    """The environment that the terminal runs in: nothing on it starts by itself.

    With use_display the windows open on the user's own display.
    """

    def __init__(self, stage, use_display=False):
        self.stage = stage
        self.on_user_display = use_display
        self.environment = {
            "GSETTINGS_BACKEND": "keyfile",
            "GDK_DEBUG": "no-portals",
            "NO_AT_BRIDGE": "",
            "GTK_A11Y": "atspi",
            "GIO_USE_VFS": "local",
            "GTK_USE_PORTAL": "0",
        }
        if not use_display:
            self.environment |= {"GSK_RENDERER": "cairo", "GDK_BACKEND": "x11"}
            self.environment["DISPLAY"] = self._start_screen()
            self.environment["WAYLAND_DISPLAY"] = ""
        self.environment["DBUS_SESSION_BUS_ADDRESS"] = self._start_bus()
        # libatspi of this process must find the same buses and screen.
        os.environ.update(self.environment)
        self._start_accessibility()

    def _start_screen(self):
        reader, writer = os.pipe()
        screen = self.stage.start(
            "xvfb",
            ["Xvfb", "-displayfd", writer, "-screen", "0", f"{WIDTH}x{HEIGHT}x24"]
            + ["-nolisten", "tcp", "-noreset", "-dpi", "96"],
            pass_fds=[writer],
        )
        os.close(writer)
        with os.fdopen(reader, encoding="ascii") as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError(f"no virtual screen: {screen.tail()}")
        return f":{number}"

    def _start_bus(self, name="bus"):
        folder = self.stage.make_folder(name)
        configuration = folder / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(folder=folder), encoding="utf-8")
        bus = self.stage.start(
            name, ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--print-address"]
        )
        return bus.wait_for_log(r"^(unix:\S+)$")[1]

    def start_system_bus(self):
        """A system bus for terminals that are started from now on."""
        self.environment["DBUS_SYSTEM_BUS_ADDRESS"] = self._start_bus("system-bus")

    def _start_accessibility(self):
        self.stage.start(
            "at-spi", ["/usr/libexec/at-spi-bus-launcher", "--launch-immediately"], self.environment
        )
        self.wait_for_name("org.a11y.Bus")

    def start_secret_service(self):
        """A keyring that is open, as on a handset whose worker has logged in."""
        folder = self.stage.make_folder("keyring")
        environment = {**self.environment, "XDG_DATA_HOME": str(folder), "HOME": str(folder)}
        keyring = subprocess.Popen(
            ["gnome-keyring-daemon", "--foreground", "--unlock", "--components=secrets"]
            + [f"--control-directory={folder}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**self.stage.environment, **environment},
        )
        self.stage.on_exit(keyring.wait)
        self.stage.on_exit(keyring.kill)
        keyring.stdin.write(b"open")
        keyring.stdin.close()
        self.wait_for_name("org.freedesktop.secrets")

    def connect(self, bus="session"):
        """Opens a connection to the session bus or the system bus."""
        return Gio.DBusConnection.new_for_address_sync(
            self.environment[f"DBUS_{bus.upper()}_BUS_ADDRESS"],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION,
            None,
            None,
        )

    def wait_for_name(self, name, bus="session"):
        connection = self.connect(bus)

        def owned():
            reply = connection.call_sync(
                "org.freedesktop.DBus", "/", "org.freedesktop.DBus", "NameHasOwner",
                GLib.Variant("(s)", (name,)), None, Gio.DBusCallFlags.NONE, 5000, None,
            )
            return reply.unpack()[0]

        try:
            wait.until(owned, f"{name} on the {bus} bus", interval=0.02)
        finally:
            connection.close_sync(None)

    def screenshot(self, path):
        """Writes what the handset's screen shows; on the user's display, the terminal's window."""
        path.parent.mkdir(parents=True, exist_ok=True)
        window = "root"
        if self.on_user_display:
            window = self._find_window()
            if window is None:
                return False
        subprocess.run(
            ["import", "-window", window, str(path)],
            env={**self.stage.environment, **self.environment},
            check=True,
            timeout=20,
        )
        return True

    def _find_window(self):
        """The X window of the terminal; none on Wayland, where one may not look at others."""
        if "DISPLAY" not in os.environ:
            return None
        tree = subprocess.run(["xwininfo", "-root", "-tree"], capture_output=True, text=True, check=False)
        match = re.search(r'(0x[0-9a-f]+) "Gridcast"', tree.stdout)
        return match and match[1]
