// SPDX-License-Identifier: GPL-2.0
/*
 * Images of trees that lie about who there is, whose child it is and to whom a
 * record belongs, and trees that want more than the restarter may have. Each
 * restart fails in one sentence that names the process, and nobody is left.
 */
#define _GNU_SOURCE
#include <sys/resource.h>
#include <sys/stat.h>

#include "lies.h"
#include "../uapi/image/process.h"
#include "../uapi/image/thread.h"

/* The tree: a shell's job, as it were. */

static void sleep_on(void)
{
	for (;;)
		poll(NULL, 0, 1000000000);
}

/* A session of its own, one thread more, a pipe with its parent. */
static void grandchild(int ready)
{
	pthread_t thread;

	setsid();
	ASSERT_EQ(0, pthread_create(&thread, NULL, victim_sleeps, NULL));
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	sleep_on();
}

/* A group of its own. */
static void child(int ready)
{
	setpgid(0, 0);
	if (!fork())
		grandchild(ready);
	close(ready);
	sleep_on();
}

static void become_tree(int ready)
{
	int pipes[2];

	setsid();
	ASSERT_EQ(0, pipe(pipes));
	ASSERT_EQ(4, write(pipes[1], "tree", 4));
	victim_memory();
	if (!fork())
		_exit(3);
	ASSERT_EQ(0, waitid(P_ALL, 0, &(siginfo_t){ 0 }, WEXITED | WNOWAIT));
	if (!fork())
		child(ready);
	close(ready);
	sleep_on();
}

static struct bytes trees_image(void)
{
	ASSERT_EQ(0, prctl(PR_SET_CHILD_SUBREAPER, 1));
	return image_of(start_one(become_tree));
}

/* Who is who in its image */

struct family {
	struct image img;
	struct rec *root, *zombie, *child, *grandchild;
};

static struct kcr_img_process *person(struct rec *rec)
{
	return (void *)rec->data;
}

static struct rec *child_of(struct image *img, struct rec *parent, bool zombie)
{
	size_t i;

	for (i = 0; i < img->n; i++) {
		struct rec *rec = &img->rec[i];

		if (kind_of(rec) == KCR_KIND_PROCESS &&
		    person(rec)->parent == (parent ? parent->head.id : 0) &&
		    !!(le32toh(person(rec)->flags) & KCR_PROCESS_ZOMBIE) == zombie)
			return rec;
	}
	kcr_fail(true, __FILE__, __LINE__, "somebody is not in the image");
	return NULL;
}

static struct family family_of(struct bytes b)
{
	struct family f = { .img = take_apart(b) };

	f.root = child_of(&f.img, NULL, false);
	f.zombie = child_of(&f.img, f.root, true);
	f.child = child_of(&f.img, f.root, false);
	f.grandchild = child_of(&f.img, f.child, false);
	return f;
}

/* The @nth thread of a process. */
static struct kcr_img_thread *thread_of(struct family *f, struct rec *process, int nth)
{
	size_t i;

	for (i = 0; i < f->img.n; i++) {
		struct rec *rec = &f->img.rec[i];

		if (kind_of(rec) == KCR_KIND_THREAD && rec->head.owner == process->head.id &&
		    !nth--)
			return (void *)rec->data;
	}
	kcr_fail(true, __FILE__, __LINE__, "a thread is not in the image");
	return NULL;
}

static void let_own(struct family *f, enum kcr_kind kind, struct rec *was, uint32_t owner)
{
	size_t i;

	for (i = 0; i < f->img.n; i++)
		if (kind_of(&f->img.rec[i]) == kind &&
		    f->img.rec[i].head.owner == was->head.id)
			f->img.rec[i].head.owner = owner;
}

static void swap(struct rec *a, struct rec *b)
{
	struct rec c = *a;

	*a = *b;
	*b = c;
}

/* What may be said of it that is not so */

static void two_processes_of_one_pid(struct family *f)
{
	person(f->grandchild)->pid = person(f->child)->pid;
	thread_of(f, f->grandchild, 0)->tid = person(f->child)->pid;
}

static void a_thread_with_the_id_of_a_process(struct family *f)
{
	thread_of(f, f->grandchild, 1)->tid = person(f->child)->pid;
}

static void a_thread_with_the_id_of_a_zombie(struct family *f)
{
	thread_of(f, f->grandchild, 1)->tid = person(f->zombie)->pid;
}

static void a_zombie_with_the_pid_of_the_first(struct family *f)
{
	person(f->zombie)->pid = person(f->root)->pid;
}

static void its_own_parent(struct family *f)
{
	person(f->child)->parent = f->child->head.id;
}

static void a_parent_that_comes_later(struct family *f)
{
	swap(f->child, f->grandchild);
}

static void a_cycle(struct family *f)
{
	person(f->child)->parent = f->grandchild->head.id;
}

static void a_parent_that_is_missing(struct family *f)
{
	person(f->grandchild)->parent = htole32(0xfffffffe);
}

static void a_parent_that_is_a_thread(struct family *f)
{
	person(f->grandchild)->parent = rec_of(&f->img, KCR_KIND_THREAD)->head.id;
}

static void a_parent_that_has_ended(struct family *f)
{
	person(f->grandchild)->parent = f->zombie->head.id;
}

static void two_firsts(struct family *f)
{
	person(f->child)->parent = 0;
}

static void a_zombie_of_nobody(struct family *f)
{
	person(f->zombie)->parent = 0;
	person(f->zombie)->parent_tid = 0;
}

static void a_parents_thread_that_is_another_s(struct family *f)
{
	person(f->grandchild)->parent_tid = thread_of(f, f->grandchild, 1)->tid;
}

static void threads_near_2_32(struct family *f)
{
	person(f->grandchild)->threads = htole32(0xffffffff);
}

static void no_threads(struct family *f)
{
	person(f->grandchild)->threads = 0;
}

static void a_zombie_with_threads(struct family *f)
{
	person(f->zombie)->threads = htole32(1);
}

static void a_zombie_with_memory(struct family *f)
{
	let_own(f, KCR_KIND_MM, f->grandchild, f->zombie->head.id);
}

static void two_memories(struct family *f)
{
	let_own(f, KCR_KIND_MM, f->grandchild, f->child->head.id);
}

static void a_table_of_nobody(struct family *f)
{
	let_own(f, KCR_KIND_FDTABLE, f->grandchild, 0);
}

static void a_table_of_a_thread(struct family *f)
{
	let_own(f, KCR_KIND_FDTABLE, f->grandchild,
		rec_of(&f->img, KCR_KIND_THREAD)->head.id);
}

static void a_thread_of_the_zombie(struct family *f)
{
	let_own(f, KCR_KIND_THREAD, f->child, f->zombie->head.id);
}

static void one_id_for_two(struct family *f)
{
	f->zombie->head.id = f->root->head.id;
}

static void a_leader_of_another_s_session(struct family *f)
{
	person(f->child)->flags |= htole32(KCR_PROCESS_LEADS_SESSION);
}

static void a_group_of_another_session(struct family *f)
{
	person(f->child)->pgid = person(f->grandchild)->pgid;
	person(f->child)->flags &= ~htole32(KCR_PROCESS_LEADS_GROUP);
}

static void a_group_with_the_id_of_a_thread(struct family *f)
{
	person(f->child)->pgid = thread_of(f, f->grandchild, 1)->tid;
	person(f->child)->flags &= ~htole32(KCR_PROCESS_LEADS_GROUP);
}

static void a_status_that_none_is(struct family *f)
{
	person(f->zombie)->exit_code = htole32(0x10000);
}

#define LIE(name) { name, #name }

static const struct {
	void (*tell)(struct family *f);
	const char *name;
} tree_lies[] = {
	LIE(two_processes_of_one_pid),
	LIE(a_thread_with_the_id_of_a_process),
	LIE(a_thread_with_the_id_of_a_zombie),
	LIE(a_zombie_with_the_pid_of_the_first),
	LIE(its_own_parent),
	LIE(a_parent_that_comes_later),
	LIE(a_cycle),
	LIE(a_parent_that_is_missing),
	LIE(a_parent_that_is_a_thread),
	LIE(a_parent_that_has_ended),
	LIE(two_firsts),
	LIE(a_zombie_of_nobody),
	LIE(a_parents_thread_that_is_another_s),
	LIE(threads_near_2_32),
	LIE(no_threads),
	LIE(a_zombie_with_threads),
	LIE(a_zombie_with_memory),
	LIE(two_memories),
	LIE(a_table_of_nobody),
	LIE(a_table_of_a_thread),
	LIE(a_thread_of_the_zombie),
	LIE(one_id_for_two),
	LIE(a_leader_of_another_s_session),
	LIE(a_group_of_another_session),
	LIE(a_group_with_the_id_of_a_thread),
	LIE(a_status_that_none_is),
};

/* Nobody is made for it: an image that can't be is seen before. */
TEST_PLAIN(a_tree_that_cannot_be_is_a_bad_image)
{
	struct bytes good = trees_image(), bad;
	struct outcome o;
	size_t i;

	for (i = 0; i < sizeof(tree_lies) / sizeof(tree_lies[0]); i++) {
		struct family f = family_of(good);

		tree_lies[i].tell(&f);
		bad = put_together(&f.img, true);
		announce(tree_lies[i].name);
		restart_bytes(bad, 0, &o);
		tell(tree_lies[i].name, &o);
		EXPECT_FALSE(o.ran);
		expect_said(&o, tree_lies[i].name);
		if (o.status.class != KCR_CLASS_IMAGE)
			kcr_fail(false, __FILE__, __LINE__, "%s: class %s: %s",
				 tree_lies[i].name, class_text(o.status.class), o.text);
		free(bad.data);
		free_image(&f.img);
	}
	restart_bytes(good, 0, &o);
	tell("the truth", &o);
	EXPECT_TRUE(o.ran);
}

TEST_PLAIN(lies_about_a_tree_are_refused_or_harmless, .timeout = 600)
{
	lie_often(trees_image(), 0, how_many(200));
}

TEST_PLAIN(lies_of_a_user_about_a_tree_are_refused_or_harmless, .timeout = 600, .user = "alice")
{
	lie_often(trees_image(), 0, how_many(200));
}

/* More than the restarter may have */

static void expect_too_many(struct bytes b, const char *limit)
{
	struct outcome o;

	restart_bytes(b, 0, &o);
	tell(limit, &o);
	EXPECT_FALSE(o.ran);
	expect_said(&o, limit);
	EXPECT_EQ(KCR_CLASS_ENVIRONMENT, o.status.class);
	EXPECT_TRUE(strstr(o.text, limit));
}

/* This process, the harness's that waits for it, and so many of the tree. */
TEST_PLAIN(a_tree_beyond_the_limit_of_processes, .user = "alice")
{
	struct bytes b = trees_image();
	struct rlimit all, some = { 3, 3 };
	struct outcome o;

	ASSERT_EQ(0, getrlimit(RLIMIT_NPROC, &all));
	some.rlim_max = all.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &some));
	expect_too_many(b, "ulimit -u");
	ASSERT_EQ(0, setrlimit(RLIMIT_NPROC, &all));
	restart_bytes(b, 0, &o);
	EXPECT_TRUE(o.ran);
}

#define GROUPS	"/sys/fs/cgroup"
#define GROUP	GROUPS "/kcr-hostile"

static bool put(const char *path, const char *what)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what);

	close(fd);
	return done;
}

TEST_PLAIN(a_tree_beyond_the_limit_of_its_cgroup)
{
	struct bytes b = trees_image();
	struct outcome o;

	if (!put(GROUPS "/cgroup.subtree_control", "+pids"))
		skip("there is no pids controller of cgroup v2");
	ASSERT_EQ(0, mkdir(GROUP, 0755));
	ASSERT_TRUE(put(GROUP "/pids.max", "3"));
	ASSERT_TRUE(put(GROUP "/cgroup.procs", "0"));
	expect_too_many(b, "pids.max");
	ASSERT_TRUE(put(GROUP "/pids.max", "max"));
	restart_bytes(b, 0, &o);
	EXPECT_TRUE(o.ran);
	ASSERT_TRUE(put(GROUPS "/cgroup.procs", "0"));
	EXPECT_EQ(0, rmdir(GROUP));
}
