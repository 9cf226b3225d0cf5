// SPDX-License-Identifier: GPL-2.0
/*
 * Callers that were built with another version of uapi/kcr.h: their structures are
 * shorter, or longer, and so is the size in the request's number.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#include "victim.h"

#define WITH_SIZE(cmd, size)	_IOC(_IOC_DIR(cmd), _IOC_TYPE(cmd), _IOC_NR(cmd), size)

/* As a newer one could have it. */
struct longer_status {
	struct kcr_status now;
	__u64 later[3];
};

static int operation_on(pid_t pid)
{
	struct kcr_checkpoint request = { .size = sizeof(request), .pid = pid };
	int dev = open_device(), op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);

	ASSERT_LE(0, op);
	close(dev);
	return op;
}

TEST_PLAIN(shorter_structure_gets_what_it_has)
{
	struct {
		char before[offsetof(struct kcr_status, pages_earlier)];
		char after[64];
	} old;
	struct kcr_status *status = (void *)&old;
	pid_t pid = start_victim();
	int op = operation_on(pid);
	size_t i;

	memset(&old, 0xa5, sizeof(old));
	status->size = sizeof(old.before);
	status->text_len = 0;
	EXPECT_EQ(0, ioctl(op, WITH_SIZE(KCR_IOC_STATUS, sizeof(old.before)), &old));
	EXPECT_EQ(pid, status->pid);
	EXPECT_EQ(KCR_PHASE_NEW, status->phase);
	for (i = 0; i < sizeof(old.after); i++)
		EXPECT_EQ((char)0xa5, old.after[i]);
	close(op);
	kill_children();
}

TEST_PLAIN(longer_structure_gets_zeros)
{
	struct longer_status new;
	pid_t pid = start_victim();
	int op = operation_on(pid);

	memset(&new, 0, sizeof(new));
	new.now.size = sizeof(new);
	EXPECT_EQ(0, ioctl(op, WITH_SIZE(KCR_IOC_STATUS, sizeof(new)), &new));
	EXPECT_EQ(pid, new.now.pid);
	EXPECT_EQ(0, new.later[0] | new.later[2]);
	close(op);
	kill_children();
}

TEST_PLAIN(what_it_does_not_know_is_refused)
{
	struct {
		struct kcr_checkpoint now;
		__u64 later;
	} request = {
		.now = { .size = sizeof(request), .pid = start_victim() },
		.later = 1,
	};
	int dev = open_device();
	int cmd = WITH_SIZE(KCR_IOC_CHECKPOINT, sizeof(request)), op;

	EXPECT_EQ(-1, ioctl(dev, cmd, &request));
	EXPECT_EQ(E2BIG, errno);
	request.later = 0;
	op = ioctl(dev, cmd, &request);
	EXPECT_LE(0, op);
	close(op);
	close(dev);
	kill_children();
}
