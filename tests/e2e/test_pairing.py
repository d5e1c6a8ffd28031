#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of pairing, through the real screens:

- the camera finds the code on the console, and nothing happens before the worker agrees
- a code can be typed, and the console shows the terminal appear
- foreign, broken, used and withdrawn codes, a center with another key and one that is gone each get
  their own sentence
- a terminal stays paired when it is started again
- a terminal whose certificate is revoked is told so
"""

import sqlite3
import urllib.parse

from gridcast_e2e import tap, wait
from gridcast_e2e.camera import Camera
from gridcast_e2e.house import HouseTest
from gridcast_e2e.sockets import connections

FOREIGN = "https://example.org/menu"


class Pairing(HouseTest):
    def fail_with(self, worker, code, sentence):
        worker.type_code(code)
        worker.confirm_pairing()
        worker.terminal.find("Not paired")
        worker.terminal.find(sentence)

    def test_camera(self):
        """The camera finds the code, and nothing happens before the worker agrees"""
        camera = Camera(self.house.stage, "pairing-camera")
        worker = self.house.start_worker("by-camera", camera=camera.path)
        worker.terminal.find("Point the camera at the code")
        self.dispatcher.offer_pairing("Aisha")
        camera.look_at_screen(self.dispatcher.photograph_code(self.house.stage.folder / "code.png"))
        worker.find_question()
        self.assertEqual(connections(worker.terminal.program.pid), [])
        self.assertEqual(self.browser.find("#pairing").get_attribute("data-state"), "waiting")
        worker.confirm_pairing()
        worker.wait_until_paired()
        terminal = self.dispatcher.finish_pairing()
        self.assertIn("Aisha", self.dispatcher.terminal(terminal).text)

    def test_stays_paired(self):
        """A typed code pairs, and the terminal stays paired when it is started again"""
        worker = self.house.hire("Boris", on_duty=False)
        self.dispatcher.wait_for_standing(worker.id, "off")
        worker.terminal.stop()
        worker.terminal.start()
        worker.wait_until_paired()
        worker.go_on_duty()
        self.dispatcher.wait_for_standing(worker.id, "duty")

    def test_foreign_code(self):
        """A code that is no pairing code is told apart, and nothing is sent"""
        worker = self.house.start_worker("foreign")
        worker.type_code(FOREIGN)
        worker.terminal.find("This is not a pairing code")
        self.assertEqual(connections(worker.terminal.program.pid), [])

    def test_broken_code(self):
        """A code with a missing end is told apart"""
        code = self.dispatcher.offer_pairing("Carla")
        worker = self.house.start_worker("broken")
        worker.type_code(code.replace("&t=", "&t=x"))
        worker.terminal.find("The code is not complete, or a character is wrong")

    def test_used_code(self):
        """A code pairs one terminal only, and the second is told so"""
        first = self.house.start_worker("first")
        code = self.dispatcher.offer_pairing("Dan")
        first.type_code(code)
        first.confirm_pairing()
        first.wait_until_paired()
        self.dispatcher.finish_pairing()
        first.terminal.stop()
        second = self.house.start_worker("second")
        self.fail_with(second, code, "This code has paired another device already")

    def test_old_code(self):
        """A code that is too old is refused with a sentence that says so"""
        code = self.dispatcher.offer_pairing("Elif")
        self._let_codes_expire()
        worker = self.house.start_worker("old")
        self.fail_with(worker, code, "This code is too old")

    def _let_codes_expire(self):
        """Five minutes pass: the center's own record is set back by an hour."""
        self.center.program.stop()
        with sqlite3.connect(self.center.data / "center.db") as database:
            database.execute("UPDATE pairing SET expires_ms = expires_ms - 3600000")
        database.close()
        self.center.start()

    def test_withdrawn_code(self):
        """Closing the dialog makes its code void"""
        code = self.dispatcher.offer_pairing("Femi")
        self.dispatcher.close_dialog()
        worker = self.house.start_worker("withdrawn")
        self.fail_with(worker, code, "This code is too old")

    def test_other_key(self):
        """A center that shows another key than the code names is not trusted, and the token is not sent"""
        code = self.dispatcher.offer_pairing("Gitta")
        fields = dict(urllib.parse.parse_qsl(code.split("?", 1)[1]))
        pin = fields["k"]
        worker = self.house.start_worker("deceived")
        self.fail_with(
            worker, code.replace(pin, ("B" if pin[0] == "A" else "A") + pin[1:]), "Somebody else answers in the center’s place"
        )
        self.assertEqual(self.browser.find("#pairing").get_attribute("data-state"), "waiting")

    def test_no_center(self):
        """A center that cannot be reached has its sentence, and trying again helps"""
        code = self.dispatcher.offer_pairing("Goran")
        worker = self.house.start_worker("unreachable")
        self.center.program.stop()
        self.fail_with(worker, code, "The center cannot be reached")
        self.center.start()
        worker.terminal.click("Try again")
        worker.wait_until_paired()

    def test_revoked(self):
        """A revoked terminal is told so and leaves the console's list"""
        worker = self.house.hire("Hana")
        self.dispatcher.select(worker.id)
        self.browser.click(f"li[data-terminal='{worker.id}'] [data-action=revoke]")
        self.browser.click("#revoke-dialog button[type=submit]")
        worker.terminal.find("The center has withdrawn this pairing")
        self.browser.gone(f"li[data-terminal='{worker.id}']")
        wait.until(lambda: not connections(worker.terminal.program.pid), "the connection to close")


if __name__ == "__main__":
    tap.main()
