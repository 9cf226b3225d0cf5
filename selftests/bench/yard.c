// SPDX-License-Identifier: GPL-2.0
/*
 * yard WHAT...: what something costs that a checkpoint is measured against. Tells
 * nanoseconds, a line for each of five times:
 *
 *	memcpy MB	copy so much memory
 *	read MB		read it once
 *	xxh3 MB		read it once, and work out one XXH3 checksum of it
 *	hashes MB	the two XXH64 of each page that stand in an image, in one thread
 *	snapshot MB	duplicate a process with so much memory, by fork(); the child reads
 *			it once, with all processors, and ends
 *	fill MB FILE	read so much of a file into memory that is new, with all
 *			processors
 *	idle		what a kernel is asked for all the time: calls, faults, processes
 *
 *	run FILE COMMAND...	one line: its wait status, how long it took, and when
 *				it was begun (CLOCK_REALTIME); FILE gets its output
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include "bench.h"

#define ROUNDS	5
#define PAGE	4096ul
#define FILL	(1ul << 20)
#define SEED	0x6b637268617368ull

static volatile unsigned long long result;

static unsigned char *memory(size_t bytes)
{
	unsigned char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap");
	madvise(p, bytes, MADV_NOHUGEPAGE);
	fill_random(p, bytes, 1);
	return p;
}

static void do_memcpy(unsigned char *p, size_t bytes)
{
	memcpy(p + bytes / 2, p, bytes / 2);
}

static void do_read(unsigned char *p, size_t bytes)
{
	unsigned long long sum = 0, *word = (void *)p;
	size_t i;

	for (i = 0; i < bytes / sizeof(*word); i += 4)
		sum += (word[i] | word[i + 1]) ^ (word[i + 2] | word[i + 3]);
	result = sum;
}

static void do_xxh3(unsigned char *p, size_t bytes)
{
	result = XXH3_64bits(p, bytes);
}

static void do_hashes(unsigned char *p, size_t bytes)
{
	size_t i;

	for (i = 0; i < bytes; i += PAGE)
		result += XXH64(p + i, PAGE, 0) ^ XXH64(p + i, PAGE, SEED);
}

/* What anybody does who looks at memory as it was at one moment. */
struct reader {
	pthread_t thread;
	unsigned char *p;
	size_t bytes;
};

static void *read_some(void *reader)
{
	struct reader *r = reader;

	do_read(r->p, r->bytes);
	return NULL;
}

static void read_by_all(unsigned char *p, size_t bytes)
{
	int i, n = sysconf(_SC_NPROCESSORS_ONLN);
	size_t each = bytes / n & ~(PAGE - 1);
	struct reader r[n];

	for (i = 0; i < n; i++) {
		r[i].p = p + i * each;
		r[i].bytes = i < n - 1 ? each : bytes - i * each;
		if (pthread_create(&r[i].thread, NULL, read_some, &r[i]))
			die("pthread_create");
	}
	for (i = 0; i < n; i++)
		pthread_join(r[i].thread, NULL);
}

static void do_snapshot(unsigned char *p, size_t bytes)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid) {
		read_by_all(p, bytes);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

/* What anybody does who brings memory back: it is made, cleared, and written once. */
struct filler {
	pthread_t thread;
	int fd;
	unsigned char *memory;
	size_t from, to;
};

static void *fill_some(void *filler)
{
	struct filler *f = filler;
	size_t at, n;
	ssize_t got;

	for (at = f->from; at < f->to; at += n) {
		n = f->to - at < FILL ? f->to - at : FILL;
		if (madvise(f->memory + at, n, MADV_POPULATE_WRITE))
			die("madvise");
		got = pread(f->fd, f->memory + at, n, at);
		if (got <= 0)
			break;	/* the file is a little shorter */
	}
	return NULL;
}

static long long fill_new(const char *file, size_t bytes)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC), i, threads = sysconf(_SC_NPROCESSORS_ONLN);
	unsigned char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t each = bytes / threads & ~(PAGE - 1);
	struct filler f[threads];
	long long begun;

	if (fd < 0 || p == MAP_FAILED)
		die(file);
	madvise(p, bytes, MADV_NOHUGEPAGE);
	begun = now();
	for (i = 0; i < threads; i++) {
		f[i] = (struct filler){ .fd = fd, .memory = p, .from = i * each,
					.to = i < threads - 1 ? (i + 1) * each : bytes };
		if (pthread_create(&f[i].thread, NULL, fill_some, &f[i]))
			die("pthread_create");
	}
	for (i = 0; i < threads; i++)
		pthread_join(f[i].thread, NULL);
	begun = now() - begun;
	close(fd);
	munmap(p, bytes);
	return begun;
}

static int fill(const char *file, size_t bytes)
{
	int n;

	for (n = 0; n < ROUNDS; n++)
		printf("%lld\n", fill_new(file, bytes));
	return 0;
}

static void do_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (!pid)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void do_idle(unsigned char *p, size_t bytes)
{
	size_t i;

	for (i = 0; i < 200000; i++)
		syscall(SYS_getppid);
	madvise(p, bytes, MADV_DONTNEED);
	for (i = 0; i < bytes; i += PAGE)
		p[i] = 1;
	for (i = 0; i < 50; i++)
		do_fork();
}

static const struct {
	const char *name;
	void (*fn)(unsigned char *p, size_t bytes);
	int times;	/* the memory of what is asked for */
} kinds[] = {
	{ "memcpy", do_memcpy, 2 },
	{ "read", do_read, 1 },
	{ "xxh3", do_xxh3, 1 },
	{ "hashes", do_hashes, 1 },
	{ "snapshot", do_snapshot, 1 },
	{ "idle", do_idle, 1 },
};

static int measure(const char *name, size_t bytes)
{
	unsigned char *p;
	size_t i;
	int n;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strcmp(kinds[i].name, name))
			continue;
		p = memory(bytes * kinds[i].times);
		for (n = 0; n < ROUNDS; n++) {
			long long begun = now();

			kinds[i].fn(p, bytes * kinds[i].times);
			printf("%lld\n", now() - begun);
		}
		return 0;
	}
	return 2;
}

static int run(const char *file, char **args)
{
	posix_spawn_file_actions_t actions;
	long long begun, took, begun_at;
	extern char **environ;
	int status = 0, ret;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, 1, 2);
	begun_at = stamp();
	begun = now();
	ret = posix_spawnp(&pid, args[0], &actions, NULL, args, environ);
	if (ret) {
		errno = ret;
		die(args[0]);
	}
	waitpid(pid, &status, 0);
	took = now() - begun;
	printf("%d %lld %lld\n", status, took, begun_at);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc > 3 && !strcmp(argv[1], "run"))
		return run(argv[2], argv + 3);
	if (argc < 2)
		return 2;
	if (argc > 3 && !strcmp(argv[1], "fill"))
		return fill(argv[3], strtoul(argv[2], NULL, 0) << 20);
	return measure(argv[1], (argc > 2 ? strtoul(argv[2], NULL, 0) : 32) << 20);
}
