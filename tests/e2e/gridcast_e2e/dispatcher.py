# SPDX-License-Identifier: GPL-3.0-or-later
"""What a dispatcher does at the console, step by step through what is on the page."""

from . import wait

USER, PASSWORD = "Lin", "a long enough password"

# Runs before the console's own scripts and only watches: the browser's peer connections, when each
# session's first frame could be shown, and how many have been.
PROBE = """
window.gridcastPeers = [];
window.gridcastFirstFrames = {};
const Peer = window.RTCPeerConnection;
window.RTCPeerConnection = class extends Peer {
  constructor(...words) { super(...words); window.gridcastPeers.push(this); }
};
document.addEventListener('loadeddata', ({ target: video }) => {
  const session = video.dataset?.session;
  if (!session) return;
  window.gridcastFirstFrames[session] ??= Date.now();
  const onFrame = (now, { presentedFrames }) => {
    video.presentedFrames = presentedFrames;
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
}, true);
"""

# Sums what WebRTC itself says about received video and sound.
STATISTICS = """
const done = arguments[arguments.length - 1];
(async () => {
  const sum = { framesDecoded: 0, videoBytes: 0, audioBytes: 0, audioEnergy: 0, audioSeconds: 0, codec: null, width: 0, height: 0 };
  for (const peer of window.gridcastPeers) {
    if (peer.connectionState === 'closed') continue;
    const report = await peer.getStats();
    for (const entry of report.values()) {
      if (entry.type !== 'inbound-rtp') continue;
      if (entry.kind === 'audio') {
        sum.audioBytes += entry.bytesReceived;
        sum.audioEnergy += entry.totalAudioEnergy ?? 0;
        sum.audioSeconds += entry.totalSamplesDuration ?? 0;
      } else {
        sum.framesDecoded += entry.framesDecoded;
        sum.videoBytes += entry.bytesReceived;
        sum.codec = report.get(entry.codecId)?.mimeType ?? sum.codec;
        sum.width = entry.frameWidth ?? sum.width;
        sum.height = entry.frameHeight ?? sum.height;
      }
    }
  }
  return sum;
})().then(done, (error) => done({ error: String(error) }));
"""

FETCH = """
const [method, path, body, done] = arguments;
fetch(path, { method, body: body === null ? undefined : JSON.stringify(body),
  headers: { 'X-Gridcast': '1', ...(body === null ? {} : { 'Content-Type': 'application/json' }) } })
  .then(async (answer) => [answer.status, await answer.json().catch(() => null)])
  .then(done, (error) => done([0, String(error)]));
"""


class Dispatcher:
    """A person with an account, in front of one browser window."""

    def __init__(self, browser, center):
        self.browser = browser
        self.center = center
        browser.run_first(PROBE)

    # --- the account ---

    def make_account(self, user=USER, password=PASSWORD):
        self.browser.open(self.center.setup_url)
        self.browser.write("#setup input[name=user]", user)
        self.browser.write("#setup input[name=password]", password)
        self.browser.write("#setup input[name=again]", password)
        self.browser.click("#setup button[type=submit]")
        self.browser.find("#console")

    def log_in(self, user=USER, password=PASSWORD):
        self.browser.open(self.center.url)
        self.browser.write("#login input[name=user]", user)
        self.browser.write("#login input[name=password]", password)
        self.browser.click("#login button[type=submit]")

    def api(self, method, path, body=None):
        """Asks the center as the console does; returns (status, answer)."""
        return tuple(self.browser.run_async(FETCH, method, path, body))

    # --- pairing ---

    def offer_pairing(self, worker):
        """Shows a code for a worker's terminal; returns its text."""
        self.browser.click("#pair")
        self.browser.write("#pairing-form input[name=worker]", worker)
        self.browser.click("#pairing-make")
        self.browser.find("#pairing-qr")
        return self.browser.find("[data-role=pairing-code]").get_attribute("value")

    def photograph_code(self, path):
        """What somebody sees who stands before the console: the dialog with the QR code."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.browser.find("#pairing-dialog").screenshot(str(path))
        return path

    def finish_pairing(self, seconds=20):
        """Waits until the dialog shows the new terminal, closes it and returns the terminal's id."""
        pairing = self.browser.find("#pairing[data-state=used]", None, seconds)
        terminal = pairing.get_attribute("data-terminal")
        self.browser.click("#pairing-close")
        self.browser.gone("#pairing-dialog")
        return terminal

    def close_dialog(self):
        self.browser.click("dialog[open] .dialog-close")
        self.browser.gone("dialog[open]")

    # --- terminals ---

    def terminal(self, terminal, seconds=15):
        return self.browser.find(f"li[data-terminal='{terminal}']", None, seconds)

    def wait_for_standing(self, terminal, standing, seconds=20):
        """duty, standby, lost or off."""
        self.browser.find(f"li[data-terminal='{terminal}'][data-standing='{standing}']", None, seconds)

    def select(self, terminal):
        head = f"li[data-terminal='{terminal}'] .terminal-head"
        if self.browser.find(head).get_attribute("aria-expanded") != "true":
            self.browser.click(head)
        self.browser.find(f"li[data-terminal='{terminal}'] .terminal-details")

    def position(self, terminal):
        """Where the list says the terminal is, as text; the terminal must be selected."""
        return self.browser.find(f"li[data-terminal='{terminal}'] .facts .figures-text").text

    def marker(self, terminal):
        """Where the terminal's mark stands on the ground, in the map's own pixels."""
        return self.browser.run(
            "const unit = document.querySelector(`#map .unit[data-terminal='${arguments[0]}']`);"
            "const marker = unit?.closest('.gc-marker');"
            "if (!marker) return null;"
            "const place = new DOMMatrix(getComputedStyle(marker).transform);"
            "return [place.e, place.f];",
            terminal,
        )

    def positions_received(self, terminal):
        """How many points of the track the center holds."""
        status, track = self.api("GET", f"/api/terminals/{terminal}/track?hours=1")
        return len(track["geometry"]["coordinates"]) if status == 200 and track["geometry"] else 0

    # --- live video ---

    def ask_for_live(self, terminal, reason="", mode=None):
        self.select(terminal)
        self.browser.click(f"li[data-terminal='{terminal}'] [data-action=live]")
        if reason:
            self.browser.write("#live-dialog textarea[name=reason]", reason)
        if mode:
            self.browser.click(f"#live-dialog label:has(input[value={mode}])")
        self.browser.click("#live-dialog button[type=submit]")
        self.browser.gone("#live-dialog")

    def tile(self, terminal, state=None, seconds=20):
        wanted = f".tile[data-terminal='{terminal}']" + (f"[data-state='{state}']" if state else "")
        return self.browser.find(wanted, None, seconds)

    def frames(self, terminal):
        """How many frames of the terminal's video have been decoded and shown."""
        return self.browser.run(
            "const videos = [...document.querySelectorAll(`.tile[data-terminal='${arguments[0]}'] video`)];"
            # Firefox leaves the first of these at 0 for live streams.
            "return Math.max(0, ...videos.map((video) =>"
            " video.getVideoPlaybackQuality().totalVideoFrames || video.presentedFrames || 0));",
            terminal,
        )

    def wait_for_frames(self, terminal, count=30, seconds=30):
        wait.until(
            lambda: self.frames(terminal) >= count,
            lambda: f"{count} frames, there were {self.frames(terminal)}; {self.statistics()}",
            seconds,
        )

    def first_frame_at(self, terminal):
        """When the first frame could be shown, in seconds since 1970, or None."""
        session = self.tile(terminal).get_attribute("data-session")
        at = self.browser.run("return window.gridcastFirstFrames[arguments[0]] ?? null", session)
        return at and at / 1000

    def statistics(self):
        return self.browser.run_async(STATISTICS)

    def listen(self, terminal):
        """A tile is silent until somebody wants to hear it."""
        self.browser.click(f".tile[data-terminal='{terminal}'] [data-action=sound]")

    def end_live(self, terminal):
        self.browser.click(f".tile[data-terminal='{terminal}'] [data-action=end]")
        self.browser.click("#end-live-dialog button[type=submit]")

    # --- tasks ---

    def attach(self, *paths):
        """Adds files to the task that is being written."""
        self.browser.all("#attach-input")[0].send_keys("\n".join(map(str, paths)))

    def wait_until_attached(self, count, seconds=20):
        """The center has so many pictures for the task that is being written."""
        self.browser.find(f"#attachments > li:nth-child({count})[data-state=sent]", None, seconds)

    def send_task(
        self, terminal, title, description="", urgency="routine", place=None, place_name="", deadline=None, pictures=()
    ):
        """Sends a task and opens it; returns its id.

        place is "latitude, longitude" to be typed, or (x, y) for a click on the map so many pixels
        from its middle; deadline is local time, "YYYY-MM-DDTHH:MM".
        """
        self.select(terminal)
        self.browser.click(f"li[data-terminal='{terminal}'] [data-action=task]")
        self.browser.write("#task-form input[name=title]", title)
        if description:
            self.browser.write("#task-form textarea[name=description]", description)
        self.browser.click(f"#task-form label:has(input[name=urgency][value={urgency}])")
        if isinstance(place, tuple):
            self._pick_place(*place)
        elif place:
            self.browser.write("#task-form input[name=place]", place)
        if place_name:
            self.browser.write("#task-form input[name=place-name]", place_name)
        if deadline:
            # Keys depend on the language of the field; what a date picker does is set the value.
            self.browser.run(
                "const field = document.querySelector('#task-form input[name=deadline]');"
                "field.value = arguments[0]; field.dispatchEvent(new Event('input', {bubbles: true}));",
                deadline,
            )
        if pictures:
            self.attach(*pictures)
        self.browser.click("#task-send")
        return self.browser.find("#task-detail").get_attribute("data-task")

    def _pick_place(self, x, y):
        self.browser.click("#place-pick")
        self.browser.click_at("#map-view", x, y)
        wait.until(
            lambda: self.browser.find("#task-form input[name=place]").get_attribute("value"),
            "the place that was picked on the map",
        )

    def wait_for_task(self, state, seconds=20):
        """Waits until the open task has reached a state; returns the states of its history."""
        self.browser.find(f"#task-detail[data-state='{state}']", None, seconds)
        return self.task_states(state)

    def task_states(self, last=None, seconds=10):
        def states():
            found = self.browser.run(
                "return [...document.querySelectorAll('#task-history .step:not([data-refused])')]"
                ".map((step) => step.dataset.state)"
            )
            return found if last is None or last in found else None

        return wait.until(states, f"“{last}” in the task's history", seconds)

    def back_to_tasks(self):
        self.browser.click("#task-back")

    def cancel_task(self, reason):
        self.browser.click("#task-cancel")
        self.browser.write("#cancel-dialog textarea[name=reason]", reason)
        self.browser.click("#cancel-dialog button[type=submit]")
        self.browser.gone("#cancel-dialog")
