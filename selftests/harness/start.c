// SPDX-License-Identifier: GPL-2.0
/*
 * Processes that the outside of a test makes: the test's own, checkpoint and
 * restart.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "leftover.h"
#include "run.h"

#define ARGS_MAX 32

void bail_out(const char *what)
{
	printf("Bail out! %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The last few results stay valid. */
const char *path_in(const struct run *run, const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int turn;
	char *path = paths[turn++ % 4];

	snprintf(path, PATH_MAX, "%s/%s", run->dir, name);
	return path;
}

void short_sleep(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

/* Seconds for one way; machines that check themselves are slower. */
int patience(const struct run *run)
{
	const char *slow = getenv("KCR_SLOW");

	return (run->test->timeout ?: 30) * (slow ? atoi(slow) : 1);
}

/* In a child */

static void become_user(const char *user)
{
	struct passwd *pw;

	if (!user)
		return;
	pw = getpwnam(user);
	if (!pw || initgroups(user, pw->pw_gid) || setgid(pw->pw_gid) ||
	    setuid(pw->pw_uid))
		_exit(126);
	setenv("HOME", pw->pw_dir, 1);
	setenv("USER", user, 1);
}

static void open_as(int fd, const char *path, int flags)
{
	int got = open(path, flags, 0644);

	if (got < 0 || (got != fd && dup2(got, fd) < 0))
		_exit(126);
	if (got != fd)
		close(got);
}

static void streams(const char *in, const char *out)
{
	open_as(STDIN_FILENO, in, O_RDONLY);
	open_as(STDOUT_FILENO, out, O_WRONLY | O_CREAT | O_APPEND);
	if (dup2(STDOUT_FILENO, STDERR_FILENO) < 0)
		_exit(126);
	closefrom(3);
}

/* The test's process: begins anew, with nothing of ours in its memory. */
void start_test(struct run *run)
{
	char exe[PATH_MAX] = "";

	if (readlink("/proc/self/exe", exe, sizeof(exe) - 1) < 0)
		bail_out("/proc/self/exe");
	fflush(stdout);
	run->pid = fork();
	if (run->pid < 0)
		bail_out("fork");
	if (run->pid)
		return;
	setsid();
	become_user(run->test->user);
	if (chdir(path_in(run, "work")))
		_exit(126);
	streams("/dev/null", path_in(run, "log"));
	execl(exe, program_invocation_short_name, "--inside",
	      run->test->name, run->dir, NULL);
	_exit(126);
}

static int split(char **args, int nr, char *words)
{
	char *word, *rest = NULL;

	for (word = strtok_r(words, " ", &rest); word && nr < ARGS_MAX - 4;
	     word = strtok_r(NULL, " ", &rest))
		args[nr++] = word;
	return nr;
}

bool wait_end(pid_t pid, int *status, int seconds)
{
	long long until = now_ms(CLOCK_MONOTONIC) + seconds * 1000LL;

	while (waitpid(pid, status, WNOHANG) != pid) {
		if (now_ms(CLOCK_MONOTONIC) > until)
			return false;
		short_sleep();
	}
	return true;
}

int as_shell_says(int status)
{
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/*
 * Run a tool as the test's user, and wait. Negative: it did not come to an
 * end. Its output is in the file tool.out.
 */
static int run_tool(struct run *run, const char *in, char **args, int nr)
{
	pid_t pid;
	int status;

	args[nr] = NULL;
	fflush(stdout);
	pid = fork();
	if (pid < 0)
		bail_out("fork");
	if (!pid) {
		become_user(run->test->user);
		streams(in, path_in(run, "tool.out"));
		execvp(args[0], args);
		_exit(127);
	}
	if (!wait_end(pid, &status, patience(run))) {
		kcr_show_leftover(run->dir, run->pid);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		return -1;
	}
	return as_shell_says(status);
}

int checkpoint(struct run *run, const char *option)
{
	char *args[ARGS_MAX] = { "checkpoint" };
	char extra[256], pid[16];
	int nr = 1;

	if (option)
		args[nr++] = (char *)option;
	snprintf(extra, sizeof(extra), "%s", run->test->checkpoint ?: "");
	nr = split(args, nr, extra);
	if (!option || strcmp(option, "--check")) {
		args[nr++] = "-o";
		args[nr++] = (char *)path_in(run, "img");
	}
	snprintf(pid, sizeof(pid), "%d", run->pid);
	args[nr++] = pid;
	return run_tool(run, "/dev/null", args, nr);
}

int restart(struct run *run)
{
	char *args[ARGS_MAX] = { "restart" };
	char extra[256];
	int nr;

	snprintf(extra, sizeof(extra), "%s", run->test->restart ?: "");
	nr = split(args, 1, extra);
	return run_tool(run, path_in(run, "img"), args, nr);
}
