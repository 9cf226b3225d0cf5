# SPDX-License-Identifier: GPL-2.0
"""Who can save a process tree and start it again: kcr, and Debian's criu."""
import functools
import json
import os
import shutil
import subprocess

from yard import timed


class Contender:
    """One way to do it; its images are under a folder of its own."""

    name = ""

    def __init__(self, folder):
        self.folder = f"{folder}/{self.name}"
        self.pause = None   # seconds that it says the program stood still

    def empty(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)

    def bytes(self):
        """Size of the image."""
        return sum(entry.stat().st_size for entry in os.scandir(self.folder))


class Kcr(Contender):
    """This project's."""

    name = "kcr"

    def save_as(self, name, pid, *options):
        """Into a file of that name in the folder; seconds."""
        log = f"{self.folder}/log"
        took = timed(["checkpoint", "-q", "--json", "-o", f"{self.folder}/{name}", *options,
                      str(pid)], log)
        with open(log) as said:
            self.pause = json.load(said)["pause_ns"] / 1e9
        return took.seconds

    def save(self, pid, kill):
        self.empty()
        return self.save_as("image", pid, *(["-k"] if kill else []))

    def restart(self, *options):
        return timed(["restart", "-q", "-d", *options, f"{self.folder}/image"],
                     f"{self.folder}/log")


class Criu(Contender):
    """Checkpoint/Restore In Userspace, as the distribution has it."""

    name = "criu"

    def save(self, pid, kill):
        self.empty()
        return timed(["criu", "dump", "-t", str(pid), "-D", self.folder, "-o", "dump.log",
                      *([] if kill else ["--leave-running"])], f"{self.folder}/said").seconds

    def restart(self):
        return timed(["criu", "restore", "-D", self.folder, "-o", "restore.log", "-d"],
                     f"{self.folder}/said")


@functools.cache
def criu_works():
    """Its own check warms it, too."""
    return bool(shutil.which("criu")) and not subprocess.run(
        ["criu", "check"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False).returncode


def contenders(folder, alone):
    """Those that work here."""
    yield Kcr(folder)
    if not alone and criu_works():
        yield Criu(folder)
