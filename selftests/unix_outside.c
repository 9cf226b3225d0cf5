// SPDX-License-Identifier: GPL-2.0
/* Promises: UNIX sockets that lead out of the tree are refused. */
#define _GNU_SOURCE
#include "unix_sockets.h"

/* Refused */

/* A process that is not the tree's, until we close what is returned. */
static int leave_outside(void (*hold)(int fd), int fd)
{
	int end[2];
	char c;

	ASSERT_EQ(0, pipe(end));
	if (!fork()) {
		if (!fork()) {
			setsid();
			close(end[1]);
			hold(fd);
			(void)!read(end[0], &c, 1);
		}
		_exit(0);
	}
	ASSERT_LT(0, wait(NULL));
	close(end[0]);
	return end[1];
}

static void let_it_end(int end)
{
	close(end);
	usleep(200000);
}

static void hold_all_but(int fd)
{
	close(fd);
}

TEST_REFUSED(refuses_a_peer_outside,
	     "fd 3: UNIX stream socket (no address): its peer (no address) is outside of the tree")
{
	int fd[2], end;

	pair(SOCK_STREAM, fd);
	end = leave_outside(hold_all_but, fd[0]);
	close(fd[1]);
	cut();
	let_it_end(end);
}

static void hold(int fd)
{
	(void)fd;
}

TEST_REFUSED(refuses_a_socket_that_is_shared,
	     "fd 3: UNIX datagram socket: shared with a process outside")
{
	int end;

	ASSERT_EQ(3, bound(SOCK_DGRAM, "shared"));
	end = leave_outside(hold, 3);
	cut();
	let_it_end(end);
}

static void connect_too(int fd)
{
	close(fd);
	connected(SOCK_STREAM, "@kcr-door");
}

TEST_REFUSED(refuses_who_waits_outside,
	     "UNIX stream socket (@kcr-door), not accepted yet: its peer (no address) is outside")
{
	int l = listening(SOCK_STREAM, "@kcr-door", 1), end = leave_outside(connect_too, l);

	ASSERT_EQ(1, poll(&(struct pollfd) { l, POLLIN, 0 }, 1, 5000));
	cut();
	let_it_end(end);
}
