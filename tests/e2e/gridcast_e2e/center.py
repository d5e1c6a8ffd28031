# SPDX-License-Identifier: GPL-3.0-or-later
"""The command center on a free loopback port, with a data folder of its own."""

import base64
import hashlib
import signal
import socket
import ssl
import urllib.parse

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


class Center:
    def __init__(self, stage, name="center", called="Riverside Command"):
        self.stage = stage
        self.name = name
        self.called = called
        self.data = stage.folder / name
        # Any free one at first, the same one ever after: that is what the codes say.
        self.port = 0
        self.url = self.setup_url = self.program = None
        self.start()

    def start(self):
        """Starts it, or starts it again on the same data and port."""
        self.program = self.stage.start(
            self.name,
            [self.stage.program_path("gridcast-center"), "--data", self.data, "--name", self.called]
            + ["--port", self.port, "--listen", "127.0.0.1", "--host", "127.0.0.1"],
        )
        self.url = self.program.wait_for_log(r"^console (https://\S+)$", 20)[1]
        self.port = urllib.parse.urlsplit(self.url).port
        if self.setup_url is None:
            self.setup_url = self.program.wait_for_log(r"^setup (https://\S+)$")[1]

    def restart(self, sign=signal.SIGTERM):
        self.program.stop(sign)
        self.start()

    def key_pin(self):
        """What Chromium is told to trust: base64 of the SHA-256 of the server's public key."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", self.port), 10) as plain:
            with context.wrap_socket(plain) as secure:
                certificate = x509.load_der_x509_certificate(secure.getpeercert(binary_form=True))
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return base64.b64encode(hashlib.sha256(key).digest()).decode()
