// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that runs short at any moment: one allocation of a checkpoint or of a
 * restart fails, each in turn, or so many from the seed printed (KCR_SEED).
 * KCR_FAULTS says how many. Each time: it succeeds or says why, nothing is left
 * behind, and a target that was checkpointed is unharmed.
 *
 * The kernel needs fault injection; selftests/vm/debug.config has it.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <sys/syscall.h>

#include "chance.h"
#include "victim.h"

#define DEBUGFS		"/sys/kernel/debug/"
#define TRIES		25
#define MANY		100000000

static long tries(void)
{
	const char *given = getenv("KCR_FAULTS");

	return given ? atol(given) : TRIES;
}

static void put(const char *attr, const char *name, const char *value)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", attr, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)strlen(value), write(fd, value, strlen(value)));
	close(fd);
}

static long get(const char *attr, const char *name)
{
	char path[128];
	long value = -1;
	FILE *f;

	snprintf(path, sizeof(path), DEBUGFS "%s/%s", attr, name);
	f = fopen(path, "re");
	ASSERT_TRUE(f);
	ASSERT_EQ(1, fscanf(f, "%ld", &value));
	fclose(f);
	return value;
}

/* What may sleep counts too, and pages one by one; nothing goes to the log. */
static void set_up(void)
{
	static const char *const attrs[] = { "failslab", "fail_page_alloc" };
	size_t i;

	for (i = 0; i < 2; i++) {
		if (access(DEBUGFS "failslab", F_OK) || access("/proc/self/fail-nth", F_OK))
			skip("no fault injection in this kernel");
		put(attrs[i], "probability", "0");
		put(attrs[i], "verbose", "0");
		put(attrs[i], "ignore-gfp-wait", "N");
		put(attrs[i], "task-filter", "Y");
		put(attrs[i], "interval", "1");
	}
	put("fail_page_alloc", "ignore-gfp-highmem", "N");
	put("fail_page_alloc", "min-order", "0");
	sow();
}

/* One ioctl at a time, whose @nth allocation fails; how many are left. */

struct nth {
	int fd;
	long left;
};

static int nth_ioctl(struct nth *n, int fd, unsigned long cmd, void *arg)
{
	char text[24] = "";
	int ret, error;

	snprintf(text, sizeof(text), "%ld", n->left);
	if (n->left)
		ASSERT_EQ((ssize_t)strlen(text), pwrite(n->fd, text, strlen(text), 0));
	ret = ioctl(fd, cmd, arg);
	error = errno;
	if (n->left) {
		memset(text, 0, sizeof(text));
		ASSERT_LT(0, pread(n->fd, text, sizeof(text) - 1, 0));
		n->left = atol(text);
		ASSERT_EQ(1, pwrite(n->fd, "0", 1, 0));
	}
	errno = error;
	return ret;
}

static unsigned int operations(void)
{
	struct kcr_info info = { .size = sizeof(info) };
	int dev = open_device();

	ASSERT_EQ(0, ioctl(dev, KCR_IOC_INFO, &info));
	close(dev);
	return info.active_ops;
}

/* It is there, with both threads, and none is held. */
static void expect_unharmed(pid_t pid, const char *what)
{
	char path[64], line[256], state = '?';
	int threads = 0, i;
	FILE *f;

	for (i = 0; i < 100 && state != 'S'; i++) {
		snprintf(path, sizeof(path), "/proc/%d/status", pid);
		f = fopen(path, "re");
		while (f && fgets(line, sizeof(line), f)) {
			sscanf(line, "State: %c", &state);
			sscanf(line, "Threads: %d", &threads);
		}
		if (f)
			fclose(f);
		usleep(state == 'S' ? 0 : 10000);
	}
	if (state != 'S' || threads != 2)
		kcr_fail(false, __FILE__, __LINE__, "%s: state %c, %d threads", what,
			 state, threads);
}

static void expect_sentence(const struct outcome *o, const char *what)
{
	if (!o->text[0] || !strncmp(o->text, "failed (errno", 13) ||
	    o->status.class == KCR_CLASS_OK || o->status.class > KCR_CLASS_IO)
		kcr_fail(false, __FILE__, __LINE__, "%s: class %u: %s", what,
			 o->status.class, o->text);
}

/* The image in the file img. */
static void checkpoint(pid_t pid, unsigned int flags, struct nth *n, struct outcome *o)
{
	struct kcr_checkpoint request = { .size = sizeof(request), .flags = flags, .pid = pid };
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_RESUME };
	struct kcr_run run = { .size = sizeof(run) };
	int dev = open_device(), op = nth_ioctl(n, dev, KCR_IOC_CHECKPOINT, &request);

	memset(o, 0, sizeof(*o));
	close(dev);
	if (op < 0) {
		o->error = errno;
		return;
	}
	run.image_fd = open("img", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	o->error = nth_ioctl(n, op, KCR_IOC_RUN, &run) ? errno : 0;
	if (!o->error)
		o->error = nth_ioctl(n, op, KCR_IOC_FINISH, &finish) ? errno : 0;
	look_at(op, o);
	close(run.image_fd);
	close(op);
	if (o->error)
		expect_sentence(o, "checkpoint");
	else
		o->ran = true;
}

static long count_checkpoint(pid_t pid, unsigned int flags, struct nth *n)
{
	struct outcome o;

	n->left = MANY;
	checkpoint(pid, flags, n, &o);
	ASSERT_TRUE(o.ran);
	return MANY - n->left;
}

static long choose(long i, long total)
{
	return total <= tries() ? i : 1 + (long)below(total);
}

static void checkpoint_often(unsigned int flags)
{
	struct nth n = { .fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC) };
	pid_t pid = start_victim();
	long total, i, failed = 0;
	char what[64];
	struct outcome o;

	ASSERT_LE(0, n.fd);
	total = count_checkpoint(pid, flags, &n);
	for (i = 1; i <= total && i <= tries(); i++) {
		long at = n.left = choose(i, total);

		checkpoint(pid, flags, &n, &o);
		snprintf(what, sizeof(what), "allocation %ld of %ld", at, total);
		fprintf(stderr, "%s: %s\n", what, o.ran ? "none the worse" : o.text);
		failed += !o.ran;
		expect_unharmed(pid, what);
		if (o.ran && system("ckptinfo --verify img > /dev/null"))
			kcr_fail(false, __FILE__, __LINE__, "%s: a bad image", what);
	}
	EXPECT_LT(0, failed);
	EXPECT_EQ(0, operations());
	restart_bytes(image_of(pid), 0, &o);
	EXPECT_TRUE(o.ran);
	close(n.fd);
}

TEST_PLAIN(checkpoint_bears_want_of_memory, .timeout = 120)
{
	set_up();
	checkpoint_often(0);
}

TEST_PLAIN(checkpoint_that_holds_bears_want_of_memory, .timeout = 120)
{
	set_up();
	checkpoint_often(KCR_CKPT_HOLD);
}

/* Restart: of the whole family, the tasks that are made included */

/* Prepare and commit; o->error of whatever failed. */
static void restart_steps(int dev, struct kcr_restart *request, int image, int *op,
			  struct outcome *o)
{
	struct kcr_finish finish = { .size = sizeof(finish), .action = KCR_ACTION_COMMIT };
	struct kcr_run run = { .size = sizeof(run), .image_fd = image };

	*op = ioctl(dev, KCR_IOC_RESTART, request);
	if (*op < 0 || ioctl(*op, KCR_IOC_RUN, &run) || ioctl(*op, KCR_IOC_FINISH, &finish))
		o->error = errno;
	else
		o->ran = true;
}

/*
 * From @space on, of bytes or pages, the next @times allocations fail. Of an image, or
 * a copy of @template, if that is one. How much space is left.
 */
static long restart_with(const char *attr, const char *times, int image, int template,
			 long space, struct outcome *o)
{
	struct kcr_restart request = {
		.size = sizeof(request),
		.flags = template < 0 ? 0 : KCR_RESTART_COPY,
		.template_fd = template < 0 ? 0 : template,
	};
	int may_fail = open("/proc/thread-self/make-it-fail", O_WRONLY | O_CLOEXEC);
	int dev = open_device(), op = -1;
	char text[24];

	memset(o, 0, sizeof(*o));
	snprintf(text, sizeof(text), "%ld", space);
	put(attr, "space", text);
	put(attr, "times", times);
	put(attr, "probability", "100");
	if (image >= 0)
		ASSERT_EQ(0, lseek(image, 0, SEEK_SET));
	ASSERT_EQ(1, pwrite(may_fail, "1", 1, 0));
	restart_steps(dev, &request, image, &op, o);
	ASSERT_EQ(1, pwrite(may_fail, "0", 1, 0));
	put(attr, "probability", "0");
	if (op >= 0)
		look_at(op, o);
	if (o->ran) {
		usleep(2000);
		ASSERT_EQ(0, kill(o->status.pid, SIGKILL));
		ASSERT_EQ(o->status.pid, waitpid(o->status.pid, NULL, __WALL));
	}
	if (op >= 0)
		close(op);
	close(dev);
	close(may_fail);
	return get(attr, "space");
}

static int image_file(struct bytes b)
{
	int fd = memfd_create("image", MFD_CLOEXEC);

	ASSERT_LE(0, fd);
	ASSERT_EQ((ssize_t)b.len, write(fd, b.data, b.len));
	return fd;
}

static void restart_often(const char *attr, const char *times, int image)
{
	long total, at, i, failed = 0;
	char what[64];
	struct outcome o;

	total = MANY - restart_with(attr, times, image, -1, MANY, &o);
	EXPECT_TRUE(o.ran);
	for (i = 1; i <= total && i <= tries(); i++) {
		at = choose(i, total);
		restart_with(attr, times, image, -1, at, &o);
		snprintf(what, sizeof(what), "%s after %ld of %ld", attr, at, total);
		fprintf(stderr, "%s: %s\n", what, o.ran ? "none the worse" : o.text);
		failed += !o.ran;
		if (!o.ran && o.status.size)
			expect_said(&o, what);
	}
	EXPECT_LT(0, failed);
	EXPECT_EQ(0, operations());
	restart_with(attr, times, image, -1, MANY, &o);
	EXPECT_TRUE(o.ran);
	close(image);
}

TEST_PLAIN(restart_bears_want_of_memory, .timeout = 120)
{
	set_up();
	restart_often("failslab", "1", image_file(image_of(start_victim())));
}

TEST_PLAIN(restart_bears_want_of_pages, .timeout = 120)
{
	set_up();
	/* Of a few failures only, every caller makes do with single pages. */
	restart_often("fail_page_alloc", "16", image_file(image_of(start_victim())));
}

/* Two read its pages, each some of a run. */
static void has_runs(int ready)
{
	char *p = mmap(NULL, 1024 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
		       -1, 0);

	setsid();
	ASSERT_NE(MAP_FAILED, (void *)p);
	madvise(p, 1024 * PAGE, MADV_NOHUGEPAGE);
	memset(p, 'r', 1024 * PAGE);
	ASSERT_EQ(1, write(ready, "", 1));
	close(ready);
	for (;;)
		poll(NULL, 0, 1000000000);
}

TEST_PLAIN(long_runs_bear_want_of_memory, .timeout = 120)
{
	set_up();
	restart_often("failslab", "1", image_file(image_of(start_one(has_runs))));
}

TEST_PLAIN(long_runs_bear_want_of_pages, .timeout = 120)
{
	set_up();
	restart_often("fail_page_alloc", "16", image_file(image_of(start_one(has_runs))));
}

/* Copies: in a pid namespace each, of one that stays as it is */

static int template_of(int image)
{
	struct kcr_restart request = { .size = sizeof(request), .flags = KCR_RESTART_TEMPLATE };
	struct kcr_run run = { .size = sizeof(run), .image_fd = image };
	int dev = open_device(), op = ioctl(dev, KCR_IOC_RESTART, &request);

	ASSERT_LE(0, op);
	ASSERT_EQ(0, lseek(image, 0, SEEK_SET));
	ASSERT_EQ(0, ioctl(op, KCR_IOC_RUN, &run));
	close(dev);
	close(image);
	return op;
}

enum copied { COPIED, REFUSED, SPEECHLESS };

static enum copied copy_with(const char *attr, const char *times, int template, long space)
{
	pid_t pid = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);
	static struct outcome o;
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		restart_with(attr, times, -1, template, space, &o);
		fprintf(stderr, "%s after %ld: %s\n", attr, space, o.ran ? "none the worse" : o.text);
		_exit(o.ran ? COPIED : o.status.size && !*o.text ? SPEECHLESS : REFUSED);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	return WIFEXITED(status) ? WEXITSTATUS(status) : SPEECHLESS;
}

static void copy_often(const char *attr, const char *times)
{
	int template = template_of(image_file(image_of(start_victim())));
	long total, i, refused = 0;
	static struct outcome o;

	EXPECT_EQ(COPIED, copy_with(attr, times, template, MANY));
	total = MANY - get(attr, "space");
	for (i = 1; i <= total && i <= tries(); i++) {
		enum copied made = copy_with(attr, times, template, choose(i, total));

		EXPECT_NE(SPEECHLESS, made);
		refused += made == REFUSED;
	}
	EXPECT_LT(0, refused);
	EXPECT_EQ(1, operations());
	look_at(template, &o);
	EXPECT_EQ(KCR_PHASE_PREPARED, o.status.phase);
	EXPECT_EQ(COPIED, copy_with(attr, times, template, MANY));
	close(template);
}

TEST_PLAIN(copies_bear_want_of_memory, .timeout = 120)
{
	set_up();
	copy_often("failslab", "1");
}

TEST_PLAIN(copies_bear_want_of_pages, .timeout = 120)
{
	set_up();
	copy_often("fail_page_alloc", "16");
}
