# SPDX-License-Identifier: GPL-2.0
"""A run of a program, as its driver sees it, and the tools on it."""
import contextlib
import json
import os
import pwd
import shutil
import signal
import subprocess
import threading
import time

CPUS = os.cpu_count()
# What rax holds of a thread whose call the kernel will start again.
RESTARTS = range(512, 517)


class Failure(Exception):
    """The promise is broken, in words."""


def account(user):
    """The arguments of Popen that make a process the user's."""
    entry = pwd.getpwnam(user)
    return {"user": entry.pw_uid, "group": entry.pw_gid,
            "extra_groups": os.getgrouplist(user, entry.pw_gid)}


def tool(args, user, **more):
    return subprocess.Popen(args, **account(user), **more)


def ended(process, seconds, what):
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise Failure(f"{what}: no end after {seconds:.0f} seconds") from None


def stat(path):
    """The fields of a stat in /proc, from the state on."""
    try:
        with open(f"{path}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()
    except OSError:
        return ["X", "0", "0", "0"]


def is_alive(pid):
    return stat(f"/proc/{pid}")[0] not in "ZX"


class Reader:
    """Reads a pipe into memory, unless told to pause."""

    def __init__(self):
        self.data = b""
        self.may_read = threading.Event()
        self.may_read.set()
        self.thread = None

    def follow(self, pipe):
        self.thread = threading.Thread(target=self._read, args=(pipe,))
        self.thread.start()

    def _read(self, pipe):
        with pipe:
            while True:
                self.may_read.wait()
                data = os.read(pipe.fileno(), 4096)
                if not data:
                    return
                self.data += data

    def finish(self):
        self.may_read.set()
        if self.thread:
            self.thread.join()


class Timeline:
    """How far an uninterrupted run had come, and when: the same program takes
    another time whenever the machine has other things to do."""

    def __init__(self, run):
        self.samples = [(0, 0, 0)]
        self.thread = threading.Thread(target=self._follow, args=(run, time.monotonic()))
        self.thread.start()

    def _follow(self, run, begun):
        while run.process.poll() is None:
            with contextlib.suppress(OSError):
                self.samples.append((time.monotonic() - begun, run.progress("rchar", "wchar"),
                                     run.progress("wchar")))
            time.sleep(0.02)

    def at(self, seconds):
        """Bytes read and written until then, and of them bytes written."""
        self.thread.join()
        return [sample for sample in self.samples if sample[0] <= seconds][-1][1:]


class Run:
    """One run of a workload: its process, be it the first or a restored one."""

    def __init__(self, workload, folder, user):
        self.workload = workload
        self.folder = folder
        self.user = user
        self.reader = Reader()
        self.process = None     # our child: the program, or restart for it
        self.pid = None

    def start(self):
        shutil.rmtree(self.folder, ignore_errors=True)
        os.mkdir(self.folder)
        os.chown(self.folder, account(self.user)["user"], account(self.user)["group"])
        if self.workload.clock:
            subprocess.run(["date", "-s", self.workload.clock], check=True,
                           stdout=subprocess.DEVNULL)
        self._spawn(self.workload.args, stdin=subprocess.DEVNULL, start_new_session=True)
        self.pid = self.process.pid

    def restart(self, image):
        with open(image, "rb") as stdin:
            self._spawn(["restart"], stdin=stdin, start_new_session=True)

    def _spawn(self, args, **more):
        restart = args[0] == "restart"
        pipe = self.workload.stdout == "pipe"
        with contextlib.ExitStack() as files:
            out = subprocess.PIPE
            if not pipe:
                out = files.enter_context(self._file("restart.out" if restart else "stdout"))
            err = files.enter_context(self._file("restart.err" if restart else "stderr"))
            self.process = tool(args, self.user, cwd=self.folder, stdout=out, stderr=err,
                                pipesize=4096 if pipe else -1, **more)
        if pipe:
            self.reader.follow(self.process.stdout)

    def _file(self, name):
        """A file of the user's, new, that the program may open itself, too."""
        file = open(f"{self.folder}/{name}", "wb")
        os.fchown(file.fileno(), account(self.user)["user"], account(self.user)["group"])
        return file

    def wait(self, seconds):
        """Until the program has ended, successfully."""
        status = ended(self.process, seconds, "the program")
        self.reader.finish()
        if status:
            raise Failure(f"ended with {status}: {self.said()}")

    def said(self):
        """The last words of the program and of restart."""
        words = []
        for name in ("stderr", "restart.err"):
            with contextlib.suppress(FileNotFoundError):
                with open(f"{self.folder}/{name}", errors="replace") as file:
                    words += file.read().split("\n")[-4:]
        return " / ".join(filter(None, words))

    def kill(self):
        """End it and all that it has started, be it there or not."""
        while True:
            left = {pid for pid in (*self.tree(), *self.session()) if is_alive(pid)}
            if not left:
                break
            for pid in left:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, 9)
            time.sleep(0.02)
        if self.process and self.process.poll() is None:
            ended(self.process, 60, "kill")
        self.reader.finish()

    def tree(self):
        """Its id, and those of its descendants."""
        found = [self.pid]
        for pid in found:
            with contextlib.suppress(OSError):
                for tid in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{tid}/children") as file:
                        found += [int(child) for child in file.read().split()]
        return found

    def session(self):
        """Those in its session; some may have lost their parents."""
        return [int(pid) for pid in os.listdir("/proc")
                if pid.isdecimal() and stat(f"/proc/{pid}")[3] == str(self.pid)]

    def progress(self, *which):
        """Bytes that it and its descendants have read (rchar) and written (wchar);
        who has waited for a child counts what that had."""
        total = 0
        for pid in self.tree():
            try:
                with open(f"/proc/{pid}/io") as file:
                    told = dict(line.split(": ") for line in file.read().splitlines())
                total += sum(int(told[each]) for each in which)
            except OSError:
                if pid == self.pid:
                    raise
        return total

    def go_on(self):
        """Out of the stop that checkpoint --stop has left it in."""
        for pid in self.tree():
            # One that went on before it may have ended another.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    def await_progress(self, goal, *which):
        """Until it has come so far, whatever the machine's speed; False if it ended."""
        while self.process.poll() is None:
            with contextlib.suppress(OSError):
                if self.progress(*which) >= goal:
                    return True
            time.sleep(0.004)
        return False

    def threads(self):
        """The folders in /proc of all threads of the tree."""
        found = []
        for pid in self.tree():
            with contextlib.suppress(OSError):
                found += [f"/proc/{pid}/task/{tid}" for tid in os.listdir(f"/proc/{pid}/task")]
        return found

    def on_cpu(self):
        """How many threads run, or could."""
        return sum(stat(thread)[0] == "R" for thread in self.threads())

    def is_busy(self):
        return self.on_cpu() >= min(len(self.threads()), CPUS)

    def calls(self):
        """The calls that threads sleep in; those that wait for a disk do not sleep."""
        found = {}
        for thread in self.threads():
            with contextlib.suppress(OSError):
                with open(f"{thread}/syscall") as file:
                    if stat(thread)[0] == "S":
                        found[thread] = file.read()
        return found

    def is_blocked(self):
        """A thread sleeps in a call, and stays there for a while."""
        before = self.calls()
        if not before:
            return False
        time.sleep(0.05)
        after = self.calls()
        return any(after.get(tid) == call for tid, call in before.items())

    def await_state(self, state, seconds):
        """Poll until the state holds; whether it did is told by the image."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not state():
            time.sleep(0.001)


def checkpoint(run, image, *options):
    """Save a run; tell what checkpoint --json told."""
    process = tool(["checkpoint", "--json", *options, "-o", image, str(run.pid)], run.user,
                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                   text=True)
    try:
        out, err = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        raise Failure("checkpoint: no end after 120 seconds") from None
    if process.returncode:
        raise Failure(f"checkpoint ended with {process.returncode}: {out} {err}")
    return json.loads(out)


class SlowCheckpoint:
    """A checkpoint whose reader stops after its first bytes, until told to go on."""

    def __init__(self, run, image, *options):
        self.image = image
        self.process = tool(["checkpoint", "-q", *options, str(run.pid)], run.user,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.file = open(image, "wb")
        self.file.write(os.read(self.process.stdout.fileno(), 4096))

    def streams(self):
        return self.process.poll() is None

    def finish(self):
        with self.file, self.process.stdout as pipe:
            shutil.copyfileobj(pipe, self.file)
        status = ended(self.process, 120, "the earlier checkpoint")
        if status:
            raise Failure(f"the earlier checkpoint ended with {status}")
        verify(self.image)


def verify(image):
    done = subprocess.run(["ckptinfo", "--verify", image], capture_output=True, text=True)
    if done.returncode:
        raise Failure(f"ckptinfo --verify ended with {done.returncode}: {done.stderr}")


def registers(node):
    """Every set of registers anywhere in what ckptinfo tells."""
    if isinstance(node, dict):
        if "orig_rax" in node and "rax" in node:
            yield node
        for value in node.values():
            yield from registers(value)
    elif isinstance(node, list):
        for value in node:
            yield from registers(value)


def number(value):
    return int(value, 0) if isinstance(value, str) else value


def threads_in_image(image):
    """How many threads an image holds, and how many of them inside a call."""
    told = subprocess.run(["ckptinfo", "--json", "-v", image], capture_output=True, text=True)
    if told.returncode:
        raise Failure(f"ckptinfo ended with {told.returncode}: {told.stderr}")
    sets = list(registers(json.loads(told.stdout)))
    inside = sum(number(regs["orig_rax"]) < 1 << 63 and
                 (1 << 64) - number(regs["rax"]) in RESTARTS for regs in sets)
    return len(sets), inside
