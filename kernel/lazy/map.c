// SPDX-License-Identifier: GPL-2.0
/*
 * Where which pages of the image belong.
 *
 * A range of addresses is an entry that tells how far numbers of pages in the
 * image are from those of addresses. So an entry that is cut stays right, and one
 * that is moved only changes by how far.
 */
#include <linux/maple_tree.h>
#include <linux/mm.h>

#include "lazy/internal.h"

#define DELTA_MASK	((1ul << 62) - 1)

static unsigned long nr(unsigned long addr)
{
	return addr >> PAGE_SHIFT;
}

/* lazy_map_add() - @place replaces what is there */
int lazy_map_add(struct maple_tree *map, const struct lazy_place *place)
{
	unsigned long first = nr(place->addr);

	return mtree_store_range(map, first, first + place->count - 1,
				 xa_mk_value((place->page - first) & DELTA_MASK), GFP_KERNEL);
}

/* lazy_map_remove() - nothing belongs there any more */
int lazy_map_remove(struct maple_tree *map, unsigned long start, unsigned long end)
{
	if (start >= end)
		return 0;
	return mtree_store_range(map, nr(start), nr(end) - 1, NULL, GFP_KERNEL);
}

/**
 * lazy_map_next() - the first pages from an address on
 * @map: of one address space
 * @addr: the address
 * @place: what was found, and not what is before @addr of it
 */
bool lazy_map_next(struct maple_tree *map, unsigned long addr, struct lazy_place *place)
{
	MA_STATE(mas, map, nr(addr), nr(addr));
	unsigned long first = 0, last = 0, delta = 0;
	void *entry;

	mas_lock(&mas);
	entry = mas_find(&mas, ULONG_MAX);
	if (entry) {
		first = max(mas.index, nr(addr));
		last = mas.last;
		delta = xa_to_value(entry);
	}
	mas_unlock(&mas);
	if (!entry)
		return false;
	place->addr = first << PAGE_SHIFT;
	place->count = last - first + 1;
	place->page = (first + delta) & DELTA_MASK;
	return true;
}

/* lazy_map_at() - the pages that begin at @addr, if there are any */
bool lazy_map_at(struct maple_tree *map, unsigned long addr, struct lazy_place *place)
{
	return lazy_map_next(map, addr, place) && place->addr == addr;
}

/* lazy_map_move() - as mremap() has moved the memory */
int lazy_map_move(struct maple_tree *map, unsigned long from, unsigned long to,
		  unsigned long len)
{
	unsigned long addr = from, end = from + len;
	struct lazy_place place;
	int ret = lazy_map_remove(map, to, to + len);

	while (!ret && lazy_map_next(map, addr, &place) && place.addr < end) {
		place.count = min(place.count, nr(end - place.addr));
		addr = place.addr + (place.count << PAGE_SHIFT);
		place.addr += to - from;
		ret = lazy_map_add(map, &place);
	}
	return ret ?: lazy_map_remove(map, from, end);
}

/* lazy_map_copy() - as fork() has copied the memory; @to is empty */
int lazy_map_copy(struct maple_tree *to, struct maple_tree *from)
{
	struct lazy_place place;
	unsigned long addr = 0;
	int ret = 0;

	for (; !ret && lazy_map_next(from, addr, &place);
	     addr = place.addr + (place.count << PAGE_SHIFT))
		ret = lazy_map_add(to, &place);
	return ret;
}
