// SPDX-License-Identifier: GPL-2.0
/*
 * Pages that are copied, for a snapshot can't hold them: those of shared memory, also
 * before the program is stopped (early.c), and huge pages (hugetlb.c). They are put into
 * windows, in the order in which they are written, within the limit on what is
 * copied.
 */
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "kcr.h"
#include "mm/internal.h"
#include "stream.h"

#define WINDOW_SIZE	((u64)KCR_PAGES_MAX << PAGE_SHIFT)

static bool page_is_zero(struct page *page)
{
	void *p = kmap_local_page(page);
	bool zero = !memchr_inv(p, 0, PAGE_SIZE);

	kunmap_local(p);
	return zero;
}

/**
 * kcr_copy_window() - the window that an address is in
 * @ctx: the operation
 * @list: where it belongs; addresses of one @id are asked for in ascending order
 * @id: of the address space or shared object
 * @addr: the address
 *
 * Return: it, or NULL after kcr_nomem().
 */
struct kcr_copy *kcr_copy_window(struct kcr_ctx *ctx, struct list_head *list, u32 id, u64 addr)
{
	struct kcr_copy *c;

	addr = round_down(addr, WINDOW_SIZE);
	if (!list_empty(list)) {
		c = list_last_entry(list, struct kcr_copy, node);
		if (c->id == id && c->addr == addr)
			return c;
	}
	c = kvzalloc(sizeof(*c), KCR_GFP_COPY);
	if (!c) {
		kcr_nomem(ctx);
		return NULL;
	}
	c->id = id;
	c->addr = addr;
	list_add_tail(&c->node, list);
	return c;
}

static bool too_much(const struct kcr_ctx *ctx)
{
	const struct kcr_mm_data *data = ctx->mm_data;

	return ctx->buffered + data->copied + PAGE_SIZE > ctx->buffer_limit;
}

/* kcr_copy_failed() - with a sentence for what kcr_copy_again() has returned */
int kcr_copy_failed(struct kcr_ctx *ctx, int err)
{
	return err == -EFBIG ? kcr_too_much(ctx) : kcr_nomem(ctx);
}

static struct page *copy_of(struct kcr_mm_data *data, struct page *page)
{
	struct page *new = alloc_page(KCR_GFP_COPY);

	if (!new)
		return NULL;
	copy_highpage(new, page);
	data->copied += PAGE_SIZE;
	return new;
}

/**
 * kcr_copy_page() - copy a page
 * @ctx: the operation; all who could write to the page are parked
 * @list: of struct kcr_mm_data
 * @id: of the address space or shared object
 * @addr: of the page
 * @page: the page
 * @all: remember one that holds zeros, too
 */
int kcr_copy_page(struct kcr_ctx *ctx, struct list_head *list, u32 id, u64 addr,
		  struct page *page, bool all)
{
	bool zero = page_is_zero(page);
	struct kcr_copy *c;
	struct page *new;

	if (zero && !all) {
		ctx->pages_zero++;
		return 0;
	}
	if (!zero && too_much(ctx))
		return kcr_copy_failed(ctx, -EFBIG);
	c = kcr_copy_window(ctx, list, id, addr);
	if (!c)
		return -ENOMEM;
	if (zero) {	/* one page for all of them */
		new = ZERO_PAGE(0);
		get_page(new);
	} else {
		new = copy_of(ctx->mm_data, page);
		if (!new)
			return kcr_nomem(ctx);
	}
	c->all = all;
	c->pages[(addr - c->addr) >> PAGE_SHIFT] = new;
	return 0;
}

/* kcr_copy_forget() - a copy that is of no use; NULL is fine */
void kcr_copy_forget(struct kcr_mm_data *data, struct page **copy)
{
	if (!*copy)
		return;
	put_page(*copy);
	*copy = NULL;
	data->copied -= PAGE_SIZE;
}

/**
 * kcr_copy_again() - make a copy what a page holds
 * @ctx: the operation
 * @copy: the copy, in a window; NULL for zeros
 * @page: the page; may be written to meanwhile
 *
 * Return: 0, -ENOMEM, or -EFBIG at the limit; without a sentence.
 */
int kcr_copy_again(struct kcr_ctx *ctx, struct page **copy, struct page *page)
{
	struct kcr_mm_data *data = ctx->mm_data;

	if (page_is_zero(page)) {
		kcr_copy_forget(data, copy);
		return 0;
	}
	if (*copy) {
		copy_highpage(*copy, page);
		return 0;
	}
	if (too_much(ctx))
		return -EFBIG;
	*copy = copy_of(data, page);
	return *copy ? 0 : -ENOMEM;
}

/* kcr_copy_write() - write a window */
int kcr_copy_write(struct kcr_ctx *ctx, struct kcr_copy *c)
{
	if (c->parent)
		return kcr_write_no_pages(ctx, c->id, c->addr, KCR_PAGES_PARENT, KCR_PAGES_MAX);
	return kcr_write_window_now(ctx, &(struct kcr_page_window) {
		.id = c->id,
		.addr = c->addr,
		.explicit_zeros = c->all,
		.pages = c->pages,
	});
}

/* kcr_copy_empty() - let go of its pages */
void kcr_copy_empty(struct kcr_copy *c)
{
	unsigned int i;

	for (i = 0; i < KCR_PAGES_MAX; i++) {
		if (c->pages[i])
			put_page(c->pages[i]);
		c->pages[i] = NULL;
	}
}

/* kcr_copy_drop() - it has been written, or never will be */
void kcr_copy_drop(struct kcr_copy *c)
{
	list_del(&c->node);
	kcr_copy_empty(c);
	kvfree(c);
}

/* kcr_copies_drop() - all of a list */
void kcr_copies_drop(struct list_head *list)
{
	struct kcr_copy *c, *next;

	list_for_each_entry_safe(c, next, list, node)
		kcr_copy_drop(c);
}
