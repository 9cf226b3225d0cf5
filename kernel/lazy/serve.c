// SPDX-License-Identifier: GPL-2.0
/*
 * The pages of one memory: those that somebody waits for, and all others.
 *
 * What happens to the memory (fork, mremap, munmap, MADV_DONTNEED) is a message;
 * who did it waits until it is read, and no page can be put anywhere until then:
 * the kernel sees to that (-EAGAIN). So messages are read one by one, and what is
 * where is up to date whenever a page is put in place. Where nothing of the image
 * belongs there are zeros, as in all new memory.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/file.h>
#include <linux/mm.h>
#include <linux/pid.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <uapi/linux/userfaultfd.h>

#include "compat/userfaultfd.h"
#include "kcr.h"
#include "ksym.h"
#include "lazy/internal.h"

#define AROUND	16u	/* pages that come when one is waited for */

/* Nothing but the image can tell what was there: the program can't go on. */
static void kill_users(const struct mm_struct *mm)
{
	struct task_struct *p, *t;

	rcu_read_lock();
	for_each_process(p) {
		bool user = false;

		if (p->flags & PF_KTHREAD)
			continue;
		for_each_thread(p, t)
			if (READ_ONCE(t->mm) == mm)
				user = true;
		if (user)
			kcr_call(do_send_sig_info)(SIGKILL, SEND_SIG_PRIV, p, PIDTYPE_TGID);
	}
	rcu_read_unlock();
}

/*
 * Watched it stays, so that nobody who is about to die reads zeros. A child may not
 * be among the tasks yet: they are killed until nobody is left.
 */
static int doom(struct lazy_mm *lm)
{
	lm->doomed = true;
	kill_users(lm->mm);
	return LAZY_LATER;
}

static int give_up(struct lazy_mm *lm, const struct lazy_spot *spot, const char *why, int err)
{
	pr_info_ratelimited("process %d is killed: byte %llu of the image %*phN that its memory comes from %s (errno %d)\n",
			    lm->tgid, spot->offset, (int)sizeof(spot->img->head.id),
			    spot->img->head.id, why, -err);
	return doom(lm);
}

/* Reading */

/* Pages of the image to the bench; LAZY_LATER if that can't be. */
static int fetch(struct kcr_lazy *lazy, struct lazy_mm *lm, struct lazy_place *place)
{
	struct lazy_spot spot;
	int ret;

	lazy_chain_find(lazy, place->page, place->count, &spot);
	place->count = spot.count;
	ret = lazy_chain_fetch(lazy, &spot, lazy->bench.pages);
	switch (ret) {
	case 0:
		return 0;
	case -ENODATA:
		return give_up(lm, &spot, "is not there any more", ret);
	case -EBADMSG:
		return give_up(lm, &spot, "is not what it was", ret);
	default:
		return give_up(lm, &spot, "can't be read", ret);
	}
}

/* Putting in place */

/* What can't be remembered can't be right. */
static int remembered(struct lazy_mm *lm, int ret)
{
	if (!ret)
		return 0;
	pr_info_ratelimited("process %d is killed: its memory can't be filled (errno %d)\n",
			   lm->tgid, -ret);
	return doom(lm);
}

static int place_done(struct lazy_mm *lm, unsigned long addr, unsigned long count)
{
	return remembered(lm, lazy_map_remove(&lm->places, addr, addr + (count << PAGE_SHIFT)));
}

/* Nothing else is going on there: see on_unmap(). */
static void settled(struct lazy_mm *lm)
{
	if (!mtree_empty(&lm->moved))
		mtree_destroy(&lm->moved);
}

/* How it went: 0, LAZY_GONE or LAZY_LATER. */
static int put_result(struct kcr_lazy *lazy, struct lazy_mm *lm, unsigned long addr, long ret)
{
	/* Another mapping may be on its way to there. */
	if (ret == -ENOENT && kcr_uffd_changing(lm->uffd.file))
		ret = -EAGAIN;
	switch (ret) {
	case -EEXIST:
	case -ENOENT:
		/* Somebody was faster, or the memory is not there any more. */
		lazy_uffd_wake(&lazy->bench, &lm->uffd, addr);
		return place_done(lm, addr, 1);
	case -ESRCH:
		return LAZY_GONE;
	case -EAGAIN:
	case -ENOMEM:
		return LAZY_LATER;
	}
	if (ret < 0)
		return remembered(lm, ret);
	settled(lm);
	return place_done(lm, addr, ret);
}

static int fill(struct kcr_lazy *lazy, struct lazy_mm *lm, struct lazy_place *place)
{
	int ret = fetch(lazy, lm, place);
	long done;

	if (ret)
		return ret;
	done = lazy_uffd_copy(&lazy->bench, &lm->uffd, place->addr, place->count);
	/* They may belong to two mappings. */
	if (done == -ENOENT && place->count > 1)
		done = lazy_uffd_copy(&lazy->bench, &lm->uffd, place->addr, 1);
	return put_result(lazy, lm, place->addr, done);
}

/* What has happened */

static int on_fault(struct kcr_lazy *lazy, struct lazy_mm *lm, unsigned long addr)
{
	struct lazy_place place;

	if (lm->doomed)
		return 0;	/* whoever waits is being killed */
	addr &= PAGE_MASK;
	if (lazy_map_at(&lm->places, addr, &place)) {
		place.count = min_t(unsigned long, place.count, AROUND);
		return fill(lazy, lm, &place);
	}
	return put_result(lazy, lm, addr, lazy_uffd_zero(&lazy->bench, &lm->uffd, addr));
}

/* Of what fork() has left out or wiped there is nothing. */
static int prune(struct lazy_mm *lm)
{
	VMA_ITERATOR(vmi, lm->mm, 0);
	struct vm_area_struct *vma;
	unsigned long pos = 0;
	int ret = 0;

	if (!mmget_not_zero(lm->mm))
		return 0;
	mmap_read_lock(lm->mm);
	for_each_vma(vmi, vma) {
		if (ret || vma->vm_userfaultfd_ctx.ctx != lm->uffd.file->private_data ||
		    vma->vm_flags & VM_WIPEONFORK)
			continue;
		ret = lazy_map_remove(&lm->places, pos, vma->vm_start);
		pos = vma->vm_end;
	}
	ret = ret ?: lazy_map_remove(&lm->places, pos, TASK_SIZE_MAX);
	mmap_read_unlock(lm->mm);
	mmput(lm->mm);
	return ret;
}

/* The child has what its parent has, and what is to come to that. */
static int on_fork(struct kcr_lazy *lazy, struct lazy_mm *lm, int fd)
{
	struct lazy_mm *child = lazy_mm_alloc(GFP_KERNEL | __GFP_NOFAIL);
	int ret;

	ret = lazy_uffd_adopt(&child->uffd, fd);
	if (ret) {
		lazy_mm_free(child);
		return remembered(lm, ret);
	}
	child->mm = kcr_uffd_mm(child->uffd.file);
	mmgrab(child->mm);
	child->tgid = lm->tgid;
	remembered(child, lazy_map_copy(&child->places, &lm->places) ?: prune(child));
	lazy_mm_serve(lazy, child);
	return 0;
}

/*
 * What shrinks as it moves is told with the length that it had. The mapping that is
 * there now tells: it has not become one with a neighbour, see next_mapping().
 */
static unsigned long moved_len(struct lazy_mm *lm, unsigned long to, unsigned long len)
{
	struct vm_area_struct *vma;

	if (!mmget_not_zero(lm->mm))
		return len;
	mmap_read_lock(lm->mm);
	vma = vma_lookup(lm->mm, to);
	if (vma)
		len = min(len, vma->vm_end - to);
	mmap_read_unlock(lm->mm);
	mmput(lm->mm);
	return len;
}

static int on_remap(struct lazy_mm *lm, unsigned long from, unsigned long to, unsigned long len)
{
	int ret;

	len = moved_len(lm, to, len);
	ret = lazy_map_move(&lm->places, from, to, len);
	if (!ret)
		ret = mtree_store_range(&lm->moved, to >> PAGE_SHIFT,
					((to + len) >> PAGE_SHIFT) - 1, xa_mk_value(1), GFP_KERNEL);
	return remembered(lm, ret);
}

/*
 * Two threads' messages may come in another order than what they tell of: what
 * was unmapped may have been moved to since, and that has been told already.
 */
static int on_unmap(struct lazy_mm *lm, unsigned long start, unsigned long end)
{
	struct lazy_place moved;
	int ret = 0;

	while (!ret && start < end) {
		if (!lazy_map_next(&lm->moved, start, &moved) || moved.addr >= end)
			moved = (struct lazy_place) { .addr = end };
		ret = lazy_map_remove(&lm->places, start, moved.addr);
		start = moved.addr + (moved.count << PAGE_SHIFT);
	}
	return remembered(lm, ret);
}

static int on_message(struct kcr_lazy *lazy, struct lazy_mm *lm, const struct uffd_msg *msg)
{
	switch (msg->event) {
	case UFFD_EVENT_PAGEFAULT:
		return on_fault(lazy, lm, msg->arg.pagefault.address);
	case UFFD_EVENT_FORK:
		return on_fork(lazy, lm, msg->arg.fork.ufd);
	case UFFD_EVENT_REMAP:
		return on_remap(lm, msg->arg.remap.from, msg->arg.remap.to, msg->arg.remap.len);
	case UFFD_EVENT_UNMAP:
		return on_unmap(lm, msg->arg.remove.start, msg->arg.remove.end);
	case UFFD_EVENT_REMOVE:
		return remembered(lm, lazy_map_remove(&lm->places, msg->arg.remove.start,
						      msg->arg.remove.end));
	default:
		return 0;
	}
}

/**
 * lazy_serve() - do what is waited for
 * @lazy: the server, which current is
 * @lm: the memory
 *
 * Return: 0, LAZY_GONE, or LAZY_LATER: memory is short, or about to change.
 */
int lazy_serve(struct kcr_lazy *lazy, struct lazy_mm *lm)
{
	struct uffd_msg msg;
	bool later = false;
	int ret;

	for (;;) {
		ret = lazy_uffd_read(&lazy->bench, &lm->uffd, &msg);
		if (ret)
			break;
		ret = on_message(lazy, lm, &msg);
		if (ret == LAZY_GONE)
			return ret;
		if (ret)
			later = true;
		cond_resched();
	}
	/*
	 * A fault is told once: whoever waits has to ask again. Not before all has been
	 * read: faults are told first, and what they wait for may be a message.
	 */
	if (later && !lm->doomed)
		lazy_uffd_wake_all(&lazy->bench, &lm->uffd);
	/* A fork may want a descriptor that there is not just now. */
	return later || ret != -EAGAIN ? LAZY_LATER : 0;
}

/**
 * lazy_push() - bring some pages that nobody waits for
 * @lazy: the server, which current is
 * @lm: the memory
 *
 * Return: as lazy_serve(); LAZY_GONE also when all have come.
 */
int lazy_push(struct kcr_lazy *lazy, struct lazy_mm *lm)
{
	struct lazy_place place;
	int ret;

	if (lm->doomed) {
		kill_users(lm->mm);
		return atomic_read(&lm->mm->mm_users) ? LAZY_LATER : LAZY_GONE;
	}
	if (!lazy_map_next(&lm->places, lm->cursor, &place) &&
	    !lazy_map_next(&lm->places, 0, &place))
		return LAZY_GONE;
	place.count = min_t(unsigned long, place.count, LAZY_BATCH);
	ret = fill(lazy, lm, &place);
	lm->cursor = place.addr;
	return ret;
}

/* Before anybody looks: all mappings where something is to come. */

/*
 * To the kernel it is as if there were pages already: a mapping without any may
 * become one with another when it is moved.
 */
static int next_mapping(struct mm_struct *mm, unsigned long addr, unsigned long *start,
			unsigned long *end)
{
	struct vm_area_struct *vma;
	int ret = -EFAULT;

	mmap_read_lock(mm);
	vma = vma_lookup(mm, addr);
	if (vma && vma_is_anonymous(vma) && !(vma->vm_flags & VM_LOCKED)) {
		*start = vma->vm_start;
		*end = vma->vm_end;
		ret = vma->anon_vma ? 0 : kcr_call(__anon_vma_prepare)(vma);
	}
	mmap_read_unlock(mm);
	return ret;
}

/**
 * lazy_watch() - have some memory watched
 * @lazy: the server, which current is
 * @lm: the memory, which has users
 */
int lazy_watch(struct kcr_lazy *lazy, struct lazy_mm *lm)
{
	int ret = lazy_uffd_open(&lazy->bench, &lm->uffd, lm->mm);
	unsigned long start, end = 0;
	struct lazy_place place;

	while (!ret && lazy_map_next(&lm->places, end, &place)) {
		ret = next_mapping(lm->mm, place.addr, &start, &end);
		if (!ret)
			ret = lazy_uffd_register(&lazy->bench, &lm->uffd, start, end - start);
	}
	return ret;
}
