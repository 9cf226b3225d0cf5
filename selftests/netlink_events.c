// SPDX-License-Identifier: GPL-2.0
/* The generic netlink family: what it tells by itself; and trace points, which tell the same. */
#define _GNU_SOURCE
#include <sys/mount.h>

#include "genl.h"
#include "operations.h"

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
