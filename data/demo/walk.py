#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes walk.nmea: ten minutes on foot around the dam of a reservoir in Linhai, one fix a second.

The walk ends where it began, so that it can be replayed in a loop: along the crest of the dam, a
stop of three quarters of a minute at the spillway, and back along the shore. Every random-looking
part is a sum of waves whose periods divide the whole, which makes the file the same every time.
"""
import math

SECONDS = 600
STOP = range(215, 260)
# The path in metres east and north of the dam's west end.
ORIGIN = (120.97120, 28.90410)
PATH = [(0, 0), (60, 35), (125, 55), (190, 60), (240, 30), (255, -30), (215, -80), (150, -95),
        (95, -75), (40, -60), (5, -30)]
METRES = 111195.0
KNOT = 0.514444


def curve(t):
    """A closed Catmull-Rom curve through the path, 0 <= t < 1."""
    at = t * len(PATH)
    i, u = int(at), at - int(at)
    a, b, c, d = (PATH[(i + k) % len(PATH)] for k in (-1, 0, 1, 2))
    return tuple(0.5 * (2 * b[k] + (c[k] - a[k]) * u + (2 * a[k] - 5 * b[k] + 4 * c[k] - d[k]) * u ** 2
                        + (3 * b[k] - a[k] - 3 * c[k] + d[k]) * u ** 3) for k in (0, 1))


STEPS = 20000
SAMPLES = [curve(i / STEPS) for i in range(STEPS)] + [curve(0)]
LENGTHS = [0.0]
for start, end in zip(SAMPLES, SAMPLES[1:]):
    LENGTHS.append(LENGTHS[-1] + math.dist(start, end))


def place(distance):
    low, high = 0, STEPS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if LENGTHS[middle] <= distance else (low, middle)
    (x, y), (x2, y2) = SAMPLES[low], SAMPLES[high]
    return x, y, math.degrees(math.atan2(x2 - x, y2 - y)) % 360


def wave(second, *parts):
    """parts: (amplitude, how many periods in the whole, phase)"""
    return sum(size * math.sin(2 * math.pi * count * second / SECONDS + phase) for size, count, phase in parts)


def pace(second):
    return 0.0 if second in STOP else 1.0 + wave(second, (0.12, 23, 0.3), (0.08, 61, 1.1))


def checked(body):
    total = 0
    for character in body:
        total ^= ord(character)
    return f"${body}*{total:02X}"


def angle(degrees, width):
    whole = int(abs(degrees))
    return f"{whole:0{width}d}{(abs(degrees) - whole) * 60:08.5f}"


scale = LENGTHS[-1] / sum(map(pace, range(SECONDS)))
distance = 0.0
for second in range(SECONDS):
    x, y, bearing = place(distance)
    # What a receiver in a pocket adds: up to two metres that drift slowly.
    x += wave(second, (0.9, 7, 0.2), (0.5, 31, 2.0), (0.3, 83, 4.0))
    y += wave(second, (0.8, 5, 1.3), (0.6, 29, 0.7), (0.3, 71, 5.1))
    lat = ORIGIN[1] + y / METRES
    lon = ORIGIN[0] + x / (METRES * math.cos(math.radians(ORIGIN[1])))
    time = f"01{second // 60:02d}{second % 60:02d}.00"
    hdop = 0.9 + wave(second, (0.1, 11, 0), (0.1, 37, 1))
    satellites = 11 + round(wave(second, (1.4, 13, 0)))
    altitude = 63.0 + wave(second, (0.8, 3, 0))
    speed = pace(second) * scale
    course = f"{bearing:.1f}" if speed > 0 else ""
    print(checked(f"GNGGA,{time},{angle(lat, 2)},N,{angle(lon, 3)},E,1,{satellites:02d},{hdop:.1f},{altitude:.1f},M,9.7,M,,"))
    print(checked(f"GNRMC,{time},A,{angle(lat, 2)},N,{angle(lon, 3)},E,{speed / KNOT:.2f},{course},241126,,,A"))
    distance += speed
