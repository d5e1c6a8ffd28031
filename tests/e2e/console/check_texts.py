#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the console's texts:

- English and Chinese have the same keys and placeholders, each in its own writing
- every key that the page uses exists, and every key is used
- no text stands outside the dictionaries
"""

import pathlib
import re
import unittest

from gridcast_e2e import tap

CONSOLE = pathlib.Path(__file__).resolve().parents[3] / "src/center/console"
ENTRY = re.compile(r"""^  '([^']+)': (?:'([^']*)'|"([^"]*)"),$""")
PLACEHOLDER = re.compile(r"\{\w+\}")
CHINESE = re.compile(r"[\u3400-\u9fff\uff00-\uffef]")
# 'one.two' in a module, or the beginning of `one.${two}`.
KEY = re.compile(r"'([a-z]+(?:[.-][a-z]+)*)'")
KEY_BEGINNING = re.compile(r"`([a-z]+(?:\.[a-z-]+)*\.)\$\{")
# Names of the language that a switch leads to are in that language.
IN_THE_OTHER = {"language.other", "header.language"}
SAME_IN_BOTH = {"uplink.wifi", "wall.kbps"}
# Text that is given to the page in another way than by its key.
LITERAL = re.compile(
    r"""(?:\btext|\blabel|\bhint|\bplaceholder|\btitle|\balt)\s*[:=]\s*['"`](?![a-z.-]+['"`])[^'"`$]*[A-Za-z]{2}"""
)
BRAND = {"Gridcast"}


def read_dictionary(language):
    entries = {}
    lines = (CONSOLE / f"locale-{language}.js").read_text(encoding="utf-8").splitlines()
    body = lines[lines.index("export default {") + 1 : lines.index("};")]
    for line in filter(None, body):
        match = ENTRY.match(line)
        if not match:
            raise AssertionError(f"locale-{language}.js: not one text a line: {line}")
        if match[1] in entries:
            raise AssertionError(f"locale-{language}.js: {match[1]} stands twice")
        entries[match[1]] = match[2] if match[2] is not None else match[3]
    return entries


def modules():
    for path in sorted(CONSOLE.glob("*.js")):
        if not path.name.startswith("locale-"):
            yield path, path.read_text(encoding="utf-8")


class Texts(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.english = read_dictionary("en")
        cls.chinese = read_dictionary("zh")

    def test_same_keys(self):
        """English and Chinese have the same keys"""
        plural_only = {key for key in self.english if key.endswith(".one")}
        self.assertEqual(set(self.english) - plural_only, set(self.chinese))
        self.assertEqual({key for key in plural_only if key.removesuffix(".one") not in self.english}, set())

    def test_same_placeholders(self):
        """A text names the same things in both languages"""
        for key, text in self.chinese.items():
            self.assertEqual(set(PLACEHOLDER.findall(text)), set(PLACEHOLDER.findall(self.english[key])), key)

    def test_own_writing(self):
        """English holds no Chinese and Chinese is not left in English"""
        for key in set(self.chinese) - IN_THE_OTHER:
            self.assertIsNone(CHINESE.search(self.english[key]), key)
            if key not in SAME_IN_BOTH:
                self.assertIsNotNone(CHINESE.search(self.chinese[key]), key)

    def test_keys_exist_and_are_used(self):
        """Every key that is used exists, and every key is used"""
        used, beginnings = set(), set()
        for path, text in modules():
            words = set(KEY.findall(text))
            used |= words
            beginnings |= set(KEY_BEGINNING.findall(text))
            # What begins like a key and is none: a slip, or a text that is missing.
            topics = {key.split(".")[0] for key in self.english}
            missing = {
                word for word in words
                if "." in word and word.split(".")[0] in topics and word not in self.english
                and not word.endswith((".js", ".svg"))
            }
            self.assertEqual(missing, set(), path.name)
        for beginning in beginnings:
            self.assertTrue(any(key.startswith(beginning) for key in self.english), beginning)
        unused = {
            key for key in self.english
            if key.removesuffix(".one") not in used and not key.startswith(tuple(beginnings))
        }
        self.assertEqual(unused, set())

    def test_no_text_outside(self):
        """No text stands outside the dictionaries"""
        for path, text in modules():
            self.assertIsNone(CHINESE.search(text), path.name)
            for line in text.splitlines():
                if not line.lstrip().startswith("//"):
                    self.assertIsNone(LITERAL.search(line), f"{path.name}: {line.strip()}")
        page = re.sub(r"<!--.*?-->", "", (CONSOLE / "index.html").read_text(encoding="utf-8"), flags=re.DOTALL)
        words = {word.strip() for word in re.sub(r"<[^>]*>", "\n", page).splitlines()} - {""}
        self.assertEqual(words - BRAND, set())

    def test_nothing_inline(self):
        """The page needs no inline script or style, and nothing is ever parsed as HTML"""
        page = (CONSOLE / "index.html").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page), [])
        for path, text in modules():
            self.assertEqual(
                re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|\beval\b|new Function", text),
                [], path.name,
            )

    def test_every_file_is_installed(self):
        """Every file of the console is installed"""
        listed = set(re.findall(r"'([\w.-]+\.(?:js|css|svg|html))'", (CONSOLE / "meson.build").read_text(encoding="utf-8")))
        there = {path.name for path in CONSOLE.iterdir() if path.suffix in (".js", ".css", ".svg", ".html")}
        self.assertEqual(listed, there)


if __name__ == "__main__":
    tap.main()
