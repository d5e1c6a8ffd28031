# SPDX-License-Identifier: GPL-3.0-or-later
"""Programs that die at any moment: terminal and center, by SIGKILL from outside or at one of their
own writes (tests/support/sudden-death.c)."""

import dataclasses
import os
import re
import select
import signal
import subprocess
import time
import types
import urllib.parse

from gridcast_e2e import wait
from program import CenterProgram

TERMINAL = os.environ["TORTURE_TERMINAL"]
SHIM = os.environ["SUDDEN_DEATH"]
HOW = ("before", "torn", "flat")
# The usual end of a program that does not answer any more.
PATIENCE_S = 60
# No key ring: credentials go to a file. Complaints end nobody here, but see find_complaints().
ENVIRONMENT = {"DBUS_SESSION_BUS_ADDRESS": "disabled:", "G_DEBUG": ""}
# glib-networking and libsoup ask a connection for its peer once it is accepted, and do not expect that
# it was reset by then; nothing comes of it.
KNOWN = ("g_object_unref: assertion 'G_IS_OBJECT (object)' failed", "could not get remote address: ")


@dataclasses.dataclass(frozen=True)
class Death:
    """At which of its writes a program dies, and how; see sudden-death.c."""

    at: int
    how: str

    @classmethod
    def draw(cls, rng, most):
        """In one of five, early writes are as likely as late ones, counted in powers of two."""
        at = int(most ** rng.random()) if rng.random() < 0.2 else rng.randint(1, most)
        return cls(at, rng.choice(HOW))

    def environment(self, folder):
        return {
            "LD_PRELOAD": SHIM,
            "SUDDEN_DEATH_BELOW": str(folder),
            "SUDDEN_DEATH_AT": str(self.at),
            "SUDDEN_DEATH_HOW": self.how,
        }


def find_complaints(folder):
    """What programs whose logs are there said that none should ever say."""
    lines = [line for log in folder.glob("*.log") for line in log.read_text(errors="replace").splitlines()]
    return [line for line in lines if re.search(r"(CRITICAL|WARNING) \*\*", line) and not any(known in line for known in KNOWN)]


def sanitizer_options(death):
    """Whoever is killed says nothing of leaks, and whoever meets a fault says where; the shim stands
    before the sanitizer."""
    options = [os.environ.get("ASAN_OPTIONS", ""), "detect_leaks=0", "handle_abort=1", "handle_sigtrap=1"]
    if death:
        options.append("verify_asan_link_order=0")
    return {"ASAN_OPTIONS": ":".join(filter(None, options))}


class Mortal:
    """A running program: its output is read by lines, its complaints go to a log."""

    def __init__(self, command, folder, log, death=None):
        environment = {**os.environ, **ENVIRONMENT, **sanitizer_options(death)}
        if death:
            environment |= death.environment(os.path.realpath(folder))
        with open(log, "ab") as complaints:
            self.popen = subprocess.Popen(
                # It does not outlive the thread that started it.
                ["setpriv", "--pdeathsig", "KILL", *map(str, command)],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                env=environment,
                start_new_session=True,
            )
        self.lines = []
        self._log = log
        self._rest = b""
        self._open = True

    @property
    def running(self):
        return self.popen.poll() is None

    def log(self):
        """What it has said so far."""
        self.read(0)
        return "".join(line + "\n" for line in self.lines)

    def tell(self, *words):
        """Returns whether it was there to listen."""
        try:
            self.popen.stdin.write(("\t".join(map(str, words)) + "\n").encode())
        except BrokenPipeError:
            return False
        return True

    def read(self, seconds):
        """Waits so long for new lines, and returns them; a line that has no end was never said."""
        if not self._open or not select.select([self.popen.stdout], [], [], max(0, seconds))[0]:
            return []
        data = os.read(self.popen.stdout.fileno(), 65536)
        self._open = bool(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        lines = [line.decode() for line in lines]
        self.lines += lines
        return lines

    @property
    def silent(self):
        """Whether its output has ended: it is dead, or about to be."""
        return not self._open

    def wait_for(self, pattern, may_die=False):
        """The first line that matches; None if it dies before and may."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            self.read(0.2)
            match = next(filter(None, (re.fullmatch(pattern, line) for line in self.lines)), None)
            if match or (self.silent and may_die):
                return match
            if self.silent:
                raise RuntimeError(f"it ended without “{pattern}”, see {self._log}:\n{self.tail()}")
            if time.monotonic() > deadline:
                raise wait.Late(f"waited {PATIENCE_S} s for “{pattern}”; it said:\n{self.tail()}")

    def tail(self):
        return "\n".join(self.lines[-25:])

    def pause(self, seconds):
        """It stands still for so long, as on a machine that has others to serve first."""
        self.popen.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.popen.send_signal(signal.SIGCONT)

    def kill(self):
        """Ends it, whatever it does; returns what it said until then and had not been read."""
        self.popen.kill()
        return self.bury()

    def bury(self):
        """As kill(), for one that is dying by itself."""
        last = []
        deadline = time.monotonic() + PATIENCE_S
        while self._open and time.monotonic() < deadline:
            last += self.read(1)
        self.popen.wait(PATIENCE_S)
        self.popen.stdin.close()
        self.popen.stdout.close()
        return last

    def stop(self, sign=signal.SIGTERM):
        """Ends it as an operator does."""
        self.popen.send_signal(sign)
        return self.bury()

    def leave(self):
        """Ends it as its window does."""
        self.popen.stdin.close()
        return self.bury()

    def fault(self, expected=-signal.SIGKILL):
        """What is wrong with the end of a dead program, or None."""
        status = self.popen.returncode
        return None if status == expected else f"it ended with {status}, see {self._log}:\n{self.tail()}"


class MortalTerminal:
    """A handset: its folder stays, its program comes and goes."""

    def __init__(self, folder, log):
        self.folder = folder
        self.log = log
        self.database = folder / "gridcast.db"
        self.program = None

    def start(self, death=None):
        self.program = Mortal([TERMINAL, self.folder], self.folder, self.log, death)
        return self.program


class MortalCenter(CenterProgram):
    """The center: wherever it listens when it comes back, the lines lead there."""

    def __init__(self, folder, log, network, *options):
        self.folder = folder
        self.log = log
        self.network = network
        super().__init__(types.SimpleNamespace(folder=folder.parent), folder.name, *options)

    @property
    def database(self):
        return self.data / "center.db"

    @property
    def photos(self):
        return self.data / "files"

    def launch(self, death=None):
        """Starts it; it is not there before await_console() has come back."""
        self.program = Mortal(self.command(), self.folder, self.log, death)
        return self.program

    def await_console(self, may_die=False):
        """Returns whether it lived to be there."""
        match = self.program.wait_for(r"console (https://\S+)", may_die)
        if not match:
            return False
        self.url = match[1]
        self.port = urllib.parse.urlsplit(self.url).port
        self.network.lead_to(self.port)
        return True

    def start(self):
        self.launch()
        self.await_console()

    def kill(self):
        """Returns what is wrong with its end, or None."""
        self.network.lead_to(None)
        self.program.kill()
        return self.program.fault()

    def stop(self):
        """As an operator does; returns what is wrong with its end, or None."""
        self.network.lead_to(None)
        self.program.stop()
        return self.program.fault(expected=0)
