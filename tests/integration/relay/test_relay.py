#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the relay, checked with an independent stack (aiortc):

- what is published in H.264 or VP8 with Opus is decoded by every viewer, whenever he comes
- a viewer or a publisher that vanishes disturbs nobody and is noticed
- a terminal that comes back takes its session over; it may keep a second connection ready
- statuses are those of PROTOCOL.md
"""

import asyncio
import unittest

from gridcast_e2e import tap
from relay_peers import FRAGMENT, SDP, Publisher, Relay, Viewer, request, until


class RelayCase(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self):
        asyncio.get_running_loop().set_debug(False)
        self.relay = Relay()
        self.peers = []

    async def asyncTearDown(self):
        for peer in self.peers:
            await peer.close()
        self.relay.stop()

    async def publish(self, *arguments, **settings):
        peer = Publisher(self.relay, *arguments, **settings)
        self.peers.append(peer)
        await peer.connect()
        return peer

    async def watch(self, name="li"):
        peer = Viewer(self.relay, name)
        self.peers.append(peer)
        await peer.connect()
        return peer


class Media(RelayCase):
    async def test_vp8(self):
        """VP8 and Opus reach two viewers, one of whom comes late"""
        await self.publish("VP8")
        first = await self.watch("first")
        await first.decodes(20)
        late = await self.watch("late")
        await late.decodes(20)
        await first.decodes(20)
        self.assertGreater(first.audio, 10)
        self.assertGreater(late.audio, 10)
        self.assertEqual(self.relay.count("publishing s VP8 1"), 1)
        self.assertEqual(self.relay.count("viewer-joined"), 2)

    async def test_h264(self):
        """H.264 reaches a viewer who comes late"""
        await self.publish("H264")
        await self.relay.seen("publishing s H264 1")
        viewer = await self.watch()
        await viewer.decodes(30)

    async def test_no_audio(self):
        """A publisher without sound is watched all the same"""
        await self.publish("VP8", audio=False)
        viewer = await self.watch()
        await viewer.decodes(20)
        self.assertEqual(self.relay.count("publishing s VP8 0"), 1)


class ComingAndGoing(RelayCase):
    async def test_viewer_vanishes(self):
        """A viewer who vanishes is noticed, and the others see on"""
        await self.publish("VP8")
        stays = await self.watch("stays")
        goes = await self.watch("goes")
        await stays.decodes(10)
        await goes.decodes(10)
        goes.vanish()
        await self.relay.seen("viewer-left s goes")
        await stays.decodes(20)
        self.assertEqual(self.relay.count("viewer-left"), 1)

    async def test_viewer_leaves(self):
        """A viewer's DELETE ends his view at once"""
        await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        self.assertEqual(await viewer.delete(), 200)
        await self.relay.seen("viewer-left s li")

    async def test_closed_without_delete(self):
        """Who closes the connection without DELETE is gone at once"""
        publisher = await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        await viewer.close()
        await self.relay.seen("viewer-left s li", seconds=4)
        await publisher.close()
        await self.relay.seen("publisher-gone s connection lost", seconds=4)

    async def test_viewer_never_connects(self):
        """A viewer who never connects is given up, without ever having joined"""
        await self.publish("VP8")
        viewer = Viewer(self.relay)
        self.peers.append(viewer)
        await viewer.pc.setLocalDescription(await viewer.pc.createOffer())
        response, _ = await request(
            "POST", viewer.url, viewer.pc.localDescription.sdp, {**SDP, **viewer.headers}
        )
        location = self.relay.url + response.headers["Location"]
        fragment = {**FRAGMENT, **viewer.headers, "If-Match": response.headers["ETag"]}
        response, _ = await request("PATCH", location, "", fragment)
        self.assertEqual(response.status, 204)

        async def is_gone():
            response, _ = await request("PATCH", location, "", fragment)
            return response.status == 404

        for _ in range(60):
            if await is_gone():
                break
            await asyncio.sleep(0.5)
        else:
            self.fail("the viewer is still there")
        self.assertEqual(self.relay.count("viewer-"), 0)

    async def test_publisher_vanishes_and_returns(self):
        """A publisher who vanishes is noticed; when he returns, he is seen again"""
        first = await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        first.vanish()
        await self.relay.seen("publisher-gone s connection lost", seconds=40)
        await self.publish("VP8")
        await self.relay.seen("publishing", 2)
        # Those who waited see on as well, see test_browser.py: aiortc takes the end of a stream
        # (RTCP BYE), which comes of a long silence, as final.
        again = await self.watch("again")
        await again.decodes(20)
        self.assertEqual(self.relay.count("viewer-left"), 0)

    async def test_kept_ready(self):
        """A second connection that sends no media yet is kept, and changes nothing; it is announced"""
        await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        ready = await self.publish("VP8", media=False)
        self.assertIn('</whip/s>; rel="urn:gridcast:whip:handover"', ready.response.headers.getall("Link"))
        await until(lambda: ready.pc.connectionState == "connected", "the second connection")
        # For longer than a publisher may be silent.
        await viewer.decodes(18 * 30, 60)
        self.assertEqual(ready.pc.connectionState, "connected")
        self.assertEqual(self.relay.count("publishing"), 1)

    async def test_takes_over(self):
        """A terminal on another network takes its session over without a gap in it"""
        old = await self.publish("H264")
        viewer = await self.watch()
        await viewer.decodes(10)
        new = await self.publish("H264")
        await self.relay.seen("publishing", 2)
        await viewer.decodes(20)
        self.assertEqual(await old.delete(), 200)
        await viewer.decodes(20)
        self.assertEqual(self.relay.count("publisher-gone"), 0)
        self.assertEqual(await new.delete(), 200)
        await self.relay.seen("publisher-gone s stopped")

    async def test_failed_takeover(self):
        """A connection that comes to nothing does not disturb the one that works"""
        await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        stillborn = Publisher(self.relay, "VP8")
        self.peers.append(stillborn)
        await stillborn.pc.setLocalDescription(await stillborn.pc.createOffer())
        response, _ = await request(
            "POST", stillborn.url, stillborn.pc.localDescription.sdp, {**SDP, **stillborn.headers}
        )
        self.assertEqual(response.status, 201)
        await viewer.decodes(20)
        stillborn.location = self.relay.url + response.headers["Location"]
        self.assertEqual(await stillborn.delete(), 200)
        await viewer.decodes(20)
        self.assertEqual(self.relay.count("publisher-gone"), 0)

    async def test_other_codec(self):
        """Who cannot be sent what a returning publisher brings is let go, to ask again"""
        await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        await self.publish("H264")
        await self.relay.seen("publishing s H264")
        await self.relay.seen("viewer-left s li")
        again = await self.watch()
        await again.decodes(20)

    async def test_session_ends(self):
        """The end of a session ends publisher and viewers"""
        publisher = await self.publish("VP8")
        viewer = await self.watch()
        await viewer.decodes(10)
        self.relay.tell("remove s")
        await self.relay.seen("done remove s")
        await self.relay.seen("viewer-left s li")
        response, _ = await request("DELETE", publisher.location, None, publisher.headers)
        self.assertEqual(response.status, 404)

    async def test_server_ends(self):
        """The relay ends cleanly while people publish and watch"""
        await self.publish("H264")
        for _ in range(3):
            viewer = await self.watch()
            await viewer.decodes(5)


class Statuses(RelayCase):
    async def post(self, path, body, headers):
        response, text = await request("POST", self.relay.url + path, body, headers)
        return response, text

    async def offer(self, kind=Publisher, *arguments):
        peer = kind(self.relay, *arguments)
        self.peers.append(peer)
        await peer.pc.setLocalDescription(await peer.pc.createOffer())
        return peer.pc.localDescription.sdp

    async def test_whip_refusals(self):
        """WHIP answers 400, 401, 404, 405, 413 and 415 where PROTOCOL.md says so"""
        offer = await self.offer()
        bearer = {"Authorization": "Bearer t"}
        for status, path, body, headers in (
            (401, "/whip/s", offer, SDP),
            (401, "/whip/s", offer, {**SDP, "Authorization": "Bearer wrong"}),
            (401, "/whip/s", offer, {**SDP, "Authorization": "Bearer tt"}),
            (401, "/whip/s", offer, {**SDP, "Authorization": "Basic t"}),
            (404, "/whip/other", offer, {**SDP, **bearer}),
            (404, "/whip/", offer, {**SDP, **bearer}),
            (404, "/whip/s/a/b", offer, {**SDP, **bearer}),
            (405, "/whip/s/resource", offer, {**SDP, **bearer}),
            (415, "/whip/s", offer, {"Content-Type": "text/plain", **bearer}),
            (413, "/whip/s", offer + "a=x\r\n" * 20000, {**SDP, **bearer}),
            (400, "/whip/s", "", {**SDP, **bearer}),
            (400, "/whip/s", "v=0", {**SDP, **bearer}),
            (400, "/whip/s", b"\x00\xff" * 100, {**SDP, **bearer}),
            (400, "/whip/s", offer.replace("sendonly", "recvonly"), {**SDP, **bearer}),
            (400, "/whip/s", offer.replace("VP8", "AV1"), {**SDP, **bearer}),
            (400, "/whip/s", offer.replace("sendonly", "inactive"), {**SDP, **bearer}),
        ):
            response, text = await self.post(path, body, headers)
            self.assertEqual(response.status, status, f"{path} {headers} {body[:40]!r}: {text}")
            self.assertEqual(response.content_type, "application/problem+json")
            self.assertNotIn("Link", response.headers)
        response, _ = await request("GET", self.relay.whip, None, bearer)
        self.assertEqual(response.status, 405)
        self.assertEqual(response.headers["Allow"], "OPTIONS, POST")
        self.assertEqual(self.relay.events, [])

    async def test_whep_refusals(self):
        """WHEP answers 401 to strangers, 404 and 409 where there is nothing to watch"""
        offer = await self.offer(Viewer)
        viewer = {"X-Viewer": "li"}
        for status, path, headers in (
            (401, "/whep/s", SDP),
            (401, "/whep/other", SDP),
            (404, "/whep/other", {**SDP, **viewer}),
            (409, "/whep/s", {**SDP, **viewer}),
        ):
            response, text = await self.post(path, offer, headers)
            self.assertEqual(response.status, status, f"{path} {headers}: {text}")
        await self.publish("VP8", audio=False)
        for body in ("garbage", offer.replace("recvonly", "sendonly"), offer.replace("VP8", "VP9")):
            response, text = await self.post("/whep/s", body, {**SDP, **viewer})
            self.assertEqual(response.status, 400, text)

    async def test_created(self):
        """201 comes with Location, ETag and the ICE servers, which only OPTIONS with the token shows"""
        peer = await self.publish("VP8")
        headers = peer.response.headers
        self.assertRegex(headers["Location"], r"^/whip/s/[\w-]{16,}$")
        self.assertRegex(headers["ETag"], r'^"[\w-]{16,}"$')
        self.assertEqual(
            headers["Link"],
            '<turn:192.0.2.1:3478?transport=udp>; rel="ice-server"; '
            'username="user \\"quoted\\""; credential="secret"; credential-type="password"',
        )
        response, _ = await request("OPTIONS", self.relay.whip, None, peer.headers)
        self.assertEqual(response.status, 204)
        self.assertIn("Link", response.headers)
        response, _ = await request("OPTIONS", self.relay.whip)
        self.assertEqual(response.status, 401)
        self.assertNotIn("Link", response.headers)

    async def test_patch(self):
        """PATCH takes candidates for the right ICE session and refuses everything else"""
        peer = await self.publish("VP8")
        etag = peer.response.headers["ETag"]
        candidate = (
            "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\na=group:BUNDLE 0\r\n"
            "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n"
            "a=candidate:1 1 udp 2130706431 127.0.0.1 9 typ host\r\na=end-of-candidates\r\n"
        )
        for status, headers, body in (
            (204, {**FRAGMENT, "If-Match": etag}, candidate),
            (204, {**FRAGMENT, "If-Match": etag}, ""),
            (204, {**FRAGMENT, "If-Match": etag}, "a=candidate:nonsense\r\n"),
            (400, {**FRAGMENT, "If-Match": etag}, "a=candidate:\x01\r\n"),
            (413, {**FRAGMENT, "If-Match": etag}, "a=x\r\n" * 5000),
            (412, {**FRAGMENT, "If-Match": '"other"'}, candidate),
            (415, {"Content-Type": "text/plain", "If-Match": etag}, candidate),
            (422, {**FRAGMENT, "If-Match": "*"}, candidate),
            (428, FRAGMENT, candidate),
        ):
            response, text = await request("PATCH", peer.location, body, {**headers, **peer.headers})
            self.assertEqual(response.status, status, f"{headers} {body[:40]!r}: {text}")
        response, _ = await request(
            "PATCH", self.relay.whip + "/other", candidate, {**FRAGMENT, **peer.headers}
        )
        self.assertEqual(response.status, 404)

    async def test_too_many_viewers(self):
        """More viewers than a session may have are refused"""
        self.relay.tell("viewers 2")
        self.relay.tell("add s t")
        await self.relay.seen("done add s t")
        await self.publish("VP8", audio=False)
        offer = await self.offer(Viewer)
        headers = {**SDP, "X-Viewer": "li"}
        for _ in range(2):
            response, text = await self.post("/whep/s", offer, headers)
            self.assertEqual(response.status, 201, text)
        response, _ = await self.post("/whep/s", offer, headers)
        self.assertEqual(response.status, 503)


if __name__ == "__main__":
    tap.main()
