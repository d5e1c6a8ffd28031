# SPDX-License-Identifier: GPL-3.0-or-later
"""What was decided, and what either side has promised to keep.

Whoever decides something is told that it is kept, is told that it is refused, or dies or is cut off
before an answer comes: then it is there or not, but not twice. Every decision has a text of its own
that both databases carry, so that each can be found again.
"""

import collections
import dataclasses
import threading

OPEN, KEPT, REFUSED = "open", "kept", "refused"


@dataclasses.dataclass
class Decision:
    """text: a task's title, a cancellation's reason, a step's note, what is in a photo, an alert's
    event, the reason for which one is taken back; task: or alert."""

    text: str
    terminal: str | None = None
    task: str | None = None
    state: str | None = None
    outcome: str = OPEN
    order: int = 0  # of the promise among those of its kind


@dataclasses.dataclass
class Points:
    """Positions FIRST to FIRST + COUNT - 1."""

    first: int
    count: int
    outcome: str = OPEN

    def numbers(self):
        return range(self.first, self.first + self.count)


class Promises:
    """The ledger of a run; terminals are known by the ids that the center gave them."""

    def __init__(self, start_ms):
        # Position N was taken at start_ms + N.
        self.start_ms = start_ms
        self.tasks = {}
        self.cancels = {}
        self.steps = {}
        self.photos = {}
        self.points = collections.defaultdict(dict)
        self.duties = collections.defaultdict(dict)  # number: outcome
        self.sos = collections.defaultdict(dict)  # number: outcome
        self.alerts = {}
        self.withdrawals = {}
        self.reads = collections.defaultdict(dict)  # alert: outcome
        self.next_point = collections.Counter()
        # Their streams' ids once they had met: (own, peer).
        self.streams = {}
        self._lock = threading.Lock()
        self._numbers = collections.Counter()

    def _number(self, kind):
        with self._lock:
            self._numbers[kind] += 1
            return self._numbers[kind]

    def _decide(self, table, kind, **what):
        text = f"{kind}{self._number(kind)}"
        table[text] = Decision(text, **what)
        return table[text]

    def decide_task(self, terminal):
        return self._decide(self.tasks, "T", terminal=terminal)

    def decide_cancel(self, terminal, task):
        return self._decide(self.cancels, "C", terminal=terminal, task=task)

    def decide_step(self, terminal, task, state):
        return self._decide(self.steps, "S", terminal=terminal, task=task, state=state)

    def decide_photo(self, terminal, task):
        return self._decide(self.photos, "P", terminal=terminal, task=task)

    def decide_alert(self):
        return self._decide(self.alerts, "A")

    def decide_withdrawal(self, alert):
        return self._decide(self.withdrawals, "W", task=alert)

    def decide_read(self, terminal, alert):
        self.reads[terminal][alert] = OPEN

    def decide_points(self, terminal, count):
        points = Points(self.next_point[terminal], count)
        self.next_point[terminal] += count
        self.points[terminal][points.first] = points
        return points

    def decide_duty(self, terminal):
        number = self._number("D")
        self.duties[terminal][number] = OPEN
        return number

    def decide_sos(self, terminal):
        number = self._number("H")
        self.sos[terminal][number] = OPEN
        return number

    def keep(self, decision, task=None):
        decision.order = self._number("promise")
        decision.outcome = KEPT
        if task:
            decision.task = task

    def refuse(self, decision):
        decision.outcome = REFUSED

    def hear(self, terminal, line):
        """What a terminal says; whether it was an answer to a decision."""
        word, _, rest = line.partition(" ")
        if word not in ("promise", "refused"):
            return False
        kind, *words = rest.split("\t")
        if kind in ("step", "photo"):
            decision = self.steps[words[2]] if kind == "step" else self.photos[words[1]]
            assert decision.terminal == terminal and decision.task == words[0], line
            self.keep(decision) if word == "promise" else self.refuse(decision)
        elif kind == "points":
            self.points[terminal][int(words[0])].outcome = KEPT
        elif kind == "read":
            assert words[0] in self.reads[terminal], line
            self.reads[terminal][words[0]] = KEPT
        elif kind == "sos":
            self.sos[terminal][int(words[0])] = KEPT if word == "promise" else REFUSED
        else:
            assert kind == "duty", line
            self.duties[terminal][int(words[1])] = KEPT
        return True

    def count_kept(self):
        """Promises of the center, and of the terminals."""
        tables = (self.tasks, self.cancels, self.alerts, self.withdrawals)
        decisions = [decision for table in tables for decision in table.values()]
        center = sum(decision.outcome == KEPT for decision in decisions)
        terminals = sum(
            decision.outcome == KEPT for table in (self.steps, self.photos) for decision in table.values()
        )
        terminals += sum(
            points.count for table in self.points.values() for points in table.values() if points.outcome == KEPT
        )
        for tables in (self.duties, self.sos, self.reads):
            terminals += sum(outcome == KEPT for table in tables.values() for outcome in table.values())
        return center, terminals
