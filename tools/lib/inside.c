// SPDX-License-Identifier: GPL-2.0
/*
 * A pid namespace of its own for a restarted program, with its own /proc and
 * an init that reaps.
 *
 * Whoever may not make one as they are makes a user namespace first, in which
 * there is nobody but themselves.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "inside.h"

#define INSIDE_FLAGS	(CLONE_NEWPID | CLONE_NEWNS | SIGCHLD)

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = write(fd, text, strlen(text));
	close(fd);
	return n == (ssize_t)strlen(text) ? 0 : -1;
}

static int map_self(uid_t uid, gid_t gid)
{
	char map[64];

	if (write_file("/proc/self/setgroups", "deny"))
		return -1;
	snprintf(map, sizeof(map), "%u %u 1\n", gid, gid);
	if (write_file("/proc/self/gid_map", map))
		return -1;
	snprintf(map, sizeof(map), "%u %u 1\n", uid, uid);
	return write_file("/proc/self/uid_map", map);
}

/* As fork() does, but into new namespaces. */
static pid_t fork_into(unsigned long flags)
{
	fflush(NULL);
	return syscall(SYS_clone, flags, 0, 0, 0, 0);
}

/* Nobody outside is to see it. In a chroot / may be no mount point; /proc is. */
static int mount_proc(void)
{
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) &&
	    mount("none", "/proc", NULL, MS_REC | MS_SLAVE, NULL))
		return -1;
	return mount("proc", "/proc", "proc",
		     MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL);
}

/* Until the program runs, a death outside is to leave nothing behind. */
static int set_up(bool user_ns, uid_t uid, gid_t gid, struct verdict *v)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (user_ns && map_self(uid, gid))
		return fail(v, KCR_CLASS_ENVIRONMENT, errno,
			    "can't set up a user namespace: %s",
			    strerror(errno));
	if (mount_proc())
		return fail(v, KCR_CLASS_ENVIRONMENT, errno,
			    "can't mount /proc in the new pid namespace: %s",
			    strerror(errno));
	return 0;
}

static void tell_failure(const struct inside *in, const struct verdict *v)
{
	struct inside_news news = {
		.event = INSIDE_FAILED,
		.class = v->class,
		.error = v->error,
	};

	if (v->text)
		strncpy(news.text, v->text, sizeof(news.text) - 1);
	inside_tell(in, &news);
}

static int be_inside(struct inside *in, int sockets[2], bool user_ns,
		     uid_t uid, gid_t gid)
{
	struct verdict v = { 0 };

	close(sockets[0]);
	in->socket = sockets[1];
	in->init = getpid();
	if (set_up(user_ns, uid, gid, &v) < 0) {
		tell_failure(in, &v);
		_exit(v.class);
	}
	return 1;
}

static int make_sockets(int sockets[2], struct verdict *v)
{
	int one = 1;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sockets) ||
	    setsockopt(sockets[0], SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)))
		return fail(v, KCR_CLASS_ENVIRONMENT, errno,
			    "can't make a socket: %s", strerror(errno));
	return 0;
}

/**
 * inside_start() - make the namespaces, and a process that is init in them
 * @in: filled in, on both sides
 * @v: told of a failure
 *
 * Returns as fork() does: 1 inside, 0 outside, -1 for a failure.
 */
int inside_start(struct inside *in, struct verdict *v)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	bool user_ns = false;
	int sockets[2];

	if (make_sockets(sockets, v) < 0)
		return -1;
	in->init = fork_into(INSIDE_FLAGS);
	if (in->init < 0 && errno == EPERM) {
		user_ns = true;
		in->init = fork_into(INSIDE_FLAGS | CLONE_NEWUSER);
	}
	if (!in->init)
		return be_inside(in, sockets, user_ns, uid, gid);
	close(sockets[1]);
	in->socket = sockets[0];
	if (in->init < 0)
		return fail(v, errno == EPERM ? KCR_CLASS_PERMISSION :
			    KCR_CLASS_ENVIRONMENT, errno,
			    "can't make a pid namespace: %s", strerror(errno));
	return 0;
}

union credentials {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(struct ucred))];
};

/* The kernel translates the pid in here into the reader's namespace. */
static void put_pid(struct msghdr *msg, pid_t pid)
{
	struct ucred cred = {
		.pid = pid,
		.uid = geteuid(),
		.gid = getegid(),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_CREDENTIALS;
	head->cmsg_len = CMSG_LEN(sizeof(cred));
	memcpy(CMSG_DATA(head), &cred, sizeof(cred));
}

static pid_t get_pid(struct msghdr *msg)
{
	struct cmsghdr *head = CMSG_FIRSTHDR(msg);
	struct ucred cred;

	if (!head || head->cmsg_level != SOL_SOCKET ||
	    head->cmsg_type != SCM_CREDENTIALS)
		return 0;
	memcpy(&cred, CMSG_DATA(head), sizeof(cred));
	return cred.pid;
}

/**
 * inside_tell() - tell outside something
 * @in: this end
 * @news: what
 */
int inside_tell(const struct inside *in, const struct inside_news *news)
{
	struct inside_news copy = *news;
	struct iovec iov = { .iov_base = &copy, .iov_len = sizeof(copy) };
	union credentials control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};

	put_pid(&msg, news->pid ? news->pid : getpid());
	return sendmsg(in->socket, &msg, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/**
 * inside_hear() - hear from inside
 * @in: this end
 * @news: what
 * @flags: MSG_DONTWAIT or 0
 *
 * Returns 1, 0 when there is nothing (yet), or -1 when inside is gone.
 */
int inside_hear(const struct inside *in, struct inside_news *news, int flags)
{
	struct iovec iov = { .iov_base = news, .iov_len = sizeof(*news) };
	union credentials control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n;

	do
		n = recvmsg(in->socket, &msg, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n != sizeof(*news))
		return -1;
	if (news->pid)
		news->pid = get_pid(&msg);
	news->text[sizeof(news->text) - 1] = '\0';
	return 1;
}

union rights {
	struct cmsghdr head;
	char room[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
};

int inside_give(const struct inside *in, int fd)
{
	char c = 0;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	union rights control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(sizeof(fd)),
	};
	struct cmsghdr *head = CMSG_FIRSTHDR(&msg);

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(head), &fd, sizeof(fd));
	return sendmsg(in->socket, &msg, MSG_NOSIGNAL) < 0 ? -1 : 0;
}

int inside_take(const struct inside *in)
{
	char c;
	struct iovec iov = { .iov_base = &c, .iov_len = 1 };
	union rights control = { 0 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	struct cmsghdr *head;
	ssize_t n;
	int fd = -1;

	do
		n = recvmsg(in->socket, &msg, MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	for (head = n == 1 ? CMSG_FIRSTHDR(&msg) : NULL; head; head = CMSG_NXTHDR(&msg, head))
		if (head->cmsg_level == SOL_SOCKET && head->cmsg_type == SCM_RIGHTS)
			memcpy(&fd, CMSG_DATA(head), sizeof(fd));
	return fd;
}

/**
 * inside_answer() - what to do with the program that is prepared
 * @in: this end
 * @commit: let it run; otherwise it is to go
 */
int inside_answer(const struct inside *in, bool commit)
{
	char c = commit;

	return send(in->socket, &c, 1, MSG_NOSIGNAL) == 1 ? 0 : -errno;
}

/**
 * inside_asked() - wait for inside_answer()
 * @in: this end
 *
 * Once the program is to run, it goes on even if outside ends.
 */
bool inside_asked(const struct inside *in)
{
	char c = 0;

	if (recv(in->socket, &c, 1, 0) != 1 || !c)
		return false;
	prctl(PR_SET_PDEATHSIG, 0);
	return true;
}

/**
 * inside_reap() - be init, as long as there is anyone
 * @in: this end
 * @program: whose stops and end are told outside
 *
 * What the program has left running goes on, as it would without a namespace.
 */
void inside_reap(const struct inside *in, pid_t program)
{
	struct inside_news news = { .event = INSIDE_CHANGED };
	siginfo_t info;

	for (;;) {
		if (waitid(P_ALL, 0, &info,
			   WEXITED | WSTOPPED | WCONTINUED | __WALL)) {
			if (errno == EINTR)
				continue;
			_exit(0);
		}
		if (info.si_pid != program)
			continue;
		news.code = info.si_code;
		news.value = info.si_status;
		inside_tell(in, &news);
	}
}
