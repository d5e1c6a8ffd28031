#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the folders of src/ include each other only downwards: check-layers.py [ROOT]

The house rule, from CONTRIBUTING.md; the folders in one line never include each other:

    app, cli -> session -> live, camera, evidence, channel, location, identity
             -> store, network, http, power, rtc -> protocol -> base
    center   -> rtc, protocol, base

Nothing but app/ includes GTK or libadwaita.
"""

import pathlib
import re
import sys

FLOORS = (
    ("base",),
    ("protocol",),
    ("store", "network", "http", "power", "rtc"),
    ("live", "camera", "evidence", "channel", "location", "identity"),
    ("session",),
    ("app", "cli"),
)
FLOOR = {name: height for height, names in enumerate(FLOORS) for name in names}
CENTER_MAY_USE = {"rtc", "protocol", "base"}
TOOLKIT = re.compile(r"^(gtk|gdk|gsk|adwaita|adw|shumate|libportal-gtk4)\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def may_include(folder, other):
    if folder == other:
        return True
    if folder == "center":
        return other in CENTER_MAY_USE
    if folder not in FLOOR or other not in FLOOR:
        return False
    return FLOOR[other] < FLOOR[folder]


def check_file(path, folder, folders):
    """Yields (line number, complaint) for one source file."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        bracket, target = match.groups()
        if TOOLKIT.match(target) and folder != "app":
            yield number, f"{folder}/ must not include the toolkit ({target})"
        other = target.split("/")[0] if "/" in target else None
        if bracket == '"' and other in folders and not may_include(folder, other):
            yield number, f"{folder}/ must not include {other}/ ({target})"
        if bracket == '"' and target.startswith("."):
            yield number, f"includes are written from src/ ({target})"


def check(root):
    source = pathlib.Path(root) / "src"
    folders = {entry.name for entry in source.iterdir() if entry.is_dir()}
    known = set(FLOOR) | {"center"}
    complaints = [
        f"src/{name}: has no floor in build-aux/check-layers.py" for name in folders - known
    ]
    for path in sorted(source.glob("*/**/*.[ch]")):
        folder = path.relative_to(source).parts[0]
        for number, text in check_file(path, folder, folders):
            complaints.append(f"{path.relative_to(root)}:{number}: {text}")
    return complaints


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
