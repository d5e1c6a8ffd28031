#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-center, the program, to an operator and to clients that are not ours:

- it starts on an empty folder with one command, and prints where the console is and a one-time
  link; after the first account it prints the link no more; where it is told to, it writes them to a
  file that others cannot read
- it says in a sentence why it cannot start
- EST (RFC 7030, RFC 8951): cacerts and simpleenroll as an independent client expects them
- the channel's mutual TLS lets in who has the center's certificate, and nobody else
- a terminal's next part of a file ends the one that it has given up
- SIGTERM ends it with status 0, and it starts again on what it had
"""

import base64
import hashlib
import json
import signal
import socket
import ssl
import stat
import uuid

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from gridcast_e2e import tap, wait
from program import Answer, CenterTest, USER
from websocket import WebSocketBadStatusException, create_connection

PEM = serialization.Encoding.PEM
DER = serialization.Encoding.DER


def make_request(key, name="Pixel 手机"):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, hashes.SHA256())


def write_pair(folder, certificate, key):
    path = folder / "client.pem"
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(certificate.public_bytes(PEM) + private)
    return path


def read_certificates(answer):
    """What an EST client does with an answer."""
    assert answer.headers.get_content_type() == "application/pkcs7-mime", answer.headers
    return pkcs7.load_der_pkcs7_certificates(base64.b64decode(answer.body))


class Operator(CenterTest):
    def test_one_command(self):
        """On an empty folder one command makes everything, private to its owner"""
        center = self.start_center()
        self.assertEqual(stat.S_IMODE(center.data.stat().st_mode), 0o700)
        for path in center.data.iterdir():
            mode = stat.S_IMODE(path.stat().st_mode)
            self.assertEqual(mode & 0o077 & ~(0o044 if path.suffix == ".pem" else 0), 0, path)
        self.assertTrue(center.ask("GET", "/api/config").json()["setup_needed"])
        self.assertEqual(center.request("GET", "/").headers.get_content_type(), "text/html")

    def test_link_once(self):
        """The link is printed until there is an account, and its token is another at each start"""
        center = self.start_center()
        first = center.setup_token()
        center.program.stop()
        center.start()
        self.assertNotIn(center.setup_token(), (None, first))
        center.log_in()
        center.program.stop()
        center.start()
        self.assertIsNone(center.setup_token())
        self.assertEqual(center.ask("GET", "/api/session").json()["user"], USER["user"])

    def test_link_in_file(self):
        """Where a file is named, the link is there for its owner alone, and nothing is printed"""
        center = self.start_center()
        center.program.stop()
        file = self.stage.folder / "addresses"
        center.options += ("--addresses", file)
        program = self.stage.start("silent", center.command())
        wait.until(file.exists, "the file", 30)
        self.assertRegex(file.read_text(), r"^console https://\S+\nsetup https://\S+#setup=\S+\n$")
        self.assertEqual(stat.S_IMODE(file.stat().st_mode), 0o600)
        self.assertEqual(program.stop(), 0)
        self.assertNotIn("setup", program.log())

    def test_ends(self):
        """SIGTERM and SIGINT end it with status 0"""
        center = self.start_center()
        for sign in (signal.SIGTERM, signal.SIGINT):
            self.assertEqual(center.program.stop(sign), 0)
            center.start()

    def test_cannot_start(self):
        """What it cannot do, and what cannot be meant, is said in a sentence and by the status"""
        center = self.start_center()
        folder = self.stage.make_folder("bad")
        (folder / "file").write_text("x")
        (folder / "center.conf").write_text("[center\n")
        other = self.stage.make_folder("broken")
        (other / "center.db").write_text("this is no database, but it is long enough to be one" * 100)
        for status, options, words in (
            (1, ("--data", self.stage.folder / "x", "--listen", "127.0.0.1", "--port", center.port), "port"),
            (1, ("--data", folder / "file", "--port", "0"), "cannot be used"),
            (1, ("--data", other, "--port", "0"), "center.db"),
            (1, ("--data", self.stage.folder / "y", "--port", "0", "--addresses", folder / "none/file"), "none/file"),
            (2, ("--data", folder, "--port", "0"), "center.conf"),
            (2, ("--config", folder / "none.conf", "--port", "0"), "none.conf"),
            (2, ("--port", "70000"), "port"),
            (2, ("--nonsense",), "nonsense"),
        ):
            with self.subTest(options):
                code, said = center.run(*options)
                self.assertEqual(code, status, said)
                self.assertRegex(said, "^gridcast-center: .*" + words)
                self.assertEqual(len(said.splitlines()), 1)


class Est(CenterTest):
    def test_cacerts(self):
        """cacerts holds the CA that the code pins, and the server's chain ends in it"""
        center = self.start_center()
        answer = center.request("GET", "/.well-known/est/cacerts")
        self.assertEqual(answer.status, 200)
        (authority,) = read_certificates(answer)
        center.log_in()
        public = authority.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo)
        pin = base64.urlsafe_b64encode(hashlib.sha256(public).digest()).rstrip(b"=").decode()
        self.assertEqual(center.make_code()["k"], pin)
        self.assertTrue(authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        context = ssl.create_default_context(cadata=authority.public_bytes(PEM).decode())
        context.check_hostname = False
        with socket.create_connection(("127.0.0.1", center.port), 10) as plain:
            with context.wrap_socket(plain) as secure:
                self.assertTrue(secure.getpeercert())

    def enrol(self, center, body, token=None, **headers):
        if token is not None:
            credentials = base64.b64encode(f"pair:{token}".encode()).decode()
            headers["Authorization"] = f"Basic {credentials}"
        headers = {"Content-Type": "application/pkcs10", "Content-Transfer-Encoding": "base64", **headers}
        return center.request("POST", "/.well-known/est/simpleenroll", body, headers)

    def test_simpleenroll(self):
        """simpleenroll makes a client certificate for the request's key, once for each token"""
        center = self.start_center()
        center.log_in()
        token = center.make_code()["t"]
        key = ec.generate_private_key(ec.SECP256R1())
        body = base64.encodebytes(make_request(key).public_bytes(DER))
        answer = self.enrol(center, body, token)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers.get_param("smime-type"), "certs-only")
        (certificate,) = read_certificates(answer)
        (authority,) = read_certificates(center.request("GET", "/.well-known/est/cacerts"))
        certificate.verify_directly_issued_by(authority)
        self.assertEqual(certificate.public_key(), key.public_key())
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        self.assertEqual(str(uuid.UUID(name.value)), name.value)
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        self.assertEqual(list(usage), [ExtendedKeyUsageOID.CLIENT_AUTH])
        self.assertFalse(certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca)
        days = (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days
        self.assertIn(days, range(365, 368))
        again = self.enrol(center, body, token)
        self.assertEqual((again.status, again.problem()), (401, "token-used"))

    def test_refused(self):
        """What is no request of an EC P-256 key is refused, and the token stays good"""
        center = self.start_center()
        center.log_in()
        token = center.make_code()["t"]
        key = ec.generate_private_key(ec.SECP256R1())
        good = make_request(key).public_bytes(DER)
        damaged = good[:-4] + bytes([good[-4] ^ 1]) + good[-3:]
        for request in (
            make_request(rsa.generate_private_key(65537, 2048)).public_bytes(DER),
            make_request(ec.generate_private_key(ec.SECP384R1())).public_bytes(DER),
            make_request(ec.generate_private_key(ec.SECP256K1())).public_bytes(DER),
            damaged,
            good[:100],
            good + b"\0",
            b"",
            b"0" * 12000,
        ):
            answer = self.enrol(center, base64.encodebytes(request), token)
            self.assertEqual((answer.status, answer.problem()), (400, "request-invalid"), request[:20])
        stranger = self.enrol(center, base64.encodebytes(good))
        self.assertEqual((stranger.status, stranger.problem()), (401, "token-unknown"))
        self.assertTrue(stranger.headers["WWW-Authenticate"].startswith("Basic "))
        self.assertEqual(self.enrol(center, base64.encodebytes(good), token).status, 200)

    def test_authorization(self):
        """A header that is no Basic credential is a wrong token, whatever it is"""
        center = self.start_center()
        body = base64.encodebytes(make_request(ec.generate_private_key(ec.SECP256R1())).public_bytes(DER))
        for header in (
            "Basic", "Basic ", "Basic ====", "Basic !!!!", "Bearer x", "Basic " + "QUFB" * 2000,
            "Basic " + base64.b64encode(b"pair").decode(), "Basic " + base64.b64encode(b"pair:").decode(),
        ):  # fmt: skip
            answer = self.enrol(center, body, Authorization=header)
            self.assertEqual((answer.status, answer.problem()), (401, "token-unknown"), header[:40])
        answer = self.enrol(center, body, token="A" * 22)
        self.assertEqual((answer.status, answer.problem()), (401, "token-unknown"))
        answer = self.enrol(center, body, token="A" * 22)
        self.assertEqual((answer.status, answer.problem()), (429, "slow-down"))
        self.assertGreater(int(answer.headers["Retry-After"]), 0)


class MutualTls(CenterTest):
    def pair(self, center):
        key = ec.generate_private_key(ec.SECP256R1())
        body = base64.encodebytes(make_request(key).public_bytes(DER))
        token = base64.b64encode(f"pair:{center.make_code()['t']}".encode()).decode()
        answer = center.request(
            "POST", "/.well-known/est/simpleenroll", body, {"Authorization": f"Basic {token}"}
        )
        (certificate,) = read_certificates(answer)
        return write_pair(self.stage.folder, certificate, key)

    def connect(self, center, certificate=None, protocol="gridcast.v1"):
        options = {"cert_reqs": ssl.CERT_NONE} | ({"certfile": certificate} if certificate else {})
        return create_connection(
            f"wss://127.0.0.1:{center.port}/channel", timeout=20, sslopt=options, subprotocols=[protocol]
        )

    def refused(self, center, *arguments):
        with self.assertRaises(WebSocketBadStatusException) as caught:
            self.connect(center, *arguments)
        return caught.exception.status_code

    def test_channel(self):
        """Who paired is greeted; no, another CA's and a self-made certificate get 403"""
        center = self.start_center()
        center.log_in()
        certificate = self.pair(center)
        socket_ = self.connect(center, certificate)
        stream = str(uuid.uuid4())
        hello = {"id": str(uuid.uuid4()), "type": "hello", "body": {"version": 1, "stream": stream}}
        socket_.send(json.dumps(hello))
        answer = json.loads(socket_.recv())
        self.assertEqual((answer["type"], answer["body"]["name"]), ("hello", "测试中心"))
        self.assertEqual(answer["body"]["worker"], "李强")
        socket_.close()
        self.assertEqual(self.refused(center, certificate, "other.v1"), 400)
        self.assertEqual(self.refused(center), 403)
        self.assertEqual(self.refused(center, self.self_made()), 403)
        # An honest certificate of the same terminal, from another center.
        other = self.start_other()
        self.assertEqual(self.refused(center, self.pair(other)), 403)

    def test_given_up(self):
        """A terminal's next part of a file ends the one that is still arriving, and no other's"""
        center = self.start_center()
        center.log_in()
        path = f"/files/{uuid.uuid4()}"
        certificates = [self.pair(center).rename(self.stage.folder / f"{n}.pem") for n in range(2)]
        waiting = []
        for certificate in certificates:
            plain = socket.create_connection(("127.0.0.1", center.port), 20)
            secure = center.context(certificate).wrap_socket(plain)
            self.addCleanup(secure.close)
            secure.sendall(
                f"PATCH {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\nExpect: 100-continue\r\n\r\n".encode()
            )
            self.assertIn(b" 100 ", secure.recv(1000))
            waiting.append(secure)
        connection = center.connect(certificates[0])
        self.addCleanup(connection.close)
        headers = {"Content-Type": "application/partial-upload", "Upload-Offset": "0", "Upload-Complete": "?0"}
        connection.request("PATCH", path, b"x" * 100000, headers)
        self.assertEqual(Answer(connection.getresponse()).problem(), "not-found")
        self.assertEqual(waiting[0].recv(1000), b"")
        waiting[1].settimeout(0)
        self.assertRaises(ssl.SSLWantReadError, waiting[1].recv, 1000)

    def start_other(self):
        from program import CenterProgram

        other = CenterProgram(self.stage, "other")
        self.addCleanup(other.program.stop)
        other.log_in()
        return other

    def self_made(self):
        import datetime

        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, str(uuid.uuid4()))])
        now = datetime.datetime.now(datetime.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(1)
            .not_valid_before(now)
            .not_valid_after(now + datetime.timedelta(days=1))
            .sign(key, hashes.SHA256())
        )
        return write_pair(self.stage.folder, certificate, key)


if __name__ == "__main__":
    tap.main()
