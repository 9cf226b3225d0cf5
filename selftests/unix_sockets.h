/* SPDX-License-Identifier: GPL-2.0 */
/* UNIX sockets in tests: by name, by pair, and what is said through them. */
#ifndef KCR_UNIX_SOCKETS_H
#define KCR_UNIX_SOCKETS_H

#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "kcr_harness.h"

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

/* Addresses */

static inline socklen_t address(struct sockaddr_un *un, const char *name)
{
	*un = (struct sockaddr_un) { .sun_family = AF_UNIX };
	if (name[0] != '@') {
		strcpy(un->sun_path, name);
		return sizeof(*un);
	}
	strcpy(un->sun_path + 1, name + 1);
	return offsetof(struct sockaddr_un, sun_path) + strlen(name);
}

static inline int bound(int type, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = address(&un, name);
	int fd = socket(AF_UNIX, type, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, bind(fd, (struct sockaddr *)&un, len));
	return fd;
}

static inline int listening(int type, const char *name, int backlog)
{
	int fd = bound(type, name);

	ASSERT_EQ(0, listen(fd, backlog));
	return fd;
}

static inline int try_connect(int fd, const char *name)
{
	struct sockaddr_un un;
	socklen_t len = address(&un, name);

	return connect(fd, (struct sockaddr *)&un, len);
}

static inline int connected(int type, const char *name)
{
	int fd = socket(AF_UNIX, type, 0);

	ASSERT_LE(0, fd);
	ASSERT_EQ(0, try_connect(fd, name));
	return fd;
}

static inline const char *shown(struct sockaddr_un *un, socklen_t len)
{
	static char text[4][128];
	static int i;
	char *to = text[i++ % 4];

	if (len <= offsetof(struct sockaddr_un, sun_path))
		return "";
	len -= offsetof(struct sockaddr_un, sun_path);
	snprintf(to, sizeof(text[0]), "%s%.*s", un->sun_path[0] ? "" : "@",
		 (int)(un->sun_path[0] ? len : len - 1),
		 un->sun_path + !un->sun_path[0]);
	return to;
}

static inline const char *own_name(int fd)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	ASSERT_EQ(0, getsockname(fd, (struct sockaddr *)&un, &len));
	return shown(&un, len);
}

static inline const char *peer_name(int fd)
{
	struct sockaddr_un un;
	socklen_t len = sizeof(un);

	ASSERT_EQ(0, getpeername(fd, (struct sockaddr *)&un, &len));
	return shown(&un, len);
}

/* Messages */

static inline void say(int fd, const char *text)
{
	ASSERT_EQ((ssize_t)strlen(text), send(fd, text, strlen(text), MSG_NOSIGNAL));
}

static inline const char *hear(int fd)
{
	static char text[4][256];
	static int i;
	char *to = text[i++ % 4];
	ssize_t n = recv(fd, to, sizeof(text[0]) - 1, MSG_DONTWAIT);

	if (n < 0)
		return strerrorname_np(errno);
	to[n] = '\0';
	return to;
}

static inline const char *hear_from(int fd, const char **who)
{
	static char to[256];
	struct sockaddr_un un;
	socklen_t len = sizeof(un);
	ssize_t n = recvfrom(fd, to, sizeof(to) - 1, MSG_DONTWAIT, (struct sockaddr *)&un, &len);

	ASSERT_LE(0, n);
	to[n] = '\0';
	*who = shown(&un, len);
	return to;
}

static inline int option(int fd, int name)
{
	socklen_t len = sizeof(int);
	int value = -12345;

	ASSERT_EQ(0, getsockopt(fd, SOL_SOCKET, name, &value, &len));
	return value;
}

static inline void set_option(int fd, int name, int value)
{
	ASSERT_EQ(0, setsockopt(fd, SOL_SOCKET, name, &value, sizeof(value)));
}

static inline void talk(int a, int b)
{
	say(a, "ping");
	EXPECT_STREQ("ping", hear(b));
	say(b, "pong");
	EXPECT_STREQ("pong", hear(a));
}

static inline void pair(int type, int fd[2])
{
	ASSERT_EQ(0, socketpair(AF_UNIX, type, 0, fd));
}

#endif
