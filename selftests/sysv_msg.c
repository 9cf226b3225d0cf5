// SPDX-License-Identifier: GPL-2.0
/* Promises: System V message queues. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "kcr_harness.h"
#include "outside.h"

#define LONG_MESSAGE	6000	/* does not fit into a page */

struct message {
	long type;
	char text[LONG_MESSAGE];
};

FIXTURE(msg) {
	int id;
};

FIXTURE_SETUP(msg)
{
	self->id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	ASSERT_LE(0, self->id);
}

FIXTURE_TEARDOWN(msg)
{
	msgctl(self->id, IPC_RMID, NULL);
}

static int put(int id, long type, const char *text)
{
	struct message m = { .type = type };

	snprintf(m.text, sizeof(m.text), "%s", text);
	return msgsnd(id, &m, strlen(text), IPC_NOWAIT);
}

/* The next one's text; its type is left in @type. */
static const char *get(int id, long *type)
{
	static struct message m;
	ssize_t len;

	memset(&m, 0, sizeof(m));
	len = msgrcv(id, &m, sizeof(m.text) - 1, *type, IPC_NOWAIT);
	*type = m.type;
	return len < 0 ? "none" : m.text;
}

static struct msqid_ds stat_of(int id)
{
	struct msqid_ds ds = { };

	EXPECT_EQ(0, msgctl(id, IPC_STAT, &ds));
	return ds;
}

TEST_F(msg, keeps_messages_types_and_order)
{
	long type;

	ASSERT_EQ(0, put(self->id, 3, "oyster"));
	ASSERT_EQ(0, put(self->id, 1, "walrus"));
	ASSERT_EQ(0, put(self->id, 3, "carpenter"));
	ASSERT_EQ(0, put(self->id, 0x7ffffffffffffff, ""));
	cut();
	EXPECT_EQ(4, stat_of(self->id).msg_qnum);
	EXPECT_EQ(21, stat_of(self->id).__msg_cbytes);
	type = 1;
	EXPECT_STREQ("walrus", get(self->id, &type));
	type = 0;
	EXPECT_STREQ("oyster", get(self->id, &type));
	EXPECT_EQ(3, type);
	type = 0;
	EXPECT_STREQ("carpenter", get(self->id, &type));
	type = 0;
	EXPECT_STREQ("", get(self->id, &type));
	EXPECT_EQ(0x7ffffffffffffff, type);
	type = 0;
	EXPECT_STREQ("none", get(self->id, &type));
	EXPECT_EQ(0, stat_of(self->id).__msg_cbytes);
	EXPECT_EQ(0, put(self->id, 9, "sent afterwards"));
}

TEST_F(msg, keeps_long_messages)
{
	struct message m = { .type = 2 }, got = { };
	int i;

	for (i = 0; i < LONG_MESSAGE; i++)
		m.text[i] = i % 251;
	ASSERT_EQ(0, msgsnd(self->id, &m, LONG_MESSAGE, 0));
	m.text[0] = 1;
	ASSERT_EQ(0, msgsnd(self->id, &m, 4096 - 48, 0));
	cut();
	EXPECT_EQ(LONG_MESSAGE, msgrcv(self->id, &got, LONG_MESSAGE, 0, IPC_NOWAIT));
	for (i = 0; i < LONG_MESSAGE && got.text[i] == (char)(i % 251); i++)
		;
	EXPECT_EQ(LONG_MESSAGE, i);
	EXPECT_EQ(4096 - 48, msgrcv(self->id, &got, LONG_MESSAGE, 0, IPC_NOWAIT));
	EXPECT_EQ(0, memcmp(got.text, m.text, 4096 - 48));
}

TEST_F(msg, keeps_owner_mode_size_and_times)
{
	struct msqid_ds ds, was = stat_of(self->id);
	long type = 0;

	was.msg_perm.uid = 1000;
	was.msg_perm.gid = 1001;
	was.msg_perm.mode = 0444;
	was.msg_qbytes = 100;
	ASSERT_EQ(0, put(self->id, 1, "gone"));
	ASSERT_STREQ("gone", get(self->id, &type));
	ASSERT_EQ(0, put(self->id, 1, "eighty bytes or more that are more than the queue may hold after it was made smaller"));
	ASSERT_EQ(0, put(self->id, 1, "eighty bytes or more that are more than the queue may hold after it was made smaller"));
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &was));
	was = stat_of(self->id);
	ASSERT_EQ(getpid(), was.msg_lrpid);
	cut();
	ds = stat_of(self->id);
	EXPECT_EQ(was.msg_perm.__key, ds.msg_perm.__key);
	EXPECT_EQ(1000, ds.msg_perm.uid);
	EXPECT_EQ(1001, ds.msg_perm.gid);
	EXPECT_EQ(was.msg_perm.cuid, ds.msg_perm.cuid);
	EXPECT_EQ(was.msg_perm.cgid, ds.msg_perm.cgid);
	EXPECT_EQ(0444, ds.msg_perm.mode);
	EXPECT_EQ(100, ds.msg_qbytes);
	EXPECT_EQ(was.__msg_cbytes, ds.__msg_cbytes);
	EXPECT_EQ(was.msg_stime, ds.msg_stime);
	EXPECT_EQ(was.msg_rtime, ds.msg_rtime);
	EXPECT_EQ(was.msg_ctime, ds.msg_ctime);
	EXPECT_EQ(getpid(), ds.msg_lspid);
	EXPECT_EQ(getpid(), ds.msg_lrpid);
	EXPECT_EQ(-1, put(self->id, 1, "full"));
}

/* The queue is still there when it is restarted, with what was done after the cut. */
TEST(is_as_it_was_though_it_was_used_since)
{
	int id = msgget(0x4d5347, 0);
	long type = 0;

	if (id >= 0)
		msgctl(id, IPC_RMID, NULL);
	id = msgget(0x4d5347, IPC_CREAT | 0600);
	ASSERT_LE(0, id);
	ASSERT_EQ(0, put(id, 7, "first"));
	ASSERT_EQ(0, put(id, 8, "second"));
	cut();
	EXPECT_EQ(id, msgget(0x4d5347, 0));
	EXPECT_EQ(2, stat_of(id).msg_qnum);
	EXPECT_STREQ("first", get(id, &type));
	EXPECT_EQ(0, put(id, 9, "third"));
}

TEST_F(msg, what_a_zombie_has_sent_is_kept)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(put(self->id, 1, "from a child"));
	/* Not waited for: it is a zombie, and belongs to the tree. */
	while (!stat_of(self->id).msg_qnum)
		usleep(1000);
	usleep(100000);
	cut();
	EXPECT_EQ(pid, stat_of(self->id).msg_lspid);
	EXPECT_EQ(1, stat_of(self->id).msg_qnum);
	EXPECT_EQ(pid, waitpid(pid, &status, 0));
}

static int waiting_for;
static long waited;
static struct message received;

static void *wait_for_one(void *arg)
{
	(void)arg;
	waited = msgrcv(waiting_for, &received, sizeof(received.text), 5, 0);
	return NULL;
}

TEST_F(msg, who_waits_to_receive_waits_on)
{
	pthread_t thread;

	waiting_for = self->id;
	in_syscall(start_thread(&thread, wait_for_one, NULL), SYS_msgrcv);
	cut();
	EXPECT_EQ(0, put(self->id, 4, "not this one"));
	EXPECT_EQ(0, put(self->id, 5, "this one"));
	pthread_join(thread, NULL);
	EXPECT_EQ(8, waited);
	EXPECT_STREQ("this one", received.text);
	EXPECT_EQ(1, stat_of(self->id).msg_qnum);
}

static void *send_one(void *arg)
{
	(void)arg;
	struct message m = { .type = 6, .text = "squeezed in" };

	waited = msgsnd(waiting_for, &m, strlen(m.text), 0);
	return NULL;
}

TEST_F(msg, who_waits_to_send_waits_on)
{
	struct msqid_ds ds = stat_of(self->id);
	pthread_t thread;
	long type = 0;

	ds.msg_qbytes = 12;
	ASSERT_EQ(0, msgctl(self->id, IPC_SET, &ds));
	ASSERT_EQ(0, put(self->id, 1, "full"));
	waiting_for = self->id;
	waited = -1;
	in_syscall(start_thread(&thread, send_one, NULL), SYS_msgsnd);
	cut();
	EXPECT_EQ(1, stat_of(self->id).msg_qnum);
	EXPECT_STREQ("full", get(self->id, &type));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, waited);
	type = 0;
	EXPECT_STREQ("squeezed in", get(self->id, &type));
}

TEST(a_users_own, .user = "alice")
{
	int id = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	long type = 0;

	ASSERT_EQ(0, put(id, 1, "of alice"));
	cut();
	EXPECT_EQ(1000, stat_of(id).msg_perm.cuid);
	EXPECT_STREQ("of alice", get(id, &type));
	EXPECT_EQ(0, msgctl(id, IPC_RMID, NULL));
}

static void send_there(int id)
{
	put(id, 1, "from outside");
}

TEST_F_REFUSED(msg, used_by_another_too, "outside of the tree, has used it")
{
	pid_t other;
	long type = 0;

	other = outside(send_there, self->id);
	ASSERT_STREQ("from outside", get(self->id, &type));
	cut();
	kill(other, SIGKILL);
}
