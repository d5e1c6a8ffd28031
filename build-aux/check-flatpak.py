#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the Flatpak's manifest by Flathub's rules, as far as they need no network: check-flatpak.py

Permissions that Flathub refuses are not asked for, every source is pinned and comes by https, and
each permission has its reason above it.
"""

import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
MANIFEST = ROOT / "flatpak/org.gridcast.Gridcast.yml"
# Of each kind of permission what may be asked for; a bus name must be one that nobody else answers for.
ALLOWED = {
    "share": r"network|ipc",
    "socket": r"wayland|fallback-x11|pulseaudio",
    "device": r"dri",
    "talk-name": r"(?!org\.freedesktop\.(portal|Flatpak|DBus|systemd1|impl)|ca\.desrt|org\.gtk\.vfs)[\w.]+",
    "system-talk-name": r"(?!org\.freedesktop\.(Flatpak|DBus|systemd1|login1|impl))[\w.]+",
}


def check_permissions(manifest):
    words = manifest["finish-args"]
    for word in words:
        kind, _, value = word.removeprefix("--").partition("=")
        if kind not in ALLOWED or not re.fullmatch(ALLOWED[kind], value):
            yield f"{word} is more than the terminal needs, or than Flathub takes"
    if "--socket=fallback-x11" in words and not {"--share=ipc", "--socket=wayland"} <= set(words):
        yield "X11 goes with --share=ipc and --socket=wayland"
    if len(set(words)) != len(words):
        yield "a permission is there twice"


def check_reasons(text):
    """What follows another permission without a comment shares its reason, which must be there."""
    section = text.split("\nfinish-args:\n", 1)[1].split("\n\n", 1)[0].splitlines()
    if not section[0].lstrip().startswith("#"):
        yield f"{section[0].strip()} has no reason above it"


def modules_of(manifest):
    for module in manifest["modules"]:
        yield module
        yield from modules_of({"modules": module.get("modules", [])})


def check_module(module):
    for option in module.get("config-opts", []):
        if re.match(r"--prefix=|--enable-debug|-DCMAKE_", option):
            yield f"{option} is flatpak-builder's to say"
    for source in module["sources"]:
        kind, url = source["type"], source.get("url", "")
        if kind == "script":
            continue
        if kind not in ("archive", "git"):
            yield f"a source of the kind “{kind}” is not the same for everybody"
        for address in (url, *source.get("mirror-urls", [])):
            if not address.startswith("https://"):
                yield f"“{address}” does not come by https"
        if kind == "archive" and not re.fullmatch(r"[0-9a-f]{64}", source.get("sha256", "")):
            yield f"{url} has no SHA-256"
        if kind == "git" and ("branch" in source or not (source.get("tag") or source.get("commit"))):
            yield f"{url} is not pinned to a tag or commit"


def main():
    run = subprocess.run(["flatpak-builder", "--show-manifest", MANIFEST], capture_output=True, text=True, check=False)
    if run.returncode != 0:
        print(run.stderr.strip())
        return 1
    manifest = json.loads(run.stdout)
    found = [*check_permissions(manifest), *check_reasons(MANIFEST.read_text(encoding="utf-8"))]
    for module in modules_of(manifest):
        found += [f"{module['name']}: {complaint}" for complaint in check_module(module)]
    if manifest["id"] != MANIFEST.stem or manifest["runtime"] != "org.gnome.Platform":
        found.append("the app's id or its runtime is not the one that is meant")
    print("\n".join(found), end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
