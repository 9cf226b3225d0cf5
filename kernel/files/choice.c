// SPDX-License-Identifier: GPL-2.0
/*
 * What the user has chosen for pipes and sockets that are shared with the
 * outside: named as /proc/PID/fd shows them, pipe:[1234] or socket:[1234].
 *
 *	inherit		restart gives a descriptor of its own (given.c)
 *	close		the descriptors are closed in the program that comes back
 *	eof		whoever is outside counts as gone: end of file for a
 *			reader, a broken pipe for a writer
 *	reconnect	a UNIX socket is connected anew (net/unix_dial.c)
 *
 * A restart has choices too: which descriptor is which.
 */
#include <linux/magic.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "choice.h"
#include <uapi/image/given.h>

static_assert(KCR_GIVEN_PIPE == KCR_CHOICE_PIPE && KCR_GIVEN_SOCKET == KCR_CHOICE_SOCKET);

static bool is_good(const struct kcr_ctx *ctx, const struct kcr_choice *c)
{
	if (c->type != KCR_CHOICE_PIPE && c->type != KCR_CHOICE_SOCKET)
		return false;
	if (c->reserved || !c->what || c->what > KCR_CHOICE_RECONNECT)
		return false;
	if (c->what == KCR_CHOICE_RECONNECT && c->type != KCR_CHOICE_SOCKET)
		return false;
	if (c->what == KCR_CHOICE_INHERIT)
		return c->fd >= 0;
	return !c->fd && !ctx->restart;
}

/**
 * kcr_choices_set() - what the caller has chosen
 * @ctx: the operation
 * @user: address of @nr struct kcr_choice
 * @nr: how many
 *
 * Return: 0 or an error without a sentence.
 */
int kcr_choices_set(struct kcr_ctx *ctx, u64 user, u32 nr)
{
	u32 i;

	if (!nr)
		return 0;
	if (nr > KCR_CHOICES_MAX)
		return -EINVAL;
	ctx->choices = vmemdup_user(u64_to_user_ptr(user), nr * sizeof(*ctx->choices));
	if (IS_ERR(ctx->choices)) {
		int ret = PTR_ERR(ctx->choices);

		ctx->choices = NULL;
		return ret;
	}
	ctx->nr_choices = nr;
	for (i = 0; i < nr; i++)
		if (!is_good(ctx, &ctx->choices[i]))
			return -EINVAL;
	return 0;
}

/* kcr_choices_drop() - the operation ends */
void kcr_choices_drop(struct kcr_ctx *ctx)
{
	kvfree(ctx->choices);
	ctx->choices = NULL;
	ctx->nr_choices = 0;
}

/**
 * kcr_choice_find() - the choice for an object
 * @ctx: the operation
 * @type: KCR_CHOICE_PIPE or _SOCKET
 * @ino: its inode number
 *
 * Return: it, which counts as used from then on; or NULL.
 */
struct kcr_choice *kcr_choice_find(struct kcr_ctx *ctx, u32 type, u64 ino)
{
	u32 i;

	for (i = 0; i < ctx->nr_choices; i++) {
		struct kcr_choice *c = &ctx->choices[i];

		if (c->type != type || c->ino != ino)
			continue;
		c->reserved = 1;
		return c;
	}
	return NULL;
}

static u32 type_of(struct file *file)
{
	const struct inode *inode = file_inode(file);

	if (S_ISFIFO(inode->i_mode) && inode->i_sb->s_magic == PIPEFS_MAGIC)
		return KCR_CHOICE_PIPE;
	return sock_from_file(file) ? KCR_CHOICE_SOCKET : 0;
}

/* kcr_choice_of() - KCR_CHOICE_*, what becomes of an open file, 0: nothing is said */
u32 kcr_choice_of(struct kcr_ctx *ctx, struct file *file)
{
	u32 type = ctx->nr_choices ? type_of(file) : 0;
	const struct kcr_choice *c = type ? kcr_choice_find(ctx, type, file_inode(file)->i_ino) :
					    NULL;

	return c ? c->what : 0;
}

/* kcr_choices_used() - was each of them about something that is there? */
int kcr_choices_used(struct kcr_ctx *ctx)
{
	u32 i;

	for (i = 0; i < ctx->nr_choices; i++) {
		const struct kcr_choice *c = &ctx->choices[i];

		if (!c->reserved)
			return kcr_fail(ctx, KCR_CLASS_USAGE, -ENOENT, "%s:[%llu] (--external) is no open file of what is saved",
					c->type == KCR_CHOICE_PIPE ? "pipe" : "socket", c->ino);
	}
	return 0;
}
