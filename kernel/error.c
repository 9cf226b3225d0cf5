// SPDX-License-Identifier: GPL-2.0
/*
 * Failures in words.
 *
 * The first failure of an operation wins: its class, errno and sentence are
 * what the caller's terminal, the netlink event and the trace point show. In a
 * check blockers are collected instead, one to a line. Room for a sentence is
 * there from the beginning: the failure may be that memory is short.
 */
#include <linux/ctype.h>
#include <linux/slab.h>
#include <linux/stdarg.h>

#include "kcr.h"

#define KCR_TEXT_MAX	(64u << 10)

/* A sentence may be said with a spinlock held by the caller. */
static bool text_grow(struct kcr_ctx *ctx, size_t need)
{
	char *text;

	if (need <= ctx->text_size)
		return true;
	if (need > KCR_TEXT_MAX)
		return false;
	text = krealloc(ctx->text, need * 2, GFP_ATOMIC);
	if (!text)
		return false;
	ctx->text = text;
	ctx->text_size = need * 2;
	return true;
}

/* Names come from images and file systems; they end up on terminals. */
static void make_printable(char *line)
{
	for (; *line; line++)
		if (iscntrl((unsigned char)*line))
			*line = '?';
}

/* Where the one is that speaks; it is not the controller while a process builds itself. */
static const char *where(const struct kcr_ctx *ctx)
{
	return READ_ONCE(ctx->building) && ctx->runner == current ? "" : ctx->where;
}

/* The first sentence has room in any case; of others, each is whole or not there. */
static void text_add(struct kcr_ctx *ctx, struct va_format *vaf)
{
	size_t at = ctx->text_len, len = snprintf(NULL, 0, "%s%pV", where(ctx), vaf);

	lockdep_assert_held(&ctx->status_lock);

	if (!text_grow(ctx, at + len + 2) && at)
		return;
	if (at)
		ctx->text[at++] = '\n';
	ctx->text_len = at + scnprintf(ctx->text + at, ctx->text_size - at, "%s%pV",
				       where(ctx), vaf);
	make_printable(ctx->text + at);
}

/* Only the first failure is kept: what follows from it is no news. */
static void first_failure(struct kcr_ctx *ctx, enum kcr_class class, int err,
			  struct va_format *vaf)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->status_lock, flags);
	if (!ctx->error) {
		ctx->error = err;
		ctx->class = class;
		ctx->text_len = 0;
		text_add(ctx, vaf);
		pr_debug("op %llu: %s (%d)\n", ctx->op, ctx->text, err);
	}
	spin_unlock_irqrestore(&ctx->status_lock, flags);
}

static void blocker(struct kcr_ctx *ctx, struct va_format *vaf)
{
	unsigned long flags;

	spin_lock_irqsave(&ctx->status_lock, flags);
	text_add(ctx, vaf);
	ctx->blockers++;
	spin_unlock_irqrestore(&ctx->status_lock, flags);
}

/**
 * kcr_fail() - an operation has failed
 * @ctx: the operation
 * @class: why, as an exit status tells it
 * @err: negative errno
 * @fmt: the sentence, without full stop; kcr_where() is put in front
 *
 * Only the first failure is kept. Return: @err.
 */
int kcr_fail(struct kcr_ctx *ctx, enum kcr_class class, int err, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	first_failure(ctx, class, err, &vaf);
	va_end(args);
	return err;
}

/**
 * kcr_refuse() - the program holds something that is not handled
 * @ctx: the operation
 * @fmt: what it is, without full stop; kcr_where() is put in front
 *
 * Return: 0 in a check, so that the walk goes on to the next blocker;
 * otherwise -EOPNOTSUPP.
 */
int kcr_refuse(struct kcr_ctx *ctx, const char *fmt, ...)
{
	bool check = ctx->ckpt_flags & KCR_CKPT_CHECK;
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	if (check)
		blocker(ctx, &vaf);
	else
		first_failure(ctx, KCR_CLASS_UNSUPPORTED, -EOPNOTSUPP, &vaf);
	va_end(args);
	return check ? 0 : -EOPNOTSUPP;
}

/**
 * kcr_bad_image() - a record makes no sense
 * @ctx: the operation
 * @fmt: what is wrong, without full stop
 *
 * Return: -EBADMSG.
 */
int kcr_bad_image(struct kcr_ctx *ctx, const char *fmt, ...)
{
	struct va_format vaf = { .fmt = fmt };
	va_list args;

	va_start(args, fmt);
	vaf.va = &args;
	first_failure(ctx, KCR_CLASS_IMAGE, -EBADMSG, &vaf);
	va_end(args);
	return -EBADMSG;
}

/* kcr_nomem() - kcr_fail() for lack of kernel memory; returns -ENOMEM */
int kcr_nomem(struct kcr_ctx *ctx)
{
	return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, -ENOMEM, "not enough kernel memory");
}

/**
 * kcr_where() - extend the path to the object that sentences begin with
 * @ctx: the operation
 * @fmt: one step, such as "fd 7"; ": " is added
 *
 * Return: a mark for kcr_where_end().
 */
size_t kcr_where(struct kcr_ctx *ctx, const char *fmt, ...)
{
	size_t mark = strlen(ctx->where);
	va_list args;

	va_start(args, fmt);
	vsnprintf(ctx->where + mark, sizeof(ctx->where) - mark, fmt, args);
	va_end(args);
	strncat(ctx->where, ": ", sizeof(ctx->where) - strlen(ctx->where) - 1);
	return mark;
}

/* kcr_where_process() - sentences are about a process, told unless it is the first */
size_t kcr_where_process(struct kcr_ctx *ctx, const struct kcr_process *p)
{
	if (!p || p == ctx->root)
		return strlen(ctx->where);
	return kcr_where(ctx, "process %d", p->tgid);
}

/* kcr_where_end() - take back what kcr_where() has added */
void kcr_where_end(struct kcr_ctx *ctx, size_t mark)
{
	ctx->where[mark] = '\0';
}
