#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""fetch.py MIRROR FOLDER: gets a manifest's archives from Debian, to where flatpak-builder looks.

The manifest comes as JSON on standard input. What Debian's MIRROR has not is left to flatpak-builder,
which asks the address in the manifest.
"""

import json
import pathlib
import posixpath
import subprocess
import sys

APT_HELPER = "/usr/lib/apt/apt-helper"


def archives(modules):
    for module in modules:
        for source in module.get("sources", []):
            if source["type"] == "archive":
                yield source
        yield from archives(module.get("modules", []))


def debian_path(source):
    """Where in Debian's archive, if anywhere."""
    for url in [source["url"], *source.get("mirror-urls", [])]:
        if "/pool/" in url:
            return "pool/" + url.split("/pool/", 1)[1]
    return None


def main():
    mirror, folder = sys.argv[1].rstrip("/"), pathlib.Path(sys.argv[2])
    for source in archives(json.load(sys.stdin)["modules"]):
        checksum, path = source["sha256"], debian_path(source)
        archive = folder / checksum / posixpath.basename(source["url"])
        if archive.exists() or path is None:
            continue
        archive.parent.mkdir(parents=True, exist_ok=True)
        part = archive.with_suffix(".part")
        # It checks the sum, and leaves nothing behind when that is wrong.
        command = [APT_HELPER, "-q", "-o", "APT::Sandbox::User=", "download-file", f"{mirror}/{path}", part, f"SHA256:{checksum}"]
        run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if run.returncode == 0:
            part.rename(archive)
        else:
            print(f"{mirror}/{path} cannot be had: {run.stdout.strip().splitlines()[-1]}", file=sys.stderr)


if __name__ == "__main__":
    main()
