// SPDX-License-Identifier: GPL-2.0
/* What a process or thread may have that is refused, by name. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "kcr_harness.h"

TEST_REFUSED(a_timer_of_another_process, "counts the CPU time of another process")
{
	clockid_t clock;
	timer_t timer;

	ASSERT_EQ(0, clock_getcpuclockid(getppid(), &clock));
	ASSERT_EQ(0, timer_create(clock, NULL, &timer));
	cut();
	EXPECT_EQ(0, timer_delete(timer));
}

TEST_REFUSED(a_seccomp_filter_with_a_listener, "SECCOMP_FILTER_FLAG_NEW_LISTENER")
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };

	ASSERT_LE(0, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			     SECCOMP_FILTER_FLAG_NEW_LISTENER, &prog));
	cut();
}

TEST_REFUSED(a_landlock_domain, "Landlock")
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_MAKE_BLOCK,
	};
	int fd = syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);

	if (fd < 0)
		skip("no Landlock");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	ASSERT_EQ(0, syscall(SYS_landlock_restrict_self, fd, 0));
	close(fd);
	cut();
}

TEST_REFUSED(a_keyring, "keyring of its own")
{
	if (syscall(SYS_add_key, "user", "walrus", "x", 1, -2) < 0)	/* process keyring */
		skip("no keys");
	cut();
}

/* Who watches it is told of a fork(), and nothing goes on until he has heard of it. */
TEST_REFUSED(memory_watched_by_userfaultfd, "userfaultfd")
{
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_EVENT_FORK };
	struct uffdio_register range = {
		.range.len = 65536,
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	char *p = mmap(NULL, range.range.len, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct uffd_msg message;

	*p = 1;
	range.range.start = (unsigned long)p;
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, ioctl(fd, UFFDIO_API, &api));
	ASSERT_EQ(0, ioctl(fd, UFFDIO_REGISTER, &range));
	cut();
	EXPECT_EQ(-1, read(fd, &message, sizeof(message)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_REFUSED(another_uts_namespace, "another UTS namespace")
{
	ASSERT_EQ(0, unshare(CLONE_NEWUTS));
	cut();
}

TEST_REFUSED(another_namespace_for_its_children, "namespace")
{
	ASSERT_EQ(0, unshare(CLONE_NEWTIME));
	cut();
}

