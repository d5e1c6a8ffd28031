# SPDX-License-Identifier: GPL-3.0-or-later
"""What no sender can beat: the picture age behind a link whose future is known.

An oracle sizes each frame to 90 % of what the link will carry before the next one is taken, never
leaves a queue, and sends the newest frame when the link comes back. Capture, coding and display
take it no time.
"""

import bisect

PACKET_BYTES = 1500
FRAME_MS = 1000 / 30
USED_SHARE = 0.9
# The first seconds belong to the start, which has figures of its own.
SKIPPED_MS = 3000
SAMPLE_MS = 10
# A link that has let nothing through for so long has stalled.
STALL_MS = 150
# What lies in its queue by then: two small pictures, sent before anybody can know.
CAUGHT_PACKETS = 4


def read_trace(path, seconds):
    """Departures in ms of one packet each; a trace that ends begins again."""
    once = [int(line) for line in path.read_text(encoding="ascii").split()]
    departures, base = [], 0
    while not departures or departures[-1] < seconds * 1000:
        departures += [base + at for at in once]
        base += once[-1]
    return departures


def make_trace(rate_at, seconds):
    """Departures of a link whose rate in bit/s is a function of the time in ms."""
    departures, credit = [], 0.0
    for at in range(int(seconds * 1000) + 1000):
        credit += rate_at(at) / 1000
        while credit >= PACKET_BYTES * 8:
            credit -= PACKET_BYTES * 8
            departures.append(at)
    return departures


def percentile(values, share):
    """Of sorted values."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else None


def sample_ages(shown, start_ms, end_ms):
    """shown: pairs of when a picture was seen and when it was taken, both in ms, in any order.

    Returns the age of the newest one at every 10 ms, with the times; before any picture it counts
    from 0, when all began.
    """
    order = sorted(shown)
    ages, newest, next_one, now = [], 0.0, 0, float(start_ms)
    while now < end_ms:
        while next_one < len(order) and order[next_one][0] <= now:
            newest = max(newest, order[next_one][1])
            next_one += 1
        ages.append((now, now - newest))
        now += SAMPLE_MS
    return ages


def surprised(departures):
    """The departures that are left for fresh pictures where nobody can foresee a stall: the first of
    those after it go to what lies in the queue. Who has been warned sends nothing more until that
    has gone, and as much again."""
    left, caught, fresh, last = [], 0, CAUGHT_PACKETS, departures[0] if departures else 0
    for at in departures:
        if at - last > STALL_MS and fresh >= CAUGHT_PACKETS:
            caught, fresh = CAUGHT_PACKETS, 0
        if caught:
            caught -= 1
        else:
            left.append(at)
            fresh += 1
        last = at
    return left


def oracle(departures, seconds, delay_ms):
    """Returns when which picture arrives, as sample_ages() wants it, and the bits that were sent."""
    end = seconds * 1000
    arrivals, bits, capture = [], 0, 0.0
    while capture < end:
        first = bisect.bisect_left(departures, capture)
        until = bisect.bisect_left(departures, capture + FRAME_MS)
        if until > first:
            packets = max(1, int((until - first) * USED_SHARE))
            arrivals.append((departures[first + packets - 1] + delay_ms, capture))
            bits += packets * PACKET_BYTES * 8
        elif first < len(departures):
            arrivals.append((departures[first] + delay_ms, capture))
        capture += FRAME_MS
    return arrivals, bits
