# SPDX-License-Identifier: GPL-3.0-or-later
"""A terminal that is paired and then does as it likes."""

import json
import struct
import threading
import uuid

import websocket
from gridcast_e2e.handset import Handset, now


class Rogue(Handset):
    def begin(self, hello=True, name="phone"):
        """On a connection of its own, with a store that the center has not seen before."""
        self.drop()
        self.seq = 0
        self.connect(hello=False)
        # So that no library stands in the way of what is to be said.
        self.say_raw = self.channel.sock.sendall
        if hello:
            self.say("hello", {"version": 1, "stream": str(uuid.uuid4()), "name": name})
            self.take("hello")

    def drop(self):
        """Without a word."""
        if self.channel is not None:
            self.channel.shutdown()

    def say(self, kind, body, **more):
        """With whatever numbers; returns its id."""
        envelope = {"id": str(uuid.uuid4()), "type": kind, "time": now(), "body": body, **more}
        self.channel.send(json.dumps(envelope))
        return envelope["id"]

    def vanish(self):
        """As when its battery is gone: the connection stays, and nobody is there who would read or close."""
        channel, self.channel = self.channel, None
        return channel

    def flood(self, say):
        """Goes on saying it until the center has had enough."""
        ended = []

        def run():
            try:
                while True:
                    say()
            except OSError as error:
                ended.append(error)

        # A thread of its own, since OpenSSL leaves what went wrong to whatever the thread does next.
        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        thread.join()
        assert ended, "it ended otherwise"

    def take(self, kind):
        """The next envelope of that type."""
        while True:
            envelope = json.loads(self.channel.recv())
            if envelope["type"] == kind:
                return envelope

    def take_ack(self, seq):
        while self.take("ack")["ack"] < seq:
            pass

    def take_end(self):
        """With what the center closes the connection, None if it does without a word."""
        try:
            while True:
                opcode, data = self.channel.recv_data(control_frame=True)
                if opcode == websocket.ABNF.OPCODE_CLOSE:
                    return struct.unpack(">H", data[:2])[0]
        except (websocket.WebSocketConnectionClosedException, OSError):
            return None
