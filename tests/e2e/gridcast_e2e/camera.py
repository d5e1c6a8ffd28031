# SPDX-License-Identifier: GPL-3.0-or-later
"""What the terminal's camera looks at: a file whose picture can be exchanged under its eyes."""

import os
import pathlib
import subprocess
import sys

WIDTH, HEIGHT = 1280, 720
# Where the corners of the console's screen lie in the picture when somebody holds a phone before
# it: upper left, upper right, lower right, lower left, as parts of the picture.
CORNERS = ((0.235, 0.09), (0.745, 0.055), (0.765, 0.955), (0.215, 0.905))


class Camera:
    """path is what the terminal is given as --camera."""

    def __init__(self, stage, name="camera"):
        self.stage = stage
        self.folder = stage.make_folder(name)
        self.path = self.folder / "picture"
        self.show_nothing()

    def show(self, file):
        """Puts a picture or film in front of the camera, in one step."""
        link = self.folder / "next"
        link.unlink(missing_ok=True)
        os.link(file, link)
        os.replace(link, self.path)

    def show_nothing(self):
        """A dark desk."""
        desk = self.folder / "desk.png"
        if not desk.exists():
            convert("-size", f"{WIDTH}x{HEIGHT}", "gradient:#343a44-#14161b", f"png24:{desk}")
        self.show(desk)

    def look_at_screen(self, screenshot, name="screen"):
        """What the camera sees when it is held, slightly askew, before the screen in screenshot."""
        seen = self.folder / f"{name}.png"
        width, height = (int(word) for word in identify(screenshot).split())
        edge = max(8, width // 40)
        width, height = width + 2 * edge, height + 2 * edge
        screen = ((0, 0), (width, 0), (width, height), (0, height))
        points = [
            f"{x},{y} {u * WIDTH:.0f},{v * HEIGHT:.0f}"
            for (x, y), (u, v) in zip(screen, self._fit(width, height), strict=True)
        ]
        convert(
            screenshot, "-bordercolor", "#0a0b0d", "-border", edge, "-alpha", "set",
            "-virtual-pixel", "transparent", "-define", f"distort:viewport={WIDTH}x{HEIGHT}+0+0",
            "-distort", "Perspective", " ".join(points), "+repage",
            "(", "-size", f"{WIDTH}x{HEIGHT}", "gradient:#343a44-#14161b", ")",
            "+swap", "-composite", "-brightness-contrast", "-4x-8", f"png24:{seen}",
        )  # fmt: skip
        self.show(seen)
        return seen

    @staticmethod
    def _fit(width, height):
        """CORNERS, narrowed or lowered about the middle until the screen keeps its shape."""
        wide = (CORNERS[1][0] - CORNERS[0][0]) * WIDTH
        high = (CORNERS[3][1] - CORNERS[0][1]) * HEIGHT
        scale = min(wide / width, high / height)
        across, down = scale * width / wide, scale * height / high
        return [(0.5 + (u - 0.5) * across, 0.5 + (v - 0.5) * down) for u, v in CORNERS]

    def paint_scene(self):
        """Starts painting the film for look_at_scene(), which takes some seconds."""
        painter = pathlib.Path(__file__).with_name("scene.py")
        self._scene = self.folder / "scene.mp4"
        self._painter = self.stage.start("scene", [sys.executable, painter, self._scene])

    def look_at_scene(self, seconds=90):
        if self._painter.popen.wait(seconds) != 0:
            raise RuntimeError(f"the scene could not be painted:\n{self._painter.tail()}")
        self.show(self._scene)


def convert(*arguments):
    subprocess.run(["convert", *map(str, arguments)], check=True, timeout=60)


def identify(file):
    command = ["identify", "-format", "%w %h", str(file)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout
