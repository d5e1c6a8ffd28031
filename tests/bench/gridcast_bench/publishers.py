# SPDX-License-Identifier: GPL-3.0-or-later
"""The two publishers that are compared."""

import pathlib
import tempfile

from .browser import chromium_command
from .film import Camera

PAGE = pathlib.Path(__file__).resolve().parents[1] / "pages/publisher.html"
OURS, CHROMIUM = "gridcast", "chromium"
WHO = (OURS, CHROMIUM)


def leave_desktop(stage):
    """Programs get nothing of the user's desktop or buses."""
    for variable in ("DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "WAYLAND_DISPLAY"):
        stage.environment.pop(variable, None)


def make_camera(stage, who, film):
    return Camera(stage, film, "fifo" if who == OURS else "file")


def command(stage, who, endpoint, camera, options):
    """options: codec, audio and publish_arguments."""
    return (ours if who == OURS else chromium)(stage, endpoint, camera, options)


def ours(stage, endpoint, camera, options):
    sound = ["--microphone", "tone"] if options.audio else ["--no-audio"]
    return [
        stage.program_path("gridcast-publish"), "--whip", endpoint, "--camera", camera.path, *sound,
        "--codec", options.codec, "--stats-json", "--patience", "0", *options.publish_arguments,
    ]  # fmt: skip


def chromium(stage, endpoint, camera, options):
    codec = {"h264": "video/H264", "vp8": "video/VP8"}[options.codec]
    return chromium_command(
        # A new profile each time.
        tempfile.mkdtemp(dir=stage.make_folder("publisher")),
        f"{PAGE.as_uri()}#endpoint={endpoint}&codec={codec}&audio={int(options.audio)}",
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={camera.path}",
    )
