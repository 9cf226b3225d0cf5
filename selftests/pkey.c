// SPDX-License-Identifier: GPL-2.0
/* Memory protection keys: which are in use, whose memory they guard, what they let. */
#define _GNU_SOURCE
#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>

#include "kcr_harness.h"

#define PAGE	4096ul

static sigjmp_buf out;
static volatile int code;

static void jump_out(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	code = info->si_code;
	siglongjmp(out, 1);
}

static unsigned int rdpkru(void)
{
	unsigned int a, d;

	asm volatile(".byte 0x0f, 0x01, 0xee" : "=a"(a), "=d"(d) : "c"(0));
	return a;
}

static void wrpkru(unsigned int rights)
{
	asm volatile(".byte 0x0f, 0x01, 0xef" : : "a"(rights), "c"(0), "d"(0) : "memory");
}

/*
 * si_code of the SIGSEGV that an access ends with, 0 for none. A signal handler
 * runs with rights of its own, which siglongjmp() leaves as they are.
 */
static int access_code(volatile char *p, bool write)
{
	struct sigaction sa = { .sa_sigaction = jump_out, .sa_flags = SA_SIGINFO }, old;
	unsigned int rights = rdpkru();

	code = 0;
	sigaction(SIGSEGV, &sa, &old);
	if (!sigsetjmp(out, 1)) {
		if (write)
			*p = *p;
		else
			(void)*p;
	}
	wrpkru(rights);
	sigaction(SIGSEGV, &old, NULL);
	return code;
}

static char *private(size_t len, int prot)
{
	char *p = mmap(NULL, len, prot, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ASSERT_TRUE(p != MAP_FAILED);
	return p;
}

/* The key of a mapping; -1: not told. */
static int key_of(const void *addr)
{
	FILE *f = fopen("/proc/self/smaps", "r");
	unsigned long start, end, a = (unsigned long)addr;
	bool inside = false;
	char line[512];
	int key = -1;

	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%lx-%lx %*s", &start, &end) == 2)
			inside = start <= a && a < end;
		else if (inside)
			sscanf(line, "ProtectionKey: %d", &key);
	}
	fclose(f);
	return key;
}

static int new_key(unsigned int rights)
{
	int key = pkey_alloc(0, rights);

	if (key < 0)
		skip("no protection keys");
	return key;
}

TEST(keeps_memory_guarded)
{
	int open = new_key(0), shut = new_key(0), read = new_key(0);
	char *p = private(4 * PAGE, PROT_READ | PROT_WRITE);

	memset(p, 6, 4 * PAGE);
	ASSERT_EQ(0, pkey_mprotect(p, PAGE, PROT_READ | PROT_WRITE, open));
	ASSERT_EQ(0, pkey_mprotect(p + PAGE, PAGE, PROT_READ | PROT_WRITE, shut));
	ASSERT_EQ(0, pkey_mprotect(p + 2 * PAGE, PAGE, PROT_READ | PROT_WRITE, read));
	pkey_set(shut, PKEY_DISABLE_ACCESS);
	pkey_set(read, PKEY_DISABLE_WRITE);
	cut();
	EXPECT_EQ(open, key_of(p));
	EXPECT_EQ(shut, key_of(p + PAGE));
	EXPECT_EQ(read, key_of(p + 2 * PAGE));
	EXPECT_EQ(0, key_of(p + 3 * PAGE));
	EXPECT_EQ(0, pkey_get(open));
	EXPECT_EQ(PKEY_DISABLE_ACCESS, pkey_get(shut));
	EXPECT_EQ(PKEY_DISABLE_WRITE, pkey_get(read));
	EXPECT_EQ(0, access_code(p, true));
	EXPECT_EQ(SEGV_PKUERR, access_code(p + PAGE, false));
	EXPECT_EQ(0, access_code(p + 2 * PAGE, false));
	EXPECT_EQ(SEGV_PKUERR, access_code(p + 2 * PAGE, true));
	pkey_set(shut, 0);
	EXPECT_EQ(6, p[PAGE]);
}

TEST(keeps_which_keys_are_in_use)
{
	int a = new_key(0), b = new_key(0), c = new_key(0);

	ASSERT_EQ(0, pkey_free(b));
	cut();
	EXPECT_EQ(b, pkey_alloc(0, 0));
	EXPECT_EQ(c + 1, pkey_alloc(0, 0));
	EXPECT_EQ(0, pkey_free(a));
	EXPECT_EQ(0, pkey_free(c));
}

TEST(keeps_memory_of_a_key_that_is_free)
{
	int key = new_key(0);
	char *p = private(PAGE, PROT_READ | PROT_WRITE);

	ASSERT_EQ(0, pkey_mprotect(p, PAGE, PROT_READ | PROT_WRITE, key));
	ASSERT_EQ(0, pkey_free(key));
	cut();
	EXPECT_EQ(key, key_of(p));
	EXPECT_EQ(-1, pkey_free(key));
}

TEST(keeps_what_may_only_be_executed)
{
	static const unsigned char text[] = { 0xb8, 0x2a, 0, 0, 0, 0xc3 };
	char *p = private(PAGE, PROT_READ | PROT_WRITE), *other;
	int (*fn)(void) = (void *)p;
	int key;

	memcpy(p, text, sizeof(text));
	ASSERT_EQ(0, mprotect(p, PAGE, PROT_EXEC));
	key = key_of(p);
	if (key <= 0)
		skip("no protection keys");
	cut();
	EXPECT_EQ(42, fn());
	EXPECT_EQ(key, key_of(p));
	EXPECT_EQ(SEGV_PKUERR, access_code(p, false));
	other = private(PAGE, PROT_EXEC);
	EXPECT_EQ(key, key_of(other));
	EXPECT_EQ(-1, pkey_free(key));
}

static volatile int peer_rights = -1;
static volatile bool over;

static void *peer(void *arg)
{
	int key = *(int *)arg;

	pkey_set(key, PKEY_DISABLE_WRITE);
	while (!over)
		usleep(1000);
	peer_rights = pkey_get(key);
	return NULL;
}

TEST(keeps_what_each_thread_may)
{
	int key = new_key(0);
	pthread_t thread;

	start_thread(&thread, peer, &key);
	usleep(20000);
	cut();
	over = true;
	pthread_join(thread, NULL);
	EXPECT_EQ(PKEY_DISABLE_WRITE, peer_rights);
	EXPECT_EQ(0, pkey_get(key));
}
