#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that every public function is documented: check-docs.py [ROOT]

Each function that a header src/**/gc-*.h declares needs a gi-docgen comment ("* NAME:") in a .c
file of the same folder. What GObject's macros declare (get_type, quark) is excepted.
"""

import pathlib
import re
import sys

COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.MULTILINE)
# A declaration at file level: its name stands before the parenthesis that opens its arguments.
DECLARATION = re.compile(r"\b(gc_\w+)\s*\([^;{}]*\)[^;{}]*;")
TYPEDEF = re.compile(r"\btypedef\b[^;{}]*;")
DOCUMENTED = re.compile(r"^[ \t]*\*[ \t]+(gc_\w+):", re.MULTILINE)


def strip_braces(text):
    """Drops the bodies of structs, enums and inline functions."""
    kept, depth = [], 0
    for character in text:
        if character == "{":
            depth += 1
        elif character == "}":
            depth -= 1
            kept.append(";" if depth == 0 else "")
        elif depth == 0:
            kept.append(character)
    return "".join(kept)


def declared(header_text):
    text = TYPEDEF.sub("", strip_braces(DIRECTIVE.sub("", COMMENT.sub("", header_text))))
    return [name for name in DECLARATION.findall(text) if not name.endswith(("_get_type", "_quark"))]


def check(root):
    root = pathlib.Path(root)
    documented, complaints = {}, []
    for header in sorted((root / "src").glob("**/gc-*.h")):
        folder = header.parent
        if folder not in documented:
            documented[folder] = {
                name
                for source in folder.glob("*.c")
                for name in DOCUMENTED.findall(source.read_text(encoding="utf-8"))
            }
        for name in declared(header.read_text(encoding="utf-8")):
            if name not in documented[folder]:
                complaints.append(f"{header.relative_to(root)}: {name} has no comment in its .c")
    return complaints


if __name__ == "__main__":
    found = check(sys.argv[1] if len(sys.argv) > 1 else ".")
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
