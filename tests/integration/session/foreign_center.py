# SPDX-License-Identifier: GPL-3.0-or-later
"""A command center that shares no line with ours: written from PROTOCOL.md alone, to show that
this can be done. It keeps everything in memory, and one terminal at a time."""

import asyncio
import base64
import datetime
import hashlib
import json
import secrets
import ssl
import threading
import urllib.parse
import uuid

import aiohttp.web
from aiortc_peer import AiortcPeer
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
WINDOW = 64


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def now_text():
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def make_task(title="Check the valve", **more):
    return {"id": str(uuid.uuid4()), "title": title, "urgency": "urgent", "created_at": now_text(), **more}


class Authority:
    """The CA, and what it signs."""

    def __init__(self, folder):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "A foreign CA")])
        self.certificate = (
            self._builder(self.name, self.key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .sign(self.key, hashes.SHA256())
        )
        self.path = folder / "ca.pem"
        self.path.write_bytes(self.certificate.public_bytes(serialization.Encoding.PEM))

    def _builder(self, subject, key, days=365):
        now = datetime.datetime.now(datetime.UTC)
        return (
            x509.CertificateBuilder()
            .issuer_name(self.name)
            .subject_name(subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - (366 - days) * DAY)
            .not_valid_after(now + days * DAY)
        )

    def pin(self):
        public = self.certificate.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return base64url(hashlib.sha256(public).digest())

    def issue(self, name, key, usage, days=365):
        """A certificate for a year that ends in so many days."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        return (
            self._builder(subject, key, days)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def server_context(self, folder):
        """TLS that asks for a client certificate and requires none."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self.issue("the server", key.public_key(), ExtendedKeyUsageOID.SERVER_AUTH)
        path = folder / "server.pem"
        path.write_bytes(
            certificate.public_bytes(serialization.Encoding.PEM)
            + key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        context.load_verify_locations(self.path)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


class Memory:
    """What each side keeps "on disk": the reliable streams, as the section Reliability has them."""

    def __init__(self):
        self.own = str(uuid.uuid4())
        self.peer = None
        self.committed = 0
        self.last_seq = 0
        self.outbox = []  # what is not acknowledged, in order
        self.seen = []  # ids of the last reliable envelopes

    def put(self, kind, body):
        self.last_seq += 1
        self.outbox.append({"id": str(uuid.uuid4()), "type": kind, "seq": self.last_seq, "body": body})

    def acknowledge(self, seq):
        self.outbox = [envelope for envelope in self.outbox if envelope["seq"] > seq]

    def meet(self, body, ack):
        """Acts on the other side's hello."""
        if body.get("peer") == self.own and body["stream"] == self.peer:
            self.acknowledge(ack)
            return
        self.peer = body["stream"]
        self.committed = 0
        for number, envelope in enumerate(self.outbox, 1):
            envelope["seq"] = number
        self.last_seq = len(self.outbox)


class Link:
    """One connection of the terminal."""

    def __init__(self, center, socket):
        self.center = center
        self.socket = socket
        self.greeted = False
        self.sent = 0

    async def send(self, kind, body, **more):
        envelope = {
            "id": str(uuid.uuid4()), "type": kind, "ack": self.center.memory.committed,
            "time": now_text(), "body": body, **more,
        }  # fmt: skip
        await self.socket.send_str(json.dumps(envelope))

    async def hello(self):
        memory = self.center.memory
        body = {
            "version": self.center.version, "stream": memory.own, "software": "foreign 1",
            "name": self.center.name, "worker": self.center.worker,
        }  # fmt: skip
        await self.send("hello", body | ({"peer": memory.peer} if memory.peer else {}))

    async def flush(self):
        """Sends what waits, within the window."""
        if not self.greeted:
            return
        memory = self.center.memory
        for envelope in memory.outbox[:WINDOW]:
            if envelope["seq"] > self.sent:
                self.sent = envelope["seq"]
                await self.socket.send_str(
                    json.dumps(envelope | {"ack": memory.committed, "time": now_text()})
                )

    async def take(self, text):
        envelope = json.loads(text)
        memory = self.center.memory
        if not self.greeted:
            assert envelope["type"] == "hello" and "seq" not in envelope, envelope
            memory.meet(envelope["body"], envelope.get("ack", 0))
            self.greeted = True
            self.center.hellos.append(envelope["body"])
        else:
            memory.acknowledge(envelope.get("ack", 0))
            seq = envelope.get("seq")
            if seq is None:
                self.center.take(envelope)
            elif seq == memory.committed + 1:
                memory.committed = seq
                if envelope["id"] not in memory.seen:
                    self.center.take(envelope)
                memory.seen = memory.seen[-999:] + [envelope["id"]]
            elif seq > memory.committed + 1:
                await self.socket.close(code=4002)
                return
            if seq is not None:
                await self.send("ack", {})
        await self.flush()


class ForeignCenter:
    """Runs in a thread of its own; what it has got is read by polling, see gridcast_e2e.wait."""

    def __init__(self, folder, worker="Wei"):
        self.name = "Elsewhere"
        self.worker = worker
        self.version = 1
        self.refusal = None  # (status, problem type) for the next enrolment
        self.closing = None  # code with which the next connection is closed
        self.admits = True
        self.authority = Authority(folder)
        self.memory = Memory()
        self.enrolments = 0  # that were tried
        self.days = 365  # that are left of a first certificate
        self.renewals = 0
        self.serials = []  # of the certificates that the channel was opened with
        self.tokens = set()
        self.terminal = None
        self.hellos = []
        self.received = []  # envelopes, in order
        self.files = {}  # id → content
        self.bearer = {}  # session → token
        self.peer = AiortcPeer()  # takes the media
        self.unpublished = False
        self.link = None
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()
        self.port = self._run(self._start(self.authority.server_context(folder)))

    def _run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(20)

    async def _start(self, context):
        application = aiohttp.web.Application(client_max_size=65536)
        application.add_routes(
            [
                aiohttp.web.get("/.well-known/est/cacerts", self._on_cacerts),
                aiohttp.web.post("/.well-known/est/simpleenroll", self._on_enroll),
                aiohttp.web.post("/.well-known/est/simplereenroll", self._on_reenroll),
                aiohttp.web.get("/channel", self._on_channel),
                aiohttp.web.get("/files/{id}", self._on_file),
                aiohttp.web.post("/whip/{session}", self._on_publish),
                aiohttp.web.delete("/whip/{session}/{resource}", self._on_unpublish),
            ]
        )
        self._runner = aiohttp.web.AppRunner(application, shutdown_timeout=1)
        await self._runner.setup()
        site = aiohttp.web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=context)
        await site.start()
        return self._runner.addresses[0][1]

    async def _stop(self):
        await self._runner.cleanup()

    def stop(self):
        self.peer.close()
        self._run(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)

    # --- pairing ---

    def code(self, pin=None):
        token = base64url(secrets.token_bytes(16))
        self.tokens.add(token)
        name = urllib.parse.quote(self.name)
        pin = pin or self.authority.pin()
        return f"gridcast:pair?v=1&c=127.0.0.1:{self.port}&k={pin}&t={token}&n={name}"

    def _certificates(self, certificate):
        der = pkcs7.serialize_certificates([certificate], serialization.Encoding.DER)
        return aiohttp.web.Response(
            body=base64.encodebytes(der), content_type="application/pkcs7-mime"
        )

    async def _on_cacerts(self, _request):
        return self._certificates(self.authority.certificate)

    @staticmethod
    def _problem(status, kind):
        body = json.dumps({"type": kind, "title": "no", "status": status})
        return aiohttp.web.Response(
            status=status, text=body, content_type="application/problem+json"
        )

    async def _on_enroll(self, request):
        self.enrolments += 1
        if self.refusal:
            return self._problem(*self.refusal)
        words = request.headers.get("Authorization", "").split(" ")
        user, _, token = base64.b64decode(words[-1]).decode().partition(":")
        if words[0] != "Basic" or user != "pair" or token not in self.tokens:
            return self._problem(401, "urn:gridcast:token-unknown")
        self.tokens.remove(token)
        self.terminal = str(uuid.uuid4())
        return await self._certify(request, self.days)

    async def _on_reenroll(self, request):
        if self._name(request) != self.terminal:
            return self._problem(403, "urn:gridcast:certificate-refused")
        self.renewals += 1
        return await self._certify(request)

    async def _certify(self, request, days=365):
        signing = x509.load_der_x509_csr(base64.b64decode(await request.read()))
        if not signing.is_signature_valid:
            return self._problem(400, "urn:gridcast:request-invalid")
        key, usage = signing.public_key(), ExtendedKeyUsageOID.CLIENT_AUTH
        return self._certificates(self.authority.issue(self.terminal, key, usage, days))

    @staticmethod
    def _name(request):
        """Of who shows a certificate."""
        certificate = request.transport.get_extra_info("peercert")
        return dict(pair[0] for pair in (certificate or {}).get("subject", ())).get("commonName")

    # --- the channel ---

    async def _on_channel(self, request):
        if not self.admits or self._name(request) != self.terminal:
            return aiohttp.web.Response(status=403)
        self.serials.append(request.transport.get_extra_info("peercert")["serialNumber"])
        socket = aiohttp.web.WebSocketResponse(
            protocols=["gridcast.v1"], max_msg_size=65536, compress=False
        )
        await socket.prepare(request)
        if self.closing:
            await socket.close(code=self.closing)
            return socket
        self.link = link = Link(self, socket)
        await link.hello()
        async for message in socket:
            await link.take(message.data)
        if self.link is link:
            self.link = None
        return socket

    def take(self, envelope):
        self.received.append(envelope)

    def bodies(self, kind):
        return [envelope["body"] for envelope in self.received if envelope["type"] == kind]

    async def _deliver(self, kind, body):
        self.memory.put(kind, body)
        if self.link:
            await self.link.flush()

    def send(self, kind, body):
        """Reliably: now, or when the terminal comes."""
        self._run(self._deliver(kind, body))

    def say(self, kind, body, **more):
        """Now or never."""
        self._run(self.link.send(kind, body, **more))

    def say_text(self, text):
        """Whatever it is."""
        self._run(self.link.socket.send_str(text))

    def hang_up(self, code=1001):
        self._run(self.link.socket.close(code=code))

    def delivered(self):
        return not self.memory.outbox

    # --- files ---

    def attach(self, content, **more):
        """Keeps a file for the terminal; returns its FILE."""
        file = {"id": str(uuid.uuid4()), "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
        self.files[file["id"]] = content
        return {**file, "media_type": "image/png", **more}

    async def _on_file(self, request):
        content = self.files.get(request.match_info["id"])
        if self._name(request) != self.terminal:
            return aiohttp.web.Response(status=403)
        if content is None:
            return aiohttp.web.Response(status=404)
        part = request.http_range
        headers = {"Content-Range": f"bytes {part.start}-{part.stop - 1}/{len(content)}"}
        return aiohttp.web.Response(status=206, body=content[part], headers=headers, content_type="image/png")

    # --- live ---

    def make_whip(self):
        session = str(uuid.uuid4())
        self.bearer[session] = base64url(secrets.token_bytes(16))
        return session, {"url": f"/whip/{session}", "token": self.bearer[session]}

    async def _on_publish(self, request):
        session = request.match_info["session"]
        if request.headers.get("Authorization") != f"Bearer {self.bearer.get(session)}":
            return aiohttp.web.Response(status=401)
        return aiohttp.web.Response(
            status=201,
            text=await asyncio.to_thread(self.peer.answer, await request.text()),
            content_type="application/sdp",
            headers={"Location": f"/whip/{session}/1"},
        )

    async def _on_unpublish(self, _request):
        await asyncio.to_thread(self.peer.close)
        self.unpublished = True
        return aiohttp.web.Response(status=200)
