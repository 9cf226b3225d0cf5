// SPDX-License-Identifier: GPL-2.0
/* Promises: System V shared memory. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "outside.h"

#define PAGE	4096

static struct shmid_ds stat_of(int id)
{
	struct shmid_ds ds = { };

	EXPECT_EQ(0, shmctl(id, IPC_STAT, &ds));
	return ds;
}

FIXTURE(shm) {
	int id;
	char *at;
};

FIXTURE_SETUP(shm)
{
	self->id = shmget(IPC_PRIVATE, 4 * PAGE + 1, IPC_CREAT | 0640);
	ASSERT_LE(0, self->id);
	self->at = shmat(self->id, NULL, 0);
	ASSERT_NE(-1, (long)self->at);
	strcpy(self->at, "walrus");
	strcpy(self->at + 3 * PAGE, "oyster");
}

FIXTURE_TEARDOWN(shm)
{
	shmctl(self->id, IPC_RMID, NULL);
}

TEST_F(shm, holds_what_was_written)
{
	cut();
	EXPECT_STREQ("walrus", self->at);
	EXPECT_STREQ("oyster", self->at + 3 * PAGE);
	EXPECT_EQ(0, self->at[PAGE]);
	strcpy(self->at, "changed afterwards");
	strcpy(self->at + 2 * PAGE, "likewise");
}

TEST_F(shm, is_attached_where_it_was)
{
	char *second = shmat(self->id, NULL, SHM_RDONLY);

	ASSERT_NE(-1, (long)second);
	cut();
	EXPECT_EQ(2, stat_of(self->id).shm_nattch);
	strcpy(self->at + 10, "seen through both");
	EXPECT_STREQ("seen through both", second + 10);
	EXPECT_EQ(-1, mprotect(second, PAGE, PROT_READ | PROT_WRITE));
	EXPECT_EQ(0, shmdt(second));
	EXPECT_EQ(1, stat_of(self->id).shm_nattch);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, stat_of(self->id).shm_nattch);
	EXPECT_EQ(-1, shmdt(self->at));
	self->at = shmat(self->id, NULL, 0);
	EXPECT_STREQ("walrus", self->at);
}

TEST_F(shm, is_detached_as_a_whole_when_it_was_split)
{
	ASSERT_EQ(0, mprotect(self->at + PAGE, PAGE, PROT_READ));
	ASSERT_EQ(0, munmap(self->at + 2 * PAGE, PAGE));
	cut();
	EXPECT_STREQ("oyster", self->at + 3 * PAGE);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(0, stat_of(self->id).shm_nattch);
}

TEST_F(shm, keeps_owner_mode_and_times)
{
	struct shmid_ds ds, was = stat_of(self->id);

	ASSERT_EQ(getpid(), was.shm_cpid);
	was.shm_perm.uid = 1000;
	was.shm_perm.gid = 1001;
	was.shm_perm.mode = 0404;
	ASSERT_EQ(0, shmctl(self->id, IPC_SET, &was));
	was = stat_of(self->id);
	cut();
	ds = stat_of(self->id);
	EXPECT_EQ(was.shm_perm.__key, ds.shm_perm.__key);
	EXPECT_EQ(1000, ds.shm_perm.uid);
	EXPECT_EQ(1001, ds.shm_perm.gid);
	EXPECT_EQ(was.shm_perm.cuid, ds.shm_perm.cuid);
	EXPECT_EQ(was.shm_perm.cgid, ds.shm_perm.cgid);
	EXPECT_EQ(0404, ds.shm_perm.mode);
	EXPECT_EQ(4 * PAGE + 1, ds.shm_segsz);
	EXPECT_EQ(was.shm_atime, ds.shm_atime);
	EXPECT_EQ(was.shm_dtime, ds.shm_dtime);
	EXPECT_EQ(was.shm_ctime, ds.shm_ctime);
	EXPECT_EQ(getpid(), ds.shm_cpid);
	EXPECT_EQ(getpid(), ds.shm_lpid);
}

TEST(is_found_by_its_key)
{
	key_t key = 0x77a1905;
	int id = shmget(key, PAGE, IPC_CREAT | IPC_EXCL | 0600);
	char *at;

	ASSERT_LE(0, id);
	at = shmat(id, NULL, 0);
	strcpy(at, "by key");
	cut();
	EXPECT_EQ(id, shmget(key, PAGE, 0600));
	EXPECT_STREQ("by key", at);
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

TEST_F(shm, removed_goes_with_its_last_user)
{
	ASSERT_EQ(0, shmctl(self->id, IPC_RMID, NULL));
	cut();
	EXPECT_EQ(01000, stat_of(self->id).shm_perm.mode & 01000);
	EXPECT_STREQ("walrus", self->at);
	EXPECT_EQ(0, shmdt(self->at));
	EXPECT_EQ(-1, shmctl(self->id, IPC_STAT, &(struct shmid_ds){ }));
}

TEST(made_and_never_attached_is_kept)
{
	int id = shmget(IPC_PRIVATE, 3 * PAGE, IPC_CREAT | 0600);
	char *at = shmat(id, NULL, 0);

	ASSERT_NE(-1, (long)at);
	strcpy(at + PAGE, "put away");
	ASSERT_EQ(0, shmdt(at));
	cut();
	EXPECT_EQ(0, stat_of(id).shm_nattch);
	at = shmat(id, NULL, 0);
	ASSERT_NE(-1, (long)at);
	EXPECT_STREQ("put away", at + PAGE);
	strcpy(at + 2 * PAGE, "more");
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

TEST_F(shm, locked_stays_locked)
{
	if (shmctl(self->id, SHM_LOCK, NULL))
		skip("may not lock");
	cut();
	EXPECT_EQ(02000, stat_of(self->id).shm_perm.mode & 02000);
	EXPECT_EQ(0, shmctl(self->id, SHM_UNLOCK, NULL));
}

TEST_F(shm, is_one_memory_for_parent_and_child)
{
	volatile char *at = self->at;
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (at[100] != 'p')
			usleep(1000);
		at[101] = 'c';
		while (at[100] != 'q')
			usleep(1000);
		_exit(0);
	}
	ASSERT_LT(0, pid);
	cut();
	EXPECT_EQ(2, stat_of(self->id).shm_nattch);
	at[100] = 'p';
	while (at[101] != 'c')
		usleep(1000);
	at[100] = 'q';
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, stat_of(self->id).shm_nattch);
}

TEST(a_users_own, .user = "alice")
{
	int id = shmget(IPC_PRIVATE, PAGE, IPC_CREAT | 0400);
	char *at = shmat(id, NULL, SHM_RDONLY);

	ASSERT_NE(-1, (long)at);
	cut();
	EXPECT_EQ(0, at[0]);
	EXPECT_EQ(0400, stat_of(id).shm_perm.mode);
	EXPECT_EQ(1000, stat_of(id).shm_perm.cuid);
	EXPECT_EQ(0, shmctl(id, IPC_RMID, NULL));
}

/* Whoever is forked has it attached. */
static void stay_attached(int unused __attribute__((unused)))
{
}

TEST_F_REFUSED(shm, shared_with_the_outside, "shared with another process")
{
	pid_t other = outside(stay_attached, 0);

	cut();
	EXPECT_EQ(2, stat_of(self->id).shm_nattch);
	kill(other, SIGKILL);
}
