#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Processes of multiprocessing: a pool, queues, shared memory, semaphores.

What they compute is collected in order, so that the output is always the same.
"""
import hashlib
import multiprocessing
import sys
import time
from multiprocessing import shared_memory

JOBS = int(sys.argv[1])
SIZE = 1 << 20
BLOCK = bytes(range(256)) * (SIZE // 256)	# each worker has it from its parent


def digest(job):
    value = hashlib.sha256(BLOCK[job % 256:])
    for _ in range(6):
        value = hashlib.sha256(value.digest() + BLOCK)
    return f"{job} {value.hexdigest()}\n"


def count(name, lock, turns, done):
    """Everybody adds to one number in shared memory, a turn at a time."""
    memory = shared_memory.SharedMemory(name=name)
    for _ in range(turns):
        with lock:
            number = int.from_bytes(memory.buf[:8], "little")
            time.sleep(0.001)
            memory.buf[:8] = (number + 1).to_bytes(8, "little")
    memory.close()
    done.put(turns)


def main():
    context = multiprocessing.get_context("fork")
    lock, done = context.Semaphore(1), context.Queue()
    memory = shared_memory.SharedMemory(create=True, size=4096)
    turns = JOBS * 5
    counters = [context.Process(target=count, args=(memory.name, lock, turns, done))
                for _ in range(3)]
    for process in counters:
        process.start()
    with context.Pool(3) as pool, open("digests.txt", "w") as out:
        for line in pool.imap(digest, range(JOBS)):
            out.write(line)
            out.flush()
    told = sorted(done.get() for _ in counters)
    for process in counters:
        process.join()
    number = int.from_bytes(memory.buf[:8], "little")
    memory.close()
    memory.unlink()
    with open("sums.txt", "w") as out:
        out.write(f"{told} {number} {[process.exitcode for process in counters]}\n")


main()
