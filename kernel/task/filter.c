// SPDX-License-Identifier: GPL-2.0
/*
 * A seccomp filter: its program, and the filter that was there before.
 *
 * Filters are a tree; threads and processes share branches of it, and whether
 * they do decides what SECCOMP_FILTER_FLAG_TSYNC may do later. So each comes
 * back as one object, made once, in the first process before it has memory: by
 * seccomp(2) itself, which installs it on that thread. The thread gives it away
 * at once, and is as unconfined as before; those whose it is get it last
 * (seccomp.c). What confines the restarter is below all of them.
 *
 * Of struct seccomp_filter all is restored but what is derived (cache) and what
 * a listener has (notif, notify_lock, wqh, wait_killable_recv): one with a
 * listener is refused. SECCOMP_FILTER_FLAG_SPEC_ALLOW is nothing of the filter's
 * but of the thread's (prctl.c).
 */
#include <linux/mman.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include "compat/seccomp.h"
#include "image/parse.h"
#include "ksym.h"
#include "task/seccomp.h"
#include "task/signals.h"
#include <uapi/image/filter.h>

#define DEPTH_MAX	(1u << 15)	/* instructions that a thread may have (MAX_INSNS_PER_PATH) */

/* References: to the object, and to it as one that confines somebody */

static void filter_hold(struct seccomp_filter *filter)
{
	refcount_inc(&filter->refs);
	refcount_inc(&filter->users);
}

void kcr_filter_put(struct seccomp_filter *filter)
{
	while (filter && refcount_dec_and_test(&filter->refs)) {
		struct seccomp_filter *prev = filter->prev;

		bpf_prog_destroy(filter->prog);
		kfree(filter);
		filter = prev;
	}
}

/* Nobody listens for the last user to go: such a filter is not made. */
static void filter_release(struct seccomp_filter *filter)
{
	struct seccomp_filter *f = filter;

	while (f && refcount_dec_and_test(&f->users))
		f = f->prev;
	kcr_filter_put(filter);
}

struct seccomp_filter *kcr_filter_get(struct task_struct *task)
{
	struct seccomp_filter *filter = NULL;
	struct sighand_struct *sighand;
	unsigned long flags;

	sighand = kcr_sighand_lock(task, &flags);
	if (!sighand)
		return NULL;
	filter = task->seccomp.filter;
	if (filter)
		refcount_inc(&filter->refs);
	spin_unlock_irqrestore(&sighand->siglock, flags);
	return filter;
}

/* Save */

static int filter_save(struct kcr_ctx *ctx, void *obj, u32 id)
{
	const struct seccomp_filter *filter = obj;
	const struct sock_fprog_kern *prog = filter->prog->orig_prog;
	struct kcr_img_filter img = {
		.prev = cpu_to_le32(kcr_saved_id(ctx, filter->prev)),
		.flags = cpu_to_le32(filter->log ? KCR_FILTER_LOG : 0),
	};
	int ret;
	u16 i;

	if (filter->notif)
		return kcr_refuse(ctx, "a seccomp filter of its tells another process of system calls (SECCOMP_FILTER_FLAG_NEW_LISTENER)");
	if (!prog)
		return kcr_refuse(ctx, "a seccomp filter of its can't be read");
	img.count = cpu_to_le32(prog->len);
	ret = kcr_rec_begin(ctx, KCR_KIND_FILTER, 1, id, 0) ?:
	      kcr_rec_put(ctx, &img, sizeof(img));
	for (i = 0; i < prog->len && !ret; i++) {
		const struct kcr_img_insn insn = {
			.code = cpu_to_le16(prog->filter[i].code),
			.jt = prog->filter[i].jt,
			.jf = prog->filter[i].jf,
			.k = cpu_to_le32(prog->filter[i].k),
		};

		ret = kcr_rec_put(ctx, &insn, sizeof(insn));
	}
	return ret ?: kcr_rec_end(ctx);
}

/* From the oldest on: each refers to the one before. */
static int save_chain(struct kcr_ctx *ctx, struct seccomp_filter *last)
{
	struct seccomp_filter **chain, *f;
	unsigned int n = 0, i = 0;
	int ret = 0;
	u32 id;

	for (f = last; f && !kcr_saved_id(ctx, f); f = f->prev)
		if (++n > DEPTH_MAX)
			return kcr_refuse(ctx, "it has too many seccomp filters");
	chain = kvmalloc_array(n + 1, sizeof(*chain), GFP_KERNEL);
	if (!chain)
		return kcr_nomem(ctx);
	for (f = last; i < n; f = f->prev)
		chain[i++] = f;
	while (n-- && !ret)
		ret = kcr_save_object(ctx, KCR_KIND_FILTER, chain[n], &id);
	kvfree(chain);
	return ret;
}

static int save_filters(struct kcr_ctx *ctx, struct kcr_thread *t)
{
	struct seccomp_filter *filter = kcr_filter_get(t->task);
	size_t mark;
	int ret;

	if (!filter)
		return 0;
	mark = kcr_where(ctx, "thread %d", t->tid);
	ret = save_chain(ctx, filter);
	kcr_where_end(ctx, mark);
	kcr_filter_put(filter);
	return ret;
}

/* Before anything else: they are made when there is nothing else. */
static int filter_save_image(struct kcr_ctx *ctx)
{
	struct kcr_thread *t;
	int ret = 0;

	list_for_each_entry(t, &ctx->threads, node) {
		if (t->state == KCR_THREAD_GONE)
			continue;
		ret = save_filters(ctx, t);
		if (ret)
			break;
	}
	return ret;
}

/* Restore */

static int filter_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_filter *img = kcr_rec_as(rec, struct kcr_img_filter);
	u32 count;

	if (rec->len < sizeof(*img) || !rec->id)
		return kcr_bad_image(ctx, "seccomp filter in %zu bytes", rec->len);
	count = le32_to_cpu(img->count);
	if (!count || count > KCR_FILTER_MAX || le32_to_cpu(img->flags) & ~KCR_FILTER_LOG ||
	    rec->len != sizeof(*img) + count * sizeof(struct kcr_img_insn))
		return kcr_bad_image(ctx, "seccomp filter of %u instructions in %zu bytes, flags %#x",
				     count, rec->len, le32_to_cpu(img->flags));
	if (img->prev && !kcr_rec_find(ctx, le32_to_cpu(img->prev), KCR_KIND_FILTER))
		return kcr_bad_image(ctx, "seccomp filter after %u, which is none",
				     le32_to_cpu(img->prev));
	return 0;
}

static struct sock_filter *insns_decode(const struct kcr_img_filter *img)
{
	const struct kcr_img_insn *insn = (const struct kcr_img_insn *)(img + 1);
	u32 i, count = le32_to_cpu(img->count);
	struct sock_filter *code = kcalloc(count, sizeof(*code), GFP_KERNEL);

	for (i = 0; code && i < count; i++)
		code[i] = (struct sock_filter) {
			.code = le16_to_cpu(insn[i].code),
			.jt = insn[i].jt,
			.jf = insn[i].jf,
			.k = le32_to_cpu(insn[i].k),
		};
	return code;
}

/* seccomp(2) wants it in user memory. */
static long install_from(unsigned long addr, const struct kcr_img_filter *img)
{
	u32 count = le32_to_cpu(img->count);
	struct sock_fprog prog = {
		.len = count,
		.filter = (struct sock_filter __user *)(addr + sizeof(prog)),
	};
	unsigned long flags = SECCOMP_FILTER_FLAG_SPEC_ALLOW;
	struct sock_filter *code = insns_decode(img);
	long ret = code ? 0 : -ENOMEM;

	if (le32_to_cpu(img->flags) & KCR_FILTER_LOG)
		flags |= SECCOMP_FILTER_FLAG_LOG;
	if (!ret && (copy_to_user((void __user *)addr, &prog, sizeof(prog)) ||
		     copy_to_user(prog.filter, code, count * sizeof(*code))))
		ret = -EFAULT;
	kfree(code);
	return ret ?: kcr_syscall(seccomp, SECCOMP_SET_MODE_FILTER, flags, addr);
}

static long install(const struct kcr_img_filter *img)
{
	size_t len = PAGE_ALIGN(sizeof(struct sock_fprog) +
				le32_to_cpu(img->count) * sizeof(struct sock_filter));
	unsigned long addr = vm_mmap(NULL, 0, len, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, 0);
	long ret;

	if (IS_ERR_VALUE(addr))
		return addr;
	ret = install_from(addr, img);
	vm_munmap(addr, len);
	return ret;
}

/* What confines current, in exchange for what did: a reference each. */
static struct seccomp swap_seccomp(struct seccomp new)
{
	struct seccomp old;

	spin_lock_irq(kcr_own_siglock());
	old = current->seccomp;
	current->seccomp.mode = new.mode;
	atomic_set(&current->seccomp.filter_count, atomic_read(&new.filter_count));
	/* As the kernel does it where others look: whole before it is seen. */
	smp_store_release(&current->seccomp.filter, new.filter);
	if (new.mode != SECCOMP_MODE_DISABLED)
		set_task_syscall_work(current, SECCOMP);
	else
		clear_task_syscall_work(current, SECCOMP);
	spin_unlock_irq(kcr_own_siglock());
	return old;
}

static int filter_count(const struct seccomp_filter *filter)
{
	int n = 0;

	for (; filter; filter = filter->prev)
		n++;
	return n;
}

static struct seccomp confined_by(struct seccomp_filter *filter)
{
	struct seccomp seccomp = { .mode = SECCOMP_MODE_FILTER, .filter = filter };

	filter_hold(filter);
	atomic_set(&seccomp.filter_count, filter_count(filter));
	return seccomp;
}

/*
 * Who may confine whom is asked when a thread gets it; seccomp(2) asks for the
 * one who only makes it, too.
 */
static long make_filter(const struct kcr_img_filter *img, struct seccomp_filter *prev,
			struct seccomp_filter **made)
{
	bool had = task_no_new_privs(current);
	struct seccomp own;
	long ret;

	own = swap_seccomp(prev ? confined_by(prev) : current->seccomp);
	if (!prev && own.filter)
		filter_hold(own.filter);
	task_set_no_new_privs(current);
	ret = install(img);
	if (!had)
		clear_bit(PFA_NO_NEW_PRIVS, &current->atomic_flags);
	*made = swap_seccomp(own).filter;
	if (ret)
		filter_release(*made);
	return ret;
}

/* In the leader of the first process, which is alone. */
static int filter_restore(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_filter *img = kcr_rec_as(rec, struct kcr_img_filter);
	struct seccomp_filter *filter, *prev = NULL;
	u32 before = le32_to_cpu(img->prev);
	long ret;

	if (before)
		prev = kcr_object_get(ctx, before, KCR_KIND_FILTER);
	if (before && !prev)
		return kcr_bad_image(ctx, "seccomp filter %u stands before %u", rec->id, before);
	ret = make_filter(img, prev, &filter);
	if (ret == -EINVAL)
		return kcr_bad_image(ctx, "seccomp filter %u makes no sense", rec->id);
	if (ret)
		return kcr_fail(ctx, KCR_CLASS_ENVIRONMENT, ret,
				"a seccomp filter can't be made (errno %ld)", -ret);
	return kcr_object_add(ctx, rec, filter);
}

static void filter_drop(void *obj)
{
	filter_release(obj);
}

int kcr_filter_attach(struct kcr_ctx *ctx, struct kcr_thread *t, u32 id)
{
	struct seccomp_filter *filter = kcr_object_get(ctx, id, KCR_KIND_FILTER);
	struct seccomp_filter *old;

	if (!filter)
		return kcr_bad_image(ctx, "thread %d: %u is no seccomp filter", t->tid, id);
	old = swap_seccomp(confined_by(filter)).filter;
	filter_release(old);
	return 0;
}

const struct kcr_ops kcr_filter_ops = {
	.kind		= KCR_KIND_FILTER,
	.scope		= KCR_SCOPE_IMAGE,
	.version	= 1,
	.name		= "filter",
	.save		= filter_save,
	.save_image	= filter_save_image,
	.check		= filter_check,
	.restore	= filter_restore,
	.put		= filter_drop,
};
