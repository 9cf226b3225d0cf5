// SPDX-License-Identifier: GPL-2.0
/* Several operations that stop the same processes: one after the other. */
#define _GNU_SOURCE
#include <time.h>

#include "operations.h"

#define THREADS		8
#define AT_ONCE		4
#define ROUNDS		60
#define TIMEOUT_MS	10000
#define HELD_MS		300

static long long until_s(int seconds)
{
	return now_ms(CLOCK_MONOTONIC) + 1000LL * seconds;
}

/* In many ways of being stopped: asleep for long, asleep for moments, running. */
static void *lives(void *arg)
{
	const struct timespec naps[] = { { .tv_sec = 1000 }, { .tv_nsec = 200000 } };
	size_t nr = (size_t)arg;

	for (;;) {
		if (nr % 4 < 3)
			clock_nanosleep(CLOCK_MONOTONIC, 0, &naps[nr % 2], NULL);
		else
			sched_yield();
	}
	return NULL;
}

static void live(void)
{
	pthread_t thread;
	size_t i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (i = 1; i < THREADS; i++)
		ASSERT_EQ(0, pthread_create(&thread, NULL, lives, (void *)i));
	lives(NULL);
}

/* Who leads a group of its own. */
static pid_t program(void)
{
	pid_t pid = fork();

	if (!pid)
		live();
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, setpgid(pid, 0));
	return pid;
}

static void be_parent(pid_t group, pid_t childs, int told)
{
	pid_t child = fork();

	ASSERT_LE(0, child);
	if (!child)
		live();
	ASSERT_EQ(0, setpgid(child, childs));
	ASSERT_EQ(0, setpgid(0, group));
	ASSERT_EQ(sizeof(child), write(told, &child, sizeof(child)));
	close(told);
	live();
}

/* A member of the group @group, with one child, of the group @childs; 0: of their own. */
static pid_t with_child(pid_t group, pid_t childs, pid_t *child)
{
	int fds[2];
	pid_t pid;

	ASSERT_EQ(0, pipe(fds));
	pid = fork();
	if (!pid) {
		close(fds[0]);
		be_parent(group, childs, fds[1]);
	}
	ASSERT_LT(0, pid);
	close(fds[1]);
	ASSERT_EQ(sizeof(*child), read(fds[0], child, sizeof(*child)));
	close(fds[0]);
	return pid;
}

static void finish(int op)
{
	struct kcr_finish request = {
		.size = sizeof(request),
		.action = KCR_ACTION_RESUME,
	};

	ASSERT_EQ(0, ioctl(op, KCR_IOC_FINISH, &request));
}

static unsigned long long pause_of(int op)
{
	struct kcr_status status = { .size = sizeof(status) };

	ASSERT_EQ(0, ioctl(op, KCR_IOC_STATUS, &status));
	return status.pause_ns;
}

/* Somebody who checks a set of processes again and again. */
struct checker {
	pthread_t thread;
	pid_t pid;
	unsigned int flags, rounds, timeout_ms;
	long long until;		/* of CLOCK_MONOTONIC, or when another one gave up */
	unsigned int good, gave_up, failed;
	unsigned long long pause_ns;	/* of the last one */
	char text[512];			/* of the last one that failed */
};

static bool any_gave_up;

static void check_once(struct checker *c)
{
	int op = operation(c->pid, c->flags, c->timeout_ms);

	ASSERT_LE(0, op);
	if (!run(op)) {
		c->good++;
	} else if (errno == EDEADLK) {
		c->gave_up++;
		__atomic_store_n(&any_gave_up, true, __ATOMIC_RELAXED);
	} else {
		c->failed++;
	}
	c->pause_ns = pause_of(op);
	number(op, c->text, sizeof(c->text));
	close(op);
}

static void *check_often(void *arg)
{
	struct checker *c = arg;
	unsigned int i;

	for (i = 0; i < c->rounds; i++) {
		check_once(c);
		if (c->until && (__atomic_load_n(&any_gave_up, __ATOMIC_RELAXED) ||
				 now_ms(CLOCK_MONOTONIC) > c->until))
			break;
	}
	return NULL;
}

static void begin(struct checker *c, pid_t pid)
{
	c->pid = pid;
	c->flags |= KCR_CKPT_CHECK;
	c->rounds = c->rounds ?: ROUNDS;
	c->timeout_ms = c->timeout_ms ?: TIMEOUT_MS;
	ASSERT_EQ(0, pthread_create(&c->thread, NULL, check_often, c));
}

static void end_of(struct checker *c)
{
	ASSERT_EQ(0, pthread_join(c->thread, NULL));
	if (c->failed)
		printf("of process %d: %s\n", c->pid, c->text);
	EXPECT_EQ(0, c->failed);
}

TEST_PLAIN(of_one_program, .timeout = 120)
{
	struct checker c[AT_ONCE] = { 0 };
	pid_t pid = program();
	size_t i;

	for (i = 0; i < AT_ONCE; i++)
		begin(&c[i], pid);
	for (i = 0; i < AT_ONCE; i++) {
		end_of(&c[i]);
		EXPECT_EQ(ROUNDS, c[i].good);
	}
	end(pid);
}

TEST_PLAIN(of_a_tree_and_a_part_of_it, .timeout = 120)
{
	struct checker c[AT_ONCE] = { 0 };
	pid_t child, parent = with_child(0, 0, &child);
	size_t i;

	for (i = 0; i < AT_ONCE; i++)
		begin(&c[i], i % 2 ? child : parent);
	for (i = 0; i < AT_ONCE; i++) {
		end_of(&c[i]);
		EXPECT_EQ(ROUNDS, c[i].good);
	}
	kill(child, SIGKILL);
	end(parent);
}

/*
 * Each has a child that belongs to the group of the other, and so to both sets. Whoever
 * gives up is one of the two that met.
 */
TEST_PLAIN(of_sets_that_overlap, .timeout = 120)
{
	struct checker one = { .flags = KCR_CKPT_GROUP, .rounds = -1U, .until = until_s(60) };
	struct checker two = one;
	pid_t first = program(), second = program(), of_a, of_b;
	pid_t a = with_child(first, second, &of_a), b = with_child(second, first, &of_b);

	begin(&one, a);
	begin(&two, b);
	end_of(&one);
	end_of(&two);
	EXPECT_TRUE(any_gave_up);
	printf("%u and %u good, %u and %u gave up\n", one.good, two.good, one.gave_up, two.gave_up);
	EXPECT_LT(0, one.good + two.good);
	if (any_gave_up)
		EXPECT_TRUE(strstr(one.text, "too: try again") || strstr(two.text, "too: try again"));
	kill(of_a, SIGKILL);
	kill(of_b, SIGKILL);
	end(a);
	end(b);
	end(first);
	end(second);
}

static int hold(pid_t pid)
{
	int op = operation(pid, KCR_CKPT_HOLD | KCR_CKPT_PARK, TIMEOUT_MS);

	ASSERT_LE(0, op);
	ASSERT_EQ(0, run(op));
	return op;
}

TEST_PLAIN(waits_while_it_is_held)
{
	struct checker c = { .rounds = 1 };
	pid_t pid = program();
	int op = hold(pid);

	begin(&c, pid);
	usleep(HELD_MS * 1000);
	EXPECT_EQ(0, c.good + c.failed);
	finish(op);
	end_of(&c);
	EXPECT_EQ(1, c.good);
	EXPECT_LT(0, c.pause_ns);
	EXPECT_GT(HELD_MS * 1000000 / 2, c.pause_ns);
	close(op);
	end(pid);
}

TEST_PLAIN(tells_whom_it_waited_for)
{
	struct checker c = { .rounds = 1, .timeout_ms = HELD_MS };
	pid_t child, parent = with_child(0, 0, &child);
	char want[64];
	int op = hold(child);

	begin(&c, parent);
	ASSERT_EQ(0, pthread_join(c.thread, NULL));
	EXPECT_EQ(1, c.failed);
	snprintf(want, sizeof(want), "another checkpoint has stopped process %d,", child);
	if (!strstr(c.text, want))
		printf("%s\n", c.text);
	EXPECT_TRUE(strstr(c.text, want));
	finish(op);
	close(op);
	check_once(&c);
	EXPECT_EQ(1, c.good);
	kill(child, SIGKILL);
	end(parent);
}

TEST_PLAIN(may_be_cancelled_meanwhile)
{
	pid_t pid = program();
	int op = hold(pid), other = operation(pid, KCR_CKPT_CHECK, TIMEOUT_MS);
	long long begun = now_ms(CLOCK_MONOTONIC);
	pid_t runner = fork();
	int status;

	ASSERT_LE(0, runner);
	if (!runner)
		_exit(run(other) && errno == ECANCELED ? 0 : 1);
	usleep(HELD_MS * 1000);
	ASSERT_EQ(0, ioctl(other, KCR_IOC_CANCEL));
	ASSERT_EQ(runner, waitpid(runner, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_GT(TIMEOUT_MS / 2, now_ms(CLOCK_MONOTONIC) - begun);
	finish(op);
	close(op);
	close(other);
	end(pid);
}
