/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A process that has one of everything, its image, and what becomes of images
 * that somebody has tampered with.
 */
#ifndef KCR_VICTIM_H
#define KCR_VICTIM_H

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <time.h>

#include "image_edit.h"
#include "../uapi/kcr.h"

static inline void *victim_sleeps(void *unused)
{
	const struct timespec long_time = { .tv_sec = 1000000 };

	(void)unused;
	for (;;)
		nanosleep(&long_time, NULL);
	return NULL;
}

static inline void victim_memory(void)
{
	char *p = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, 4 * PAGE, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int fd = memfd_create("victim", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ASSERT_NE(MAP_FAILED, (void *)p);
	ASSERT_NE(MAP_FAILED, (void *)shared);
	ASSERT_LE(0, fd);
	memset(p, 'v', 5 * PAGE);
	memset(shared, 's', PAGE);
	ASSERT_EQ(5, write(fd, "memfd", 5));
	ASSERT_EQ(0, mprotect(p + 8 * PAGE, PAGE, PROT_NONE));
}

static inline void victim_files(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 42 };
	int pipes[2], ep = epoll_create1(0), ev = eventfd(3, 0);
	int fd = open("file", O_RDWR | O_CREAT, 0600);
	int gone = open("gone", O_RDWR | O_CREAT, 0600);

	ASSERT_LE(0, fd);
	ASSERT_EQ(4, write(fd, "file", 4));
	ASSERT_EQ(4, write(gone, "gone", 4));
	ASSERT_EQ(0, unlink("gone"));
	ASSERT_EQ(0, flock(fd, LOCK_SH));
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(4, write(pipes[1], "pipe", 4));
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, ev, &event));
	ASSERT_LE(0, dup(fd));
}

static inline void victim_sockets(void)
{
	int stream[2], datagrams[2], yes = 1;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM, 0, stream));
	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_DGRAM, 0, datagrams));
	ASSERT_EQ(0, setsockopt(datagrams[1], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)));
	ASSERT_EQ(6, write(stream[0], "stream", 6));
	ASSERT_EQ(8, write(datagrams[0], "datagram", 8));
}

static inline void victim_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGRTMIN);
	ASSERT_EQ(0, sigprocmask(SIG_BLOCK, &set, NULL));
	ASSERT_EQ(0, kill(getpid(), SIGUSR1));
	ASSERT_EQ(0, sigqueue(getpid(), SIGRTMIN, (union sigval){ .sival_int = 7 }));
	signal(SIGUSR2, SIG_IGN);
}

/* One has expired, of each kind; no other does so soon. */
static inline void victim_timers(void)
{
	struct itimerspec expired = { { 1000 }, { 0, 1 } }, later = { { 1000 }, { 1000 } };
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN };
	timer_t timer;
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	ASSERT_LE(0, signalfd(-1, &set, 0));
	fd = timerfd_create(CLOCK_BOOTTIME, 0);
	ASSERT_EQ(0, timerfd_settime(fd, 0, &expired, NULL));
	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, &ev, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &expired, NULL));
	ASSERT_EQ(0, timer_create(CLOCK_PROCESS_CPUTIME_ID, &ev, &timer));
	ASSERT_EQ(0, timer_settime(timer, 0, &later, NULL));
}

static inline void victim(int ready)
{
	static char stack[65536];
	stack_t alternate = { .ss_sp = stack, .ss_size = sizeof(stack) };
	pthread_t thread;

	setsid();
	ASSERT_EQ(0, sigaltstack(&alternate, NULL));
	victim_memory();
	victim_files();
	victim_sockets();
	victim_signals();
	victim_timers();
	ASSERT_EQ(0, pthread_create(&thread, NULL, victim_sleeps, NULL));
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	for (;;)
		poll(NULL, 0, 1000000000);
}

/* Nothing of ours is open in it but what it opens itself. */
static inline int victim_streams(int ready)
{
	int fd = open("/dev/null", O_RDWR);

	dup2(ready, 9);
	dup2(fd, 0);
	dup2(fd, 1);
	dup2(fd, 2);
	close_range(3, 8, 0);
	closefrom(10);
	return 9;
}

/* It writes a byte to the descriptor that it is given when it is ready. */
static inline pid_t start_one(void (*victim)(int ready))
{
	int ready[2];
	pid_t pid;
	char c;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		victim(victim_streams(ready[1]));
	close(ready[1]);
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);
	return pid;
}

static inline pid_t start_victim(void)
{
	return start_one(victim);
}

static inline int open_device(void)
{
	int fd = open(KCR_DEVICE, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	return fd;
}

struct outcome {
	int error;		/* of KCR_IOC_RUN, 0 for none */
	bool ran;		/* it was committed */
	struct kcr_status status;
	char text[4096];
};

static inline void look_at(int op, struct outcome *o)
{
	o->status = (struct kcr_status){
		.size = sizeof(o->status),
		.text = (uintptr_t)o->text,
		.text_len = sizeof(o->text) - 1,
	};
	ASSERT_EQ(0, ioctl(op, KCR_IOC_STATUS, &o->status));
}

static inline struct bytes read_back(int fd)
{
	struct bytes b = { .len = lseek(fd, 0, SEEK_END) };

	b.data = room(b.len);
	ASSERT_EQ((ssize_t)b.len, pread(fd, b.data, b.len, 0));
	return b;
}

/* Whoever was a descendant of a process that has ended: it is ours now. */
static inline void kill_children(void)
{
	char path[64], line[4096];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", gettid());
	do {
		int fd = open(path, O_RDONLY | O_CLOEXEC);
		char *pid = line;

		ASSERT_LE(0, fd);
		len = read(fd, line, sizeof(line) - 1);
		close(fd);
		line[len < 0 ? 0 : len] = '\0';
		for (pid = strtok(line, " "); pid; pid = strtok(NULL, " "))
			kill(atoi(pid), SIGKILL);
	} while (waitpid(-1, NULL, __WALL) > 0);
}

/* Checkpoint a process, and kill it; its image. */
static inline struct bytes image_of(pid_t pid)
{
	struct kcr_checkpoint request = {
		.size = sizeof(request), .flags = KCR_CKPT_HOLD, .pid = pid,
	};
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_KILL };
	struct kcr_run run = { .size = sizeof(run) };
	int dev = open_device(), op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);
	static struct outcome o;
	struct bytes b;

	ASSERT_LE(0, op);
	run.image_fd = memfd_create("image", MFD_CLOEXEC);
	if (ioctl(op, KCR_IOC_RUN, &run)) {
		look_at(op, &o);
		kcr_fail(true, __FILE__, __LINE__, "no image: %s", o.text);
	}
	ASSERT_EQ(0, ioctl(op, KCR_IOC_FINISH, &finish));
	close(op);
	close(dev);
	ASSERT_EQ(pid, waitpid(pid, NULL, 0));
	kill_children();
	b = read_back(run.image_fd);
	close(run.image_fd);
	return b;
}

/*
 * Let it run for a moment: also the kernel has to bear what it now is. Whoever
 * restarts trees has its orphans come to it (PR_SET_CHILD_SUBREAPER).
 */
static inline void commit(int op, struct outcome *o)
{
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_COMMIT };

	o->ran = !ioctl(op, KCR_IOC_FINISH, &finish);
	if (!o->ran) {
		o->error = errno;
		look_at(op, o);
		return;
	}
	usleep(2000);
	kill(o->status.pid, SIGKILL);
	ASSERT_EQ(o->status.pid, waitpid(o->status.pid, NULL, __WALL));
	kill_children();
}

/* Restart an image that came through @fd. */
static inline void restart_from(int fd, unsigned int flags, struct outcome *o)
{
	struct kcr_restart request = { .size = sizeof(request), .flags = flags };
	struct kcr_run run = { .size = sizeof(run), .image_fd = fd };
	int dev = open_device(), op = ioctl(dev, KCR_IOC_RESTART, &request);

	memset(o, 0, sizeof(*o));
	ASSERT_LE(0, op);
	o->error = ioctl(op, KCR_IOC_RUN, &run) ? errno : 0;
	look_at(op, o);
	if (!o->error && !(flags & KCR_RESTART_CHECK))
		commit(op, o);
	close(op);
	close(dev);
}

static inline void restart_bytes(struct bytes b, unsigned int flags, struct outcome *o)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)b.len, write(fd, b.data, b.len));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	restart_from(fd, flags, o);
	close(fd);
}

/* It failed in one sentence, and nothing of it is left. */
static inline void expect_said(const struct outcome *o, const char *what)
{
	size_t i, len = strlen(o->text);
	int status;

	if (!len || !o->status.error || o->status.class == KCR_CLASS_OK)
		kcr_fail(false, __FILE__, __LINE__, "%s: no sentence (errno %d, class %u)",
			 what, o->error, o->status.class);
	if (!strncmp(o->text, "failed (errno", 13))
		kcr_fail(false, __FILE__, __LINE__, "%s: no words: %s", what, o->text);
	for (i = 0; i < len; i++)
		if ((unsigned char)o->text[i] < ' ' || o->text[i] == 0x7f)
			kcr_fail(false, __FILE__, __LINE__, "%s: byte %#x in: %s", what,
				 o->text[i], o->text);
	if (waitpid(-1, &status, WNOHANG | __WALL) != -1)
		kcr_fail(false, __FILE__, __LINE__, "%s: left a child behind", what);
}

#endif
