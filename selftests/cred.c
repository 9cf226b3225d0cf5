// SPDX-License-Identifier: GPL-2.0
/* Ids, groups, capabilities, securebits, no_new_privs. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

#define ALICE	1000

static void expect_ids(uid_t r, uid_t e, uid_t s)
{
	uid_t uid[3];
	gid_t gid[3];

	getresuid(&uid[0], &uid[1], &uid[2]);
	EXPECT_EQ(r, uid[0]);
	EXPECT_EQ(e, uid[1]);
	EXPECT_EQ(s, uid[2]);
	getresgid(&gid[0], &gid[1], &gid[2]);
	EXPECT_EQ(r, gid[0]);
	EXPECT_EQ(e, gid[1]);
	EXPECT_EQ(s, gid[2]);
}

TEST(alice_stays_alice, .user = "alice")
{
	gid_t before[64], after[64];
	int n = getgroups(64, before);

	expect_ids(ALICE, ALICE, ALICE);
	cut();
	expect_ids(ALICE, ALICE, ALICE);
	EXPECT_EQ(n, getgroups(64, after));
	EXPECT_EQ(0, memcmp(before, after, n * sizeof(*after)));
}

/* Other ids make a process undumpable. */
static void cut_as_another(void)
{
	ASSERT_EQ(0, prctl(PR_SET_DUMPABLE, 1));
	cut();
}

/* The harness marks the cut in the folder above. */
static void open_folder(void)
{
	ASSERT_EQ(0, chmod("..", 0777));
}

TEST(root_becomes_another_again)
{
	gid_t groups[] = { 5, 17, 1234 }, got[8];

	open_folder();
	ASSERT_EQ(0, setgroups(3, groups));
	ASSERT_EQ(0, setresgid(ALICE, ALICE, ALICE));
	ASSERT_EQ(0, setresuid(ALICE, ALICE, ALICE));
	cut_as_another();
	expect_ids(ALICE, ALICE, ALICE);
	EXPECT_EQ(3, getgroups(8, got));
	EXPECT_EQ(0, memcmp(groups, got, sizeof(groups)));
	EXPECT_EQ(-1, setuid(0));
	EXPECT_EQ(1, prctl(PR_GET_DUMPABLE));
}

TEST(keeps_real_effective_and_saved_apart)
{
	open_folder();
	ASSERT_EQ(0, setresgid(1, 2, 3));
	ASSERT_EQ(0, setresuid(1, 2, 3));
	cut_as_another();
	expect_ids(1, 2, 3);
	EXPECT_EQ(0, setresuid(-1, 3, -1));
}

TEST(keeps_ids_for_files)
{
	open_folder();
	setfsgid(33);
	setfsuid(44);
	cut_as_another();
	EXPECT_EQ(33, setfsgid(-1));
	EXPECT_EQ(44, setfsuid(-1));
	expect_ids(0, 0, 0);
}

static void caps_get(struct __user_cap_data_struct *data)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };

	ASSERT_EQ(0, syscall(SYS_capget, &head, data));
}

static void caps_set(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = { { effective, permitted, inheritable } };

	ASSERT_EQ(0, syscall(SYS_capset, &head, data));
}

#define BIT(n)	(1u << (n))

static void expect_caps(uint32_t effective, uint32_t permitted, uint32_t inheritable)
{
	struct __user_cap_data_struct data[2];

	caps_get(data);
	EXPECT_EQ(effective, data[0].effective);
	EXPECT_EQ(permitted, data[0].permitted);
	EXPECT_EQ(inheritable, data[0].inheritable);
	EXPECT_EQ(0, data[1].effective | data[1].permitted | data[1].inheritable);
}

TEST(keeps_its_capabilities)
{
	uint32_t chown = BIT(CAP_CHOWN), kill = BIT(CAP_KILL), net = BIT(CAP_NET_RAW);

	caps_set(chown, chown | kill, net);
	cut_as_another();
	expect_caps(chown, chown | kill, net);
}

TEST(another_user_keeps_capabilities)
{
	uint32_t net = BIT(CAP_NET_BIND_SERVICE);

	open_folder();
	ASSERT_EQ(0, prctl(PR_SET_KEEPCAPS, 1));
	ASSERT_EQ(0, setresgid(ALICE, ALICE, ALICE));
	ASSERT_EQ(0, setresuid(ALICE, ALICE, ALICE));
	caps_set(net, net, net);
	ASSERT_EQ(0, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE, 0, 0));
	cut_as_another();
	expect_ids(ALICE, ALICE, ALICE);
	expect_caps(net, net, net);
	EXPECT_EQ(1, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_NET_BIND_SERVICE, 0, 0));
	EXPECT_EQ(0, prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0));
}

TEST(keeps_its_bounding_set)
{
	ASSERT_EQ(0, prctl(PR_CAPBSET_DROP, CAP_SYS_MODULE));
	ASSERT_EQ(0, prctl(PR_CAPBSET_DROP, CAP_MKNOD));
	cut();
	EXPECT_EQ(0, prctl(PR_CAPBSET_READ, CAP_SYS_MODULE));
	EXPECT_EQ(0, prctl(PR_CAPBSET_READ, CAP_MKNOD));
	EXPECT_EQ(1, prctl(PR_CAPBSET_READ, CAP_CHOWN));
}

TEST(keeps_securebits)
{
	int bits = SECBIT_NO_SETUID_FIXUP | SECBIT_NO_SETUID_FIXUP_LOCKED | SECBIT_NOROOT;

	ASSERT_EQ(0, prctl(PR_SET_SECUREBITS, bits));
	cut();
	EXPECT_EQ(bits, prctl(PR_GET_SECUREBITS));
}

TEST(keeps_keepcaps)
{
	ASSERT_EQ(0, prctl(PR_SET_KEEPCAPS, 1));
	cut();
	EXPECT_EQ(1, prctl(PR_GET_KEEPCAPS));
}

TEST(keeps_no_new_privs)
{
	ASSERT_EQ(0, prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	cut();
	EXPECT_EQ(1, prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

TEST(keeps_parent_death_signal_with_other_ids)
{
	int sig = 0;

	open_folder();
	ASSERT_EQ(0, setresuid(ALICE, ALICE, ALICE));
	ASSERT_EQ(0, prctl(PR_SET_PDEATHSIG, 10));
	cut_as_another();
	prctl(PR_GET_PDEATHSIG, &sig);
	EXPECT_EQ(10, sig);
}

/* Only glibc keeps the ids of threads the same. */

static volatile int ready, go;

static void *own_ids(void *arg)
{
	uid_t uid[3];

	(void)arg;
	syscall(SYS_setresuid, -1, ALICE, -1);
	ready = 1;
	while (!go)
		usleep(1000);
	getresuid(&uid[0], &uid[1], &uid[2]);
	return (void *)(long)(uid[0] == 0 && uid[1] == ALICE && uid[2] == 0);
}

TEST(each_thread_keeps_its_own)
{
	pthread_t thread;
	void *right;

	start_thread(&thread, own_ids, NULL);
	while (!ready)
		usleep(1000);
	cut_as_another();
	expect_ids(0, 0, 0);
	go = 1;
	pthread_join(thread, &right);
	EXPECT_EQ(1, (long)right);
}
