# SPDX-License-Identifier: GPL-3.0-or-later
"""The figures of ./dev bench live as a table."""

import statistics

from . import floor
from .figures import age_figures
from .publishers import CHROMIUM, OURS

FLOOR, RATIO = "floor", "ratio"
NOTHING = "·"
BUSY_MARK = "!"


def median_figures(runs):
    """Of each figure over the runs that have it; a run in doubt counts like the others."""
    keys = dict.fromkeys(key for run in runs for key in run)
    medians = {}
    for key in keys:
        values = [run[key] for run in runs if run.get(key) is not None]
        medians[key] = statistics.median(values) if values else None
    medians["busy"] = sum(bool(run["busy"]) for run in runs)
    return medians


def floor_figures(scene, traces, seconds):
    """The figures that no sender can beat, and the ages behind them."""
    arrivals, bits = floor.oracle(scene.departures(traces, seconds), seconds, scene.delay_ms)
    ages = floor.sample_ages(arrivals, floor.SKIPPED_MS, seconds * 1000)
    return {**age_figures(ages), "picture_bps": bits / seconds, "added": 0.0, "of_oracle": 1.0}, ages


def complete(figures, bound):
    """Adds what is told relative to the floor."""
    added = {}
    if figures.get("age_p95") is not None:
        added["added"] = figures["age_p95"] - bound["age_p95"]
        added["of_oracle"] = figures["picture_bps"] / bound["picture_bps"]
    return {**figures, **added}


def ratios(ours, theirs):
    def divide(key):
        a, b = ours.get(key), theirs.get(key)
        return a / b if a is not None and b else None

    keys = ("age_p50", "age_p95", "age_p99", "added", "late", "very_late", "picture_bps", "of_oracle", "cpu", "fps")
    return {key: divide(key) for key in keys}


def number(pattern, factor=1):
    return lambda value: pattern.format(value * factor)


# heading, key, how a figure is written
COLUMNS = (
    ("p50", "age_p50", number("{:.0f}")),
    ("p95", "age_p95", number("{:.0f}")),
    ("p99", "age_p99", number("{:.0f}")),
    ("p95+", "added", number("{:.0f}")),
    (">400ms", "late", number("{:.1f}%", 100)),
    (">1s", "very_late", number("{:.1f}%", 100)),
    ("SSIM", "ssim", number("{:.4f}")),
    ("dB", "ssim_db", number("{:.2f}")),
    ("Mbit/s", "picture_bps", number("{:.2f}", 1e-6)),
    ("oracle", "of_oracle", number("{:.0f}%", 100)),
    ("CPU", "cpu", number("{:.3f}")),
    ("fps", "fps", number("{:.1f}")),
    ("lines", "height", number("{:.0f}")),
)
WIDTH = 8


def table_line(name, figures, ratio=False):
    cells = []
    for _, key, write in COLUMNS:
        value = figures.get(key)
        cells.append(NOTHING if value is None else f"×{value:.2f}" if ratio else write(value))
    return f"  {name:<12}" + "".join(f"{cell:>{WIDTH}}" for cell in cells)


def seconds_text(value):
    return "not" if value is None else f"{value:.2f} s"


def extra_lines(scene, figures):
    """What only some scenes have."""
    for who in (OURS, CHROMIUM):
        run = figures.get(who, {})
        if "start_time" in run:
            yield (
                f"  {who}: 85 % of the link used: {seconds_text(run['start_time'])};"
                f" of the first 3 s {run['start_share']:.0%}, in the third {run['start_third']:.0%}"
            )
        if "settle_down" in run:
            yield f"  {who}: age under 300 ms again after the step down: {seconds_text(run['settle_down'])}"
        if "fresh" in run:
            yield f"  {who}: fresh picture after the link's return: {seconds_text(run['fresh'])}"


def targets(scene, figures):
    """What the project wants of the scene: sentences and whether they hold."""
    bound, ours, theirs = (figures.get(key) for key in (FLOOR, OURS, CHROMIUM))
    if not ours:
        return
    if scene.is_fixed:
        reached = ours["start_time"]
        yield f"85 % of the link within 3 s: {seconds_text(reached)}", reached is not None and reached <= 3
        yield f"p95 under 150 ms: {ours['age_p95']:.0f}", ours["age_p95"] < 150
    if scene.has_step:
        settled = ours["settle_down"]
        yield f"under 300 ms within 1 s of the step: {seconds_text(settled)}", settled is not None and settled <= 1
    if scene.has_outage:
        fresh = ours["fresh"]
        yield f"fresh picture within 0.5 s: {seconds_text(fresh)}", fresh is not None and fresh <= 0.5
    if scene.loss:
        yield f"no picture older than 400 ms: oldest {ours['age_max']:.0f}", ours["age_max"] <= 400
    if not theirs:
        return
    if scene.trace:
        share = ours["added"] / theirs["added"] if theirs["added"] > 0 else float("inf")
        yield f"p95 adds at most a third of Chromium's: {share:.2f}", share <= 1 / 3
        rate = ours["picture_bps"] / theirs["picture_bps"] if theirs["picture_bps"] else float("inf")
        yield f"at least twice Chromium's rate: {rate:.2f}", rate >= 2
        if ours["ssim_db"] is not None and theirs["ssim_db"] is not None:
            gain = ours["ssim_db"] - theirs["ssim_db"]
            yield f"SSIM at least 1 dB higher: {gain:+.2f}", gain >= 1
    if scene.loss:
        gain = ours["age_p95"] - theirs["age_p95"]
        yield f"p95 below Chromium's: {gain:+.0f} ms", gain < 0
    if scene.name == "lan":
        gain = ours["age_p50"] - theirs["age_p50"]
        yield f"p50 below Chromium's: {gain:+.0f} ms", gain < 0
        yield (
            f"CPU not above Chromium's: {ours['cpu'] - theirs['cpu']:+.3f}, at {ours['ssim_warm_db'] or 0:.2f} and"
            f" {theirs['ssim_warm_db'] or 0:.2f} dB"
        ), ours["cpu"] <= theirs["cpu"]


def scene_text(scene, seconds, runs, figures):
    """The block of one scene. runs: who: figures of each run; figures: medians, with the floor."""
    counts = ", ".join(f"{len(ran)} × {who}" for who, ran in runs.items())
    lines = [f"{scene.name}: {scene.title}; {seconds} s, {counts}"]
    lines.append(f"  {'':<12}" + "".join(f"{heading:>{WIDTH}}" for heading, _, _ in COLUMNS))
    lines.append(table_line(FLOOR, figures[FLOOR]))
    for who in (OURS, CHROMIUM):
        if who in figures:
            busy = figures[who]["busy"]
            mark = f"  {BUSY_MARK} machine busy in {busy} of {len(runs[who])}" if busy else ""
            lines.append(table_line(who, figures[who]) + mark)
    if OURS in figures and CHROMIUM in figures:
        lines.append(table_line(RATIO, ratios(figures[OURS], figures[CHROMIUM]), ratio=True))
    lines += extra_lines(scene, figures)
    for sentence, holds in targets(scene, figures):
        lines.append(f"  {'met   ' if holds else 'MISSED'}  {sentence}")
    return "\n".join(lines) + "\n"
