# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiving end of a stream in headless Chromium."""

import threading

from gridcast_e2e.chromium import FLAGS
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

ANSWER = """
const [offer, done] = arguments;
const connection = window.connection = new RTCPeerConnection();
const streams = window.streams = new Set();
const video = document.createElement("video");
video.autoplay = true;
video.muted = true;
document.body.replaceChildren(video);
connection.ontrack = event => {
  event.streams.forEach(stream => streams.add(stream));
  video.srcObject = event.streams[0];
};
(async () => {
  await connection.setRemoteDescription({type: "offer", sdp: offer});
  await connection.setLocalDescription(await connection.createAnswer());
  while (connection.iceGatheringState != "complete")
    await new Promise(go => connection.addEventListener("icegatheringstatechange", go, {once: true}));
  done(connection.localDescription.sdp);
})().catch(error => done("error: " + error));
"""
STATS = """
const done = arguments[0];
if (!window.connection)
  done([]);
else
  window.connection.getStats().then(report => done([...report.values()]));
"""


class BrowserPeer:
    def __init__(self, stage):
        options = Options()
        options.binary_location = "/usr/bin/chromium"
        for flag in [*FLAGS, f"--user-data-dir={stage.make_folder('chromium')}"]:
            options.add_argument(flag)
        environment = {**stage.environment, "HOME": str(stage.make_folder("chromium-home"))}
        # The sanitizers' settings are for our own programs.
        for variable in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY", "ASAN_OPTIONS"):
            environment.pop(variable, None)
        service = Service(
            "/usr/bin/chromedriver", log_output=str(stage.logs / "chromium.log"), env=environment
        )
        self._lock = threading.Lock()
        self._driver = webdriver.Chrome(options=options, service=service)
        stage.on_exit(self._driver.quit)
        self._driver.set_script_timeout(20)
        self._driver.get("about:blank")

    def answer(self, offer):
        with self._lock:
            answer = self._driver.execute_async_script(ANSWER, offer)
        if answer.startswith("error: "):
            raise ValueError(answer)
        return answer

    def open(self, offer):
        """It has one connection at a time, the last."""
        return self.answer(offer), self

    def stats(self, type_, media):
        """The statistics of a type for “video” or “audio”: https://www.w3.org/TR/webrtc-stats/"""
        with self._lock:
            report = self._driver.execute_async_script(STATS)
        return [entry for entry in report if entry["type"] == type_ and entry.get("kind") == media]

    def figure(self, name, media="video"):
        """What the browser counts of what it receives; 0 if it does not."""
        return max((entry.get(name, 0) for entry in self.stats("inbound-rtp", media)), default=0)

    def streams(self):
        """How many tracks each stream of the offer has."""
        with self._lock:
            return self._driver.execute_script("return [...window.streams].map(s => s.getTracks().length);")

    def close(self):
        with self._lock:
            self._driver.execute_script("window.connection?.close(); window.connection = null;")
