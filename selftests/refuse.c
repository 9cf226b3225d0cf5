// SPDX-License-Identifier: GPL-2.0
/* What a process or thread may have that is refused, by name. */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include "kcr_harness.h"

TEST_REFUSED(a_posix_timer, "POSIX timer")
{
	timer_t timer;

	ASSERT_EQ(0, timer_create(CLOCK_MONOTONIC, NULL, &timer));
	cut();
	EXPECT_EQ(0, timer_delete(timer));
}

TEST_REFUSED(a_seccomp_filter, "seccomp")
{
	struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	struct sock_fprog prog = { 1, &allow };

	ASSERT_EQ(0, syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &prog));
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

TEST_REFUSED(locked_memory, "mlock")
{
	ASSERT_EQ(0, mlock(&errno, 1));
	cut();
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

TEST_REFUSED(semaphores_with_undo, "SEM_UNDO")
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	struct sembuf up = { .sem_op = 1, .sem_flg = SEM_UNDO };

	ASSERT_LE(0, id);
	ASSERT_EQ(0, semop(id, &up, 1));
	cut();
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

TEST_REFUSED(io_ports, "I/O ports")
{
	if (syscall(SYS_ioperm, 0x80, 1, 1))
		skip("no I/O ports");
	cut();
}

TEST_REFUSED(an_unreadable_clock_of_the_processor, "PR_SET_TSC")
{
	ASSERT_EQ(0, prctl(PR_SET_TSC, PR_TSC_SIGSEGV));
	cut();
	prctl(PR_SET_TSC, PR_TSC_ENABLE);
}

TEST_REFUSED(a_policy_for_memory_failures, "PR_MCE_KILL")
{
	if (prctl(PR_MCE_KILL, PR_MCE_KILL_SET, PR_MCE_KILL_EARLY, 0, 0))
		skip("no PR_MCE_KILL");
	cut();
}

TEST_REFUSED(a_numa_policy, "NUMA memory policy")
{
	unsigned long nodes = 1;

	if (syscall(SYS_set_mempolicy, 2, &nodes, 8))	/* MPOL_BIND */
		skip("no NUMA");
	cut();
}

static void *go_on(void *arg)
{
	(void)arg;
	cut();
	_exit(7);	/* not through the end of the test: that is gone */
}

TEST_REFUSED(a_main_thread_that_has_ended, "its main thread has ended", .status = 7)
{
	start_thread(NULL, go_on, NULL);
	pthread_exit(NULL);
}
