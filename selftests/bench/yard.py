# SPDX-License-Identifier: GPL-2.0
"""What others need for as much: yard.c's measurements, dd, /bin/true; and noise."""
import collections
import os
import statistics
import subprocess

SECONDS = 900
NOISY = 0.15    # the middle half of the measurements of one and the same thing

Took = collections.namedtuple("Took", "seconds begun")
folder = "/usr/local/lib/kcr-bench"


class Failure(Exception):
    """Something could not be done, in its own words."""


def program(name):
    """Where a program of the benchmark is."""
    return f"{folder}/{name}"


def summary(values):
    """The median of some values, with what they lie between."""
    values = list(values)
    return {"median": statistics.median(values), "least": min(values), "most": max(values),
            "rounds": len(values)}


def words(log):
    """The last line that a command said."""
    try:
        with open(log, errors="replace") as said:
            return said.read().strip().split("\n")[-1]
    except OSError:
        return ""


def timed(args, log="/dev/null"):
    """How long a command takes, from outside of it: no Python is in between."""
    told = subprocess.run([program("yard"), "run", log, *args], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=SECONDS, check=False)
    if told.returncode:
        raise Failure(told.stderr.strip())
    status, took, begun = map(int, told.stdout.split())
    if status:
        raise Failure(f"{args[0]} ended with {os.waitstatus_to_exitcode(status)}: {words(log)}")
    return Took(took / 1e9, begun / 1e9)


def yard(*args):
    """Seconds, of each time that yard.c has done it."""
    told = subprocess.run([program("yard"), *map(str, args)], stdout=subprocess.PIPE, text=True,
                          timeout=SECONDS, check=True)
    return [int(line) / 1e9 for line in told.stdout.split()]


def true(times):
    """Seconds of /bin/true."""
    return [timed(["/bin/true"]).seconds for _ in range(times)]


def dd(source, target, megabytes):
    """Seconds of one dd; a target that is a file is new."""
    if os.path.isfile(target):
        os.unlink(target)
    return timed(["dd", f"if={source}", f"of={target}", "bs=2M",
                  f"count={(megabytes + 1) // 2}"]).seconds


class Noise:
    """One and the same thing, measured all through the run."""

    def __init__(self):
        self.seen = []

    def listen(self):
        self.seen += yard("memcpy", 32)

    def spread(self):
        """Of the middle half of them, in their median."""
        low, middle, high = statistics.quantiles(self.seen, n=4)
        return (high - low) / middle

    def noisy(self):
        return self.spread() > NOISY

    def words(self):
        low, middle, high = (1000 * q for q in statistics.quantiles(self.seen, n=4))
        said = (f"memcpy of 32 MB, {len(self.seen)} times all through the run: median "
                f"{middle:.1f} ms, half of them from {low:.1f} to {high:.1f} ms")
        if self.noisy():
            return f"THE MACHINE WAS NOISY: {said}, more than {NOISY:.0%} apart"
        return said
