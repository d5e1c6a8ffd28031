# SPDX-License-Identifier: GPL-3.0-or-later
"""A small WHIP server (RFC 9725) whose media end somebody else is, and which can be told to
misbehave in every way that servers in the field do."""

import http.server
import socket
import socketserver
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

    def answer_offer(self, offer, **headers):
        """As a server should, with the server's further headers."""
        answer, location = self.server.owner.begin(offer)
        self.say(201, answer.encode(), Content_Type="application/sdp", Location=location, **headers)

    def handle_method(self):
        owner = self.server.owner
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.body = body
        owner.requests.append(Request(self, body))
        if owner.token and self.headers.get("Authorization") != f"Bearer {owner.token}":
            self.say(401, b"no such token", Content_Type="text/plain")
        elif self.path in owner.odd:
            owner.odd[self.path](self)
        elif self.command == "POST":
            self.answer_offer(body.decode())
        elif self.command == "DELETE":
            owner.end(self.path)
            self.say(200)
        else:
            self.say(405)

    do_POST = do_DELETE = do_OPTIONS = do_PATCH = do_GET = handle_method


class Listener(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self):
        """Without a look-up of its own name: in a network of one's own nobody answers that."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, *_):
        """A connection that somebody hung up is no news."""


class WhipServer:
    """peer answers offers. odd maps a path to a function that takes the handler and answers as it
    likes."""

    def __init__(self, peer, token=None, certificate=None, host="127.0.0.1"):
        self.peer = peer
        self.sessions = {}
        self.token = token
        self.odd = {}
        self.requests = []
        self.released = threading.Event()
        self._host = host
        self._lock = threading.Lock()
        self._listener = Listener((host, 0), Handler)
        self._listener.owner = self
        self._scheme = "http"
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._listener.socket = context.wrap_socket(self._listener.socket, server_side=True)
            self._scheme = "https"
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def url(self, path="/whip"):
        return f"{self._scheme}://{self._host}:{self._listener.server_port}{path}"

    def begin(self, offer):
        """Returns the answer, and where its session is to be ended."""
        answer, session = self.peer.open(offer)
        with self._lock:
            location = f"/session/{len(self.sessions) + 1}"
            self.sessions[location] = session
        return answer, location

    def end(self, location):
        session = self.sessions.get(location)
        if session:
            session.close()

    def count(self, method):
        return sum(request.method == method for request in self.requests)

    def close(self):
        self.released.set()
        self._listener.shutdown()
        self._listener.server_close()
