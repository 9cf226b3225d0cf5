// SPDX-License-Identifier: GPL-2.0
/*
 * The summary of an image, in JSON.
 */
#include "info.h"
#include "show.h"
#include "xfeatures.h"

static void emit_memory(struct emit *e, const struct summary *s,
			const struct summary_process *p)
{
	size_t i;

	emit_begin_list(e, "memory");
	for (i = 0; i < s->nr_vmas; i++) {
		const struct summary_vma *v = &s->vmas[i];

		if (v->mm != p->mm_id)
			continue;
		emit_begin(e, NULL);
		emit_hex(e, "start", v->start);
		emit_u64(e, "bytes", v->end - v->start);
		emit_u64(e, "saved", page_bytes(summary_saved(s, v)));
		emit_string(e, "name", summary_vma_name(s, p, v));
		emit_end(e);
	}
	emit_end(e);
}

static void emit_process(struct emit *e, const struct summary *s,
			 const struct summary_process *p)
{
	uint32_t flags = le32_to_cpu(p->img.flags);

	emit_begin(e, NULL);
	EMIT32(e, &p->img, pid);
	EMIT32(e, &p->img, ppid);
	emit_text(e, "comm", p->comm, sizeof(p->comm) - 1);
	emit_bool(e, "ended", flags & KCR_PROCESS_ZOMBIE);
	emit_bool(e, "stopped", flags & KCR_PROCESS_STOPPED);
	emit_u64(e, "threads", p->nr_threads);
	emit_u64(e, "descriptors", p->nr_fds);
	emit_u64(e, "bytes", p->bytes);
	emit_u64(e, "saved", page_bytes(p->pages));
	if (p->has_mm)
		emit_memory(e, s, p);
	emit_end(e);
}

/**
 * summary_emit() - print what was counted, in JSON
 * @e: where to
 * @s: summary_sort() has been called
 * @img: the image
 */
void summary_emit(struct emit *e, const struct summary *s,
		  const struct image *img)
{
	size_t i;

	emit_begin(e, "summary");
	emit_command(e, img);
	emit_u64(e, "pages", img->sum.pages);
	emit_u64(e, "pages_earlier", s->earlier);
	emit_u64(e, "pages_zero", s->pages_zero);
	emit_u64(e, "pages_file", s->pages_file);
	emit_u64(e, "pages_huge", s->huge);
	emit_u64(e, "page_size", KCR_PARSE_PAGE_SIZE);
	xfeatures_emit(e, "features_in_use", s->features);
	emit_begin_list(e, "processes");
	for (i = 0; i < s->nr_processes; i++)
		emit_process(e, s, &s->processes[i]);
	emit_end(e);
	emit_end(e);
}
