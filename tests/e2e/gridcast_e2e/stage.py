# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts programs and makes sure that none outlives the one who started it."""

import contextlib
import ctypes
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile

from . import wait

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)


class Program:
    """A running program whose output goes to a file."""

    def __init__(self, name, popen, log, offset):
        self.name = name
        self.popen = popen
        self._log = log
        self._offset = offset

    @property
    def pid(self):
        return self.popen.pid

    @property
    def running(self):
        return self.popen.poll() is None

    def log(self):
        """What it has said since it was started."""
        return self._log.read_bytes()[self._offset :].decode(errors="replace")

    def wait_for_log(self, pattern, seconds=15):
        """Waits for a line that matches and returns the match; ends early if the program does."""

        def look():
            match = re.search(pattern, self.log(), re.MULTILINE)
            if not match and not self.running:
                raise RuntimeError(f"{self.name} ended with {self.popen.returncode}:\n{self.tail()}")
            return match

        return wait.until(look, lambda: f"“{pattern}” from {self.name}; it said:\n{self.tail()}", seconds)

    def tail(self, lines=25):
        return "\n".join(self.log().splitlines()[-lines:])

    def stop(self, sign=signal.SIGTERM, seconds=10):
        """Ends the program and what it started in its session; returns its exit status."""
        if self.running:
            self.popen.send_signal(sign)
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        return self.popen.returncode

    def kill(self):
        """What a flat battery does."""
        return self.stop(signal.SIGKILL)


class Stage:
    """Owns programs and folders; everything is gone when the with block is left.

    Programs get SIGKILL when this process dies, and what they leave behind is adopted and ended.
    """

    def __init__(self, prefix, logs, environment=None):
        self.prefix = pathlib.Path(prefix)
        self.logs = pathlib.Path(logs)
        self.environment = dict(os.environ if environment is None else environment)
        self._exit = contextlib.ExitStack()
        self._programs = []
        self.logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self):
        adopt_orphans()
        self._exit.callback(end_descendants)
        # The name keeps sockets below it short: their paths are limited to 107 bytes.
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="gridcast-"))
        self._exit.callback(shutil.rmtree, self.folder, ignore_errors=True)
        return self

    def __exit__(self, *_):
        self._exit.close()

    def program_path(self, name):
        return str(self.prefix / "bin" / name)

    def make_folder(self, name):
        folder = self.folder / name
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    def start(self, name, command, environment=None, **popen_arguments):
        """Starts a program; its output goes to logs/NAME.log, a second start appends to it."""
        log = self.logs / f"{name}.log"
        again = any(program.name == name for program in self._programs)
        offset = log.stat().st_size if again else 0
        with open(log, "ab" if again else "wb") as out:
            popen = subprocess.Popen(
                [str(word) for word in command],
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**self.environment, **(environment or {})},
                start_new_session=True,
                preexec_fn=die_with_parent,
                **{"stdin": subprocess.DEVNULL, **popen_arguments},
            )
        program = Program(name, popen, log, offset)
        self._programs.append(program)
        self._exit.callback(program.stop)
        return program

    def on_exit(self, callback, *arguments):
        self._exit.callback(callback, *arguments)

    def crashed(self):
        """Names of programs that died of a fault of their own, with the end of their logs."""
        faults = (-signal.SIGSEGV, -signal.SIGABRT, -signal.SIGTRAP, -signal.SIGBUS, -signal.SIGFPE)
        return [f"{p.name}:\n{p.tail()}" for p in self._programs if p.popen.poll() in faults]


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def adopt_orphans():
    """Makes this process the parent of whatever its programs leave behind."""
    LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_descendants():
    """Kills what programs left behind; as their subreaper we are its parent now."""
    for pid in children_of(os.getpid()):
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def children_of(pid):
    try:
        text = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii")
        return [int(word) for word in text.split()]
    except OSError:
        return []


def leave_on_signals():
    """Makes SIGTERM and SIGHUP run the clean-up, as Ctrl-C does."""

    def leave(number, _):
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)
