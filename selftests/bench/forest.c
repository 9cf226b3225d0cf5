// SPDX-License-Identifier: GPL-2.0
/*
 * forest PROCESSES MEGABYTES: that many children of that size, each with memory
 * of its own. Tells what it costs to fork() all of them once more, one after the
 * other (the median of five, in nanoseconds), and then sleeps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <signal.h>
#include <unistd.h>

#include "bench.h"

#define ROUNDS	5

static char *memory_of(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	if (p == MAP_FAILED)
		exit(1);
	madvise(p, size, MADV_NOHUGEPAGE);
	for (i = 0; i < size; i += 4096)
		p[i] = i >> 12 | 1;
	return p;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? atoi(argv[1]) : 100, i, round;
	size_t size = (argc > 2 ? atoi(argv[2]) : 1) << 20;
	long long took[ROUNDS];
	pid_t pid[n];

	for (i = 0; i < n; i++) {
		if (fork())
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		memory_of(size);
		for (;;)
			pause();
	}
	memory_of(size);
	for (round = 0; round < ROUNDS; round++) {
		took[round] = now();
		for (i = 0; i < n; i++) {
			pid[i] = fork();
			if (pid[i] < 0) {
				perror("fork");
				return 1;
			}
			if (!pid[i])
				_exit(0);
		}
		took[round] = now() - took[round];
		for (i = 0; i < n; i++)
			waitpid(pid[i], NULL, 0);
	}
	printf("%lld\n", median(took, ROUNDS));
	fflush(stdout);
	for (;;)
		pause();
}
