# SPDX-License-Identifier: GPL-3.0-or-later
"""Network namespaces and the emulated links between them."""

import contextlib
import os
import socket
import subprocess

from gridcast_e2e.stage import die_with_parent

from .output import ROOT

EMULATOR = ROOT / "build/release/tests/net/link-emulator"
LEFT, RIGHT = "gcb-left", "gcb-right"
LEFT_ADDRESS, RIGHT_ADDRESS = "10.77.0.1", "10.77.0.2"
END_SECONDS = 5


def ip(*words):
    subprocess.run(["ip", *words], check=True, timeout=20)


def inside(namespace, command):
    return ["ip", "netns", "exec", namespace, *command]


def make_namespace(stage, name):
    """It is gone at the stage's end."""
    # One may be left of a run that was killed.
    with contextlib.suppress(subprocess.CalledProcessError):
        subprocess.run(["ip", "netns", "delete", name], check=True, stderr=subprocess.DEVNULL, timeout=20)
    ip("netns", "add", name)
    stage.on_exit(ip, "netns", "delete", name)
    ip("-n", name, "link", "set", "lo", "up")


def open_socket(namespace):
    """For UDP, in that namespace."""
    with open("/proc/self/ns/net", "rb") as home, open(f"/run/netns/{namespace}", "rb") as other:
        os.setns(other.fileno(), os.CLONE_NEWNET)
        try:
            return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        finally:
            os.setns(home.fileno(), os.CLONE_NEWNET)


class Link:
    """left and right: namespace, interface and address of an end. Its log goes to NAME.csv and NAME.log."""

    def __init__(self, stage, left, right, up, down, name="link"):
        self.path = stage.logs / f"{name}.csv"
        ends = [
            f"--{side}-{what}={value}"
            for side, end in (("left", left), ("right", right))
            for what, value in zip(("ns", "if", "address"), end, strict=True)
        ]
        with open(stage.logs / f"{name}.log", "wb") as log:
            self._popen = subprocess.Popen(
                [EMULATOR, *ends, "--up", up, "--down", down, "--log", self.path, "--control", "-"],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True,
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip
        stage.on_exit(self.stop)
        if self._popen.stdout.readline().strip() != "ready":
            raise RuntimeError(f"the link was not made; see {stage.logs / name}.log")

    def order(self, command):
        """One of the emulator's commands; with “start” the trace plays and steps and outages run."""
        self._popen.stdin.write(command + "\n")
        self._popen.stdin.flush()

    def stop(self):
        self._popen.terminate()
        try:
            self._popen.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            self._popen.wait()


def make_link(stage, up, down):
    """Between two new namespaces: LEFT, the publisher's, and RIGHT, the viewer's."""
    for namespace in (LEFT, RIGHT):
        make_namespace(stage, namespace)
    left, right = (LEFT, "tun-l", f"{LEFT_ADDRESS}/24"), (RIGHT, "tun-r", f"{RIGHT_ADDRESS}/24")
    return Link(stage, left, right, up, down)
