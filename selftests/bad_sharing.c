// SPDX-License-Identifier: GPL-2.0
/* Images that tell of sharing, and of threads that have ended, what can't be. */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/stat.h>

#include "victim.h"
#include "../uapi/image/locks.h"
#include "../uapi/image/process.h"
#include "../uapi/image/thread.h"

static char stack[16384] __attribute__((aligned(16)));

static int waits(void *arg)
{
	for (;;)
		poll(NULL, 0, 1000000000);
	return arg != NULL;
}

static void *has_own_table(void *unused)
{
	struct flock whole = { .l_type = F_WRLCK };
	int fd;

	if (unshare(CLONE_FILES))
		_exit(1);
	fd = open("locked", O_RDWR | O_CREAT, 0600);
	if (fcntl(fd, F_SETLK, &whole) || mkdir("ready", 0700))
		_exit(1);
	return victim_sleeps(unused);
}

/* Children: one that has ended, one in the same memory, and one more. */
static void __attribute__((noreturn)) family(void)
{
	int null = open("/dev/null", O_RDWR);
	pthread_t thread;

	setsid();
	dup2(null, 0);
	dup2(null, 1);
	dup2(null, 2);
	closefrom(3);
	if (!fork())
		_exit(3);
	clone(waits, stack + sizeof(stack), CLONE_VM | CLONE_SIGHAND | SIGCHLD, NULL);
	if (!fork())
		waits(NULL);
	pthread_create(&thread, NULL, has_own_table, NULL);
	waits(NULL);
	_exit(0);
}

/* The children too, which are ours when their parent has ended. */
static void bury(pid_t group)
{
	kill(-group, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

static struct bytes image_of_family(void)
{
	struct bytes b;
	pid_t pid;
	int i;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	pid = fork();
	if (!pid)
		family();
	for (i = 0; i < 5000 && access("ready", F_OK); i++)
		usleep(2000);
	usleep(100000);
	b = image_of(pid);
	bury(pid);
	return b;
}

static struct image img;

static struct rec *nth(enum kcr_kind kind, int n)
{
	size_t i;

	for (i = 0; i < img.n; i++)
		if (kind_of(&img.rec[i]) == kind && !n--)
			return &img.rec[i];
	kcr_fail(true, __FILE__, __LINE__, "no such record of kind %d", kind);
	return NULL;
}

static struct kcr_img_process *process(int n)
{
	return (void *)nth(KCR_KIND_PROCESS, n)->data;
}

static struct kcr_img_thread *thread(int n)
{
	return (void *)nth(KCR_KIND_THREAD, n)->data;
}

static __le32 id_of(enum kcr_kind kind, int n)
{
	return nth(kind, n)->head.id;
}

static void expect_refused(const char *words)
{
	struct bytes b = put_together(&img, true);
	struct outcome o;

	restart_bytes(b, 0, &o);
	EXPECT_FALSE(o.ran);
	expect_said(&o, words);
	if (!strstr(o.text, words))
		kcr_fail(false, __FILE__, __LINE__, "\"%s\" is not in: %s", words, o.text);
	free(b.data);
}

/* @field has another value for one restart. */
#define LIE(field, value, words) do {		\
	__typeof__(field) *at = &(field), was = *at;	\
						\
	*at = (value);				\
	expect_refused(words);			\
	*at = was;				\
} while (0)

/* Processes: 0 the first, 1 has ended, 2 in the memory of 0, 3 another. */
TEST_PLAIN(what_can_not_be_shared_is_refused, .timeout = 120)
{
	struct bytes b = image_of_family();
	struct outcome o;

	img = take_apart(b);
	ASSERT_EQ(id_of(KCR_KIND_PROCESS, 0), process(2)->memory);
	ASSERT_EQ(process(2)->memory, process(2)->handlers);
	ASSERT_NE(0, thread(1)->files);
	restart_bytes(b, KCR_RESTART_CHECK, &o);
	EXPECT_EQ(0, o.error);

	LIE(process(2)->memory, htole32(99999), "has the memory of 99999");
	LIE(process(2)->memory, id_of(KCR_KIND_PROCESS, 3), "has the memory of");
	LIE(process(2)->memory, id_of(KCR_KIND_PROCESS, 1), "has the memory of");
	LIE(process(2)->memory, id_of(KCR_KIND_MM, 0), "has the memory of");
	LIE(process(0)->memory, id_of(KCR_KIND_PROCESS, 2), "has the memory of");
	LIE(process(1)->memory, id_of(KCR_KIND_PROCESS, 0), "has the memory of");
	LIE(process(3)->memory, id_of(KCR_KIND_PROCESS, 0), "which has another one's");
	LIE(process(2)->memory, 0, "has the signal handlers of");
	LIE(process(2)->handlers, id_of(KCR_KIND_PROCESS, 3), "has the signal handlers of");
	LIE(process(2)->handlers, id_of(KCR_KIND_PROCESS, 1), "has the signal handlers of");
	LIE(process(3)->handlers, id_of(KCR_KIND_PROCESS, 0), "has the signal handlers of");

	LIE(thread(1)->files, htole32(99999), "nowhere before it");
	LIE(thread(1)->files, id_of(KCR_KIND_FS, 0), "nowhere before it");
	LIE(thread(1)->files, id_of(KCR_KIND_FDTABLE, 3), "nowhere before it");
	LIE(thread(1)->fs, id_of(KCR_KIND_FS, 2), "nowhere before it");
	LIE(((struct kcr_img_locks *)nth(KCR_KIND_LOCKS, 0)->data)->table,
	    id_of(KCR_KIND_FDTABLE, 3), "does not have");

	LIE(thread(1)->flags, htole32(KCR_THREAD_ENDED), "with flags");
	LIE(thread(0)->exit_code, htole32(256), "has ended with");
	LIE(thread(3)->flags, htole32(KCR_THREAD_LEADER | KCR_THREAD_ENDED), "ended");
	free_image(&img);
}

TEST_PLAIN(one_that_is_right_goes_on, .timeout = 60)
{
	struct bytes b = image_of_family();
	struct outcome o;

	restart_bytes(b, 0, &o);
	EXPECT_TRUE(o.ran);
	bury(o.status.pid);
}
