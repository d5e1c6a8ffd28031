#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paints what the demo's camera looks at: a river at dusk in the rain. scene.py OUT.mp4

A rising river with a gauge, a barge going by, rain, a hand that is not quite still: enough motion
to keep an encoder honest, and no end that shows when it is played in a loop.
"""

import math
import subprocess
import sys

import numpy

WIDTH, HEIGHT, RATE, SECONDS = 1280, 720, 25, 8
# The picture is painted larger than it is shown, so that the hand can sway.
MARGIN = 24
FULL_WIDTH, FULL_HEIGHT = WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN
HORIZON = 372
BANK = 402
TURN = 2 * math.pi

XS = numpy.arange(FULL_WIDTH, dtype=numpy.float32)
YS = numpy.arange(FULL_HEIGHT, dtype=numpy.float32)[:, None]


def blend(low, high, amount):
    """Colours between two, for an array of amounts from 0 to 1."""
    amount = numpy.clip(amount, 0, 1)[..., None]
    return numpy.asarray(low, numpy.float32) * (1 - amount) + numpy.asarray(high, numpy.float32) * amount


def box(picture, left, top, right, bottom, colour):
    picture[max(0, int(top)) : max(0, int(bottom)), max(0, int(left)) : max(0, int(right))] = colour


def paint_land():
    """What stands still: sky, hills, the town on the far bank with its lit windows."""
    picture = numpy.empty((FULL_HEIGHT, FULL_WIDTH, 3), numpy.float32)
    picture[:] = blend((44, 62, 92), (226, 160, 118), YS[:, 0] / HORIZON)[:, None, :]
    glow = numpy.exp(-(((XS - 930) / 260) ** 2) - ((YS - HORIZON) / 130) ** 2)
    picture += glow[..., None] * numpy.float32((60, 34, 6))
    far = HORIZON - 78 - 26 * numpy.sin(XS / 171 + 1) - 14 * numpy.sin(XS / 67)
    near = HORIZON - 34 - 18 * numpy.sin(XS / 113 + 4) - 7 * numpy.sin(XS / 31)
    picture[YS > far] = (92, 92, 112)
    picture[YS > near] = (62, 68, 82)
    paint_town(picture, numpy.random.default_rng(7))
    box(picture, 0, HORIZON + 4, FULL_WIDTH, BANK, (48, 50, 54))
    box(picture, 0, HORIZON + 4, FULL_WIDTH, HORIZON + 9, (92, 94, 96))
    return picture


def paint_town(picture, random):
    left = -10
    while left < FULL_WIDTH:
        width, height = random.integers(38, 92), random.integers(36, 128)
        shade = random.integers(34, 52)
        box(picture, left, HORIZON - height, left + width, HORIZON + 6, (shade, shade + 4, shade + 14))
        for x in range(left + 7, left + width - 8, 13):
            for y in range(HORIZON - height + 9, HORIZON - 8, 16):
                if random.random() < 0.42:
                    box(picture, x, y, x + 6, y + 8, (244, 196 + random.integers(0, 36), 124))
        left += width + random.integers(-4, 22)


class Water:
    """The river mirrors the far bank; the ripples grow towards us.

    It is painted at half size, which is a quarter of the work, and rain hides it.
    """

    def __init__(self):
        self.xs = XS[::2]
        self.ys = YS[BANK::2]
        depth = (self.ys - BANK) / (FULL_HEIGHT - BANK)
        self.step = 1 + 7 * depth
        self.own = blend((35, 37, 42), (13, 19, 25), depth[:, 0])[:, None, :]
        self.mirrored = (0.5 * (1 - 0.55 * depth))[..., None]

    def paint(self, picture, turn):
        """turn runs from 0 to 1."""
        xs, ys, step = self.xs, self.ys, self.step
        ripple = (
            numpy.sin(xs / (22 * step) + ys / (3.1 * step) + TURN * 6 * turn)
            + 0.7 * numpy.sin(xs / (9 * step) - ys / (2.3 * step) + TURN * 11 * turn)
            + 0.5 * numpy.sin(xs / (57 * step) + ys / (5.7 * step) - TURN * 4 * turn)
        )
        mirror_y = numpy.clip(BANK - (ys - BANK) * 0.9 - 6 + 5 * step * ripple, 0, BANK - 1).astype(numpy.int32)
        mirror_x = numpy.clip(xs + 2.5 * step * ripple, 0, FULL_WIDTH - 1).astype(numpy.int32)
        water = self.own + picture[mirror_y, mirror_x] * self.mirrored
        water += (numpy.clip(ripple - 1.25, 0, 1) * 62)[..., None]
        picture[BANK:] = water.repeat(2, axis=0).repeat(2, axis=1)


def paint_barge(picture, turn):
    left = -330 + (FULL_WIDTH + 660) * turn
    sink = 2 * math.sin(TURN * 3 * turn)
    top = 458 + sink
    box(picture, left, top, left + 300, top + 34, (36, 28, 30))
    box(picture, left + 6, top - 6, left + 294, top, (118, 52, 40))
    box(picture, left + 214, top - 40, left + 268, top - 5, (206, 202, 190))
    box(picture, left + 222, top - 33, left + 260, top - 18, (248, 214, 140))
    for index in range(4):
        box(picture, left + 20 + 46 * index, top - 18, left + 58 + 46 * index, top - 5, (70, 88, 96))
    reach = picture[int(top + 34) : int(top + 62), max(0, int(left)) : max(0, int(left + 300))]
    reach *= 0.55


def paint_gauge(picture, turn):
    """The staff that the worker reads: a mark for each ten centimetres."""
    left, top, bottom = 214, 250, 700
    box(picture, left - 8, top - 8, left + 76, bottom, (64, 60, 58))
    box(picture, left, top, left + 60, bottom - 14, (238, 236, 226))
    for index, y in enumerate(range(top + 8, bottom - 30, 22)):
        colour = (178, 30, 34) if index % 10 < 5 else (26, 28, 32)
        box(picture, left + (30 if index % 2 else 6), y, left + 54, y + 11, colour)
    level = 566 + 5 * math.sin(TURN * 2 * turn) + 2 * math.sin(TURN * 7 * turn)
    box(picture, left - 8, level, left + 76, bottom, (40, 50, 60))
    box(picture, left - 12, level - 3, left + 80, level + 2, (176, 188, 196))


def paint_lights(picture, turn):
    """A fire engine on the far bank, with its blue light."""
    left, top = 842, HORIZON - 24
    box(picture, left, top, left + 78, top + 26, (170, 34, 30))
    box(picture, left + 54, top + 4, left + 74, top + 14, (206, 222, 230))
    for x in (left + 12, left + 58):
        box(picture, x, top + 22, x + 11, top + 32, (18, 18, 20))
    if (turn * SECONDS * 4) % 2 < 1:
        box(picture, left + 36, top - 6, left + 50, top, (120, 170, 255))
        rows, columns = slice(top - 100, top + 94), slice(left - 107, left + 193)
        glow = numpy.exp(-(((XS[columns] - left - 43) / 60) ** 2) - ((YS[rows] - top + 3) / 40) ** 2)
        picture[rows, columns] += glow[..., None] * numpy.float32((24, 50, 120))


def make_rain():
    random = numpy.random.default_rng(11)
    return (
        random.integers(0, FULL_WIDTH, 340),
        random.random(340),
        random.integers(9, 26, 340),
        random.integers(6, 12, 340),
    )


def paint_rain(picture, rain, turn):
    for x, start, length, speed in zip(*rain, strict=True):
        y = int(((start + speed * turn) % 1) * (FULL_HEIGHT + 40)) - 40
        if y + length > 0:
            streak = picture[max(0, y) : y + length, x : x + 1]
            streak += (255 - streak) * 0.28


def crop(picture, turn):
    """The hand that holds the camera."""
    x = MARGIN + int(round(11 * math.sin(TURN * turn) + 5 * math.sin(TURN * 3 * turn + 1)))
    y = MARGIN + int(round(8 * math.sin(TURN * 2 * turn + 2) + 3 * math.sin(TURN * 5 * turn)))
    return picture[y : y + HEIGHT, x : x + WIDTH]


# Which of the seven segments each digit lights: top, upper left, upper right, middle, lower left,
# lower right, bottom.
SEGMENTS = ("1110111", "0010010", "1011101", "1011011", "0111010", "1101011", "1101111", "1010010", "1111111", "1111011")


def paint_clock(picture, number):
    """Seconds and hundredths in the corner, to see at a glance that and how late it runs."""
    box(picture, WIDTH - 150, HEIGHT - 62, WIDTH - 18, HEIGHT - 16, (16, 18, 20))
    left = WIDTH - 138
    for character in f"{number / RATE:05.2f}":
        if character == ".":
            box(picture, left, HEIGHT - 28, left + 4, HEIGHT - 24, (255, 214, 120))
            left += 10
            continue
        places = ((3, 0, 15, 4), (0, 2, 4, 14), (14, 2, 18, 14), (3, 13, 15, 17))
        places += ((0, 16, 4, 28), (14, 16, 18, 28), (3, 26, 15, 30))
        for lit, (x0, y0, x1, y1) in zip(SEGMENTS[int(character)], places, strict=True):
            if lit == "1":
                box(picture, left + x0, HEIGHT - 54 + y0, left + x1, HEIGHT - 54 + y1, (255, 214, 120))
        left += 26


def frames():
    land, rain, water = paint_land(), make_rain(), Water()
    count = RATE * SECONDS
    for number in range(count):
        turn = number / count
        picture = land.copy()
        paint_lights(picture, turn)
        water.paint(picture, turn)
        paint_barge(picture, turn)
        paint_gauge(picture, turn)
        paint_rain(picture, rain, turn)
        shown = crop(picture, turn)
        paint_clock(shown, number)
        yield numpy.clip(shown, 0, 255).astype(numpy.uint8).tobytes()


def paint(path):
    """Writes the scene as an MP4 file."""
    encoder = subprocess.Popen(
        ["gst-launch-1.0", "-q", "fdsrc", "fd=0", "!", "rawvideoparse", "format=rgb"]
        + [f"width={WIDTH}", f"height={HEIGHT}", f"framerate={RATE}/1", "!"]
        + ["videoconvert", "!", "x264enc", "speed-preset=superfast", "quantizer=21", "pass=quant"]
        + [f"key-int-max={RATE}", "!", "h264parse", "!", "mp4mux", "!", "filesink", f"location={path}"],
        stdin=subprocess.PIPE,
    )
    for frame in frames():
        encoder.stdin.write(frame)
    encoder.stdin.close()
    if encoder.wait() != 0:
        raise SystemExit("the scene could not be encoded")


if __name__ == "__main__":
    paint(sys.argv[1])
