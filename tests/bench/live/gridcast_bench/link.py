# SPDX-License-Identifier: GPL-3.0-or-later
"""Two network namespaces and the emulated link between them."""

import contextlib
import subprocess

from gridcast_e2e.stage import die_with_parent

LEFT, RIGHT = "gcb-left", "gcb-right"
LEFT_ADDRESS, RIGHT_ADDRESS = "10.77.0.1", "10.77.0.2"
END_SECONDS = 5


def ip(*words):
    subprocess.run(["ip", *words], check=True, timeout=20)


def inside(namespace, command):
    return ["ip", "netns", "exec", namespace, *command]


class Link:
    """The publisher's side is left, the viewer's right. Its log goes to link.csv and link.log."""

    def __init__(self, stage, emulator, up, down):
        for name in (LEFT, RIGHT):
            # One may be left of a run that was killed.
            with contextlib.suppress(subprocess.CalledProcessError):
                subprocess.run(["ip", "netns", "delete", name], check=True, stderr=subprocess.DEVNULL, timeout=20)
            ip("netns", "add", name)
            stage.on_exit(ip, "netns", "delete", name)
            ip("-n", name, "link", "set", "lo", "up")
        with open(stage.logs / "link.log", "wb") as log:
            self._popen = subprocess.Popen(
                [
                    emulator, "--left-ns", LEFT, "--right-ns", RIGHT, "--left-if", "tun-l", "--right-if", "tun-r",
                    "--left-address", f"{LEFT_ADDRESS}/24", "--right-address", f"{RIGHT_ADDRESS}/24",
                    "--up", up, "--down", down, "--log", stage.logs / "link.csv", "--control", "-",
                ],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip
        stage.on_exit(self._stop)
        if self._popen.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the link was not made; see {stage.logs / 'link.log'}")

    def start(self):
        """From now on the trace plays and the clock of steps and outages runs."""
        self._popen.stdin.write("start\n")
        self._popen.stdin.flush()

    def _stop(self):
        self._popen.terminate()
        try:
            self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()
