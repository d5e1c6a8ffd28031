#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises to whoever dies while writing:

- the shim that kills them loses, with an empty battery, what was not synced, and nothing else
- a terminal that dies at any of its writes (every third; TORTURE_STRIDE=1: each), by turns in the three ways of sudden-death.c, opens again
  and has what it had promised, once
- a terminal that dies while it leaves its center has either key and data or neither when it opens again
- a center that dies at a write of its first start, or of a start that renews its certificate, starts
  again, and browsers and terminals trust it
"""

import collections
import contextlib
import itertools
import json
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import unittest

import checker
from gridcast_e2e import tap
from mortal import HOW, Death, Mortal, MortalCenter
from program import CONSOLE, PROGRAM
from promises import KEPT, REFUSED
from torture import Torture

# A start of the center takes long, so not every write is tried.
CENTER_DEATHS = 6
FIRST_WRITES = 100
RENEWAL_WRITES = 12
# Of the terminal's every third, beginning anywhere, is enough for each day.
STRIDE = int(os.environ.get("TORTURE_STRIDE", 3))


def deaths():
    """At which writes, and how."""
    return zip(itertools.count(random.randint(1, STRIDE), STRIDE), itertools.cycle(HOW))


def is_decided(promises):
    """Whether nobody waits for an answer."""
    outcomes = [decision.outcome for table in (promises.steps, promises.photos) for decision in table.values()]
    outcomes += [points.outcome for table in promises.points.values() for points in table.values()]
    for tables in (promises.duties, promises.sos, promises.reads):
        outcomes += [outcome for table in tables.values() for outcome in table.values()]
    return all(outcome in (KEPT, REFUSED) for outcome in outcomes)


def read_store(folder):
    """How often each position, step, photo and change of duty stands in the outbox, or waits for it."""
    found = collections.Counter()
    with contextlib.closing(checker.connect(folder / "gridcast.db")) as database:
        fixes = [json.loads(fix) for (fix,) in database.execute("SELECT fix FROM point")]
        for kind, text in database.execute("SELECT type, body FROM outbox"):
            body = json.loads(text)
            fixes += checker.read_points(body)
            if kind == "task.state":
                found[body["note"]] += 1
            elif kind == "task.file":
                found[checker.read_photo(folder / "files" / body["file"]["id"], body["file"]["sha256"])] += 1
            elif kind == "duty":
                found["duty"] += 1
            elif kind == "sos":
                found["sos"] += 1
            elif kind == "alert.read":
                found["read"] += 1
        (calls,) = database.execute("SELECT count(*) FROM sos").fetchone()
        assert calls == found["sos"], f"{calls} calls for help, {found['sos']} to be sent"
        (read,) = database.execute("SELECT count(*) FROM alert WHERE state = 'read'").fetchone()
        assert read == found["read"], f"{read} alerts were read, {found['read']} are to be told of"
        for (note,) in database.execute("SELECT note FROM task_step WHERE NOT by_center"):
            found[f"{note} of the task"] += 1
        for photo, sha256 in database.execute("SELECT id, body ->> '$.sha256' FROM file"):
            found[f"{checker.read_photo(folder / 'files' / photo, sha256)} of the task"] += 1
    found.update(round((fix["lon"] - checker.LONGITUDE) / checker.DEGREES_PER_POINT) for fix in fixes)
    return found


class Battery(unittest.TestCase):
    WRITER = """
import os, sqlite3, sys
database = sqlite3.connect(sys.argv[1] + "/some.db", isolation_level=None)
database.execute("PRAGMA journal_mode = WAL")
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE written (number)")
database.execute("PRAGMA synchronous = " + sys.argv[2])
while True:
    database.execute("INSERT INTO written SELECT 1 + coalesce(max(number), 0) FROM written")
    os.write(1, b".")
"""

    def lose(self, synchronous):
        """How many of its promises a writer has broken."""
        folder = os.path.realpath(self.enterContext(tempfile.TemporaryDirectory(prefix="gridcast-")))
        command = [sys.executable, "-c", self.WRITER, folder, synchronous]
        environment = {**os.environ, **Death(60, "flat").environment(folder)}
        done = subprocess.run(command, env=environment, capture_output=True, timeout=60, check=False)
        self.assertEqual(done.returncode, -signal.SIGKILL, done.stderr)
        with contextlib.closing(sqlite3.connect(f"{folder}/some.db")) as database:
            return len(done.stdout) - database.execute("SELECT count(*) FROM written").fetchone()[0]

    def test_flat(self):
        """An empty battery loses what was not synced, and nothing else"""
        self.assertEqual(self.lose("FULL"), 0)
        self.assertGreater(self.lose("NORMAL"), 0)


class Terminal(unittest.TestCase):
    def prepare(self, torture):
        """A terminal on duty with a task, whose folder is kept as it is then."""
        self.worker, self.promises = torture.workers[0], torture.promises
        torture.dispatchers[0].make_task()
        torture.dispatchers[0].warn()
        program = self.worker.begin()
        self.worker.attend(program, lambda: self.worker.tasks and self.worker.alerts, "the task and the alert")
        (self.task,) = self.worker.tasks
        (self.alert,) = self.worker.alerts
        self.worker.leave(program)
        # From here on there is nobody to tell: everything stays where it can be counted.
        torture.center.kill()
        self.data = self.worker.handset.folder
        self.copy = torture.folder / "copy"
        shutil.copytree(self.data, self.copy)

    def decide(self, program):
        worker = self.worker
        worker.walk(program)
        step = self.promises.decide_step(worker.terminal, self.task, "accepted")
        program.tell("step", self.task, "accepted", step.text)
        worker.take_photo(program, self.task)
        worker.call_for_help(program)
        self.promises.decide_read(worker.terminal, self.alert)
        program.tell("read", self.alert)
        worker.change_duty(program)
        worker.change_duty(program)
        worker.walk(program)

    def restore(self):
        shutil.rmtree(self.data)
        shutil.copytree(self.copy, self.data)

    def live(self, death):
        """Does everything once; whether it lived through it."""
        promises = self.promises
        for table in (
            promises.steps, promises.photos, promises.points, promises.next_point,
            promises.duties, promises.sos, promises.reads,
        ):  # fmt: skip
            table.clear()
        self.restore()
        program = self.worker.begin(death)
        if program.wait_for("open on", may_die=True):
            self.worker.duty = True
            self.decide(program)
        while not program.silent and not is_decided(self.promises):
            for line in program.read(1):
                self.worker.hear(line)
        lived = not program.silent
        for line in program.kill():
            self.worker.hear(line)
        self.assertIsNone(program.fault())
        return lived

    def open_again(self, death):
        program = self.worker.begin()
        self.worker.attend(program, lambda: self.worker.duty is not None, f"the terminal to open after {death}")
        self.worker.leave(program)

    def check(self, death):
        """It opens, and has what it had promised."""
        terminal = self.worker.terminal
        self.open_again(death)
        found = read_store(self.data)
        expected = {}
        for points in self.promises.points[terminal].values():
            expected |= {number: points.outcome for number in points.numbers()}
        for decision in (*self.promises.steps.values(), *self.promises.photos.values()):
            expected |= {decision.text: decision.outcome, f"{decision.text} of the task": decision.outcome}
        for what, outcome in expected.items():
            self.assertIn(found.pop(what, 0), (1,) if outcome == KEPT else (0, 1), f"{death}: {what} {outcome}")
        calls = list(self.promises.sos[terminal].values())
        self.assertIn(found.pop("sos", 0), range(calls.count(KEPT), len(calls) + 1), death)
        reads = list(self.promises.reads[terminal].values())
        self.assertIn(found.pop("read", 0), range(reads.count(KEPT), len(reads) + 1), death)
        duties = list(self.promises.duties[terminal].values())
        self.assertIn(found.pop("duty", 0), range(duties.count(KEPT), len(duties) + 1), death)
        self.assertEqual(found, {}, death)

    def test_every_write(self):
        """A terminal that dies at any write of its store opens again with what it had promised"""
        with Torture("writes", terminals=1) as torture:
            self.prepare(torture)
            for at, how in deaths():
                if self.live(Death(at, how)):
                    break
                self.check(Death(at, how))
        print(f"# {at - 1} writes", flush=True)
        self.assertGreater(at, 10)


    def unpair(self, death):
        """Whether it lived through it."""
        self.restore()
        program = self.worker.begin(death)
        if program.wait_for("open on", may_die=True):
            program.tell("unpair")
        lived = program.wait_for("unpaired", may_die=True) is not None
        program.kill()
        self.assertIsNone(program.fault())
        return lived

    def has_all_or_nothing(self):
        with contextlib.closing(checker.connect(self.data / "gridcast.db")) as database:
            (rows,) = database.execute("SELECT (SELECT count(*) FROM task) + (SELECT count(*) FROM outbox)").fetchone()
        return (self.data / "credentials.json").exists() == (rows > 0)

    def test_leaving(self):
        """A terminal that dies while it leaves its center opens with key and data, or with neither"""
        with Torture("leaving", terminals=1) as torture:
            self.prepare(torture)
            for at, how in deaths():
                lived = self.unpair(Death(at, how))
                self.open_again(Death(at, how))
                self.assertTrue(self.has_all_or_nothing(), Death(at, how))
                if lived:
                    break
        print(f"# {at - 1} writes", flush=True)


class Center(unittest.TestCase):
    def die_while_starting(self, torture, folder, death, *options):
        """Dies at one of its writes, and is started again."""
        log = torture.folder / f"{folder.name}.log"
        command = [PROGRAM, "--data", folder, "--port", 0, "--listen", "127.0.0.1", "--console", CONSOLE, *options]
        program = Mortal(command, folder, log, death)
        program.wait_for(r"console \S+", may_die=True)
        program.kill()
        self.assertIsNone(program.fault(), death)
        center = MortalCenter(folder, log, torture.network, *options)
        self.assertEqual(center.ask("GET", "/api/config").status, 200, death)
        self.assertIsNone(center.kill())

    def deaths(self, most):
        rng = random.Random(os.environ.get("TORTURE_SEED"))
        return [Death(rng.randint(1, most), rng.choice(HOW)) for _ in range(CENTER_DEATHS)]

    def test_first_start(self):
        """A center that dies at a write of its first start starts again"""
        with Torture("first-start", terminals=0) as torture:
            for number, death in enumerate(self.deaths(FIRST_WRITES)):
                self.die_while_starting(torture, torture.folder / f"first-{number}", death)

    def test_renewal(self):
        """A center that dies while it renews its certificate starts again with one that is trusted"""
        with Torture("renewal", terminals=0) as torture:
            self.assertIsNone(torture.center.stop())
            good = torture.center.data
            for number, death in enumerate(self.deaths(RENEWAL_WRITES)):
                folder = torture.folder / f"renewal-{number}"
                shutil.copytree(good, folder)
                self.die_while_starting(torture, folder, death, "--host", f"center-{number}.example")
                self.assertEqual((folder / "ca.pem").read_bytes(), (good / "ca.pem").read_bytes(), death)


if __name__ == "__main__":
    tap.main()
