// SPDX-License-Identifier: GPL-2.0
/*
 * subject [-m MB] [-n] [-x MS] [-k]: a program to be saved. Prints a number
 * every ten milliseconds, which tells whether it goes on, and has a second
 * thread that sleeps.
 *
 *	-m MB	has so much memory of its own, which it keeps changing
 *	-n	is not dumpable
 *	-x MS	ends after so many milliseconds, with status 42
 *	-k	holds one signal pending
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

static void sleep_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

static void *sleeper(void *unused)
{
	for (;;)
		sleep_ms(100000);
	return unused;
}

static void hold_signal(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	raise(SIGUSR1);
}

int main(int argc, char **argv)
{
	size_t size = 0, at = 0;
	long n, end = 0;
	pthread_t thread;
	char *memory;
	int option;

	while ((option = getopt(argc, argv, "m:nx:k")) != -1) {
		if (option == 'm')
			size = strtoul(optarg, NULL, 0) << 20;
		else if (option == 'n')
			prctl(PR_SET_DUMPABLE, 0);
		else if (option == 'x')
			end = strtol(optarg, NULL, 0) / 10;
		else if (option == 'k')
			hold_signal();
		else
			return 1;
	}
	memory = malloc(size + 1);
	if (!memory || pthread_create(&thread, NULL, sleeper, NULL))
		return 1;
	for (at = 0; at < size; at += 8)
		*(size_t *)(memory + at) = at * 2654435761u;
	for (n = 1; !end || n <= end; n++) {
		printf("%ld\n", n);
		fflush(stdout);
		if (size)
			memory[(at += 4099) % size] = n;
		sleep_ms(10);
	}
	return 42;
}
