#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the checker of the torture test: it finds nothing where everything is right, and each
kind of damage where it is done."""

import contextlib
import shutil
import sqlite3
import unittest

import checker
from checker import DOUBLED, LOST, WRONG
from gridcast_e2e import tap
from promises import KEPT
from torture import Torture

TERMINAL, CENTER = "terminal", "center"
A_STEP = "(SELECT max(number) FROM task_step WHERE note LIKE 'S%')"
A_CANCEL = "(SELECT number FROM task_step WHERE note LIKE 'C%')"
A_DONE_TASK = "(SELECT id FROM task WHERE state = 'done')"
STEP = "task, state, at_ms, by, note, position, refused"
HANDSET_STEP = "task, state, at_ms, by_center, refused, note, position"
A_READ_ALERT = "(SELECT alert FROM alert_receipt WHERE read_ms IS NOT NULL)"
ALERT_REST = "type, sender, sent_ms, cap, created_by, created_ms, expires_ms, ended, ended_ms"
ALERT = f"id, identifier, {ALERT_REST}"
TASK = "terminal, content, created_ms, state, open, state_ms, note"

# Where, what is done there, and what it must be called.
DAMAGE = (
    (CENTER, f"DELETE FROM task_step WHERE number = {A_STEP}", LOST),
    (CENTER, f"INSERT INTO task_step ({STEP}) SELECT {STEP} FROM task_step WHERE number = {A_STEP}", DOUBLED),
    (CENTER, f"DELETE FROM task_step WHERE number = {A_CANCEL}", LOST),
    (CENTER, f"INSERT INTO task_step ({STEP}) SELECT {STEP} FROM task_step WHERE number = {A_CANCEL}", DOUBLED),
    (CENTER, f"UPDATE task_step SET refused = 1 WHERE number = {A_STEP}", WRONG),
    (CENTER, "UPDATE task_step SET number = -number WHERE note LIKE 'S%'", WRONG),
    (CENTER, "UPDATE task SET state = 'arrived' WHERE state = 'done'", WRONG),
    (CENTER, f"DELETE FROM task WHERE id = {A_DONE_TASK}", LOST),
    (
        CENTER,
        f"INSERT INTO task (id, {TASK}) SELECT 'x' || substr(id, 2), {TASK}"
        f" FROM task WHERE id = {A_DONE_TASK}",
        DOUBLED,
    ),
    (CENTER, "DELETE FROM track WHERE at_ms = (SELECT max(at_ms) FROM track)", LOST),
    (CENTER, "UPDATE track SET at_ms = at_ms + 100000 WHERE at_ms = (SELECT max(at_ms) FROM track)", WRONG),
    (CENTER, "DELETE FROM audit WHERE what LIKE 'duty.%' AND number = (SELECT max(number) FROM audit)", LOST),
    (CENTER, "INSERT INTO audit (at_ms, who, what) SELECT at_ms, who, what FROM audit WHERE what = 'duty.off'", WRONG),
    (CENTER, "DELETE FROM sos", LOST),
    (CENTER, "UPDATE sos SET state = 'open'", LOST),
    (CENTER, "INSERT INTO sos SELECT 'x', terminal, pressed_ms, received_ms, position, battery, state, open,"
     " seen_by, seen_ms, ended_by, ended_ms FROM sos", DOUBLED),
    (CENTER, "INSERT INTO audit (at_ms, who, what) SELECT at_ms, who, what FROM audit WHERE what = 'sos.press'", WRONG),
    (CENTER, f"DELETE FROM alert WHERE id = {A_READ_ALERT}", LOST),
    (CENTER, f"INSERT INTO alert ({ALERT}) SELECT 'x' || id, identifier || 'x', {ALERT_REST} FROM alert"
     f" WHERE id = {A_READ_ALERT}", DOUBLED),
    (CENTER, "UPDATE alert SET ended = NULL WHERE ended = 'cancelled'", LOST),
    (CENTER, "DELETE FROM alert WHERE type = 'Cancel'", LOST),
    (CENTER, f"DELETE FROM alert_receipt WHERE alert = {A_READ_ALERT}", LOST),
    (CENTER, "UPDATE alert_receipt SET read_ms = NULL WHERE read_ms IS NOT NULL", LOST),
    (CENTER, "UPDATE alert_receipt SET read_ms = read_ms + 1 WHERE read_ms IS NOT NULL", WRONG),
    (CENTER, "DELETE FROM task_file", LOST),
    (CENTER, "UPDATE task_file SET task = (SELECT task FROM task_step WHERE state = 'cancelled')", LOST),
    (CENTER, "UPDATE file SET content = json_set(content, '$.sha256', 'x')", LOST),
    (CENTER, "INSERT INTO task_file SELECT (SELECT task FROM task_step WHERE state = 'cancelled'), file FROM task_file", LOST),
    (CENTER, "UPDATE terminal SET received = received - 1", WRONG),
    (CENTER, "UPDATE terminal SET stream = 'another'", WRONG),
    (TERMINAL, f"DELETE FROM task_step WHERE number = {A_STEP}", LOST),
    (
        TERMINAL,
        f"INSERT INTO task_step ({HANDSET_STEP}) SELECT {HANDSET_STEP} FROM task_step WHERE number = {A_STEP}",
        DOUBLED,
    ),
    (TERMINAL, "UPDATE task_step SET number = -number WHERE note LIKE 'S%'", WRONG),
    (TERMINAL, f"DELETE FROM task_step WHERE number = {A_CANCEL}", LOST),
    (TERMINAL, f"DELETE FROM task WHERE id = {A_DONE_TASK}", LOST),
    (TERMINAL, "UPDATE task SET state = 'done'", WRONG),
    (TERMINAL, "DELETE FROM file", LOST),
    (TERMINAL, "DELETE FROM sos", LOST),
    (TERMINAL, "DELETE FROM alert WHERE state = 'read'", LOST),
    (TERMINAL, "UPDATE alert SET state = 'new' WHERE state = 'read'", LOST),
    (TERMINAL, "UPDATE alert SET state = 'read' WHERE state = 'cancelled'", WRONG),
    (TERMINAL, "UPDATE alert SET id = 'x' || id", WRONG),
    (TERMINAL, "INSERT INTO point (fix) VALUES ('{}')", LOST),
    (TERMINAL, "INSERT INTO outbox (seq, id, type, made_ms, body) VALUES (9999, 'x', 'duty', 0, '{}')", LOST),
    (TERMINAL, "UPDATE stream SET own = 'another'", WRONG),
)


class Check(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.torture = cls.enterClassContext(Torture("checker", terminals=1))
        cls.work(cls.torture.workers[0])
        cls.answers = cls.torture.settle()
        cls.promises = cls.torture.promises
        cls.terminal = cls.torture.workers[0].terminal
        cls.paths = {CENTER: cls.torture.center.database, TERMINAL: cls.torture.workers[0].handset.database}

    @classmethod
    def work(cls, worker):
        """Two tasks are done, one with a photo, one is cancelled; of two alerts one is read, one taken back."""
        torture = worker.torture
        dispatcher = torture.dispatchers[0]
        for _ in range(3):
            dispatcher.make_task()
        first, second, third = torture.promises.tasks.values()
        program = worker.begin()
        worker.attend(program, lambda: len(worker.tasks) == 3, "the tasks")
        dispatcher.cancel(third)
        worker.attend(program, lambda: len(worker.tasks) == 2, "the cancellation")
        worker.take_photo(program, first.task)
        for task in (first, second):
            for state in ("accepted", "done"):
                step = torture.promises.decide_step(worker.terminal, task.task, state)
                program.tell("step", task.task, state, step.text)
        cls.warn(worker, dispatcher, program)
        for _ in range(3):
            worker.walk(program)
        worker.call_for_help(program)
        worker.change_duty(program)
        worker.begin_duty(program)
        worker.leave(program)
        for table in (torture.promises.steps, torture.promises.photos):
            assert all(decision.outcome == KEPT for decision in table.values())

    @classmethod
    def warn(cls, worker, dispatcher, program):
        for _ in range(2):
            dispatcher.warn()
        first, second = worker.torture.promises.alerts.values()
        worker.attend(program, lambda: len(worker.alerts) == 2, "the alerts")
        dispatcher.withdraw(second)
        worker.attend(program, lambda: worker.alerts == {first.task}, "the withdrawal")
        worker.read(program)
        reads = worker.torture.promises.reads[worker.terminal]
        worker.attend(program, lambda: reads == {first.task: KEPT}, "the promise to have read it")

    def check(self, paths, answers=()):
        return checker.check(
            self.promises, {self.terminal: paths[TERMINAL]}, paths[CENTER], self.torture.center.photos, answers
        )

    def test_right(self):
        """Where everything is right it finds nothing"""
        self.assertEqual(self.check(self.paths, self.answers), [])
        self.assertEqual(len(self.answers), 3)

    def test_damage(self):
        """Each row that is missing, doubled, in another place or in another state is found and named"""
        for number, (where, damage, kind) in enumerate(DAMAGE):
            with self.subTest(damage, where=where):
                path = self.torture.folder / f"damaged-{number}.db"
                shutil.copy(self.paths[where], path)
                with contextlib.closing(sqlite3.connect(path)) as database, database:
                    self.assertGreater(database.execute(damage).rowcount, 0)
                faults = self.check(self.paths | {where: path})
                self.assertIn(kind, [fault.kind for fault in faults], faults)

    def test_broken_promise(self):
        """A promise of which there is no trace is found"""
        for decide in (
            lambda: self.promises.decide_task(self.terminal),
            lambda: self.promises.decide_cancel(self.terminal, "a task"),
            lambda: self.promises.decide_step(self.terminal, "a task", "done"),
            lambda: self.promises.decide_photo(self.terminal, "a task"),
            self.promises.decide_alert,
            lambda: self.promises.decide_points(self.terminal, 2),
        ):
            decision = decide()
            with self.subTest(decision):
                self.assertEqual(self.check(self.paths), [])
                decision.outcome = KEPT
                self.assertEqual([fault.kind for fault in self.check(self.paths)], [LOST])
                decision.outcome = "open"

    def test_wrong_answer(self):
        """What the console is told must be what the database has"""
        answers = [self.answers[0] | {"history": []}, *self.answers[1:]]
        self.assertEqual([fault.kind for fault in self.check(self.paths, answers)], [WRONG])


if __name__ == "__main__":
    tap.main()
