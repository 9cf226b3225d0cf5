/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tests that run on the host, told as KTAP.
 */
#ifndef _KCR_TEST_KTAP_H
#define _KCR_TEST_KTAP_H

#include <stdio.h>

struct ktap_test {
	const char *name;
	void (*run)(void);
	struct ktap_test *next;
};

static struct ktap_test *ktap_first, **ktap_last = &ktap_first;
static int ktap_failed;

#define TEST(test_name)							\
	static void test_name(void);					\
	static struct ktap_test ktap_##test_name = { #test_name, test_name, 0 }; \
	__attribute__((constructor)) static void ktap_add_##test_name(void) \
	{								\
		*ktap_last = &ktap_##test_name;				\
		ktap_last = &ktap_##test_name.next;			\
	}								\
	static void test_name(void)

#define EXPECT(condition)						\
	do {								\
		if (!(condition)) {					\
			printf("# %s:%d: expected %s\n", __FILE__,	\
			       __LINE__, #condition);			\
			ktap_failed = 1;				\
		}							\
	} while (0)

#define KTAP_MAIN()							\
	int main(void)							\
	{								\
		struct ktap_test *t;					\
		int count = 0, bad = 0;					\
									\
		for (t = ktap_first; t; t = t->next)			\
			count++;					\
		printf("KTAP version 1\n1..%d\n", count);		\
		count = 0;						\
		for (t = ktap_first; t; t = t->next) {			\
			ktap_failed = 0;				\
			t->run();					\
			printf("%s %d %s\n", ktap_failed ? "not ok" : "ok", \
			       ++count, t->name);			\
			fflush(stdout);					\
			bad += ktap_failed;				\
		}							\
		return bad != 0;					\
	}

#endif /* _KCR_TEST_KTAP_H */
