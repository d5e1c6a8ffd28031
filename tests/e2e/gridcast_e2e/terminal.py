# SPDX-License-Identifier: GPL-3.0-or-later
"""The terminal, used as a worker with a screen reader would: by role and name."""

import signal

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

from . import wait  # noqa: E402
from .pointer import held, tap  # noqa: E402

# An object can vanish between being found and being asked.
GONE = (GLib.Error,)
# What one presses; a label that only shows the same words is not meant.
PRESSABLE = {
    "button", "push button", "toggle button", "check box", "radio button", "switch", "link",
    "list item", "table cell", "menu item", "page tab",
}
# Names of the actions that are a press; other actions (copy, select) are not what a finger does.
PRESSES = ("click", "activate", "toggle", "press", "switch")


PHONE_STYLE = """
window.csd, window.solid-csd { border: none; margin: 0; padding: 0; border-radius: 0; box-shadow: none; }
"""
PHONE_SETTINGS = """[Settings]
gtk-decoration-layout=:
"""


class Terminal:
    """One handset: a data folder that stays while the app is ended, killed and started again."""

    def __init__(self, stage, desk, name="terminal", camera="pattern", nmea=None, language="en_GB.UTF-8"):
        self.stage = stage
        self.desk = desk
        self.name = name
        self.camera = camera
        self.nmea = nmea
        self.language = language
        self.home = stage.make_folder(name)
        self.program = None
        if not desk.on_user_display:
            self._dress()
        self.start()

    def command(self):
        command = [self.stage.program_path("gridcast"), f"--camera={self.camera}", "--microphone=tone", "--new-instance"]
        command.append(f"--data-dir={self.home}/data")
        if self.nmea:
            command.append(f"--nmea={self.nmea}")
        return command

    def _dress(self):
        """What a phone's shell does to every window: no frame around it, no buttons in its bar."""
        folder = self.home / "config/gtk-4.0"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "gtk.css").write_text(PHONE_STYLE, encoding="utf-8")
        (folder / "settings.ini").write_text(PHONE_SETTINGS, encoding="utf-8")

    def environment(self):
        home = str(self.home)
        return {
            **self.desk.environment,
            "HOME": home,
            "XDG_DATA_HOME": f"{home}/share",
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_CACHE_HOME": f"{home}/cache",
            "XDG_DATA_DIRS": f"{self.stage.prefix}/share:/usr/local/share:/usr/share",
            "LC_ALL": "C.UTF-8" if self.language.startswith("en") else self.language,
            "LANGUAGE": self.language.split(".", maxsplit=1)[0],
            "G_DEBUG": "fatal-criticals",
        }

    def start(self):
        self.program = self.stage.start(self.name, self.command(), self.environment())
        wait.until(self._root, lambda: f"the terminal's window; it said:\n{self.program.tail()}", 20, swallow=GONE)

    def stop(self):
        return self.program.stop(signal.SIGTERM)

    def kill(self):
        return self.program.kill()

    def restart(self):
        self.start()

    def screenshot(self, path):
        return self.desk.screenshot(path)

    # --- looking ---

    def _root(self):
        """The application, while it runs and has a window."""
        if not self.program.running:
            raise RuntimeError(
                f"the terminal ended with {self.program.popen.returncode}:\n{self.program.tail()}"
            )
        desktop = Atspi.get_desktop(0)
        desktop.clear_cache()
        for index in range(desktop.get_child_count()):
            application = desktop.get_child_at_index(index)
            if application and self.is_mine(application):
                return application if application.get_child_count() else None
        return None

    def is_mine(self, application):
        """Whether what the accessibility bus knows is this terminal."""
        return application.get_process_id() == self.program.pid

    def elements(self):
        """Yields what is on the screen now, top down."""
        root = self._root()
        if root is not None:
            yield from walk(root)

    def texts(self):
        """Every name and text on the screen, to say what was there instead."""
        found = []
        for element in self.elements():
            try:
                text = name_of(element)
                role = element.get_role_name()
            except GONE:
                continue
            if text and (not found or found[-1][1] != text):
                found.append((role, text))
        return found

    def look(self, name, roles=None, exactly=False):
        """The topmost element with this name that can be seen now, or None.

        Pages and dialogs come after what they cover, so the last match is the one on top.
        """
        found = None
        for element in self.elements():
            try:
                text = name_of(element)
                if not text or (text != name if exactly else name not in text):
                    continue
                if roles and element.get_role_name() not in roles:
                    continue
                if showing(element):
                    found = element
            except GONE:
                continue
        return found

    def find(self, name, roles=None, seconds=15, exactly=False):
        """Waits until something with this name is on the screen."""
        return wait.until(
            lambda: self.look(name, roles, exactly),
            lambda: f"“{name}” on the terminal; its screen holds {self.texts()}",
            seconds,
            swallow=GONE,
        )

    def is_pressed(self, name):
        """Whether the button with this name, one that stays pressed, is so."""
        states = self.find(name, PRESSABLE).get_state_set()
        return states.contains(Atspi.StateType.PRESSED) or states.contains(Atspi.StateType.CHECKED)

    def gone(self, name, seconds=15, roles=None):
        wait.until(
            lambda: self.look(name, roles) is None, f"“{name}” to leave the terminal", seconds, swallow=GONE
        )

    # --- touching ---

    def click(self, name, seconds=15, roles=PRESSABLE, exactly=False):
        """Presses the button or row with this name, once it can be pressed.

        name may be a tuple of names, of which the first that is there is taken.
        """
        names = name if isinstance(name, tuple) else (name,)

        def press():
            found = (self.look(each, roles, exactly) for each in names)
            element = next(filter(None, found), None)
            return element is not None and sensitive(element) and self._press(element)

        wait.until(
            press,
            lambda: f"“{name}” to be pressed on the terminal; its screen holds {self.texts()}",
            seconds,
            swallow=GONE,
        )

    def _press(self, element):
        """Does the element's own action, or that of a part of it; else taps it with the pointer."""
        for part in walk(element):
            action = part.get_action_iface()
            for index in range(action.get_n_actions() if action else 0):
                if action_name(action, index) in PRESSES:
                    return action.do_action(index)
        box = element.get_component_iface().get_extents(Atspi.CoordType.WINDOW)
        if self.desk.on_user_display or not box.width or not box.height:
            return False
        tap(self.desk.environment["DISPLAY"], box.x + box.width / 2, box.y + box.height / 2)
        return True

    def hold(self, name, shown, seconds=15):
        """Keeps a finger on what has this name until the screen shows something else."""
        box = self.find(name, seconds=seconds).get_component_iface().get_extents(Atspi.CoordType.WINDOW)
        with held(self.desk.environment["DISPLAY"], box.x + box.width / 2, box.y + box.height / 2):
            self.find(shown, seconds=seconds)

    def write(self, name, text, seconds=15):
        """Writes into the text field with this name."""

        def enter():
            for element in self.elements():
                if name in (name_of(element) or "") and showing(element):
                    field = element if element.get_editable_text_iface() else editable_in(element)
                    if field is not None:
                        return field.set_text_contents(text)
            return False

        wait.until(
            enter,
            lambda: f"a text field “{name}” on the terminal; its screen holds {self.texts()}",
            seconds,
            swallow=GONE,
        )


def walk(element):
    """Top down; a notice before the page that it lies on, for its button may be called as one of the page's."""
    yield element
    for _, child in sorted(children_of(element), key=lambda entry: entry[0] != Atspi.Role.ALERT):
        yield from walk(child)


def children_of(element):
    """The role and the element of each."""
    children = []
    try:
        element.clear_cache()
        count = element.get_child_count()
    except GONE:
        return children
    for index in range(count):
        try:
            child = element.get_child_at_index(index)
            if child is not None:
                children.append((child.get_role(), child))
        except GONE:
            continue
    return children


def name_of(element):
    """An element's accessible name, or the text that it shows."""
    name = element.get_name()
    if not name and element.get_text_iface() is not None:
        name = Atspi.Text.get_text(element, 0, -1)
    return name


def action_name(action, index):
    try:
        return Atspi.Action.get_action_name(action, index).lower()
    except GONE:
        # GTK 4.18 counts the one action of a bare switch, but does not name it.
        return "toggle" if action.get_n_actions() == 1 else ""


def showing(element):
    states = element.get_state_set()
    return states.contains(Atspi.StateType.SHOWING) and states.contains(Atspi.StateType.VISIBLE)


def sensitive(element):
    return element.get_state_set().contains(Atspi.StateType.SENSITIVE)


def editable_in(element):
    for child in walk(element):
        if child.get_editable_text_iface() is not None:
            return child
    return None
