// SPDX-License-Identifier: GPL-2.0
/*
 * What is to be known of pages before they are written: whether they hold only
 * zeros, and their hashes, for the index of an image.
 *
 * One processor alone hashes hardly faster than it copies. So others do it, while
 * the pages before are written: those that have nothing else to do. A program that
 * wants a processor comes before a nice worker, which goes when it is told so, and
 * what none of them has begun is done by who needs it.
 */
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/clock.h>
#include <linux/string.h>
#include <linux/xxhash.h>

#include "compat/workqueue.h"
#include "kcr.h"
#include "ksym.h"
#include "stream.h"

#define SHARE_MIN	32u	/* pages that are worth waking somebody */
#define PIECE		16u	/* pages that one may have to wait for */
#define SPIN_NS		50000	/* that takes no longer; to sleep and be woken does */

static_assert(KCR_PAGES_MAX % PIECE == 0);

static struct workqueue_struct *hashers;

/* kcr_hash_page() - KCR_HASH_LEN bytes, as the index has them */
void kcr_hash_page(const void *p, u8 *hash)
{
	__le64 h[2] = {
		cpu_to_le64(xxh64(p, PAGE_SIZE, 0)),
		cpu_to_le64(xxh64(p, PAGE_SIZE, KCR_HASH_SEED)),
	};

	BUILD_BUG_ON(sizeof(h) != KCR_HASH_LEN);
	memcpy(hash, h, sizeof(h));
}

/* Half of what memchr_inv() takes, which looks at one word at a time. */
static bool is_zero(const void *p)
{
	const unsigned long *w = p, *end = p + PAGE_SIZE;

	for (; w < end; w += 8)
		if (w[0] | w[1] | w[2] | w[3] | w[4] | w[5] | w[6] | w[7])
			return false;
	return true;
}

static void sum_page(struct kcr_page_sums *s, unsigned int i)
{
	void *p;

	if (!s->pages[i] || (s->skip && test_bit(i, s->skip))) {
		s->sort[i] = KCR_PAGE_NONE;
		return;
	}
	p = kmap_local_page(s->pages[i]);
	s->sort[i] = is_zero(p) ? KCR_PAGE_ZERO : KCR_PAGE_DATA;
	if (s->sort[i] == KCR_PAGE_DATA)
		kcr_hash_page(p, s->hash[i]);
	kunmap_local(p);
}

/* Some pages; false: others have taken the rest. */
static bool sum_piece(struct kcr_page_sums *s)
{
	unsigned int i = atomic_fetch_add(PIECE, &s->next), end = i + PIECE;

	if (i >= KCR_PAGES_MAX)
		return false;
	for (; i < end; i++)
		sum_page(s, i);
	return true;
}

static void help(struct work_struct *work)
{
	struct kcr_page_helper *h = container_of(work, struct kcr_page_helper, work);

	while (sum_piece(h->sums) && !need_resched())
		;
	/* With it come the sums: see soon_over(). */
	smp_store_release(&h->over, true);
}

static unsigned int count(struct page **pages, const unsigned long *skip)
{
	unsigned int i, n = 0;

	for (i = 0; i < KCR_PAGES_MAX; i++)
		n += pages[i] && !(skip && test_bit(i, skip));
	return n;
}

/**
 * kcr_sums_begin() - have the pages of a window looked at
 * @s: told when kcr_sums_end() returns
 * @pages: KCR_PAGES_MAX of them, NULL where there is none; their contents don't
 *	change until then
 * @skip: bits of those that nobody needs to look at; NULL: none
 */
void kcr_sums_begin(struct kcr_page_sums *s, struct page **pages, const unsigned long *skip)
{
	unsigned int i, n = min3(count(pages, skip) / SHARE_MIN, KCR_PAGE_HELPERS,
				 num_online_cpus() - 1);

	s->pages = pages;
	s->skip = skip;
	s->begun = true;
	atomic_set(&s->next, 0);
	for (i = 0; i < n; i++) {
		s->helper[i].sums = s;
		s->helper[i].over = false;
		INIT_WORK(&s->helper[i].work, help);
		queue_work(hashers, &s->helper[i].work);
	}
	s->helpers = n;
}

/* Does it end before we would be asleep? */
static bool soon_over(const struct kcr_page_helper *h)
{
	u64 until = local_clock() + SPIN_NS;
	bool over;

	do {
		/* Pairs with help(). */
		over = smp_load_acquire(&h->over);
		cpu_relax();
	} while (!over && !need_resched() && local_clock() < until);
	return over;
}

static void helper_end(struct kcr_page_helper *h)
{
	/* Nobody had time for it, it is done, or about to be. */
	if (!cancel_work(&h->work) && !soon_over(h))
		cancel_work_sync(&h->work);
}

/* kcr_sums_end() - wait for it, and do what nobody else has; more than once is fine */
void kcr_sums_end(struct kcr_page_sums *s)
{
	if (!s->begun)
		return;
	s->begun = false;
	while (sum_piece(s))
		cond_resched();
	while (s->helpers)
		helper_end(&s->helper[--s->helpers]);
}

static int make_nice(struct workqueue_struct *wq)
{
	struct workqueue_attrs *attrs = kcr_call(alloc_workqueue_attrs)();
	int ret;

	if (!attrs)
		return -ENOMEM;
	attrs->nice = MAX_NICE;
	kcr_wq_attrs_anywhere(attrs);
	cpus_read_lock();
	ret = kcr_call(apply_workqueue_attrs)(wq, attrs);
	cpus_read_unlock();
	kcr_call(free_workqueue_attrs)(attrs);
	return ret;
}

/* kcr_sums_init() - when the module is loaded */
int kcr_sums_init(void)
{
	int ret;

	hashers = alloc_workqueue("kcr_hash", WQ_UNBOUND, 0);
	if (!hashers)
		return -ENOMEM;
	ret = make_nice(hashers);
	if (ret)
		kcr_sums_exit();
	return ret;
}

/* kcr_sums_exit() - when nobody has pages to be looked at any more */
void kcr_sums_exit(void)
{
	destroy_workqueue(hashers);
}
