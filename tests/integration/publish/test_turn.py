#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of gridcast-publish where no media get through but by a relay (coturn), to a server that is
not ours (aiortc):

- a relay is reached over UDP, over TCP and over TLS, by address or by name
- what the system's CAs do not vouch for is not spoken to over TLS, nor what a pinned CA does not
- it is reached over the uplink that the connection uses, whatever the kernel would rather have
- a relay that refuses, is silent or is a stranger holds nothing up, and the log says why it is not used
- a relay is not used where it is not needed, and gets back what it has given
"""

import socket
import subprocess

from aiortc_peer import AiortcPeer
from certificates import make_certificate
from gridcast_e2e import tap, wait
from publisher import PublishTest
from turn_server import PASSWORD, PORT, TLS_PORT, TurnServer, link
from uplinks import HERE, Uplinks
from whip_server import WhipServer

UDP = f"turn:{HERE}:{PORT}?transport=udp"
TCP = f"turn:{HERE}:{PORT}?transport=tcp"
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
NAME = "relay.example"
TLS = f"turns:{HERE}:{TLS_PORT}?transport=tcp"


class Server(WhipServer):
    """Hands out links to relays."""

    def __init__(self, peer, certificate=None):
        super().__init__(peer, certificate=certificate, host=HERE)
        self.links = []
        self.odd["/whip"] = self._handle

    def _handle(self, handler):
        if handler.command == "OPTIONS":
            handler.say(204, Link=", ".join(self.links))
        else:
            handler.answer_offer(self.requests[-1].body.decode())


class TurnTest(PublishTest):
    def setUp(self):
        self.uplinks = Uplinks()
        self.addCleanup(self.uplinks.remove)
        self.uplinks.close_to_udp(PORT)
        self.peer = AiortcPeer()
        self.addCleanup(self.peer.close)
        self.server = Server(self.peer)
        self.addCleanup(self.server.close)

    def serve(self, *options, certificate=None):
        relay = TurnServer(self.stage, f"{self._testMethodName}-turn", HERE, *options, certificate=certificate)
        self.addCleanup(relay.stop)
        return relay

    def start(self, *links, options=(), server=None):
        server = server or self.server
        server.links = links
        return self.publish(
            server.url(), "--size", "320x240", "--no-audio", *options, within=self.uplinks.command
        )  # fmt: skip

    def stand_in(self, path, text):
        """Another file of the system, for this test and what it starts."""
        file = self.folder / path.replace("/", "-")
        file.write_text(text)
        subprocess.run(["mount", "--bind", file, path], check=True)
        self.addCleanup(subprocess.run, ["umount", path], check=True)

    def pretend(self, certificate):
        """A server that has a certificate, and no relay."""
        server = WhipServer(None, certificate=certificate, host=HERE)
        self.addCleanup(server.close)
        return server.url("").replace("https://", "turns:")

    def says(self, publisher, text):
        wait.until(lambda: text in publisher.log(), lambda: f"“{text}” of\n{publisher.log()}", 30)

    def flows(self, publisher, frames=5):
        goal = self.peer.frames + frames

        def look():
            if not publisher.program.running:
                raise RuntimeError(f"gridcast-publish ended:\n{publisher.log()}")
            return self.peer.frames >= goal

        wait.until(look, lambda: f"{frames} frames; {self.server.requests}:\n{publisher.log()}", 30)

    def finish(self, publisher):
        status, log = publisher.interrupt()
        self.assertEqual(status, 0, log)


class Relayed(TurnTest):
    def test_udp(self):
        """Media flow by a relay that is reached over UDP"""
        relay = self.serve()
        publisher = self.start(link(UDP))
        self.flows(publisher)
        self.finish(publisher)
        self.assertNotIn("not used", publisher.log())
        # It has got back what it gave.
        self.assertRegex(relay.log(), "refreshed.* lifetime=0")

    def test_tls(self):
        """At the server's own name only a relay with a certificate of the pinned CA is used"""
        certificate, ca = make_certificate(self.folder / "own.pem", HERE)
        other, other_ca = make_certificate(self.folder / "other.pem", HERE)
        self.stand_in(CERTIFICATES, other_ca.read_text())
        self.serve(certificate=certificate)
        server = Server(self.peer, certificate)
        self.addCleanup(server.close)
        publisher = self.start(link(TLS), link(self.pretend(other)), options=["--ca-file", ca], server=server)
        self.flows(publisher)
        self.says(publisher, f"is not used: it cannot prove that it is {HERE}")
        self.finish(publisher)

    def test_tls_by_name(self):
        """Elsewhere a relay is used that the system's CAs vouch for, by its name and for today"""
        certificate, ca = make_certificate(self.folder / "named.pem", NAME)
        expired, expired_ca = make_certificate(self.folder / "expired.pem", HERE, days=-1)
        self.serve(certificate=certificate)
        self.stand_in(CERTIFICATES, ca.read_text() + expired_ca.read_text())
        self.stand_in("/etc/hosts", f"127.0.0.1 localhost\n{HERE} {NAME}\n")
        publisher = self.start(link(f"turns:{NAME}"), link(self.pretend(expired)))
        self.flows(publisher)
        self.says(publisher, "is not used: its certificate has expired")
        self.finish(publisher)

    def test_other_uplink(self):
        """A relay is reached over TCP, over the uplink that works though the kernel does not prefer it"""
        relay = self.serve()
        publisher = self.start(link(TCP))
        self.flows(publisher)
        self.uplinks.cut(0)
        wait.until(lambda: "10.80.1.2" in relay.log(), relay.log, 30)
        self.flows(publisher, 15)
        self.finish(publisher)


class Unused(TurnTest):
    def test_beside_good(self):
        """What refuses, is silent, a stranger or unknown is told of, and the good one is used"""
        certificate, _ = make_certificate(self.folder / "strange.pem", HERE)
        self.serve(certificate=certificate)
        silent = socket.create_server((HERE, 0))
        self.addCleanup(silent.close)
        dumb = f"turn:{HERE}:{silent.getsockname()[1]}?transport=tcp"
        nowhere = "turn:nowhere.invalid:3478?transport=udp"
        publisher = self.start(
            link(UDP, credential="wrong"), link(TCP, username="nobody"), link(TLS), link(dumb), link(nowhere), link(TCP)
        )
        self.flows(publisher)
        for url, reason in {
            UDP: "it does not accept the credentials (401)",
            TCP: "it does not accept the credentials (401)",
            TLS: f"it cannot prove that it is {HERE}",
            dumb: "it does not answer",
            nowhere: "",
        }.items():
            self.says(publisher, f"The relay {url} is not used: {reason}")
        self.finish(publisher)
        self.assertNotIn(PASSWORD, publisher.log())

    def test_direct(self):
        """A good relay is not used where there is a direct way, and silent ones hold nothing up"""
        self.serve()
        silent = socket.socket(type=socket.SOCK_DGRAM)
        self.addCleanup(silent.close)
        silent.bind((HERE, 0))
        dumb = socket.create_server((HERE, 0))
        self.addCleanup(dumb.close)
        self.uplinks.open_to_udp()
        ports = [end.getsockname()[1] for end in (silent, dumb)]
        publisher = self.start(link(f"turn:{HERE}:{ports[0]}"), link(f"turns:{HERE}:{ports[1]}"), link(UDP))
        self.says(publisher, "path host")
        self.flows(publisher)
        self.finish(publisher)
        self.assertNotIn("path relay", publisher.log())


if __name__ == "__main__":
    tap.main()
