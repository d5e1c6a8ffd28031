# SPDX-License-Identifier: GPL-3.0-or-later
"""Where benchmarks leave what they find."""

import csv
import datetime
import fcntl
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
BASE = ROOT / "build/bench"


def say(*words):
    print(*words, file=sys.stderr, flush=True)


class Output:
    """The folder of one invocation; “latest” leads to it. While it is open no other benchmark runs."""

    def __init__(self, name):
        base = BASE / name
        base.mkdir(parents=True, exist_ok=True)
        self._lock = open(BASE / "lock", "w", encoding="ascii")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sys.exit(f"bench {name}: another benchmark is running, and they would measure each other")
        self.folder = base / datetime.datetime.now().strftime("%Y-%m-%d-%H%M%S")
        self.folder.mkdir()
        latest = base / "latest"
        latest.unlink(missing_ok=True)
        latest.symlink_to(self.folder.name)

    def tell(self, text):
        """For people: on stdout, and kept."""
        print(text, flush=True)
        with open(self.folder / "table.txt", "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def write(self, name, rows):
        """For programs. rows: dictionaries; the columns are those of all of them."""
        columns = list(dict.fromkeys(key for row in rows for key in row))
        with open(self.folder / name, "w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            for row in rows:
                writer.writerow({k: round(v, 5) if isinstance(v, float) else v for k, v in row.items()})

    def say_where(self):
        say(f"==> all of it: {self.folder.relative_to(ROOT)}")
