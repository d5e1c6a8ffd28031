#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./dev fuzz [TARGET…]: feeds each decoder for longer than the tests do.

As the tests run it, but without a fixed seed, for so many seconds of a processor each; what it finds
worth keeping stays in build/fuzz-corpus for the next time. Prints a table, and ends with 1 if
anything was found: the input that did it is in build/fuzz-found.
"""

import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import resource
import signal
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
TESTS = BUILD / "fuzz/meson-info/intro-tests.json"
OF_TESTS = ("-runs=", "-seed=", "-timeout=")
# For one input, by the clock: a processor that is shared may be elsewhere for long.
TIMEOUT_S = 120
STATUS = re.compile(r"^#(\d+)\s.*\bcov: (\d+)", re.MULTILINE)
LAST_WORDS = 2000


def read_targets():
    """{name: its entry} of what the tests run"""
    entries = json.loads(TESTS.read_text(encoding="utf-8"))
    return {entry["name"].removeprefix("fuzz-"): entry for entry in entries if entry["name"].startswith("fuzz-")}


def run(name, entry, seconds):
    """A row of the table, and what the target said if it found something."""
    corpus = BUILD / "fuzz-corpus" / name
    found = BUILD / "fuzz-found"
    for folder in (corpus, found):
        folder.mkdir(parents=True, exist_ok=True)
    command = [word for word in entry["cmd"] if not word.startswith(OF_TESTS)]
    command += [f"-timeout={TIMEOUT_S}", f"-artifact_prefix={found}/{name}-", str(corpus)]
    result = subprocess.run(
        command,
        env=os.environ | entry["env"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1)),
        check=False,
    )
    said = result.stderr.decode("utf-8", "replace")
    runs, coverage = (STATUS.findall(said) or [("0", "0")])[-1]
    clean = result.returncode == -signal.SIGXCPU
    row = f"{name:<22}{int(runs):>14,}{int(coverage):>10}   {'clean' if clean else 'FOUND'}"
    return row, "" if clean else said[-LAST_WORDS:]


def main():
    parser = argparse.ArgumentParser(prog="./dev fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help="all without a name")
    parser.add_argument("--seconds", type=int, default=600, metavar="S", help="of a processor, each; default 600")
    parser.add_argument("--at-once", type=int, default=os.cpu_count(), metavar="N", help="default: as many as processors")
    options = parser.parse_args()
    known = read_targets()
    names = options.targets or sorted(known)
    unknown = [name for name in names if name not in known]
    if unknown:
        parser.error(f"no target {', '.join(unknown)}; there are: {' '.join(sorted(known))}")
    if min(options.seconds, options.at_once) < 1:
        parser.error("--seconds and --at-once are at least 1")

    words = []
    print(f"{'target':<22}{'inputs, over':>14}{'coverage':>10}   after {options.seconds} s", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.at_once) as pool:
        for row, said in pool.map(lambda name: run(name, known[name], options.seconds), names):
            print(row, flush=True)
            words += [said] if said else []
    print(*words, sep="\n", end="", file=sys.stderr)
    print(f"{len(names)} targets, {len(words)} found something")
    return 1 if words else 0


if __name__ == "__main__":
    sys.exit(main())
