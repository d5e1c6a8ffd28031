# SPDX-License-Identifier: GPL-3.0-or-later
"""What a worker does at the terminal, in English, by the words on its screen."""

import time

STEPS = {"accepted": "Accept", "en-route": "On the way", "arrived": "Arrived"}


class Worker:
    def __init__(self, terminal, center_name):
        self.terminal = terminal
        self.center_name = center_name

    # --- pairing ---

    def confirm_pairing(self, seconds=20):
        """The code has been seen: reads whose it is, and agrees."""
        self.terminal.find(f"Pair with {self.center_name}?", seconds=seconds)
        self.terminal.click("Pair", exactly=True)

    def wait_until_paired(self, seconds=20):
        self.terminal.find("Off duty", seconds=seconds)

    def type_code(self, code):
        self.terminal.click("Type the code")
        self.terminal.write("Pairing code", code)
        self.terminal.click("Next", exactly=True)

    # --- the shift ---

    def go_on_duty(self, seconds=20):
        self.terminal.click("On duty", roles={"switch", "check box", "toggle button"})
        self.terminal.find("Connected", seconds=seconds)

    def go_off_duty(self, seconds=20):
        self.terminal.click("On duty", roles={"switch", "check box", "toggle button"})
        self.terminal.find("Nothing is sent", seconds=seconds)

    # --- live video ---

    def accept_live(self, seconds=20):
        """Answers the ringing; returns when the button was pressed, in seconds since 1970."""
        self.terminal.find("The center asks for live video", seconds=seconds)
        pressed_at = time.time()
        self.terminal.click("Accept", exactly=True)
        return pressed_at

    def decline_live(self, reason="I am driving"):
        self.terminal.find("The center asks for live video")
        self.terminal.click("Decline", exactly=True)
        self.terminal.click(reason)

    def go_back(self):
        self.terminal.click("Back", exactly=True)

    # --- tasks ---

    def open_task(self, title, seconds=20):
        self.terminal.click(title, seconds=seconds, roles={"list item", "button"})
        self.terminal.find("Decline", roles={"button"}, exactly=True)

    def step(self, state):
        """accepted, en-route or arrived."""
        self.terminal.click(STEPS[state], exactly=True)

    def finish(self, note):
        self.terminal.click("Done", exactly=True, roles={"button"})
        self.terminal.find("What was done?")
        self.terminal.write("Note", note)
        self.terminal.click("Done", exactly=True, roles={"button"})

    def decline_task(self, note):
        self.terminal.click("Decline", exactly=True, roles={"button"})
        self.terminal.find("Why? Choose or write")
        self.terminal.write("Note", note)
        self.terminal.click("Decline", exactly=True, roles={"button"})
