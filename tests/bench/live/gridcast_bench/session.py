# SPDX-License-Identifier: GPL-3.0-or-later
"""One run: a publisher, the link, the receiver."""

import contextlib
import json
import pathlib
import signal
import sys
import time

from gridcast_e2e import wait
from gridcast_e2e.stage import Stage

from . import machine, quality
from .browser import chromium_command
from .figures import Notes, run_figures
from .link import LEFT, RIGHT, RIGHT_ADDRESS, Link, inside
from .scenes import EVENT_END_MS, EVENT_MS

HERE = pathlib.Path(__file__).resolve().parents[1]
PORT = 8080
READY_SECONDS = 30
ENDPOINT = f"http://{RIGHT_ADDRESS}:{PORT}/whip"
OURS, CHROMIUM = "gridcast", "chromium"


class Camera:
    """The film with the time in it, as the publisher takes it."""

    def __init__(self, stage, program, film, kind):
        self.path = stage.make_folder("camera") / ("camera.y4m" if kind == "file" else "camera.fifo")
        self.program = stage.start("camera", [program, film, kind, self.path])
        self.program.wait_for_log("^ready")

    def stop(self):
        self.program.stop(signal.SIGTERM)
        lines = [line for line in self.program.log().splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {}


def ours_command(options, stage, camera):
    sound = ["--microphone", "tone"] if options.audio else ["--no-audio"]
    return [
        stage.program_path("gridcast-publish"), "--whip", ENDPOINT, "--camera", camera.path, *sound,
        "--codec", options.codec, "--stats-json", "--patience", "0", *options.publish_arguments,
    ]  # fmt: skip


def chromium_publisher_command(options, stage, camera):
    page = (HERE / "pages/publisher.html").as_uri()
    codec = {"h264": "video/H264", "vp8": "video/VP8"}[options.codec]
    return chromium_command(
        stage.make_folder("publisher"),
        f"{page}#endpoint={ENDPOINT}&codec={codec}&audio={int(options.audio)}",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera.path}",
    )


def events(program, name):
    found = []
    for line in program.log().splitlines():
        with contextlib.suppress(ValueError):
            event = json.loads(line)
            if isinstance(event, dict) and event.get("event") == name:
                found.append(event)
    return found


def wait_for_event(receiver, publisher, name, interval=0.1):
    def look():
        for program in filter(None, (receiver, publisher)):
            if not program.running:
                raise RuntimeError(f"{program.name} ended with {program.popen.returncode}:\n{program.tail()}")
        return events(receiver, name)

    return wait.until(look, lambda: f"“{name}” from the receiver:\n{receiver.tail()}", READY_SECONDS, interval)


def wait_until_ms(at_ms, publisher):
    """Sleeps through the measurement; a publisher that ends early is a failed run."""
    while time.monotonic() * 1000 < at_ms:
        if not publisher.running:
            raise RuntimeError(f"the publisher ended with {publisher.popen.returncode}:\n{publisher.tail()}")
        time.sleep(min(0.5, max(0.0, at_ms / 1000 - time.monotonic())))


def run(options, scene, who, seconds, folder):
    """Measures once; returns the run's figures, and the picture's age over time."""
    with Stage(options.prefix, folder) as stage:
        # Nothing of the user's desktop or buses.
        for variable in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
            stage.environment.pop(variable, None)
        link = Link(stage, options.emulator, scene.up(options.traces), scene.down())
        receiver = stage.start(
            "receiver", inside(RIGHT, [sys.executable, HERE / "receiver.py", "--folder", folder, "--port", PORT])
        )
        wait_for_event(receiver, None, "ready")
        camera = Camera(stage, options.camera, options.film.path, "fifo" if who == OURS else "file")
        command = (ours_command if who == OURS else chromium_publisher_command)(options, stage, camera)
        publisher = stage.start("publisher", inside(LEFT, command))
        wait_for_event(receiver, publisher, "offer", interval=0.005)
        link.start()
        start_ms = time.monotonic() * 1000
        wait_until_ms(start_ms + scene.warm_up_ms(seconds), publisher)
        meter = machine.Meter(publisher.pid)
        wait_until_ms(start_ms + seconds * 1000, publisher)
        load = meter.read()
        publisher.stop(signal.SIGINT, 3)
        offers = len(events(receiver, "offer"))
        receiver.stop(signal.SIGTERM)
        load["camera_late_p99_ms"] = camera.stop().get("late_p99_ms")
    notes = Notes(folder, start_ms, seconds)
    figures = {**run_figures(notes, scene, EVENT_MS, EVENT_END_MS), **load, "connections": offers}
    figures["busy"] = machine.was_too_busy(figures)
    figures.update(quality.measure(options.film, folder / "pictures", start_ms + scene.warm_up_ms(seconds)))
    return figures, notes.ages()
