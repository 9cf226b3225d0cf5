#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""strace -f of a script; then what its log says of each process, without what differs
from run to run: ids, addresses, and who came between the halves of a call."""
import re
import subprocess
import sys

SCRIPT, ROUNDS = sys.argv[1:3]
CALLS = "execve,write,pipe2,dup2,exit_group"


def calls():
    """Of each process, in the order in which they were made."""
    found, begun = {}, {}
    with open("log") as log:
        for line in log:
            pid, what = line.rstrip("\n").split(None, 1)
            if what.endswith(" <unfinished ...>"):
                begun[pid] = what.removesuffix(" <unfinished ...>")
                continue
            if resumed := re.match(r"<\.\.\. \w+ resumed>", what):
                what = begun.pop(pid) + what[resumed.end():]
            what = re.sub(r"0x[0-9a-f]+(/\* \d+ vars \*/)?|\s+(?== )", "", what)
            found.setdefault(int(pid), []).append(what)
    return [found[pid] for pid in sorted(found)]


def main():
    subprocess.run(["strace", "-f", "-o", "log", "-e", f"trace={CALLS}", "-e", "signal=none",
                    "sh", SCRIPT, ROUNDS], check=True)
    with open("calls.txt", "w") as out:
        for number, process in enumerate(calls()):
            out.write(f"process {number}\n")
            out.writelines(f"\t{call}\n" for call in process)


main()
