# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of ./dev bench live: a publisher, the link, the receiver."""

import signal
import time

from gridcast_e2e.stage import Stage

from . import machine, publishers, quality
from .figures import Notes, run_figures
from .link import LEFT, RIGHT, RIGHT_ADDRESS, inside, make_link
from .scenes import EVENT_END_MS, EVENT_MS
from .viewer import Viewer, wait_until_ms


def run(options, scene, who, seconds, folder):
    """Measures once; returns the run's figures, and the picture's age over time."""
    with Stage(options.prefix, folder) as stage:
        publishers.leave_desktop(stage)
        link = make_link(stage, scene.up(options.traces), scene.down())
        viewer = Viewer(stage, RIGHT, RIGHT_ADDRESS, folder, "--pictures")
        camera = publishers.make_camera(stage, who, options.film.path)
        command = publishers.command(stage, who, viewer.endpoint, camera, options)
        publisher = stage.start("publisher", inside(LEFT, command))
        viewer.wait_for_event("offer", publisher, interval=0.005)
        link.order("start")
        start_ms = time.monotonic() * 1000
        wait_until_ms(start_ms + scene.warm_up_ms(seconds), publisher)
        meter = machine.Meter(publisher.pid)
        wait_until_ms(start_ms + seconds * 1000, publisher)
        load = meter.read()
        publisher.stop(signal.SIGINT, 3)
        offers = len(viewer.events("offer"))
        viewer.stop()
        load["camera_late_p99_ms"] = camera.stop().get("late_p99_ms")
    notes = Notes(folder, start_ms, seconds)
    figures = {**run_figures(notes, scene, EVENT_MS, EVENT_END_MS), **load, "connections": offers}
    figures["busy"] = machine.was_too_busy(figures)
    figures.update(quality.measure(options.film, folder / "pictures", start_ms + scene.warm_up_ms(seconds)))
    return figures, notes.ages()
