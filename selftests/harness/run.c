// SPDX-License-Identifier: GPL-2.0
/*
 * The outside of a test: makes its process, calls checkpoint and restart on
 * it, and says in KTAP what became of it.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "leftover.h"
#include "run.h"

enum verdict { PASSED, FAILED, SKIPPED };

extern struct kcr_test *__start_kcr_tests[], *__stop_kcr_tests[];

static unsigned int line_number;

static enum verdict fail(struct run *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static enum verdict fail(struct run *run, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(run->why, sizeof(run->why), fmt, args);
	va_end(args);
	return FAILED;
}

static bool file_holds(const char *path, const char *words, unsigned int *times)
{
	FILE *file = fopen(path, "re");
	size_t len = strlen(words), room = 0;
	char *line = NULL, *at;
	ssize_t got;

	*times = 0;
	if (!file)
		return false;
	while ((got = getline(&line, &room, file)) > 0)
		for (at = line; (at = memmem(at, line + got - at, words, len)); at += len)
			++*times;
	free(line);
	fclose(file);
	return *times;
}

static void make_marker(struct run *run, const char *name)
{
	int fd = open(path_in(run, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	if (fd < 0)
		bail_out("cannot make a marker");
	close(fd);
}

/* A shell's command, in the folder of the test. */
static void in_shell(struct run *run, const char *command)
{
	char line[PATH_MAX + 256];

	snprintf(line, sizeof(line), "cd '%s' && %s", run->dir, command);
	if (system(line))
		bail_out(line);
}

static void read_reason(struct run *run)
{
	FILE *file = fopen(path_in(run, KCR_FILE_SKIP), "re");

	if (file && fgets(run->why, sizeof(run->why), file))
		run->why[strcspn(run->why, "\n")] = 0;
	if (file)
		fclose(file);
}

/* What the end of the test's process, or of its restart, means. */
static enum verdict judge(struct run *run, int status)
{
	unsigned int ends;

	if (status == KCR_EXIT_SKIP && !run->test->status) {
		read_reason(run);
		return SKIPPED;
	}
	if (status != run->test->status)
		return fail(run, "ended with %d, not %d", status, run->test->status);
	file_holds(path_in(run, "log"), KCR_LAST_LINE, &ends);
	if (ends != 1 && !status)
		return fail(run, "the last line of its log stands there %u times", ends);
	return PASSED;
}

static enum verdict judge_end(struct run *run)
{
	int status;

	if (!wait_end(run->pid, &status, patience(run))) {
		kcr_show_leftover(run->dir, run->pid);
		return fail(run, "did not come to its end");
	}
	return judge(run, as_shell_says(status));
}

/* Until the test stands at its cut; if it does not get there, what it is. */
static enum verdict reach_cut(struct run *run)
{
	long long until = now_ms(CLOCK_MONOTONIC) + patience(run) * 1000LL;
	enum verdict verdict;
	int status;

	while (access(path_in(run, KCR_FILE_READY), F_OK)) {
		if (waitpid(run->pid, &status, WNOHANG) == run->pid) {
			verdict = judge(run, as_shell_says(status));
			if (verdict == PASSED)
				verdict = fail(run, "ended before its cut");
			return verdict;
		}
		if (now_ms(CLOCK_MONOTONIC) > until) {
			kcr_show_leftover(run->dir, run->pid);
			return fail(run, "did not reach its cut");
		}
		short_sleep();
	}
	return PASSED;
}

static enum verdict refuse(struct run *run, const char *option)
{
	const struct kcr_test *test = run->test;
	int want = test->refused_status ?: 3;
	int status = checkpoint(run, option);
	unsigned int times;

	if (status != want)
		return fail(run, "checkpoint %s ended with %d, not %d",
			    option ?: "", status, want);
	if (!file_holds(path_in(run, "tool.out"), test->refused, &times))
		return fail(run, "checkpoint %s did not say '%s'", option ?: "",
			    test->refused);
	if (!access(path_in(run, "img"), F_OK))
		return fail(run, "a refused checkpoint left an image");
	return PASSED;
}

static enum verdict way_plain(struct run *run)
{
	start_test(run);
	return judge_end(run);
}

/* --check must say the same as the attempt itself, with -k and without. */
static enum verdict way_refused(struct run *run)
{
	static const char * const options[] = { "--check", "-k", NULL };
	enum verdict verdict;
	unsigned int i;

	start_test(run);
	verdict = reach_cut(run);
	for (i = 0; i < 3 && verdict == PASSED; i++) {
		if (run->test->refused_status && i == 0)
			continue;	/* only a real attempt meets these */
		unlink(path_in(run, "tool.out"));
		verdict = refuse(run, options[i]);
	}
	if (verdict != PASSED)
		return verdict;
	make_marker(run, KCR_FILE_GO);
	return judge_end(run);
}

/* Bring the test to its cut, and save it there; it goes on waiting. */
static enum verdict save_at_cut(struct run *run)
{
	enum verdict verdict;
	int status;

	start_test(run);
	verdict = reach_cut(run);
	if (verdict != PASSED)
		return verdict;
	status = checkpoint(run, NULL);
	if (status)
		return fail(run, "checkpoint without -k ended with %d", status);
	return PASSED;
}

static enum verdict way_continued(struct run *run)
{
	enum verdict verdict = save_at_cut(run);

	if (verdict != PASSED)
		return verdict;
	make_marker(run, KCR_FILE_GO);
	return judge_end(run);
}

/*
 * Twice at its cut: from a copy of its memory, and from that itself, as its process
 * is gone then.
 */
static enum verdict save(struct run *run)
{
	enum verdict verdict = save_at_cut(run);
	int status;

	if (verdict != PASSED)
		return verdict;
	in_shell(run, "mv ./img img.copied");
	status = checkpoint(run, "-k");
	if (status)
		return fail(run, "checkpoint -k ended with %d", status);
	if (!wait_end(run->pid, &status, patience(run)))
		return fail(run, "checkpoint -k did not kill it");
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		return fail(run, "after checkpoint -k it ended with %d, not by SIGKILL",
			    as_shell_says(status));
	if (kcr_children_left()) {
		kcr_show_leftover(run->dir, run->pid);
		return fail(run, "checkpoint -k did not kill all of it");
	}
	in_shell(run, "cp -a work saved");
	make_marker(run, KCR_FILE_GO);
	return PASSED;
}

static enum verdict way_restored(struct run *run)
{
	int status = restart(run);
	unsigned int times;

	if (run->test->unrestorable) {
		if (status != 125)
			return fail(run, "restart ended with %d, not 125", status);
		if (!file_holds(path_in(run, "tool.out"), run->test->unrestorable, &times))
			return fail(run, "restart did not say '%s'",
				    run->test->unrestorable);
		return PASSED;
	}
	if (status < 0)
		return fail(run, "restart did not come to its end");
	return judge(run, status);
}

/* The files as they were at the cut, except the log: its length is saved. */
static enum verdict way_restored_copied(struct run *run)
{
	in_shell(run, "rm -rf tool.out work && mv saved work && mv img.copied img");
	return way_restored(run);
}

/* Every line of a file, as a comment. */
static void show(struct run *run, const char *name)
{
	FILE *file = fopen(path_in(run, name), "re");
	char line[1024];

	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		if (strncmp(line, KCR_LAST_LINE, strlen(line)) || !*line)
			printf("# %s: %s\n", name, line);
	}
	if (file)
		fclose(file);
}

static void report(struct run *run, enum verdict verdict, const char *way)
{
	const char *name = run->test->name;

	if (verdict == PASSED && kcr_leftover(run->dir, run->pid)) {
		kcr_show_leftover(run->dir, run->pid);
		verdict = fail(run, "left a process behind");
	}
	if (verdict == PASSED && kcr_module_in_use())
		verdict = fail(run, "left the module in use");
	if (verdict == FAILED) {
		show(run, "log");
		show(run, "tool.out");
		printf("# %s %s: %s\n", name, way, run->why);
	}
	printf("%sok %u %s%s%s%s%s\n", verdict == FAILED ? "not " : "",
	       ++line_number, name, *way ? " " : "", way,
	       verdict == SKIPPED ? " # SKIP " : "",
	       verdict == SKIPPED ? run->why : "");
	fflush(stdout);
}

static void make_dir(struct run *run)
{
	const char *base = getenv("KCR_TEST_DIR") ?: "/var/tmp";
	struct passwd *pw = run->test->user ? getpwnam(run->test->user) : NULL;

	snprintf(run->dir, sizeof(run->dir), "%s/%s.%s.XXXXXX", base,
		 program_invocation_short_name, run->test->name);
	if (!mkdtemp(run->dir) || chmod(run->dir, 0755) ||
	    mkdir(path_in(run, "work"), 0755))
		bail_out(run->dir);
	if (pw && (chown(run->dir, pw->pw_uid, pw->pw_gid) ||
		   chown(path_in(run, "work"), pw->pw_uid, pw->pw_gid)))
		bail_out(run->dir);
}

static void end_run(struct run *run)
{
	kcr_kill_leftover(run->dir, run->pid);
	if (getenv("KCR_KEEP"))
		printf("# kept: %s\n", run->dir);
	else
		in_shell(run, "cd / && rm -rf \"$OLDPWD\"");
}

static void run_one_way(const struct kcr_test *test, const char *way,
			enum verdict (*go)(struct run *run))
{
	struct run run = { .test = test };
	enum verdict verdict;

	make_dir(&run);
	verdict = go(&run);
	report(&run, verdict, way);
	end_run(&run);
}

/* Both are of one moment, and the same has to come from them. */
static void run_restored(const struct kcr_test *test)
{
	struct run run = { .test = test };
	enum verdict saved, verdict;

	make_dir(&run);
	saved = save(&run);
	verdict = saved == PASSED ? way_restored(&run) : saved;
	report(&run, verdict, "restored");
	kcr_kill_leftover(run.dir, run.pid);
	verdict = saved == PASSED ? way_restored_copied(&run) : saved;
	report(&run, verdict, "restored from its copy");
	end_run(&run);
}

static void run_test(const struct kcr_test *test)
{
	if (test->plain) {
		run_one_way(test, "", way_plain);
	} else if (test->refused) {
		run_one_way(test, "refused", way_refused);
	} else {
		run_one_way(test, "continued", way_continued);
		run_restored(test);
	}
}

static unsigned int lines_of(const struct kcr_test *test)
{
	return test->plain || test->refused ? 1 : 3;
}

/* A test is named in full, or by its fixture. */
static bool chosen(const struct kcr_test *test, int nr, char **names)
{
	size_t len;

	if (!nr)
		return true;
	for (; nr; nr--, names++) {
		len = strlen(*names);
		if (!strncmp(test->name, *names, len) &&
		    (!test->name[len] || test->name[len] == '.'))
			return true;
	}
	return false;
}

static int by_line(const void *a, const void *b)
{
	const struct kcr_test * const *x = a, * const *y = b;

	return (*x)->line - (*y)->line;
}

static void be_inside(const char *name, const char *dir)
{
	struct kcr_test **test;

	for (test = __start_kcr_tests; test < __stop_kcr_tests; test++)
		if (!strcmp((*test)->name, name))
			kcr_inside(*test, dir);
	exit(126);
}

int main(int argc, char **argv)
{
	struct kcr_test **test;
	unsigned int plan = 0;

	if (argc == 4 && !strcmp(argv[1], "--inside"))
		be_inside(argv[2], argv[3]);
	qsort(__start_kcr_tests, __stop_kcr_tests - __start_kcr_tests,
	      sizeof(*__start_kcr_tests), by_line);
	if (argc == 2 && !strcmp(argv[1], "--list")) {
		for (test = __start_kcr_tests; test < __stop_kcr_tests; test++)
			puts((*test)->name);
		return 0;
	}
	for (test = __start_kcr_tests; test < __stop_kcr_tests; test++)
		if (chosen(*test, argc - 1, argv + 1))
			plan += lines_of(*test);
	/* A restored process whose restart was killed becomes our child. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("KTAP version 1\n1..%u\n", plan);
	for (test = __start_kcr_tests; test < __stop_kcr_tests; test++)
		if (chosen(*test, argc - 1, argv + 1))
			run_test(*test);
	return 0;
}
