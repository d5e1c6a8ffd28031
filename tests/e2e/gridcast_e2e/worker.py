# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker does at the terminal, by the words on its screen."""

import time

from .words import Words

STEPS = {"accepted": "Accept", "en-route": "On the way", "arrived": "Arrived"}
SWITCHES = {"switch", "check box", "toggle button"}


class Worker:
    def __init__(self, terminal, center_name):
        self.terminal = terminal
        self.center_name = center_name
        self.words = Words(terminal.stage.prefix, terminal.language)

    def find(self, text, context=None, **options):
        """Waits for one of the program's own texts, which is given in English."""
        return self.terminal.find(self.words(text, context), **options)

    def click(self, text, context=None, **options):
        self.terminal.click(self.words(text, context), **options)

    def write(self, name, text):
        self.terminal.write(self.words(name), text)

    # --- pairing ---

    def find_question(self, seconds=20):
        """The code has been seen: the screen says whose it is."""
        self.terminal.find(self.words("Pair with %s?") % self.center_name, seconds=seconds)

    def confirm_pairing(self, seconds=20):
        self.find_question(seconds)
        self.click("Pair", exactly=True)

    def wait_until_paired(self, seconds=20):
        self.find("Off duty", seconds=seconds)

    def type_code(self, code):
        self.click("Type the code")
        self.write("Pairing code", code)
        self.click("Next", exactly=True)

    # --- the shift ---

    def go_on_duty(self, seconds=20):
        self.click("On duty", roles=SWITCHES)
        self.find("Connected", seconds=seconds)

    def go_off_duty(self, seconds=20):
        self.click("On duty", roles=SWITCHES)
        self.find("Nothing is sent", seconds=seconds)

    # --- live video ---

    def accept_live(self, seconds=20):
        """Answers the ringing; returns when the button was pressed, in seconds since 1970."""
        self.find("The center asks for live video", seconds=seconds)
        pressed_at = time.time()
        self.click("Accept", "live request", exactly=True)
        return pressed_at

    def refuse_live(self):
        """Declines; the screen then asks why."""
        self.find("The center asks for live video")
        self.click("Decline", "live request", exactly=True)

    def decline_live(self, reason="I am driving"):
        self.refuse_live()
        self.click(reason)

    def go_back(self):
        self.terminal.click((self.words("Back"), self.words.of_the_toolkit("Back")), exactly=True)

    # --- tasks ---

    def open_task(self, title, seconds=20):
        self.terminal.click(title, seconds=seconds, roles={"list item", "button"})
        self.find("Decline", "task step", roles={"button"}, exactly=True)

    def step(self, state):
        """accepted, en-route or arrived."""
        self.click(STEPS[state], "task step", exactly=True)

    def finish(self, note):
        self._press_done()
        self.find("What was done? (may stay empty)")
        self.write("Note", note)
        self._press_done()

    def _press_done(self):
        self.click("Done", "task step", exactly=True, roles={"button"})

    def take_photo(self):
        self.click("Take a photo")
        self.click("Take the photo")
        self.find("Photo saved")

    def ask_to_decline(self):
        """Presses “Decline”; the screen then asks why."""
        self.click("Decline", "task step", exactly=True, roles={"button"})
        self.find("Why? Choose or write")

    def decline_task(self, note):
        self.ask_to_decline()
        self.write("Note", note)
        self.click("Decline", "task step", exactly=True, roles={"button"})
