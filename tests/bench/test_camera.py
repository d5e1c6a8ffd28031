#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Promises of the benchmark's camera:

- through a FIFO comes the whole film in its order, each picture with its number and its time, and
  again from the start; a second reader is served like the first
- the file holds one picture; its time is that of reading, and each reading brings the next picture
- what is no film, or too small for the strip, is refused in words
"""

import mmap
import os
import pathlib
import signal
import tempfile
import time
import unittest

import numpy
from gridcast_bench import figures
from gridcast_e2e import tap, wait
from gridcast_e2e.stage import Stage

PROGRAM = os.environ["BENCH_CAMERA"]
WIDTH, HEIGHT, PICTURES = 320, 180, 5
PICTURE_BYTES = WIDTH * HEIGHT * 3 // 2
HEADER = f"YUV4MPEG2 C420 W{WIDTH} H{HEIGHT} Ip F30:1 A1:1\n".encode()
ROW_HEIGHT = HEIGHT // 45


def make_film(path):
    """Grey pictures, each brighter than the one before."""
    with open(path, "wb") as file:
        file.write(HEADER)
        for number in range(PICTURES):
            file.write(b"FRAME\n" + bytes([60 + 20 * number]) * PICTURE_BYTES)


def read_strip(data):
    luma = numpy.frombuffer(data, numpy.uint8, WIDTH * HEIGHT).reshape(HEIGHT, WIDTH)
    words = []
    for row in range(2):
        blocks = luma[row * ROW_HEIGHT + ROW_HEIGHT // 2, WIDTH // 64 :: WIDTH // 32]
        words.append(int("".join("1" if block > 128 else "0" for block in blocks), 2))
    below = luma[2 * ROW_HEIGHT :]
    return *words, int(below.min()), int(below.max())


class CameraTest(unittest.TestCase):
    def setUp(self):
        logs = self.enterContext(tempfile.TemporaryDirectory(prefix="gridcast-"))
        self.stage = self.enterContext(Stage("/", logs))
        self.folder = self.stage.make_folder("camera")
        self.film = self.folder / "film.y4m"
        make_film(self.film)
        self.output = self.folder / "output"

    def start(self, kind, film=None):
        return self.stage.start("camera", [PROGRAM, film or self.film, kind, self.output])

    def check(self, data, number):
        """The picture is this one of the film, and of now, give or take a slow machine."""
        word, check, darkest, brightest = read_strip(data)
        taken = figures.decode(word, check, time.monotonic() * 1000)
        self.assertIsNotNone(taken, f"{word:x} {check:x}")
        self.assertEqual(taken[1], number)
        self.assertEqual((darkest, brightest), (60 + 20 * number,) * 2)
        return taken[0]

    def read_film(self, count):
        with open(self.output, "rb") as fifo:
            self.assertEqual(fifo.readline(), HEADER)
            before = 0
            numbers = []
            for _ in range(count):
                self.assertEqual(fifo.read(6), b"FRAME\n")
                data = fifo.read(PICTURE_BYTES)
                numbers.append(read_strip(data)[0] & 0x1FF)
                taken = self.check(data, numbers[-1])
                self.assertGreaterEqual(taken, before)
                before = taken
        # A slow reader may miss some, but not the first.
        self.assertEqual(numbers[0], 0)
        self.assertEqual(set(numbers), set(range(PICTURES)))

    @staticmethod
    def has_open(program, path):
        return any(link.readlink() == path for link in pathlib.Path(f"/proc/{program.pid}/fd").iterdir())

    def test_fifo(self):
        """A FIFO gives the film in a circle, each picture numbered and timed, to one reader after another"""
        camera = self.start("fifo")
        camera.wait_for_log("^ready")
        self.read_film(4 * PICTURES)
        # It notices with its next picture that nobody reads any more.
        wait.until(lambda: not self.has_open(camera, self.output), "the camera to close the FIFO")
        self.read_film(4 * PICTURES)
        self.assertEqual(camera.stop(signal.SIGTERM), 0)
        self.assertRegex(camera.log(), r'"late_p99_ms": \d+')

    def test_file(self):
        """A file gives the time of reading, and each reading brings the next picture"""
        camera = self.start("file")
        camera.wait_for_log("^ready")
        size = len(HEADER) + 6 + PICTURE_BYTES
        with open(self.output, "rb") as file, mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ) as seen:

            def shows(number):
                """Looking at the mapping is no reading."""
                return read_strip(seen[len(HEADER) + 6 :])[0] & 0x1FF == number

            for number in [*range(PICTURES), 0, 1]:
                wait.until(lambda wanted=number: shows(wanted), f"picture {number}", interval=0.01)
                data = os.pread(file.fileno(), size, 0)[len(HEADER) + 6 :]
                word, check, *_ = read_strip(data)
                # One that is torn tells so, and counts as read.
                if figures.decode(word, check, time.monotonic() * 1000):
                    self.check(data, number)
        self.assertEqual(camera.stop(signal.SIGTERM), 0)

    def test_refused(self):
        """What is no film, or does not suit the strip, is refused in words"""
        odd = b"YUV4MPEG2 C420 W330 H180 F30:1\nFRAME\n" + bytes(330 * 180 * 3 // 2)
        for content in (b"", b"no film\n", HEADER, odd, b"YUV4MPEG2 " + b"x" * 1000):
            bad = self.folder / "bad.y4m"
            bad.write_bytes(content)
            camera = self.start("fifo", bad)
            wait.until(lambda c=camera: not c.running, "the camera to refuse")
            self.assertEqual(camera.popen.returncode, 1)
            self.assertIn("bad.y4m", camera.log())


if __name__ == "__main__":
    tap.main()
