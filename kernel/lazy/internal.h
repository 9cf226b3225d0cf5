/* SPDX-License-Identifier: GPL-2.0 */
/* What the files of kernel/lazy share. */
#ifndef _KCR_LAZY_INTERNAL_H
#define _KCR_LAZY_INTERNAL_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/maple_tree.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/spinlock.h>
#include <linux/wait.h>

#include "kcr.h"

#define LAZY_BATCH	64u	/* pages that are read at once */

/**
 * struct lazy_run - a run of pages of an image
 * @first: number of its first page, counted as in struct kcr_img_pages_earlier
 * @offset: of that page's bytes in the image, or KCR_INDEX_EARLIER + its number in
 *	the image before; 0: it needs no bytes
 * @addr: where it belongs
 * @hash: of the first page, the others' follow; NULL: the run has no bytes here
 * @mm: id of the KCR_KIND_MM record, or of one of shared memory
 * @count: pages
 */
struct lazy_run {
	u64 first, offset, addr;
	const u8 *hash;
	u32 mm, count;
};

/**
 * struct lazy_index - the index of an image
 * @blocks: payloads of KCR_KIND_INDEX records
 * @runs: all runs, in the order of the image
 * @nr: how many
 * @next: of them, the one that the stream comes to next
 * @pages: that have numbers
 */
struct lazy_index {
	struct list_head blocks;
	struct lazy_run *runs;
	size_t nr, next;
	u64 pages;
};

/**
 * struct lazy_frame - where a frame of a compressed image begins
 * @packed: in the file, from where the image begins
 * @plain: in the image
 */
struct lazy_frame {
	u64 packed, plain;
};

/**
 * struct lazy_image - an image, in a regular file
 * @file: it
 * @base: where in that it begins
 * @bytes: of the file from there on
 * @size: of the image when it is not compressed
 * @frames: of all frames, and one more for what is behind the last; NULL: plain
 * @nr_frames: how many
 * @head: its first bytes
 * @index: where its pages are
 */
struct lazy_image {
	struct file *file;
	loff_t base;
	u64 bytes, size;
	struct lazy_frame *frames;
	size_t nr_frames;
	struct kcr_image_head head;
	struct lazy_index index;
};

static inline bool lazy_is_increment(const struct lazy_image *img)
{
	return le32_to_cpu(img->head.flags) & KCR_IMAGE_INCREMENT;
}

static inline bool lazy_run_is_earlier(const struct lazy_run *run)
{
	return run->offset & KCR_INDEX_EARLIER;
}

#define LAZY_BLOCKS	4u

/**
 * struct lazy_block - what a frame holds, decompressed lately
 * @img: of which image, NULL: none
 * @nr: number of the frame
 * @used: when it was wanted last
 * @bytes: room for any block
 */
struct lazy_block {
	const struct lazy_image *img;
	size_t nr;
	u64 used;
	u8 *bytes;
};

/**
 * struct lazy_unpack - what is needed to read compressed images
 * @lock: protects the rest: the controller and the server read
 * @workspace: of zstd
 * @packed: room for any frame
 * @blocks: of which the first @nr have room
 * @nr: how many
 * @clock: counts what is wanted
 *
 * All memory is there before the program runs: a page that it waits for can't be
 * late because there is none.
 */
struct lazy_unpack {
	struct mutex lock;
	void *workspace;
	u8 *packed;
	struct lazy_block blocks[LAZY_BLOCKS];
	unsigned int nr;
	u64 clock;
};

/* frames.c: 0, also if it is not compressed, or a negative errno after kcr_fail() */
int lazy_frames_read(struct kcr_ctx *ctx, struct lazy_image *img);
size_t lazy_frames_find(const struct lazy_image *img, u64 plain);

/* unpack.c; lazy_unpack_read(): -EBADMSG if a frame is damaged */
int lazy_unpack_begin(struct kcr_ctx *ctx, struct lazy_unpack *u,
		      const struct lazy_image *images, unsigned int nr);
int lazy_unpack_read(struct lazy_unpack *u, const struct lazy_image *img, u64 offset,
		     struct iov_iter *iter);
void lazy_unpack_end(struct lazy_unpack *u);

/* image.c: 0, -ENODATA where it has ended, or why not */
int lazy_file_read(const struct lazy_image *img, u64 at, struct iov_iter *iter);
int lazy_file_bytes(const struct lazy_image *img, u64 at, void *buf, size_t len);
int lazy_image_open(struct kcr_ctx *ctx, struct lazy_image *img);
int lazy_image_failed(struct kcr_ctx *ctx, int err, u64 offset);
int lazy_image_read(struct kcr_lazy *lazy, const struct lazy_image *img, u64 offset,
		    struct iov_iter *iter);
int lazy_image_bytes(struct kcr_lazy *lazy, const struct lazy_image *img, u64 offset, void *buf,
		     size_t len);
void lazy_image_close(struct lazy_image *img);

/* index.c */
int lazy_index_read(struct kcr_ctx *ctx, struct lazy_image *img);
const struct lazy_run *lazy_index_next(struct lazy_index *index, const struct kcr_img_pages *run,
				       u64 offset);
const struct lazy_run *lazy_index_find(const struct lazy_index *index, u64 page);
void lazy_index_drop(struct lazy_index *index);

/**
 * struct lazy_spot - where the bytes of some pages are
 * @img: in which image
 * @offset: of the first there
 * @hash: of the first
 * @count: how many
 */
struct lazy_spot {
	const struct lazy_image *img;
	u64 offset;
	const u8 *hash;
	unsigned int count;
};

/* chain.c */
int lazy_chain_open(struct kcr_ctx *ctx, struct kcr_lazy *lazy);
void lazy_chain_find(const struct kcr_lazy *lazy, u64 page, unsigned int count,
		     struct lazy_spot *spot);
int lazy_chain_fetch(struct kcr_lazy *lazy, const struct lazy_spot *spot, struct page **pages);

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
void lazy_uffd_wake_all(struct lazy_bench *b, struct lazy_uffd *u);

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
 * @images: the image, and those before it that it needs
 * @nr: how many
 * @index_bytes: that their indexes take
 * @frames: that they have
 * @unpack: to read them, where one is compressed
 * @run: the run that the stream is at
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
	struct lazy_image *images;
	unsigned int nr;
	u64 index_bytes, frames;
	struct lazy_unpack unpack;
	const struct lazy_run *run;
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
