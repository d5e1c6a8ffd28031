#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the console's dictionaries: check-console.py [ROOT]

Every language has the same texts with the same {places}, no text is empty, and every key that a
module names is there.
"""

import pathlib
import re
import sys

ENTRY = re.compile(
    r"^\s*(?:'(?P<quoted>[\w.-]+)'|(?P<bare>\w+)):\s*(?P<quote>['\"`])(?P<text>(?:\\.|(?!(?P=quote)).)*)(?P=quote),?\s*$",
    re.MULTILINE,
)
PLACE = re.compile(r"\{(\w+)\}")
# Where a module names a key: as a special attribute, or as the argument of a function that takes one.
USES = (
    re.compile(r"\b(?:t|label|hint|placeholder|title|text|confirm):\s*\[?'([a-z-]+(?:\.[a-z-]+)+)'"),
    re.compile(r"\b(?:t|button|field|fact|figure|fail)\(\s*'([a-z-]+(?:\.[a-z-]+)+)'"),
    re.compile(r"\bsay\([^,()]+, '[\w-]+', '([a-z-]+(?:\.[a-z-]+)+)'"),
    re.compile(r"\bnotify\('\w+', '([a-z-]+(?:\.[a-z-]+)+)'"),
)


def read_dictionary(path):
    """A dictionary's texts by key, and what is wrong with the file itself."""
    source = path.read_text(encoding="utf-8")
    texts, complaints = {}, []
    for match in ENTRY.finditer(source):
        key = match["quoted"] or match["bare"]
        if key in texts:
            complaints.append(f"{path.name}: {key} stands twice")
        if not match["text"].strip():
            complaints.append(f"{path.name}: {key} is empty")
        texts[key] = match["text"]
    lines = [line for line in source.splitlines() if re.match(r"\s*(?:'[\w.-]+'|\w+):", line)]
    if len(lines) != len(texts):
        complaints.append(f"{path.name}: {len(lines)} entries, {len(texts)} of them can be read")
    return texts, complaints


def check(root):
    console = pathlib.Path(root) / "src/center/console"
    paths = sorted(console.glob("locale-*.js"))
    if len(paths) < 2:
        return ["src/center/console: there are no dictionaries"]
    complaints, dictionaries = [], {}
    for path in paths:
        dictionaries[path.name], wrong = read_dictionary(path)
        complaints += wrong
    first_name, first = next(iter(dictionaries.items()))
    for name, texts in dictionaries.items():
        # A plural form is a language's own affair.
        for key in sorted(set(first) ^ set(texts)):
            if not key.endswith(".one"):
                where = name if key in first else first_name
                complaints.append(f"{where}: {key} is missing")
        for key in sorted(set(first) & set(texts)):
            if set(PLACE.findall(first[key])) != set(PLACE.findall(texts[key])):
                complaints.append(f"{name}: {key} has other places than {first_name}")
    for module in sorted(console.glob("*.js")):
        source = module.read_text(encoding="utf-8")
        for key in sorted({key for use in USES for key in use.findall(source)}):
            if key not in first:
                complaints.append(f"{module.name}: {key} is in no dictionary")
    return complaints


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
