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
- afterwards it serves others as before
"""

import json
import socket
import ssl

from gridcast_e2e import tap
from program import OURS, CenterTest

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


if __name__ == "__main__":
    tap.main()
