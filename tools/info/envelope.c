// SPDX-License-Identifier: GPL-2.0
/* Pages, their index, and what else the format itself needs. */
#include "info.h"
#include "summary.h"

static const struct info_name pages_flags[] = {
	{ KCR_PAGES_HUGE,	"huge" },
	{ KCR_PAGES_ZERO,	"zero" },
	{ KCR_PAGES_PARENT,	"parent" },
	{ KCR_PAGES_EARLIER,	"earlier" },
	{ }
};

static void pages_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_pages_earlier *earlier = rec->data;
	const struct kcr_img_pages *pages = &earlier->run;

	EMIT32(e, pages, mm);
	EMIT32(e, pages, count);
	EMITX64(e, pages, addr);
	info_flags(e, "flags", le32_to_cpu(pages->flags), pages_flags);
	if (le32_to_cpu(pages->flags) & KCR_PAGES_EARLIER)
		EMIT64(e, earlier, first);
}

static void pages_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_pages *pages = rec->data;
	uint32_t flags = le32_to_cpu(pages->flags);
	uint32_t count = le32_to_cpu(pages->count);

	if (flags & KCR_PAGES_HUGE)
		s->huge += count;
	if (flags & KCR_PAGES_ZERO)
		s->zero_runs += count;
	if (flags & KCR_PAGES_EARLIER)
		s->earlier += count;
	if (!(flags & KCR_PAGES_NO_BYTES))
		summary_add_pages(s, le32_to_cpu(pages->mm),
				  le64_to_cpu(pages->addr), count);
}

const struct info_ops info_pages = {
	.size	= sizeof(struct kcr_img_pages),
	.print	= pages_print,
	.note	= pages_note,
};

static void index_print(struct emit *e, const struct image_rec *rec)
{
	size_t first = rec->version < 2 ? 0 : sizeof(struct kcr_img_index);
	const char *p = (const char *)rec->data + first, *why;
	uint64_t left = rec->len - first, runs = 0;
	int n;

	if (first)
		EMIT64(e, (const struct kcr_img_index *)rec->data, before);
	for (; left; left -= n, p += n, runs++) {
		n = kcr_parse_index_run((const void *)p, left, &why);
		if (n < 0) {
			emit_string(e, "damage", why);
			break;
		}
	}
	emit_u64(e, "runs", runs);
}

const struct info_ops info_index = {
	.size	= sizeof(struct kcr_img_index_run),
	.print	= index_print,
};

static void pad_print(struct emit *e, const struct image_rec *rec)
{
	(void)e;
	(void)rec;
}

const struct info_ops info_pad = {
	.print	= pad_print,
};

static void end_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_end *end = rec->data;

	EMIT64(e, end, total);
	EMIT64(e, end, records);
	EMIT64(e, end, pages);
	EMIT64(e, end, pages_zero);
	EMIT64(e, end, pages_file);
	EMIT64(e, end, index);
}

static void end_note(struct summary *s, const struct image_rec *rec)
{
	const struct kcr_img_end *end = rec->data;

	s->pages_zero = le64_to_cpu(end->pages_zero);
	s->pages_file = le64_to_cpu(end->pages_file);
}

const struct info_ops info_end = {
	.size	= sizeof(struct kcr_img_end),
	.print	= end_print,
	.note	= end_note,
};
