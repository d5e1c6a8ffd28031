# SPDX-License-Identifier: GPL-3.0-or-later
"""SSIM of what was shown against what the camera saw, by libavfilter's own ssim (luma)."""

import math
import pathlib
import re
import tempfile
from fractions import Fraction

import av
import av.error
import av.filter
import numpy

from .figures import FRAME_BITS, TIME_RANGE

STRIP_SHARE = 45
STRIP_ROWS = 2
NAME = re.compile(r"\d+-(\d+)-(\d+)x(\d+)\.i420")
# Whole blocks: the strip, and a little of what its edges do to the picture below it.
SPARE_ROWS = 8


class Film:
    """The luma of a Y4M film, by the number of the picture."""

    def __init__(self, path):
        self.path = path
        with open(path, "rb") as file:
            header = file.readline()
        words = {word[:1]: word[1:] for word in header.split()[1:]}
        self.width, self.height = int(words[b"W"]), int(words[b"H"])
        self._data = numpy.memmap(path, dtype=numpy.uint8, mode="r")
        self._first = len(header) + len(b"FRAME\n")
        self._step = len(b"FRAME\n") + self.width * self.height * 3 // 2

    def luma(self, number):
        start = self._first + number * self._step
        return self._data[start : start + self.width * self.height].reshape(self.height, self.width)


def read_luma(path, width, height):
    """Of a picture that was received, at its own size."""
    return numpy.fromfile(path, dtype=numpy.uint8, count=width * height).reshape(height, width)


def scale(luma, width, height):
    if luma.shape == (height, width):
        return luma
    frame = av.VideoFrame.from_ndarray(numpy.ascontiguousarray(luma), format="gray")
    return frame.reformat(width=width, height=height, interpolation="BICUBIC").to_ndarray()


def compare(pairs):
    """SSIM of each pair of equally large luma planes."""
    with tempfile.TemporaryDirectory(prefix="gridcast-") as folder:
        report = pathlib.Path(folder) / "ssim"
        graph, sides = None, []
        for number, pair in enumerate(pairs):
            frames = [av.VideoFrame.from_ndarray(numpy.ascontiguousarray(luma), format="gray") for luma in pair]
            if graph is None:
                graph, sides, sink = make_graph(frames[0], report)
            for side, frame in zip(sides, frames, strict=True):
                frame.pts, frame.time_base = number, Fraction(1, 30)
                side.push(frame)
            drain(sink)
        if graph is None:
            return []
        for side in sides:
            side.push(None)
        drain(sink)
        del sides, sink, graph
        return [float(value) for value in re.findall(r"Y:([\d.]+)", report.read_text(encoding="ascii"))]


def make_graph(frame, report):
    graph = av.filter.Graph()
    sides = [
        graph.add_buffer(width=frame.width, height=frame.height, format="gray", time_base=Fraction(1, 30))
        for _ in range(2)
    ]
    ssim, sink = graph.add("ssim", f"stats_file={report}"), graph.add("buffersink")
    for index, side in enumerate(sides):
        side.link_to(ssim, 0, index)
    ssim.link_to(sink)
    graph.configure()
    return graph, sides, sink


def drain(sink):
    try:
        while True:
            sink.pull()
    except (av.error.BlockingIOError, av.error.EOFError):
        pass


def pairs_of(film, paths):
    top = film.height * STRIP_ROWS // STRIP_SHARE + SPARE_ROWS
    for path in paths:
        word, width, height = words_of(path)
        seen = scale(read_luma(path, width, height), film.width, film.height)
        yield seen[top:], film.luma(word & ((1 << FRAME_BITS) - 1))[top:]


def words_of(path):
    """The strip, width and height of a picture that was kept."""
    return [int(group) for group in NAME.fullmatch(path.name).groups()]


def mean_db(values):
    mean = sum(values) / len(values)
    return mean, -10 * math.log10(max(1e-9, 1 - mean))


def measure(film, folder, warm_until_ms):
    """Mean SSIM of the pictures in a folder, in dB too; the pictures are then deleted.

    Of those that were taken after warm_until_ms there is a figure of its own, to be seen beside the
    processor time of the same seconds.
    """
    paths = sorted(folder.glob("*.i420"))
    values = compare(pairs_of(film, paths))
    # The strip's clock goes round; a picture is warm if it is less than half a round after that.
    warm = [
        value
        for path, value in zip(paths, values, strict=True)
        if ((words_of(path)[0] >> FRAME_BITS) - warm_until_ms) % TIME_RANGE < TIME_RANGE / 2
    ]
    for path in paths:
        path.unlink()
    figures = {"ssim": None, "ssim_db": None, "ssim_warm_db": None, "ssim_pictures": len(values)}
    if values:
        figures["ssim"], figures["ssim_db"] = mean_db(values)
    if warm:
        figures["ssim_warm_db"] = mean_db(warm)[1]
    return figures
