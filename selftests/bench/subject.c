// SPDX-License-Identifier: GPL-2.0
/*
 * subject [-p PROCESSES] [-m MEGABYTES] [-t THREADS] [-d DESCRIPTORS] [-H]: what
 * a benchmark saves and restarts: a process of so many megabytes, of 4 KB pages
 * or huge ones (-H), with so many threads and descriptors, and so many children
 * of the same size, each with memory of its own.
 *
 * Tells first how long it takes to fork() as many processes as it has children,
 * or one, one after the other: the median of five, in nanoseconds. Then it
 * sleeps for half a millisecond at a time, and at each SIGUSR1 tells the longest
 * time between two of its heartbeats since the last one, in nanoseconds.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	5

struct shape {
	int processes, threads, descriptors;
	size_t bytes;
	bool huge;
};

static volatile sig_atomic_t asked;

static void ask(int signal)
{
	(void)signal;
	asked = 1;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* Pages that are not all the same, and not zero. */
static void fill(const struct shape *s)
{
	unsigned char *p;
	size_t i;

	if (!s->bytes)
		return;
	p = mmap(NULL, s->bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		die("mmap");
	madvise(p, s->bytes, s->huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (i = 0; i < s->bytes; i += 64)
		p[i] = i >> 12 | 1;
}

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

static void start_children(const struct shape *s)
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

static void tell_fork(const struct shape *s)
{
	long long took[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++)
		took[i] = fork_round(s->processes ? s->processes : 1);
	printf("%lld\n", median(took, ROUNDS));
	fflush(stdout);
}

static void beat(void)
{
	const struct timespec interval = { .tv_nsec = 500000 };
	long long last = now(), longest = 0, t;

	for (;;) {
		nanosleep(&interval, NULL);
		t = now();
		if (t - last > longest)
			longest = t - last;
		last = t;
		if (!asked)
			continue;
		asked = 0;
		printf("%lld\n", longest);
		fflush(stdout);
		longest = 0;
		last = now();
	}
}

int main(int argc, char **argv)
{
	struct shape s = { .threads = 1 };
	int option;

	while ((option = getopt(argc, argv, "p:m:t:d:H")) != -1) {
		switch (option) {
		case 'p':
			s.processes = atoi(optarg);
			break;
		case 'm':
			s.bytes = strtoul(optarg, NULL, 0) << 20;
			break;
		case 't':
			s.threads = atoi(optarg);
			break;
		case 'd':
			s.descriptors = atoi(optarg);
			break;
		case 'H':
			s.huge = true;
			break;
		default:
			return 1;
		}
	}
	signal(SIGUSR1, ask);
	start_children(&s);
	fill(&s);
	start_threads(&s);
	open_descriptors(&s);
	tell_fork(&s);
	beat();
}
