// SPDX-License-Identifier: GPL-2.0
/* Job control: who is stopped, and what the parent knows of it. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static volatile int told;

static void count(int sig __attribute__((unused)))
{
	told++;
}

static void *just_wait(void *arg)
{
	pause();
	return arg;
}

/* In a group of its own, so that SIGTSTP and the like stop it; @threads wait. */
static pid_t child(int threads)
{
	pthread_t thread;
	pid_t pid;

	signal(SIGCHLD, count);
	pid = fork();
	ASSERT_NE(-1, pid);
	if (!pid) {
		setpgid(0, 0);
		while (threads--)
			start_thread(&thread, just_wait, NULL);
		for (;;)
			pause();
	}
	setpgid(pid, pid);
	usleep(100000);
	return pid;
}

/* Third field; 0: it is gone. */
static char state_of(pid_t pid)
{
	char path[32], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	file = fopen(path, "r");
	if (!file)
		return 0;
	if (fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(file);
	return state;
}

static void expect_state(pid_t pid, char state)
{
	int i;

	for (i = 0; i < 500 && state_of(pid) != state; i++)
		usleep(2000);
	EXPECT_EQ(state, state_of(pid));
}

static pid_t now(pid_t pid, int options)
{
	int status;

	return waitpid(pid, &status, WNOHANG | options);
}

static void finish(pid_t pid)
{
	int status = 0;

	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGKILL, status);
}

/* Stopped, and SIGCHLD has come; the report waits. */
static void stop(pid_t pid, int sig)
{
	siginfo_t info;

	kill(pid, sig);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT));
	ASSERT_EQ(sig, info.si_status);
	ASSERT_EQ(1, told);
	told = 0;
}

static void wait_stopped(pid_t pid, int sig)
{
	int status = 0;

	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED | WNOHANG));
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(sig, WSTOPSIG(status));
}

static void goes_on(pid_t pid)
{
	int status = 0;

	kill(pid, SIGCONT);
	EXPECT_EQ(pid, waitpid(pid, &status, WCONTINUED));
	EXPECT_TRUE(WIFCONTINUED(status));
	expect_state(pid, 'S');
}

TEST(a_stop_that_was_waited_for_is_not_told_again)
{
	pid_t pid = child(0);

	stop(pid, SIGSTOP);
	wait_stopped(pid, SIGSTOP);
	ASSERT_EQ(0, now(pid, WUNTRACED));
	cut();
	expect_state(pid, 'T');
	usleep(50000);
	EXPECT_EQ(0, now(pid, WUNTRACED));
	EXPECT_EQ(0, told);
	goes_on(pid);
	EXPECT_EQ(1, told);
	finish(pid);
}

TEST(a_stop_that_was_not_waited_for_is_told_once)
{
	pid_t pid = child(0);

	stop(pid, SIGTSTP);
	cut();
	expect_state(pid, 'T');
	EXPECT_EQ(0, told);	/* the signal has come before */
	wait_stopped(pid, SIGTSTP);
	EXPECT_EQ(0, now(pid, WUNTRACED));
	EXPECT_EQ(0, told);
	goes_on(pid);
	finish(pid);
}

TEST(all_threads_are_stopped)
{
	pid_t pid = child(3);
	int status;

	stop(pid, SIGTTIN);
	wait_stopped(pid, SIGTTIN);
	cut();
	expect_state(pid, 'T');
	usleep(50000);
	EXPECT_EQ(0, now(pid, WUNTRACED));
	EXPECT_EQ(0, told);
	goes_on(pid);
	kill(pid, SIGTTOU);	/* and can be stopped again */
	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	EXPECT_EQ(SIGTTOU, WSTOPSIG(status));
	finish(pid);
}

TEST(that_it_was_continued_is_told_once)
{
	pid_t pid = child(0);
	siginfo_t info;
	int status = 0;

	stop(pid, SIGSTOP);
	wait_stopped(pid, SIGSTOP);
	kill(pid, SIGCONT);
	ASSERT_EQ(0, waitid(P_PID, pid, &info, WCONTINUED | WNOWAIT));
	expect_state(pid, 'S');
	told = 0;
	cut();
	EXPECT_EQ(0, told);
	EXPECT_EQ(0, now(pid, WUNTRACED));
	EXPECT_EQ(pid, waitpid(pid, &status, WCONTINUED | WNOHANG));
	EXPECT_TRUE(WIFCONTINUED(status));
	EXPECT_EQ(0, now(pid, WCONTINUED));
	finish(pid);
}

TEST(that_it_was_continued_is_not_told_again)
{
	pid_t pid = child(0);

	stop(pid, SIGSTOP);
	wait_stopped(pid, SIGSTOP);
	goes_on(pid);
	told = 0;
	cut();
	usleep(50000);
	EXPECT_EQ(0, now(pid, WCONTINUED | WUNTRACED));
	EXPECT_EQ(0, told);
	expect_state(pid, 'S');
	finish(pid);
}

/* Who waits while it is stopped hears of the next change, not of this one. */
TEST(a_waiting_parent_goes_on_waiting)
{
	pid_t pid = child(0), waker;
	int status = 0;

	stop(pid, SIGSTOP);
	wait_stopped(pid, SIGSTOP);
	waker = fork();
	if (!waker) {
		usleep(1500000);
		_exit(kill(pid, SIGCONT));
	}
	cut();
	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED | WCONTINUED));
	EXPECT_TRUE(WIFCONTINUED(status));
	EXPECT_EQ(waker, waitpid(waker, &status, 0));
	EXPECT_EQ(0, status);
	finish(pid);
}
