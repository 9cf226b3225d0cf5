# SPDX-License-Identifier: GPL-2.0
"""The programs: what each needs, how it is started, what it writes."""
import os
import random
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = "/usr/share/doc/mrbayes/examples"


class Workload:
    """A program whose output is the same each time.

    args: its command, run in an empty folder.
    outputs: the files that are compared.
    stdout: "file", or "pipe" if the driver is to read it; with the reader
        pausing, such a program is caught in write(2).
    same_stdout: what it prints is always the same, too.
    with_files: it changes files in place, so an image that outlives its cut
        needs their contents.
    with_folder: it makes and removes files that it does not have open, so such an
        image needs its folder as it was at the cut.
    met: the kinds of moments that it is to be found in.
    unasked: it is run without being named.
    clock: it looks at the clock when it begins: set that to one moment.
    """
    stdout = "file"
    same_stdout = False
    with_files = False
    with_folder = False
    met = "cpu", "call", "stream"
    unasked = True
    clock = None

    def prepare(self, inputs):
        """Make what the program reads, in a folder that it cannot write to."""


class MrBayes(Workload):
    """Bayesian inference of a family tree; the run's name is made from the time."""
    name = "mrbayes"
    stdout = "pipe"
    with_folder = True	# it renames one
    clock = "2024-05-01 12:00:00"
    outputs = ["out.p", "out.t", "out.mcmc", "out.ckp", "out.ckp~"]
    generations = 1300

    def prepare(self, inputs):
        with open(f"{EXAMPLES}/primates.nex") as nexus:
            data = nexus.read().split("begin mrbayes")[0]
        with open(f"{inputs}/primates.nex", "w") as out:
            out.write(data)
        with open(f"{inputs}/batch.nex", "w") as out:
            out.write(f"""
                set autoclose=yes nowarn=yes seed=42 swapseed=43;
                execute {inputs}/primates.nex;
                lset nst=6 rates=gamma;
                mcmc nruns=1 nchains=4 ngen={self.generations} samplefreq=10 printfreq=1
                     diagnfreq=300 checkfreq=300 filename=out;
                quit;
                """)
        self.args = ["mb", f"{inputs}/batch.nex"]


class Xz(Workload):
    """Two threads compress 64 MB."""
    name = "xz"
    outputs = ["stdout"]
    size = 64 << 20

    def prepare(self, inputs):
        chance = random.Random(7)
        words = [bytes(chance.choices(range(97, 123), k=chance.randrange(3, 10)))
                 for _ in range(3000)]
        lines = [b" ".join(chance.choices(words, k=12)) + b"\n" for _ in range(2000)]
        left = self.size
        with open(f"{inputs}/data", "wb") as out:
            while left:
                block = chance.randbytes(700) + b"".join(chance.choices(lines, k=9)) * 25
                left -= out.write(block[:left])
        self.args = ["xz", "-T2", "-1", "--stdout", f"{inputs}/data"]


class Queues(Workload):
    """Python: threads, queues and files, some of them changed in place."""
    name = "queues"
    with_files = True
    outputs = ["results.txt", "copy.txt", "milestones.txt"]
    args = ["python3", f"{HERE}/queues.py", "40"]


class Sqlite(Workload):
    """An indexed table grows inside transactions."""
    name = "sqlite"
    stdout = "pipe"
    same_stdout = True
    with_files = True
    outputs = ["words.db"]
    transactions = 110

    def prepare(self, inputs):
        with open(f"{inputs}/fill.sql", "w") as out:
            out.write("""
                pragma locking_mode = exclusive;
                pragma journal_mode = persist;
                pragma cache_size = 500;
                create table word(id integer primary key, name text, n integer);
                create index word_name on word(name);
                create index word_n on word(n);
                """)
            for turn in range(1, self.transactions + 1):
                out.write(f"""
                    begin;
                    with recursive c(x) as (select 1 union all select x + 1 from c where x < 500)
                    insert into word(name, n)
                    select hex(x * {turn} * 7919 % 65521), x * 31 % {turn} from c;
                    update word set n = n + 1 where id % 97 = {turn % 97};
                    commit;
                    select id, name, n from word order by id desc limit 60;
                    """)
        self.args = ["sqlite3", "-batch", "-init", "/dev/null", "words.db",
                     f".read {inputs}/fill.sql"]


class Shell(Workload):
    """A batch script of bash: a pipeline, jobs in the background, a trap."""
    name = "shell"
    with_files = True
    outputs = ["pipeline.txt", "jobs.txt"]
    args = ["bash", f"{HERE}/shell.sh", "40"]


class Pool(Workload):
    """Python's multiprocessing: a pool, queues, shared memory, semaphores."""
    name = "pool"
    with_files = True
    outputs = ["digests.txt", "sums.txt"]
    args = ["python3", f"{HERE}/pool.py", "60"]


class Redis(Workload):
    """redis-server and its clients; changes are in its log of them, and in a dump."""
    name = "redis"
    with_folder = True
    met = "call", "stream"
    outputs = ["results.txt"]
    args = ["python3", f"{HERE}/redis.py", "80"]


class Make(Workload):
    """make -j4 builds a small program of C; what it does is compared, too."""
    name = "make"
    unasked = False
    with_folder = True
    files = 20

    def prepare(self, inputs):
        source = f"{inputs}/make"
        os.makedirs(source, exist_ok=True)
        parts = [f"part{n}" for n in range(self.files)]
        for number, part in enumerate(parts):
            with open(f"{source}/{part}.c", "w") as out:
                out.write(self.part(number))
        with open(f"{source}/main.c", "w") as out:
            out.write("#include <stdio.h>\n")
            out.writelines(f"unsigned int {part}(unsigned int x);\n" for part in parts)
            out.write("int main(void)\n{\n\tunsigned int x = 1;\n\n")
            out.writelines(f"\tprintf(\"%u\\n\", x = {part}(x));\n" for part in parts)
            out.write("\treturn 0;\n}\n")
        objects = [f"{part}.o" for part in ["main", *parts]]
        with open(f"{source}/Makefile", "w") as out:
            out.write(f"""VPATH = {source}
CFLAGS = -O -Wall -Werror
result.txt: program
\t./program > $@
program: {" ".join(objects)}
\t$(CC) -o $@ $^
%.o: %.c
\t$(CC) $(CFLAGS) -c -o $@ $<
""")
        self.outputs = ["result.txt", "program", *objects]
        # Temporary files of the compiler are the job's, and belong into its folder.
        self.args = ["env", "TMPDIR=.", "make", "-j4", "-f", f"{source}/Makefile"]

    @staticmethod
    def part(number):
        chance = random.Random(number)
        lines = ["#include <string.h>"]
        for turn in range(3):
            lines += [f"static unsigned int f{turn}(unsigned int x)", "{",
                      "\tunsigned int i, t[64];", "", "\tmemset(t, x, sizeof(t));",
                      "\tfor (i = 0; i < 64; i++)",
                      f"\t\tt[(i * {chance.randrange(3, 99)}) % 64] ^= x * "
                      f"{chance.randrange(1 << 20)} + (x >> {chance.randrange(1, 9)}) + i;",
                      f"\treturn t[x % 64] ^ t[{turn}];", "}", ""]
        lines += [f"unsigned int part{number}(unsigned int x)", "{"]
        lines += [f"\tx += f{turn}(x);" for turn in range(3)]
        return "\n".join(lines + ["\treturn x;", "}", ""])


class Parallel(Workload):
    """GNU parallel: a hundred small jobs, four at a time, their output in order."""
    name = "parallel"
    unasked = False
    with_files = True
    outputs = ["stdout"]
    args = ["env", "HOME=.", "TMPDIR=.", "PARALLEL_SHELL=/bin/sh",
            "parallel", "--will-cite", "-k", "-j4",
            "seq {} 7 {}000 | cksum", ":::", *map(str, range(1, 101))]


class Expect(Workload):
    """expect talks with an interactive bash, which has jobs."""
    name = "expect"
    unasked = False
    with_files = True
    met = "call", "stream"
    outputs = ["session.txt"]
    args = ["expect", "-f", f"{HERE}/session.exp", "8"]


class Tmux(Workload):
    """tmux with bash and an editor, and somebody who looks at its screens."""
    name = "tmux"
    unasked = False
    with_folder = True
    met = "call", "stream"
    outputs = ["screens.txt", "text"]
    args = ["bash", f"{HERE}/tmux.sh", "5"]


class Lammps(Workload):
    """LAMMPS: a Lennard-Jones melt. Its MPI is told to open no network."""
    name = "lammps"
    unasked = False
    outputs = ["melt.txt", "thermo.txt"]
    steps = 300

    def prepare(self, inputs):
        with open(f"{inputs}/in.melt", "w") as out:
            out.write(f"""
                units lj
                atom_style atomic
                lattice fcc 0.8442
                region box block 0 6 0 6 0 6
                create_box 1 box
                create_atoms 1 box
                mass 1 1.0
                velocity all create 3.0 87287
                pair_style lj/cut 2.5
                pair_coeff 1 1 1.0 1.0 2.5
                neighbor 0.3 bin
                neigh_modify every 20 delay 0 check no
                fix 1 all nve
                variable t equal temp
                variable e equal etotal
                fix 2 all print 5 "$(step) $t $e" file thermo.txt screen no
                dump 1 all custom 50 melt.txt id x y z vx vy vz
                thermo 20
                run {self.steps}
                """)
        self.args = ["env", "OMPI_MCA_ess_singleton_isolated=1", "OMPI_MCA_btl=self",
                     "OMPI_MCA_pml=ob1", "lmp", "-in", f"{inputs}/in.melt"]


class Strace(Workload):
    """strace follows a script and all that it starts; its log is compared, too."""
    name = "strace"
    unasked = False
    with_files = True
    met = "call", "stream"
    outputs = ["results.txt", "calls.txt"]
    args = ["python3", f"{HERE}/strace.py", f"{HERE}/trace.sh", "12"]


class Gdb(Workload):
    """gdb, with breakpoints that have conditions, and a hardware watchpoint."""
    name = "gdb"
    unasked = False
    with_files = True
    met = "call", "stream"
    outputs = ["session.txt"]

    def prepare(self, inputs):
        program = f"{inputs}/debugged"
        subprocess.run(["gcc", "-g", "-o", program, f"{HERE}/debugged.c"], check=True)
        # It tells the id of the program in the end.
        self.args = ["sh", "-c", f"HOME=. gdb -batch -nx -x {HERE}/debug.gdb --args {program} 150"
                     " > gdb.out; sed 's/process [0-9]*/process/' gdb.out > session.txt"]


WORKLOADS = [MrBayes(), Xz(), Queues(), Sqlite(), Shell(), Pool(), Redis(), Make(), Parallel(),
             Expect(), Tmux(), Lammps(), Strace(), Gdb()]
