#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-publish on a handset whose uplinks come and go, to a server that is not ours
(aiortc):

- a better uplink takes over without a break: the old session is ended when the new one carries, and
  the stream goes on in its own time
- a cable that is pulled, a modem that is switched off, a way that falls silent are noticed, and the
  stream goes on over the other uplink
- silence alone ends nothing: a session that only was in a hole goes on
- a server that takes one session at a time gets the old one ended first; one that refuses for good,
  or does not answer, costs nothing that works
- a server that allows it gets a second session beforehand, over the other uplink; nothing has to be
  asked for when the first one dies
- whatever happens in whatever order, one session is left, and nothing of the others
- attempts go on for ever, and not in a storm
"""

import contextlib
import pathlib
import time

from aiortc_peer import AiortcPeer
from gridcast_e2e import tap, wait
from publisher import PublishTest
from uplinks import HERE, Uplinks
from whip_server import WhipServer

HANDOVER = '</whip>; rel="urn:gridcast:whip:handover"'
CYCLE = 1 << 32
CLOCK_RATE = 90000


def find_ssrc(offer):
    """Of the picture; that of its repetitions comes after it."""
    return next(line.split()[0] for line in offer.splitlines() if line.startswith("a=ssrc:"))


class Server(WhipServer):
    """Notes what had come of its sessions whenever one is ended. What answers to the next POSTs can
    be set: a function for all of them, or None."""

    def __init__(self, peer):
        super().__init__(peer, host=HERE)
        self.offers = []
        self.times = []
        self.answer = None
        self.at_end = {}
        self.odd["/whip"] = self._handle

    def _handle(self, handler):
        if handler.command != "POST":
            handler.say(405)
            return
        self.offers.append(self.requests[-1].body.decode())
        self.times.append(time.monotonic())
        (self.answer or self.accept)(handler)

    def accept(self, handler, **headers):
        handler.answer_offer(self.requests[-1].body.decode(), **headers)

    def accept_successor(self, handler):
        self.accept(handler, Link=HANDOVER)

    def session(self, number):
        return self.sessions.get(f"/session/{number}")

    def frames(self, number):
        session = self.session(number)
        return session.frames if session else 0

    def alive(self):
        return [session for session in list(self.sessions.values()) if not session.closed]

    def end(self, location):
        self.at_end[location] = {other: session.frames for other, session in list(self.sessions.items())}
        super().end(location)

    def refuse_second(self, status):
        """Takes one session at a time."""

        def answer(handler):
            if self.alive():
                handler.say(status, b"somebody publishes already", Content_Type="text/plain")
            else:
                self.accept(handler)

        return answer


class Handover(PublishTest):
    def setUp(self):
        self.uplinks = Uplinks()
        self.addCleanup(self.uplinks.remove)
        self.peer = AiortcPeer()
        self.addCleanup(self.peer.close)
        self.server = Server(self.peer)
        self.addCleanup(self.server.close)

    def start(self, *options):
        """Publishes, and waits until the first session carries."""
        publisher = self.publish(
            self.server.url(), "--size", "320x240", "--no-audio", "--stats-json", *options,
            within=self.uplinks.command,
        )  # fmt: skip
        self.flows(publisher, 1)
        return publisher

    def until(self, publisher, condition, what, seconds=60):
        def look():
            if not publisher.program.running:
                raise RuntimeError(f"gridcast-publish ended:\n{publisher.log()}")
            return condition()

        requests = self.server.requests
        wait.until(look, lambda: f"{what}; {requests} and {self.server.at_end}:\n{publisher.log()}", seconds)

    def flows(self, publisher, number, frames=15):
        goal = self.server.frames(number) + frames
        self.until(publisher, lambda: self.server.frames(number) >= goal, f"{frames} frames in session {number}")

    def goes_on(self, publisher):
        """In whichever session."""
        goal = self.peer.frames + 30
        self.until(publisher, lambda: self.peer.frames >= goal, "more frames")

    def ended(self, publisher, number):
        location = f"/session/{number}"
        self.until(publisher, lambda: location in self.server.at_end, f"the end of session {number}")
        return self.server.at_end[location]

    def finish(self, publisher):
        status, log = publisher.interrupt()
        self.assertEqual(status, 0, log)
        self.assertEqual(self.server.alive(), [], f"{self.server.requests}:\n{log}")


class Moves(Handover):
    def test_better_returns(self):
        """A better uplink takes over without a break, and the stream goes on in its own time"""
        self.uplinks.pull(0)
        publisher = self.start()
        self.uplinks.put_back(0)
        at_end = self.ended(publisher, 1)
        # The new one carried before the old one was ended.
        self.assertGreater(at_end["/session/2"], 0)
        self.flows(publisher, 2)
        self.assertNotIn("state reconnecting", publisher.log())
        self.assertEqual(*map(find_ssrc, self.server.offers[:2]))
        old, new = (self.server.session(number).timestamps for number in (1, 2))
        self.assertLess((new[-1] - old[0]) % CYCLE, 120 * CLOCK_RATE)
        self.assertLess((new[0] - old[0]) % CYCLE, (old[-1] - old[0]) % CYCLE + CLOCK_RATE)
        self.finish(publisher)

    def test_pulled(self):
        """A cable that is pulled moves the stream to the other uplink"""
        publisher = self.start()
        self.uplinks.pull(0)
        self.flows(publisher, 2)
        self.ended(publisher, 1)
        self.finish(publisher)

    def test_switched_off(self):
        """An uplink that is gone with address and route moves the stream, and back when it returns"""
        publisher = self.start()
        self.uplinks.take_down(0)
        self.flows(publisher, 2)
        self.ended(publisher, 1)
        self.uplinks.bring_up(0)
        self.flows(publisher, 3)
        self.assertGreater(self.ended(publisher, 2)["/session/3"], 0)
        self.finish(publisher)

    def test_stopped_with_its_way(self):
        """A session whose uplink goes in the moment in which it is ended is ended over the other one"""
        publisher = self.start()
        self.uplinks.take_down(0)
        self.finish(publisher)

    def test_one_after_the_other(self):
        """Between two networks there is none: the stream waits, and goes on at once"""
        self.uplinks.take_down(1)
        publisher = self.start()
        self.uplinks.take_down(0)
        publisher.wait_for_state("reconnecting")
        self.uplinks.bring_up(1)
        publisher.wait_for_state("live", 2, 60)
        self.until(publisher, lambda: self.peer.sessions[-1].frames > 15, "frames")
        self.finish(publisher)

    def test_never_answers(self):
        """A server that does not answer the second offer costs nothing that works"""
        self.uplinks.pull(0)
        publisher = self.start()
        self.server.answer = lambda handler: self.server.released.wait(60)
        self.uplinks.put_back(0)
        self.until(publisher, lambda: len(self.server.offers) >= 3, "further attempts")
        self.flows(publisher, 1)
        self.server.answer = None
        self.flows(publisher, 2)
        self.assertNotIn("state reconnecting", publisher.log())
        self.finish(publisher)

    def test_fails(self):
        """A server that fails at the second offer is asked again, and the first session goes on"""
        self.uplinks.pull(0)
        publisher = self.start()
        self.server.answer = lambda handler: handler.say(500)
        self.uplinks.put_back(0)
        self.until(publisher, lambda: len(self.server.offers) >= 4, "further attempts")
        self.flows(publisher, 1)
        self.server.answer = None
        self.flows(publisher, 2)
        self.assertNotIn("state reconnecting", publisher.log())
        self.finish(publisher)

    def test_wrong_address(self):
        """A stranger's answer on the new network, as a hotel's, does not end the stream"""
        self.uplinks.pull(0)
        publisher = self.start()
        self.server.answer = lambda handler: handler.say(200, b"<html>Log in</html>", Content_Type="text/html")
        self.uplinks.put_back(0)
        self.until(publisher, lambda: len(self.server.offers) >= 3, "further attempts")
        self.flows(publisher, 1)
        self.assertTrue(publisher.program.running)

    def test_many(self):
        """After many changes in quick handover one session is left, and nothing of the others"""
        publisher = self.start()
        threads = self.count_threads(publisher)
        for hurt, heal in ((self.uplinks.pull, self.uplinks.put_back), (self.uplinks.take_down, self.uplinks.bring_up)):
            for _ in range(8):
                hurt(0)
                heal(0)
            hurt(0)
            self.goes_on(publisher)
            heal(0)
        self.goes_on(publisher)
        self.until(publisher, lambda: len(self.server.alive()) == 1, "one session")
        self.goes_on(publisher)
        self.until(publisher, lambda: self.count_threads(publisher) <= threads + 2, "threads to end")
        self.finish(publisher)

    def count_threads(self, publisher):
        """But for GLib's, which wait for work for a while before they end."""
        count = 0
        for task in pathlib.Path(f"/proc/{publisher.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                count += not (task / "comm").read_text().startswith("pool-")
        return count


class Exclusive(Handover):
    def check_move(self, status):
        self.uplinks.pull(0)
        publisher = self.start()
        self.server.answer = self.server.refuse_second(status)
        self.uplinks.put_back(0)
        self.flows(publisher, 2)
        # Once it is known, it is ended first: no further refusal.
        offers = len(self.server.offers)
        self.uplinks.pull(0)
        self.flows(publisher, 3)
        self.assertEqual(len(self.server.offers), offers + 1)
        self.finish(publisher)

    def test_conflict(self):
        """A server that answers 409 to a second session gets the first one ended, then the new one"""
        self.check_move(409)

    def test_forbidden(self):
        """A server that answers 403 to a second session gets the first one ended, then the new one"""
        self.check_move(403)

    def test_silence(self):
        """A server that takes one session is moved from a way that has fallen silent, too"""
        publisher = self.start()
        self.server.answer = self.server.refuse_second(400)
        self.uplinks.cut(0)
        self.flows(publisher, 2)
        self.assertIn("/session/1", self.server.at_end)
        self.finish(publisher)

    def test_unauthorized(self):
        """A token that has lost its worth ends the stream when the session breaks, and not before"""
        self.uplinks.pull(0)
        publisher = self.start()
        self.server.answer = lambda handler: handler.say(401, b"too old", Content_Type="text/plain")
        self.uplinks.put_back(0)
        self.until(publisher, lambda: len(self.server.offers) >= 2, "a second offer")
        self.flows(publisher, 1, 40)
        self.server.session(1).close()
        status, log = publisher.wait_for_end()
        self.assertEqual(status, 1, log)
        self.assertIn("does not accept the token", log)


class Silence(Handover):
    def test_cut(self):
        """A way that falls silent is left for the other uplink, and its session is ended"""
        publisher = self.start()
        self.uplinks.cut(0)
        self.flows(publisher, 2)
        self.ended(publisher, 1)
        self.finish(publisher)

    def test_cut_unwatched(self):
        """Silence is noticed without looking after the network"""
        publisher = self.start("--no-network-watch")
        self.uplinks.cut(0)
        self.uplinks.remove_route(0)
        self.flows(publisher, 2)
        self.ended(publisher, 1)
        self.finish(publisher)

    def test_hole(self):
        """A session that only was in a hole goes on, though others were tried meanwhile"""
        publisher = self.start()
        self.uplinks.cut(0)
        self.uplinks.cut(1)
        self.until(publisher, lambda: "came to nothing" in publisher.log(), "an attempt that failed")
        self.uplinks.mend(0)
        self.uplinks.mend(1)
        self.until(publisher, lambda: self.peer.sessions[-1].frames > 15 or self.server.frames(1) > 60, "frames")
        self.until(publisher, lambda: len(self.server.alive()) == 1, "one session")
        publisher.wait_for_state("live", publisher.log().count("state reconnecting") + 1)
        self.finish(publisher)

    def test_dead_server(self):
        """A server that is gone is asked for ever, and not in a storm"""
        publisher = self.start()
        self.server.answer = lambda handler: handler.say(503)
        self.server.session(1).close()
        began = len(self.server.times)
        self.until(publisher, lambda: len(self.server.times) >= began + 10, "ten attempts")
        times = self.server.times[began:]
        pauses = [after - before for before, after in zip(times, times[1:])]
        self.assertGreater(sum(pauses), len(pauses) * 0.2)
        self.assertGreater(len({round(pause, 2) for pause in pauses}), 2)
        self.server.answer = None
        # The attempt that is answered may have gone over the other uplink, which is soon left again.
        self.goes_on(publisher)
        self.finish(publisher)


class Ready(Handover):
    def start(self, *options):
        self.server.answer = self.server.accept_successor
        return super().start(*options)

    def is_ready(self, number):
        session = self.server.session(number)
        return session is not None and session.connection.connectionState == "connected"

    def check(self, hurt):
        publisher = self.start()
        self.until(publisher, lambda: self.is_ready(2), "a second session")
        self.assertEqual(self.server.frames(2), 0)
        # Nothing more can be asked for.
        self.server.answer = lambda handler: handler.say(503)
        hurt(0)
        self.flows(publisher, 2)
        self.ended(publisher, 1)
        self.finish(publisher)

    def test_pulled(self):
        """A second session that was kept ready carries on when the cable is pulled"""
        self.check(self.uplinks.pull)

    def test_cut(self):
        """A second session that was kept ready carries on when the first falls silent"""
        self.check(self.uplinks.cut)

    def test_closed(self):
        """A second session that was kept ready carries on when the server drops the first"""
        publisher = self.start()
        self.until(publisher, lambda: self.is_ready(2), "a second session")
        self.server.session(1).close()
        self.flows(publisher, 2, 1)
        # Since nothing is wrong with the better uplink, it is soon taken again.
        self.goes_on(publisher)
        self.finish(publisher)

    def test_returns(self):
        """The better uplink, silent for a while, is taken again once it has been ready for a while"""
        publisher = self.start()
        self.until(publisher, lambda: self.is_ready(2), "a second session")
        self.uplinks.cut(0)
        self.flows(publisher, 2)
        self.uplinks.mend(0)
        self.until(publisher, lambda: "/session/2" in self.server.at_end, "the way back", 90)
        back = int(max(self.server.at_end["/session/2"], key=self.server.at_end["/session/2"].get)[-1])
        self.assertGreaterEqual(back, 1)
        self.until(publisher, lambda: any(session.frames > 15 for session in self.server.alive()), "frames")
        self.assertNotIn("state reconnecting", publisher.log())
        self.finish(publisher)

    def test_never(self):
        """Who does not want a second session does not get one"""
        publisher = self.start("--second-uplink", "never")
        self.flows(publisher, 1, 100)
        self.assertEqual(len(self.server.offers), 1)
        self.uplinks.pull(0)
        self.flows(publisher, 2)
        self.finish(publisher)


if __name__ == "__main__":
    tap.main()
