# SPDX-License-Identifier: GPL-2.0
"""What the targets need beside the cases: each function is one measurement."""
import contextlib
import os
import shutil
import signal
import subprocess
import time

from contender import Kcr
from subject import Subject, until
from yard import Failure, dd, program, summary, timed, true, yard

PAGE = 4096


@contextlib.contextmanager
def running(folder, *args):
    """A subject, which ends with this; and kcr, whose images go with it."""
    subject = Subject(folder, list(map(str, args)))
    kcr = Kcr(folder)
    kcr.empty()
    try:
        yield subject, kcr
    finally:
        subject.kill()
        shutil.rmtree(kcr.folder, ignore_errors=True)


def engine(pid, target, *more):
    """Seconds of the ioctl, seconds of the pause, with -m bytes of memory taken."""
    told = subprocess.run([program("engine"), *more, str(pid), target],
                          capture_output=True, text=True, check=False)
    if told.returncode:
        raise Failure(told.stderr.strip())
    ioctl, pause, taken = map(int, told.stdout.split())
    return ioctl / 1e9, pause / 1e9, taken


def small(folder):
    """A program of 1 MB: the ioctl; what it costs, and what that notices, to start anything."""
    trues, save, tool, beside = [], [], [], []
    with running(folder, "-m", 1) as (subject, kcr):
        ioctl = [engine(subject.pid, f"{kcr.folder}/image")[0] for _ in range(7)]
        # By turns: what one of them has in the caches the other has, too.
        for _ in range(15):
            trues += true(1)
            save.append(kcr.save(subject.pid, kill=False))
        for _ in range(7):
            subject.ask()
            tool.append(timed(["checkpoint", "--version"]).seconds)
            beside.append(subject.ask().gap)
    return {"ioctl": summary(ioctl), "true": summary(trues), "save": summary(save),
            "tool": summary(tool), "beside": summary(beside)}


def throughput(folder, megabytes, times):
    """A program of so many MB, its image, and who else moves as much."""
    told = {}
    with running(folder, "-m", megabytes) as (subject, kcr):
        told["null"] = summary(timed(["checkpoint", "-q", str(subject.pid)]).seconds
                               for _ in range(times))
        # Into a new file each time, as dd does.
        told["tmpfs"] = summary(kcr.save(subject.pid, kill=False) for _ in range(times))
        told["dd_read"] = summary(dd(f"{kcr.folder}/image", "/dev/null", 2 * megabytes)
                                  for _ in range(times))
        told["fill"] = summary(yard("fill", megabytes, f"{kcr.folder}/image"))
        kcr.empty()
        told["dd_write"] = summary(dd("/dev/zero", f"{kcr.folder}/zero", megabytes)
                                   for _ in range(times))
    for what in ("memcpy", "read", "xxh3", "hashes", "snapshot"):
        told[what] = summary(yard(what, megabytes))
    return told


def speed(told):
    """Of its work, while it did not stand still."""
    return told.units / (told.seconds - told.gap)


def slow_down(folder, megabytes, times, *more):
    """How much less a program does while it is saved, and while it saves itself."""
    own = f"{folder}/own"
    rates = {"alone": [], "saved": [], "by_fork": []}
    with running(folder, "-m", megabytes, "-r", 1, "-w", own, *more) as (subject, kcr):
        for _ in range(times):
            subject.ask()
            time.sleep(1)
            rates["alone"].append(speed(subject.ask()))
            kcr.save(subject.pid, kill=False)
            rates["saved"].append(speed(subject.ask()))
            kcr.empty()
            subject.ask()
            subject.save_by_fork()
            rates["by_fork"].append(speed(subject.ask()))
            os.unlink(own)
    alone = summary(rates["alone"])
    return {"alone": alone,
            **{name: summary(1 - rate / alone["median"] for rate in rates[name])
               for name in ("saved", "by_fork")}}


def increments(folder, megabytes, times, *more):
    """One a second of a program that rewrites 1 % in that time."""
    told = {"gap": [], "fork": [], "seconds": [], "bytes": [], "changed": []}
    with running(folder, "-m", megabytes, "-r", 1, *more) as (subject, kcr):
        subject.ask()
        kcr.save_as("0", subject.pid)
        changed = subject.ask().rewritten
        for number in range(times):
            time.sleep(1)
            subject.save_by_fork()
            before = subject.ask()
            changed += before.rewritten
            seconds = kcr.save_as(str(number + 1), subject.pid,
                                  f"--parent={kcr.folder}/{number}")
            after = subject.ask()
            told["gap"].append(after.gap)
            told["fork"].append(before.forked)
            told["seconds"].append(seconds)
            told["bytes"].append(os.path.getsize(f"{kcr.folder}/{number + 1}"))
            told["changed"].append(changed * PAGE)
            changed = after.rewritten   # since its cut, which is where it begins
        at_first = subject.fork
    ratio = [size / changed for size, changed in zip(told["bytes"], told["changed"])]
    return {"at_first": at_first, "ratio": summary(ratio), **{k: summary(v) for k, v in told.items()}}


def taken(folder, megabytes, times, *more):
    """Bytes of memory that one checkpoint of an idle program takes, at most."""
    with running(folder, "-m", megabytes, *more) as (subject, _):
        return summary(engine(subject.pid, "/dev/null", "-m")[2] for _ in range(times))


def lazy(folder, megabytes, times):
    """From the call of restart --lazy to the first heartbeat."""
    beats = []
    with running(folder, "-m", megabytes) as (subject, kcr):
        subject.ask()
        subject.remember()
        kcr.save(subject.pid, kill=True)
        subject.gone()
        for _ in range(times):
            took = kcr.restart("--lazy")
            beats.append(subject.ask().over - took.begun)
            subject.kill()
    return summary(beats)


def memory():
    """What /proc/meminfo tells, in bytes."""
    with open("/proc/meminfo") as file:
        lines = [line.split() for line in file]
    return {line[0].rstrip(":"): int(line[1]) * 1024 for line in lines}


def ended(pids):
    until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "is not gone")


def copies(folder, megabytes, count, times):
    """Memory that copies take, of an image that has so much, and how long they take to make."""
    told = {"taken": [], "private": [], "tables": [], "seconds": []}
    with running(folder, "-m", megabytes) as (subject, kcr):
        subject.remember()
        kcr.save(subject.pid, kill=True)
        subject.gone()
        pidfile = f"{kcr.folder}/pids"
        for _ in range(times):
            before = memory()
            took = kcr.restart("-n", f"--copies={count}", f"--pidfile={pidfile}")
            after = memory()
            with open(pidfile) as file:
                pids = list(map(int, file))
            for pid in pids:
                os.kill(pid, signal.SIGKILL)
            ended(pids)
            time.sleep(1)       # what is freed after a grace period
            told["seconds"].append(took.seconds)
            told["taken"].append(before["MemAvailable"] - after["MemAvailable"])
            told["private"].append(after["AnonPages"] - before["AnonPages"])
            told["tables"].append(after["PageTables"] - before["PageTables"])
    return {name: summary(values) for name, values in told.items()}


def module(action):
    subprocess.run([action, f"{os.environ['KCR_BUILD']}/kcr.ko" if action == "insmod" else "kcr"],
                   check=True)


def idle(times):
    """What a kernel is asked for all the time, without the module and with it; it stays."""
    told = {"without": [], "with": []}
    if os.path.isdir("/sys/module/kcr"):
        return None
    for number in range(times):
        told["without"] += yard("idle")
        module("insmod")
        told["with"] += yard("idle")
        if number < times - 1:
            module("rmmod")
    return {name: summary(seconds) for name, seconds in told.items()}


def can(option):
    """Does restart know it?"""
    said = subprocess.run(["restart", "--help"], capture_output=True, text=True, check=False)
    return option in said.stdout
