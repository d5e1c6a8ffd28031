# SPDX-License-Identifier: GPL-3.0-or-later
"""From what was shown and sent to the figures of each change of uplink."""

import bisect
import math
import statistics

from . import floor

# The stream is on an uplink when so much goes over it within this time, and more than over the other.
WINDOW_MS = 500
WINDOW_BYTES = 5000
STEP_MS = 50


def bytes_between(rows, from_ms, until_ms):
    """rows: times and counts since the beginning, both rising."""

    def count(at_ms):
        index = bisect.bisect_right(rows, (at_ms, math.inf)) - 1
        return rows[index][1] if index >= 0 else 0

    return count(until_ms) - count(from_ms)


def carries(rows, others, until_ms):
    """Whether the stream is on the uplink of rows rather than on that of others."""
    here, there = (bytes_between(one, until_ms - WINDOW_MS, until_ms) for one in (rows, others))
    return here >= WINDOW_BYTES and here > there


def steps(from_ms, until_ms):
    return (from_ms + STEP_MS * count for count in range(1, int((until_ms - from_ms) / STEP_MS) + 1))


def time_to_carry(rows, others, from_ms, until_ms):
    """Until an uplink had enough of the stream that then was on it; None if it has not got it."""
    for end in steps(from_ms + WINDOW_MS - STEP_MS, until_ms):
        if carries(rows, others, end):
            begin = end - WINDOW_MS
            return next(at for at in steps(begin, end) if bytes_between(rows, begin, at) >= WINDOW_BYTES) - from_ms
    return None


def time_to_picture(shown, from_ms, until_ms):
    """Until a picture is seen that was taken after it; None if there is none."""
    fresh = [at for at, taken in shown if taken >= from_ms and at <= until_ms]
    return min(fresh) - from_ms if fresh else None


def oldest_ms(shown, from_ms, until_ms):
    """How old the newest picture on the screen became meanwhile."""
    return max((age for _, age in floor.sample_ages(shown, from_ms, until_ms)), default=None)


def event_figures(event, shown, better, other):
    """event: kind (“cut” or “return” of the better uplink), at_ms and until_ms. better and other:
    bytes sent over the two uplinks."""
    from_ms, until_ms = event["at_ms"], event["until_ms"]
    target, rest = (other, better) if event["kind"] == "cut" else (better, other)
    return {
        "picture_ms": time_to_picture(shown, from_ms, until_ms),
        "oldest_ms": oldest_ms(shown, from_ms, until_ms),
        "moved_ms": time_to_carry(target, rest, from_ms, until_ms),
    }


def middle_and_worst(values):
    """What has not happened is later than all that has."""
    filled = [math.inf if value is None else value for value in values]
    return (statistics.median(filled), max(filled)) if filled else (None, None)
