// SPDX-License-Identifier: GPL-2.0
/*
 * The hashes of pages, for the index of an image, worked out on several
 * processors: one alone hashes hardly faster than it copies.
 */
#include <linux/cpumask.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/workqueue.h>
#include <linux/xxhash.h>

#include "kcr.h"
#include "stream.h"

#define SHARE_MIN	32u	/* pages that are worth waking somebody */
#define HELPERS_MAX	3u

/**
 * struct share - some of the pages
 * @work: for a worker, where it is not the caller's own share
 * @pages: the first
 * @count: how many
 * @hash: of the first, the others' follow
 */
struct share {
	struct work_struct work;
	struct page **pages;
	unsigned int count;
	u8 *hash;
};

static void hash_page(struct page *page, u8 *hash)
{
	void *p = kmap_local_page(page);
	__le64 h[2] = {
		cpu_to_le64(xxh64(p, PAGE_SIZE, 0)),
		cpu_to_le64(xxh64(p, PAGE_SIZE, KCR_HASH_SEED)),
	};

	kunmap_local(p);
	BUILD_BUG_ON(sizeof(h) != KCR_HASH_LEN);
	memcpy(hash, h, sizeof(h));
}

static void hash_share(struct work_struct *work)
{
	struct share *s = container_of(work, struct share, work);
	unsigned int i;

	for (i = 0; i < s->count; i++)
		hash_page(s->pages[i], s->hash + i * KCR_HASH_LEN);
}

/**
 * kcr_hash_pages() - hash each of some pages
 * @pages: their contents don't change until this returns
 * @count: how many
 * @hash: where the hashes go, KCR_HASH_LEN bytes each
 */
void kcr_hash_pages(struct page **pages, unsigned int count, u8 *hash)
{
	unsigned int helpers = min3(count / SHARE_MIN, num_online_cpus() - 1, HELPERS_MAX);
	struct share share[HELPERS_MAX + 1];
	unsigned int i, from, each = count / (helpers + 1);

	for (i = 0, from = 0; i <= helpers; i++, from += each) {
		share[i].pages = pages + from;
		share[i].hash = hash + from * KCR_HASH_LEN;
		share[i].count = i < helpers ? each : count - from;
		INIT_WORK_ONSTACK(&share[i].work, hash_share);
		if (i < helpers)
			queue_work(system_unbound_wq, &share[i].work);
	}
	hash_share(&share[helpers].work);
	for (i = 0; i < helpers; i++)
		if (cancel_work_sync(&share[i].work))	/* nobody had time for it */
			hash_share(&share[i].work);
	for (i = 0; i <= helpers; i++)
		destroy_work_on_stack(&share[i].work);
}
