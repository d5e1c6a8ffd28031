#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""./dev demo: a field terminal pairs with a command center, streams, and carries out a task.

Nothing is faked but the camera's picture and the GPS track: the programs are the installed ones,
the phone is used through its accessibility interface and the console through a real browser. Each
step prints what happened and how long it took; build/demo/ gets screenshots and summary.json.
"""

import argparse
import json
import os
import pathlib
import sys
import time
import traceback

from gridcast_e2e import stage, wait
from gridcast_e2e.camera import Camera
from gridcast_e2e.center import Center
from gridcast_e2e.chromium import Chromium
from gridcast_e2e.desk import Desk
from gridcast_e2e.dispatcher import PASSWORD, USER, Dispatcher
from gridcast_e2e.terminal import Terminal
from gridcast_e2e.worker import Worker

CENTER_NAME = "Riverside Command"
WORKER_NAME = "Mei Chen"
TASK = {
    "title": "Check the water gauge at gate 3",
    "description": "Read the staff from the bank, stay behind the railing. Two readings, five minutes apart.",
    "urgency": "urgent",
    "place_name": "Gate 3, left bank",
}
NOTE = "Level 3.42 m, rising 2 cm in five minutes. Railing is sound."
FRAMES_WANTED = 50
POSITIONS_WANTED = 3


class Demo:
    def __init__(self, on_stage, output, with_display):
        self.stage = on_stage
        self.output = output
        self.with_display = with_display
        self.track = pathlib.Path(__file__).resolve().parents[2] / "data/demo/walk.nmea"
        self.summary = {
            "paired": False,
            "frames_decoded": 0,
            "first_frame_ms": None,
            "positions_received": 0,
            "task_states": [],
            "screenshots": [],
            "steps": [],
        }
        self.terminal_id = None

    STEPS = (
        ("the center starts on an empty folder", "start_center"),
        ("the terminal starts", "start_terminal"),
        ("the dispatcher opens the one-time link and makes an account", "make_account"),
        ("the console shows a pairing code", "offer_code"),
        ("the terminal's camera sees it, the worker agrees", "pair"),
        ("the worker goes on duty", "go_on_duty"),
        ("the position moves on the map", "watch_position"),
        ("the dispatcher asks for live video, the terminal rings", "ask_for_live"),
        ("the worker accepts, the first frame is decoded", "accept_live"),
        ("video and sound arrive", "watch_live"),
        ("the dispatcher sends a task, with a place from the map", "send_task"),
        ("the worker accepts it", "accept_task"),
        ("the worker is on the way", "set_out"),
        ("the worker has arrived", "arrive"),
        ("the task is done, with a note", "finish_task"),
        ("the live video ends, and the worker reads who watched", "end_live"),
    )

    def run(self):
        begin = time.monotonic()
        for number, (words, method) in enumerate(self.STEPS, 1):
            start = time.monotonic()
            print(f"{number:3}  {words} ", end="", flush=True)
            getattr(self, method)()
            seconds = time.monotonic() - start
            self.summary["steps"].append({"step": words, "seconds": round(seconds, 2)})
            print(f"{'.' * max(2, 66 - len(words))} {seconds:5.1f} s", flush=True)
        self.summary["seconds"] = round(time.monotonic() - begin, 1)

    def picture(self, name, of):
        """Keeps a screenshot of the phone or the console."""
        path = self.output / f"{len(self.summary['screenshots']) + 1:02}-{name}.png"
        if of.screenshot(path) is not False:
            self.summary["screenshots"].append(str(path.relative_to(self.output)))

    # --- the steps ---

    def start_center(self):
        self.camera = Camera(self.stage)
        self.camera.paint_scene()
        self.center = Center(self.stage, called=CENTER_NAME)

    def start_terminal(self):
        desk = Desk(self.stage, use_display=self.with_display)
        desk.start_secret_service()
        self.terminal = Terminal(self.stage, desk, camera=self.camera.path, nmea=self.track)
        self.worker = Worker(self.terminal, CENTER_NAME)
        self.terminal.find("Point the camera at the code")

    def make_account(self):
        self.browser = Chromium(self.stage, self.center)
        self.dispatcher = Dispatcher(self.browser, self.center)
        self.dispatcher.make_account()

    def offer_code(self):
        self.dispatcher.offer_pairing(WORKER_NAME)
        self.picture("console-pairing", self.browser)
        self.code_seen = self.dispatcher.photograph_code(self.stage.folder / "code.png")

    def pair(self):
        self.camera.look_at_screen(self.code_seen)
        self.worker.find_question()
        self.picture("phone-pairing", self.terminal)
        self.worker.confirm_pairing()
        self.worker.wait_until_paired()
        self.terminal_id = self.dispatcher.finish_pairing()
        self.summary["paired"] = True
        self.camera.look_at_scene()

    def go_on_duty(self):
        self.worker.go_on_duty()
        self.dispatcher.wait_for_standing(self.terminal_id, "duty")
        self.dispatcher.select(self.terminal_id)

    def watch_position(self):
        first = wait.until(lambda: self.dispatcher.marker(self.terminal_id), "the terminal on the map")
        text = self.dispatcher.position(self.terminal_id)
        wait.until(
            lambda: self.dispatcher.marker(self.terminal_id) != first
            and self.dispatcher.position(self.terminal_id) != text,
            "the terminal to move on the map",
            30,
        )
        wait.until(self._count_positions, f"{POSITIONS_WANTED} positions at the center", 30)

    def _count_positions(self):
        self.summary["positions_received"] = self.dispatcher.positions_received(self.terminal_id)
        return self.summary["positions_received"] >= POSITIONS_WANTED

    def ask_for_live(self):
        self.dispatcher.ask_for_live(self.terminal_id, "The gauge at gate 3, please")
        self.terminal.find("The center asks for live video")
        self.dispatcher.tile(self.terminal_id, "ringing")
        self.picture("phone-ringing", self.terminal)

    def accept_live(self):
        accepted_at = self.worker.accept_live()
        self.dispatcher.tile(self.terminal_id, "live")
        first_at = wait.until(
            lambda: self.dispatcher.first_frame_at(self.terminal_id), "the first frame", 30
        )
        self.summary["first_frame_ms"] = round((first_at - accepted_at) * 1000)

    def watch_live(self):
        self.dispatcher.wait_for_frames(self.terminal_id, FRAMES_WANTED)
        self.summary["live"] = wait.until(self._sound_arrives, "sound")
        self.terminal.find("1 watching")
        self.picture("phone-live", self.terminal)
        self.worker.go_back()

    def _sound_arrives(self):
        statistics = self.dispatcher.statistics()
        return statistics if statistics.get("audioBytes", 0) > 0 else None

    def send_task(self):
        self.dispatcher.send_task(self.terminal_id, **TASK, place=(70, -45), deadline=in_minutes(45))
        self.terminal.find(TASK["title"])
        self.dispatcher.wait_for_task("delivered")
        self.picture("phone-home", self.terminal)

    def accept_task(self):
        self.worker.open_task(TASK["title"])
        self.picture("phone-task", self.terminal)
        self._step("accepted")

    def set_out(self):
        self._step("en-route")
        self.picture("console", self.browser)

    def arrive(self):
        self._step("arrived")

    def _step(self, state):
        self.worker.step(state)
        self.summary["task_states"] = self.dispatcher.wait_for_task(state)

    def finish_task(self):
        self.worker.finish(NOTE)
        self.summary["task_states"] = self.dispatcher.wait_for_task("done")
        self.browser.find("#task-history", NOTE)
        self.picture("console-done", self.browser)

    def end_live(self):
        self.summary["frames_decoded"] = self.dispatcher.frames(self.terminal_id)
        self._count_positions()
        self.dispatcher.end_live(self.terminal_id)
        self.worker.go_back()
        self.terminal.click("Menu")
        self.terminal.click("Who watched")
        self.terminal.find(USER)
        self.picture("phone-who-watched", self.terminal)


def in_minutes(minutes):
    return time.strftime("%Y-%m-%dT%H:%M", time.localtime(time.time() + 60 * minutes))


def stay_open(demo):
    """Leaves everything to the user until Ctrl-C, or until the terminal's window is closed."""
    print(f"\nThe console is at {demo.center.url} (user {USER}, password “{PASSWORD}”; your browser will")
    print("warn about the center's own certificate). The terminal's window is yours. Ctrl-C ends it all.")
    try:
        demo.terminal.program.popen.wait()
    except KeyboardInterrupt:
        print()


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="Shows the whole of Gridcast at work.")
    parser.add_argument("--prefix", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--output", required=True, type=pathlib.Path, help=argparse.SUPPRESS)
    parser.add_argument("--headless", action="store_true", help="use a virtual screen even where there is a display")
    arguments = parser.parse_args()
    has_display = bool(os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY"))
    with_display = has_display and not arguments.headless

    stage.leave_on_signals()
    arguments.output.mkdir(parents=True, exist_ok=True)
    for old in arguments.output.glob("*.png"):
        old.unlink()
    with stage.Stage(arguments.prefix, arguments.output / "logs") as on_stage:
        demo = Demo(on_stage, arguments.output, with_display)
        try:
            demo.run()
            succeeded = True
        except KeyboardInterrupt:
            print("\ninterrupted")
            return 130
        except Exception as error:  # noqa: BLE001: whatever fails, the step has failed
            succeeded = False
            report_failure(demo, error)
        demo.summary["succeeded"] = succeeded
        text = json.dumps(demo.summary, indent=2, ensure_ascii=False)
        (arguments.output / "summary.json").write_text(text + "\n", encoding="utf-8")
        if succeeded:
            print_result(demo)
            if with_display:
                stay_open(demo)
        return 0 if succeeded else 1


def report_failure(demo, error):
    print(f"FAILED\n\n{error}\n")
    (demo.output / "failure.txt").write_text(traceback.format_exc(), encoding="utf-8")
    for name in ("terminal", "browser"):
        subject = getattr(demo, name, None)
        if subject is not None:
            try:
                demo.picture(f"failure-{name}", subject)
            except Exception as second:  # noqa: BLE001: it may be what has failed
                print(f"no picture of the {name}: {second}")
    for crash in demo.stage.crashed():
        print(f"it crashed: {crash}")
    print(f"logs and pictures are in {demo.output}")


def print_result(demo):
    summary = demo.summary
    print(
        f"\n{summary['frames_decoded']} frames decoded, the first {summary['first_frame_ms']} ms after "
        f"“Accept”; {summary['positions_received']} positions; task {' → '.join(summary['task_states'])}"
    )
    print(f"{len(summary['screenshots'])} screenshots and summary.json are in {demo.output}")


if __name__ == "__main__":
    sys.exit(main())
