// SPDX-License-Identifier: GPL-2.0
/* Signals on I/O (F_SETOWN, F_SETSIG, O_ASYNC), leases, and directories that are watched. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "kcr_harness.h"

static sigset_t io_set;

static void block_signals(void)
{
	sigemptyset(&io_set);
	sigaddset(&io_set, SIGIO);
	sigaddset(&io_set, SIGUSR2);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &io_set, NULL));
}

/* The next of them, or 0; its descriptor. */
static int next_signal(int ms, int *fd)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };
	siginfo_t info = {};
	int sig = sigtimedwait(&io_set, &info, &ts);

	if (fd)
		*fd = info.si_fd;
	return sig < 0 ? 0 : sig;
}

static void set_async(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	ASSERT_EQ(0, fcntl(fd, F_SETFL, flags | O_ASYNC));
	ASSERT_TRUE(fcntl(fd, F_GETFL) & O_ASYNC);
}

static void want_signals(int fd)
{
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGUSR2));
	set_async(fd);
}

static void expect_signals(int fd, int other)
{
	int at = -1;

	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	EXPECT_EQ(SIGUSR2, fcntl(fd, F_GETSIG));
	EXPECT_TRUE(fcntl(fd, F_GETFL) & O_ASYNC);
	EXPECT_EQ(0, next_signal(0, NULL));
	ASSERT_EQ(1, write(other, "x", 1));
	EXPECT_EQ(SIGUSR2, next_signal(2000, &at));
	EXPECT_EQ(fd, at);
}

static void signals_of_a_pipe(void)
{
	int fds[2];

	block_signals();
	ASSERT_EQ(0, pipe(fds));
	want_signals(fds[0]);
	cut();
	expect_signals(fds[0], fds[1]);
}

TEST(a_pipe_sends_signals)
{
	signals_of_a_pipe();
}

TEST(a_fifo_sends_signals)
{
	int rd, wr;

	block_signals();
	ASSERT_EQ(0, mkfifo("fifo", 0600));
	rd = open("fifo", O_RDONLY | O_NONBLOCK);
	wr = open("fifo", O_WRONLY);
	want_signals(rd);
	cut();
	expect_signals(rd, wr);
}

TEST(a_socket_sends_signals)
{
	int fds[2];

	block_signals();
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
	want_signals(fds[0]);
	cut();
	expect_signals(fds[0], fds[1]);
}

TEST(a_terminal_sends_signals)
{
	struct termios raw;
	int master, slave;

	block_signals();
	ASSERT_EQ(0, openpty(&master, &slave, NULL, NULL, NULL));
	ASSERT_EQ(0, tcgetattr(slave, &raw));
	cfmakeraw(&raw);
	ASSERT_EQ(0, tcsetattr(slave, TCSANOW, &raw));
	want_signals(slave);
	cut();
	expect_signals(slave, master);
}

/* Told is the descriptor that it was set through, though it is closed. */
TEST(signals_tell_the_descriptor)
{
	int fds[2], dup, at = -1;

	block_signals();
	ASSERT_EQ(0, pipe(fds));
	dup = fcntl(fds[0], F_DUPFD, 50);
	want_signals(dup);
	ASSERT_EQ(0, close(dup));
	cut();
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(SIGUSR2, next_signal(2000, &at));
	EXPECT_EQ(50, at);
}

TEST(without_a_number_it_is_sigio)
{
	int fds[2];

	block_signals();
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(0, fcntl(fds[0], F_SETOWN, getpid()));
	set_async(fds[0]);
	cut();
	EXPECT_EQ(0, fcntl(fds[0], F_GETSIG));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	EXPECT_EQ(SIGIO, next_signal(2000, NULL));
}

static volatile int told;
static int a_pipe[2];

static void *wait_for_sigio(void *arg)
{
	sigset_t set;
	int sig;

	(void)arg;
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigwait(&set, &sig);
	told = gettid();
	return NULL;
}

TEST(a_thread_gets_them)
{
	struct f_owner_ex own = { .type = F_OWNER_TID }, now = {};
	pthread_t thread;

	block_signals();
	ASSERT_EQ(0, pipe(a_pipe));
	own.pid = start_thread(&thread, wait_for_sigio, NULL);
	ASSERT_EQ(0, fcntl(a_pipe[0], F_SETOWN_EX, &own));
	set_async(a_pipe[0]);
	cut();
	EXPECT_EQ(0, fcntl(a_pipe[0], F_GETOWN_EX, &now));
	EXPECT_EQ(F_OWNER_TID, now.type);
	EXPECT_EQ(own.pid, now.pid);
	ASSERT_EQ(1, write(a_pipe[1], "x", 1));
	pthread_join(thread, NULL);
	EXPECT_EQ(own.pid, told);
}

/* A child, and all of the group. */
TEST(a_child_and_a_group_get_them)
{
	int group[2], child[2], status, sig;
	struct f_owner_ex now = {};
	pid_t pid;

	block_signals();
	ASSERT_EQ(0, pipe(group));
	ASSERT_EQ(0, pipe(child));
	pid = fork();
	if (!pid)
		_exit(next_signal(60000, NULL) == SIGUSR2 &&
		      next_signal(20000, NULL) == SIGIO ? 7 : 1);
	ASSERT_EQ(0, fcntl(child[0], F_SETOWN, pid));
	ASSERT_EQ(0, fcntl(child[0], F_SETSIG, SIGUSR2));
	set_async(child[0]);
	ASSERT_EQ(0, fcntl(group[0], F_SETOWN, -getpgrp()));
	set_async(group[0]);
	cut();
	EXPECT_EQ(pid, fcntl(child[0], F_GETOWN));
	EXPECT_EQ(0, fcntl(group[0], F_GETOWN_EX, &now));
	EXPECT_EQ(F_OWNER_PGRP, now.type);
	EXPECT_EQ(getpgrp(), now.pid);
	ASSERT_EQ(1, write(child[1], "x", 1));
	usleep(300000);
	ASSERT_EQ(1, write(group[1], "x", 1));
	sig = next_signal(2000, NULL);
	EXPECT_EQ(SIGIO, sig);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, WEXITSTATUS(status));
}

TEST(a_user_keeps_them, .user = "alice")
{
	signals_of_a_pipe();
}

TEST(an_owner_without_signals)
{
	int fd = open("file", O_RDWR | O_CREAT, 0600), fds[2];

	ASSERT_EQ(0, fcntl(fd, F_SETOWN, getpid()));
	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(0, fcntl(fds[1], F_SETSIG, SIGUSR1));
	cut();
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	EXPECT_EQ(0, fcntl(fd, F_GETSIG));
	EXPECT_EQ(0, fcntl(fds[1], F_GETOWN));
	EXPECT_EQ(SIGUSR1, fcntl(fds[1], F_GETSIG));
	EXPECT_FALSE(fcntl(fds[1], F_GETFL) & O_ASYNC);
}

TEST_REFUSED(an_owner_outside, "which is not in the tree")
{
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	/* Without O_ASYNC, which would tell the harness when the pipe is closed. */
	ASSERT_EQ(0, fcntl(fds[0], F_SETOWN, getppid()));
	cut();
	EXPECT_EQ(getppid(), fcntl(fds[0], F_GETOWN));
}

/* Directories that are watched. */

static int watch(int events)
{
	int fd;

	ASSERT_EQ(0, mkdir("watched", 0700));
	fd = open("watched", O_RDONLY | O_DIRECTORY);
	ASSERT_LE(0, fd);
	if (fcntl(fd, F_NOTIFY, events) && errno == EINVAL)
		skip("the kernel has no F_NOTIFY");
	return fd;
}

static void make_in_it(const char *name)
{
	int fd = open(name, O_CREAT | O_EXCL | O_WRONLY, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, close(fd));
}

TEST(a_watched_directory)
{
	int fd, at = -1;

	block_signals();
	fd = watch(DN_CREATE | DN_MULTISHOT);
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGUSR2));
	make_in_it("watched/before");
	ASSERT_EQ(SIGUSR2, next_signal(2000, NULL));
	cut();
	EXPECT_EQ(0, next_signal(0, NULL));
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	EXPECT_EQ(0, unlink("watched/before"));
	EXPECT_EQ(0, next_signal(0, NULL));
	make_in_it("watched/one");
	EXPECT_EQ(SIGUSR2, next_signal(2000, &at));
	EXPECT_EQ(fd, at);
	make_in_it("watched/two");
	EXPECT_EQ(SIGUSR2, next_signal(2000, NULL));
	ASSERT_EQ(0, close(fd));
	make_in_it("watched/three");
	EXPECT_EQ(0, next_signal(0, NULL));
}

TEST(a_directory_watched_once, .user = "alice")
{
	int fd;

	block_signals();
	fd = watch(DN_CREATE | DN_DELETE);
	make_in_it("watched/before");
	ASSERT_EQ(SIGIO, next_signal(2000, NULL));
	ASSERT_EQ(0, unlink("watched/before"));
	ASSERT_EQ(0, next_signal(0, NULL));
	ASSERT_EQ(0, fcntl(fd, F_NOTIFY, DN_DELETE | DN_RENAME));
	make_in_it("watched/before");
	cut();
	make_in_it("watched/other");
	EXPECT_EQ(0, next_signal(0, NULL));
	EXPECT_EQ(0, unlink("watched/other"));
	EXPECT_EQ(SIGIO, next_signal(2000, NULL));
	EXPECT_EQ(0, unlink("watched/before"));
	EXPECT_EQ(0, next_signal(0, NULL));
}

/* Through one open file, each table of descriptors for itself. */
TEST(a_directory_that_a_child_watches_too)
{
	int fd, ready[2], status;
	char byte;
	pid_t pid;

	block_signals();
	fd = watch(DN_CREATE | DN_MULTISHOT);
	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	if (!pid) {
		fcntl(fd, F_NOTIFY, DN_DELETE | DN_MULTISHOT);
		write(ready[1], "x", 1);
		pause();
	}
	ASSERT_EQ(1, read(ready[0], &byte, 1));
	cut();
	EXPECT_EQ(0, next_signal(0, NULL));
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	make_in_it("watched/one");
	EXPECT_EQ(SIGIO, next_signal(2000, NULL));
	EXPECT_EQ(0, unlink("watched/one"));
	EXPECT_EQ(SIGIO, next_signal(2000, NULL));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	make_in_it("watched/two");
	EXPECT_EQ(SIGIO, next_signal(2000, NULL));
	EXPECT_EQ(0, unlink("watched/two"));
	EXPECT_EQ(0, next_signal(0, NULL));
}

/* The owner is not who restarted it. */
TEST(a_watched_directory_whose_owner_was_taken_away)
{
	int fd;

	block_signals();
	fd = watch(DN_CREATE | DN_MULTISHOT);
	ASSERT_EQ(0, fcntl(fd, F_SETOWN, 0));
	cut();
	EXPECT_EQ(0, fcntl(fd, F_GETOWN));
	make_in_it("watched/one");
	EXPECT_EQ(0, next_signal(0, NULL));
}

/* Leases: somebody who opens the file has to wait, and the holder hears of it. */

static pid_t open_in_child(const char *name, int flags)
{
	pid_t pid = fork();

	ASSERT_LE(0, pid);
	if (!pid)
		_exit(open(name, flags) < 0 ? errno : 0);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return WEXITSTATUS(status);
}

static int make_file(const char *name, int flags)
{
	int fd = open(name, O_RDWR | O_CREAT, 0600);

	ASSERT_EQ(5, write(fd, "lease", 5));
	ASSERT_EQ(0, close(fd));
	fd = open(name, flags);
	ASSERT_LE(0, fd);
	return fd;
}

static bool holder_in_proc_locks(void)
{
	char line[256], want[32];
	FILE *f = fopen("/proc/locks", "re");
	bool found = false;

	snprintf(want, sizeof(want), " %d ", getpid());
	while (f && fgets(line, sizeof(line), f))
		found |= strstr(line, "LEASE") && strstr(line, want);
	if (f)
		fclose(f);
	return found;
}

static void keeps_lease(int open_flags, int type, int other)
{
	int fd, at = -1;
	pid_t pid;

	block_signals();
	fd = make_file("leased", open_flags);
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, type));
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGUSR2));
	cut();
	EXPECT_EQ(0, next_signal(0, NULL));
	EXPECT_EQ(type, fcntl(fd, F_GETLEASE));
	EXPECT_EQ(getpid(), fcntl(fd, F_GETOWN));
	EXPECT_TRUE(holder_in_proc_locks());
	pid = open_in_child("leased", other);
	EXPECT_EQ(SIGUSR2, next_signal(5000, &at));
	EXPECT_EQ(fd, at);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_UNLCK));
	EXPECT_EQ(0, status_of(pid));
}

TEST(a_lease_on_reading)
{
	keeps_lease(O_RDONLY, F_RDLCK, O_WRONLY);
}

TEST(a_lease_of_a_user, .user = "alice")
{
	keeps_lease(O_RDONLY, F_RDLCK, O_WRONLY);
}

TEST(a_lease_on_writing)
{
	keeps_lease(O_RDWR, F_WRLCK, O_RDONLY);
}

TEST(a_lease_on_writing_of_a_file_that_is_read, .user = "alice")
{
	keeps_lease(O_RDONLY, F_WRLCK, O_RDONLY);
}

TEST(a_lease_on_writing_of_a_file_in_the_image, .checkpoint = "--with-files")
{
	keeps_lease(O_RDWR, F_WRLCK, O_RDONLY);
}

TEST(a_lease_on_writing_of_a_file_that_is_written)
{
	keeps_lease(O_WRONLY, F_WRLCK, O_RDONLY);
}

TEST(a_lease_on_writing_of_a_file_that_a_user_writes, .user = "alice",
	.checkpoint = "--with-files")
{
	keeps_lease(O_WRONLY, F_WRLCK, O_WRONLY);
}

/* It was asked for, and whoever asked does not wait for it. */
static void is_asked_for(int open_flags, int type, int other, int then)
{
	int fd, at = -1;
	pid_t pid;

	block_signals();
	fd = make_file("leased", open_flags);
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, type));
	ASSERT_EQ(0, fcntl(fd, F_SETSIG, SIGUSR2));
	EXPECT_EQ(EAGAIN, status_of(open_in_child("leased", other | O_NONBLOCK)));
	EXPECT_EQ(then, fcntl(fd, F_GETLEASE));
	cut();
	EXPECT_EQ(then, fcntl(fd, F_GETLEASE));
	EXPECT_EQ(SIGUSR2, next_signal(0, &at));
	EXPECT_EQ(fd, at);
	EXPECT_EQ(EAGAIN, status_of(open_in_child("leased", other | O_NONBLOCK)));
	EXPECT_EQ(0, next_signal(100, NULL));
	pid = open_in_child("leased", other);
	usleep(100000);
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, then));
	EXPECT_EQ(0, status_of(pid));
}

TEST(a_lease_that_is_to_be_given_up)
{
	is_asked_for(O_RDONLY, F_RDLCK, O_WRONLY, F_UNLCK);
}

TEST(a_lease_on_writing_that_is_to_be_given_up, .user = "alice")
{
	is_asked_for(O_WRONLY, F_WRLCK, O_WRONLY, F_UNLCK);
}

/* A lease on reading is not granted to who may write. */
TEST(a_lease_that_is_to_be_one_on_reading)
{
	is_asked_for(O_RDONLY, F_WRLCK, O_RDONLY, F_RDLCK);
}

/* Whoever asked for it does wait. */
TEST(a_lease_that_a_child_waits_for)
{
	int fd = make_file("leased", O_RDONLY);
	pid_t pid;

	block_signals();
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_RDLCK));
	pid = open_in_child("leased", O_WRONLY);
	EXPECT_EQ(SIGIO, next_signal(5000, NULL));
	cut();
	EXPECT_EQ(0, next_signal(100, NULL));
	EXPECT_EQ(F_UNLCK, fcntl(fd, F_GETLEASE));
	EXPECT_EQ(0, waitpid(pid, NULL, WNOHANG));
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_UNLCK));
	EXPECT_EQ(0, status_of(pid));
}

/* The holder has no more time than it had: whoever waits gets in. */
TEST(a_lease_whose_time_runs_out)
{
	FILE *f = fopen("/proc/sys/fs/lease-break-time", "r+");
	int fd = make_file("leased", O_RDONLY);
	long long begin;

	ASSERT_TRUE(f);
	block_signals();
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_RDLCK));
	fprintf(f, "6\n");
	fclose(f);
	EXPECT_EQ(EAGAIN, status_of(open_in_child("leased", O_WRONLY | O_NONBLOCK)));
	f = fopen("/proc/sys/fs/lease-break-time", "w");
	fprintf(f, "45\n");
	fclose(f);
	cut();
	begin = now_ms(CLOCK_MONOTONIC);
	EXPECT_EQ(0, status_of(open_in_child("leased", O_WRONLY)));
	EXPECT_LT(now_ms(CLOCK_MONOTONIC) - begin, 15000);
	EXPECT_EQ(F_UNLCK, fcntl(fd, F_GETLEASE));
}

/* Two leases of one file, through two open files, and one that asks. */
TEST(two_leases_that_are_to_be_given_up)
{
	int fd = make_file("leased", O_RDONLY), other = open("leased", O_RDONLY);

	block_signals();
	ASSERT_LE(0, other);
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_RDLCK));
	ASSERT_EQ(0, fcntl(other, F_SETLEASE, F_RDLCK));
	EXPECT_EQ(EAGAIN, status_of(open_in_child("leased", O_WRONLY | O_NONBLOCK)));
	cut();
	EXPECT_EQ(F_UNLCK, fcntl(fd, F_GETLEASE));
	EXPECT_EQ(F_UNLCK, fcntl(other, F_GETLEASE));
	ASSERT_EQ(0, fcntl(fd, F_SETLEASE, F_UNLCK));
	EXPECT_EQ(EAGAIN, status_of(open_in_child("leased", O_WRONLY | O_NONBLOCK)));
	ASSERT_EQ(0, fcntl(other, F_SETLEASE, F_UNLCK));
	EXPECT_EQ(0, status_of(open_in_child("leased", O_WRONLY | O_NONBLOCK)));
}
