// SPDX-License-Identifier: GPL-2.0
/* Promises: a pseudo terminal, and who leads a session with it as their own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>

#include "kcr_harness.h"
#include "terminals.h"

/* Reads on until it says that; what it says then is left. */
static const char *said(int master, const char *word)
{
	static char all[4096];
	struct pollfd p = { .fd = master, .events = POLLIN };
	size_t got = strlen(all);
	ssize_t n;
	char *at;

	while (!strstr(all, word) && got < sizeof(all) - 1 && poll(&p, 1, 10000) > 0) {
		n = read(master, all + got, sizeof(all) - 1 - got);
		if (n <= 0)
			break;
		got += n;
		all[got] = 0;
	}
	at = strstr(all, word);
	if (!at)
		return all;
	memmove(all, at + strlen(word), strlen(at + strlen(word)) + 1);
	return word;
}

/* A child that leads a session on it, calls @fn, and has said that. */
static pid_t on_terminal(int *master, void (*fn)(void), const char *word)
{
	pid_t pid = forkpty(master, NULL, NULL, NULL);

	if (!pid) {
		fn();
		_exit(99);	/* none of them returns */
	}
	ASSERT_STREQ(word, said(*master, word));
	return pid;
}

static void repeat_lines(void)
{
	char line[256];

	printf("ready\n");
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		printf("got %s", line);
		fflush(stdout);
	}
	_exit(7);
}

TEST(keeps_a_child_that_reads)
{
	int master, status = 0;
	pid_t pid = on_terminal(&master, repeat_lines, "ready");

	cut();
	put(master, "hello\n");
	EXPECT_STREQ("got hello\r\n", said(master, "got hello\r\n"));
	put(master, "\x04");
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, WEXITSTATUS(status));
}

static void tell_about_terminal(void)
{
	int tty;
	char c;

	printf("ready\n");
	fflush(stdout);
	if (read(0, &c, 1) < 0)
		_exit(1);
	tty = open("/dev/tty", O_RDWR);
	dprintf(tty, "sid %d pgrp %d\n", tcgetsid(0) == getpid(), tcgetpgrp(tty) == getpid());
	_exit(0);
}

TEST(keeps_session_and_foreground_group)
{
	int master, status = 0;
	pid_t pid = on_terminal(&master, tell_about_terminal, "ready");

	EXPECT_EQ(pid, tcgetpgrp(master));
	EXPECT_EQ(pid, tcgetsid(master));
	cut();
	EXPECT_EQ(pid, tcgetpgrp(master));
	EXPECT_EQ(pid, tcgetsid(master));
	put(master, "\n");
	EXPECT_STREQ("sid 1 pgrp 1", said(master, "sid 1 pgrp 1"));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A shell with a job in front. */
static void shell(void)
{
	pid_t job = fork();
	int status;

	if (!job) {
		setpgid(0, 0);
		signal(SIGTTOU, SIG_IGN);
		tcsetpgrp(0, getpid());
		printf("job %d\n", getpid());
		fflush(stdout);
		for (;;)
			pause();
	}
	signal(SIGTTOU, SIG_IGN);
	for (;;) {
		waitpid(job, &status, WUNTRACED);
		tcsetpgrp(0, getpid());
		if (WIFSTOPPED(status))
			printf("stopped by %d\n", WSTOPSIG(status));
		else
			printf("ended by %d\n", WTERMSIG(status));
		fflush(stdout);
		if (!WIFSTOPPED(status))
			_exit(5);
		tcsetpgrp(0, job);
		kill(-job, SIGCONT);
		printf("goes on\n");
		fflush(stdout);
	}
}

TEST(passes_keys_to_the_job_in_front)
{
	int master, status = 0, job;
	char text[32];
	pid_t pid = on_terminal(&master, shell, "job");

	usleep(100000);
	job = tcgetpgrp(master);
	ASSERT_NE(pid, job);
	cut();
	EXPECT_EQ(job, tcgetpgrp(master));
	put(master, "\x1a");
	snprintf(text, sizeof(text), "stopped by %d", SIGTSTP);
	EXPECT_STREQ(text, said(master, text));
	EXPECT_STREQ("goes on", said(master, "goes on"));
	EXPECT_EQ(job, tcgetpgrp(master));
	put(master, "\x03");
	snprintf(text, sizeof(text), "ended by %d", SIGINT);
	EXPECT_STREQ(text, said(master, text));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(5, WEXITSTATUS(status));
}

static void only_dev_tty(void)
{
	int tty = open("/dev/tty", O_RDWR);
	char line[64];
	ssize_t n;

	for (int fd = 0; fd < 3; fd++)
		close(fd);
	dprintf(tty, "ready\n");
	while ((n = read(tty, line, sizeof(line))) > 0)
		dprintf(tty, "got %.*s", (int)n, line);
	_exit(0);
}

TEST(keeps_a_terminal_opened_as_dev_tty)
{
	int master, status;
	pid_t pid = on_terminal(&master, only_dev_tty, "ready");

	cut();
	put(master, "hello\n");
	EXPECT_STREQ("got hello", said(master, "got hello"));
	put(master, "\x04");
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* Of the terminal nothing is left to it but that it controls. */
static void nothing_open(void)
{
	printf("ready\n");
	fflush(stdout);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	pause();
	_exit(0);
}

TEST(hangs_up_its_session)
{
	int master, status = 0;
	pid_t pid = on_terminal(&master, nothing_open, "ready");

	usleep(50000);
	cut();
	EXPECT_EQ(pid, tcgetsid(master));
	close(master);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGHUP, WTERMSIG(status));
}

static void without_terminal(void)
{
	if (!fork()) {
		ioctl(0, TIOCNOTTY);
		printf("ready\n");
		fflush(stdout);
		getchar();
		printf("has %s\n", open("/dev/tty", O_RDWR) < 0 ? "none" : "one");
		fflush(stdout);
		pause();
	}
	pause();
	_exit(0);
}

TEST(keeps_who_has_parted_from_it)
{
	int master;
	pid_t pid = on_terminal(&master, without_terminal, "ready");

	cut();
	EXPECT_EQ(pid, tcgetsid(master));
	put(master, "\n");
	EXPECT_STREQ("has none", said(master, "has none"));
	kill(-pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
}
