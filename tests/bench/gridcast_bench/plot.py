# SPDX-License-Identifier: GPL-3.0-or-later
"""Picture age as SVG: for each scene over time, and as a distribution."""

import math
from xml.sax.saxutils import escape

COLOURS = {"floor": "#8a8f98", "gridcast": "#1a5fb4", "chromium": "#c64600"}
ORDER = ("floor", "chromium", "gridcast")
LOW_MS, HIGH_MS = 20, 20_000
MARKS_MS = (50, 100, 200, 400, 1000, 2000, 5000, 10_000)
SHARES = (0, 0.5, 0.9, 0.95, 0.99)
PANEL_WIDTH, CURVE_WIDTH, PANEL_HEIGHT = 640, 300, 150
LEFT, TOP, GAP, SCENE_HEIGHT = 60, 60, 60, 220
# One point for each so many samples of 10 ms.
THINNING = 5


def height_of(age_ms):
    """From the bottom of a panel, logarithmic."""
    bounded = min(HIGH_MS, max(LOW_MS, age_ms))
    return PANEL_HEIGHT * math.log(bounded / LOW_MS) / math.log(HIGH_MS / LOW_MS)


def share_position(share):
    """Spreads out what is rare: 0, 0.9, 0.99 and 0.999 stand at equal distances."""
    return CURVE_WIDTH * min(1.0, -math.log10(max(1e-3, 1 - share)) / 3)


def line(points, colour):
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.2"/>'


def text(x, y, words, anchor="start", size=11):
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}">{escape(words)}</text>'


def frame(x, y, width):
    parts = [f'<rect x="{x}" y="{y}" width="{width}" height="{PANEL_HEIGHT}" fill="none" stroke="#c0c4cc"/>']
    for mark in MARKS_MS:
        at = y + PANEL_HEIGHT - height_of(mark)
        parts.append(f'<line x1="{x}" x2="{x + width}" y1="{at:.1f}" y2="{at:.1f}" stroke="#e6e8ec"/>')
    return parts


def age_labels(x, y):
    return [
        text(x - 6, y + PANEL_HEIGHT - height_of(mark) + 4, f"{mark} ms" if mark < 1000 else f"{mark // 1000} s", "end")
        for mark in MARKS_MS
    ]


def draw_over_time(x, y, seconds, ages):
    parts = frame(x, y, PANEL_WIDTH) + age_labels(x, y)
    for who in ORDER:
        points = [
            (x + PANEL_WIDTH * at / (seconds * 1000), y + PANEL_HEIGHT - height_of(age))
            for at, age in ages.get(who, [])[::THINNING]
        ]
        parts.append(line(points, COLOURS[who]))
    step = 10 if seconds <= 60 else 20
    parts += [
        text(x + PANEL_WIDTH * at / seconds, y + PANEL_HEIGHT + 14, f"{at} s", "middle")
        for at in range(0, seconds + 1, step)
    ]
    return parts


def draw_distribution(x, y, ages):
    parts = frame(x, y, CURVE_WIDTH)
    for who in ORDER:
        values = sorted(age for _, age in ages.get(who, []))
        points = [
            (x + share_position(index / len(values)), y + PANEL_HEIGHT - height_of(value))
            for index, value in enumerate(values)
        ]
        parts.append(line(points, COLOURS[who]))
    for share in SHARES:
        parts.append(text(x + share_position(share), y + PANEL_HEIGHT + 14, f"p{share * 100:.0f}", "middle"))
    return parts


def draw(path, scenes):
    """scenes: (title, seconds, who: ages with their times), in order."""
    width = LEFT + PANEL_WIDTH + GAP + CURVE_WIDTH + 30
    height = TOP + SCENE_HEIGHT * len(scenes)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" fill="#1e1e1e">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        text(LEFT, 22, "Picture age: how long ago the newest picture on the screen was taken", size=15),
    ]
    for index, who in enumerate(ORDER):
        parts.append(f'<rect x="{LEFT + 110 * index}" y="31" width="14" height="4" fill="{COLOURS[who]}"/>')
        parts.append(text(LEFT + 20 + 110 * index, 38, who))
    for index, (title, seconds, ages) in enumerate(scenes):
        y = TOP + SCENE_HEIGHT * index + 20
        parts.append(text(LEFT, y - 6, title, size=13))
        parts += draw_over_time(LEFT, y, seconds, ages)
        parts += draw_distribution(LEFT + PANEL_WIDTH + GAP, y, ages)
    path.write_text("\n".join([*parts, "</svg>", ""]), encoding="utf-8")
