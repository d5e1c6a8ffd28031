#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints the table of README.md: how large the Flatpak is, and how fast it starts."""

import os
import pathlib
import statistics
import time

from gridcast_e2e import wait
from gridcast_e2e.flatpak import APP, FlatpakHouse, SandboxedTerminal
from gridcast_e2e.terminal import GONE, Terminal

STARTS = 7
MIB = 1024 * 1024


def size_of(folder):
    """In MiB, as Flatpak counts it: what the files hold."""
    return sum(path.lstat().st_size for path in pathlib.Path(folder).rglob("*") if not path.is_dir()) / MIB


def start(terminal_of, name):
    """Seconds from the start of the program until its first page can be read."""
    begin = time.monotonic()
    terminal = terminal_of(name)
    wait.until(lambda: terminal.look("Type the code"), "the first page", 30, 0.01, GONE)
    seconds = time.monotonic() - begin
    terminal.stop()
    return seconds


def compare_starts(*kinds):
    """Median seconds of each kind; they take turns, so that a busy machine is busy for all."""
    rounds = [[start(kind, f"start-{number}") for kind in kinds] for number in range(STARTS + 1)]
    # The first one fills caches.
    return [statistics.median(seconds) for seconds in zip(*rounds[1:], strict=True)]


def main():
    house = FlatpakHouse("measure")
    house.open()
    try:
        flatpak = house.flatpak
        app = flatpak.flatpak("info", "--show-location", APP).stdout.strip()
        runtime = flatpak.flatpak("info", "--show-location", "org.gnome.Platform//49").stdout.strip()
        outside, inside = compare_starts(
            lambda name: Terminal(house.stage, house.desk, f"{name}-outside"),
            lambda name: SandboxedTerminal(flatpak, f"{name}-inside"),
        )
        rows = [
            ("bundle", f"{pathlib.Path(os.environ['GRIDCAST_BUNDLE']).stat().st_size / MIB:.1f} MiB"),
            ("what it adds to the runtime, installed", f"{size_of(f'{app}/files'):.1f} MiB"),
            ("the runtime’s look-alike, installed", f"{size_of(f'{runtime}/files'):.0f} MiB"),
            ("start to first page, in the sandbox", f"{inside:.2f} s"),
            ("start to first page, outside", f"{outside:.2f} s"),
        ]
    finally:
        house.close()
    print("| what | measured |\n|---|---|")
    for what, measured in rows:
        print(f"| {what} | {measured} |")


if __name__ == "__main__":
    main()
