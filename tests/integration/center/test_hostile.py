#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the center to whoever means it ill, at each of its addresses:

- a method that an address does not take is refused, and the answer says which it takes
- a body over the limit is refused everywhere, whether its length is announced or not
- a body that is not declared as what it must be is refused
- bytes that are no HTTP, or HTTP that contradicts itself, get a refusal or the end of the connection
- a handshake that is none opens no WebSocket
- hundreds that connect and say nothing, or a byte of a TLS handshake, or all of its beginning and
  then nothing, keep nobody out
- whatever a terminal writes, in any field, is stored as the text it is, or refused in words where it
  is none; a table of tasks makes no formula of it
- a terminal that has vanished without a word is replaced at once by its next connection; what is left
  of the older ones is gone soon, whether they said hello or not
- afterwards it serves others as before
"""

import csv
import io
import json
import os
import socket
import ssl
import urllib.parse
import uuid

from gridcast_e2e import tap, wait
from gridcast_e2e.handset import now
from program import OURS, CenterTest
from rogue import Rogue

ID = "3b0d8a3e-6d3a-4a5e-8f55-0d8f2a1f7a11"
# Every address and what it takes; PROTOCOL.md and API.md list them.
ADDRESSES = {
    "/": "GET, HEAD",
    "/app.js": "GET, HEAD",
    "/leaflet/leaflet.js": "GET, HEAD",
    "/no-such-page.js": "GET, HEAD",
    "/.well-known/est/cacerts": "GET, HEAD",
    "/.well-known/est/simpleenroll": "POST",
    "/api/config": "GET",
    "/api/setup": "POST",
    "/api/login": "POST",
    "/api/logout": "POST",
    "/api/session": "GET",
    "/api/events": "GET",
    "/api/terminals": "GET",
    f"/api/terminals/{ID}": "DELETE",
    f"/api/terminals/{ID}/track": "GET",
    f"/api/terminals/{ID}/live": "POST",
    "/api/pairings": "POST",
    f"/api/pairings/{ID}": "GET, DELETE",
    "/api/files": "POST",
    f"/api/files/{ID}": "PATCH",
    "/api/tasks": "GET, POST",
    "/api/tasks.csv": "GET",
    "/api/tasks.geojson": "GET",
    f"/api/tasks/{ID}": "GET",
    f"/api/tasks/{ID}/files/{ID}": "GET",
    f"/api/tasks/{ID}/cancel": "POST",
    f"/api/tasks/{ID}/assign": "POST",
    "/api/alerts": "GET, POST",
    f"/api/alerts/{ID}": "GET",
    f"/api/alerts/{ID}/cancel": "POST",
    "/api/live": "GET",
    f"/api/live/{ID}": "DELETE",
    "/api/sos": "GET",
    f"/api/sos/{ID}/seen": "POST",
    f"/api/sos/{ID}/end": "POST",
    "/api/audit": "GET",
}
# To be asked is all that these want to know.
BODILESS = {"/api/logout", f"/api/sos/{ID}/seen", f"/api/sos/{ID}/end"}
# Where the first question is whether the sender belongs here.
GUARDED = {
    "/channel": 403,
    f"/files/{ID}": 403,
    f"/whip/{ID}": 404,
    f"/whip/{ID}/{ID}": 404,
    f"/whep/{ID}": 401,
    f"/whep/{ID}/{ID}": 401,
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW")
LIMIT = 64 * 1024

GET = b"GET /api/config HTTP/1.1\r\nHost: x\r\n"
POST = b"POST /api/login HTTP/1.1\r\nHost: x\r\nX-Gridcast: 1\r\nContent-Type: application/json\r\n"
NO_HTTP = {
    "nothing": b"",
    "empty lines": b"\r\n" * 100,
    "noise": bytes(range(256)) * 40,
    "TLS again": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 600,
    "a method alone": b"GET\r\n\r\n",
    "no version": b"GET /api/config\r\n\r\n",
    "an odd version": b"GET /api/config HTTP/9.9\r\nHost: x\r\n\r\n",
    "no host": b"GET /api/config HTTP/1.1\r\n\r\n",
    "a header with a zero byte": GET + b"A: b\0c\r\n\r\n",
    "a long header": GET + b"A: " + b"x" * 300000 + b"\r\n\r\n",
    "many headers": GET + b"".join(b"A%d: x\r\n" % number for number in range(30000)) + b"\r\n",
    "a long path": b"GET /" + b"x" * 300000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
    "a zero byte in the path": b"GET /app.js%00.css HTTP/1.1\r\nHost: x\r\n\r\n",
    "no UTF-8 in the path": b"GET /%ff%fe.js HTTP/1.1\r\nHost: x\r\n\r\n",
    "another host": b"GET http://evil.example/api/x HTTP/1.1\r\nHost: x\r\n\r\n",
    "a proxy's request": b"CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n",
    "an asterisk": b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    "a negative length": POST + b"Content-Length: -1\r\n\r\n{}",
    "an endless length": POST + b"Content-Length: 99999999999999999999999\r\n\r\n{}",
    "two lengths": POST + b"Content-Length: 2\r\nContent-Length: 40\r\n\r\n{}",
    "length and chunks": POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /api/x",
    "chunks of no size": POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "chunks of a huge size": POST + b"Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFFF\r\n{}\r\n",
    "an unknown coding": POST + b"Transfer-Encoding: gzip\r\n\r\n{}",
    "less than announced": POST + b"Content-Length: 100\r\n\r\n{}",
    "an expectation": POST + b"Expect: the unexpected\r\nContent-Length: 2\r\n\r\n{}",
}


SILENT = 300
HALF = 100


class Hostile(CenterTest):
    def setUp(self):
        self.center = self.start_center()

    def tearDown(self):
        self.assertEqual(self.center.ask("GET", "/api/config").status, 200)
        self.assertTrue(self.center.program.running)
        super().tearDown()

    def test_methods(self):
        """A method that an address does not take is refused, and the answer says which it takes"""
        connection = self.center.connect()
        self.addCleanup(connection.close)
        for path, allowed in ADDRESSES.items():
            taken = allowed.split(", ") + (["HEAD"] if "GET" in allowed else [])
            for method in METHODS:
                if method in taken:
                    continue
                connection.request(method, path, headers=OURS)
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, 405, f"{method} {path}")
                self.assertEqual(answer.headers["Allow"], allowed, f"{method} {path}")
        for path, status in GUARDED.items():
            for method in METHODS:
                connection.request(method, path, headers=OURS)
                answer = connection.getresponse()
                answer.read()
                self.assertEqual(answer.status, status, f"{method} {path}")

    def test_silent(self):
        """Hundreds that connect and say nothing keep nobody out"""
        for _ in range(SILENT):
            self.addCleanup(socket.create_connection(("127.0.0.1", self.center.port)).close)
        self.assertEqual(self.center.ask("GET", "/api/config").status, 200)

    def hello(self):
        """What a client says first."""
        outgoing = ssl.MemoryBIO()
        client = self.center.context().wrap_bio(ssl.MemoryBIO(), outgoing)
        with self.assertRaises(ssl.SSLWantReadError):
            client.do_handshake()
        return outgoing.read()

    def test_half_handshakes(self):
        """Hundreds that begin a TLS handshake and do not go on keep nobody out"""
        hello = self.hello()
        for beginning in (hello[:1], hello[:5], hello[:-1], hello):
            for _ in range(HALF):
                client = socket.create_connection(("127.0.0.1", self.center.port))
                self.addCleanup(client.close)
                client.sendall(beginning)
            self.assertEqual(self.center.ask("GET", "/api/config").status, 200, len(beginning))
        # Nor if they will say no more.
        client.shutdown(socket.SHUT_WR)
        self.assertEqual(self.center.ask("GET", "/api/config").status, 200)
        line = "refused: 127.0.0.1: a TLS handshake does not go on"
        wait.until(lambda: line in self.center.program.log(), "a line in the log")

    def test_too_large(self):
        """A body over 64 kB is refused at every address, announced or not"""
        for path in [*ADDRESSES, *GUARDED]:
            for body in (b" " * (LIMIT + 1), iter([b" " * LIMIT, b" "])):
                answer = self.center.request("POST", path, body, OURS)
                self.assertEqual((answer.status, answer.problem()), (413, "too-large"), path)

    def test_types(self):
        """What is not declared as JSON is refused where JSON is wanted"""
        self.center.log_in()
        for path, allowed in ADDRESSES.items():
            if "POST" not in allowed or not path.startswith("/api/") or path in BODILESS:
                continue
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "x"):
                headers = {**OURS, "Cookie": self.center.cookie, "Content-Type": kind}
                answer = self.center.request("POST", path, b"{}", headers)
                self.assertEqual((answer.status, answer.problem()), (415, "media-type"), f"{path} {kind}")

    def test_json(self):
        """JSON that is deep, doubled or full of what no text holds is refused"""
        self.center.log_in()
        headers = {**OURS, "Cookie": self.center.cookie, "Content-Type": "application/json"}
        for path, allowed in ADDRESSES.items():
            if "POST" not in allowed or not path.startswith("/api/") or path in BODILESS:
                continue
            for body in (
                b"[" * 30000, b'{"a":' * 10000, b'{"user": "\\u0000", "password": "\\ud800"}',
                b"\xef\xbb\xbf{}", b'{"user": "\xff"}', b"{} {}", b"NaN", b"-" * 60000, b"1e99999",
                json.dumps({"worker": "x" * 65, "reason": "x" * 201, "title": "x" * 121}).encode(),
                json.dumps({"terminal": ID, "title": "x", "urgency": "routine"}).encode(),
                json.dumps({"terminal": ID, "title": "x", "urgency": "routine", "deadline": "never"}).encode(),
            ):  # fmt: skip
                if path.endswith("/live") and b"reason" not in body and body.startswith(b'{"'):
                    continue  # nothing of it is its business
                answer = self.center.request("POST", path, body, headers)
                self.assertIn(answer.status, (400, 401, 404, 410, 429), f"{path} {body[:60]}")
                answer.problem()

    def exchange(self, request):
        """Sends it, says that no more will come, and reads what is answered."""
        with socket.create_connection(("127.0.0.1", self.center.port), 20) as plain:
            with self.center.context().wrap_socket(plain) as secure:
                received = b""
                try:
                    secure.sendall(request)
                    # The plain socket's half: TLS has none of its own that both sides keep.
                    socket.socket.shutdown(secure, socket.SHUT_WR)
                    while data := secure.recv(65536):
                        received += data
                except OSError:
                    pass
                return received

    def test_no_http(self):
        """What is no HTTP, or contradicts itself, gets a refusal or the end of the connection"""
        for name, request in NO_HTTP.items():
            with self.subTest(name):
                answer = self.exchange(request)
                if answer:
                    self.assertRegex(answer[:12], rb"^HTTP/1\.[01] [45]\d\d$")
                    # Nor is what follows taken for a request of its own.
                    self.assertNotRegex(answer, rb"HTTP/1\.[01] [123]")
                    self.assertNotIn(b"libsoup", answer)
                self.assertEqual(self.center.ask("GET", "/api/config").status, 200, name)

    def test_handshakes(self):
        """A handshake that is none opens no WebSocket"""
        self.center.log_in()
        good = {
            "Cookie": self.center.cookie, "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }  # fmt: skip
        for change in (
            {"Sec-WebSocket-Version": "12"},
            {"Sec-WebSocket-Version": "x"},
            {"Sec-WebSocket-Key": ""},
            {"Sec-WebSocket-Key": "short"},
            {"Upgrade": "h2c"},
            {"Connection": "close"},
            {"Origin": "https://evil.example"},
            {"Cookie": "gridcast-session=AAAAAAAAAAAAAAAAAAAAAA"},
            {"Cookie": "gridcast-session"},
        ):
            headers = "".join(f"{name}: {value}\r\n" for name, value in {**good, **change}.items())
            request = f"GET /api/events HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n"
            self.assertRegex(self.exchange(request.encode())[:12], rb"^HTTP/1\.1 4\d\d$", change)


class Terminals(CenterTest):
    """What a terminal can write, and do without a word."""

    EVIL = (
        "'); DROP TABLE task; DROP TABLE terminal; --",
        '<img src=x onerror="alert(1)"><script>alert(1)</script>&amp;',
        '=HYPERLINK("https://evil.example","x")',
        "＝1+1",
        "one\x01\x1b[31m\x7f\x85\r\nSet-Cookie: two",
        "\u202egnp.exe\u2066\u200f",
        "%s%n%x {0} ${HOME} `id` \\",
    )
    NONE = ("be\0hind", "\ud800")

    def setUp(self):
        self.center = self.start_center()
        self.center.log_in()

    def hire(self, device="phone"):
        code = "gridcast:pair?" + urllib.parse.urlencode(self.center.make_code())
        rogue = Rogue(self.center, code, device)
        self.addCleanup(rogue.drop)
        return rogue

    def get(self, path):
        answer = self.center.ask("GET", path)
        self.assertEqual(answer.status, 200, path)
        return answer.json()

    def device(self, terminal):
        return {entry["id"]: entry["device"] for entry in self.get("/api/terminals")["terminals"]}[terminal.id]

    def send_task(self, rogue):
        task = {"terminal": rogue.id, "title": "x", "urgency": "routine"}
        self.assertEqual(self.center.ask("POST", "/api/tasks", task).status, 201)
        return rogue.take("task.new")

    def write_everywhere(self, rogue, text):
        rogue.begin(name=text)
        wait.until(lambda: self.device(rogue) == text, "the device's name")
        new = self.send_task(rogue)
        task = new["body"]["task"]["id"]
        step = {"task": task, "state": "declined", "at": now(), "note": text}
        rogue.say("task.state", step, seq=1, ack=new["seq"])
        file = {"id": str(uuid.uuid4()), "sha256": "0" * 64, "size": 1, "media_type": "image/png", "name": text}
        rogue.say("task.file", {"task": task, "file": file}, seq=2)
        rogue.take_ack(2)
        self.assertEqual(self.get(f"/api/tasks/{task}")["note"], text)
        self.assertEqual([file["name"] for file in self.get(f"/api/tasks/{task}")["files"]], [text])
        self.assertEqual(self.center.ask("POST", f"/api/terminals/{rogue.id}/live", {}).status, 201)
        session = rogue.take("live.request")["body"]["session"]
        rogue.say("live.decline", {"session": session, "reason": text})
        wait.until(lambda: text in [entry["detail"] for entry in self.get("/api/audit")["audit"]], "the reason")

    def test_written(self):
        """Whatever a terminal writes is stored as the text it is, and no formula in a table"""
        rogue = self.hire()
        for text in self.EVIL:
            with self.subTest(text):
                self.write_everywhere(rogue, text)
        table = self.center.ask("GET", "/api/tasks.csv?state=all").body.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(table, newline="")))
        self.assertEqual(
            {row["note"] for row in rows}, {"'" + text if text[0] in "=＝" else text for text in self.EVIL}
        )

    def count_open(self):
        return len(os.listdir(f"/proc/{self.center.program.pid}/fd"))

    def test_vanished(self):
        """A terminal that has vanished is replaced at once, and nothing is left of its connections"""
        rogue, duty = self.hire(), {"on": True, "at": now()}
        rogue.begin()
        rogue.say("duty", duty, seq=1)
        rogue.take_ack(1)
        with_one = self.count_open()
        vanished = []
        for hello in (True, False, True, False, False, True):
            vanished.append(rogue.vanish())
            rogue.begin(hello)
        rogue.say("duty", duty, seq=1)
        rogue.take_ack(1)
        self.send_task(rogue)
        wait.until(lambda: self.count_open() == with_one, lambda: f"{with_one} open files, not {self.count_open()}", 30)
        for channel in vanished:
            channel.shutdown()

    def test_no_text(self):
        """What no text holds ends the connection, has no effect, and is refused in words"""
        rogue = self.hire()
        for text in self.NONE:
            rogue.begin()
            task = self.send_task(rogue)["body"]["task"]["id"]
            rogue.say("task.state", {"task": task, "state": "done", "at": now(), "note": text}, seq=1)
            self.assertEqual(rogue.take_end(), 4003)
            self.assertEqual(self.get(f"/api/tasks/{task}")["state"], "sent")
        self.center.program.wait_for_log(f"refused: terminal {rogue.id}: the channel is closed with 4003: no envelope")

    def test_enrolment(self):
        """What a device calls itself when it enrols is kept without what cannot be shown"""
        for text in self.EVIL:
            shown = "".join(letter for letter in text[:64] if letter.isprintable())
            self.assertEqual(self.device(self.hire(text[:64])), shown.strip())
        self.assertEqual(self.device(self.hire("be\0hind")), "")


if __name__ == "__main__":
    tap.main()
