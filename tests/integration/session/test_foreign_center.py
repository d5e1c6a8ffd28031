#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of PROTOCOL.md: a center that was written from it alone

- pairs a terminal, renews its certificate, and each way to refuse one is told apart; a center with another key gets
  nothing but the first question
- gets hello, duty, status and positions, sends a task, with files, and takes it back, gets its steps once each
  and in order, also when the connection breaks between them
- asks for live video and gets it, or the worker's reason; is asked for it; reports who watches;
  dispatch and live video break and come back each by itself
- may send what the terminal does not know, and does not stop its dispatch with it
- ends the connection with each close code, and the terminal does what the table says
- says what it may not: the terminal ends the connection, and its log says why
"""

import datetime
import itertools
import json
import re
import stat
import uuid

from engine import TRACK, EngineTest
from foreign_center import Authority, ForeignCenter, make_task, now_text
from gridcast_e2e import tap, wait

# As gc-error.h numbers them.
INVALID = 0
REFUSED, UNAUTHORIZED, EXPIRED, USED, BUSY, UNREACHABLE, UNTRUSTED = range(3, 10)


class CenterTest(EngineTest):
    def setUp(self):
        self.center = ForeignCenter(self.stage.make_folder(self._testMethodName))
        self.addCleanup(self.center.stop)

    def hire(self, **options):
        engine = self.start_engine(**options)
        engine.pair(self.center.code())
        engine.go_on_duty()
        return engine

    def wait_for_bodies(self, kind, count=1, seconds=20):
        return wait.until(
            lambda: len(self.center.bodies(kind)) >= count and self.center.bodies(kind),
            lambda: f"{count} {kind}; got {self.center.received}",
            seconds,
        )

    def send_task(self, engine, task):
        self.center.send("task.new", {"task": task})
        engine.see(f"task-arrived {task['id']} delivered {task['title']}")
        wait.until(self.center.delivered, "the task to be acknowledged")

    def take_steps(self, engine, task, *states):
        for state in states:
            engine.tell("step", task["id"], state)
            engine.see("step done", states.index(state) + 1)


class Pairing(CenterTest):
    def test_pairs(self):
        """A foreign center pairs a terminal, whose key is a file of its own and stays"""
        engine = self.start_engine()
        engine.pair(self.center.code())
        self.assertEqual(engine.last("center-name"), "Elsewhere")
        self.assertEqual(engine.last("center-host"), f"127.0.0.1:{self.center.port}")
        self.assertEqual(engine.last("terminal-id"), self.center.terminal)
        secret = [path for path in engine.data.rglob("*") if path.is_file() and b"PRIVATE KEY" in path.read_bytes()]
        self.assertEqual(len(secret), 1)
        self.assertEqual(stat.S_IMODE(secret[0].stat().st_mode), 0o600)
        self.assertEqual(stat.S_IMODE(engine.data.stat().st_mode), 0o700)
        engine.restart()
        engine.see_now("paired", "TRUE")
        engine.go_on_duty()

    def test_refusals(self):
        """Each refusal of PROTOCOL.md is told apart, and a good code pairs afterwards"""
        engine = self.start_engine()
        for status, kind, code in (
            (401, "urn:gridcast:token-unknown", UNAUTHORIZED),
            (401, "urn:gridcast:token-expired", EXPIRED),
            (401, "urn:gridcast:token-used", USED),
            (429, "urn:gridcast:slow-down", BUSY),
            (400, "urn:gridcast:request-invalid", INVALID),
            (503, "about:blank", BUSY),
        ):
            with self.subTest(kind):
                self.center.refusal = (status, kind)
                seen = len(engine.program.log().splitlines())
                engine.tell("pair", self.center.code())
                wait.until(lambda: len(engine.program.log().splitlines()) > seen, "an answer")
                self.assertRegex(engine.program.log().splitlines()[seen], rf"^pair {code} ")
        self.center.refusal = None
        engine.pair(self.center.code())

    def test_renews(self):
        """A certificate that runs out is renewed, once, and the new one is used from then on"""
        self.center.days = 100
        engine = self.hire()
        wait.until(lambda: len(set(self.center.serials)) == 2, "the channel with another certificate", 30)
        engine.see_now("link", "online")
        greeted = len(self.center.hellos)
        engine.restart()
        wait.until(lambda: len(self.center.hellos) > greeted, "a hello after the restart", 30)
        self.assertEqual(self.center.serials[-2:], self.center.serials[-1:] * 2)
        self.assertEqual(self.center.renewals, 1)

    def test_other_key(self):
        """A center that shows another key than the code says is never asked to enrol"""
        engine = self.start_engine()
        engine.tell("pair", self.center.code(pin="A" * 43))
        engine.see(f"pair {UNTRUSTED} .*")
        self.assertEqual(self.center.enrolments, 0)

    def test_in_between(self):
        """Who passes on the center's CA and shows a certificate of his own never gets the token"""
        real = Authority(self.stage.make_folder("real"))
        self.center.authority = real
        engine = self.start_engine()
        engine.tell("pair", self.center.code())
        engine.see(f"pair {UNTRUSTED} .*")
        self.assertEqual(self.center.enrolments, 0)

    def test_no_center(self):
        """Nobody listens at the code's address: the error says so"""
        engine = self.start_engine()
        code = self.center.code().replace(f":{self.center.port}&", ":1&")
        engine.tell("pair", code)
        engine.see(f"pair {UNREACHABLE} .*")


class Dispatch(CenterTest):
    def test_reports(self):
        """The center gets hello, duty, status and positions that move"""
        engine = self.hire(nmea=TRACK)
        hello = self.center.hellos[0]
        self.assertEqual((hello["version"], str(uuid.UUID(hello["stream"]))), (1, hello["stream"]))
        self.assertTrue(hello["software"].startswith("gridcast "))
        engine.see_now("worker", "Wei")
        self.assertIs(self.wait_for_bodies("duty")[0]["on"], True)
        self.assertIn("uplink", self.wait_for_bodies("status")[0])
        tracks = self.wait_for_bodies("track", 2, 40)
        points = [point for track in tracks for point in track["points"]]
        self.assertGreater(len({(point["lon"], point["lat"]) for point in points}), 1)
        engine.tell("duty", "off")
        wait.until(lambda: self.center.bodies("duty")[-1]["on"] is False, "the word that duty is over")
        wait.until(lambda: self.center.link is None, "the connection to close")

    def test_task(self):
        """A task arrives once, and its steps come back once each and in order"""
        engine = self.hire()
        task = make_task(
            description="两行\n文字",
            place={
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [120.1, 30.2]},
                "properties": {"name": "三号泵站"},
            },
            deadline=now_text(),
            created_by="王芳",
        )
        self.send_task(engine, task)
        self.take_steps(engine, task, "accepted", "en-route", "arrived", "done")
        steps = self.wait_for_bodies("task.state", 4)
        self.assertEqual([step["task"] for step in steps], [task["id"]] * 4)
        self.assertEqual([step["state"] for step in steps], ["accepted", "en-route", "arrived", "done"])

    def test_attached(self):
        """What is attached to a task is fetched by the terminal alone, kept private, and gone with the center"""
        content = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2000
        file = self.center.attach(content, name="平面图")
        unknown = self.center.attach(content, media_type="image/new")
        engine = self.hire()
        self.send_task(engine, make_task(files=[unknown, file]))
        kept = engine.data / "attached" / file["id"]
        wait.until(kept.exists, "the file")
        self.assertEqual(kept.read_bytes(), content)
        self.assertEqual(stat.S_IMODE(kept.stat().st_mode), 0o600)
        engine.tell("unpair")
        engine.see("unpair done")
        self.assertEqual(list(kept.parent.iterdir()), [])

    def test_declined(self):
        """Declining brings the worker's reason"""
        engine = self.hire()
        task = make_task()
        self.send_task(engine, task)
        engine.tell("step", task["id"], "declined")
        engine.see(r"step \d+ .*")
        engine.tell("step", task["id"], "declined", "太远")
        engine.see("step done")
        self.assertEqual(self.wait_for_bodies("task.state")[0]["note"], "太远")

    def test_texts(self):
        """What would be a command to a database or a page is a text like any other"""
        engine = self.hire()
        evil = "'; DROP TABLE task; -- <b onclick=x>&amp;\\ %s \u202e"
        task = make_task(evil, description=evil, created_by=evil[:64])
        self.center.send("task.new", {"task": task})
        engine.see(re.escape(f"task-arrived {task['id']} delivered {evil}"))
        engine.tell("step", task["id"], "declined", evil)
        engine.see("step done")
        self.assertEqual(self.wait_for_bodies("task.state")[0]["note"], evil)
        self.send_task(engine, make_task())

    def test_sos(self):
        """A call for help is followed by where the worker is: at most every 5 s, until it is over"""
        engine = self.hire(nmea=TRACK)
        engine.see("fix .*")
        engine.tell("sos")
        sos = self.wait_for_bodies("sos")[0]["sos"]
        self.wait_for_bodies("sos.position", 3, 60)
        told = [envelope for envelope in self.center.received if envelope["type"] == "sos.position"]
        moments = [datetime.datetime.fromisoformat(envelope["time"]) for envelope in told]
        for earlier, later in itertools.pairwise(moments):
            self.assertGreaterEqual(later - earlier, datetime.timedelta(seconds=4.9))
        self.assertEqual({envelope["body"]["sos"] for envelope in told}, {sos})
        places = [envelope["body"]["position"]["at"] for envelope in told]
        self.assertEqual(places, sorted(set(places)))
        engine.tell("withdraw")
        self.assertEqual(self.wait_for_bodies("sos.withdraw")[0]["sos"], sos)
        told = len(self.center.bodies("sos.position"))
        tracks = len(self.center.bodies("track"))
        self.wait_for_bodies("track", tracks + 2, 60)
        self.assertEqual(len(self.center.bodies("sos.position")), told)

    def test_cancelled(self):
        """A task that the center takes back is cancelled, but for one that is done"""
        engine = self.hire()
        steps = (("accepted", "cancelled"), ("declined", "cancelled"), ("done", "done"))
        for number, (step, state) in enumerate(steps, 1):
            with self.subTest(step):
                task = make_task()
                self.send_task(engine, task)
                engine.tell("step", task["id"], step, "太远")
                self.wait_for_bodies("task.state", number)
                self.center.send("task.cancel", {"task": task["id"], "reason": "误报", "at": now_text()})
                engine.see(f"task-changed {task['id']} {state} .*")

    def test_broken_connection(self):
        """Steps taken while the connection is down come in order, and once, when it is back"""
        engine = self.hire()
        task = make_task()
        self.send_task(engine, task)
        self.center.admits = False
        self.center.hang_up()
        engine.see_now("link", "refused")
        self.take_steps(engine, task, "accepted", "en-route", "arrived", "done")
        self.center.send("task.new", {"task": make_task("Another one")})
        self.center.admits = True
        engine.tell("duty", "off")
        engine.go_on_duty()
        steps = self.wait_for_bodies("task.state", 4)
        self.assertEqual([step["state"] for step in steps], ["accepted", "en-route", "arrived", "done"])
        engine.see("task-arrived .* Another one")
        self.assertEqual(len(self.center.bodies("task.state")), 4)

    def test_killed_between_steps(self):
        """Each step that was shown survives a kill, and the center gets it once"""
        engine = self.hire()
        task = make_task()
        self.send_task(engine, task)
        self.center.admits = False
        self.center.hang_up()
        states = ["accepted", "en-route", "arrived", "done"]
        for state in states:
            engine.tell("step", task["id"], state)
            engine.see("step done")
            engine.restart()
            engine.see(f"task {task['id']} {state} {task['title']}")
        self.center.admits = True
        engine.restart()
        steps = self.wait_for_bodies("task.state", 4)
        self.assertEqual([step["state"] for step in steps], states)

    def test_unknown(self):
        """Unknown types, members and bodies that do not fit are acknowledged and stop nothing"""
        engine = self.hire()
        self.center.send("from.the.future", {"what": [1, {"deep": None}]})
        self.center.send("task.new", {"task": {"id": "no id", "title": "", "urgency": "extreme"}})
        self.center.send("task.new", {"task": make_task("x" * 121)})
        self.center.send("task.cancel", {"task": str(uuid.uuid4()), "at": now_text()})
        self.center.send("live.viewer", {"session": "?", "watching": -1})
        self.center.say("also.from.the.future", {})
        self.center.say("live.request", {"session": 5})
        self.center.say("live.end", {"session": str(uuid.uuid4()), "reason": None})
        self.send_task(engine, make_task("After all that", colour="red"))
        for kind in ("task.new", "live.viewer", "live.request"):
            engine.see(f".*refused: center: {kind} has no effect: .+")
        self.assertEqual(engine.last("link"), "online")

    def test_new_store(self):
        """A center that lost its store gets what it had not acknowledged, from 1"""
        engine = self.hire()
        self.center.hang_up()
        self.center.memory.__init__()
        engine.see_now("link", "online")
        self.send_task(engine, make_task())


class Endings(CenterTest):
    def end_with(self, code, link):
        engine = self.hire()
        self.center.closing = code
        self.center.hang_up(code)
        engine.see_now("link", link)
        return engine

    def test_replaced(self):
        """4000: the terminal waits for the worker"""
        engine = self.end_with(4000, "replaced")
        self.center.closing = None
        engine.tell("duty", "off")
        engine.go_on_duty()

    def test_revoked(self):
        """4001: the terminal says so, keeps its data and connects no more"""
        engine = self.end_with(4001, "revoked")
        hellos = len(self.center.hellos)
        engine.restart()
        engine.see_now("link", "revoked")
        self.assertEqual(len(self.center.hellos), hellos)

    def test_other_version(self):
        """4004, or a hello of another version: the terminal says so"""
        self.end_with(4004, "outdated")

    def test_resumes(self):
        """1001, 1009, 1011, 4002 and 4003: the terminal comes again and goes on"""
        engine = self.hire()
        for number, code in enumerate((1001, 1009, 1011, 4002, 4003), 1):
            greeted = len(self.center.hellos)
            self.center.hang_up(code)
            wait.until(lambda seen=greeted: len(self.center.hellos) > seen, f"a hello after {code}", 30)
            self.send_task(engine, make_task(f"Number {number}"))

    def test_malformed(self):
        """What is no envelope ends the connection, and the terminal comes again"""
        engine = self.hire()
        for text in ("", "[]", "{}", "no JSON", '{"id": "x", "type": "ack"}', "x" * 70000):
            greeted = len(self.center.hellos)
            self.center.say_text(text)
            wait.until(lambda seen=greeted: len(self.center.hellos) > seen, f"a hello after {text[:40]!r}", 30)
        engine.see_now("link", "online")
        engine.see(".*refused: center: the connection is ended: .+", 6)

    def test_out_of_place(self):
        """What cannot come there ends the connection, has no effect, and a line says why; the terminal comes again"""
        engine = self.hire()
        lost = {"task": make_task("Never seen")}
        hello = {"version": 1, "stream": str(uuid.uuid4())}
        for kind, body, more, why in (
            ("task.new", lost, {"seq": 7}, "the center left something out.*"),
            ("task.new", lost, {"seq": 1, "ack": 1000}, "the center acknowledged what was never sent"),
            ("hello", hello, {}, "the center said hello twice"),
        ):
            greeted = len(self.center.hellos)
            self.center.say(kind, body, **more)
            engine.see(f".*refused: center: the connection is ended: {why}")
            wait.until(lambda seen=greeted: len(self.center.hellos) > seen, f"a hello after {why}", 30)
        self.send_task(engine, make_task())
        self.assertNotIn("Never seen", engine.program.log())

    def test_no_certificate(self):
        """403: the terminal says that its certificate is not accepted"""
        engine = self.hire()
        self.center.admits = False
        self.center.hang_up()
        engine.see_now("link", "refused")


class Live(CenterTest):
    @staticmethod
    def logged_sessions(engine):
        path = engine.data / "live.jsonl"
        lines = path.read_text().splitlines() if path.exists() else []
        return {json.loads(line)["session"] for line in lines}

    def test_asked(self):
        """The center asks for live video, and gets pictures and sound until it ends it"""
        engine = self.hire()
        session, whip = self.center.make_whip()
        self.center.say(
            "live.request", {"session": session, "by": "王芳", "reason": "水位", "expires_s": 60, "whip": whip}
        )
        self.assertEqual(self.wait_for_bodies("live.ringing"), [{"session": session}])
        self.assertEqual((engine.last("live"), engine.last("live-by")), ("ringing", "王芳"))
        self.assertEqual(self.center.peer.frames, 0)
        engine.tell("answer", "yes")
        engine.see_now("live", "sending", 40)
        wait.until(lambda: self.center.peer.frames > 20 and self.center.peer.sound > 20, "pictures and sound", 40)
        viewer = {"session": session, "viewer": "王芳", "at": now_text()}
        self.center.send("live.viewer", {**viewer, "event": "joined", "watching": 1})
        engine.see_now("watching", "1")
        self.center.send("live.viewer", {**viewer, "event": "left", "watching": 0})
        engine.see_now("watching", "0")
        wait.until(lambda: session in self.logged_sessions(engine), "figures in the handset's own log")
        self.center.say("live.end", {"session": session, "reason": "谢谢"})
        engine.see("live-ended 谢谢")
        engine.see_now("live", "idle")
        wait.until(lambda: self.center.unpublished, "the DELETE")

    def test_apart(self):
        """When dispatch breaks live video goes on, and the other way round"""
        engine = self.hire()
        session, whip = self.center.make_whip()
        self.center.say("live.request", {"session": session, "by": "王芳", "expires_s": 60, "whip": whip})
        engine.see_now("live", "ringing")
        engine.tell("answer", "yes")
        engine.see_now("live", "sending", 40)
        greeted, publications = len(self.center.hellos), len(self.center.peer.sessions)
        self.center.hang_up()
        wait.until(lambda: len(self.center.hellos) > greeted, "another hello", 30)
        frames = self.center.peer.frames
        wait.until(lambda: self.center.peer.frames > frames + 30, "pictures over the same connection", 40)
        self.assertEqual((len(self.center.peer.sessions), self.center.unpublished), (publications, False))
        greeted = len(self.center.hellos)
        self.center.peer.close()
        engine.see_now("live", "reconnecting", 60)
        self.send_task(engine, make_task())
        engine.see_now("live", "sending", 60)
        self.assertEqual(len(self.center.hellos), greeted)

    def test_declined(self):
        """The worker's reason reaches the center, and nothing was sent"""
        engine = self.hire()
        session, whip = self.center.make_whip()
        self.center.say("live.request", {"session": session, "by": "王芳", "expires_s": 60, "whip": whip})
        engine.see_now("live", "ringing")
        engine.tell("answer", "no", "正在开车")
        self.assertEqual(self.wait_for_bodies("live.decline"), [{"session": session, "reason": "正在开车"}])
        self.assertIsNone(self.center.peer.offer)

    def test_taken_back(self):
        """A request that the center takes back rings no longer"""
        engine = self.hire()
        session, whip = self.center.make_whip()
        self.center.say("live.request", {"session": session, "expires_s": 60, "whip": whip})
        engine.see_now("live", "ringing")
        self.center.say("live.end", {"session": session, "reason": ""})
        engine.see_now("live", "idle")

    def test_started_by_worker(self):
        """The worker asks, the center grants, and the worker ends it"""
        engine = self.hire()
        engine.tell("live")
        request = self.wait_for_bodies("live.start")[0]["request"]
        session, whip = self.center.make_whip()
        self.center.say("live.grant", {"request": request, "session": session, "whip": whip})
        engine.see_now("live", "sending", 40)
        wait.until(lambda: self.center.peer.frames > 20, "pictures", 40)
        engine.tell("end")
        self.assertEqual(self.wait_for_bodies("live.end")[0]["session"], session)
        wait.until(lambda: self.center.unpublished, "the DELETE")

    def test_encoder_fails(self):
        """An encoder that fails in the middle ends the session on both sides; the next one takes another codec"""
        engine = self.hire(options=["--one-encoder"])
        session, whip = self.center.make_whip()
        request = {"session": session, "video": ["H264", "VP8"], "expires_s": 60, "whip": whip}
        self.center.say("live.request", request)
        engine.see_now("live", "ringing")
        engine.tell("answer", "yes")
        engine.see_now("live", "sending", 40)
        wait.until(lambda: self.center.peer.frames > 5, "pictures", 40)
        engine.tell("break")
        engine.see("live-failed .+")
        engine.see_now("live", "idle")
        self.assertEqual(self.wait_for_bodies("live.end"), [{"session": session, "reason": "failed"}])
        wait.until(lambda: self.center.unpublished, "the DELETE")
        seen = self.center.peer.frames
        session, whip = self.center.make_whip()
        self.center.say("live.request", {**request, "session": session, "whip": whip})
        engine.see_now("live", "ringing")
        engine.tell("answer", "yes")
        engine.see_now("live", "sending", 40)
        wait.until(lambda: self.center.peer.frames > seen + 5, "pictures again", 40)
        self.assertNotIn("H264", self.center.peer.offer)

    def test_center_declines(self):
        """The center may decline, with a reason"""
        engine = self.hire()
        engine.tell("live")
        request = self.wait_for_bodies("live.start")[0]["request"]
        self.center.say("live.decline", {"request": request, "reason": "人手不足"})
        engine.see(f"live-failed {REFUSED} 人手不足")


if __name__ == "__main__":
    tap.main()
