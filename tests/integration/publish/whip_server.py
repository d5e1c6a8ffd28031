# SPDX-License-Identifier: GPL-3.0-or-later
"""A small WHIP server (RFC 9725) whose media end somebody else is, and which can be told to
misbehave in every way that servers in the field do."""

import http.server
import socket
import ssl
import threading


class Request:
    def __init__(self, handler, body):
        self.method = handler.command
        self.path = handler.path
        self.headers = handler.headers
        self.body = body

    def __repr__(self):
        return f"{self.method} {self.path}"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def say(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def handle_method(self):
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        owner.requests.append(Request(self, body))
        if owner.token and self.headers.get("Authorization") != f"Bearer {owner.token}":
            self.say(401, b"no such token", Content_Type="text/plain")
        elif self.path in owner.odd:
            owner.odd[self.path](self)
        elif self.command == "POST":
            answer = owner.peer.answer(body.decode())
            self.say(201, answer.encode(), Content_Type="application/sdp", Location="/session/1")
        elif self.command == "DELETE":
            owner.peer.close()
            self.say(200)
        else:
            self.say(405)

    do_POST = do_DELETE = do_OPTIONS = do_PATCH = do_GET = handle_method


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        """A connection that somebody hung up is no news."""


class WhipServer:
    """peer answers offers. odd maps a path to a function that takes the handler and answers as it
    likes."""

    def __init__(self, peer, token=None, certificate=None):
        self.peer = peer
        self.token = token
        self.odd = {}
        self.requests = []
        self.released = threading.Event()
        self._listener = Listener(("127.0.0.1", 0), Handler)
        self._listener.owner = self
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._listener.socket = context.wrap_socket(self._listener.socket, server_side=True)
            self._scheme = "https"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def url(self, path="/whip"):
        return f"{self._scheme}://127.0.0.1:{self._listener.server_port}{path}"

    def count(self, method):
        return sum(request.method == method for request in self.requests)

    def close(self):
        self.released.set()
        self._listener.shutdown()
        self._listener.server_close()
