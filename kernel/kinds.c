// SPDX-License-Identifier: GPL-2.0
/*
 * The table of kinds, grown from KCR_KINDS. A kind without a handler is a link
 * error.
 */
#include "kcr.h"
#include "kinds.h"

static const struct kcr_ops *const table[KCR_KIND_MAX] = {
#define KCR_OPS_ENTRY(nr, NAME, stem, text)	[nr] = &kcr_##stem##_ops,
	KCR_KINDS(KCR_OPS_ENTRY)
#undef KCR_OPS_ENTRY
};

const struct kcr_ops *const kcr_kinds[] = {
#define KCR_OPS_ENTRY(nr, NAME, stem, text)	&kcr_##stem##_ops,
	KCR_KINDS(KCR_OPS_ENTRY)
#undef KCR_OPS_ENTRY
};

const unsigned int kcr_nr_kinds = ARRAY_SIZE(kcr_kinds);

const struct kcr_ops *kcr_ops_find(u32 kind)
{
	return kind < KCR_KIND_MAX ? table[kind] : NULL;
}

/*
 * Kinds that belong to the stream itself: pages, their index, filler and end
 * are read and written by stream.c and reader.c.
 */
#define KCR_OPS_STREAM(NAME, stem)					\
	const struct kcr_ops kcr_##stem##_ops = {			\
		.kind = KCR_KIND_##NAME, .version = 1, .name = #stem,	\
	};
KCR_OPS_STREAM(PAGES, pages)
KCR_OPS_STREAM(INDEX, index)
KCR_OPS_STREAM(PAD, pad)
KCR_OPS_STREAM(END, end)
