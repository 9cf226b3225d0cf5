#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Jobs whose terminal is outside of the tree: a shell that led its session gets
# a terminal of its own, a job in front of a shell gets that of restart, with
# its job control. A person at the terminal is played by Python.

. "$(dirname -- "$0")/ktap.sh"

cat > "$scratch/person.py" <<'END'
import fcntl, os, pty, select, signal, struct, subprocess, sys, termios, time

class Terminal:
    """A terminal with a program that leads its session."""
    def __init__(self, program, size=(24, 80)):
        self.pid, self.fd = pty.fork()
        if not self.pid:
            program()
            os._exit(99)
        self.text = b""
        self.resize(*size)

    def resize(self, rows, cols):
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, cols, 0, 0))

    def type(self, keys):
        os.write(self.fd, keys.encode())

    def see(self, words, seconds=20):
        """Until the words are on the screen; what follows them is left."""
        words, until = words.encode(), time.time() + seconds
        while words not in self.text:
            if not select.select([self.fd], [], [], max(0, until - time.time()))[0]:
                sys.exit("not seen: %r in %r" % (words, self.text))
            try:
                more = os.read(self.fd, 4096)
            except OSError:
                more = b""
            if not more:
                sys.exit("never seen: %r in %r" % (words, self.text))
            self.text += more
        self.text = self.text[self.text.index(words) + len(words):]

    def end(self):
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

def run(*args):
    return lambda: os.execvp(args[0], args)

def bash():
    os.environ.update(PS1="<\\!>", HISTFILE="", TERM="dumb")
    os.execvp("bash", ["bash", "--norc", "-i"])

def save(pid, *options):
    subprocess.run(["checkpoint", *options, "-k", "-o", "image", str(pid)], check=True)

class Job:
    """What a shell does with a job: told by a pipe, in front of its terminal."""
    def __init__(self, *command):
        self.told, tell = os.pipe()
        def shell():
            signal.signal(signal.SIGTTOU, signal.SIG_IGN)
            before = termios.tcgetattr(0)
            job = os.fork()
            if not job:
                os.setpgid(0, 0)
                os.tcsetpgrp(0, os.getpgrp())
                signal.signal(signal.SIGTTOU, signal.SIG_DFL)
                os.execvp(command[0], command)
            os.write(tell, b"%8d" % job)
            while True:
                _, status = os.waitpid(job, os.WUNTRACED)
                front = os.tcgetpgrp(0)
                back = b"T" if front == job else b"F"
                same = b"=" if termios.tcgetattr(0) == before else b"!"
                os.tcsetpgrp(0, os.getpgrp())
                if not os.WIFSTOPPED(status):
                    os.write(tell, b"E%s%s%4d" % (back, same, os.waitstatus_to_exitcode(status)))
                    os._exit(0)
                os.write(tell, b"S%s%s%4d" % (back, same, os.WSTOPSIG(status)))
                time.sleep(0.2)
                os.tcsetpgrp(0, job)
                os.killpg(job, signal.SIGCONT)
        self.terminal = Terminal(shell)
        self.pid = int(self.tells(8))

    def tells(self, n=7):
        if not select.select([self.told], [], [], 20)[0]:
            sys.exit("the job does not tell: %r" % self.terminal.text)
        return os.read(self.told, n).decode()

def expect(want, got):
    if want != got:
        sys.exit("%r, not %r" % (got, want))
END

person()
{
	{ cat "$scratch/person.py"; cat; } > person.py
	timeout 60 python3 person.py
}

shell_with_terminal()
{
	person <<'END'
t = Terminal(bash)
t.see("<1>")
t.type("X=41; sleep 1000 | cat &\n")
t.see("<2>")
t.type("cat\n")
time.sleep(1)
t.type("before\n")
t.see("before\r\nbefore\r\n")
save(t.pid)
t.end()
r = Terminal(run("restart", "-q", *sys.argv[1:], "--terminal", "image"), (30, 90))
time.sleep(1)
r.type("after\n")
r.see("after\r\nafter\r\n")
r.type("\x03")                      # Ctrl-C: cat dies, and the shell does not
r.see("<3>")
r.type("echo $((X + 1)) $(stty size)\n")
r.see("42 30 90")
r.type("cat\n")
time.sleep(1)
r.type("\x1a")                      # Ctrl-Z
r.see("Stopped")
r.type("jobs; fg %2\n")
r.see("Running")
time.sleep(1)
r.type("again\n")
r.see("again\r\nagain\r\n")
r.resize(40, 100)
time.sleep(0.5)
r.type("\x04stty size; kill %1; exit 7\n")
r.see("40 100")
expect(7, r.end())
END
}

shell_at_its_prompt()
{
	person <<'END'
t = Terminal(bash)
t.see("<1>")
t.type("echo un")
t.see("echo un")
save(t.pid)
t.end()
r = Terminal(run("restart", "-q", "--terminal", "image"))
time.sleep(1)
r.type("til then\n")
r.see("until then\r\n")
r.type("exit 3\n")
expect(3, r.end())
END
}

shell_without_terminal()
{
	person <<'END'
t = Terminal(bash)
t.see("<1>")
save(t.pid)
pid = t.pid
t.end()
r = subprocess.run(["restart", "image"], stdin=subprocess.DEVNULL, capture_output=True)
expect(125, r.returncode)
if b"use --terminal" not in r.stderr:
    sys.exit(r.stderr)
r = subprocess.run(["restart", "--check", "image"], stdin=subprocess.DEVNULL,
                   capture_output=True)
expect(5, r.returncode)
if os.path.exists("/proc/%d" % pid):
    sys.exit("something is left")
END
}

job_needs_none()
{
	person <<'END'
j = Job("cat")
time.sleep(0.3)
save(j.pid)
expect("ET=  -9", j.tells())
r = Job("restart", "-q", "--terminal", "image")
expect("ET= 125", r.tells())
r.terminal.see("without --terminal")
END
}

job_in_front()
{
	person <<'END'
j = Job("cat")
j.terminal.type("one\n")
j.terminal.see("one\r\none\r\n")
save(j.pid)
j.tells()
r = Job("restart", "-q", "image")
time.sleep(1)
r.terminal.type("two\n")
r.terminal.see("two\r\ntwo\r\n")
r.terminal.type("\x1a")
expect("ST=  20", r.tells())
time.sleep(1)
r.terminal.type("three\n")
r.terminal.see("three\r\nthree\r\n")
r.terminal.type("\x04")
expect("ET=   0", r.tells())
END
}

# Neither the first process nor its group is in front, but a group of its own.
shell_in_a_shell()
{
	person <<'END'
os.environ.update(PS1="<\\!>", HISTFILE="", TERM="dumb")
j = Job("bash", "--norc", "-i")
j.terminal.see("<1>")
j.terminal.type("X=6; cat\n")
time.sleep(1)
j.terminal.type("one\n")
j.terminal.see("one\r\none\r\n")
save(j.pid)
j.tells()
r = Job("restart", "-q", "image")
time.sleep(1)
r.terminal.type("two\n")
r.terminal.see("two\r\ntwo\r\n")
r.terminal.type("\x1a")
r.terminal.see("Stopped")
r.terminal.type("echo $((X * 7))\n")
r.terminal.see("42")
r.terminal.type("suspend\n")
expect("ST=  19", r.tells())
time.sleep(1)
r.terminal.type("fg\n")
time.sleep(1)
r.terminal.type("three\n")
r.terminal.see("three\r\nthree\r\n")
r.terminal.type("\x03")
time.sleep(1)
r.terminal.type("exit 9\n")
expect("ET=   9", r.tells())
END
}

# It had switched its terminal to single keys.
settings_move()
{
	person <<'END'
raw = """if 1:
    import os, termios, tty
    before = termios.tcgetattr(0)
    tty.setcbreak(0)
    os.write(1, b"ready")
    os.write(1, b"key " + os.read(0, 1))
    termios.tcsetattr(0, termios.TCSADRAIN, before)
"""
j = Job("python3", "-c", raw)
j.terminal.see("ready")
save(j.pid)
expect("ET!  -9", j.tells())
r = Job("restart", "-q", "image")
time.sleep(1)
r.terminal.type("k")
r.terminal.see("key k")
expect("ET=   0", r.tells())
END
}

promise "a shell that led its session gets a terminal of its own" shell_with_terminal
promise "a shell at its prompt goes on in the middle of a line" shell_at_its_prompt
promise "without a terminal such a shell is refused" shell_without_terminal
promise "a job gets none of its own" job_needs_none
promise "a job in front is in front of restart's terminal" job_in_front
promise "a shell in a shell keeps its own job in front" shell_in_a_shell
promise "settings of the terminal move with the job" settings_move
finish
