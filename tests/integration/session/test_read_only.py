#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the terminal on a disk that can only be read, as one that found a fault in itself:

- it says so in a sentence, does not crash and ends as usual
- what it had is there when the disk can be written again: nothing was lost, set aside or sent
"""

from engine import EngineTest
from foreign_center import ForeignCenter, make_task
from gridcast_e2e import tap, wait
from gridcast_e2e.disk import Disk

STORAGE = 13  # as gc-error.h numbers it


class ReadOnly(EngineTest):
    def setUp(self):
        self.disk = Disk(self.stage.folder)
        self.addCleanup(self.disk.unmount)
        self.center = ForeignCenter(self.stage.make_folder("center"))
        self.addCleanup(self.center.stop)

    def files(self, engine):
        return {path.relative_to(engine.data): path.stat().st_size for path in engine.data.rglob("*")}

    def start_in_vain(self, engine):
        engine.launch()
        engine.see(rf"open {STORAGE} .*Read-only file system.*", seconds=60)
        engine.tell("duty", "on")
        self.assertEqual(engine.stop(), 0)

    def test_kept(self):
        """A terminal that cannot write says so, and has everything when it can again"""
        engine = self.start_engine()
        engine.pair(self.center.code())
        engine.go_on_duty()
        task = make_task()
        self.center.send("task.new", {"task": task})
        engine.see(f"task-arrived {task['id']} .*")
        self.center.admits = False
        self.center.hang_up()
        engine.see_now("link", "refused")
        engine.tell("step", task["id"], "accepted")
        engine.see("step done")
        # Once with a journal that was not put away, once without.
        engine.kill()
        for _ in range(2):
            before = self.files(engine)
            self.disk.set_writable(False)
            self.start_in_vain(engine)
            self.disk.set_writable(True)
            self.assertEqual(self.files(engine), before)
            engine.start()
            self.assertEqual(engine.stop(), 0)
        self.center.admits = True
        engine.start()
        wait.until(lambda: self.center.bodies("task.state"), "the step", 30)
        self.assertEqual([step["state"] for step in self.center.bodies("task.state")], ["accepted"])


if __name__ == "__main__":
    tap.main()
