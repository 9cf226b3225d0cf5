/* SPDX-License-Identifier: GPL-2.0 */
/* The pages that a process has of its own, 2 MB of addresses at a time. */
#ifndef _KCR_WINDOW_H
#define _KCR_WINDOW_H

#include "kcr.h"
#include "stream.h"

/* The part of a mapping that may hold pages of its own. */
struct kcr_span {
	unsigned long start, end;
	bool file;
	bool counted;	/* all of it, as pages that the file holds */
};

/**
 * struct kcr_window - 2 MB of an address space
 * @base: first address, a multiple of its size
 * @begun: something was found, and @base is set
 * @huge: it is one transparent huge page
 * @next: where the walk went on after it, to be walked next
 * @span: what the walk was in
 * @pages: with a reference each, NULL: none
 * @away: pages that must be fetched (swap, migration)
 * @any_same: there are some in @same
 * @same: pages that the parent process has too
 * @unchanged: pages that the image before has too, as a tracker tells
 * @first: of those, their numbers in that image
 * @skip: pages that nobody looks at: @same and @unchanged
 * @sums: what is known of the others
 */
struct kcr_window {
	unsigned long base, next;
	bool begun, huge;
	struct kcr_span span;
	struct page *pages[KCR_PAGES_MAX];
	DECLARE_BITMAP(away, KCR_PAGES_MAX);
	bool any_same;
	DECLARE_BITMAP(same, KCR_PAGES_MAX);
	DECLARE_BITMAP(unchanged, KCR_PAGES_MAX);
	u64 first[KCR_PAGES_MAX];
	DECLARE_BITMAP(skip, KCR_PAGES_MAX);
	struct kcr_page_sums sums;
};

int kcr_window_fill(struct kcr_ctx *ctx, struct mm_struct *mm, struct kcr_window *w,
		    unsigned long addr, bool huge);
void kcr_window_same(struct mm_struct *mm, struct kcr_window *w, const struct kcr_window *as);
void kcr_window_drop(struct mm_struct *mm, struct kcr_window *w);
void kcr_window_put(struct kcr_window *w);
bool kcr_mm_has_huge(struct mm_struct *mm);

#endif /* _KCR_WINDOW_H */
