#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the link emulator, with real packets between two network namespaces:

- at 12 Mbit/s all that is sent arrives, whole and in order, both ways, and not before its time
- it loses, doubles and drops what it was told to and nothing else, and counts each
- before “start” no outage comes; after it one holds packets back, and keeps those there is room for
- what is sent into a cut link is lost, and the mended one carries on
- an interface that is down for a while costs the packets of that while
- it ends by signal, with its control, and with a namespace; its log has the last packet
- wrong words on the command line and on the control are told, and harm nothing
"""

import csv
import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

from gridcast_bench.link import ip, open_socket
from gridcast_e2e import tap, wait
from gridcast_e2e.stage import Stage

EMULATOR = os.environ["LINK_EMULATOR"]
LEFT, RIGHT = ("left", "10.77.0.1", "tun-l"), ("right", "10.77.0.2", "tun-r")
PORT = 5000
# With IP and UDP headers a packet of 1,500 bytes.
PAYLOAD = 1472
PACKET = 1500
# As many as a socket keeps by default.
BURST = 50


def bind_socket(end):
    sock = open_socket(end[0])
    sock.bind((end[1], PORT))
    sock.settimeout(10)
    return sock


def make_payload(number):
    return number.to_bytes(4, "big") * (PAYLOAD // 4)


@unittest.skipUnless(os.access("/dev/net/tun", os.R_OK | os.W_OK), "there is no /dev/net/tun")
class EmulatorTest(unittest.TestCase):
    def setUp(self):
        logs = self.enterContext(tempfile.TemporaryDirectory(prefix="gridcast-"))
        self.stage = self.enterContext(Stage("/", logs))
        self.log = pathlib.Path(logs) / "link.csv"
        for end in (LEFT, RIGHT):
            ip("netns", "add", end[0])
            self.addCleanup(ip, "netns", "delete", end[0])

    def command(self, **more):
        words = {
            "left-ns": LEFT[0], "left-if": LEFT[2], "left-address": LEFT[1] + "/24",
            "right-ns": RIGHT[0], "right-if": RIGHT[2], "right-address": RIGHT[1] + "/24",
            "up": "", "down": "", "log": self.log, "control": "-", **more,
        }  # fmt: skip
        return [EMULATOR, *(f"--{name}={value}" for name, value in words.items() if value is not None)]

    def start(self, up="", down=""):
        """The emulator, with its control; and a socket at each end."""
        control, self.control = os.pipe()
        self.control = os.fdopen(self.control, "w", buffering=1)
        self.addCleanup(self.control.close)
        output, words = os.pipe()
        with os.fdopen(output) as ready:
            # It says “ready” on stdout, and the rest on stderr, which is the log.
            command = ["sh", "-c", f'exec "$@" 0<&{control} 1>&{words}', "sh", *self.command(up=up, down=down)]
            program = self.stage.start("emulator", command, pass_fds=(control, words))
            os.close(control)
            os.close(words)
            self.assertEqual(ready.readline(), "ready\n", program.log())
        self.left, self.right = bind_socket(LEFT), bind_socket(RIGHT)
        self.addCleanup(self.left.close)
        self.addCleanup(self.right.close)
        return program

    def finish(self, program):
        """Ends it and returns what it has counted, by direction."""
        self.assertEqual(program.stop(signal.SIGTERM), 0, program.log())
        lines = [json.loads(line) for line in program.log().splitlines() if line.startswith("{")]
        return {line["direction"]: line for line in lines}

    def counted(self, column):
        # The emulator may be in the middle of a line, of the head as well.
        whole, _, _ = self.log.read_text(encoding="ascii").rpartition("\n")
        rows = list(csv.DictReader(whole.splitlines()))
        return int(rows[-1][column]) if rows else 0

    def wait_counted(self, column, count):
        wait.until(lambda: self.counted(column) >= count, lambda: f"{count} {column}: {self.counted(column)}")

    def send(self, numbers, sock=None, to=RIGHT):
        for number in numbers:
            (sock or self.left).sendto(make_payload(number), (to[1], PORT))

    def receive(self, count, sock=None):
        got = []
        for _ in range(count):
            data = (sock or self.right).recv(PACKET)
            got.append(int.from_bytes(data[:4], "big"))
            self.assertEqual(data, make_payload(got[-1]))
        return got

    def assert_nothing_more(self):
        for sock in (self.left, self.right):
            sock.setblocking(False)
            self.assertRaises(BlockingIOError, sock.recv, PACKET)

    def test_all_arrive(self):
        """At 12 Mbit/s all packets arrive, whole and in order, both ways"""
        spec = "rate=12000000,delay=2"
        program = self.start(spec, spec)
        for first in range(0, 20 * BURST, BURST):
            numbers = range(first, first + BURST)
            self.send(numbers)
            self.send(numbers, self.right, LEFT)
            self.assertEqual(self.receive(BURST), list(numbers))
            self.assertEqual(self.receive(BURST, self.left), list(numbers))
        self.assert_nothing_more()
        for direction in self.finish(program).values():
            self.assertEqual((direction["packets"], direction["bytes"]), (20 * BURST, 20 * BURST * PACKET))
            self.assertEqual([direction[name] for name in ("lost", "dropped", "duplicated", "refused")], [0] * 4)

    def test_not_early(self):
        """No packet arrives before the delay and its time of the link are over"""
        self.start("rate=12000000,delay=20")
        for number in range(20):
            before = time.monotonic()
            self.send([number])
            self.receive(1)
            self.assertGreaterEqual(time.monotonic() - before, 0.021)

    def test_told_loss(self):
        """What is lost is counted, and is the same for the same seed"""
        fates = []
        for _ in range(2):
            program = self.start("loss=0.3,seed=5")
            self.send(range(BURST))
            wait.until(lambda: self.counted("up_packets") + self.counted("up_lost") == BURST, "all their fates")
            counts = self.finish(program)["up"]
            self.assertEqual((counts["lost"] + counts["packets"], counts["dropped"]), (BURST, 0))
            fates.append(self.receive(counts["packets"]))
            self.assert_nothing_more()
            self.left.close()
            self.right.close()
        self.assertEqual(fates[0], fates[1])
        self.assertNotIn(len(fates[0]), (0, BURST))

    def test_told_duplicates(self):
        """What is to arrive twice does"""
        program = self.start("duplicate=1")
        self.send(range(20))
        self.assertEqual(self.receive(40), [number for number in range(20) for _ in range(2)])
        self.assertEqual(self.finish(program)["up"]["duplicated"], 20)

    def test_told_queue(self):
        """A full queue drops what comes, and counts it"""
        program = self.start("steps=0:0,queue=15000")
        self.send(range(25))
        self.wait_counted("up_dropped", 15)
        self.assertEqual(self.counted("up_queued_bytes"), 15000)
        counts = self.finish(program)["up"]
        self.assertEqual((counts["packets"], counts["dropped"]), (0, 15))
        self.assert_nothing_more()

    def test_before_start(self):
        """Before “start” no outage comes; then it holds packets back"""
        program = self.start("outage=0-86400000")
        self.send(range(5))
        self.assertEqual(self.receive(5), list(range(5)))
        print("start", file=self.control)
        self.send(range(3))
        wait.until(lambda: self.counted("up_queued_bytes") == 3 * PACKET, "packets that wait")
        self.assert_nothing_more()
        self.assertEqual(self.finish(program)["up"]["packets"], 5)

    def test_outage(self):
        """What waits through an outage arrives after it, at each “start” anew"""
        self.start("outage=0-300")
        for _ in range(2):
            before = time.monotonic()
            print("start", file=self.control)
            self.send(range(10))
            self.assertEqual(self.receive(10), list(range(10)))
            self.assertGreaterEqual(time.monotonic() - before, 0.3)

    def test_cut(self):
        """What comes to a cut link is lost both ways, until it is mended"""
        program = self.start()
        print("cut", file=self.control)
        self.send(range(10))
        self.send(range(10), self.right, LEFT)
        self.wait_counted("up_lost", 10)
        self.wait_counted("down_lost", 10)
        self.assert_nothing_more()
        print("mend", file=self.control)
        self.right.settimeout(10)
        self.send([77])
        self.assertEqual(self.receive(1), [77])
        self.assertEqual(self.finish(program)["up"]["lost"], 10)

    def test_interface_down(self):
        """An interface that is down for a while costs the packets of that while"""
        program = self.start()
        ip("-n", RIGHT[0], "link", "set", RIGHT[2], "down")
        self.send(range(10))
        self.wait_counted("up_packets", 10)
        ip("-n", RIGHT[0], "link", "set", RIGHT[2], "up")
        self.send([77])
        self.assertEqual(self.receive(1), [77])
        self.assertEqual(self.finish(program)["up"]["refused"], 10)

    def test_control_ends(self):
        """It ends with its control, having logged the last packet"""
        program = self.start()
        self.send([1])
        self.receive(1)
        self.control.close()
        wait.until(lambda: not program.running, "its end")
        self.assertEqual(program.popen.returncode, 0)
        self.assertEqual(self.counted("up_packets"), 1)

    def test_interface_gone(self):
        """It ends in words when an interface is taken away"""
        program = self.start()
        ip("-n", LEFT[0], "link", "delete", LEFT[2])
        wait.until(lambda: not program.running, "its end")
        self.assertEqual(program.popen.returncode, 1)
        self.assertIn("is gone", program.log())

    def test_wrong_commands(self):
        """Wrong commands are told, and the link goes on"""
        program = self.start()
        for command in ("", "stop", "x" * 1000, "start now"):
            print(command, file=self.control)
        program.wait_for_log("there is no command “stop”")
        program.wait_for_log("a command is too long")
        program.wait_for_log("there is no command “start now”")
        self.send([1])
        self.assertEqual(self.receive(1), [1])

    def test_wrong_words(self):
        """A wrong command line is told: 2 for wrong words, 1 for what cannot be done"""
        cases = (
            (2, "up", {"up": "speed=1"}),
            (2, "down", {"down": "rate=1,rate=2"}),
            (2, "--left-ns is missing", {"left-ns": None}),
            (2, "--down is missing", {"down": None}),
            (2, "control", {"control": "/dev/null"}),
            (2, "nonsense", {"nonsense": "1"}),
            (1, "nowhere", {"left-ns": "nowhere"}),
            (1, "no name of an interface", {"left-if": "x" * 16}),
            (1, "no name of an interface", {"left-if": ""}),
            (1, "10.77.0.300/24", {"left-address": "10.77.0.300/24"}),
            (1, "10.77.0.1", {"left-address": "10.77.0.1"}),
            (1, "10.77.0.1/33", {"left-address": "10.77.0.1/33"}),
            (1, "/nonexistent/link.csv", {"log": "/nonexistent/link.csv"}),
        )
        for status, words, arguments in cases:
            with self.subTest(words):
                ended = subprocess.run(
                    self.command(**arguments), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30
                )
                self.assertEqual(ended.returncode, status, ended.stderr)
                self.assertIn(words, ended.stderr)
                self.assertEqual(ended.stdout, "")


if __name__ == "__main__":
    tap.main()
