# SPDX-License-Identifier: GPL-3.0-or-later
"""From what the receiver noted to the figures of one run."""

import csv
import statistics

from . import floor

FRAME_BITS = 9
TIME_RANGE = 1 << (32 - FRAME_BITS)
ALL_BITS = 0xFFFFFFFF
# Nothing older than this is believed to be a picture's age.
AGE_MAX_MS = 120_000
LATE_MS, VERY_LATE_MS = 400, 1000
START_MS = 3000
LINK_USED = 0.85
SETTLED_MS = 300
SETTLE_WINDOW_MS = 10_000


def read_table(path):
    with open(path, newline="", encoding="ascii") as file:
        return list(csv.DictReader(file))


def decode(word, check, shown_ms):
    """The strip's two rows: when the picture was taken and its number; None if it cannot be read."""
    times, numbers = [], []
    for bits in (word, check ^ ALL_BITS):
        times.append(bits >> FRAME_BITS)
        numbers.append(bits & ((1 << FRAME_BITS) - 1))
    # The camera may have turned over to the next millisecond between the rows.
    if numbers[0] != numbers[1] or (times[0] - times[1]) % TIME_RANGE not in (0, 1, TIME_RANGE - 1):
        return None
    age = (shown_ms - times[0]) % TIME_RANGE
    return (shown_ms - age, numbers[0]) if age < AGE_MAX_MS else None


class Notes:
    """What the receiver wrote during one run; times in ms since the link's start."""

    def __init__(self, folder, start_ms, seconds):
        self.folder = folder
        self.seconds = seconds
        self.shown, self.sizes, self.bad, self.read_frames = [], [], 0, 0
        for row in read_table(folder / "frames.csv"):
            at = float(row["shown_ms"])
            taken = decode(int(row["word"]), int(row["check"]), at)
            if at - start_ms > seconds * 1000:
                continue
            self.read_frames += 1
            if taken is None:
                self.bad += 1
                continue
            self.shown.append((at - start_ms, taken[0] - start_ms))
            self.sizes.append(int(row["height"]))
        self.stats = [(float(row["at_ms"]) - start_ms, row) for row in read_table(folder / "stats.csv")]
        self.wire = [
            (float(row["at_ms"]) - start_ms, int(row["bytes"])) for row in read_table(folder / "wire.csv")
        ]

    def ages(self, from_ms=floor.SKIPPED_MS, until_ms=None):
        return floor.sample_ages(self.shown, from_ms, until_ms or self.seconds * 1000)

    def picture_bits(self):
        """Of the picture alone: neither headers nor padding, repetition, repair."""
        if not self.stats:
            return 0
        bits = 0
        # A connection that is made anew counts from zero.
        last = None
        for at, row in self.stats:
            if at > self.seconds * 1000:
                break
            now = {k: int(row[k] or 0) for k in ("bytesReceived", "retransmittedBytesReceived", "fecBytesReceived")}
            count = now["bytesReceived"] - now["retransmittedBytesReceived"] - now["fecBytesReceived"]
            bits += 8 * (count if last is None or count < last else count - last)
            last = count
        return bits

    def wire_bits(self, from_ms, until_ms):
        """What left the link on the viewer's side, headers and all."""
        before = [count for at, count in self.wire if at <= from_ms]
        within = [count for at, count in self.wire if at <= until_ms]
        first = before[-1] if before else (self.wire[0][1] if self.wire else 0)
        return 8 * (within[-1] - first) if within else 0

    def counter(self, name):
        values = [int(row[name]) for at, row in self.stats if row[name] and at <= self.seconds * 1000]
        return max(values, default=0)


def age_figures(ages):
    values = sorted(age for _, age in ages)
    return {
        "age_p50": floor.percentile(values, 0.50),
        "age_p95": floor.percentile(values, 0.95),
        "age_p99": floor.percentile(values, 0.99),
        "late": sum(age > LATE_MS for age in values) / len(values),
        "very_late": sum(age > VERY_LATE_MS for age in values) / len(values),
        "age_max": values[-1],
    }


def time_to_use_link(notes, rate):
    """Seconds until a whole second has used 85 % of the link; None if none has."""
    for end in range(1000, notes.seconds * 1000, 100):
        if notes.wire_bits(end - 1000, end) >= LINK_USED * rate:
            return end / 1000
    return None


def time_to_settle(notes, event_ms):
    """Seconds after the event until the age is under 300 ms, for the rest of 10 s; None if it is not."""
    ages = notes.ages(event_ms, min(event_ms + SETTLE_WINDOW_MS, notes.seconds * 1000))
    if ages[-1][1] > SETTLED_MS:
        return None
    old = [at for at, age in ages if age > SETTLED_MS]
    return (old[-1] - event_ms + floor.SAMPLE_MS) / 1000 if old else 0.0


def time_to_fresh_picture(notes, event_ms):
    """Seconds after the event at which a picture is seen that was taken after it."""
    fresh = [at for at, taken in notes.shown if taken >= event_ms]
    return (min(fresh) - event_ms) / 1000 if fresh else None


def run_figures(notes, scene, event_ms, event_end_ms):
    figures = age_figures(notes.ages())
    figures["first_picture"] = min(notes.shown)[0] / 1000 if notes.shown else None
    figures["fps"] = len(notes.shown) / notes.seconds
    figures["bad_strips"] = notes.bad / max(1, notes.read_frames)
    figures["height"] = statistics.median(notes.sizes) if notes.sizes else None
    figures["picture_bps"] = notes.picture_bits() / notes.seconds
    figures["wire_bps"] = notes.wire_bits(0, notes.seconds * 1000) / notes.seconds
    for name in ("freezeCount", "keyFramesDecoded", "nackCount", "pliCount", "packetsLost"):
        figures[name] = notes.counter(name)
    if scene.is_fixed:
        rate = scene.rates[0][1]
        figures["start_share"] = notes.wire_bits(0, START_MS) / (rate * START_MS / 1000)
        figures["start_third"] = notes.wire_bits(START_MS - 1000, START_MS) / rate
        figures["start_time"] = time_to_use_link(notes, rate)
    if scene.has_step:
        figures["settle_down"] = time_to_settle(notes, event_ms)
    if scene.has_outage:
        figures["fresh"] = time_to_fresh_picture(notes, event_end_ms)
    return figures
