# SPDX-License-Identifier: GPL-3.0-or-later
"""The links over which both publishers are measured."""

import dataclasses
import pathlib

from . import floor

MBIT = 1_000_000
QUEUE_BYTES = 300_000
DELAY_MS = 20
FILLED_BPS = 5 * MBIT
QUICK_SECONDS = 30
# What happens to a link, happens then.
EVENT_MS = 10_000
EVENT_END_MS = 20_000


@dataclasses.dataclass(frozen=True)
class Scene:
    name: str
    title: str
    seconds: int
    quick: bool
    rates: tuple = ()  # (from ms, bit/s), in order
    trace: str | None = None
    loss: str = ""
    delay_ms: int = DELAY_MS
    # The part of the run that goes by before processor time is counted. Chromium needs half a minute
    # until it sends 720 lines.
    warm_up: float = 0.1

    def up(self, traces):
        """As the link emulator is told."""
        words = [f"delay={self.delay_ms}", f"queue={QUEUE_BYTES}", "seed=1"]
        if self.trace:
            words.append(f"trace={traces / self.trace}")
        elif self.has_outage:
            words += [f"rate={self.rates[0][1]}", f"outage={EVENT_MS}-{EVENT_END_MS}"]
        elif len(self.rates) > 1:
            words.append("steps=" + "/".join(f"{at}:{rate}" for at, rate in self.rates))
        else:
            words.append(f"rate={self.rates[0][1]}")
        if self.loss:
            words.append(self.loss)
        return ",".join(words)

    def down(self):
        outage = f",outage={EVENT_MS}-{EVENT_END_MS}" if self.has_outage else ""
        return f"delay={self.delay_ms},rate={50 * MBIT},queue={QUEUE_BYTES},seed=2{outage}"

    @property
    def has_outage(self):
        return any(rate == 0 for _, rate in self.rates)

    @property
    def has_step(self):
        return len(self.rates) > 1 and not self.has_outage

    @property
    def is_fixed(self):
        """Whether it is known at every moment what the link carries, and that video can fill it."""
        return len(self.rates) == 1 and not self.loss and self.rates[0][1] <= FILLED_BPS

    def rate_at(self, at_ms):
        return [rate for since, rate in self.rates if since <= at_ms][-1]

    def departures(self, traces, seconds):
        if self.trace:
            return floor.read_trace(pathlib.Path(traces) / self.trace, seconds)
        return floor.make_trace(self.rate_at, seconds)

    def warm_up_ms(self, seconds):
        return seconds * 1000 * self.warm_up

    def duration(self, quick):
        return min(self.seconds, QUICK_SECONDS) if quick else self.seconds


SCENES = (
    Scene("verizon", "LTE in a moving car (Verizon)", 100, True, trace="Verizon-LTE-short.up"),
    Scene("att", "LTE in a moving car (AT&T)", 100, False, trace="ATT-LTE-driving-2016.up"),
    Scene("tmobile", "3G in a moving car (T-Mobile)", 100, False, trace="TMobile-UMTS-driving.up"),
    Scene("fixed", "2 Mbit/s", 60, True, rates=((0, 2 * MBIT),)),
    Scene("loss", "2 Mbit/s, 5 % random loss", 60, True, rates=((0, 2 * MBIT),), loss="loss=0.05"),
    Scene("bursts", "2 Mbit/s, 1 % lost in bursts of 10", 60, False, rates=((0, 2 * MBIT),), loss="burst-loss=0.01:10"),
    Scene(
        "far", "2 Mbit/s, 150 ms each way, 2 % random loss", 60, False,
        rates=((0, 2 * MBIT),), loss="loss=0.02", delay_ms=150,
    ),
    Scene(
        "outage", "2 Mbit/s, nothing for 10 s", 60, True,
        rates=((0, 2 * MBIT), (EVENT_MS, 0), (EVENT_END_MS, 2 * MBIT)),
    ),
    Scene(
        "step", "3 Mbit/s, 400 kbit/s for 10 s, 3 Mbit/s", 60, True,
        rates=((0, 3 * MBIT), (EVENT_MS, 400_000), (EVENT_END_MS, 3 * MBIT)),
    ),
    Scene("lan", "LAN, 50 Mbit/s", 60, True, rates=((0, 50 * MBIT),), delay_ms=1, warm_up=0.5),
)  # fmt: skip
