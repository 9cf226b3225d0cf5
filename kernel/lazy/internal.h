/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kernel/lazy share. */
#ifndef _KCR_LAZY_INTERNAL_H
#define _KCR_LAZY_INTERNAL_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/maple_tree.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "kcr.h"

#define LAZY_BATCH	64u	/* pages that are read at once */

/**
 * struct lazy_run - a run of pages of the image
 * @first: number of its first page, counted as in struct kcr_img_pages_earlier
 * @offset: of that page's bytes in the image
 * @addr: where it belongs
 * @hash: of the first page, the others' follow; NULL: the run has no bytes
 * @mm: id of the KCR_KIND_MM record, or of one of shared memory
 * @count: pages
 */
struct lazy_run {
	u64 first, offset, addr;
	const u8 *hash;
	u32 mm, count;
};

/**
 * struct lazy_index - the index of the image
 * @blocks: payloads of KCR_KIND_INDEX records
 * @bytes: of them
 * @runs: all runs, in the order of the image
 * @nr: how many
 * @next: of them, the one that the stream comes to next
 */
struct lazy_index {
	struct list_head blocks;
	u64 bytes;
	struct lazy_run *runs;
	size_t nr, next;
};

int lazy_index_read(struct kcr_ctx *ctx, struct lazy_index *index);
const struct lazy_run *lazy_index_next(struct lazy_index *index, const struct kcr_img_pages *run,
				       u64 offset);
const struct lazy_run *lazy_index_find(const struct lazy_index *index, u64 page);
void lazy_index_drop(struct lazy_index *index);

/**
 * struct lazy_place - pages that follow one another, in memory and in the image
 * @addr: of the first
 * @count: how many
 * @page: number of the first in the image
 */
struct lazy_place {
	unsigned long addr, count;
	u64 page;
};

/* map.c: where which pages of the image belong; NULL-free ranges of addresses */
int lazy_map_add(struct maple_tree *map, const struct lazy_place *place);
int lazy_map_remove(struct maple_tree *map, unsigned long start, unsigned long end);
int lazy_map_move(struct maple_tree *map, unsigned long from, unsigned long to,
		  unsigned long len);
int lazy_map_copy(struct maple_tree *to, struct maple_tree *from);
bool lazy_map_next(struct maple_tree *map, unsigned long addr, struct lazy_place *place);
bool lazy_map_at(struct maple_tree *map, unsigned long addr, struct lazy_place *place);

/**
 * struct lazy_bench - memory of the server's own, in which userfaultfd is talked to
 * @mm: an address space with nothing else, which the server has adopted
 * @addr: of a page for messages; behind it LAZY_BATCH pages for the image's
 * @pages: those
 * @pinned: how many of them are held
 */
struct lazy_bench {
	struct mm_struct *mm;
	unsigned long addr;
	struct page *pages[LAZY_BATCH];
	unsigned int pinned;
};

/**
 * struct lazy_uffd - a userfaultfd of the server's
 * @file: it
 * @fd: in the server's own table of descriptors
 * @poll: with which @wait was put into @head
 * @wait: wakes the server
 * @head: the queue of @file
 * @wake: whom
 * @kicked: set when there may be something to read
 */
struct lazy_uffd {
	struct file *file;
	int fd;
	poll_table poll;
	wait_queue_entry_t wait;
	wait_queue_head_t *head;
	wait_queue_head_t *wake;
	bool *kicked;
};

struct uffd_msg;

int lazy_bench_begin(struct lazy_bench *b);
void lazy_bench_end(struct lazy_bench *b);
int lazy_uffd_open(struct lazy_bench *b, struct lazy_uffd *u, struct mm_struct *mm);
int lazy_uffd_adopt(struct lazy_uffd *u, int fd);
void lazy_uffd_watch(struct lazy_uffd *u, wait_queue_head_t *wake, bool *kicked);
void lazy_uffd_close(struct lazy_uffd *u);
int lazy_uffd_register(struct lazy_bench *b, struct lazy_uffd *u, unsigned long start,
		       unsigned long len);
int lazy_uffd_read(struct lazy_bench *b, struct lazy_uffd *u, struct uffd_msg *msg);
long lazy_uffd_copy(struct lazy_bench *b, struct lazy_uffd *u, unsigned long addr,
		    unsigned int count);
long lazy_uffd_zero(struct lazy_bench *b, struct lazy_uffd *u, unsigned long addr);
void lazy_uffd_wake(struct lazy_bench *b, struct lazy_uffd *u, unsigned long addr);

/**
 * struct lazy_mm - memory whose pages have not all come
 * @node: in the server's list
 * @served: in the list of all that are served
 * @mm: the memory; the structure is held, its users are not
 * @eligible: restart: where pages may come later
 * @places: which do, and have not yet
 * @moved: where places were moved to since nothing else was going on
 * @cursor: from there on they are pushed
 * @uffd: watches it
 * @ready: @ret tells whether it is watched
 * @ret: of that
 * @sealed: restart: no place may be added any more
 * @doomed: not all can come, and who has it is killed
 * @watched: it is the server's, which drops it
 * @tgid: of a process that has it, for people to read
 */
struct lazy_mm {
	struct list_head node, served;
	struct mm_struct *mm;
	struct maple_tree eligible, places, moved;
	unsigned long cursor;
	struct lazy_uffd uffd;
	struct completion ready;
	int ret;
	bool sealed, doomed, watched;
	pid_t tgid;
};

/**
 * struct kcr_lazy - the server of a restart
 * @task: its thread
 * @image: the image
 * @base: where in that it begins
 * @index: where its pages are
 * @lock: protects @requests, @going and @stopping
 * @requests: struct lazy_mm to be watched
 * @mms: those that are
 * @wait: where the server waits
 * @kicked: there may be something to read
 * @going: the program runs: the server ends by itself, when all has come
 * @stopping: it was killed before that
 * @ended: the server has
 * @bench: the server's own
 */
struct kcr_lazy {
	struct task_struct *task;
	struct file *image;
	loff_t base;
	struct lazy_index index;
	spinlock_t lock;
	struct list_head requests, mms;
	wait_queue_head_t wait;
	bool kicked, going, stopping;
	struct completion ended;
	struct lazy_bench bench;
};

/* serve.c: what becomes of the pages of one memory */
#define LAZY_GONE	1	/* all have come, or nobody has it any more */
#define LAZY_LATER	2	/* something is going on there, or memory is short */
int lazy_serve(struct kcr_lazy *lazy, struct lazy_mm *lm);
int lazy_push(struct kcr_lazy *lazy, struct lazy_mm *lm);
int lazy_watch(struct kcr_lazy *lazy, struct lazy_mm *lm);

/* server.c */
struct lazy_mm *lazy_mm_alloc(gfp_t gfp);
void lazy_mm_free(struct lazy_mm *lm);
void lazy_mm_serve(struct kcr_lazy *lazy, struct lazy_mm *lm);
int lazy_server_start(struct kcr_ctx *ctx, struct kcr_lazy *lazy);
void lazy_server_go(struct kcr_lazy *lazy);
void lazy_server_stop(struct kcr_lazy *lazy);

#endif /* _KCR_LAZY_INTERNAL_H */
