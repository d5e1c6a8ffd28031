# SPDX-License-Identifier: GPL-3.0-or-later
"""coturn, the TURN server that most people run, as a test case's fixture."""

import socket

from gridcast_e2e import wait

USER = "terminal"
PASSWORD = "p@ss:word/+="
PORT = 3478
TLS_PORT = 5349


def listens(host, port):
    try:
        socket.create_connection((host, port), 1).close()
        return True
    except OSError:
        return False


class TurnServer:
    def __init__(self, stage, name, host, *options, certificate=None):
        self.host = host
        folder = stage.make_folder(name)
        command = [
            "turnserver", "-n", "--log-file", "stdout", "--simple-log", "--no-cli", "--verbose",
            "--listening-ip", host, "--relay-ip", host, "--listening-port", PORT, "--tls-listening-port", TLS_PORT,
            "--pidfile", folder / "pid", "--userdb", folder / "users", "--realm", "gridcast.example",
            *(["--cert", certificate, "--pkey", certificate] if certificate else ["--no-tls", "--no-dtls"]),
            *(options or ("--lt-cred-mech", "--user", f"{USER}:{PASSWORD}")),
        ]  # fmt: skip
        self._program = stage.start(name, command)
        wait.until(lambda: listens(host, TLS_PORT if certificate else PORT), lambda: self._program.tail(), 20)

    def log(self):
        return self._program.log()

    def stop(self):
        self._program.kill()


def link(url, username=USER, credential=PASSWORD):
    """As RFC 9725 section 4.6 has it."""
    return f'<{url}>; rel="ice-server"; username="{username}"; credential="{credential}"; credential-type="password"'
