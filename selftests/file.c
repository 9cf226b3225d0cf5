// SPDX-License-Identifier: GPL-2.0
/* Promises: open files that nobody handles are refused by name. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "kcr_harness.h"

TEST_REFUSED(refuses_a_tcp_socket, "fd 3: socket (AF_INET stream): not supported yet")
{
	ASSERT_EQ(3, socket(AF_INET, SOCK_STREAM, 0));
	cut();
}

TEST_REFUSED(refuses_inotify, "inotify: not supported yet")
{
	ASSERT_LE(0, inotify_init());
	cut();
}

TEST_REFUSED(refuses_a_timerfd, "timerfd: not supported yet")
{
	ASSERT_LE(0, timerfd_create(CLOCK_MONOTONIC, 0));
	cut();
}

TEST_REFUSED(refuses_a_signalfd, "signalfd: not supported yet")
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	ASSERT_LE(0, signalfd(-1, &set, 0));
	cut();
}

TEST_REFUSED(refuses_a_pidfd, "pidfd: not supported yet")
{
	ASSERT_LE(0, syscall(SYS_pidfd_open, getpid(), 0));
	cut();
}

TEST_REFUSED(refuses_a_namespace, "namespace: not supported yet")
{
	ASSERT_LE(0, open("/proc/self/ns/uts", O_RDONLY));
	cut();
}
