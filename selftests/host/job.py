#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
#
# A shell with job control, as small as it gets: starts a command on a terminal,
# stops it with Ctrl-Z, continues it, and lets it read a line.
import os
import pty
import signal
import sys
import time


def expect(what, good):
    if not good:
        print("expected", what)
        sys.exit(1)


def shell():
    """On the terminal: what bash does with a job. Reports through fd 3."""
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if not job:
        os.setpgid(0, 0)
        os.tcsetpgrp(0, os.getpgrp())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.close(3)
        os.execv(sys.argv[1], sys.argv[1:])
    _, status = os.waitpid(job, os.WUNTRACED)
    os.write(3, b"S" if os.WIFSTOPPED(status) else b"?")
    os.tcsetpgrp(0, os.getpgrp())
    time.sleep(0.2)
    os.tcsetpgrp(0, job)
    os.killpg(job, signal.SIGCONT)
    _, status = os.waitpid(job, os.WUNTRACED)
    os.write(3, b"E%d" % os.WEXITSTATUS(status) if os.WIFEXITED(status) else b"?")
    os._exit(0)


def main():
    report, told = os.pipe()
    pid, terminal = pty.fork()
    if not pid:
        os.close(report)
        os.dup2(told, 3)
        shell()
    os.close(told)
    time.sleep(0.6)
    os.write(terminal, b"\x1a")                 # Ctrl-Z
    expect("the job to stop", os.read(report, 1) == b"S")
    time.sleep(0.6)
    os.write(terminal, b"hello\n")
    expect("the job to end with status 9", os.read(report, 10) == b"E9")
    expect("its output", b"got hello" in os.read(terminal, 1000))


signal.alarm(20)
main()
