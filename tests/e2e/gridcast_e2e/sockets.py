# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network connections a process has, as the kernel sees it."""

import pathlib
import re

LISTENING = "0A"


def connections(pid):
    """Remote addresses, in the kernel's notation, of the process's TCP and UDP sockets."""
    mine = set()
    for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            match = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
        except OSError:
            continue
        if match:
            mine.add(match[1])
    found = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in pathlib.Path(f"/proc/{pid}/net/{table}").read_text("ascii").splitlines()[1:]:
            words = line.split()
            if words[9] in mine and words[3] != LISTENING:
                found.append((table, words[2]))
    return found
