# SPDX-License-Identifier: GPL-3.0-or-later
"""The words on the terminal's screen, in the language that it speaks."""

import gettext


class Words:
    """Looks the program's English texts up in the translations that are installed with it."""

    def __init__(self, prefix, language):
        name = language.split(".", maxsplit=1)[0]
        self._catalog = gettext.translation(
            "gridcast", prefix / "share/locale", [name], fallback=name.startswith("en")
        )
        self._toolkit = gettext.translation("libadwaita", None, [name], fallback=name.startswith("en"))

    def __call__(self, text, context=None):
        return self._catalog.pgettext(context, text) if context else self._catalog.gettext(text)

    def of_the_toolkit(self, text):
        """What libadwaita writes on a button of its own."""
        return self._toolkit.gettext(text)
