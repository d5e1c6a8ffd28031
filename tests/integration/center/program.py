# SPDX-License-Identifier: GPL-3.0-or-later
"""The built gridcast-center as a test case's fixture, spoken to by clients that share nothing with
it: Python's own HTTP and TLS."""

import http.client
import json
import os
import pathlib
import re
import ssl
import subprocess
import urllib.parse

from gridcast_e2e.stagetest import StageTest

PROGRAM = os.environ["GRIDCAST_CENTER"]
CONSOLE = pathlib.Path(__file__).resolve().parents[3] / "src/center/console"
USER = {"user": "王芳", "password": "a long secret"}
JSON = {"Content-Type": "application/json"}
OURS = {"X-Gridcast": "1"}


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    def json(self):
        return json.loads(self.body)

    def problem(self):
        """The last word of the type of a refusal."""
        assert self.headers.get_content_type() == "application/problem+json", (self.status, self.body)
        answer = self.json()
        assert answer["status"] == self.status and answer["title"], answer
        return answer["type"].removeprefix("urn:gridcast:")


class CenterProgram:
    def __init__(self, stage, name, *options):
        self.stage = stage
        self.name = name
        self.data = stage.folder / name
        self.options = options
        self.cookie = None
        self.start()

    def command(self, port=0):
        return [
            PROGRAM, "--data", self.data, "--port", port, "--listen", "127.0.0.1", "--name", "测试中心",
            "--console", CONSOLE, *self.options,
        ]  # fmt: skip

    def start(self):
        self.program = self.stage.start(self.name, self.command())
        self.url = self.program.wait_for_log(r"^console (https://\S+)$", 30)[1]
        self.port = urllib.parse.urlsplit(self.url).port

    def setup_token(self):
        """Of the one-time link, if it was printed."""
        match = re.search(r"^setup \S+#setup=(\S+)$", self.program.log(), re.MULTILINE)
        return match and match[1]

    def context(self, certificate=None):
        context = ssl.create_default_context(cafile=self.data / "ca.pem")
        context.check_hostname = False
        if certificate:
            context.load_cert_chain(certificate)
        return context

    def connect(self, certificate=None):
        return http.client.HTTPSConnection(
            "127.0.0.1", self.port, timeout=20, context=self.context(certificate)
        )

    def request(self, method, path, body=None, headers=None):
        connection = self.connect()
        try:
            connection.request(method, path, body, headers or {})
            return Answer(connection.getresponse())
        finally:
            connection.close()

    def ask(self, method, path, value=None):
        """As the console does."""
        headers = {**OURS, **({"Cookie": self.cookie} if self.cookie else {})}
        if value is None:
            return self.request(method, path, None, headers)
        return self.request(method, path, json.dumps(value), {**headers, **JSON})

    def log_in(self):
        answer = self.ask("POST", "/api/setup", {"token": self.setup_token(), **USER})
        assert answer.status == 201, answer.body
        self.cookie = answer.headers["Set-Cookie"].split(";")[0]

    def make_code(self, worker="李强"):
        """The fields of a new pairing code."""
        answer = self.ask("POST", "/api/pairings", {"worker": worker})
        assert answer.status == 201, answer.body
        return dict(urllib.parse.parse_qsl(answer.json()["code"].split("?", 1)[1]))

    def run(self, *options):
        """Runs it to its end: its exit status and what it says."""
        done = subprocess.run(
            [PROGRAM, *map(str, options)], capture_output=True, text=True, timeout=30, check=False
        )
        return done.returncode, done.stderr


class CenterTest(StageTest):
    logs_name = "center-logs"

    def start_center(self, *options):
        center = CenterProgram(self.stage, self._testMethodName, *options)
        self.addCleanup(center.program.stop)
        return center
