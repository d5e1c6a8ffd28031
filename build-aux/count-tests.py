#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sums up what meson logged: count-tests.py BUILD SUITE...

Reads BUILD/*/meson-logs/SUITE.json, one JSON object per test program and line. A program that
speaks TAP counts once per TAP line, any other once. A suite that left no results is a failure: it
did not compile, or nothing ran. What a program that failed had to say is repeated. The last line of
the output is "N passed, N failed".
"""

import argparse
import collections
import json
import pathlib
import re
import sys

GOOD = {"OK", "EXPECTEDFAIL"}
TAP_LINE = re.compile(r"^(?P<result>ok|not ok)\b(?:\s+\d+)?(?:\s+-)?\s*(?P<name>.*)$")
TAP_PLAN = re.compile(r"^1\.\.\d+", re.MULTILINE)
COMPLAINT = re.compile(r"\*\*|ERROR|CRITICAL|WARNING|Error:|Sanitizer|runtime error|waited in vain")
WORDS_MAX = 3
WORD_LENGTH_MAX = 300
DIRECTIVE = re.compile(r"#\s*(?P<kind>SKIP|TODO)\b", re.IGNORECASE)

Count = collections.namedtuple("Count", "passed failed skipped failures")


def find_last_words(entry):
    """The last lines that a program complained with, or else its last one."""
    lines = [line.strip() for key in ("stdout", "stderr") for line in (entry.get(key) or "").splitlines()]
    lines = [line for line in lines if line and not TAP_LINE.match(line)]
    words = [line for line in lines if COMPLAINT.search(line)] or lines[-1:]
    return [f"  {line[:WORD_LENGTH_MAX]}" for line in words[-WORDS_MAX:]]


def count_program(entry):
    """Counts one test program: the Count of what its log entry says."""
    name, result = entry.get("name", "?"), entry.get("result", "?")
    stdout = entry.get("stdout") or ""
    passed = skipped = 0
    failures = []
    if TAP_PLAN.search(stdout):
        for line in stdout.splitlines():
            match = TAP_LINE.match(line)
            if not match:
                continue
            directive = DIRECTIVE.search(match["name"])
            if directive and (directive["kind"].upper() == "SKIP" or match["result"] != "ok"):
                skipped += 1
            elif match["result"] == "ok":
                passed += 1
            else:
                failures.append(f"{name}: {match['name']}")
        if result not in GOOD and result != "SKIP" and not failures:
            failures.append(f"{name}: {result} (exit status {entry.get('returncode')})")
    elif result in GOOD:
        passed = 1
    elif result == "SKIP":
        skipped = 1
    else:
        failures.append(f"{name}: {result} (exit status {entry.get('returncode')})")
    count = len(failures)
    if failures:
        failures += find_last_words(entry)
    return Count(passed, count, skipped, failures)


def read_entries(build, suite):
    """Yields the log entries of a suite from whichever build folder ran it."""
    for path in sorted(pathlib.Path(build).glob(f"*/meson-logs/{suite}.json")):
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.strip():
                yield json.loads(line)


def count_suite(build, suite):
    """Counts a suite; one without results is a failure in itself."""
    try:
        counts = [count_program(entry) for entry in read_entries(build, suite)]
    except (ValueError, AttributeError) as error:
        return Count(0, 1, 0, [f"{suite}: its log cannot be read: {error}"])
    if not counts:
        return Count(0, 1, 0, [f"{suite}: left no results"])
    return total(counts)


def total(counts):
    return Count(
        sum(c.passed for c in counts),
        sum(c.failed for c in counts),
        sum(c.skipped for c in counts),
        [failure for c in counts for failure in c.failures],
    )


def main():
    parser = argparse.ArgumentParser(description="Sums up meson's test logs.")
    parser.add_argument("build", help="folder that holds the build folders")
    parser.add_argument("suites", nargs="+", metavar="suite")
    arguments = parser.parse_args()

    counts = []
    for suite in arguments.suites:
        count = count_suite(arguments.build, suite)
        counts.append(count)
        print(f"{suite}: {count.passed} passed, {count.failed} failed")
    everything = total(counts)
    for line in everything.failures:
        print(line if line.startswith(" ") else f"FAILED {line}")
    skipped = f", {everything.skipped} skipped" if everything.skipped else ""
    print(f"{everything.passed} passed, {everything.failed} failed{skipped}")
    return 1 if everything.failed or not everything.passed else 0


if __name__ == "__main__":
    sys.exit(main())
