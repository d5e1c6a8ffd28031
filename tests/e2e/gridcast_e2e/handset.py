# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal without a screen: pairs, speaks on the channel and delivers files, as PROTOCOL.md has it."""

import base64
import hashlib
import http.client
import json
import ssl
import struct
import urllib.parse
import uuid
import zlib
from datetime import datetime, timezone

import websocket
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, pkcs7
from cryptography.x509.oid import NameOID


def now():
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def draw(width, height, hue):
    """A PNG with a horizon, for which no library is needed."""
    rows = []
    for y in range(height):
        sky = y < height * 0.55
        row = bytearray([0])
        for x in range(width):
            light = 90 + 120 * y // height + (x * 7 + y * 13) % 11
            row += bytes((light, light + 10, 200) if sky else (light // 2 + hue, light // 2 + 40, 60))
        rows.append(bytes(row))
    chunks = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"".join(rows))),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


class Refused(Exception):
    """The center said no; problem is the last part of the type that it gave."""

    def __init__(self, status, body):
        super().__init__(status, body)
        self.problem = json.loads(body)["type"].removeprefix("urn:gridcast:")


class Handset:
    def __init__(self, center, code, device="phone"):
        self.center = center
        self.seq = 0
        self.channel = None
        fields = urllib.parse.parse_qs(code.split("?", 1)[1])
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, device)])
        request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
        password = base64.b64encode(f"pair:{fields['t'][0]}".encode()).decode()
        status, body, _ = self.ask(
            "POST",
            "/.well-known/est/simpleenroll",
            base64.encodebytes(request.public_bytes(Encoding.DER)),
            {
                "Content-Type": "application/pkcs10",
                "Content-Transfer-Encoding": "base64",
                "Authorization": f"Basic {password}",
            },
        )
        if status != 200:
            raise Refused(status, body)
        (certificate,) = pkcs7.load_der_pkcs7_certificates(base64.b64decode(body))
        self.id = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        self.pair = center.stage.folder / f"{self.id}.pem"
        self.pair.touch(0o600)
        self.pair.write_bytes(
            certificate.public_bytes(Encoding.PEM)
            + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )

    def ask(self, method, path, body=None, headers=None):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if hasattr(self, "pair"):
            context.load_cert_chain(self.pair)
        connection = http.client.HTTPSConnection("127.0.0.1", self.center.port, timeout=20, context=context)
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        result = answer.status, answer.read(), answer.headers
        connection.close()
        return result

    def connect(self, hello=True):
        self.channel = websocket.create_connection(
            f"wss://127.0.0.1:{self.center.port}/channel",
            timeout=20,
            sslopt={"cert_reqs": ssl.CERT_NONE, "certfile": str(self.pair)},
            subprotocols=["gridcast.v1"],
        )
        if hello:
            self.send("hello", {"version": 1, "stream": str(uuid.uuid4()), "name": "phone"})

    def send(self, kind, body, reliable=False):
        envelope = {"id": str(uuid.uuid4()), "type": kind, "time": now(), "body": body}
        if reliable:
            self.seq += 1
            envelope["seq"] = self.seq
        self.channel.send(json.dumps(envelope))

    def receive(self, kind):
        """The body of the next envelope of that type; others are passed over."""
        while True:
            envelope = json.loads(self.channel.recv())
            if envelope["type"] == kind:
                return envelope["body"]

    def close(self):
        if self.channel is not None:
            self.channel.close()

    def announce(self, task, content, **more):
        """Adds a file to a task; its content is delivered by deliver()."""
        file = {
            "id": str(uuid.uuid4()),
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "media_type": "image/png",
            "at": now(),
            **more,
        }
        self.send("task.file", {"task": task, "file": file}, reliable=True)
        return file["id"]

    def deliver(self, file, content, start, end):
        """Delivers a part of it."""
        headers = {
            "Content-Type": "application/partial-upload",
            "Upload-Offset": str(start),
            "Upload-Complete": "?1" if end == len(content) else "?0",
        }
        status, body, answer = self.ask("PATCH", f"/files/{file}", content[start:end], headers)
        assert (status, answer["Upload-Offset"]) == (204, str(end)), (status, body)
