# SPDX-License-Identifier: GPL-2.0
"""The program that is saved and restarted (subject.c), from outside."""
import collections
import os
import signal
import subprocess
import time

from yard import program

SECONDS = 120
BEATS = 0.0005      # what a gap is without anybody's doing

# What it tells of the time since it was asked last; times in seconds, `over` as a date.
Told = collections.namedtuple("Told", "gap over units rewritten seconds forked")


class Lost(Exception):
    """It is not what it was, or does not answer."""


def children(pid):
    """Of all its threads."""
    for tid in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{tid}/children") as file:
            yield from map(int, file.read().split())


def until(condition, what):
    end = time.monotonic() + SECONDS
    while not condition():
        if time.monotonic() > end:
            raise Lost(what)
        time.sleep(0.005)


class Subject:
    """One of them: started here, or by a contender's restart."""

    def __init__(self, folder, args):
        self.said = f"{folder}/said"
        with open(self.said, "wb") as out:
            os.set_blocking(out.fileno(), True)
        with open(self.said, "ab") as out:
            self.process = subprocess.Popen([program("subject"), *args], cwd="/", start_new_session=True,
                                            stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.pid = self.process.pid
        until(lambda: self._lines() or self.process.poll() is not None, "does not begin")
        if self.process.poll() is not None:
            raise Lost("ended: " + " ".join(self._lines()))
        self.fork = int(self._lines()[0]) / 1e9
        self.shape = self.look()
        self.size = None

    def _lines(self):
        with open(self.said) as file:
            return [line for line in file.read().split("\n")[:-1] if line]

    def ask(self):
        """What has become of it since it was asked last."""
        before = len(self._lines())
        os.kill(self.pid, signal.SIGUSR1)
        until(lambda: len(self._lines()) > before, "does not answer")
        gap, over, units, rewritten, seconds, forked = map(int, self._lines()[-1].split())
        return Told(max(gap / 1e9 - BEATS, 0), over / 1e9, units, rewritten, seconds / 1e9,
                    forked / 1e9)

    def save_by_fork(self):
        """A child that it forks writes its memory to the file, if there is one; until it ends."""
        before = len(list(children(self.pid)))
        os.kill(self.pid, signal.SIGUSR2)
        until(lambda: len(list(children(self.pid))) > before, "does not fork")
        until(lambda: len(list(children(self.pid))) == before, "does not save itself")

    def look(self):
        """Processes, threads and descriptors that it has now."""
        family = [self.pid, *children(self.pid)]
        return (len(family),
                sum(len(os.listdir(f"/proc/{pid}/task")) for pid in family),
                sum(len(os.listdir(f"/proc/{pid}/fd")) for pid in family))

    def check(self):
        """It must be what it was."""
        shape = self.look()
        if shape != self.shape:
            raise Lost(f"had {self.shape} processes, threads, descriptors, and has {shape}")

    def remember(self):
        """The output as it is now is what a restart finds."""
        self.size = os.path.getsize(self.said)

    def gone(self):
        """Wait until an end that somebody else has made is over."""
        self.process.poll()
        until(lambda: self.process.poll() is not None or
              not os.path.exists(f"/proc/{self.pid}"), "does not end")

    def kill(self):
        family = [self.pid]
        try:
            family += children(self.pid)
        except OSError:
            pass
        for pid in family:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.gone()
        until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in family),
              "is not gone")
        if self.size is not None:
            os.truncate(self.said, self.size)
