/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What happens to a program while its snapshot is written: the image goes into a
 * pipe, and the writer waits there for as long as that takes.
 */
#ifndef KCR_STREAMED_H
#define KCR_STREAMED_H

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "../uapi/kcr.h"

static volatile sig_atomic_t asked;

static void ask(int sig)
{
	asked = sig;
}

/* A child that holds nothing but its memory; SIGUSR1 is what it waits for. */
static __attribute__((unused)) void become_victim(void)
{
	sigset_t set;

	setsid();
	signal(SIGUSR1, ask);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	dup2(open("/dev/null", O_RDWR), 0);
	dup2(0, 1);
	dup2(0, 2);
}

/* @ready: whoever waits for it learns that it is all there. */
static __attribute__((unused)) void until_asked(int ready)
{
	sigset_t none;

	sigemptyset(&none);
	if (write(ready, "", 1) != 1)
		_exit(2);
	closefrom(3);
	while (!asked)
		sigsuspend(&none);
}

/* It runs in a child, until it has told that it is ready. */
static __attribute__((unused)) pid_t start_victim(void (*victim)(int ready))
{
	int ready[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		victim(ready[1]);
		_exit(2);
	}
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);
	return pid;
}

static __attribute__((unused)) void put_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		fprintf(stderr, "%s to %s: %s\n", line, path, strerror(errno));
	close(fd);
}

/* What it does when it is asked to was right. */
static __attribute__((unused)) void expect_asked_is_right(pid_t pid)
{
	int status = -1;

	ASSERT_EQ(0, kill(pid, SIGUSR1));
	ASSERT_EQ(pid, waitpid(pid, &status, __WALL));
	EXPECT_EQ(0, status);
}

struct writing {
	int op, fd;
	long error;
};

static __attribute__((unused)) void *write_it(void *arg)
{
	struct writing *w = arg;
	struct kcr_run run = { .size = sizeof(run), .image_fd = w->fd };

	w->error = ioctl(w->op, KCR_IOC_RUN, &run) ? errno : 0;
	close(w->op);	/* it has the image open */
	close(w->fd);
	return NULL;
}

/* An image of @pid; @meanwhile happens after the cut, with little written yet. */
static __attribute__((unused)) int image_while(pid_t pid, void (*meanwhile)(pid_t pid))
{
	struct kcr_checkpoint request = { .size = sizeof(request), .pid = pid };
	int dev = open(KCR_DEVICE, O_RDWR | O_CLOEXEC);
	int image = memfd_create("image", MFD_CLOEXEC), pipes[2];
	struct writing w = { .op = ioctl(dev, KCR_IOC_CHECKPOINT, &request) };
	static char buf[65536];
	pthread_t thread;
	ssize_t n;

	ASSERT_LE(0, w.op);
	ASSERT_EQ(0, pipe2(pipes, O_CLOEXEC));
	w.fd = pipes[1];
	ASSERT_EQ(0, pthread_create(&thread, NULL, write_it, &w));
	n = read(pipes[0], buf, sizeof(buf));
	ASSERT_LT(0, n);
	ASSERT_EQ(n, write(image, buf, n));
	meanwhile(pid);
	while ((n = read(pipes[0], buf, sizeof(buf))) > 0)
		ASSERT_EQ(n, write(image, buf, n));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, w.error);
	close(pipes[0]);
	close(dev);
	return image;
}

/* A restart of it is as right when it is asked. */
static __attribute__((unused)) void expect_comes_back(int image)
{
	struct kcr_restart request = { .size = sizeof(request) };
	struct kcr_run run = { .size = sizeof(run), .image_fd = image };
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_COMMIT };
	struct kcr_status status = { .size = sizeof(status) };
	int dev = open(KCR_DEVICE, O_RDWR | O_CLOEXEC);
	int op = ioctl(dev, KCR_IOC_RESTART, &request);

	ASSERT_LE(0, op);
	ASSERT_EQ(0, lseek(image, 0, SEEK_SET));
	ASSERT_EQ(0, ioctl(op, KCR_IOC_RUN, &run));
	ASSERT_EQ(0, ioctl(op, KCR_IOC_FINISH, &finish));
	ASSERT_EQ(0, ioctl(op, KCR_IOC_STATUS, &status));
	close(op);
	close(dev);
	expect_asked_is_right(status.pid);
}

#endif
