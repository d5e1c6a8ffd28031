# SPDX-License-Identifier: GPL-3.0-or-later
"""Terminals and a center at work over bad lines, killed over and over; see README.md."""

import collections
import contextlib
import dataclasses
import datetime
import http.client
import json
import pathlib
import random
import shutil
import tempfile
import threading
import time
import urllib.parse

import checker
from gridcast_e2e import wait
from line import Network
from mortal import Death, MortalCenter, MortalTerminal, find_complaints
from program import JSON, OURS
from promises import KEPT, Promises

STEPS = ("delivered", "accepted", "en-route", "arrived", "done")
FINAL = ("done", "declined", "cancelled")
# What a terminal may say of its connection: never that somebody else has its certificate.
LINKS = ("off", "waiting", "connecting", "online")
# Writes of one life among which a death is drawn, and how many lives end at one.
WRITES = 1500
BY_OWN_WRITE = 0.6
BIRTH_S = 0.4
LIFE_S = 1.6
BETWEEN_DECISIONS_S = 0.02
DISPATCHERS = 3
BETWEEN_TASKS_S = 0.1
PHOTO_SHARE = 0.02
PHOTO_BYTES = 200_000
# Of what dispatchers do: what they would not do to three people in earnest.
ALERT_SHARE = 0.08
SETTLE_S = 120
PROGRESS_S = 60
ANSWER_S = 1
ASKED = 100
MS_PER_S = 1000


class Failed(AssertionError):
    """Something went wrong that no kill explains."""


class Life(threading.Thread):
    """Something that goes on until the torture ends."""

    def __init__(self, torture, name):
        super().__init__(name=name, daemon=True)
        self.torture = torture
        self.rng = random.Random(f"{torture.seed}/{name}")

    def run(self):
        try:
            while self.go_on():
                pass
        except Exception as error:
            self.torture.fail(f"{self.name}: {error!r}")

    def draw_death(self):
        return Death.draw(self.rng, WRITES) if self.rng.random() < BY_OWN_WRITE else None


class Worker(Life):
    """One terminal and who holds it."""

    def __init__(self, torture, name):
        super().__init__(torture, name)
        self.handset = MortalTerminal(torture.folder / name, torture.folder / f"{name}.log")
        self.line = torture.network.make_line(name)
        self.terminal = None
        self.tasks = {}
        self.alerts = set()  # that are to be read
        self.duty = None  # not known before it is open

    def hear(self, line):
        if self.torture.promises.hear(self.terminal, line):
            return
        word, _, rest = line.partition(" ")
        if line.startswith("task\t"):
            _, task, state = line.split("\t")
            self._note(task, state)
        elif line.startswith("alert\t"):
            _, alert, state = line.split("\t")
            (self.alerts.add if state == "new" else self.alerts.discard)(alert)
        elif word == "open" and rest in ("on", "off"):
            self.duty = rest == "on"
        elif word in ("open", "problem") or (word == "link" and rest not in LINKS):
            raise Failed(f"it says: {line}")

    def _note(self, task, state):
        if state in FINAL:
            self.tasks.pop(task, None)
        else:
            self.tasks[task] = state

    # --- what is decided ---

    def change_duty(self, program):
        self.duty = not self.duty
        number = self.torture.promises.decide_duty(self.terminal)
        program.tell("duty", "on" if self.duty else "off", number)
        return number

    def take_step(self, program):
        task = self.rng.choice(list(self.tasks))
        position = STEPS.index(self.tasks[task])
        # Some steps are left out, some tasks declined.
        state = self.rng.choice(STEPS[position + 1 : position + 3])
        if position == 0 and self.rng.random() < 0.2:
            state = "declined"
        self._note(task, state)
        decision = self.torture.promises.decide_step(self.terminal, task, state)
        program.tell("step", task, state, decision.text)

    def take_photo(self, program, task):
        decision = self.torture.promises.decide_photo(self.terminal, task)
        size = self.rng.randint(len(decision.text) + 1, PHOTO_BYTES)
        program.tell("photo", task, decision.text, size)

    def walk(self, program):
        points = self.torture.promises.decide_points(self.terminal, self.rng.randint(1, 5))
        program.tell("points", points.first, points.count, self.torture.promises.start_ms + points.first)

    def call_for_help(self, program):
        program.tell("sos", self.torture.promises.decide_sos(self.terminal))

    def read(self, program):
        alert = self.rng.choice(sorted(self.alerts))
        self.alerts.discard(alert)
        self.torture.promises.decide_read(self.terminal, alert)
        program.tell("read", alert)

    def decide(self, program):
        dice = self.rng.random()
        if not self.duty:
            self.change_duty(program)
        elif dice < 0.04:
            self.change_duty(program)
            self.change_duty(program)
        elif dice < 0.1:
            self.call_for_help(program)
        elif dice < 0.2 and self.alerts:
            self.read(program)
        elif dice < 0.2 + PHOTO_SHARE and self.tasks:
            self.take_photo(program, self.rng.choice(list(self.tasks)))
        elif dice < 0.5 and self.tasks:
            self.take_step(program)
        else:
            self.walk(program)

    # --- how it lives ---

    def begin(self, death=None):
        self.tasks = {}
        self.alerts = set()
        self.duty = None
        return self.handset.start(death)

    def begin_duty(self, program):
        number = self.change_duty(program)
        duties = self.torture.promises.duties[self.terminal]
        self.attend(program, lambda: duties[number] == KEPT, "the promise to be on duty")

    def live(self, program, seconds, after_birth):
        """Works for so long, from its birth or from when it is open, or until it dies."""
        end = time.monotonic() + (seconds if after_birth else SETTLE_S)
        due = end
        while not program.silent and time.monotonic() < end:
            was_open = self.duty is not None
            for line in program.read(min(due, end) - time.monotonic()):
                self.hear(line)
            if self.duty is None:
                continue
            if not was_open:
                due = time.monotonic()
                end = end if after_birth else due + seconds
            if time.monotonic() >= due:
                self.decide(program)
                due = time.monotonic() + self.rng.expovariate(1 / BETWEEN_DECISIONS_S)
        if self.duty is None and not after_birth and not program.silent:
            raise Failed(f"it did not open in {SETTLE_S} s")

    def attend(self, program, condition, what):
        """Waits, listening to a program that must not end."""

        def look():
            for line in program.read(0.05):
                self.hear(line)
            if program.silent:
                raise Failed(f"it ended; see {self.handset.log}")
            return condition()

        wait.until(look, lambda: f"{what}; {self.name} said:\n{program.tail()}", SETTLE_S, interval=0)

    def leave(self, program):
        for line in program.leave():
            self.hear(line)
        if program.fault(expected=0):
            raise Failed(program.fault(expected=0))

    def go_on(self):
        if not self.torture.take_kill("terminal"):
            return False
        program = self.begin(self.draw_death())
        after_birth = self.rng.random() < 0.2
        self.live(program, self.rng.uniform(0, BIRTH_S if after_birth else LIFE_S), after_birth)
        for line in program.kill():
            self.hear(line)
        if program.fault():
            raise Failed(program.fault())
        return True


class Center(Life):
    """The center's life: it is there for a while, then it is dead, then it comes back."""

    def go_on(self):
        center = self.torture.center
        end = time.monotonic() + self.rng.uniform(0, 2.5)
        if self.rng.random() < 0.2:
            center.program.pause(self.rng.uniform(0, 0.5))
        while not center.program.silent and time.monotonic() < end:
            center.program.read(end - time.monotonic())
        while self.torture.take_kill("center"):
            fault = center.kill()
            if fault:
                raise Failed(fault)
            center.launch(self.draw_death())
            if center.await_console(may_die=True):
                return True
        return False


class Dispatcher(Life):
    """Somebody who makes tasks and takes them back, over a bad line as well."""

    def __init__(self, torture, name):
        super().__init__(torture, name)
        self.line = torture.network.make_line(name)

    def ask(self, path, value):
        """Status and answer, or nothing: then nobody knows whether it happened."""
        center = self.torture.center
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.line.port, timeout=ANSWER_S, context=self.torture.context
        )
        with contextlib.closing(connection):
            try:
                connection.request("POST", path, json.dumps(value), {**OURS, **JSON, "Cookie": center.cookie})
                answer = connection.getresponse()
                return answer.status, json.loads(answer.read())
            except (OSError, http.client.HTTPException):
                return None, None

    def make_task(self):
        worker = self.rng.choice(self.torture.workers)
        decision = self.torture.promises.decide_task(worker.terminal)
        urgency = self.rng.choice(("routine", "priority", "urgent"))
        form = {"terminal": worker.terminal, "title": decision.text, "urgency": urgency}
        status, answer = self.ask("/api/tasks", form)
        if status == 201:
            self.torture.promises.keep(decision, answer["id"])
        elif status:
            raise Failed(f"{form} was answered with {status}: {answer}")

    def cancel(self, task):
        decision = self.torture.promises.decide_cancel(task.terminal, task.task)
        status, answer = self.ask(f"/api/tasks/{task.task}/cancel", {"reason": decision.text})
        if status == 200:
            self.torture.promises.keep(decision)
        elif status == 409:
            self.torture.promises.refuse(decision)
        elif status:
            raise Failed(f"{decision} was answered with {status}: {answer}")

    def warn(self):
        decision = self.torture.promises.decide_alert()
        expires = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=1)
        form = {
            "event": decision.text, "urgency": "Immediate", "severity": "Severe",
            "expires": expires.isoformat(timespec="seconds"),
        }  # fmt: skip
        status, answer = self.ask("/api/alerts", form)
        if status == 201:
            self.torture.promises.keep(decision, answer["id"])
        elif status:
            raise Failed(f"{form} was answered with {status}: {answer}")

    def withdraw(self, alert):
        decision = self.torture.promises.decide_withdrawal(alert.task)
        status, answer = self.ask(f"/api/alerts/{alert.task}/cancel", {"reason": decision.text})
        if status == 200:
            self.torture.promises.keep(decision)
        elif status == 409:
            self.torture.promises.refuse(decision)
        elif status:
            raise Failed(f"{decision} was answered with {status}: {answer}")

    def look_out(self):
        current = [alert for alert in list(self.torture.promises.alerts.values())[-5:] if alert.task]
        if current and self.rng.random() < 0.3:
            self.withdraw(self.rng.choice(current))
        else:
            self.warn()

    def go_on(self):
        recent = [task for task in list(self.torture.promises.tasks.values())[-20:] if task.task]
        if self.rng.random() < ALERT_SHARE:
            self.look_out()
        elif recent and self.rng.random() < 0.25:
            self.cancel(self.rng.choice(recent))
        else:
            self.make_task()
        return not self.torture.over.wait(self.rng.expovariate(1 / BETWEEN_TASKS_S))


@dataclasses.dataclass
class Outcome:
    seed: int
    kills: collections.Counter
    kept_by_center: int
    kept_by_terminals: int
    faults: list
    seconds: float
    fates: collections.Counter  # of connections

    def count(self, kind):
        return sum(fault.kind == kind for fault in self.faults)

    def row(self):
        counts = {kind: self.count(kind) for kind in (checker.LOST, checker.DOUBLED, checker.WRONG)}
        return {
            "seed": self.seed, "seconds": self.seconds, **{f"kills_{whom}": n for whom, n in self.kills.items()},
            "kept_by_center": self.kept_by_center, "kept_by_terminals": self.kept_by_terminals, **counts,
        }  # fmt: skip

    def __str__(self):
        kills = ", ".join(f"{count} × {whom}" for whom, count in sorted(self.kills.items()))
        fates = ", ".join(f"{count} {kind}" for kind, count in self.fates.most_common())
        found = ", ".join(f"{kind} {self.count(kind)}" for kind in (checker.LOST, checker.DOUBLED, checker.WRONG))
        return (
            f"{self.kills.total()} kills ({kills}) in {self.seconds:.0f} s, seed {self.seed}\n"
            f"promises: {self.kept_by_center} by the center, {self.kept_by_terminals} by terminals\n"
            f"connections: {fates}\n"
            f"{found}"
        )


class Torture:
    """A center and its terminals, in a folder that is gone afterwards unless there was a fault."""

    def __init__(self, seed, terminals=3):
        self.seed = seed
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix=f"gridcast-torture-{seed}-"))
        self.network = Network(seed)
        self.promises = Promises(int(time.time() * MS_PER_S))
        self.over = threading.Event()
        self.kills = collections.Counter()
        self.faults = []
        self._to_kill = 0
        self._lock = threading.Lock()
        self.center = MortalCenter(self.folder / "center", self.folder / "center.log", self.network)
        self.center.program.wait_for(r"setup \S+")
        self.center.log_in()
        self.context = self.center.context()
        self.workers = [Worker(self, f"terminal-{number + 1}") for number in range(terminals)]
        self.dispatchers = [Dispatcher(self, f"dispatcher-{number + 1}") for number in range(DISPATCHERS)]
        self.network.lead_to(self.center.port)
        for worker in self.workers:
            self._hire(worker)

    def __enter__(self):
        return self

    def __exit__(self, kind, error, _):
        for mortal in [self.center, *(worker.handset for worker in self.workers)]:
            mortal.program.kill()
        self.network.close()
        if kind or self.faults:
            print(f"# seed {self.seed}: everything is kept in {self.folder}", flush=True)
        else:
            shutil.rmtree(self.folder)

    def _hire(self, worker):
        program = worker.begin()
        worker.attend(program, lambda: worker.duty is False, "the new terminal")
        fields = self.center.make_code(worker.name) | {"c": f"127.0.0.1:{worker.line.port}"}
        program.tell("pair", "gridcast:pair?" + urllib.parse.urlencode(fields, quote_via=urllib.parse.quote))
        worker.terminal = program.wait_for(r"paired (\S+)")[1]
        worker.begin_duty(program)
        worker.attend(program, lambda: self._in_step(worker), "both to be in step")
        worker.leave(program)
        with contextlib.closing(checker.connect(worker.handset.database)) as database:
            self.promises.streams[worker.terminal] = database.execute("SELECT own, peer FROM stream").fetchone()

    def _in_step(self, worker):
        return checker.in_step(worker.handset.database, self.center.database, worker.terminal)

    def fail(self, text):
        with self._lock:
            self.faults.append(checker.Fault(checker.WRONG, text))
            self._to_kill = 0

    def take_kill(self, whom):
        with self._lock:
            if self._to_kill == 0:
                return False
            self._to_kill -= 1
            self.kills[whom] += 1
            return True

    def _lines(self):
        return [life.line for life in [*self.workers, *self.dispatchers]]

    def work(self, kills, tell):
        """So many kills of terminals and of the center, over bad lines."""
        self._to_kill = kills
        for line in self._lines():
            line.bad = True
        lives = [Center(self, "center"), *self.workers]
        for life in [*self.dispatchers, *lives]:
            life.start()
        for life in lives:
            while life.is_alive():
                life.join(PROGRESS_S)
                if life.is_alive():
                    tell(f"    {self.kills.total()} kills")
        self.over.set()
        for dispatcher in self.dispatchers:
            dispatcher.join()

    def settle(self):
        """Nobody dies and nothing is cut any more: waits until both sides have everything."""
        self.center.kill()
        for line in self._lines():
            line.heal()
        self.center.start()
        programs = [(worker, worker.begin()) for worker in self.workers]
        for worker, program in programs:
            worker.attend(program, lambda worker=worker: worker.duty is not None, "the terminal to open")
            if not worker.duty:
                worker.begin_duty(program)
            worker.attend(program, lambda worker=worker: self._in_step(worker), "both to be in step")
        answers = self._ask_console()
        for worker, program in programs:
            worker.leave(program)
        fault = self.center.stop()
        if fault:
            raise Failed(fault)
        return answers

    def _ask_console(self):
        """What the console is told of some tasks."""
        listed = self.center.ask("GET", "/api/tasks?state=all").json()["tasks"]
        some = random.Random(self.seed).sample(listed, min(len(listed), ASKED))
        return [self.center.ask("GET", f"/api/tasks/{task['id']}").json() for task in some]

    def check(self, answers):
        terminals = {worker.terminal: worker.handset.database for worker in self.workers}
        self.faults += checker.check(self.promises, terminals, self.center.database, self.center.photos, answers)
        self.faults += [checker.Fault(checker.WRONG, line) for line in find_complaints(self.folder)]

    def run(self, kills, tell=lambda _: None):
        """Does it all, and says how far it is; what went wrong is in the outcome."""
        began = time.monotonic()
        self.work(kills, tell)
        if not self.faults:
            self.check(self.settle())
        fates = sum((line.fates for line in self._lines()), collections.Counter())
        seconds = time.monotonic() - began
        return Outcome(self.seed, self.kills, *self.promises.count_kept(), self.faults, seconds, fates)
