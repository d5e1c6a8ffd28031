# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for a condition, always with a deadline."""

import time


# What a machine that is slow or busy gets, as meson's timeouts have it.
PATIENCE = 3


class Late(AssertionError):
    """What was waited for did not happen in time."""


def until(condition, what, seconds=15, interval=0.1, swallow=()):
    """Polls condition until it returns something true, and returns that.

    seconds is what a machine needs at most that does nothing else. what completes the sentence
    "waited 45 s for ..."; a callable is asked only after the deadline, so that it can say what was
    there instead. Exceptions in swallow count as "not yet".
    """
    seconds *= PATIENCE
    deadline = time.monotonic() + seconds
    last = None
    while True:
        try:
            result = condition()
            last = None
        except swallow as error:
            result, last = None, error
        if result:
            return result
        if time.monotonic() > deadline:
            text = what() if callable(what) else what
            raise Late(f"waited {seconds} s for {text}" + (f" ({last})" if last else ""))
        time.sleep(interval)
