# SPDX-License-Identifier: GPL-3.0-or-later
"""The film that publishers send, and the camera that puts the time into it."""

import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys

from .output import ROOT

FILM = ROOT / "build/bench/car-detection-720p30.y4m"
CAMERA = ROOT / "build/release/tests/bench/bench-camera"
FILM_PIPELINE = (
    "filesrc location={source} ! decodebin3 ! videoconvert ! videoscale "
    "! video/x-raw,format=I420,width=1280,height=720,pixel-aspect-ratio=1/1 "
    '! capssetter caps="video/x-raw,framerate=30/1" join=true ! y4menc ! filesink location={target}'
)


def find_data():
    """The folder with the film and the traces."""
    for folder in (os.environ.get("GRIDCAST_DATA"), ROOT / "../shared/data", ROOT.parent / "shared/data"):
        if folder and (pathlib.Path(folder) / "car-detection.mp4").is_file():
            return pathlib.Path(folder).resolve()
    sys.exit("bench: set GRIDCAST_DATA to the folder with car-detection.mp4 and traces/")


def make_film(data):
    """Converts it, the first time; returns its path."""
    if not FILM.exists():
        FILM.parent.mkdir(parents=True, exist_ok=True)
        partial = FILM.with_suffix(".partial")
        command = FILM_PIPELINE.format(source=data / "car-detection.mp4", target=partial)
        subprocess.run(["gst-launch-1.0", "-q", *shlex.split(command)], check=True, timeout=300)
        partial.rename(FILM)
    return FILM


class Camera:
    """The film with the time in it, as the publisher takes it: a “file” for Chromium, else a “fifo”."""

    def __init__(self, stage, film, kind):
        self.path = stage.make_folder("camera") / ("camera.y4m" if kind == "file" else "camera.fifo")
        self.program = stage.start("camera", [CAMERA, film, kind, self.path])
        self.program.wait_for_log("^ready")

    def stop(self):
        """Ends it and returns what it tells of itself."""
        self.program.stop(signal.SIGTERM)
        lines = [line for line in self.program.log().splitlines() if line.startswith("{")]
        return json.loads(lines[-1]) if lines else {}
