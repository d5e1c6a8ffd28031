# SPDX-License-Identifier: GPL-3.0-or-later
"""Two network namespaces and the emulated link between them."""

import contextlib
import subprocess

from gridcast_e2e import wait

LEFT, RIGHT = "gcb-left", "gcb-right"
LEFT_ADDRESS, RIGHT_ADDRESS = "10.77.0.1", "10.77.0.2"


def ip(*words, check=True):
    subprocess.run(["ip", *words], check=check, capture_output=not check, timeout=20)


class Link:
    """The publisher's side is left, the viewer's right."""

    def __init__(self, stage, emulator, up, down, log):
        self.stage = stage
        for name in (LEFT, RIGHT):
            ip("netns", "delete", name, check=False)
            ip("netns", "add", name)
            stage.on_exit(self._delete, name)
            ip("-n", name, "link", "set", "lo", "up")
        self._popen = subprocess.Popen(
            [
                str(emulator), "--left-ns", LEFT, "--right-ns", RIGHT, "--left-if", "tun-l", "--right-if", "tun-r",
                "--left-address", f"{LEFT_ADDRESS}/24", "--right-address", f"{RIGHT_ADDRESS}/24",
                "--up", up, "--down", down, "--control", "-",
            ],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        stage.on_exit(self._stop)
        assert self._popen.stdout.readline().strip() == "ready"

    def _delete(self, name):
        ip("netns", "delete", name, check=False)

    def _stop(self):
        self._popen.kill()
        self._popen.wait()

    def start(self):
        self._popen.stdin.write("start\n")
        self._popen.stdin.flush()

    @staticmethod
    def inside(name, command):
        return ["ip", "netns", "exec", name, *command]
