#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of silence, checked by listening to every packet of the network:

- off duty nothing is sent: not after a shift, not after live video, not when the app starts, and
  not before a terminal is paired
- what is said before that is the word that duty is over
"""

import socket
import threading

from engine import TRACK, EngineTest
from foreign_center import ForeignCenter
from gridcast_e2e import tap, wait
from gridcast_e2e.sockets import connections

ETH_P_ALL = 3
# Several positions of the track and several beats of everything that beats while on duty.
SILENCE_S = 8


class Ear:
    """Hears every packet on every interface."""

    def __init__(self):
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.packets = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            self.packets.append(self._socket.recv(65536))


class Silence(EngineTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ear = Ear()

    def setUp(self):
        self.center = ForeignCenter(self.stage.make_folder(self._testMethodName))
        self.addCleanup(self.center.stop)

    def assert_silence(self):
        self.ear.packets.clear()
        listening = threading.Event()
        listening.wait(SILENCE_S)
        self.assertEqual([packet[:80] for packet in self.ear.packets], [])

    def wait_for_goodbye(self, engine):
        wait.until(lambda: not connections(engine.program.pid), "every connection to close")
        wait.until(lambda: self.center.link is None, "the center to notice")
        self.assertIs(self.center.bodies("duty")[-1]["on"], False)

    def test_after_a_shift(self):
        """Off duty nothing is sent, though the receiver goes on"""
        engine = self.start_engine(nmea=TRACK)
        engine.pair(self.center.code())
        engine.go_on_duty()
        wait.until(lambda: len(self.center.bodies("track")) > 1, "positions", 40)
        self.assertTrue(self.ear.packets)
        engine.tell("duty", "off")
        self.wait_for_goodbye(engine)
        self.assertEqual(self.center.received[-1]["type"], "duty")
        self.assert_silence()
        engine.restart()
        self.assert_silence()
        self.assertEqual(engine.last("link"), "off")

    def test_after_live_video(self):
        """Going off duty ends live video, and then nothing is sent"""
        engine = self.start_engine()
        engine.pair(self.center.code())
        engine.go_on_duty()
        session, whip = self.center.make_whip()
        self.center.say("live.request", {"session": session, "expires_s": 60, "whip": whip})
        engine.see_now("live", "ringing")
        engine.tell("answer", "yes")
        wait.until(lambda: self.center.peer.frames > 10, "pictures", 40)
        engine.tell("duty", "off")
        wait.until(lambda: self.center.unpublished, "the DELETE")
        self.wait_for_goodbye(engine)
        self.assert_silence()

    def test_center_gone(self):
        """Off duty nobody looks for a center that is gone"""
        engine = self.start_engine(nmea=TRACK)
        engine.pair(self.center.code())
        engine.go_on_duty()
        self.center.admits = False
        self.center.hang_up()
        engine.see_now("link", "refused")
        engine.tell("duty", "off")
        wait.until(lambda: not connections(engine.program.pid), "every connection to close")
        self.assert_silence()

    def test_not_paired(self):
        """A terminal that is not paired sends nothing"""
        self.start_engine(nmea=TRACK)
        self.assert_silence()


if __name__ == "__main__":
    tap.main()
