# SPDX-License-Identifier: GPL-2.0
"""One program after the other, saved and restarted by every contender."""
import collections
import shutil
import subprocess
import time

from contender import contenders
from subject import Lost, Subject
from yard import Failure, summary

# A name, arguments of the program, megabytes in all, whether a short run does it.
Case = collections.namedtuple("Case", "name args megabytes quick")
BIG, SMALL = 1024, 256      # what the targets are about, and what a short run takes


def memory(megabytes, quick, *more, words=""):
    name = f"{megabytes} MB" if megabytes % 1024 else f"{megabytes // 1024} GB"
    return Case(name + words, ["-m", str(megabytes), *more], megabytes, quick)


def memories(more, words, sizes):
    return [memory(size, size in (1, SMALL), *more, words=words) for size in sizes]


def many(count, of, args, quick, megabytes=1):
    return Case(f"{count} {of}", args, megabytes, quick)


CASES = [
    *memories([], "", [1, 16, SMALL, BIG, 2048]),
    *memories(["-H"], ", huge", [SMALL, BIG, 2048]),
    *memories(["-z"], " of zeros", [SMALL, BIG]),
    *memories(["-z", "-H"], " of zeros, huge", [BIG]),
    *memories(["-r", "1"], ", 1 %/s rewritten", [SMALL, BIG]),
    *memories(["-r", "1", "-H"], ", huge, 1 %/s rewritten", [BIG]),
    memory(128, False, "-s", words=", shared"),
    memory(128, False, "-s", "-r", "1", words=", shared, 1 %/s rewritten"),
    many(10, "processes of 1 MB", ["-p", "10", "-m", "1"], False, 10),
    many(100, "processes of 1 MB", ["-p", "100", "-m", "1"], True, 100),
    many(1000, "processes of 1 MB", ["-p", "1000", "-m", "1"], False, 1000),
    many(100, "threads", ["-t", "100", "-m", "1"], True),
    many(1000, "threads", ["-t", "1000", "-m", "1"], False),
    many(1000, "descriptors", ["-d", "1000", "-m", "1"], False),
    many(10000, "descriptors", ["-d", "10000", "-m", "1"], False),
]


def rounds(seconds, quick):
    """How often, when once takes so long."""
    if quick:
        return 5 if seconds < 1.5 else 3 if seconds < 8 else 1
    return 5 if seconds < 10 else 3 if seconds < 30 else 1


def repeat(once, quick):
    """Summaries of what a function tells, by name."""
    told = [once()]
    for _ in range(rounds(told[0]["seconds"], quick) - 1):
        told.append(once())
    return {name: summary(t[name] for t in told) for name in told[0]}


def save_once(subject, contender):
    subject.ask()
    seconds = contender.save(subject.pid, kill=False)
    gap = subject.ask().gap
    return {"seconds": seconds, "gap": gap, "pause": contender.pause or gap}


def restart_once(subject, contender):
    took = contender.restart()
    subject.check()
    beat = subject.ask().over - took.begun
    subject.kill()
    return {"seconds": took.seconds, "beat": max(beat, 0)}


def quiet(subject, seconds):
    """The longest gap while nothing is done to it, for so long."""
    subject.ask()
    time.sleep(seconds)
    return subject.ask().gap


def measure(contender, args, folder, quick):
    subject = Subject(folder, args)
    try:
        result = {"fork": subject.fork}
        result["save"] = repeat(lambda: save_once(subject, contender), quick)
        result["quiet"] = quiet(subject, min(result["save"]["seconds"]["median"], 5))
        subject.remember()
        contender.save(subject.pid, kill=True)
        result["bytes"] = contender.bytes()
        subject.gone()
        result["restart"] = repeat(lambda: restart_once(subject, contender), quick)
        return result
    finally:
        subject.kill()


def measure_case(case, folder, quick, alone):
    results = {}
    for contender in contenders(folder, alone):
        try:
            results[contender.name] = measure(contender, case.args, folder, quick)
        except (Failure, Lost, OSError, subprocess.TimeoutExpired) as why:
            results[contender.name] = {"failed": str(why)}
        shutil.rmtree(contender.folder, ignore_errors=True)
    return {"name": case.name, "args": case.args, "results": results}
