#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of tasks, through the real screens:

- every step is kept although the app is killed right after it, and reaches the center
- steps taken while the center is away arrive in order when it is back
- a task is declined with a reason, and the dispatcher reads it
- a cancelled task says so on the phone, with the reason
- the more urgent task stands first
- a photo reaches the center though the phone is killed right after it was taken
- a picture that the dispatcher attached is on the phone, also when the center is away and after a
  restart; one that is spoilt on its way says so, and comes when the worker taps on it
- the center keeps its tasks over a restart, and the console finds back by itself
"""

import signal

from gridcast_e2e import tap, wait
from gridcast_e2e.handset import draw
from gridcast_e2e.house import HouseTest


class Tasks(HouseTest):
    def test_killed_between_steps(self):
        """A step survives a kill of the app right after it was shown"""
        worker = self.house.hire("Ines")
        self.dispatcher.send_task(worker.id, "Close the valve")
        # The page offers the next step once it has shown the last one.
        for state, following in (("accepted", "On the way"), ("en-route", "Arrived"), ("arrived", "Done")):
            worker.open_task("Close the valve") if state == "accepted" else self._open(worker, "Close the valve")
            worker.step(state)
            worker.terminal.find(following, roles={"button"})
            worker.terminal.kill()
            worker.terminal.start()
            worker.terminal.find("Close the valve")
        states = self.dispatcher.wait_for_task("arrived")
        self.assertEqual(states, ["sent", "delivered", "accepted", "en-route", "arrived"])

    def _open(self, worker, title):
        worker.terminal.click(title, roles={"list item", "button"})

    def test_center_away(self):
        """Steps taken while the center is away arrive in order when it is back"""
        worker = self.house.hire("Jonas")
        self.dispatcher.send_task(worker.id, "Inspect the culvert")
        worker.open_task("Inspect the culvert")
        self.center.program.kill()
        worker.step("accepted")
        worker.terminal.find("Saved. Will be sent when there is network.")
        worker.step("en-route")
        worker.step("arrived")
        worker.finish("Clear, no debris")
        self.center.start()
        states = self.dispatcher.wait_for_task("done", 40)
        self.assertEqual(states, ["sent", "delivered", "accepted", "en-route", "arrived", "done"])
        self.browser.find("#task-history", "Clear, no debris")

    def test_declined(self):
        """The dispatcher reads why a task was declined"""
        worker = self.house.hire("Kemal")
        self.dispatcher.send_task(worker.id, "Fetch the pump")
        worker.open_task("Fetch the pump")
        worker.decline_task("No trailer here")
        self.dispatcher.wait_for_task("declined")
        self.browser.find("#task-history", "No trailer here")

    def test_cancelled(self):
        """A cancelled task says so on the phone, with the reason"""
        worker = self.house.hire("Lena")
        self.dispatcher.send_task(worker.id, "Block the road")
        worker.open_task("Block the road")
        worker.step("accepted")
        self.dispatcher.wait_for_task("accepted")
        self.dispatcher.cancel_task("The police are there")
        worker.terminal.find("Cancelled by the center: The police are there")
        self.dispatcher.wait_for_task("cancelled")

    def test_urgent_first(self):
        """The more urgent task stands first on the phone"""
        worker = self.house.hire("Milan")
        self.dispatcher.send_task(worker.id, "Sweep the yard", urgency="routine")
        self.dispatcher.send_task(worker.id, "Pull the fire alarm", urgency="urgent")
        worker.terminal.find("Pull the fire alarm")
        worker.terminal.find("Sweep the yard")

        def in_order():
            titles = [text for _, text in worker.terminal.texts()]
            first = next(i for i, text in enumerate(titles) if "Pull the fire alarm" in text)
            second = next(i for i, text in enumerate(titles) if "Sweep the yard" in text)
            return first < second

        wait.until(in_order, "the urgent task to stand first")

    def test_photo(self):
        """A photo reaches the center though the phone is killed right after it was taken"""
        worker = self.house.hire("Olga")
        task = self.dispatcher.send_task(worker.id, "Look at the dike")
        worker.open_task("Look at the dike")
        self.center.program.kill()
        worker.take_photo()
        worker.terminal.kill()
        worker.terminal.start()
        self._open(worker, "Look at the dike")
        worker.find("Waiting")
        self.center.start()
        worker.find("Sent", seconds=40)

        status, answer = self.dispatcher.api("GET", f"/api/tasks/{task}")
        (file,) = answer["files"]
        self.assertEqual((status, file["complete"]), (200, True))

    def _attach(self, *names):
        """Pictures on the dispatcher's desk."""
        paths = [self.house.stage.folder / name for name in names]
        for hue, path in enumerate(paths):
            path.write_bytes(draw(640, 480, 40 + 20 * hue))
        return paths

    def _stored(self, task, name):
        """Where the center keeps a picture of a task."""
        files = self.dispatcher.api("GET", f"/api/tasks/{task}")[1]["files"]
        (stored,) = (file["id"] for file in files if file["name"] == name)
        return self.center.data / "files" / stored[:2] / stored

    def test_attached(self):
        """Pictures from the dispatcher are seen on the phone, without the center too, and no others in their place"""
        worker = self.house.hire("Pia", on_duty=False)
        task = self.dispatcher.send_task(worker.id, "Find the house", pictures=self._attach("plan.png", "gate.png"))
        stored = self._stored(task, "gate.png")
        content = stored.read_bytes()
        stored.write_bytes(content[:-1] + b"x")
        worker.go_on_duty()
        worker.open_task("Find the house")
        worker.terminal.find("plan.png", roles={"button"}, exactly=True)
        worker.find("Failed. Tap to try again")
        stored.write_bytes(content)
        worker.click("Failed. Tap to try again")
        worker.terminal.find("gate.png", roles={"button"}, exactly=True)
        self.center.program.kill()
        worker.terminal.kill()
        worker.terminal.start()
        self._open(worker, "Find the house")
        worker.terminal.click("plan.png", roles={"button"}, exactly=True)
        # There is nothing to make larger until the picture is shown.
        worker.click("Larger")
        worker.click("Smaller")
        self.center.start()

    def test_center_restarted(self):
        """The console finds back to a restarted center by itself, and nothing is lost"""
        worker = self.house.hire("Nadia")
        task = self.dispatcher.send_task(worker.id, "Check the siren")
        worker.open_task("Check the siren")
        worker.step("accepted")
        self.dispatcher.wait_for_task("accepted")
        self.center.restart(signal.SIGKILL)
        self.dispatcher.wait_for_standing(worker.id, "duty", 40)
        worker.step("en-route")
        self.dispatcher.wait_for_task("en-route", 40)
        status, answer = self.dispatcher.api("GET", f"/api/tasks/{task}")
        self.assertEqual((status, answer["state"]), (200, "en-route"))


if __name__ == "__main__":
    tap.main()
