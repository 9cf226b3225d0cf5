// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: who sees what is under way, and who may end it. */
#define _GNU_SOURCE
#include "genl.h"
#include "operations.h"
#include "../uapi/kcr_image.h"

static int take_kind(const struct nlmsghdr *nlh, void *arg)
{
	struct nlattr *attr;
	bool *kinds = arg;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == KCR_ATTR_KIND)
			kinds[mnl_attr_get_u32(attr)] = true;
	return MNL_CB_OK;
}

TEST_PLAIN(knows_every_kind)
{
	struct mnl_socket *s = sock();
	bool kinds[KCR_KIND_MAX] = { false };
	int id = family(s).id;

	ASSERT_EQ(0, talk(s, message(id, KCR_CMD_KIND_GET, NLM_F_DUMP), take_kind, kinds));
#define EXPECT_KIND(nr, NAME, stem, text)	EXPECT_TRUE(kinds[nr]);
	KCR_KINDS(EXPECT_KIND)
#undef EXPECT_KIND
	EXPECT_FALSE(kinds[0]);
	mnl_socket_close(s);
}

TEST_PLAIN(shows_what_is_under_way)
{
	pid_t pid = busy();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	__u64 nr = number(op, NULL, 0);
	struct found f = look(nr);

	EXPECT_TRUE(f.seen);
	EXPECT_FALSE(f.restart);
	EXPECT_EQ(pid, (pid_t)f.pid);
	EXPECT_EQ(KCR_PHASE_NEW, f.phase);
	close(op);
	EXPECT_FALSE(look(nr).seen);
	end(pid);
}

TEST_PLAIN(shows_many_at_once)
{
	pid_t pid = busy();
	int op[60];
	size_t i;

	for (i = 0; i < 60; i++)
		op[i] = operation(pid, KCR_CKPT_CHECK, 0);
	for (i = 0; i < 60; i++) {
		ASSERT_LE(0, op[i]);
		EXPECT_TRUE(look(number(op[i], NULL, 0)).seen);
	}
	for (i = 0; i < 60; i++)
		close(op[i]);
	end(pid);
}

static int sees(void *nr)
{
	return look(*(__u64 *)nr).seen;
}

TEST_PLAIN(shows_it_to_no_other_user)
{
	pid_t pid = busy();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	__u64 nr = number(op, NULL, 0);

	EXPECT_EQ(1, sees(&nr));
	EXPECT_EQ(0, as_user(ALICE, sees, &nr));
	EXPECT_EQ(0, as_user(BOB, sees, &nr));
	close(op);
	end(pid);
}

/* A process of alice's; she can be traced once she has become dumpable again. */
static pid_t alices(void)
{
	int ready[2];
	char c;
	pid_t pid;

	ASSERT_EQ(0, pipe(ready));
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		ASSERT_EQ(0, initgroups("alice", ALICE));
		ASSERT_EQ(0, setgid(ALICE));
		ASSERT_EQ(0, setuid(ALICE));
		prctl(PR_SET_DUMPABLE, 1);
		ASSERT_EQ(1, write(ready[1], "", 1));
		for (;;)
			pause();
	}
	ASSERT_EQ(1, read(ready[0], &c, 1));
	close(ready[0]);
	close(ready[1]);
	return pid;
}

TEST_PLAIN(shows_it_to_whoever_could_trace_the_target)
{
	pid_t pid = alices();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	__u64 nr = number(op, NULL, 0);

	EXPECT_EQ(1, as_user(ALICE, sees, &nr));
	EXPECT_EQ(0, as_user(BOB, sees, &nr));
	close(op);
	end(pid);
}

TEST_PLAIN(a_socket_shows_no_more_than_its_opener_may_see)
{
	pid_t pid = busy();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	__u64 nr = number(op, NULL, 0);
	struct mnl_socket *s;

	ASSERT_EQ(0, setresuid(BOB, BOB, 0));
	s = sock();
	ASSERT_EQ(0, setresuid(0, 0, 0));
	EXPECT_FALSE(look_through(s, nr).seen);
	EXPECT_TRUE(look(nr).seen);
	mnl_socket_close(s);
	close(op);
	end(pid);
}

static __u64 host_pid_ns;

/* In a pid namespace of its own: the number of a child of its own, then none. */
static int sees_its_own_pids(void *nr)
{
	pid_t pid = busy();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	struct found own = look(number(op, NULL, 0)), f = look(*(__u64 *)nr);

	close(op);
	end(pid);
	return own.seen && own.pid == (__u32)pid && f.seen && !f.pid &&
	       f.pid_ns && f.pid_ns == own.pid_ns && f.pid_ns != host_pid_ns;
}

TEST_PLAIN(tells_ids_as_the_reader_knows_them)
{
	pid_t pid = busy(), inside;
	int op = operation(pid, KCR_CKPT_CHECK, 0), status;
	__u64 nr = number(op, NULL, 0);

	EXPECT_EQ(pid, (pid_t)look(nr).pid);
	EXPECT_EQ(pid_ns_of(getpid()), look(nr).pid_ns);
	host_pid_ns = pid_ns_of(getpid());
	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	inside = fork();
	if (!inside)
		_exit(sees_its_own_pids(&nr));
	ASSERT_EQ(inside, waitpid(inside, &status, 0));
	EXPECT_EQ(1, WEXITSTATUS(status));
	close(op);
	end(pid);
}

static int cancel(__u64 op)
{
	struct mnl_socket *s = sock();
	int id = family(s).id, ret;
	struct nlmsghdr *nlh = message(id, KCR_CMD_CANCEL, NLM_F_ACK);

	mnl_attr_put_u64(nlh, KCR_ATTR_OP, op);
	ret = talk(s, nlh, NULL, NULL);
	mnl_socket_close(s);
	return ret;
}

static void *run_thread(void *op)
{
	return run(*(int *)op) ? (void *)(long)errno : NULL;
}

TEST_PLAIN(ends_what_is_cancelled)
{
	pid_t pid = unstoppable();
	int op = operation(pid, KCR_CKPT_CHECK, 60000);
	__u64 nr = number(op, NULL, 0);
	pthread_t thread;
	void *error;

	ASSERT_EQ(0, pthread_create(&thread, NULL, run_thread, &op));
	while (look(nr).phase != KCR_PHASE_PARK)
		sched_yield();
	ASSERT_EQ(0, cancel(nr));
	ASSERT_EQ(0, pthread_join(thread, &error));
	EXPECT_EQ(ECANCELED, (long)error);
	EXPECT_EQ(KCR_PHASE_FAILED, look(nr).phase);
	EXPECT_STREQ("cancelled", strrchr(look(nr).text, ' ') + 1);
	close(op);
	end(pid);
}

static int cancels(void *nr)
{
	return cancel(*(__u64 *)nr);
}

TEST_PLAIN(nobody_cancels_what_they_may_not_see)
{
	pid_t pid = busy();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	__u64 nr = number(op, NULL, 0);

	EXPECT_EQ(ENOENT, as_user(BOB, cancels, &nr));
	EXPECT_EQ(ENOENT, as_user(ALICE, cancels, &nr));
	EXPECT_EQ(ENOENT, cancel(nr + 1000));
	EXPECT_EQ(0, run(op));
	close(op);
	end(pid);
}

TEST_PLAIN(takes_no_attribute_that_it_does_not_know)
{
	struct mnl_socket *s = sock();
	int id = family(s).id;
	struct nlmsghdr *nlh = message(id, KCR_CMD_OP_GET, NLM_F_DUMP);

	mnl_attr_put_u32(nlh, KCR_ATTR_PID, 1);
	EXPECT_EQ(EINVAL, talk(s, nlh, NULL, NULL));
	EXPECT_EQ(EINVAL, talk(s, message(id, KCR_CMD_CANCEL, NLM_F_ACK), NULL, NULL));
	nlh = message(id, KCR_CMD_CANCEL, NLM_F_ACK);
	mnl_attr_put_u32(nlh, KCR_ATTR_OP, 1);
	EXPECT_EQ(EINVAL, talk(s, nlh, NULL, NULL));
	mnl_socket_close(s);
}
