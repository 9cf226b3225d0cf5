// SPDX-License-Identifier: GPL-2.0
/* Promises: System V semaphores, and what is undone when a process ends. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/sem.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "kcr_harness.h"
#include "outside.h"

FIXTURE(sem) {
	int id;
};

FIXTURE_SETUP(sem)
{
	self->id = semget(IPC_PRIVATE, 3, IPC_CREAT | 0600);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(sem)
{
	semctl(self->id, 0, IPC_RMID);
}

static int op(int id, int sem, int by, int flags)
{
	struct sembuf sop = { .sem_num = sem, .sem_op = by, .sem_flg = flags };

	return semop(id, &sop, 1);
}

static int value(int id, int sem)
{
	return semctl(id, sem, GETVAL);
}

TEST_F(sem, keeps_values_and_who_came_last)
{
	struct semid_ds ds = { }, was = { };

	ASSERT_EQ(0, op(self->id, 0, 5, 0));
	ASSERT_EQ(0, op(self->id, 2, 32767, 0));
	ASSERT_EQ(0, semctl(self->id, 0, IPC_STAT, &was));
	cut();
	EXPECT_EQ(5, value(self->id, 0));
	EXPECT_EQ(0, value(self->id, 1));
	EXPECT_EQ(32767, value(self->id, 2));
	EXPECT_EQ(getpid(), semctl(self->id, 0, GETPID));
	EXPECT_EQ(0, semctl(self->id, 1, GETPID));
	EXPECT_EQ(getpid(), semctl(self->id, 2, GETPID));
	EXPECT_EQ(0, semctl(self->id, 0, IPC_STAT, &ds));
	EXPECT_EQ(was.sem_otime, ds.sem_otime);
	EXPECT_EQ(was.sem_ctime, ds.sem_ctime);
	EXPECT_EQ(3, ds.sem_nsems);
	EXPECT_EQ(0600, ds.sem_perm.mode);
	EXPECT_EQ(0, op(self->id, 0, -4, 0));
}

/* A child takes one, and gives it back by ending. */
TEST_F(sem, a_childs_end_undoes)
{
	int status, fd[2];
	char c;
	pid_t pid;

	ASSERT_EQ(0, semctl(self->id, 1, SETVAL, 3));
	ASSERT_EQ(0, pipe(fd));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fd[1]);
		op(self->id, 1, -2, SEM_UNDO);
		op(self->id, 2, 30000, SEM_UNDO);
		_exit(read(fd[0], &c, 1));
	}
	close(fd[0]);
	while (value(self->id, 2) != 30000)
		usleep(1000);
	cut();
	EXPECT_EQ(1, value(self->id, 1));
	EXPECT_EQ(30000, value(self->id, 2));
	close(fd[1]);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(3, value(self->id, 1));
	EXPECT_EQ(0, value(self->id, 2));
}

static void *take_one(void *arg)
{
	op(*(int *)arg, 0, -1, SEM_UNDO);
	return NULL;
}

TEST_F(sem, threads_share_what_is_undone)
{
	pthread_t thread;

	ASSERT_EQ(0, semctl(self->id, 0, SETVAL, 2));
	ASSERT_EQ(0, op(self->id, 0, -1, SEM_UNDO));
	start_thread(&thread, take_one, &self->id);
	pthread_join(thread, NULL);
	cut();
	EXPECT_EQ(0, value(self->id, 0));
	/* What is undone is forgotten with the value. */
	EXPECT_EQ(0, op(self->id, 0, 2, SEM_UNDO));
	EXPECT_EQ(2, value(self->id, 0));
}

/* What the program's own end undoes is seen by the next way, which begins so. */
TEST(the_programs_end_undoes)
{
	int id = semget(0x5e3a7e5, 1, IPC_CREAT | 0600), status;
	pid_t pid;

	ASSERT_LE(0, id);
	ASSERT_EQ(0, semctl(id, 0, SETVAL, 7));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		op(id, 0, -7, SEM_UNDO);
		for (;;)
			pause();
	}
	while (value(id, 0))
		usleep(1000);
	cut();
	EXPECT_EQ(0, value(id, 0));
	EXPECT_EQ(id, semget(0x5e3a7e5, 1, 0));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(7, value(id, 0));
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

static int waiting_for;
static long waited, waited_errno;

static void *wait_for_one(void *arg)
{
	(void)arg;
	waited = op(waiting_for, 0, -1, 0);
	waited_errno = errno;
	return NULL;
}

TEST_F(sem, who_waits_waits_on)
{
	pthread_t thread;

	waiting_for = self->id;
	/* Nobody has changed it: that a thread waits is all that shows it. */
	in_syscall(start_thread(&thread, wait_for_one, NULL), SYS_semtimedop);
	cut();
	EXPECT_EQ(0, value(self->id, 0));
	EXPECT_EQ(0, op(self->id, 0, 1, 0));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, waited);
	EXPECT_EQ(0, value(self->id, 0));
}

static void *wait_a_while(void *arg)
{
	(void)arg;
	struct sembuf sop = { .sem_op = -1 };
	struct timespec ts = { .tv_sec = 3 };

	waited = semtimedop(waiting_for, &sop, 1, &ts);
	waited_errno = errno;
	return NULL;
}

TEST_F(sem, who_waits_for_some_time_waits_for_the_rest)
{
	long long start = now_ms(CLOCK_MONOTONIC), took;
	pthread_t thread;

	waiting_for = self->id;
	in_syscall(start_thread(&thread, wait_a_while, NULL), SYS_semtimedop);
	cut();
	pthread_join(thread, NULL);
	took = now_ms(CLOCK_MONOTONIC) - start;
	EXPECT_EQ(-1, waited);
	EXPECT_EQ(EAGAIN, waited_errno);
	EXPECT_LE(2990, took);
}

/* A new set, though an earlier test may have left one there. */
static int make(key_t key, int sems)
{
	int id = semget(key, 0, 0);

	if (id >= 0)
		semctl(id, 0, IPC_RMID);
	id = semget(key, sems, IPC_CREAT | IPC_EXCL | 0600);
	ASSERT_LE(0, id);
	return id;
}

/* The set is still there when it is restarted, with what was done after the cut. */
TEST(is_as_it_was_though_it_was_used_since)
{
	int id = make(0x5e3a7e6, 2), status;
	pid_t pid;

	ASSERT_EQ(0, op(id, 0, 5, 0));
	ASSERT_EQ(0, op(id, 1, 9, SEM_UNDO));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		op(id, 0, -2, SEM_UNDO);
		for (;;)
			pause();
	}
	while (value(id, 0) != 3)
		usleep(1000);
	cut();
	EXPECT_EQ(3, value(id, 0));
	EXPECT_EQ(9, value(id, 1));
	EXPECT_EQ(pid, semctl(id, 0, GETPID));
	EXPECT_EQ(getpid(), semctl(id, 1, GETPID));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(5, value(id, 0));
	EXPECT_EQ(0, op(id, 0, 100, 0));
}

TEST(a_users_own, .user = "alice")
{
	int id = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);

	ASSERT_EQ(0, op(id, 0, 2, SEM_UNDO));
	cut();
	EXPECT_EQ(2, value(id, 0));
	EXPECT_EQ(0, semctl(id, 0, IPC_RMID));
}

static void use(int id)
{
	op(id, 0, 1, 0);
}

static void use_with_undo(int id)
{
	op(id, 0, 1, SEM_UNDO);
}

TEST_F_REFUSED(sem, used_by_another_too, "outside of the tree, has used it")
{
	pid_t other = outside(use, self->id);

	ASSERT_EQ(0, op(self->id, 1, 1, 0));
	cut();
	kill(other, SIGKILL);
}

TEST_F_REFUSED(sem, undone_by_another_too, "outside of the tree has used it with SEM_UNDO")
{
	pid_t other = outside(use_with_undo, self->id);

	ASSERT_EQ(0, op(self->id, 0, 1, 0));
	cut();
	kill(other, SIGKILL);
}
