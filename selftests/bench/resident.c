// SPDX-License-Identifier: GPL-2.0
/*
 * resident MEGABYTES [huge]: a program of that size that tells what its own
 * fork() costs (the median of nine, in nanoseconds), and then sleeps.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#define FORKS	9

static long long fork_once(void)
{
	long long start = now(), end;
	pid_t child = fork();

	if (child < 0) {
		perror("fork");
		exit(1);
	}
	if (!child)
		_exit(0);
	end = now();
	waitpid(child, NULL, 0);
	return end - start;
}

int main(int argc, char **argv)
{
	size_t i, size = (argc > 1 ? strtoul(argv[1], NULL, 0) : 64) << 20;
	long long took[FORKS];
	unsigned char *p;
	int n;

	p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED) {
		perror("mmap");
		return 1;
	}
	madvise(p, size, argc > 2 ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
	for (i = 0; i < size; i += 64)
		p[i] = i >> 12 | 1;
	for (n = 0; n < FORKS; n++)
		took[n] = fork_once();
	printf("%lld\n", median(took, FORKS));
	fflush(stdout);
	for (;;)
		pause();
}
