// SPDX-License-Identifier: GPL-2.0
/*
 * What the processor can do. Programs and libraries look once, when they start,
 * and choose their code by it: on a processor that lacks an instruction they
 * would be killed at some later time. Which of them a program has chosen to
 * use can't be told, so all count; whoever knows better says --any-cpu.
 *
 * Sets of registers are x86_xstate's (regs.c), and must fit in any case.
 */
#include <asm/processor.h>

#include "kcr.h"
#include <uapi/image/x86_cpu.h>

struct feature {
	u8 word, bit;
	const char *name;
};

static const struct feature features[] = {
#define FEATURE(word, bit, name)	{ KCR_CPUID_##word, bit, name },
	KCR_X86_FEATURES(FEATURE)
#undef FEATURE
};

static void keep_known(u32 *word)
{
	u32 known[KCR_X86_CPU_WORDS] = {};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		known[features[i].word] |= BIT(features[i].bit);
	for (i = 0; i < KCR_X86_CPU_WORDS; i++)
		word[i] &= known[i];
}

/* As a program sees it: asked of the processor, not of the kernel. */
static void cpu_read(u32 *word)
{
	u32 none, subleaves, leaves = cpuid_eax(0), extended = cpuid_eax(0x80000000);

	memset(word, 0, KCR_X86_CPU_WORDS * sizeof(*word));
	cpuid(1, &none, &none, &word[KCR_CPUID_1_ECX], &none);
	if (leaves >= 7) {
		cpuid_count(7, 0, &subleaves, &word[KCR_CPUID_7_EBX],
			    &word[KCR_CPUID_7_ECX], &word[KCR_CPUID_7_EDX]);
		if (subleaves)
			cpuid_count(7, 1, &word[KCR_CPUID_7_1_EAX], &none, &none,
				    &word[KCR_CPUID_7_1_EDX]);
	}
	if (leaves >= 0xd)
		cpuid_count(0xd, 1, &word[KCR_CPUID_D_1_EAX], &none, &none, &none);
	if (extended >= 0x80000001)
		cpuid(0x80000001, &none, &none, &word[KCR_CPUID_80000001_ECX],
		      &word[KCR_CPUID_80000001_EDX]);
	keep_known(word);
}

static int x86_cpu_save(struct kcr_ctx *ctx)
{
	struct kcr_img_x86_cpu img = {};
	u32 word[KCR_X86_CPU_WORDS];
	unsigned int i;

	cpu_read(word);
	for (i = 0; i < KCR_X86_CPU_WORDS; i++)
		img.word[i] = cpu_to_le32(word[i]);
	return kcr_write_rec(ctx, KCR_KIND_X86_CPU, 1, 0, 0, &img, sizeof(img));
}

static const char *name_of(unsigned int word, unsigned int bit)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(features); i++)
		if (features[i].word == word && features[i].bit == bit)
			return features[i].name;
	return "an instruction not known here";
}

static int refuse_lacking(struct kcr_ctx *ctx, unsigned int word, u32 lacking)
{
	return kcr_refuse(ctx, "this processor lacks %s (and %u more), which the program may use: --any-cpu if it does not",
			  name_of(word, __ffs(lacking)), hweight32(lacking) - 1);
}

static int x86_cpu_check(struct kcr_ctx *ctx, const struct kcr_rec *rec)
{
	const struct kcr_img_x86_cpu *img = kcr_rec_as(rec, struct kcr_img_x86_cpu);
	u32 word[KCR_X86_CPU_WORDS], lacking;
	unsigned int i;
	int ret = 0;

	if (rec->len != sizeof(*img))
		return kcr_bad_image(ctx, "processor record of %zu bytes", rec->len);
	if (ctx->restart_flags & KCR_RESTART_ANY_CPU)
		return 0;
	cpu_read(word);
	for (i = 0; i < KCR_X86_CPU_WORDS && !ret; i++) {
		lacking = le32_to_cpu(img->word[i]) & ~word[i];
		if (lacking)
			ret = refuse_lacking(ctx, i, lacking);
	}
	return ret;
}

const struct kcr_ops kcr_x86_cpu_ops = {
	.kind		= KCR_KIND_X86_CPU,
	.version	= 1,
	.name		= "x86_cpu",
	.save_image	= x86_cpu_save,
	.check		= x86_cpu_check,
};
