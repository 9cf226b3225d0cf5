// SPDX-License-Identifier: GPL-2.0
/* Registers of x86-64. */
#include <string.h>

#include "../../uapi/image/x86_debug.h"
#include "../../uapi/image/x86_ldt.h"
#include "../../uapi/image/x86_regs.h"
#include "../../uapi/image/x86_thread.h"
#include "info.h"
#include "summary.h"
#include "xfeatures.h"

/* Of the XSAVE area: which sets of registers are not in their initial state. */
#define XSTATE_BV_OFFSET	512

static const char * const xfeatures[64] = {
	"x87", "SSE", "AVX", "MPX-bounds", "MPX-config", "AVX512-mask",
	"AVX512-high", "AVX512-more", "PT", "PKRU", "PASID", "CET-user",
	"CET-supervisor", "HDC", "UINTR", "LBR", "HWP", "AMX-config",
	"AMX-tiles", "APX",
};

void xfeatures_emit(struct emit *e, const char *name, uint64_t bits)
{
	unsigned int bit;

	emit_begin_list(e, name);
	for (bit = 0; bit < 64; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (xfeatures[bit])
			emit_string(e, NULL, xfeatures[bit]);
		else
			emit_u64(e, NULL, bit);
	}
	emit_end(e);
}

void xfeatures_print(FILE *file, uint64_t bits)
{
	const char *space = "";
	unsigned int bit;

	for (bit = 0; bit < 64; bit++) {
		if (!(bits >> bit & 1))
			continue;
		if (xfeatures[bit])
			fprintf(file, "%s%s", space, xfeatures[bit]);
		else
			fprintf(file, "%s(bit %u)", space, bit);
		space = " ";
	}
}

static const struct {
	unsigned int word, bit;
	const char *name;
} features[] = {
#define FEATURE(word, bit, name)	{ KCR_CPUID_##word, bit, name },
	KCR_X86_FEATURES(FEATURE)
#undef FEATURE
};

#define FEATURES	(sizeof(features) / sizeof(*features))

static const char *feature_of(const struct kcr_img_x86_cpu *cpu, size_t i)
{
	return le32_to_cpu(cpu->word[features[i].word]) >> features[i].bit & 1 ?
	       features[i].name : NULL;
}

/* As many to a line as a terminal has room for, each line after a margin. */
void x86_cpu_show(FILE *file, const struct kcr_img_x86_cpu *cpu, const char *margin)
{
	size_t i, column = 0;

	for (i = 0; i < FEATURES; i++) {
		const char *name = feature_of(cpu, i);

		if (!name)
			continue;
		if (!column || column + strlen(name) > 78)
			column = fprintf(file, "\n%s%s", margin, name) - 1;
		else
			column += fprintf(file, " %s", name);
	}
}

static void x86_cpu_print(struct emit *e, const struct image_rec *rec)
{
	size_t i;

	emit_begin_list(e, "instructions");
	for (i = 0; i < FEATURES; i++)
		if (feature_of(rec->data, i))
			emit_string(e, NULL, feature_of(rec->data, i));
	emit_end(e);
}

static void x86_cpu_note(struct summary *s, const struct image_rec *rec)
{
	memcpy(&s->cpu, rec->data, sizeof(s->cpu));
	s->has_cpu = true;
}

const struct info_ops info_x86_cpu = {
	.size	= sizeof(struct kcr_img_x86_cpu),
	.print	= x86_cpu_print,
	.note	= x86_cpu_note,
};

static const char * const registers[KCR_X86_NREGS] = {
	"r15", "r14", "r13", "r12", "rbp", "rbx", "r11", "r10", "r9", "r8",
	"rax", "rcx", "rdx", "rsi", "rdi", "orig_rax", "rip", "cs", "rflags",
	"rsp", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs",
};

static void x86_regs_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_x86_regs *regs = rec->data;
	size_t i;

	emit_begin(e, "registers");
	for (i = 0; i < KCR_X86_NREGS; i++)
		emit_hex(e, registers[i], le64_to_cpu(regs->reg[i]));
	emit_end(e);
}

const struct info_ops info_x86_regs = {
	.size	= sizeof(struct kcr_img_x86_regs),
	.print	= x86_regs_print,
};

static uint64_t word_at(const struct image_rec *rec, size_t at)
{
	__le64 word;

	memcpy(&word, (const char *)rec->data + at, sizeof(word));
	return le64_to_cpu(word);
}

static void x86_xstate_print(struct emit *e, const struct image_rec *rec)
{
	xfeatures_emit(e, "enabled", word_at(rec, KCR_X86_XCR0_OFFSET));
	xfeatures_emit(e, "in_use", word_at(rec, XSTATE_BV_OFFSET));
}

static void x86_xstate_note(struct summary *s, const struct image_rec *rec)
{
	s->features |= word_at(rec, XSTATE_BV_OFFSET);
}

const struct info_ops info_x86_xstate = {
	.size	= KCR_X86_XSTATE_MIN,
	.print	= x86_xstate_print,
	.note	= x86_xstate_note,
};

static const struct info_name thread_flags[] = {
	{ KCR_X86_NO_TSC,	"no_tsc" },
	{ KCR_X86_NO_CPUID,	"no_cpuid" },
	{ KCR_X86_FLUSH_L1D,	"flush_l1d" },
	{ }
};

static void x86_thread_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_x86_thread *thread = rec->data;
	const struct kcr_img_x86_ports *ports = (const void *)(thread + 1);
	size_t i, n = info_items(rec, sizeof(*thread), sizeof(*ports),
				 le32_to_cpu(thread->ranges));

	info_flags(e, "flags", le32_to_cpu(thread->flags), thread_flags);
	EMIT32(e, thread, iopl);
	emit_begin_list(e, "ports");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMITX32(e, &ports[i], from);
		EMIT32(e, &ports[i], count);
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_x86_thread = {
	.size	= sizeof(struct kcr_img_x86_thread),
	.print	= x86_thread_print,
};

static const struct info_name ldt_flags[] = {
	{ KCR_LDT_SEG_32BIT,		"seg_32bit" },
	{ KCR_LDT_READ_EXEC_ONLY,	"read_exec_only" },
	{ KCR_LDT_LIMIT_IN_PAGES,	"limit_in_pages" },
	{ KCR_LDT_NOT_PRESENT,		"not_present" },
	{ KCR_LDT_USEABLE,		"useable" },
	{ }
};

static void x86_ldt_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_x86_ldt *segment = rec->data;
	size_t i, n = info_items(rec, 0, sizeof(*segment), KCR_LDT_MAX);

	emit_begin_list(e, "segments");
	for (i = 0; i < n; i++) {
		emit_begin(e, NULL);
		EMIT32(e, &segment[i], entry);
		EMITX32(e, &segment[i], base);
		EMITX32(e, &segment[i], limit);
		EMIT32(e, &segment[i], contents);
		info_flags(e, "flags", le32_to_cpu(segment[i].flags), ldt_flags);
		emit_end(e);
	}
	emit_end(e);
}

const struct info_ops info_x86_ldt = {
	.print	= x86_ldt_print,
};

static void x86_debug_print(struct emit *e, const struct image_rec *rec)
{
	const struct kcr_img_x86_debug *debug = rec->data;
	size_t i;

	emit_begin_list(e, "breakpoints");
	for (i = 0; i < KCR_X86_BREAKPOINTS; i++) {
		if (!(le32_to_cpu(debug->set) >> i & 1))
			continue;
		emit_begin(e, NULL);
		emit_u64(e, "register", i);
		emit_hex(e, "address", le64_to_cpu(debug->address[i]));
		emit_end(e);
	}
	emit_end(e);
	EMITX64(e, debug, control);
}

const struct info_ops info_x86_debug = {
	.size	= sizeof(struct kcr_img_x86_debug),
	.print	= x86_debug_print,
};
