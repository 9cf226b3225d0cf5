// SPDX-License-Identifier: GPL-2.0
/* Promises: POSIX message queues. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <mqueue.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kcr_harness.h"
#include "outside.h"

#define SIZE	6000		/* does not fit into a page */

static const char *name = "/kcr-test";

FIXTURE(mq) {
	mqd_t fd;
};

static mqd_t make(long messages)
{
	struct mq_attr attr = { .mq_maxmsg = messages, .mq_msgsize = SIZE };
	mqd_t fd;

	mq_unlink(name);
	fd = mq_open(name, O_RDWR | O_CREAT | O_EXCL | O_NONBLOCK, 0640, &attr);
	ASSERT_LE(0, fd);
	return fd;
}

FIXTURE_SETUP(mq)
{
	self->fd = make(5);
}

FIXTURE_TEARDOWN(mq)
{
	mq_close(self->fd);
	mq_unlink(name);
}

static int put(mqd_t fd, unsigned int prio, const char *text)
{
	return mq_send(fd, text, strlen(text), prio);
}

/* The next one's text; its priority is left in @prio. */
static const char *get(mqd_t fd, unsigned int *prio)
{
	static char text[SIZE + 1];
	ssize_t len = mq_receive(fd, text, SIZE, prio);

	text[len < 0 ? 0 : len] = '\0';
	return len < 0 ? "none" : text;
}

static struct mq_attr attr_of(mqd_t fd)
{
	struct mq_attr attr = { };

	EXPECT_EQ(0, mq_getattr(fd, &attr));
	return attr;
}

TEST_F(mq, keeps_messages_priorities_and_order)
{
	unsigned int prio;

	ASSERT_EQ(0, put(self->fd, 3, "oyster"));
	ASSERT_EQ(0, put(self->fd, 32767, "walrus"));
	ASSERT_EQ(0, put(self->fd, 3, "carpenter"));
	ASSERT_EQ(0, put(self->fd, 0, ""));
	cut();
	EXPECT_EQ(4, attr_of(self->fd).mq_curmsgs);
	EXPECT_STREQ("walrus", get(self->fd, &prio));
	EXPECT_EQ(32767, prio);
	EXPECT_STREQ("oyster", get(self->fd, &prio));
	EXPECT_EQ(3, prio);
	EXPECT_STREQ("carpenter", get(self->fd, &prio));
	EXPECT_STREQ("", get(self->fd, &prio));
	EXPECT_EQ(0, prio);
	EXPECT_STREQ("none", get(self->fd, &prio));
	EXPECT_EQ(0, put(self->fd, 9, "sent afterwards"));
}

TEST_F(mq, keeps_a_long_message)
{
	char text[SIZE], got[SIZE] = "";
	int i;

	for (i = 0; i < SIZE; i++)
		text[i] = i % 251;
	ASSERT_EQ(0, mq_send(self->fd, text, SIZE, 1));
	cut();
	EXPECT_EQ(SIZE, mq_receive(self->fd, got, SIZE, NULL));
	EXPECT_EQ(0, memcmp(got, text, SIZE));
}

TEST_F(mq, keeps_limits_mode_and_name)
{
	struct stat st = { };
	struct mq_attr attr;
	mqd_t fd;

	ASSERT_EQ(0, fchmod(self->fd, 0604));
	ASSERT_EQ(0, fchown(self->fd, 1000, 1001));
	cut();
	attr = attr_of(self->fd);
	EXPECT_EQ(5, attr.mq_maxmsg);
	EXPECT_EQ(SIZE, attr.mq_msgsize);
	EXPECT_EQ(O_NONBLOCK, attr.mq_flags);
	EXPECT_EQ(0, fstat(self->fd, &st));
	EXPECT_EQ(0604, st.st_mode & 07777);
	EXPECT_EQ(1000, st.st_uid);
	EXPECT_EQ(1001, st.st_gid);
	fd = mq_open(name, O_RDWR);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, put(fd, 1, "by name"));
	EXPECT_STREQ("by name", get(self->fd, NULL));
	EXPECT_EQ(0, mq_close(fd));
}

TEST_F(mq, is_one_queue_for_all_its_descriptors)
{
	mqd_t in = mq_open(name, O_RDONLY), out = mq_open(name, O_WRONLY | O_NONBLOCK);

	ASSERT_EQ(0, put(out, 1, "first"));
	cut();
	EXPECT_EQ(O_NONBLOCK, attr_of(out).mq_flags);
	EXPECT_EQ(0, attr_of(in).mq_flags);
	EXPECT_EQ(-1, put(in, 1, "may not"));
	EXPECT_EQ(EBADF, errno);
	EXPECT_EQ(0, put(out, 1, "second"));
	EXPECT_STREQ("none", get(out, NULL));
	EXPECT_STREQ("first", get(in, NULL));
	EXPECT_STREQ("second", get(self->fd, NULL));
	EXPECT_EQ(0, put(self->fd, 1, "third"));
	EXPECT_STREQ("third", get(in, NULL));
	mq_close(in);
	mq_close(out);
}

/* Another one may have its name. */
TEST_F(mq, unlinked_stays_so)
{
	mqd_t fd;

	ASSERT_EQ(0, put(self->fd, 1, "of the old one"));
	ASSERT_EQ(0, mq_unlink(name));
	fd = make(2);
	ASSERT_EQ(0, put(fd, 1, "of the new one"));
	cut();
	EXPECT_STREQ("of the old one", get(self->fd, NULL));
	EXPECT_STREQ("of the new one", get(fd, NULL));
	EXPECT_EQ(5, attr_of(self->fd).mq_maxmsg);
	EXPECT_EQ(2, attr_of(fd).mq_maxmsg);
	EXPECT_EQ(0, mq_close(fd));
	EXPECT_EQ(0, mq_unlink(name));
	EXPECT_EQ(-1, mq_unlink(name));
}

/* The queue is still there when it is restarted, with what was done after the cut. */
TEST(is_as_it_was_though_it_was_used_since)
{
	mqd_t fd;

	name = "/kcr-test-left";
	fd = make(3);
	ASSERT_EQ(0, put(fd, 7, "first"));
	ASSERT_EQ(0, put(fd, 8, "second"));
	cut();
	EXPECT_EQ(2, attr_of(fd).mq_curmsgs);
	EXPECT_STREQ("second", get(fd, NULL));
	EXPECT_EQ(0, put(fd, 9, "third"));
	EXPECT_EQ(0, put(fd, 9, "fourth"));
}

static volatile sig_atomic_t told;

static void handler(int signo, siginfo_t *info, void *context)
{
	(void)signo;
	(void)context;
	told = info->si_code == SI_MESGQ && info->si_pid == getpid() ? info->si_int : -1;
}

TEST_F(mq, who_is_to_be_told_is_told)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO };
	struct sigevent event = {
		.sigev_notify = SIGEV_SIGNAL,
		.sigev_signo = SIGRTMIN + 3,
		.sigev_value.sival_int = 4711,
	};

	ASSERT_EQ(0, sigaction(SIGRTMIN + 3, &action, NULL));
	ASSERT_EQ(0, mq_notify(self->fd, &event));
	cut();
	EXPECT_EQ(0, told);
	EXPECT_EQ(-1, mq_notify(self->fd, &event));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(0, put(self->fd, 1, "here it is"));
	EXPECT_EQ(4711, told);
	/* Once. */
	told = 0;
	EXPECT_STREQ("here it is", get(self->fd, NULL));
	EXPECT_EQ(0, put(self->fd, 1, "and again"));
	EXPECT_EQ(0, told);
}

TEST_F(mq, who_will_look_by_itself_is_registered)
{
	struct sigevent event = { .sigev_notify = SIGEV_NONE };
	char text[100] = "";
	int pid = 0;

	ASSERT_EQ(0, mq_notify(self->fd, &event));
	ASSERT_EQ(0, put(self->fd, 1, "told"));
	ASSERT_EQ(0, mq_notify(self->fd, &event));
	cut();
	EXPECT_LT(0, read(self->fd, text, sizeof(text) - 1));
	EXPECT_EQ(1, sscanf(text, "QSIZE:4 NOTIFY:1 SIGNO:0 NOTIFY_PID:%d", &pid));
	EXPECT_EQ(getpid(), pid);
	EXPECT_EQ(0, mq_notify(self->fd, NULL));
	EXPECT_EQ(0, mq_notify(self->fd, &event));
}

static mqd_t waiting_on;
static long waited, waited_errno;
static char received[SIZE + 1];

static void *wait_for_one(void *arg)
{
	(void)arg;
	waited = mq_receive(waiting_on, received, SIZE, NULL);
	return NULL;
}

TEST_F(mq, who_waits_to_receive_waits_on)
{
	pthread_t thread;

	waiting_on = mq_open(name, O_RDONLY);
	in_syscall(start_thread(&thread, wait_for_one, NULL), SYS_mq_timedreceive);
	cut();
	EXPECT_EQ(0, put(self->fd, 1, "at last"));
	pthread_join(thread, NULL);
	EXPECT_EQ(7, waited);
	EXPECT_STREQ("at last", received);
	mq_close(waiting_on);
}

static struct timespec until;

static void *send_for_a_while(void *arg)
{
	(void)arg;
	waited = mq_timedsend(waiting_on, "too late", 8, 1, &until);
	waited_errno = errno;
	return NULL;
}

TEST_F(mq, who_waits_until_some_time_gives_up_then)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, put(self->fd, 1, "full"));
	waiting_on = mq_open(name, O_WRONLY);
	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += 4;
	in_syscall(start_thread(&thread, send_for_a_while, NULL), SYS_mq_timedsend);
	cut();
	pthread_join(thread, NULL);
	EXPECT_EQ(-1, waited);
	EXPECT_EQ(ETIMEDOUT, waited_errno);
	EXPECT_LE(until.tv_sec * 1000, now_ms(CLOCK_REALTIME));
	EXPECT_EQ(5, attr_of(self->fd).mq_curmsgs);
	mq_close(waiting_on);
}

TEST_F(mq, is_watched_by_epoll)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 5 };
	int ep = epoll_create1(0);

	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &event));
	cut();
	EXPECT_EQ(0, epoll_wait(ep, &event, 1, 0));
	EXPECT_EQ(0, put(self->fd, 1, "look"));
	EXPECT_EQ(1, epoll_wait(ep, &event, 1, 1000));
	EXPECT_EQ(5, event.data.u64);
}

TEST_F(mq, joins_parent_and_child)
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		mq_close(self->fd);
		self->fd = mq_open(name, O_RDWR);
		put(self->fd, 1, "from the child");
		while (attr_of(self->fd).mq_curmsgs)
			usleep(1000);
		while (strcmp(get(self->fd, NULL), "from the parent"))
			usleep(1000);
		_exit(7);
	}
	while (strcmp(get(self->fd, NULL), "from the child"))
		usleep(1000);
	cut();
	EXPECT_EQ(0, put(self->fd, 1, "from the parent"));
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, WEXITSTATUS(status));
}

TEST(a_users_own, .user = "alice")
{
	struct stat st = { };
	mqd_t fd;

	name = "/kcr-test-alice";
	fd = make(3);
	ASSERT_EQ(0, put(fd, 1, "of alice"));
	cut();
	EXPECT_EQ(0, fstat(fd, &st));
	EXPECT_EQ(1000, st.st_uid);
	EXPECT_STREQ("of alice", get(fd, NULL));
	EXPECT_EQ(0, mq_unlink(name));
}

static void open_it_too(int fd)
{
	mq_close(fd);
	mq_open(name, O_RDWR);
}

TEST_F_REFUSED(mq, open_elsewhere, "another process has it open")
{
	pid_t other = outside(open_it_too, self->fd);

	cut();
	kill(other, SIGKILL);
}

/* The thread that the library has for it waits for a netlink socket, too. */
TEST_F_REFUSED(mq, told_by_a_thread, "a network socket")
{
	struct sigevent event = { .sigev_notify = SIGEV_THREAD, .sigev_notify_function = NULL };

	ASSERT_EQ(0, mq_notify(self->fd, &event));
	cut();
}
