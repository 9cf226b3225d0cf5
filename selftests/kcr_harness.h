/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests as promises. Above its cut() a test makes something, below it the
 * test expects it; nobody below can tell whether the machine was switched off.
 *
 *	TEST(keeps_its_name)
 *	{
 *		prctl(PR_SET_NAME, "walrus");
 *		cut();
 *		EXPECT_STREQ("walrus", name_of(gettid()));
 *	}
 *
 * Each test with a cut runs three ways: continued after a checkpoint, restored
 * from its image, and restored a second time from the same image. It runs in a
 * process of its own, leader of its session, in an empty folder of its own;
 * its standard input is /dev/null, its output a log that failures print.
 *
 * A test takes options behind its name, the fields of struct kcr_test:
 *
 *	TEST(comes_back_elsewhere, .restart = "-n", .user = "alice")
 *
 * A failed ASSERT ends the test at once, in whatever thread; a failed EXPECT
 * lets it go on.
 */
#ifndef KCR_HARNESS_H
#define KCR_HARNESS_H

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct kcr_test {
	const char *name;
	int line;
	void (*body)(void);
	bool plain;		/* no cut, one way */
	const char *refused;	/* checkpoint refuses with these words ... */
	int refused_status;	/* ... and this exit status (3) */
	const char *unrestorable; /* restart refuses with these words, status 125 */
	const char *checkpoint;	/* more arguments for checkpoint */
	const char *restart;	/* more arguments for restart */
	const char *user;	/* who runs the test and both tools (root) */
	int status;		/* how the test ends: an exit status, or 128 + signal */
	int timeout;		/* seconds for one way (30) */
};

/* Let the checkpoint happen here, and return as the continued or restored one. */
void cut(void);

/* End the test as skipped. */
void skip(const char *reason) __attribute__((noreturn));

/* Wait until the thread of this process sleeps in the system call. */
void in_syscall(pid_t tid, long nr);

/* Wait until the thread is on a CPU, or wants one. */
void running(pid_t tid);

/* A new thread's id; the test fails if there is none. */
pid_t start_thread(pthread_t *thread, void *(*fn)(void *), void *arg);

/* Milliseconds on a clock. */
long long now_ms(clockid_t clock);

void kcr_fail(bool fatal, const char *file, int line, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define KCR_REGISTER(id, ...)						\
	static struct kcr_test kcr_test_##id = {			\
		.line = __LINE__, __VA_ARGS__				\
	};								\
	static struct kcr_test *kcr_entry_##id				\
	__attribute__((used, section("kcr_tests"))) = &kcr_test_##id

#define TEST(id, ...)							\
	static void id(void);						\
	KCR_REGISTER(id, .name = #id, .body = id, __VA_ARGS__);		\
	static void id(void)

/* A test without a cut. */
#define TEST_PLAIN(id, ...)	TEST(id, .plain = true, __VA_ARGS__)

/* Checkpoint refuses, in a sentence that holds the words; the test goes on. */
#define TEST_REFUSED(id, words, ...)					\
	TEST(id, .refused = words, __VA_ARGS__)

/* What several tests need: FIXTURE(pipe) { int rd, wr; }; then its set-up. */
#define FIXTURE(fix)		struct kcr_fixture_##fix
#define FIXTURE_SETUP(fix)						\
	static void kcr_setup_##fix(struct kcr_fixture_##fix *self)
#define FIXTURE_TEARDOWN(fix)						\
	static void kcr_teardown_##fix(struct kcr_fixture_##fix *self)

#define TEST_F(fix, id, ...)						\
	static void fix##_##id(struct kcr_fixture_##fix *self);		\
	static void kcr_body_##fix##_##id(void)				\
	{								\
		struct kcr_fixture_##fix *self;				\
									\
		self = calloc(1, sizeof(*self) + !sizeof(*self));	\
		kcr_setup_##fix(self);					\
		fix##_##id(self);					\
		kcr_teardown_##fix(self);				\
		free(self);						\
	}								\
	KCR_REGISTER(fix##_##id, .name = #fix "." #id,			\
		     .body = kcr_body_##fix##_##id, __VA_ARGS__);	\
	static void fix##_##id(struct kcr_fixture_##fix *self		\
			       __attribute__((unused)))

#define TEST_F_REFUSED(fix, id, words, ...)				\
	TEST_F(fix, id, .refused = words, __VA_ARGS__)

/* Both sides are evaluated once; each shows as a number. */
#define KCR_COMPARE(fatal, want, op, got) do {				\
	__typeof__((want) + 0) kcr_want = (want);			\
	__typeof__((got) + 0) kcr_got = (got);				\
									\
	if (!(kcr_want op kcr_got))					\
		kcr_fail(fatal, __FILE__, __LINE__,			\
			 "%s %s %s: have %lld (0x%llx) and %lld (0x%llx)", \
			 #want, #op, #got,				\
			 (long long)kcr_want, (unsigned long long)kcr_want, \
			 (long long)kcr_got, (unsigned long long)kcr_got); \
} while (0)

#define KCR_COMPARE_STR(fatal, want, equal, got) do {			\
	const char *kcr_want = (want), *kcr_got = (got);		\
									\
	if ((!strcmp(kcr_want, kcr_got)) != (equal))			\
		kcr_fail(fatal, __FILE__, __LINE__,			\
			 "%s %s %s: have \"%s\" and \"%s\"", #want,	\
			 (equal) ? "==" : "!=", #got, kcr_want, kcr_got); \
} while (0)

#define KCR_HOLDS(fatal, what, want) do {				\
	if ((!!(what)) != (want))					\
		kcr_fail(fatal, __FILE__, __LINE__, "%s is %s (errno %d: %s)", \
			 #what, (want) ? "false" : "true", errno,	\
			 strerror(errno));				\
} while (0)

#define ASSERT_EQ(want, got)	KCR_COMPARE(true, want, ==, got)
#define ASSERT_NE(want, got)	KCR_COMPARE(true, want, !=, got)
#define ASSERT_LT(want, got)	KCR_COMPARE(true, want, <, got)
#define ASSERT_LE(want, got)	KCR_COMPARE(true, want, <=, got)
#define ASSERT_GT(want, got)	KCR_COMPARE(true, want, >, got)
#define ASSERT_GE(want, got)	KCR_COMPARE(true, want, >=, got)
#define ASSERT_STREQ(want, got)	KCR_COMPARE_STR(true, want, true, got)
#define ASSERT_STRNE(want, got)	KCR_COMPARE_STR(true, want, false, got)
#define ASSERT_TRUE(what)	KCR_HOLDS(true, what, true)
#define ASSERT_FALSE(what)	KCR_HOLDS(true, what, false)

#define EXPECT_EQ(want, got)	KCR_COMPARE(false, want, ==, got)
#define EXPECT_NE(want, got)	KCR_COMPARE(false, want, !=, got)
#define EXPECT_LT(want, got)	KCR_COMPARE(false, want, <, got)
#define EXPECT_LE(want, got)	KCR_COMPARE(false, want, <=, got)
#define EXPECT_GT(want, got)	KCR_COMPARE(false, want, >, got)
#define EXPECT_GE(want, got)	KCR_COMPARE(false, want, >=, got)
#define EXPECT_STREQ(want, got)	KCR_COMPARE_STR(false, want, true, got)
#define EXPECT_STRNE(want, got)	KCR_COMPARE_STR(false, want, false, got)
#define EXPECT_TRUE(what)	KCR_HOLDS(false, what, true)
#define EXPECT_FALSE(what)	KCR_HOLDS(false, what, false)

#endif
