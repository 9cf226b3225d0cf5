#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""redis-server with clients over a UNIX socket, which check every answer.

Each client knows what it has written, and looks for it; a number that they all
add to must be the sum of their own at any moment, also in a dump made meanwhile.
At last the server is started again from what it has on the disk, once from its
log of changes and once from its dump: that must be what it had in memory.
"""
import contextlib
import hashlib
import multiprocessing
import socket
import subprocess
import sys
import time

TURNS = int(sys.argv[1])
CLIENTS = 3
SOCKET = "redis.sock"
NUMBERS = [f"number:{me}" for me in range(CLIENTS)]


class Client:
    """A connection that speaks RESP."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(SOCKET)
        self.file = self.socket.makefile("rb")

    def ask(self, *commands):
        """Send all of them at once; their answers."""
        parts = []
        for command in commands:
            parts.append(f"*{len(command)}\r\n".encode())
            for word in command:
                word = word if isinstance(word, bytes) else str(word).encode()
                parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(parts))
        answers = [self.answer() for _ in commands]
        return answers if len(commands) > 1 else answers[0]

    def answer(self):
        line = self.file.readline()
        if not line.endswith(b"\r\n"):
            sys.exit(f"the server has hung up: {line!r}")
        kind, rest = line[:1], line[1:-2]
        if kind == b"$":
            return None if rest == b"-1" else self.file.read(int(rest) + 2)[:-2]
        if kind == b"*":
            return None if rest == b"-1" else [self.answer() for _ in range(int(rest))]
        if kind == b"-":
            sys.exit(f"the server says: {rest}")
        return int(rest) if kind == b":" else rest


def expect(want, got):
    if want != got:
        sys.exit(f"{got!r}, not {want!r}")


def value(me, turn):
    seed = hashlib.sha256(f"{me} {turn}".encode()).digest()
    return seed * (1 + seed[0] % 16)


def write(me):
    """What is acknowledged is there the next time."""
    client = Client()
    for turn in range(TURNS):
        key = f"value:{me}:{turn % 40}"
        before = value(me, turn - 40) if turn >= 40 else None
        expect([before, b"OK"], client.ask(("GET", key), ("SET", key, value(me, turn))))
        expect([b"OK", b"QUEUED", b"QUEUED", b"QUEUED"],
               client.ask(("MULTI",), ("INCR", NUMBERS[me]), ("INCR", "sum"),
                          ("RPUSH", f"list:{me}", turn)))
        answers = client.ask(("EXEC",))
        expect([turn + 1, turn + 1], [answers[0], answers[2]])
        if turn % 20 == 19:
            expect([b"%d" % (turn - 19 + n) for n in range(20)],
                   client.ask(*(("LINDEX", f"list:{me}", turn - 19 + n) for n in range(20))))


def look(client, last):
    """The sum at this moment, which only grows."""
    total, *numbers = (int(number or 0) for number in client.ask(("MGET", "sum", *NUMBERS)))
    expect(sum(numbers), total)
    if total < last:
        sys.exit(f"the sum is {total}, and was {last}")
    return total


def digest(client):
    """All that it holds, in order."""
    told = hashlib.sha256()
    for key in sorted(client.ask(("KEYS", "*"))):
        command = ("LRANGE", key, 0, -1) if key.startswith(b"list") else ("GET", key)
        told.update(b"%r %r\n" % (key, client.ask(command)))
    return told.hexdigest()


@contextlib.contextmanager
def server(*options):
    """With a client, as soon as it has loaded what it finds."""
    process = subprocess.Popen(["redis-server", "--port", "0", "--unixsocket", SOCKET,
                                "--save", "", *options], stdout=subprocess.DEVNULL)
    for _ in range(3000):
        with contextlib.suppress(OSError):
            client = Client()
            break
        time.sleep(0.02)
    while client.socket.sendall(b"PING\r\n") or client.file.readline() != b"+PONG\r\n":
        time.sleep(0.02)
    yield client
    client.socket.sendall(b"SHUTDOWN NOSAVE\r\n")
    expect(0, process.wait())


def main():
    context = multiprocessing.get_context("fork")
    with server("--appendonly", "yes", "--dbfilename", "dump.rdb") as client:
        writers = [context.Process(target=write, args=(me,)) for me in range(CLIENTS)]
        for writer in writers:
            writer.start()
        total, turn = 0, 0
        while any(writer.is_alive() for writer in writers):
            total = look(client, total)
            turn += 1
            if turn % 10 == 0 and b"rdb_bgsave_in_progress:0" in client.ask(("INFO",)):
                client.ask(("BGSAVE",))
            time.sleep(0.05)
        for writer in writers:
            writer.join()
        expect([0] * CLIENTS, [writer.exitcode for writer in writers])
        expect(CLIENTS * TURNS, look(client, total))
        told = digest(client)
        while b"rdb_bgsave_in_progress:0" not in client.ask(("INFO",)):
            time.sleep(0.05)
        expect(b"OK", client.ask(("SAVE",)))
    for options in ("--appendonly", "yes"), ("--dbfilename", "dump.rdb"):
        with server(*options) as client:
            expect(told, digest(client))
    with open("results.txt", "w") as out:
        out.write(f"{told} {total >= 0}\n")


main()
