# SPDX-License-Identifier: GPL-2.0
"""What kcr is to reach, what it was measured to do, and what the floor is."""
import subprocess

import special
from cases import BIG, SMALL
from subject import Lost
from yard import Failure

MB = 1 << 20


def ms(seconds):
    return f"{seconds * 1000:.1f} ms"


def mb(size):
    return f"{size / MB:.2f} MB"


def spread(value, unit=ms):
    return f"{unit(value['median'])} ({unit(value['least'])} to {unit(value['most'])})"


class Targets:
    """The rows of the table; what could not be measured says so in its row."""

    def __init__(self, cases, folder, quick, idle):
        self.cases = {case["name"]: case["results"] for case in cases}
        self.folder = folder
        self.quick = quick
        self.size = SMALL if quick else BIG
        self.name = f"{self.size} MB" if quick else "1 GB"
        self.times = 3 if quick else 5
        self.without_and_with = idle
        self.reading, self.snapshot, self.tool = None, None, 0
        self.rows = []

    def row(self, what, target, measured, floor, met):
        self.rows.append({"what": what, "target": target, "measured": measured,
                          "floor": floor, "met": met})

    def missing(self, what, target, why):
        self.row(what, target, why, "", None)

    def case(self, name, who="kcr"):
        result = self.cases.get(name, {}).get(who)
        return None if not result or "failed" in result else result

    def try_all(self):
        """Each group of rows; one that fails leaves the others."""
        for group in (self.pause, self.pause_huge, self.small, self.throughput, self.slow_down,
                      self.zeros, self.lazy, self.increment, self.copies, self.memory,
                      self.idle, self.many):
            try:
                group()
            except (Failure, Lost, OSError, subprocess.SubprocessError) as why:
                self.missing(group.__name__, "", f"failed: {why}")

    # Pauses

    def pause_row(self, what, result, factor):
        limit = factor * result["fork"] + 0.005
        gap = result["save"]["gap"]
        self.row(what, f"at most {factor} x fork() + 5 ms = {ms(limit)}",
                 f"{spread(gap)}; the module says {ms(result['save']['pause']['median'])}",
                 f"fork() {ms(result['fork'])}; longest gap without a checkpoint "
                 f"{ms(result['quiet'])}", gap["median"] <= limit)

    def pause(self):
        result = self.case(self.name)
        if result:
            self.pause_row(f"pause, {self.name} of 4 KB pages", result, 1.3)

    def pause_huge(self):
        result, criu = (self.case(f"{self.name}, huge", who) for who in ("kcr", "criu"))
        if result:
            self.pause_row(f"pause, {self.name} of huge pages", result, 2)
        if result and criu:
            ratio = criu["save"]["gap"]["median"] / max(result["save"]["gap"]["median"], 1e-4)
            self.row("the same, criu's", "at least 100 x longer", f"{ratio:.0f} x",
                     f"criu {ms(criu['save']['gap']['median'])}", ratio >= 100)

    def small(self):
        result, criu = (self.case("1 MB", who) for who in ("kcr", "criu"))
        told = special.small(self.folder)
        true, self.tool = (told[what]["median"] for what in ("true", "tool"))
        self.row("the checkpoint ioctl, 1 MB", "at most 10 ms", spread(told["ioctl"]), "",
                 told["ioctl"]["median"] <= 0.010)
        if not result:
            return
        gap = result["save"]["gap"]
        self.row("pause, 1 MB", "at most 3 ms",
                 f"{spread(gap)}; the module says {ms(result['save']['pause']['median'])}",
                 f"fork() {ms(result['fork'])}; longest gap without a checkpoint "
                 f"{ms(result['quiet'])}, while checkpoint --version runs "
                 f"{ms(told['beside']['median'])}", gap["median"] <= 0.003)
        for step, factor in (("save", 3), ("restart", 5)):
            took = told.get(step) or result[step]["seconds"]
            beside = (f"; criu {criu[step]['seconds']['median'] / true:.0f} x" if criu else "")
            self.row(f"whole command, 1 MB: {step}",
                     f"at most {factor} x /bin/true = {ms(factor * true)}",
                     f"{took['median'] / true:.1f} x, {spread(took)}",
                     f"/bin/true {ms(true)}, checkpoint --version "
                     f"{ms(told['tool']['median'])}{beside}",
                     took["median"] <= factor * true)

    # Throughput

    def faster(self, what, factor, of, yard, took, more=""):
        ratio = yard["median"] / took["median"]
        self.row(what, f"at least {factor} x {of}",
                 f"{ratio:.2f} x, {spread(took)}, {self.size / took['median']:.0f} MB/s",
                 f"{of} {ms(yard['median'])}{more}", ratio >= factor)

    def throughput(self):
        told = special.throughput(self.folder, self.size, self.times)
        others = (f", memcpy {ms(told['memcpy']['median'])}, the image's own hashes in one "
                  f"thread {ms(told['hashes']['median'])}")
        self.faster(f"checkpoint to tmpfs, {self.name}", 0.9, "dd", told["dd_write"],
                    told["tmpfs"], others)
        self.faster(f"checkpoint to /dev/null, {self.name}", 0.8, "a pass with XXH3",
                    told["xxh3"], told["null"], others)
        self.restart(told["dd_read"], told["fill"])
        self.reading, self.snapshot = told["read"]["median"], told["snapshot"]["median"]

    def restart(self, dd_read, fill):
        result, criu = (self.case(self.name, who) for who in ("kcr", "criu"))
        if not result:
            return
        took = result["restart"]["seconds"]
        limit = 1.2 * dd_read["median"]
        self.row(f"restart, {self.name}, not lazy", f"at most 1.2 x dd = {ms(limit)}",
                 f"{took['median'] / dd_read['median']:.2f} x, {spread(took)}",
                 f"dd reading the image {ms(dd_read['median'])}, read() into new memory by all "
                 f"processors {ms(fill['median'])}", took["median"] <= limit)
        if criu:
            theirs = criu["restart"]["seconds"]["median"]
            self.row("the same", "faster than criu", ms(took["median"]), f"criu {ms(theirs)}",
                     took["median"] < theirs)

    def zeros(self):
        result = self.case(f"{self.name} of zeros")
        if not result or not self.reading:
            return
        took = result["save"]["seconds"]
        self.row(f"image of {self.name} of zeros", "under 1 MB", mb(result["bytes"]), "",
                 result["bytes"] < MB)
        self.row("the same", "no slower than reading it once", spread(took),
                 f"reading {ms(self.reading)}; a forked child that reads it by all processors "
                 f"{ms(self.snapshot)}, checkpoint --version {ms(self.tool)}",
                 took["median"] <= self.reading)

    # What goes on beside it

    def slow_down(self):
        for more in ([], ["-H"]):
            told = special.slow_down(self.folder, self.size, self.times, *more)
            self.row(f"slow-down while streaming, {self.name}{', huge' if more else ''}",
                     "at most 10 %", spread(told["saved"], "{:.0%}".format),
                     f"while a forked child writes it {told['by_fork']['median']:.0%}",
                     told["saved"]["median"] <= 0.1)

    def increment(self):
        told = special.increments(self.folder, self.size, self.times, "-H")
        fork = told["fork"]["median"]
        limit = 2 * fork + 0.005
        what = f"increment, 1 %/s of {self.name}, huge"
        self.row(f"{what}: pause", f"at most 2 x fork() + 5 ms = {ms(limit)}",
                 spread(told["gap"]), f"fork() just before {ms(fork)}, of huge pages that "
                 f"nobody has written to since a fork() {ms(told['at_first'])}",
                 told["gap"]["median"] <= limit)
        self.row(f"{what}: bytes", "at most 1.5 x the pages that changed",
                 f"{told['ratio']['median']:.2f} x, {mb(told['bytes']['median'])}, in "
                 f"{ms(told['seconds']['median'])}", f"changed {mb(told['changed']['median'])}",
                 told["ratio"]["median"] <= 1.5)

    def memory(self):
        for size, more in ((16, []), (self.size, []), (self.size, ["-H"])):
            told = special.taken(self.folder, size, self.times, *more)
            self.row(f"memory that it takes, {size} MB{', huge' if more else ''}",
                     "at most 8 MB", spread(told, mb), "", told["median"] <= 8 * MB)

    def idle(self):
        told = self.without_and_with
        if not told:
            self.missing("idle cost of the module", "none", "it was loaded before")
            return
        without, loaded = told["without"], told["with"]
        cost = loaded["median"] / without["median"] - 1
        apart = (without["most"] - without["least"]) / without["median"]
        self.row("idle cost of the module", "none that can be measured", f"{cost:+.1%}",
                 f"without it {apart:.1%} apart", cost <= max(apart / 2, 0.01))

    def lazy(self):
        what, target = "lazy restart to the first heartbeat", "at most 8 x /bin/true"
        if not special.can("--lazy"):
            self.missing(what, target, "not there yet")
            return
        true = special.small(self.folder)["true"]["median"]
        for size in (16, self.size):
            beat = special.lazy(self.folder, size, self.times)
            self.row(f"{what}, {size} MB", f"{target} = {ms(8 * true)}", spread(beat),
                     f"/bin/true {ms(true)}", beat["median"] <= 8 * true)

    def copies(self):
        what, target = "100 copies of a 200 MB image", "under 400 MB before they write"
        if not special.can("--copies"):
            self.missing(what, target, "not there yet")
            return
        told = special.copies(self.folder, 200, 100, self.times)
        self.row(what, target, spread(told["taken"], mb),
                 f"private memory {mb(told['private']['median'])}, page tables "
                 f"{mb(told['tables']['median'])}; made in {ms(told['seconds']['median'])}",
                 told["taken"]["median"] < 400 * MB)

    # Many processes, threads, descriptors

    def many(self):
        name = "100 processes of 1 MB"
        kcr, criu = self.case(name), self.case(name, "criu")
        if kcr:
            ratio = kcr["save"]["gap"]["median"] / kcr["fork"]
            self.row(f"pause, {name}", "at most 4 x fork() of as many", f"{ratio:.1f} x",
                     f"fork() {ms(kcr['fork'])}", ratio <= 4)
        if kcr and criu:
            for step, what, least in (("save", "gap", 20), ("restart", "seconds", 4)):
                ratio = criu[step][what]["median"] / kcr[step][what]["median"]
                self.row(f"{name}: {'pause' if step == 'save' else step}, criu's",
                         f"at least {least} x longer", f"{ratio:.0f} x",
                         f"criu {ms(criu[step][what]['median'])}", ratio >= least)
        for of, few, times in (("processes of 1 MB", 100, 10), ("threads", 100, 10),
                               ("descriptors", 1000, 10)):
            self.proportion(of, self.case(f"{few} {of}"), self.case(f"{few * times} {of}"),
                            few * times)

    def proportion(self, of, few, many, count):
        for step in ("save", "restart") if few and many else ():
            ratio = many[step]["seconds"]["median"] / few[step]["seconds"]["median"]
            self.row(f"{step} of {count} {of}", "at most 15 x that of a tenth", f"{ratio:.1f} x",
                     ms(many[step]["seconds"]["median"]), ratio <= 15)
