# SPDX-License-Identifier: GPL-2.0
"""Who can save a process tree and start it again: kcr, and Debian's criu."""
import json
import os
import shutil
import subprocess
import time

SECONDS = 600


class Failure(Exception):
    """A contender could not do it, in its own words."""


def run(args, log):
    """Seconds that a command takes; what it said is in the file."""
    begun = time.monotonic()
    with open(log, "wb") as said:
        done = subprocess.run(args, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                              timeout=SECONDS, check=False)
    took = time.monotonic() - begun
    if done.returncode:
        with open(log, errors="replace") as said:
            words = said.read().strip().split("\n")[-1]
        raise Failure(f"{args[0]} ended with {done.returncode}: {words}")
    return took


class Contender:
    """One way to do it; its images are under a folder of its own."""

    name = ""

    def __init__(self, folder):
        self.folder = f"{folder}/{self.name}"
        self.pause = None   # seconds that it says the program stood still

    def _empty(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def bytes(self):
        """Size of the image."""
        return sum(entry.stat().st_size for entry in os.scandir(self.folder))


class Kcr(Contender):
    """This project's."""

    name = "kcr"

    def save(self, pid, kill):
        self._empty()
        took = run(["checkpoint", "-q", "--json", "-o", f"{self.folder}/image",
                    *(["-k"] if kill else []), str(pid)], f"{self.folder}/log")
        with open(f"{self.folder}/log") as said:
            self.pause = json.load(said)["pause_ns"] / 1e9
        return took

    def restart(self):
        return run(["restart", "-q", "-d", f"{self.folder}/image"], f"{self.folder}/log")


class Criu(Contender):
    """Checkpoint/Restore In Userspace, as the distribution has it."""

    name = "criu"

    def save(self, pid, kill):
        self._empty()
        return run(["criu", "dump", "-t", str(pid), "-D", self.folder, "-o", "dump.log",
                    *([] if kill else ["--leave-running"])], f"{self.folder}/said")

    def restart(self):
        return run(["criu", "restore", "-D", self.folder, "-o", "restore.log", "-d"],
                   f"{self.folder}/said")


def contenders(folder, alone):
    """Those that work here; criu's own check warms it, too."""
    yield Kcr(folder)
    if not alone and shutil.which("criu") and not subprocess.run(
            ["criu", "check"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            check=False).returncode:
        yield Criu(folder)
