#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""A program of threads, queues and files, whose output is always the same.

A producer cuts a stream of numbers into jobs, three workers compress and hash
them, a collector writes the results in order. A pipe between two threads, a
condition with a time-out and short sleeps see to it that threads are found in
many kinds of system calls.
"""
import contextlib
import hashlib
import os
import queue
import random
import select
import sys
import threading
import time
import zlib

JOBS = int(sys.argv[1])
SIZE = 300_000

jobs = queue.Queue(maxsize=4)
results = queue.PriorityQueue()
turn = threading.Condition()
done = 0


def produce():
    numbers = random.Random(11)
    for number in range(JOBS):
        jobs.put((number, bytes(numbers.choices(range(64), k=1000)) * (SIZE // 1000)))
        if number % 8 == 0:
            time.sleep(0.01)
    for _ in workers:
        jobs.put((None, None))


def work(name):
    with open(f"worker-{name}.bin", "wb") as scratch:
        while True:
            number, data = jobs.get()
            if number is None:
                return
            small = zlib.compress(data, 9)
            scratch.seek(0)
            scratch.write(small)
            scratch.truncate()
            digest = hashlib.sha256(small)
            for _ in range(20):
                digest = hashlib.sha256(digest.digest() + data)
            results.put((number, len(small), digest.hexdigest()))


def emptied(path, flags):
    """What a later life of a run wrote before this one opened it is not ours."""
    return os.open(path, flags | os.O_TRUNC)


def collect(wr):
    global done
    waiting = {}
    with open("results.txt", "a", buffering=1, opener=emptied) as out:
        for want in range(JOBS):
            while want not in waiting:
                number, size, digest = results.get()
                waiting[number] = f"{number} {size} {digest}"
            line = waiting.pop(want)
            print(line, file=out)
            os.write(wr, (line + "\n").encode())
            with turn:
                done = want + 1
                turn.notify_all()
    os.close(wr)


def copy(rd):
    with open("copy.txt", "wb") as out:
        while True:
            ready, _, _ = select.select([rd], [], [], 5)
            if not ready:
                continue
            data = os.read(rd, 4096)
            if not data:
                return
            out.write(data)


def watch():
    with open("milestones.txt", "w") as out:
        for milestone in range(0, JOBS + 1, 10):
            with turn:
                while done < milestone:
                    turn.wait(timeout=0.5)
            out.write(f"{milestone} jobs are done\n")
            out.flush()


rd, wr = os.pipe()
workers = [threading.Thread(target=work, args=(n,)) for n in "abc"]
others = [threading.Thread(target=produce), threading.Thread(target=collect, args=(wr,)),
          threading.Thread(target=copy, args=(rd,)), threading.Thread(target=watch)]
for thread in workers + others:
    thread.start()
for thread in workers + others:
    thread.join()
# Which worker did the last job is chance. A later life of this run may have
# been here before.
for name in "abc":
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"worker-{name}.bin")
