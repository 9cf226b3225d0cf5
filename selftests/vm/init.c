// SPDX-License-Identifier: GPL-2.0
/*
 * The first process of the guest, in its initramfs: loads the modules that
 * the disk and the shared folders need, mounts them, and hands over to
 * selftests/vm/guest-init. Linked statically; the only program there.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NEWROOT "/root"

static void off(const char *what, const char *arg)
{
	printf("init: %s %s: %s\n", what, arg, strerror(errno));
	sync();
	reboot(RB_POWER_OFF);
	_exit(1);
}

static void load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		off("cannot open", path);
	if (syscall(SYS_finit_module, fd, "", 0) && errno != EEXIST)
		off("cannot load", path);
	close(fd);
}

/* /modules names one file a line, each after those it depends on. */
static void load_modules(void)
{
	FILE *list = fopen("/modules", "re");
	char line[512];

	if (!list)
		off("cannot open", "/modules");
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		load_module(line);
	}
	fclose(list);
}

static void try_mount(const char *from, const char *to, const char *type,
		      unsigned long flags, const char *options)
{
	if (mount(from, to, type, flags, options))
		off("cannot mount", to);
}

/* The disk's driver is loaded, yet the disk may take a moment to appear. */
static void wait_for(const char *path)
{
	int tries;

	for (tries = 0; access(path, F_OK); tries++) {
		if (tries == 500)
			off("no", path);
		usleep(10000);
	}
}

static void mount_root(void)
{
	try_mount("dev", "/dev", "devtmpfs", 0, NULL);
	wait_for("/dev/vda");
	try_mount("/dev/vda", NEWROOT, "ext4", 0, NULL);
	try_mount("kcr", NEWROOT "/kcr", "9p", MS_RDONLY,
		  "trans=virtio,version=9p2000.L,msize=262144,cache=loose");
	try_mount("results", NEWROOT "/results", "9p", 0,
		  "trans=virtio,version=9p2000.L,msize=262144,cache=mmap");
	try_mount("modules", NEWROOT "/lib/modules", "9p", MS_RDONLY,
		  "trans=virtio,version=9p2000.L,msize=262144,cache=loose");
	try_mount("/dev", NEWROOT "/dev", NULL, MS_MOVE, NULL);
}

int main(void)
{
	static char * const argv[] = { "/kcr/selftests/vm/guest-init", NULL };
	static char * const envp[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root", "LANG=C.UTF-8", "TERM=vt100", NULL
	};

	/* run asks with this file alone whether an accelerator works at all. */
	if (!access("/only-say-up", F_OK)) {
		puts("init: up");
		sync();
		reboot(RB_POWER_OFF);
	}
	load_modules();
	mount_root();
	if (chdir(NEWROOT) || mount(".", "/", NULL, MS_MOVE, NULL) ||
	    chroot(".") || chdir("/"))
		off("cannot change root to", NEWROOT);
	execve(argv[0], argv, envp);
	off("cannot run", argv[0]);
}
