# SPDX-License-Identifier: GPL-2.0
"""The programs: what each needs, how it is started, what it writes."""
import os
import random

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
    clock: it looks at the clock when it begins: set that to one moment.
    """
    stdout = "file"
    same_stdout = False
    with_files = False
    clock = None

    def prepare(self, inputs):
        """Make what the program reads, in a folder that it cannot write to."""


class MrBayes(Workload):
    """Bayesian inference of a family tree; the run's name is made from the time."""
    name = "mrbayes"
    stdout = "pipe"
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


WORKLOADS = [MrBayes(), Xz(), Queues(), Sqlite(), Shell(), Pool()]
