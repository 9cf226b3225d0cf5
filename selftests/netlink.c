// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: who is told what. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <libmnl/libmnl.h>
#include <linux/genetlink.h>

#include "kcr_harness.h"
#include "../uapi/kcr.h"
#include "../uapi/kcr_image.h"

#define ALICE	1000
#define BOB	1001

/* Operations and processes */

static pid_t busy(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;)
			sched_yield();
	}
	ASSERT_LT(0, pid);
	return pid;
}

/* Until another process is in that system call. */
static void wait_for(pid_t pid, long nr)
{
	char path[64];
	long now = -1;

	snprintf(path, sizeof(path), "/proc/%d/syscall", pid);
	while (now != nr) {
		FILE *file = fopen(path, "re");

		ASSERT_TRUE(file);
		if (fscanf(file, "%ld", &now) != 1)
			now = -1;
		fclose(file);
		usleep(1000);
	}
}

/* It waits for its child, in a way that no signal but SIGKILL ends. */
static pid_t unstoppable(void)
{
	pid_t pid = fork();

	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (!vfork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			for (;;)
				pause();
		}
		_exit(0);
	}
	ASSERT_LT(0, pid);
	wait_for(pid, __NR_vfork);
	return pid;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int device(void)
{
	int fd = open(KCR_DEVICE, O_RDWR | O_CLOEXEC);

	ASSERT_LE(0, fd);
	return fd;
}

static int operation(pid_t pid, unsigned int flags, unsigned int timeout_ms)
{
	struct kcr_checkpoint request = {
		.size = sizeof(request),
		.flags = flags,
		.pid = pid,
		.timeout_ms = timeout_ms,
	};
	int dev = device(), op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);

	close(dev);
	return op;
}

static int run(int op)
{
	struct kcr_run request = { .size = sizeof(request), .image_fd = -1 };

	return ioctl(op, KCR_IOC_RUN, &request);
}

static __u64 number(int op, char *text, size_t room)
{
	struct kcr_status status = {
		.size = sizeof(status),
		.text = (__u64)(unsigned long)text,
		.text_len = room,
	};

	ASSERT_EQ(0, ioctl(op, KCR_IOC_STATUS, &status));
	return status.op;
}

/* As another user: the function's result, which is small. */
static int as_user(uid_t uid, int (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		ASSERT_EQ(0, initgroups(uid == ALICE ? "alice" : "bob", uid));
		ASSERT_EQ(0, setgid(uid));
		ASSERT_EQ(0, setuid(uid));
		_exit(fn(arg));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Netlink */

struct found {
	__u64 op;		/* looked for */
	bool seen;
	__u32 event, phase, pid, class;
	__u64 pid_ns;
	bool restart;
	char text[4096];
};

static char buffer[32768];

static struct mnl_socket *sock(void)
{
	struct mnl_socket *s = mnl_socket_open(NETLINK_GENERIC);

	ASSERT_TRUE(s);
	ASSERT_EQ(0, mnl_socket_bind(s, 0, MNL_SOCKET_AUTOPID));
	return s;
}

static struct nlmsghdr *message(int family, int command, int flags)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | flags;
	nlh->nlmsg_seq = 1;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = KCR_GENL_VERSION;
	return nlh;
}

/* 0 or an errno. */
static int talk(struct mnl_socket *s, struct nlmsghdr *nlh, mnl_cb_t answer, void *arg)
{
	int r;

	ASSERT_LT(0, mnl_socket_sendto(s, nlh, nlh->nlmsg_len));
	do {
		ssize_t n = mnl_socket_recvfrom(s, buffer, sizeof(buffer));

		ASSERT_LT(0, n);
		r = mnl_cb_run(buffer, n, 1, mnl_socket_get_portid(s), answer, arg);
	} while (r > 0);
	return r < 0 ? errno : 0;
}

struct family {
	__u16 id;
	__u32 group;
};

static void take_groups(const struct nlattr *groups, struct family *f)
{
	struct nlattr *group, *attr;

	mnl_attr_for_each_nested(group, groups)
		mnl_attr_for_each_nested(attr, group)
			if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID)
				f->group = mnl_attr_get_u32(attr);
}

static int take_family(const struct nlmsghdr *nlh, void *arg)
{
	struct family *f = arg;
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID)
			f->id = mnl_attr_get_u16(attr);
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GROUPS)
			take_groups(attr, f);
	}
	return MNL_CB_OK;
}

static struct family family(struct mnl_socket *s)
{
	struct nlmsghdr *nlh = message(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	struct family f = { 0 };

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, KCR_GENL_NAME);
	ASSERT_EQ(0, talk(s, nlh, take_family, &f));
	ASSERT_NE(0, f.id);
	return f;
}

static void take_attrs(const struct nlmsghdr *nlh, struct found *f)
{
	struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) {
		switch (mnl_attr_get_type(attr)) {
		case KCR_ATTR_EVENT:
			f->event = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_PHASE:
			f->phase = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_PID:
			f->pid = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_PID_NS:
			f->pid_ns = mnl_attr_get_u64(attr);
			break;
		case KCR_ATTR_CLASS:
			f->class = mnl_attr_get_u32(attr);
			break;
		case KCR_ATTR_RESTART:
			f->restart = true;
			break;
		case KCR_ATTR_TEXT:
			snprintf(f->text, sizeof(f->text), "%s", mnl_attr_get_str(attr));
			break;
		}
	}
}

static int take_op(const struct nlmsghdr *nlh, void *arg)
{
	struct found *f = arg;
	struct nlattr *attr;
	__u64 op = 0;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
		if (mnl_attr_get_type(attr) == KCR_ATTR_OP)
			op = mnl_attr_get_u64(attr);
	if (op != f->op)
		return MNL_CB_OK;
	f->seen = true;
	take_attrs(nlh, f);
	return MNL_CB_OK;
}

static struct found look_through(struct mnl_socket *s, __u64 op)
{
	struct found f = { .op = op };
	int id = family(s).id;

	ASSERT_EQ(0, talk(s, message(id, KCR_CMD_OP_GET, NLM_F_DUMP), take_op, &f));
	return f;
}

static struct found look(__u64 op)
{
	struct mnl_socket *s = sock();
	struct found f = look_through(s, op);

	mnl_socket_close(s);
	return f;
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

/* Promises */

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

static __u64 pid_ns_of(pid_t pid)
{
	struct stat st = { 0 };
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/ns/pid", pid);
	ASSERT_EQ(0, stat(path, &st));
	return st.st_ino;
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

static int joins(void *unused)
{
	struct mnl_socket *s = sock();
	struct family f = family(s);

	(void)unused;
	if (mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &f.group, sizeof(f.group)))
		return errno;
	return 0;
}

TEST_PLAIN(events_are_for_the_administrator)
{
	EXPECT_EQ(0, joins(NULL));
	EXPECT_EQ(EPERM, as_user(ALICE, joins, NULL));
	EXPECT_EQ(EPERM, as_user(BOB, joins, NULL));
}

static struct mnl_socket *listener(void)
{
	struct mnl_socket *s = sock();
	struct family f = family(s);

	ASSERT_EQ(0, mnl_socket_setsockopt(s, NETLINK_ADD_MEMBERSHIP, &f.group,
					   sizeof(f.group)));
	return s;
}

/* The next event of the operation. */
static struct found hear(struct mnl_socket *s, __u64 op)
{
	struct found f = { .op = op };

	while (!f.seen) {
		ssize_t n = mnl_socket_recvfrom(s, buffer, sizeof(buffer));

		ASSERT_LT(0, n);
		mnl_cb_run(buffer, n, 0, 0, take_op, &f);
	}
	return f;
}

TEST_PLAIN(tells_of_a_checkpoint_step_by_step)
{
	struct mnl_socket *s = listener();
	pid_t pid = busy();
	int op = operation(pid, KCR_CKPT_CHECK, 0);
	__u64 nr = number(op, NULL, 0);
	struct found f;

	ASSERT_EQ(0, run(op));
	f = hear(s, nr);
	EXPECT_EQ(KCR_EVENT_STARTED, f.event);
	EXPECT_EQ(pid, (pid_t)f.pid);
	EXPECT_EQ(pid_ns_of(1), f.pid_ns);
	EXPECT_EQ(KCR_EVENT_PARKED, hear(s, nr).event);
	EXPECT_EQ(KCR_EVENT_RESUMED, hear(s, nr).event);
	EXPECT_EQ(KCR_EVENT_FINISHED, hear(s, nr).event);
	mnl_socket_close(s);
	close(op);
	end(pid);
}

TEST_PLAIN(tells_why_a_checkpoint_failed_in_the_same_sentence)
{
	struct mnl_socket *s = listener();
	pid_t pid = unstoppable();
	int op = operation(pid, KCR_CKPT_CHECK, 100);
	char text[4096] = "";
	struct found f;
	__u64 nr;

	EXPECT_EQ(-1, run(op));
	EXPECT_EQ(ETIMEDOUT, errno);
	nr = number(op, text, sizeof(text));
	do {
		f = hear(s, nr);
	} while (f.event != KCR_EVENT_FAILED);
	EXPECT_EQ(KCR_CLASS_TRANSIENT, f.class);
	EXPECT_STRNE("", text);
	EXPECT_STREQ(text, f.text);
	EXPECT_STREQ(text, look(nr).text);
	mnl_socket_close(s);
	close(op);
	end(pid);
}

/* Trace points tell the same. */

#define TRACING	"/sys/kernel/tracing"

static void put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(text), write(fd, text, strlen(text)));
	close(fd);
}

TEST_PLAIN(traces_why_a_checkpoint_failed)
{
	static char trace[65536];
	char text[4096] = "";
	pid_t pid = unstoppable();
	int op, fd;

	if (access(TRACING "/events", F_OK) && mount("none", TRACING, "tracefs", 0, NULL))
		skip("no tracefs");
	if (access(TRACING "/events/kcr", F_OK))
		skip("the kernel has no trace points in modules");
	put(TRACING "/trace", "");
	put(TRACING "/events/kcr/enable", "1");
	op = operation(pid, KCR_CKPT_CHECK, 100);
	EXPECT_EQ(-1, run(op));
	number(op, text, sizeof(text));
	put(TRACING "/events/kcr/enable", "0");

	fd = open(TRACING "/trace", O_RDONLY);
	ASSERT_LE(0, fd);
	for (size_t n = 0; n < sizeof(trace) - 1; ) {
		ssize_t r = read(fd, trace + n, sizeof(trace) - 1 - n);

		if (r <= 0)
			break;
		n += r;
	}
	EXPECT_TRUE(strstr(trace, "kcr_started:"));
	EXPECT_TRUE(strstr(trace, "kcr_failed:"));
	EXPECT_TRUE(strstr(trace, text));
	close(fd);
	close(op);
	end(pid);
}
