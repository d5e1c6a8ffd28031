# SPDX-License-Identifier: GPL-3.0-or-later
"""What the processors did: for whom, and for others."""

import os
import pathlib
import time

TICKS = os.sysconf("SC_CLK_TCK")
# More than this part of one core for programs that are not ours, and a run is doubtful.
FOREIGN_SHARE_MAX = 0.25
# A camera that wakes up later than this says that the machine was too busy.
LATE_MS_MAX = 5
CALM_SECONDS = 60


def read_processes():
    """pid: (parent, seconds of processor time with that of children that have ended)"""
    found = {}
    for folder in pathlib.Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "stat").read_text(encoding="ascii", errors="replace").rsplit(")", 1)[1].split()
        except OSError:
            continue
        found[int(folder.name)] = (int(words[1]), sum(map(int, words[11:15])) / TICKS)
    return found


def tree_seconds(root, processes=None):
    """Processor seconds of a process and all below it."""
    processes = processes or read_processes()
    children = {}
    for pid, (parent, _) in processes.items():
        children.setdefault(parent, []).append(pid)
    total, todo = 0.0, [root]
    while todo:
        pid = todo.pop()
        total += processes.get(pid, (0, 0.0))[1]
        todo += children.get(pid, [])
    return total


def read_machine():
    """Seconds in which processors worked, and in which the host took them away."""
    with open("/proc/stat", encoding="ascii") as file:
        words = [int(word) / TICKS for word in file.readline().split()[1:9]]
    user, nice, system, _, _, irq, softirq, steal = words
    return user + nice + system + irq + softirq, steal


class Meter:
    """From its making to read(): shares of one core."""

    def __init__(self, publisher):
        self._publisher = publisher
        self._since = self._look()

    def _look(self):
        processes = read_processes()
        busy, steal = read_machine()
        publisher, ours = (tree_seconds(pid, processes) for pid in (self._publisher, os.getpid()))
        return time.monotonic(), publisher, ours, busy, steal

    def read(self):
        seconds, publisher, ours, busy, steal = (b - a for a, b in zip(self._since, self._look(), strict=True))
        return {
            "cpu": publisher / seconds,
            "cpu_ours_all": ours / seconds,
            "cpu_foreign": max(0.0, busy - ours) / seconds,
            "steal": steal / seconds,
        }


def wait_for_calm():
    """Waits until others leave the processors alone, a minute at the most."""
    deadline = time.monotonic() + CALM_SECONDS
    while True:
        meter = Meter(os.getpid())
        time.sleep(1)
        if meter.read()["cpu_foreign"] < FOREIGN_SHARE_MAX or time.monotonic() > deadline:
            return


def was_too_busy(figures):
    """Whether the machine, not the publisher, may have decided the figures."""
    return (
        figures["cpu_foreign"] > FOREIGN_SHARE_MAX
        or figures["steal"] > FOREIGN_SHARE_MAX
        or (figures["camera_late_p99_ms"] or 0) > LATE_MS_MAX
    )
