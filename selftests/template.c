// SPDX-License-Identifier: GPL-2.0
/*
 * Operations whose programs are copied: of what, when, and by whom. What copies
 * have in common is copies.sh's.
 */
#define _GNU_SOURCE
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <sys/syscall.h>

#include "victim.h"

#define ALICE	1000
#define MEGABYTE	(1u << 20)

/* Memory of its own, some of it locked, some shared. */
static void plain(int ready)
{
	char *own = mmap(NULL, 8 * MEGABYTE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *shared = mmap(NULL, MEGABYTE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);

	setsid();
	ASSERT_NE(MAP_FAILED, own);
	ASSERT_NE(MAP_FAILED, shared);
	memset(own, 'o', 8 * MEGABYTE);
	memset(shared, 's', MEGABYTE);
	mlock(own, 4096);
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	for (;;)
		poll(NULL, 0, 1000000000);
}

static int begin(unsigned int flags, int of)
{
	struct kcr_restart request = { .size = sizeof(request), .flags = flags, .template_fd = of };
	int dev = open_device(), op = ioctl(dev, KCR_IOC_RESTART, &request), error = errno;

	close(dev);
	return op < 0 ? -error : op;
}

static int run_from(int op, int image)
{
	struct kcr_run run = { .size = sizeof(run), .image_fd = image };

	return ioctl(op, KCR_IOC_RUN, &run) ? errno : 0;
}

/* A program that is made, and that copies can be made of. */
static int prepared(unsigned int flags)
{
	struct bytes b = image_of(start_one(plain));
	int fd = memfd_create("image", MFD_CLOEXEC), op = begin(flags, 0);

	ASSERT_LE(0, op);
	ASSERT_EQ((ssize_t)b.len, write(fd, b.data, b.len));
	ASSERT_EQ(0, lseek(fd, 0, SEEK_SET));
	ASSERT_EQ(0, run_from(op, fd));
	close(fd);
	return op;
}

static void expect_not(int op, unsigned int class, const char *words)
{
	static struct outcome o;

	EXPECT_LT(0, run_from(op, -1));
	look_at(op, &o);
	EXPECT_EQ(class, o.status.class);
	if (!strstr(o.text, words))
		kcr_fail(false, __FILE__, __LINE__, "\"%s\" is not said: %s", words, o.text);
	close(op);
}

static void end(int op)
{
	close(op);
	EXPECT_EQ(-1, waitpid(-1, NULL, WNOHANG | __WALL));
}

/* In a process of its own, in a pid namespace of its own; how that ended. */
static pid_t copy_apart(int template)
{
	struct outcome *o;
	pid_t pid;
	int op;

	pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	ASSERT_LE(0, pid);
	if (pid)
		return pid;
	o = calloc(1, sizeof(*o));
	op = begin(KCR_RESTART_COPY, template);
	if (op < 0 || run_from(op, -1)) {
		look_at(op, o);
		fprintf(stderr, "# %s\n", o->text);
		_exit(1);
	}
	look_at(op, o);
	_exit(o->status.phase == KCR_PHASE_PREPARED && o->status.threads == 1 ? 0 : 2);
}

static int copy_ended(pid_t pid)
{
	int status;

	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_PLAIN(only_of_a_restart_that_says_so)
{
	struct kcr_checkpoint request = { .size = sizeof(request) };
	int dev = open_device(), null = open("/dev/null", O_RDWR), op, save;
	pid_t pid = start_one(plain);

	EXPECT_EQ(-EBADF, begin(KCR_RESTART_COPY, -1));
	EXPECT_EQ(-EBADF, begin(KCR_RESTART_COPY, null));
	EXPECT_EQ(-EBADF, begin(KCR_RESTART_COPY, dev));
	op = begin(0, 0);
	EXPECT_EQ(-EINVAL, begin(KCR_RESTART_COPY, op));
	close(op);
	request.pid = pid;
	save = ioctl(dev, KCR_IOC_CHECKPOINT, &request);
	ASSERT_LE(0, save);
	EXPECT_EQ(-EINVAL, begin(KCR_RESTART_COPY, save));
	close(save);

	op = begin(KCR_RESTART_TEMPLATE, 0);
	ASSERT_LE(0, op);
	EXPECT_EQ(-EINVAL, begin(0, op));
	EXPECT_EQ(-EINVAL, begin(KCR_RESTART_COPY | KCR_RESTART_TEMPLATE, op));
	EXPECT_EQ(-EINVAL, begin(KCR_RESTART_COPY | KCR_RESTART_CHECK, op));
	EXPECT_EQ(-EINVAL, begin(KCR_RESTART_COPY | KCR_RESTART_LAZY, op));
	EXPECT_EQ(-EINVAL, begin(KCR_RESTART_TEMPLATE | KCR_RESTART_LAZY, 0));
	close(op);
	close(dev);
	kill_children();
}

TEST_PLAIN(only_while_the_first_is_prepared)
{
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_ABORT };
	int op = begin(KCR_RESTART_TEMPLATE, 0), copy;

	expect_not(begin(KCR_RESTART_COPY, op), KCR_CLASS_TRANSIENT, "gone, or runs already");
	copy = begin(KCR_RESTART_COPY, op);
	end(op);
	expect_not(copy, KCR_CLASS_TRANSIENT, "gone, or runs already");

	op = prepared(KCR_RESTART_TEMPLATE);
	copy = begin(KCR_RESTART_COPY, op);
	EXPECT_EQ(0, ioctl(op, KCR_IOC_FINISH, &finish));
	expect_not(copy, KCR_CLASS_TRANSIENT, "gone, or runs already");
	end(op);

	op = prepared(KCR_RESTART_TEMPLATE);
	copy = begin(KCR_RESTART_COPY, op);
	finish.action = KCR_ACTION_COMMIT;
	EXPECT_EQ(0, ioctl(op, KCR_IOC_FINISH, &finish));
	expect_not(copy, KCR_CLASS_TRANSIENT, "gone, or runs already");
	close(op);
	kill_children();
}

TEST_PLAIN(not_of_one_that_was_killed)
{
	int op = prepared(KCR_RESTART_TEMPLATE), copy = begin(KCR_RESTART_COPY, op);
	static struct outcome o;

	look_at(op, &o);
	ASSERT_EQ(0, kill(o.status.pid, SIGKILL));
	usleep(100000);
	expect_not(copy, KCR_CLASS_TRANSIENT, "gone, or runs already");
	end(op);
}

TEST_PLAIN(not_where_its_ids_are_taken)
{
	int op = prepared(KCR_RESTART_TEMPLATE);
	static struct outcome o;

	expect_not(begin(KCR_RESTART_COPY, op), KCR_CLASS_TRANSIENT, "is in use");
	look_at(op, &o);
	EXPECT_EQ(KCR_PHASE_PREPARED, o.status.phase);
	end(op);
}

TEST_PLAIN(not_by_another_user)
{
	int op = prepared(KCR_RESTART_TEMPLATE);
	pid_t pid = fork();

	if (!pid) {
		ASSERT_EQ(0, initgroups("alice", ALICE));
		ASSERT_EQ(0, setgid(ALICE));
		ASSERT_EQ(0, setuid(ALICE));
		_exit(begin(KCR_RESTART_COPY, op) == -EPERM ? 0 : 1);
	}
	EXPECT_EQ(0, copy_ended(pid));
	end(op);
}

/* And then each for itself: what is made is killed when its operation is closed. */
TEST_PLAIN(several_at_a_time)
{
	int op = prepared(KCR_RESTART_TEMPLATE), i;
	static struct outcome o;
	pid_t pid[6];

	for (i = 0; i < 6; i++)
		pid[i] = copy_apart(op);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(0, copy_ended(pid[i]));
	look_at(op, &o);
	EXPECT_EQ(KCR_PHASE_PREPARED, o.status.phase);
	commit(op, &o);
	EXPECT_TRUE(o.ran);
	close(op);
}

/* Whoever makes a copy holds on to what it is made from. */
TEST_PLAIN(closing_it_harms_no_copy)
{
	int op = prepared(KCR_RESTART_TEMPLATE), i;
	pid_t pid[4];

	for (i = 0; i < 4; i++)
		pid[i] = copy_apart(op);
	close(op);		/* each of them has it, too */
	for (i = 0; i < 4; i++)
		EXPECT_EQ(0, copy_ended(pid[i]));
	/* The last of them has closed it, and killed the program, which is our child. */
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}
