// SPDX-License-Identifier: GPL-2.0
/* Promises: inotify instances. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kcr_harness.h"

static void make(const char *name)
{
	ASSERT_EQ(0, close(creat(name, 0600)));
}

/* The next event; mask 0: there is none. */
static struct inotify_event *next_event(int fd)
{
	static union {
		struct inotify_event event;
		char room[sizeof(struct inotify_event) + 256];
	} got;
	size_t len = sizeof(struct inotify_event);
	int unread = 0;

	/* One at a time: as much room as it takes. */
	memset(&got, 0, sizeof(got));
	ioctl(fd, FIONREAD, &unread);
	while (unread && len <= sizeof(got) && read(fd, &got, len) < 0)
		len += sizeof(struct inotify_event);
	return &got.event;
}

TEST(keeps_watches)
{
	int fd = inotify_init1(IN_NONBLOCK), dir, file, gone;
	struct inotify_event *event;

	ASSERT_EQ(0, mkdir("dir", 0700));
	make("file");
	dir = inotify_add_watch(fd, "dir", IN_CREATE | IN_DELETE);
	gone = inotify_add_watch(fd, "/", IN_DELETE_SELF);
	file = inotify_add_watch(fd, "file", IN_MODIFY | IN_ONESHOT);
	ASSERT_EQ(1, dir);
	ASSERT_EQ(3, file);
	ASSERT_EQ(0, inotify_rm_watch(fd, gone));
	ASSERT_EQ(IN_IGNORED, next_event(fd)->mask);
	ASSERT_EQ(0, next_event(fd)->mask);
	cut();
	EXPECT_EQ(0, next_event(fd)->mask);
	make("dir/new");
	event = next_event(fd);
	EXPECT_EQ(IN_CREATE, event->mask);
	EXPECT_EQ(dir, event->wd);
	EXPECT_STREQ("new", event->name);
	EXPECT_EQ(0, unlink("dir/new"));
	EXPECT_EQ(IN_DELETE, next_event(fd)->mask);
	EXPECT_EQ(0, truncate("file", 5));
	event = next_event(fd);
	EXPECT_EQ(IN_MODIFY, event->mask);
	EXPECT_EQ(file, event->wd);
	EXPECT_EQ(IN_IGNORED, next_event(fd)->mask);
	EXPECT_EQ(4, inotify_add_watch(fd, "/", IN_DELETE_SELF));
	EXPECT_EQ(dir, inotify_add_watch(fd, "dir", IN_MOVE));
	EXPECT_EQ(-1, inotify_rm_watch(fd, file));
	EXPECT_EQ(0, truncate("file", 0));
}

TEST(keeps_unread_events)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), wd;
	struct inotify_event *event;
	unsigned int cookie;

	ASSERT_EQ(0, mkdir("dir", 0700));
	wd = inotify_add_watch(fd, "dir", IN_CREATE | IN_MOVE | IN_DELETE);
	make("dir/a");
	ASSERT_EQ(0, rename("dir/a", "dir/b"));
	ASSERT_EQ(0, unlink("dir/b"));
	ASSERT_EQ(0, inotify_rm_watch(fd, wd));
	cut();
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	event = next_event(fd);
	EXPECT_EQ(IN_CREATE, event->mask);
	EXPECT_EQ(wd, event->wd);
	EXPECT_STREQ("a", event->name);
	event = next_event(fd);
	EXPECT_EQ(IN_MOVED_FROM, event->mask);
	EXPECT_STREQ("a", event->name);
	cookie = event->cookie;
	EXPECT_NE(0, cookie);
	event = next_event(fd);
	EXPECT_EQ(IN_MOVED_TO, event->mask);
	EXPECT_STREQ("b", event->name);
	EXPECT_EQ(cookie, event->cookie);
	EXPECT_EQ(IN_DELETE, next_event(fd)->mask);
	event = next_event(fd);
	EXPECT_EQ(IN_IGNORED, event->mask);
	EXPECT_EQ(0, event->len);
	EXPECT_EQ(0, next_event(fd)->mask);
}

static void set_max(int max)
{
	FILE *file = fopen("/proc/sys/fs/inotify/max_queued_events", "w");

	ASSERT_TRUE(file);
	fprintf(file, "%d\n", max);
	ASSERT_EQ(0, fclose(file));
}

TEST(keeps_an_overflow)
{
	struct inotify_event *event;
	int fd, wd;

	set_max(2);
	fd = inotify_init1(IN_NONBLOCK);
	set_max(16384);
	wd = inotify_add_watch(fd, ".", IN_CREATE);
	make("a");
	make("b");
	make("c");
	make("d");
	ASSERT_EQ(0, inotify_rm_watch(fd, wd));
	cut();
	EXPECT_STREQ("a", next_event(fd)->name);
	EXPECT_STREQ("b", next_event(fd)->name);
	event = next_event(fd);
	EXPECT_EQ(IN_Q_OVERFLOW, event->mask);
	EXPECT_EQ(-1, event->wd);
	EXPECT_EQ(0, next_event(fd)->mask);
}

/* Files are hashed, opened, and cut back, and nobody is told. */
TEST(hears_nothing_of_a_checkpoint_and_a_restart)
{
	int fd = inotify_init1(IN_NONBLOCK), file;

	ASSERT_EQ(0, mkdir("dir", 0700));
	make("dir/read");
	ASSERT_EQ(0, truncate("dir/read", 10000));
	ASSERT_LE(0, open("dir/read", O_RDONLY));
	file = open("dir/log", O_CREAT | O_RDWR | O_APPEND, 0600);
	ASSERT_EQ(3, write(file, "abc", 3));
	ASSERT_EQ(1, inotify_add_watch(fd, "dir", IN_ALL_EVENTS));
	ASSERT_EQ(2, inotify_add_watch(fd, "dir/log", IN_ALL_EVENTS));
	cut();
	EXPECT_EQ(0, next_event(fd)->mask);
	EXPECT_EQ(3, write(file, "def", 3));
	EXPECT_EQ(IN_MODIFY, next_event(fd)->mask);
}

static void *wait_for_event(void *arg)
{
	struct { struct inotify_event event; char room[256]; } got = { };

	EXPECT_LT(0, read(*(int *)arg, &got, sizeof(got)));
	return (void *)(long)got.event.mask;
}

TEST(goes_on_waiting, .user = "alice")
{
	int fd = inotify_init();
	pthread_t thread;
	void *mask;

	ASSERT_EQ(1, inotify_add_watch(fd, ".", IN_CREATE));
	in_syscall(start_thread(&thread, wait_for_event, &fd), SYS_read);
	cut();
	make("x");
	pthread_join(thread, &mask);
	EXPECT_EQ(IN_CREATE, (long)mask);
}

TEST_REFUSED(refuses_what_has_no_name, "that no name is known of")
{
	int fd = inotify_init(), file;

	make("file");
	file = open("file", O_RDONLY);
	ASSERT_LE(0, inotify_add_watch(fd, "file", IN_MODIFY));
	ASSERT_LE(0, file);
	ASSERT_EQ(0, unlink("file"));
	cut();
}
