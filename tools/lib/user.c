// SPDX-License-Identifier: GPL-2.0
/*
 * Become another user for good: ids, groups, and no capability.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "user.h"

static int fail_become(struct verdict *v, const char *name)
{
	enum kcr_class class = KCR_CLASS_ENVIRONMENT;

	if (errno == EPERM)
		class = KCR_CLASS_PERMISSION;
	return fail(v, class, errno, "can't become user %s: %s", name,
		    strerror(errno));
}

/*
 * Inheritable and ambient ones too. setresuid() has not taken them if the
 * securebits say so.
 */
static int drop_capabilities(void)
{
	cap_t none = cap_init();
	int r;

	if (!none)
		return -1;
	r = cap_set_proc(none);
	cap_free(none);
	return r;
}

static int set_ids(const struct passwd *user)
{
	if (!geteuid() && initgroups(user->pw_name, user->pw_gid))
		return -1;
	if (setresgid(user->pw_gid, user->pw_gid, user->pw_gid))
		return -1;
	if (setresuid(user->pw_uid, user->pw_uid, user->pw_uid))
		return -1;
	return drop_capabilities();
}

/* Never go on with more than was asked for. */
static bool can_go_back(const struct passwd *user)
{
	return user->pw_uid && (!setuid(0) || !seteuid(0));
}

/**
 * user_become() - become another user for good
 * @name: of the user
 * @v: told of a failure
 *
 * Root stays root without capabilities if asked to become root.
 */
int user_become(const char *name, struct verdict *v)
{
	const struct passwd *user;

	errno = 0;
	user = getpwnam(name);
	if (!user)
		return fail(v, KCR_CLASS_USAGE, errno, "there is no user %s",
			    name);
	if (set_ids(user))
		return fail_become(v, name);
	if (can_go_back(user)) {
		errno = EPERM;
		return fail_become(v, name);
	}
	/* Without this /proc/self is root's, and no user namespace possible. */
	prctl(PR_SET_DUMPABLE, 1);
	return 0;
}
