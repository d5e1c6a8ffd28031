#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the center to its operator: what is refused is seen.

- each request that is refused leaves a line in the log: who, what and why
- who shows a terminal's certificate is named by it, and nobody can take the name of another
- no path leads out of what an address stands for, and who tries is seen
- an envelope out of place, of somebody else's or of none leaves a line, too, as does whatever ends a
  connection; another terminal feels nothing of it
- who asks for answers and never fetches them is sent away before they take up memory
- no password, cookie or token gets into the log, nor what looks like a line of it
- a flood of refusals leaves a few lines, and says how many it left out
"""

import datetime
import http.client
import itertools
import re
import struct
import urllib.parse
import uuid

import websocket
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from gridcast_e2e import tap
from gridcast_e2e.handset import now
from program import JSON, OURS, CenterProgram, CenterTest
from rogue import Rogue

ID = "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
SECRET = "a secret that nobody must read"
ROUTES = ("", "leaflet/", "api/", "api/tasks/", "files/", "whip/", "whep/", ".well-known/est/", "channel/")
TRICKS = (
    "../center.db", "..%2fca.pem", "%2e%2e/%2e%2e/etc/passwd", "....//ca.pem", "..\\ca.pem", "%00", "%c0%ae%c0%ae/ca.pem",
    "%252e%252e%252fca.pem", "x;/../../ca.pem", "%",
)  # fmt: skip


def make_certificate(name, path):
    """That nobody but its owner has signed."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        certificate.public_bytes(Encoding.PEM)
        + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return path


class Refusals(CenterTest):
    # Each sender has an address of its own, for the lines of one are limited.
    addresses = (f"127.0.1.{number}" for number in itertools.count(1))

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.center = CenterProgram(cls.stage, "refusals")
        cls.addClassCleanup(cls.center.program.stop)
        cls.center.log_in()

    def setUp(self):
        self.connections = {}

    def ask(self, address, method, path, body=None, headers=None):
        if address not in self.connections:
            self.connections[address] = http.client.HTTPSConnection(
                "127.0.0.1", self.center.port, timeout=20, context=self.center.context(), source_address=(address, 0)
            )
            self.addCleanup(self.connections[address].close)
        self.connections[address].request(method, path, body, headers or {})
        answer = self.connections[address].getresponse()
        answer.read()
        if answer.status == http.client.BAD_REQUEST:
            # The center may end a connection over which nonsense came; the next request opens another.
            self.connections[address].close()
        return answer.status

    def see(self, who, what):
        return self.center.program.wait_for_log(f"refused: {re.escape(who)}: {what}")

    def count_lines(self, who):
        return self.center.program.log().count(f"refused: {who}: ")

    def hire(self):
        code = "gridcast:pair?" + urllib.parse.urlencode(self.center.make_code())
        rogue = Rogue(self.center, code)
        self.addCleanup(rogue.drop)
        return rogue

    def test_requests(self):
        """Each request that is refused leaves a line: who, what and why"""
        session = {**OURS, "Cookie": "gridcast-session=AAAAAAAAAAAAAAAAAAAAAA"}
        login = '{"user": "x", "password": "y"}'
        for method, path, body, headers, line in (
            ("GET", "/api/tasks", None, OURS, "GET /api/tasks: 401, Log in first"),
            ("GET", "/api/tasks", None, session, "GET /api/tasks: 401, Log in first"),
            ("GET", "/api/events", None, session, "GET /api/events: 401, Log in first"),
            ("POST", "/api/login", login, JSON, "POST /api/login: 403, "),
            ("POST", "/api/login", login, {**OURS, **JSON}, "POST /api/login: 401, "),
            ("POST", "/api/login", "x" * 70000, OURS, "POST /api/login: 413, .* over 64 kB"),
            ("POST", "/api/login", "x", {**OURS, **JSON}, "POST /api/login: 400, "),
            ("POST", "/api/login", "x", OURS, "POST /api/login: 415, "),
            ("BREW", "/api/tasks", None, OURS, "BREW /api/tasks: 405, "),
            ("GET", "/no-such-page", None, {}, "GET /no-such-page: 404, "),
            ("GET", "/channel", None, {}, "GET /channel: 403, .* certificate"),
            ("GET", f"/files/{ID}", None, {}, f"GET /files/{ID}: 403, "),
            ("POST", f"/whip/{ID}", "v=0", {}, f"POST /whip/{ID}: 404, "),
            ("POST", f"/whep/{ID}", "v=0", {}, f"POST /whep/{ID}: 401, "),
            ("POST", "/.well-known/est/simpleenroll", "x", {}, "POST /.well-known/est/simpleenroll: 4"),
            ("POST", "/.well-known/est/simplereenroll", "x", {}, "POST /.well-known/est/simplereenroll: 403, "),
        ):
            with self.subTest(line):
                address = next(self.addresses)
                status = self.ask(address, method, path, body, headers)
                self.assertGreaterEqual(status, 400)
                self.see(address, line)

    def test_paths(self):
        """No path leads out of what an address stands for, and who tries is seen"""
        headers = {**OURS, "Cookie": self.center.cookie}
        for route in ROUTES:
            address = next(self.addresses)
            for trick in TRICKS:
                status = self.ask(address, "GET", f"/{route}{trick}", headers=headers)
                self.assertIn(status, (400, 401, 403, 404, 405), f"/{route}{trick}")
            self.assertEqual(self.ask(address, "GET", f"/{route}../../../../../nowhere"), 404)
            self.see(address, "GET /.*nowhere: 404, ")
            self.assertEqual(self.count_lines(address), len(TRICKS) + 1, route)

    def test_names(self):
        """Who shows a terminal's certificate is named by it, and nobody can take that name"""
        handset, other = self.hire(), self.hire()
        self.assertEqual(handset.ask("GET", f"/files/{ID}")[0], 404)
        self.see(f"terminal {handset.id}", f"GET /files/{ID}: 404, ")
        self.center.ask("DELETE", f"/api/terminals/{other.id}")
        self.assertEqual(other.ask("GET", f"/files/{ID}")[0], 403)
        self.see(f"terminal {other.id}", f"GET /files/{ID}: 403, ")
        other.pair = make_certificate(handset.id, self.stage.folder / "liar.pem")
        self.assertEqual(other.ask("GET", f"/files/{ID}?liar")[0], 403)
        self.see("127.0.0.1", f"GET /files/{ID}: 403, ")
        self.assertEqual(self.count_lines(f"terminal {handset.id}"), 1)

    def test_channel(self):
        """Whatever ends a connection leaves a line; another terminal feels nothing of it"""
        rogue, other = self.hire(), self.hire()
        other.begin()
        duty = {"on": True, "at": now()}
        hello = {"version": 1, "stream": ID}
        for code, why, do in (
            (4002, "a gap in the sequence", lambda: rogue.say("duty", duty, seq=2)),
            (4003, "an acknowledgement of what was never sent", lambda: rogue.say("status", {}, ack=1)),
            (4003, "a second hello", lambda: rogue.say("hello", hello)),
            (4003, "no envelope", lambda: rogue.channel.send("{}")),
            (4003, "no envelope", lambda: rogue.channel.send_binary(b"\0" * 100)),
            (1009, "message too big", lambda: rogue.say_raw(b"\x81\xff" + struct.pack(">Q", 100_000_000) + b"abcd")),
            (1002, ".+", lambda: rogue.say_raw(b"\x8f\x80abcd")),
            (1007, ".+", lambda: rogue.say_raw(b"\x81\x82\0\0\0\0\xff\xfe")),
        ):
            with self.subTest(why):
                rogue.begin()
                do()
                self.assertEqual(rogue.take_end(), code)
                self.see(f"terminal {rogue.id}", f"the (channel|connection) is closed.*: {why}")
        for code, body in ((4003, {"version": 1}), (4004, {**hello, "version": 2})):
            rogue.begin(hello=False)
            rogue.say("hello", body)
            self.assertEqual(rogue.take_end(), code)
            self.see(f"terminal {rogue.id}", f"the channel is closed with {code}: no hello of version 1")
        other.say("duty", duty, seq=1)
        other.take_ack(1)

    def test_envelopes(self):
        """An envelope that came before, or is about what is another terminal's, has no effect and leaves a line"""
        rogue, other = self.hire(), self.hire()
        answer = self.center.ask("POST", "/api/tasks", {"terminal": other.id, "title": "x", "urgency": "routine"})
        self.assertEqual(answer.status, 201, answer.body)
        task, step = answer.json()["id"], {"state": "done", "at": now()}
        rogue.begin()
        rogue.say("duty", {"on": True, "at": now()}, seq=1)
        rogue.take_ack(1)
        rogue.say("duty", {"on": False, "at": now()}, seq=1)
        self.see(f"terminal {rogue.id}", "duty has no effect: it came again")
        rogue.say("task.state", {"task": task, **step}, seq=2)
        self.see(f"terminal {rogue.id}", "an envelope “task.state” has no effect: ")
        rogue.say("sos.withdraw", {"sos": ID, "at": now()}, seq=3)
        self.see(f"terminal {rogue.id}", "an envelope “sos.withdraw” has no effect: ")
        file = {"id": ID, "sha256": "0" * 64, "size": 1, "media_type": "image/png"}
        rogue.say("task.file", {"task": task, "file": file}, seq=4)
        self.see(f"terminal {rogue.id}", "an envelope “task.file” has no effect: ")
        place = {"lon": 114.3, "lat": 30.6, "at": now()}
        rogue.say("sos.position", {"sos": ID, "position": place})
        self.see(f"terminal {rogue.id}", "sos.position has no effect: ")
        other.begin()
        live = self.center.ask("POST", f"/api/terminals/{other.id}/live", {}).json()
        rogue.say("live.end", {"session": live["session"], "reason": "x"})
        self.see(f"terminal {rogue.id}", "live.end has no effect: the session is another's")
        rogue.say("alert.read", {"alert": ID, "at": now()}, seq=5)
        rogue.take_ack(5)
        terminals = {entry["id"]: entry for entry in self.center.ask("GET", "/api/terminals").json()["terminals"]}
        self.assertIs(terminals[rogue.id]["duty"], True)
        self.assertEqual([entry["session"] for entry in self.center.ask("GET", "/api/live").json()["live"]], [live["session"]])
        seen = self.center.ask("GET", f"/api/tasks/{task}").json()
        self.assertEqual((seen["state"], seen["file_count"]), ("sent", 0))

    def test_deaf(self):
        """Who asks for answers and never fetches them is sent away; who fetches them may ask for many"""
        rogue, other = self.hire(), self.hire()
        ping = b"\x89\xfd" + bytes(129)
        other.begin()
        for _ in range(15):
            other.say_raw(ping * 100)
            for _ in range(100):
                self.assertEqual(other.channel.recv_data(control_frame=True)[0], websocket.ABNF.OPCODE_PONG)
        other.say("duty", {"on": True, "at": now()}, seq=1)
        other.take_ack(1)
        rogue.begin()
        rogue.flood(lambda: rogue.say_raw(ping * 100))
        self.see(f"terminal {rogue.id}", "the connection is closed: answers are asked for and not fetched")
        greedy = self.hire()
        greedy.begin()
        name = str(uuid.uuid4())
        greedy.flood(lambda: greedy.say("sos.withdraw", {"sos": ID, "at": now()}, id=name))
        self.see(f"terminal {greedy.id}", "the (connection is closed: answers|channel is closed.*: more than the window)")
        other.say("duty", {"on": False, "at": now()}, seq=2)
        other.take_ack(2)

    def test_secrets(self):
        """No password, cookie or token gets into the log, nor what looks like a line of it"""
        address = next(self.addresses)
        cookie = {"Cookie": f"gridcast-session={SECRET}", **OURS}
        self.ask(address, "POST", "/api/login", f'{{"user": "{SECRET}", "password": "{SECRET}"}}', {**OURS, **JSON})
        self.ask(address, "GET", f"/api/tasks?token={urllib.parse.quote(SECRET)}", None, cookie)
        self.ask(address, "POST", f"/whip/{ID}", "v=0", {"Authorization": f"Bearer {SECRET}"})
        self.ask(address, "POST", "/.well-known/est/simpleenroll", "x", {"Authorization": f"Basic {SECRET}"})
        self.ask(address, "GET", "/%0arefused:%20nobody:%20x", None, {"User-Agent": SECRET})
        self.ask(address, "GET", "/last")
        self.see(address, "GET /last: 404, ")
        self.assertEqual(self.count_lines(address), 6)
        self.assertNotIn("secret", self.center.program.log())
        self.assertNotRegex(self.center.program.log(), "(?m)^refused: nobody")

    def test_flood(self):
        """A flood of refusals leaves a few lines"""
        address = next(self.addresses)
        for number in range(60):
            self.ask(address, "GET", f"/{number}")
        self.ask(next(self.addresses), "GET", "/other")
        self.center.program.wait_for_log("GET /other: 404, ")
        self.assertEqual(self.count_lines(address), 20)


if __name__ == "__main__":
    tap.main()
