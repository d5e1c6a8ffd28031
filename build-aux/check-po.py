#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks that the translations are whole: check-po.py [ROOT]

po/POTFILES.in lists every file that has translatable strings and no file that is gone, and each
language in po/LINGUAS translates each string of a catalogue made anew from those files.
"""

import pathlib
import re
import subprocess
import sys
import tempfile

# The words that mark a string, by the end of the file's name.
MARKS = {
    ".c": re.compile(r"\b(?:_|N_|C_|NC_|Q_|ngettext|g_dngettext|dngettext|gettext)\s*\(\s*\""),
    ".blp": re.compile(r"\b(?:_|C_)\s*\("),
    ".ui": re.compile(r"translatable=\"(?:yes|true)\""),
    ".desktop.in": re.compile(r"^(?:Name|Comment|Keywords)=", re.MULTILINE),
    ".metainfo.xml.in": re.compile(r"<(?:name|summary|p|li|caption)>"),
    ".gschema.xml": re.compile(r"<(?:summary|description)>"),
}
# Comments hold examples, not strings to translate.
C_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
XGETTEXT = (
    "xgettext --from-code=UTF-8 --keyword=_ --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 "
    "--keyword=g_dcgettext:2 --keyword=g_dngettext:2,3 --keyword=g_dpgettext2:2c,3 "
    "--keyword=ngettext:1,2 --flag=ngettext:1:pass-c-format --flag=ngettext:2:pass-c-format"
).split()


def has_strings(path):
    for ending, mark in MARKS.items():
        if path.name.endswith(ending):
            text = path.read_text(encoding="utf-8")
            return bool(mark.search(C_COMMENT.sub("", text) if ending == ".c" else text))
    return False


def listed_files(root):
    lines = (root / "po/POTFILES.in").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def check_list(root):
    listed = set(listed_files(root))
    for name in sorted(listed):
        if not (root / name).is_file():
            yield f"po/POTFILES.in: {name} is gone"
    for folder in ("src", "data"):
        for path in sorted((root / folder).glob("**/*")):
            name = str(path.relative_to(root))
            # The schema's texts are for developers and stay in English.
            if name.endswith(".gschema.xml") or not path.is_file() or name in listed:
                continue
            if has_strings(path):
                yield f"po/POTFILES.in: {name} has strings and is not listed"


def check_languages(root):
    languages = (root / "po/LINGUAS").read_text(encoding="utf-8").splitlines()
    languages = [line.strip() for line in languages if line.strip() and not line.startswith("#")]
    files = [name for name in listed_files(root) if (root / name).is_file()]
    if not files:
        return
    with tempfile.TemporaryDirectory() as folder:
        template = pathlib.Path(folder) / "gridcast.pot"
        made = run([*XGETTEXT, "-o", str(template), *files], root)
        if made.returncode or not template.exists():
            yield f"xgettext: {made.stderr.strip() or 'found no string'}"
            return
        for language in languages:
            yield from check_language(root, language, template, folder)


def check_language(root, language, template, folder):
    catalogue = root / "po" / f"{language}.po"
    if not catalogue.is_file():
        yield f"po/{language}.po is missing"
        return
    syntax = run(["msgfmt", "--check", "-o", "/dev/null", str(catalogue)], root)
    if syntax.returncode:
        yield syntax.stderr.strip()
    merged = str(pathlib.Path(folder) / f"{language}.po")
    run(["msgmerge", "-q", "--no-fuzzy-matching", "-o", merged, str(catalogue), str(template)], root)
    for attribute, word in (("--untranslated", "not translated"), ("--only-fuzzy", "fuzzy")):
        left = run(["msgattrib", attribute, "--no-obsolete", merged], root).stdout
        for message in re.findall(r'^msgid (".*(?:\n".*)*)', left, re.MULTILINE):
            text = "".join(re.findall(r'"(.*)"', message))
            if text:
                yield f"po/{language}.po: {word}: “{text}”"


def run(command, root):
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)


if __name__ == "__main__":
    top = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    found = [*check_list(top), *check_languages(top)]
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
