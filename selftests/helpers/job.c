// SPDX-License-Identifier: GPL-2.0
/*
 * job [-r]: a program as a shell starts it. Says "ready", tells of the signals
 * that it gets, and ends with status 3 on SIGTERM; SIGABRT kills it.
 *
 *	-r	reads a line from standard input, says "got" and the line, and
 *		ends with status 9
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void say(const char *line)
{
	if (write(STDOUT_FILENO, line, strlen(line)) < 0)
		_exit(1);
}

static void on_usr1(int signo)
{
	(void)signo;
	say("usr1\n");
}

static void on_term(int signo)
{
	(void)signo;
	say("term\n");
	_exit(3);
}

static void on_queued(int signo, siginfo_t *info, void *context)
{
	char line[] = "queued ?\n";

	(void)signo;
	(void)context;
	line[7] = '0' + info->si_value.sival_int;
	say(line);
}

static int read_line(void)
{
	char line[80];

	if (!fgets(line, sizeof(line), stdin)) {
		say("nothing to read\n");
		return 1;
	}
	say("got ");
	say(line);
	return 9;
}

int main(int argc, char **argv)
{
	struct sigaction queued = {
		.sa_sigaction = on_queued, .sa_flags = SA_SIGINFO | SA_RESTART,
	};

	signal(SIGUSR1, on_usr1);
	signal(SIGTERM, on_term);
	sigaction(SIGRTMIN + 3, &queued, NULL);
	say("ready\n");
	if (argc > 1 && !strcmp(argv[1], "-r"))
		return read_line();
	for (;;)
		pause();
}
