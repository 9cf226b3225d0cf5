// SPDX-License-Identifier: GPL-2.0
/*
 * The module, played: tools/lib/device.c with nothing behind it, so that the
 * tools can be tested without a kernel. What happens is told by the environment:
 *
 *   FAKE_OPEN=N	opening the device fails with errno N
 *   FAKE_ABI=N		the module's interface has this number
 *   FAKE_VERSION=S	the module's version
 *   FAKE_BEGIN=N	beginning an operation fails with errno N
 *   FAKE_RUN=C,N,S	running it fails: class, errno, sentence
 *   FAKE_BLOCKERS=S	a check finds these, one to a line
 *   FAKE_DELAY=MS	running takes so long, unless it is cancelled
 *   FAKE_FINISH=C,N,S	finishing fails
 *   FAKE_PROGRAM=S	what a restarted program is: a line of shell
 *   FAKE_GROUP=1	it leads a process group
 *   FAKE_BASE=FILE	where to put what is told of the image before
 *   FAKE_IMAGE=FILE	where to put the image that is restarted
 *   FAKE_LOG=FILE	where to write what was asked for
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../../tools/lib/device.h"
#include "../../tools/lib/image.h"
#include "build.h"

static struct kcr_status now;
static char text[4096];
static struct kcr_checkpoint checkpoint;
static struct kcr_restart restart;
static bool is_restart;
static int gate[2];		/* the program waits at [0], [1] is the operation */
static atomic_bool cancelled;

static long env(const char *name)
{
	const char *value = getenv(name);

	return value ? atol(value) : 0;
}

__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	const char *path = getenv("FAKE_LOG");
	FILE *file = path ? fopen(path, "a") : NULL;
	va_list ap;

	if (!file)
		return;
	va_start(ap, format);
	vfprintf(file, format, ap);
	va_end(ap);
	fclose(file);
}

static void note_choices(__u64 choices, __u32 nr)
{
	const struct kcr_choice *c = (const struct kcr_choice *)(uintptr_t)choices;

	for (; nr--; c++)
		note("choice type=%u what=%u ino=%llu fd=%d\n", c->type, c->what,
		     (unsigned long long)c->ino, c->fd);
}

static int failed(enum kcr_class class, int error, const char *sentence)
{
	now.phase = KCR_PHASE_FAILED;
	now.class = class;
	now.error = error;
	snprintf(text, sizeof(text), "%s", sentence);
	return -error;
}

/* "3,95,task 1: fd 7: no handler" */
static int failed_by_env(const char *name)
{
	const char *value = getenv(name);
	char *rest;
	int class, error;

	if (!value)
		return 0;
	class = strtol(value, &rest, 10);
	error = strtol(rest + 1, &rest, 10);
	return failed(class, error, rest + 1);
}

int device_open(void)
{
	if (env("FAKE_OPEN"))
		return -env("FAKE_OPEN");
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int device_info(int device, struct kcr_info *info)
{
	const char *version = getenv("FAKE_VERSION");

	(void)device;
	info->abi = env("FAKE_ABI") ? env("FAKE_ABI") : KCR_ABI;
	strncpy(info->version, version ? version : KCR_VERSION,
		sizeof(info->version) - 1);
	return 0;
}

static int begin(pid_t pid)
{
	if (env("FAKE_BEGIN"))
		return -env("FAKE_BEGIN");
	now.pid = pid;
	now.threads = 3;
	now.bytes_total = 123456789;
	if (pipe2(gate, O_CLOEXEC))
		return -errno;
	return gate[1];
}

/* At most so much, to a file that the environment names. */
static void copy(int from, const char *name)
{
	static char buf[1 << 24];
	const char *path = getenv(name);
	FILE *file = path ? fopen(path, "w") : NULL;
	ssize_t n = file ? pread(from, buf, sizeof(buf), 0) : 0;

	if (!file)
		return;
	if (n > 0)
		fwrite(buf, 1, n, file);
	fclose(file);
}

static void note_base(const struct kcr_checkpoint *request)
{
	const __u8 *id = request->base_id;

	if (!request->base_runs)
		return;
	note("base runs=%u id=%02x%02x%02x%02x\n", request->base_runs, id[0], id[1], id[2], id[3]);
	copy(request->base_fd, "FAKE_BASE");
}

int device_checkpoint(int device, const struct kcr_checkpoint *request)
{
	(void)device;
	checkpoint = *request;
	note("checkpoint pid=%d flags=%u timeout=%u\n", request->pid,
	     request->flags, request->timeout_ms);
	note_choices(request->choices, request->nr_choices);
	note_base(request);
	return begin(request->pid);
}

int device_track(int device, uint32_t how)
{
	(void)device;
	note("track how=%u\n", how);
	return open("/dev/null", O_RDWR | O_CLOEXEC);
}

int device_restart(int device, const struct kcr_restart *request)
{
	(void)device;
	restart = *request;
	is_restart = true;
	note("restart flags=%u\n", request->flags);
	note_choices(request->choices, request->nr_choices);
	return begin(0);
}

static int work(void)
{
	const struct timespec ms = { .tv_nsec = 1000000 };
	long left = env("FAKE_DELAY");

	for (; left; left--) {
		if (atomic_load(&cancelled))
			return failed(KCR_CLASS_TRANSIENT, ECANCELED, "cancelled");
		now.bytes += 100000;
		nanosleep(&ms, NULL);
	}
	return failed_by_env("FAKE_RUN");
}

static int write_image(int image)
{
	struct build b;
	size_t done = 0;
	ssize_t n = 0;

	build_sample(&b);
	while (done < b.len && n >= 0) {
		n = write(image, b.data + done, b.len - done);
		done += n > 0 ? n : 0;
	}
	now.bytes = b.len;
	now.pages = b.pages;
	now.pages_zero = 7;
	now.pause_ns = 3200000;
	now.park_ns = 800000;
	build_free(&b);
	return n < 0 ? failed(KCR_CLASS_IO, errno, strerror(errno)) : 0;
}

static int run_checkpoint(int image)
{
	const char *blockers = getenv("FAKE_BLOCKERS");
	const char *p;
	int r;

	now.phase = KCR_PHASE_WRITE;
	r = work();
	if (r || !(checkpoint.flags & KCR_CKPT_CHECK))
		return r ? r : write_image(image);
	for (p = blockers; p; p = strchr(p + 1, '\n'))
		now.blockers++;
	snprintf(text, sizeof(text), "%s", blockers ? blockers : "");
	return 0;
}

/* What comes through a pipe is kept in the file as it comes. */
static int keep(int image)
{
	const char *path = getenv("FAKE_IMAGE");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600) : -1;
	char buf[4096];
	ssize_t n;

	if (fd < 0)
		return image;
	while ((n = read(image, buf, sizeof(buf))) > 0)
		if (write(fd, buf, n) != n)
			abort();
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static int read_image(int image)
{
	struct image img;
	int r = image_open_fd(&img, keep(image), true);

	if (!r && le32_to_cpu(img.head.flags) & KCR_IMAGE_INCREMENT)
		r = image_fail(&img, -EBADMSG, "it is an increment");
	while (!r && image_next(&img) > 0)
		;
	now.bytes = img.sum.offset;
	now.pages = img.sum.pages;
	if (img.error)
		r = failed(image_class(&img), -img.error, img.why);
	image_close(&img);
	return r;
}

static _Noreturn void be_program(void)
{
	sigset_t none;
	char c;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	if (env("FAKE_GROUP"))
		setpgid(0, 0);
	close(gate[1]);
	if (read(gate[0], &c, 1) != 1)
		_exit(0);
	execl("/bin/sh", "sh", "-c", getenv("FAKE_PROGRAM"), NULL);
	_exit(127);
}

static int run_restart(int image)
{
	int r = 0;

	now.phase = KCR_PHASE_READ;
	if (!(restart.flags & KCR_RESTART_LAZY))	/* of that only a part may be here */
		r = read_image(image);
	if (!r)
		r = work();
	if (r || restart.flags & KCR_RESTART_CHECK)
		return r;
	now.pid = fork();
	if (!now.pid)
		be_program();
	if (env("FAKE_GROUP"))
		setpgid(now.pid, now.pid);
	now.phase = KCR_PHASE_PREPARED;
	return 0;
}

int device_run(int op, const struct kcr_run *run)
{
	int r;

	(void)op;
	note("run\n");
	if (run->nr_parents)
		note("parents %u\n", run->nr_parents);
	r = is_restart ? run_restart(run->image_fd) : run_checkpoint(run->image_fd);
	note("ran %d\n", r);
	return r;
}

int device_finish(int op, enum kcr_action action)
{
	char go = 1;
	int r = failed_by_env("FAKE_FINISH");

	note("finish %d\n", action);
	if (r)
		return r;
	if (action == KCR_ACTION_COMMIT && write(op, &go, 1) != 1)
		return -errno;
	now.phase = KCR_PHASE_DONE;
	return 0;
}

int device_status(int op, struct kcr_status *status)
{
	__u64 at = status->text;
	__u32 room = status->text_len;

	(void)op;
	*status = now;
	status->size = sizeof(*status);
	status->text = at;
	status->text_len = strlen(text) + 1;
	if (room)
		snprintf((char *)(uintptr_t)at, room, "%s", text);
	return 0;
}

int device_cancel(int op)
{
	(void)op;
	atomic_store(&cancelled, true);
	return 0;
}

int device_cgroup(int op, struct kcr_cgroup *next)
{
	(void)op;
	(void)next;
	return -ENOENT;
}
