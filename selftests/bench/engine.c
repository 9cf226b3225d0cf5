// SPDX-License-Identifier: GPL-2.0
/*
 * engine [-m] PID FILE: one checkpoint of a process into a file, without the tool.
 * Tells, in a line: how long KCR_IOC_RUN took and how long the process stood
 * still (nanoseconds), and with -m by how many bytes the machine's free memory was
 * less meanwhile, at most; else 0, for somebody who looks takes time, too. To
 * /dev/null, that is what the module takes, and what the process writes to:
 * /dev/null keeps no page.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "bench.h"
#include "../../uapi/kcr.h"

#define BEFORE	50	/* looks at the memory before it begins */

static volatile bool over;

static long long free_bytes(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return (long long)info.freeram * info.mem_unit;
}

/* The least that was free, into what @arg points to. */
static void *watch(void *arg)
{
	long long *least = arg, bytes;

	while (!over) {
		bytes = free_bytes();
		if (bytes < *least)
			*least = bytes;
		usleep(500);
	}
	return NULL;
}

static long long usual(void)
{
	long long seen[BEFORE];
	int i;

	for (i = 0; i < BEFORE; i++) {
		seen[i] = free_bytes();
		usleep(500);
	}
	return median(seen, BEFORE);
}

static int fail(int op)
{
	char text[4096] = "";
	struct kcr_status status = {
		.size = sizeof(status),
		.text = (__u64)(unsigned long)text,
		.text_len = sizeof(text),
	};

	ioctl(op, KCR_IOC_STATUS, &status);
	fprintf(stderr, "%s\n", text);
	return 1;
}

int main(int argc, char **argv)
{
	struct kcr_checkpoint request = { .size = sizeof(request) };
	struct kcr_status status = { .size = sizeof(status) };
	struct kcr_run run = { .size = sizeof(run) };
	long long before = 0, least = 0, took;
	pthread_t watcher;
	bool looks;
	int dev, op;

	looks = argc == 4 && !strcmp(argv[1], "-m");
	argv += looks;
	if (argc != 3 + looks)
		return 2;
	request.pid = atoi(argv[1]);
	run.image_fd = open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	dev = open(KCR_DEVICE, O_RDWR | O_CLOEXEC);
	if (dev < 0 || run.image_fd < 0)
		die(dev < 0 ? KCR_DEVICE : argv[2]);
	if (looks) {
		before = usual();
		least = before;
		if (pthread_create(&watcher, NULL, watch, &least))
			die("pthread_create");
	}
	op = ioctl(dev, KCR_IOC_CHECKPOINT, &request);
	if (op < 0)
		die("KCR_IOC_CHECKPOINT");
	took = now();
	if (ioctl(op, KCR_IOC_RUN, &run))
		return fail(op);
	took = now() - took;
	over = true;
	if (looks)
		pthread_join(watcher, NULL);
	if (ioctl(op, KCR_IOC_STATUS, &status))
		die("KCR_IOC_STATUS");
	printf("%lld %lld %lld\n", took, (long long)status.pause_ns, before - least);
	return 0;
}
