// SPDX-License-Identifier: GPL-2.0
/*
 * subject [-p PROCESSES] [-m MEGABYTES] [-t THREADS] [-d DESCRIPTORS] [-H] [-s] [-z]
 * [-r PERCENT] [-w FILE]: what a benchmark saves and restarts: a process of so
 * many megabytes, of 4 KB pages or huge ones (-H), private or shared (-s), of random
 * contents or zeros (-z), with so many threads and descriptors, and so many children of the same
 * size, each with memory of its own. With -r a thread works as fast as it can
 * and rewrites so much of the memory per second, whole 4 KB pages all over it.
 *
 * Tells first how long it takes to fork() as many processes as it has children,
 * or one, one after the other: the median of five, in nanoseconds. Then it
 * sleeps for half a millisecond at a time, and at each SIGUSR1 tells, in a line:
 *
 *	the longest time between two of its heartbeats since it was asked last,
 *	when that was over (CLOCK_REALTIME),
 *	units of work done since then, pages rewritten, how long that was,
 *	how long its last fork() took.
 *
 * At SIGUSR2 it does what programs do that save themselves: a child that it
 * forks writes the memory to the file of -w, if there is one, and ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS		5
#define PAGE		4096ul
#define WORDS		(PAGE / sizeof(unsigned long))
#define STRIDE		2654435761ul	/* prime: it meets every page once in a round */
#define AT_ONCE		16		/* units between two looks at the clock */
#define LATE_NS		100000000ll	/* what it was late for is not caught up with */

struct shape {
	int processes, threads, descriptors;
	size_t bytes;
	bool huge, shared, zero;
	double percent;
	const char *file;
	unsigned long *memory;
};

static volatile sig_atomic_t asked, told_to_save;
static volatile unsigned long units, rewritten;

static void ask(int signal)
{
	if (signal == SIGUSR2)
		told_to_save = 1;
	else
		asked = 1;
}

static void fill(struct shape *s)
{
	size_t i;

	if (!s->bytes)
		return;
	s->memory = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE,
			 MAP_ANONYMOUS | (s->shared ? MAP_SHARED : MAP_PRIVATE), -1, 0);
	if (s->memory == MAP_FAILED)
		die("mmap");
	madvise(s->memory, s->bytes, s->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	if (!s->zero)
		fill_random(s->memory, s->bytes, getpid());
	for (i = 0; s->zero && i < s->bytes / sizeof(*s->memory); i += WORDS)
		*(volatile unsigned long *)(s->memory + i) = 0;
}

/* Work */

static void rewrite(struct shape *s, unsigned long number)
{
	unsigned long page = number * STRIDE % (s->bytes / PAGE), i;

	for (i = 0; i < WORDS; i++)
		s->memory[page * WORDS + i] = number * STRIDE + i;
	rewritten++;
}

/* Some microseconds in the caches. */
static unsigned long unit(unsigned long x)
{
	int i;

	for (i = 0; i < 2000; i++)
		x = x * 6364136223846793005ul + 1442695040888963407ul;
	return x;
}

static void *work(void *shape)
{
	struct shape *s = shape;
	double each = 1e9 / (s->bytes / PAGE * s->percent / 100);
	volatile unsigned long result = 0;
	unsigned long number = 0;
	double due = now();
	long long t;
	int i;

	for (;;) {
		for (i = 0; i < AT_ONCE; i++)
			result = unit(result);
		units += AT_ONCE;
		t = now();
		if (due < t - LATE_NS)
			due = t - LATE_NS;
		for (; due < t; due += each)
			rewrite(s, ++number);
	}
	return NULL;
}

static void start_work(struct shape *s)
{
	pthread_t thread;

	if (s->percent && s->bytes && pthread_create(&thread, NULL, work, s))
		die("pthread_create");
}

/* Threads, descriptors, processes */

static void *sleep_on(void *unused)
{
	(void)unused;
	for (;;)
		pause();
	return NULL;
}

static void start_threads(const struct shape *s)
{
	pthread_attr_t attr;
	pthread_t thread;
	int i;

	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 65536);
	for (i = 1; i < s->threads; i++)
		if (pthread_create(&thread, &attr, sleep_on, NULL))
			die("pthread_create");
}

/* In turn: a file, an eventfd, the two ends of a pipe. */
static void open_descriptors(const struct shape *s)
{
	struct rlimit limit = { s->descriptors + 64, s->descriptors + 64 };
	int left = s->descriptors, pipes[2];

	if (left && setrlimit(RLIMIT_NOFILE, &limit))
		die("setrlimit");
	while (left > 0) {
		if (open("/dev/null", O_RDWR) < 0 || eventfd(0, 0) < 0 || pipe(pipes))
			die("descriptors");
		left -= 4;
	}
}

static void start_children(struct shape *s)
{
	int i;

	for (i = 0; i < s->processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		fill(s);
		sleep_on(NULL);
	}
}

static long long fork_round(int n)
{
	pid_t pid[n];
	long long took = now();
	int i;

	for (i = 0; i < n; i++) {
		pid[i] = fork();
		if (pid[i] < 0)
			die("fork");
		if (!pid[i])
			_exit(0);
	}
	took = now() - took;
	for (i = 0; i < n; i++)
		waitpid(pid[i], NULL, 0);
	return took;
}

static long long time_fork(const struct shape *s)
{
	long long took[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++)
		took[i] = fork_round(s->processes ? s->processes : 1);
	return median(took, ROUNDS);
}

static long long forked;	/* how long it took */

static void save_by_fork(const struct shape *s)
{
	long long begun = now();
	const char *p = (const char *)s->memory;
	size_t done = 0;
	int fd;

	if (fork()) {
		forked = now() - begun;
		return;		/* nobody waits for it: SIGCHLD is ignored */
	}
	if (!s->file) {
		usleep(100000);	/* to be seen */
		_exit(0);
	}
	fd = open(s->file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	while (done < s->bytes) {
		ssize_t n = write(fd, p + done, s->bytes - done < 2ul << 20 ?
						s->bytes - done : 2ul << 20);

		if (n <= 0)
			_exit(1);
		done += n;
	}
	_exit(0);
}

/* Heartbeats */

struct gap {
	long long longest, over, begun;
	unsigned long units, rewritten;
};

static void begin_gap(struct gap *g)
{
	*g = (struct gap){ .begun = stamp(), .units = units, .rewritten = rewritten };
}

static void tell_gap(struct gap *g)
{
	printf("%lld %lld %lu %lu %lld %lld\n", g->longest, g->over, units - g->units,
	       rewritten - g->rewritten, stamp() - g->begun, forked);
	fflush(stdout);
	begin_gap(g);
}

static void beat(const struct shape *s)
{
	const struct timespec interval = { .tv_nsec = 500000 };
	long long last = stamp(), t;
	struct gap g;

	begin_gap(&g);
	for (;;) {
		nanosleep(&interval, NULL);
		t = stamp();
		if (t - last > g.longest) {
			g.longest = t - last;
			g.over = t;
		}
		last = t;
		if (told_to_save) {
			told_to_save = 0;
			save_by_fork(s);
		}
		if (asked) {
			asked = 0;
			tell_gap(&g);
			last = stamp();
		}
	}
}

static int parse(int argc, char **argv, struct shape *s)
{
	int option;

	while ((option = getopt(argc, argv, "p:m:t:d:Hszr:w:")) != -1) {
		if (option == 'p')
			s->processes = atoi(optarg);
		else if (option == 'm')
			s->bytes = strtoul(optarg, NULL, 0) << 20;
		else if (option == 't')
			s->threads = atoi(optarg);
		else if (option == 'd')
			s->descriptors = atoi(optarg);
		else if (option == 'H')
			s->huge = true;
		else if (option == 's')
			s->shared = true;
		else if (option == 'z')
			s->zero = true;
		else if (option == 'r')
			s->percent = atof(optarg);
		else if (option == 'w')
			s->file = optarg;
		else
			return -1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct shape s = { .threads = 1 };
	long long forking;

	if (parse(argc, argv, &s))
		return 1;
	signal(SIGUSR1, ask);
	signal(SIGUSR2, ask);
	start_children(&s);
	fill(&s);
	start_threads(&s);
	open_descriptors(&s);
	forking = time_fork(&s);
	signal(SIGCHLD, SIG_IGN);
	start_work(&s);
	/* Last: whoever reads it counts its threads. */
	printf("%lld\n", forking);
	fflush(stdout);
	beat(&s);
}
