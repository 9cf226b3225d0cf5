// SPDX-License-Identifier: GPL-2.0
/*
 * What the tools have in common: how they speak, fail and end.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "text.h"
#include "tool.h"

const char *tool_name = "kcr";

/*
 * Make sure that what we open later does not become a standard stream: whoever
 * started us may have closed some of them.
 */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

/**
 * tool_begin() - to be called first
 * @name: of the tool
 */
void tool_begin(const char *name)
{
	tool_name = name;
	fill_standard_streams();
	signal(SIGPIPE, SIG_IGN);
}

/**
 * tool_delay_stop() - let Ctrl-Z wait until we end or take it
 *
 * It would stop us while a program is held. KCR_IOC_RUN itself bears a stop.
 */
void tool_delay_stop(void)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
}

void tool_version(void)
{
	printf("%s (kcr) %s\n", tool_name, KCR_VERSION);
}

/**
 * tool_die_of() - end as a program does that a signal has killed
 * @signo: the signal
 *
 * Whoever waits for us sees what it would have seen of that program. A core
 * dump of ours would only be in the way.
 */
void tool_die_of(int signo)
{
	sigset_t set;

	fflush(NULL);
	prctl(PR_SET_DUMPABLE, 0);
	signal(signo, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, signo);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signo);
	_exit(128 + signo);
}

/**
 * say() - one line on standard error, after the tool's name
 * @format: without the newline
 */
void say(const char *format, ...)
{
	char *text = NULL;
	va_list ap;

	va_start(ap, format);
	if (vasprintf(&text, format, ap) < 0)
		text = NULL;
	va_end(ap);
	say_lines(text ? text : format);
	free(text);
}

/**
 * say_lines() - each line of a text on standard error
 * @text: may hold bytes that a terminal should not see
 */
void say_lines(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fprintf(stderr, "%s: ", tool_name);
		text_print(stderr, text, len);
		fputc('\n', stderr);
		text += len + (text[len] == '\n');
	}
}

/**
 * usage() - the command line makes no sense
 * @format: why, with a %s
 * @what: in its place
 *
 * Returns -1.
 */
int usage(const char *format, const char *what)
{
	say(format, what);
	say("try %s --help", tool_name);
	return -1;
}

/**
 * fail() - note a failure; the first one wins
 * @v: where to
 * @class: what the exit status tells
 * @error: errno, 0 for none
 * @format: one sentence without a full stop
 *
 * Returns -1.
 */
int fail(struct verdict *v, enum kcr_class class, int error,
	 const char *format, ...)
{
	va_list ap;

	if (v->class != KCR_CLASS_OK)
		return -1;
	v->class = class;
	v->error = error;
	va_start(ap, format);
	if (vasprintf(&v->text, format, ap) < 0)
		v->text = NULL;
	va_end(ap);
	return -1;
}

/**
 * fail_file() - note that something could not be done to a file
 * @v: where to
 * @error: errno
 * @doing: "write", "open"
 * @path: the file, or what a person calls it
 *
 * Returns -1.
 */
int fail_file(struct verdict *v, int error, const char *doing,
	      const char *path)
{
	enum kcr_class class = KCR_CLASS_IO;

	if (error == EACCES || error == EPERM)
		class = KCR_CLASS_PERMISSION;
	return fail(v, class, error, "can't %s %s: %s", doing, path,
		    strerror(error));
}

/**
 * class_name() - a class of failure as JSON has it
 * @class: the class
 */
const char *class_name(enum kcr_class class)
{
	static const char * const names[] = {
		[KCR_CLASS_OK]		= "ok",
		[KCR_CLASS_USAGE]	= "usage",
		[KCR_CLASS_PERMISSION]	= "permission",
		[KCR_CLASS_UNSUPPORTED]	= "unsupported",
		[KCR_CLASS_TRANSIENT]	= "transient",
		[KCR_CLASS_ENVIRONMENT]	= "environment",
		[KCR_CLASS_IMAGE]	= "image",
		[KCR_CLASS_IO]		= "io",
	};

	if ((unsigned int)class >= ARRAY_SIZE(names))
		return "unknown";
	return names[class];
}
