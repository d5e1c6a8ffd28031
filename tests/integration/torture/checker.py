# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what was promised with what both sides have, once they are in step."""

import base64
import collections
import contextlib
import dataclasses
import hashlib
import json
import re
import sqlite3
import zlib

from promises import KEPT, OPEN, REFUSED

# The terminal keeps so many; see gc-store-alerts.c.
KEEP_ALERTS = 500
LONGITUDE, DEGREES_PER_POINT = 100, 1e-5

LOST, DOUBLED, WRONG = "lost", "duplicated", "wrong"


@dataclasses.dataclass(frozen=True)
class Fault:
    """lost: promised, or here and acknowledged by the other side, and not there. duplicated: more
    than once. wrong: anything else, as another order or another state."""

    kind: str
    text: str

    def __str__(self):
        return f"{self.kind}: {self.text}"


def connect(path):
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def read_points(body):
    """Those of a “track”; none of another body."""
    if "packed" in body:
        return json.loads(zlib.decompress(base64.b64decode(body["packed"]), -zlib.MAX_WBITS))
    return body.get("points", [])


def read_photo(path, sha256):
    """What it was decided to be a photo of; nothing if it is not there as it was."""
    content = path.read_bytes() if path.exists() else b""
    return content.partition(b" ")[0].decode() if hashlib.sha256(content).hexdigest() == sha256 else ""


def in_step(terminal_path, center_path, terminal):
    """Whether each side has what the other had for it, and knows that the other has."""
    with contextlib.closing(connect(terminal_path)) as handset:
        committed, acknowledged, last_seq, *waiting = handset.execute(
            "SELECT committed, acknowledged, last_seq, (SELECT count(*) FROM point), (SELECT count(*) FROM outbox),"
            " (SELECT count(*) FROM file WHERE delivered_ms = 0) FROM stream"
        ).fetchone()
    with contextlib.closing(connect(center_path)) as center:
        received, assigned, delivered = center.execute(
            "SELECT received, assigned, acknowledged FROM terminal WHERE id = ?", [terminal]
        ).fetchone()
    return not any(waiting) and acknowledged == received == last_seq and committed == delivered == assigned


class Checker:
    def __init__(self, promises, center_path, photos):
        self.promises = promises
        self._photos = photos
        self.faults = []
        self._center = connect(center_path)

    def close(self):
        self._center.close()

    def _find(self, kind, text):
        self.faults.append(Fault(kind, text))

    def _count(self, decision, times, where):
        """decision's effect was found so many times."""
        if decision.outcome == KEPT and times == 0:
            self._find(LOST, f"{decision}: not in {where}")
        elif decision.outcome == REFUSED and times > 0:
            self._find(WRONG, f"{decision}: was refused, and is in {where}")
        elif times > 1:
            self._find(DOUBLED, f"{decision}: {times} times in {where}")

    def _compare(self, what, here, there):
        """Both sides have the same, in the same order."""
        if here == there:
            return
        ours, theirs = collections.Counter(here), collections.Counter(there)
        for entry in (ours - theirs) + (theirs - ours):
            side = "the terminal" if ours[entry] > theirs[entry] else "the center"
            kind = DOUBLED if min(ours[entry], theirs[entry]) > 0 else LOST
            self._find(kind, f"{what}: {entry} {max(ours[entry], theirs[entry])} times at {side}")
        if ours == theirs:
            self._find(WRONG, f"{what}: the terminal's order is {here}, the center's {there}")

    # --- the center ---

    def check_center(self):
        titles = collections.Counter(
            json.loads(content)["title"] for (content,) in self._center.execute("SELECT content FROM task")
        )
        for decision in self.promises.tasks.values():
            self._count(decision, titles.pop(decision.text, 0), "the center's tasks")
        for title, times in titles.items():
            self._find(WRONG, f"{times} tasks {title} that nobody made")
        reasons = collections.Counter(
            note for (note,) in self._center.execute("SELECT note FROM task_step WHERE state = 'cancelled'")
        )
        for decision in self.promises.cancels.values():
            self._count(decision, reasons.pop(decision.text, 0), "the center's steps")
        for reason, times in reasons.items():
            self._find(WRONG, f"{times} cancellations {reason} that nobody made")
        for state in ("sent", "delivered"):
            for task, times in self._center.execute(
                "SELECT task, count(*) AS times FROM task_step WHERE state = ? GROUP BY task HAVING times > 1", [state]
            ):
                self._find(DOUBLED, f"task {task} was {state} {times} times")
        self._check_refusals()
        self._check_alerts()

    def _check_alerts(self):
        """Each alert and each withdrawal is a message of its own."""
        for kind, element, decisions in (
            ("Alert", "event", self.promises.alerts),
            ("Cancel", "note", self.promises.withdrawals),
        ):
            messages = self._center.execute("SELECT cap FROM alert WHERE type = ?", [kind])
            found = collections.Counter(re.search(f"<{element}>([^<]*)</{element}>", cap)[1] for (cap,) in messages)
            for decision in decisions.values():
                self._count(decision, found.pop(decision.text, 0), "the center's alerts")
            for text, times in found.items():
                self._find(WRONG, f"{times} messages {text} that nobody sent")
        for decision in self.promises.withdrawals.values():
            row = self._center.execute("SELECT ended FROM alert WHERE id = ?", [decision.task]).fetchone()
            if decision.outcome == KEPT and row != ("cancelled",):
                self._find(LOST, f"{decision}: the alert is {row}")

    def _check_refusals(self):
        """What the center refuses came after it had cancelled, and was not that it is done."""
        cancelled = set()
        for task, state, refused in self._center.execute("SELECT task, state, refused FROM task_step ORDER BY number"):
            if state == "cancelled":
                cancelled.add(task)
            elif refused and (task not in cancelled or state == "done"):
                self._find(WRONG, f"{state} of task {task} was refused")

    def check_answers(self, answers):
        """What the console is told of tasks is what the database has."""
        for answer in answers:
            row = self._center.execute("SELECT state FROM task WHERE id = ?", [answer["id"]]).fetchone()
            steps = self._center.execute(
                "SELECT state, note, refused FROM task_step WHERE task = ? ORDER BY number", [answer["id"]]
            ).fetchall()
            told = [(step["state"], step["note"], int(step["refused"])) for step in answer["history"]]
            if row is None or row[0] != answer["state"] or steps != told:
                self._find(WRONG, f"the console is told {answer}, the database has {row} and {steps}")

    # --- a terminal ---

    def check_terminal(self, terminal, path):
        with contextlib.closing(connect(path)) as handset:
            self._check_tasks(terminal, handset)
            self._check_steps(terminal, handset)
            self._check_streams(terminal, handset)
            self._check_sos(terminal, handset)
            self._check_photos(terminal, handset)
            self._check_reads(terminal, handset)
            (left,) = handset.execute("SELECT count(*) FROM point").fetchone()
        if left:
            self._find(LOST, f"{left} positions of {terminal} never left")
        self._check_points(terminal)
        self._check_duty(terminal)

    def _check_tasks(self, terminal, handset):
        here = handset.execute("SELECT id, json_extract(body, '$.title'), state FROM task ORDER BY id").fetchall()
        there = self._center.execute(
            "SELECT id, json_extract(content, '$.title'), state FROM task WHERE terminal = ? ORDER BY id", [terminal]
        ).fetchall()
        self._compare(f"tasks of {terminal}", [row[:2] for row in here], [row[:2] for row in there])
        states = {task: state for task, _, state in there}
        for (task,) in handset.execute("SELECT task FROM task_step WHERE state = 'done' AND NOT by_center"):
            if states.get(task, "done") != "done":
                self._find(WRONG, f"task {task} was done by {terminal}, and is {states[task]} for the center")
        for task, _, state in here:
            if states.get(task, state) != state:
                self._find(WRONG, f"task {task} is {state} for {terminal}, and {states[task]} for the center")

    def _check_steps(self, terminal, handset):
        here = handset.execute("SELECT task, state, note FROM task_step WHERE NOT by_center ORDER BY number").fetchall()
        there = self._center.execute(
            "SELECT task, state, note FROM task_step WHERE by = ? AND state != 'delivered' ORDER BY number", [terminal]
        ).fetchall()
        self._compare(f"steps of {terminal}", here, there)
        notes = collections.Counter(note for _, _, note in here)
        mine = [decision for decision in self.promises.steps.values() if decision.terminal == terminal]
        for decision in mine:
            self._count(decision, notes[decision.text], f"the steps of {terminal}")
        promised = sorted((decision for decision in mine if decision.outcome == KEPT), key=lambda one: one.order)
        kept = {decision.text for decision in promised}
        if [note for _, _, note in here if note in kept] != [d.text for d in promised if d.text in notes]:
            self._find(WRONG, f"the steps of {terminal} are not in the order in which they were promised")
        cancels = "SELECT task, note FROM task_step WHERE state = 'cancelled'"
        self._compare(
            f"cancellations of {terminal}",
            sorted(handset.execute(f"{cancels} AND by_center").fetchall()),
            sorted(self._center.execute(f"{cancels} AND task IN (SELECT id FROM task WHERE terminal = ?)", [terminal])),
        )

    def _check_photos(self, terminal, handset):
        """Each is there once, of its task, in order, and whole."""
        here = handset.execute("SELECT id, task, body ->> '$.sha256' FROM file ORDER BY number").fetchall()
        there = self._center.execute(
            "SELECT id, task, content ->> '$.sha256' FROM file JOIN task_file ON file = id WHERE by = ? ORDER BY number",
            [terminal],
        ).fetchall()
        self._compare(f"photos of {terminal}", here, there)
        found = collections.Counter()
        for photo, task, sha256 in there:
            text = read_photo(self._photos / photo[:2] / photo, sha256)
            if not text:
                self._find(LOST, f"what is in photo {photo} of {terminal}")
            found[text, task] += 1
        for decision in self.promises.photos.values():
            if decision.terminal == terminal:
                self._count(decision, found.pop((decision.text, decision.task), 0), "the center's photos")
        for photo, times in found.items():
            self._find(WRONG, f"{times} photos {photo} of {terminal} that nobody took")

    def _check_points(self, terminal):
        rows = self._center.execute("SELECT at_ms, longitude FROM track WHERE terminal = ?", [terminal]).fetchall()
        there = {round((longitude - LONGITUDE) / DEGREES_PER_POINT): at_ms for at_ms, longitude in rows}
        if len(there) < len(rows):
            self._find(DOUBLED, f"{len(rows) - len(there)} positions of {terminal}")
        for points in self.promises.points[terminal].values():
            missing = [number for number in points.numbers() if number not in there]
            if points.outcome == KEPT and missing:
                self._find(LOST, f"positions {missing} of {terminal}")
        made = self.promises.next_point[terminal]
        for number, at_ms in there.items():
            if not 0 <= number < made or at_ms != self.promises.start_ms + number:
                self._find(WRONG, f"position {number} of {terminal} at {at_ms}")

    def _check_duty(self, terminal):
        """It begins off duty, and each decision changed it."""
        words = self._center.execute(
            "SELECT what FROM audit WHERE who = ? AND what LIKE 'duty.%' ORDER BY number", [terminal]
        )
        told = [word == "duty.on" for (word,) in words]
        if told != [number % 2 == 0 for number in range(len(told))]:
            self._find(WRONG, f"{terminal} was on duty and off like this: {told}")
        outcomes = collections.Counter(self.promises.duties[terminal].values())
        if len(told) < outcomes[KEPT]:
            self._find(LOST, f"{terminal} went on or off duty {outcomes[KEPT]} times, {len(told)} are known")
        if len(told) > outcomes[KEPT] + outcomes[OPEN]:
            self._find(DOUBLED, f"{terminal} went on or off duty {outcomes} times, {len(told)} are known")
        (duty,) = self._center.execute("SELECT duty FROM terminal WHERE id = ?", [terminal]).fetchone()
        if told and duty != told[-1]:
            self._find(WRONG, f"{terminal} is said to be {'on' if duty else 'off'} duty")

    def _check_sos(self, terminal, handset):
        """Each call for help is there once, and stands on both sides where the worker left it."""
        here = handset.execute("SELECT id, position ->> '$.lon', state FROM sos ORDER BY id").fetchall()
        there = self._center.execute(
            "SELECT id, position ->> '$.lon', state FROM sos WHERE terminal = ? ORDER BY id", [terminal]
        ).fetchall()
        self._compare(f"calls for help of {terminal}", here, there)
        found = collections.Counter(round((longitude - LONGITUDE) / DEGREES_PER_POINT) for _, longitude, _ in there)
        for number, outcome in self.promises.sos[terminal].items():
            times = found.pop(number, 0)
            if outcome == KEPT and times == 0:
                self._find(LOST, f"call for help {number} of {terminal}")
            elif outcome == REFUSED and times > 0:
                self._find(WRONG, f"call for help {number} of {terminal} was refused, and is there")
            elif times > 1:
                self._find(DOUBLED, f"call for help {number} of {terminal}: {times} times")
        for number, times in found.items():
            self._find(WRONG, f"{times} calls for help {number} of {terminal} that nobody made")
        (told,) = self._center.execute(
            "SELECT count(*) FROM audit WHERE who = ? AND what = 'sos.press'", [terminal]
        ).fetchone()
        if told != len(there):
            self._find(WRONG, f"{len(there)} calls for help of {terminal}, {told} times in the audit log")

    def _check_reads(self, terminal, handset):
        """Each alert is there, and what was read is read on both sides, at the same moment."""
        here = {alert: (state, at_ms) for alert, state, at_ms in handset.execute("SELECT id, state, state_ms FROM alert")}
        there = {
            alert: (ended, received_ms, read_ms)
            for alert, ended, received_ms, read_ms in self._center.execute(
                "SELECT id, ended, received_ms, read_ms FROM alert LEFT JOIN alert_receipt ON alert = id"
                " AND terminal = ? WHERE type = 'Alert'",
                [terminal],
            )
        }
        for alert in here.keys() - there.keys():
            self._find(WRONG, f"alert {alert} is at {terminal} alone")
        for alert, (ended, received_ms, read_ms) in there.items():
            # One that was taken back before it was delivered is not delivered any more.
            if (received_ms is None and not ended) or (
                received_ms is not None and alert not in here and len(here) < KEEP_ALERTS
            ):
                self._find(LOST, f"alert {alert} did not reach {terminal}")
            state, at_ms = here.get(alert, (None, None))
            if state == "read" and read_ms is None:
                self._find(LOST, f"that {terminal} has read alert {alert}")
            elif state == "new" and read_ms is not None:
                self._find(LOST, f"{terminal} does not know that it has read alert {alert}")
            elif state == "read" and read_ms != at_ms:
                self._find(WRONG, f"alert {alert} was read by {terminal} at {at_ms}, and at {read_ms} for the center")
            if state and (state == "cancelled") != (ended == "cancelled"):
                self._find(WRONG, f"alert {alert} is {state} for {terminal}, and {ended} for the center")
        for alert, outcome in self.promises.reads[terminal].items():
            if outcome == KEPT and there.get(alert, (None,) * 3)[2] is None:
                self._find(LOST, f"that {terminal} has read alert {alert}, as it promised")

    def _check_streams(self, terminal, handset):
        own, peer, committed, acknowledged, last_seq = handset.execute(
            "SELECT own, peer, committed, acknowledged, last_seq FROM stream"
        ).fetchone()
        row = self._center.execute(
            "SELECT peer_stream, stream, assigned, received, acknowledged FROM terminal WHERE id = ?", [terminal]
        ).fetchone()
        if row != (own, peer, committed, last_seq, committed) or acknowledged != last_seq:
            self._find(WRONG, f"{terminal} and the center are not in step: {row}")
        if self.promises.streams.get(terminal, (own, peer)) != (own, peer):
            self._find(WRONG, f"{terminal} and the center had to start anew")
        for database in (handset, self._center):
            (left,) = database.execute("SELECT count(*) FROM outbox").fetchone()
            if left:
                self._find(LOST, f"{left} messages for the other side of {terminal} never left")


def check(promises, terminals, center_path, photos, answers=()):
    """terminals: id: its database; photos: the center's folder. Returns the faults."""
    checker = Checker(promises, center_path, photos)
    checker.check_center()
    checker.check_answers(answers)
    for terminal, path in terminals.items():
        checker.check_terminal(terminal, path)
    checker.close()
    return checker.faults
