// SPDX-License-Identifier: GPL-2.0
/* Threads with descriptors, or a working directory, of their own. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include "kcr_harness.h"

/* A thread that does what it is told, one thing after the other. */
struct worker {
	sem_t go, done;
	void (*step)(void);
	pid_t tid;
};

static void *works(void *arg)
{
	struct worker *w = arg;

	for (;;) {
		while (sem_wait(&w->go))
			;
		w->step();
		sem_post(&w->done);
	}
	return NULL;
}

static void start(struct worker *w)
{
	sem_init(&w->go, 0, 0);
	sem_init(&w->done, 0, 0);
	w->tid = start_thread(NULL, works, w);
}

static void in(struct worker *w, void (*step)(void))
{
	w->step = step;
	sem_post(&w->go);
	while (sem_wait(&w->done))
		;
}

static struct worker first, second;

static void start_second(void)
{
	start(&second);
}

static void no_table(void)
{
	ASSERT_EQ(0, unshare(CLONE_FILES));
}

static void make_file(const char *name, int fd, int flags)
{
	int made = open(name, O_RDWR | O_CREAT, 0600);

	ASSERT_LE(0, made);
	ASSERT_EQ((ssize_t)strlen(name), write(made, name, strlen(name)));
	ASSERT_EQ(fd, dup3(made, fd, flags));
	close(made);
}

/* What make_file() has written, as many bytes before the position. */
static void holds(const char *name, int fd)
{
	char got[64] = "";

	EXPECT_EQ((off_t)strlen(name), lseek(fd, 0, SEEK_CUR));
	EXPECT_EQ((ssize_t)strlen(name), pread(fd, got, sizeof(got) - 1, 0));
	EXPECT_STREQ(name, got);
}

static bool is_open(int fd)
{
	return fcntl(fd, F_GETFD) >= 0;
}

static void own_files(void)
{
	no_table();
	ASSERT_EQ(0, close(52));
	make_file("first", 50, O_CLOEXEC);
	make_file("first-alone", 51, 0);
}

static void expect_own_files(void)
{
	holds("first", 50);
	holds("first-alone", 51);
	EXPECT_EQ(FD_CLOEXEC, fcntl(50, F_GETFD));
	EXPECT_EQ(0, fcntl(51, F_GETFD));
	EXPECT_FALSE(is_open(52));
	EXPECT_EQ(0, close(51));
}

static void expect_theirs(void)
{
	holds("first", 50);
	EXPECT_FALSE(is_open(51));	/* closed by the other one that has the table */
	EXPECT_FALSE(is_open(52));
}

static void two_tables(void)
{
	make_file("main", 50, 0);
	make_file("main-alone", 52, O_CLOEXEC);
	start(&first);
	in(&first, own_files);
	in(&first, start_second);
	ASSERT_FALSE(is_open(51));
	cut();
	in(&first, expect_own_files);
	in(&second, expect_theirs);
	holds("main", 50);
	holds("main-alone", 52);
	EXPECT_EQ(FD_CLOEXEC, fcntl(52, F_GETFD));
	EXPECT_FALSE(is_open(51));
}

TEST(descriptors_of_a_thread_stay_its_own)
{
	two_tables();
}

TEST(anybody_may_have_them, .user = "alice")
{
	two_tables();
}

static void unshare_only(void)
{
	no_table();
}

static void seek_it(void)
{
	EXPECT_EQ(9, lseek(50, 9, SEEK_SET));
	EXPECT_EQ(0, close(50));
}

TEST(an_open_file_in_two_tables_is_one)
{
	make_file("main", 50, 0);
	start(&first);
	in(&first, unshare_only);
	cut();
	in(&first, seek_it);
	EXPECT_EQ(9, lseek(50, 0, SEEK_CUR));
}

static struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

static void lock_it(void)
{
	no_table();
	ASSERT_EQ(0, fcntl(50, F_SETLK, &whole));
}

static void unlock_it(void)
{
	struct flock none = { .l_type = F_UNLCK, .l_whence = SEEK_SET };

	EXPECT_EQ(0, fcntl(50, F_SETLK, &whole));
	EXPECT_EQ(0, fcntl(50, F_SETLK, &none));
}

TEST(locks_belong_to_their_table)
{
	make_file("locked", 50, 0);
	start(&first);
	in(&first, lock_it);
	ASSERT_EQ(-1, fcntl(50, F_SETLK, &whole));
	cut();
	EXPECT_EQ(-1, fcntl(50, F_SETLK, &whole));
	in(&first, unlock_it);
	EXPECT_EQ(0, fcntl(50, F_SETLK, &whole));
}

static int epfd, evfd;

static void own_epoll(void)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u64 = 0x1234 };

	no_table();
	epfd = epoll_create1(0);
	evfd = eventfd(0, 0);
	ASSERT_LE(0, evfd);
	ASSERT_EQ(0, epoll_ctl(epfd, EPOLL_CTL_ADD, evfd, &event));
}

static void expect_epoll(void)
{
	struct epoll_event event = { };

	EXPECT_EQ(0, epoll_wait(epfd, &event, 1, 0));
	EXPECT_EQ(0, eventfd_write(evfd, 3));
	EXPECT_EQ(1, epoll_wait(epfd, &event, 1, 0));
	EXPECT_EQ(0x1234, event.data.u64);
}

TEST(an_epoll_set_of_a_thread_alone)
{
	start(&first);
	in(&first, own_epoll);
	ASSERT_FALSE(is_open(epfd));
	cut();
	in(&first, expect_epoll);
	EXPECT_FALSE(is_open(epfd));
}

/* Where paths begin */

static void own_directory(void)
{
	ASSERT_EQ(0, unshare(CLONE_FS));
	ASSERT_EQ(0, mkdir("sub", 0755));
	ASSERT_EQ(0, chdir("sub"));
	umask(077);
}

static bool ends(const char *end)
{
	char cwd[PATH_MAX];

	if (!getcwd(cwd, sizeof(cwd)) || strlen(cwd) < strlen(end))
		return false;
	return !strcmp(cwd + strlen(cwd) - strlen(end), end);
}

static void expect_directory(void)
{
	EXPECT_TRUE(ends("/sub"));
	EXPECT_EQ(077, umask(027));
}

static void leave_directory(void)
{
	EXPECT_EQ(027, umask(077));
	EXPECT_EQ(0, chdir(".."));
}

static void expect_left(void)
{
	EXPECT_FALSE(ends("/sub"));
	EXPECT_EQ(077, umask(077));
}

static void two_directories(void)
{
	umask(022);
	start(&first);
	in(&first, own_directory);
	in(&first, start_second);
	cut();
	EXPECT_FALSE(ends("/sub"));
	EXPECT_EQ(022, umask(022));
	in(&first, expect_directory);
	in(&second, leave_directory);
	in(&first, expect_left);
	EXPECT_EQ(022, umask(022));
	EXPECT_EQ(0, access("sub", F_OK));
}

TEST(a_working_directory_of_a_thread_stays_its_own)
{
	two_directories();
}

TEST(anybody_may_have_that_too, .user = "alice")
{
	two_directories();
}

static void own_root(void)
{
	ASSERT_EQ(0, unshare(CLONE_FS));
	ASSERT_EQ(0, mkdir("root", 0755));
	ASSERT_EQ(0, mkdir("root/inside", 0755));
	ASSERT_EQ(0, chroot("root"));
	ASSERT_EQ(0, chdir("/inside"));
}

static void expect_root(void)
{
	EXPECT_TRUE(ends("/inside"));
	EXPECT_EQ(0, access("/inside", F_OK));
	EXPECT_EQ(-1, access("/proc", F_OK));
}

TEST(a_root_of_a_thread_alone)
{
	start(&first);
	in(&first, own_root);
	cut();
	in(&first, expect_root);
	EXPECT_EQ(0, access("/proc", F_OK));
	EXPECT_EQ(0, access("root/inside", F_OK));
}

/* All of it, and no main thread. */

static pid_t pid;

static void *goes_on(void *arg)
{
	char got[8] = "";

	no_table();
	make_file("alone", 50, 0);
	ASSERT_EQ(0, mkdir("sub", 0755));
	ASSERT_EQ(0, unshare(CLONE_FS));
	ASSERT_EQ(0, chdir("sub"));
	cut();
	ASSERT_EQ(pid, getpid());
	ASSERT_EQ(5, pread(50, got, sizeof(got) - 1, 0));
	ASSERT_STREQ("alone", got);
	ASSERT_TRUE(ends("/sub"));
	_exit(7);
	return arg;
}

TEST(with_a_main_thread_that_has_ended, .status = 7)
{
	pid = getpid();
	start_thread(NULL, goes_on, NULL);
	pthread_exit(NULL);
}

static void own_hostname(void)
{
	ASSERT_EQ(0, unshare(CLONE_NEWUTS));
}

TEST_REFUSED(a_namespace_of_a_thread_alone, "it is in another UTS namespace")
{
	start(&first);
	in(&first, own_hostname);
	cut();
}
