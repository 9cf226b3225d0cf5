/* SPDX-License-Identifier: GPL-2.0 */
/* Operations of a test of its own, and whom they are about. */
#ifndef KCR_OPERATIONS_H
#define KCR_OPERATIONS_H

#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "../uapi/kcr.h"

#define ALICE	1000
#define BOB	1001

static inline pid_t busy(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			sched_yield();
	}
	ASSERT_LT(0, pid);
	return pid;
}

/* Until another process is in that system call. */
static inline void wait_for(pid_t pid, long nr)
{
	char path[64];
	long now = -1;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	while (now != nr) {
		FILE *file = fopen(path, "re");

		ASSERT_TRUE(file);
		if (fscanf(file, "%ld", &now) != 1)
			now = -1;
		fclose(file);
		usleep(1000);
	}
}

/* It waits for its child, in a way that no signal but SIGKILL ends. */
static inline pid_t unstoppable(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!vfork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		_exit(0);
	}
	ASSERT_LT(0, pid);
	wait_for(pid, __NR_vfork);
	return pid;
}

static inline void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static inline int device(void)
{
	int fd = open(KCR_DEVICE, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	return fd;
}

static inline int operation(pid_t pid, unsigned int flags, unsigned int timeout_ms)
{
	struct kcr_checkpoint request = {
		.size = sizeof(request),
		.flags = flags,
		.pid = pid,
		.timeout_ms = timeout_ms,
	};
	int dev = device(), op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);

	close(dev);
	return op;
}

static inline int run(int op)
{
	struct kcr_run request = { .size = sizeof(request), .image_fd = -1 };

	return ioctl(op, KCR_IOC_RUN, &request);
}

static inline __u64 number(int op, char *text, size_t room)
{
	struct kcr_status status = {
		.size = sizeof(status),
		.text = (__u64)(unsigned long)text,
		.text_len = room,
	};

	ASSERT_EQ(0, ioctl(op, KCR_IOC_STATUS, &status));
	return status.op;
}

/* As another user: the function's result, which is small. */
static inline int as_user(uid_t uid, int (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ASSERT_EQ(0, initgroups(uid == ALICE ? "alice" : "bob", uid));
		ASSERT_EQ(0, setgid(uid));
		ASSERT_EQ(0, setuid(uid));
		_exit(fn(arg));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static inline __u64 pid_ns_of(pid_t pid)
{
	struct stat st = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	ASSERT_EQ(0, stat(path, &st));
	return st.st_ino;
}

#endif
