// SPDX-License-Identifier: GPL-2.0
/* The processor: an image knows what it could do, and another may lack that. */
#define _GNU_SOURCE
#include <cpuid.h>

#include "victim.h"
#include "../uapi/image/x86_cpu.h"

/* What the processor says here must be in the image, and nothing else. */
TEST_PLAIN(the_image_holds_what_the_processor_has)
{
	struct image img = take_apart(image_of(start_victim()));
	const struct kcr_img_x86_cpu *cpu = (void *)rec_of(&img, KCR_KIND_X86_CPU)->data;
	unsigned int a, b, c, d;

	__cpuid_count(7, 0, a, b, c, d);
	EXPECT_EQ(!!(b & bit_AVX2), le32toh(cpu->word[KCR_CPUID_7_EBX]) >> 5 & 1);
	EXPECT_EQ(!!(b & bit_BMI2), le32toh(cpu->word[KCR_CPUID_7_EBX]) >> 8 & 1);
	EXPECT_EQ(!!(d & bit_AMX_TILE), le32toh(cpu->word[KCR_CPUID_7_EDX]) >> 24 & 1);
	__cpuid(1, a, b, c, d);
	EXPECT_EQ(!!(c & bit_SSE4_2), le32toh(cpu->word[KCR_CPUID_1_ECX]) >> 20 & 1);
	EXPECT_EQ(0, le32toh(cpu->word[KCR_CPUID_1_ECX]) >> 31 & 1);
}

static void restart_with(struct image *img, unsigned int flags, struct outcome *o)
{
	struct bytes b = put_together(img, true);

	restart_bytes(b, flags, o);
	free(b.data);
}

TEST_PLAIN(a_lesser_processor_is_refused_by_name)
{
	struct image img = take_apart(image_of(start_victim()));
	struct kcr_img_x86_cpu *cpu = (void *)rec_of(&img, KCR_KIND_X86_CPU)->data;
	struct outcome o;

	restart_with(&img, 0, &o);
	EXPECT_TRUE(o.ran);
	/* Nothing that runs this has a Xeon Phi's instructions. */
	cpu->word[KCR_CPUID_7_EDX] |= htole32(1 << 3 | 1 << 2);
	restart_with(&img, 0, &o);
	EXPECT_FALSE(o.ran);
	EXPECT_EQ(KCR_CLASS_UNSUPPORTED, o.status.class);
	EXPECT_TRUE(strstr(o.text, "lacks avx512_4vnniw (and 1 more)"));
	expect_said(&o, "a lesser processor");
	restart_with(&img, KCR_RESTART_ANY_CPU, &o);
	EXPECT_TRUE(o.ran);
}

TEST_PLAIN(an_image_that_does_not_tell_is_taken)
{
	struct image img = take_apart(image_of(start_victim()));
	struct rec *rec = rec_of(&img, KCR_KIND_X86_CPU);
	struct outcome o;

	memmove(rec, rec + 1, (img.rec + --img.n - rec) * sizeof(*rec));
	restart_with(&img, 0, &o);
	EXPECT_TRUE(o.ran);
}
