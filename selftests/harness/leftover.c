// SPDX-License-Identifier: GPL-2.0
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "leftover.h"

#define PATIENCE_MS 2000

typedef void visit_fn(pid_t pid);

static void sleep_ms(unsigned int ms)
{
	nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000L }, NULL);
}

static bool works_in(pid_t pid, const char *dir)
{
	char path[64], cwd[PATH_MAX];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/cwd", pid);
	len = readlink(path, cwd, sizeof(cwd) - 1);
	if (len < 0)
		return false;
	cwd[len] = 0;
	return !strncmp(cwd, dir, strlen(dir));
}

/* A zombie of somebody else is nobody's leftover yet. */
static bool is_left(pid_t pid, const char *dir, pid_t session)
{
	if (pid == getpid())
		return false;
	return (session > 0 && getsid(pid) == session) || works_in(pid, dir);
}

static unsigned int for_each(const char *dir, pid_t session, visit_fn *visit)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	unsigned int nr = 0;
	pid_t pid;

	while (proc && (entry = readdir(proc))) {
		if (!isdigit(*entry->d_name))
			continue;
		pid = atoi(entry->d_name);
		if (!is_left(pid, dir, session))
			continue;
		nr++;
		if (visit)
			visit(pid);
	}
	if (proc)
		closedir(proc);
	return nr;
}

bool kcr_children_left(void)
{
	unsigned int ms = 0;
	pid_t pid;

	while ((pid = waitpid(-1, NULL, WNOHANG)) >= 0) {
		if (pid)
			continue;
		if (ms > PATIENCE_MS)
			return true;
		sleep_ms(20);
		ms += 20;
	}
	return false;
}

bool kcr_leftover(const char *dir, pid_t session)
{
	unsigned int ms;

	for (ms = 0; for_each(dir, session, NULL); ms += 20) {
		if (ms > PATIENCE_MS)
			return true;
		waitpid(-1, NULL, WNOHANG);
		sleep_ms(20);
	}
	return false;
}

static void show_file(pid_t pid, const char *tid, const char *name)
{
	char path[320], line[256];
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", pid, tid, name);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = 0;
		printf("#   %s %s: %.70s\n", tid, name, line);
	}
	if (file)
		fclose(file);
}

static void show_process(pid_t pid)
{
	struct dirent *entry;
	char path[64];
	DIR *tasks;

	printf("# process %d is there:\n", pid);
	snprintf(path, sizeof(path), "/proc/%d/task", pid);
	tasks = opendir(path);
	while (tasks && (entry = readdir(tasks))) {
		if (!isdigit(*entry->d_name))
			continue;
		show_file(pid, entry->d_name, "stat");
		show_file(pid, entry->d_name, "syscall");
		show_file(pid, entry->d_name, "stack");
	}
	if (tasks)
		closedir(tasks);
}

void kcr_show_leftover(const char *dir, pid_t session)
{
	for_each(dir, session, show_process);
}

static void kill_process(pid_t pid)
{
	kill(pid, SIGKILL);
}

void kcr_kill_leftover(const char *dir, pid_t session)
{
	if (for_each(dir, session, kill_process))
		kcr_leftover(dir, session);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static int module_users(void)
{
	FILE *file = fopen("/sys/module/kcr/refcnt", "re");
	int users = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%d", &users) != 1)
		users = 0;
	fclose(file);
	return users;
}

bool kcr_module_in_use(void)
{
	unsigned int ms;

	for (ms = 0; module_users() > 0; ms += 20) {
		if (ms > PATIENCE_MS)
			return true;
		sleep_ms(20);
	}
	return false;
}
