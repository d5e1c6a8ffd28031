# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dispatcher's browser asks of the center, without a browser."""

import http.client
import json
import ssl
import time
import urllib.parse

IDLE_S = 20


class Console:
    """One connection; with the cookie of another one it is the same account."""

    def __init__(self, center, cookie=None):
        self._center = center
        address = urllib.parse.urlsplit(center.url)
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self._http = http.client.HTTPSConnection(address.hostname, address.port, timeout=60, context=context)
        self.cookie = cookie
        self._used_at = time.monotonic()

    def ask(self, method, path, body=None):
        headers = {"X-Gridcast": "1", "Content-Type": "application/json"}
        if self.cookie:
            headers["Cookie"] = self.cookie
        # The center closes a connection that idles; the next request then opens another.
        if time.monotonic() > self._used_at + IDLE_S:
            self._http.close()
        self._used_at = time.monotonic()
        self._http.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = self._http.getresponse()
        text = answer.read()
        if answer.status >= 300:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode(errors='replace')}")
        if "Set-Cookie" in answer.headers:
            self.cookie = answer.headers["Set-Cookie"].split(";")[0]
        return json.loads(text)

    def set_up(self):
        """Makes the first account, by the link that the center has printed."""
        token = urllib.parse.urlsplit(self._center.setup_url).fragment.split("=", 1)[1]
        self.ask("POST", "/api/setup", {"token": token, "user": "bench", "password": "not a secret at all"})

    def send_task(self, terminal):
        """Its title is when it was sent."""
        title = str(time.monotonic_ns() // 1000)
        self.ask("POST", "/api/tasks", {"terminal": terminal, "title": title, "urgency": "urgent"})
