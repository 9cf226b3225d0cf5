// SPDX-License-Identifier: GPL-2.0
/* Promises: open files that nobody handles are refused by name. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

TEST_REFUSED(refuses_a_tcp_socket, "fd 3: socket (AF_INET stream): not supported yet")
{
	ASSERT_EQ(3, socket(AF_INET, SOCK_STREAM, 0));
	cut();
}

TEST_REFUSED(refuses_a_namespace, "namespace: not supported yet")
{
	ASSERT_LE(0, open("/proc/self/ns/uts", O_RDONLY));
	cut();
}
