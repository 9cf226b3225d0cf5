// SPDX-License-Identifier: GPL-2.0
/*
 * For those without libFuzzer: inputs from files (or standard input, as AFL
 * gives them), or a number of random changes to a good image.
 *
 *   image FILE...
 *   image --random COUNT SEED
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../tools/lib/tool.h"
#include "../host/build.h"

#define INPUT_MAX	(64u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state;

/* xorshift64*: the same numbers everywhere for a seed */
static uint64_t next_random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1dull;
}

static void run_file(FILE *file)
{
	uint8_t *data = malloc(INPUT_MAX);
	size_t size = data ? fread(data, 1, INPUT_MAX, file) : 0;

	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

/* Numbers that have gone wrong before. */
static uint64_t odd_number(void)
{
	static const uint64_t odd[] = {
		0, 1, 7, 8, 4095, 4096, 511, 512, 513, 0x7fffffff, 0x80000000,
		0xffffffff, 0x100000000, KCR_REC_MAX, KCR_REC_MAX + 1,
		0x7fffffffffffffff, 0x8000000000000000, 0xfffffffffffffff8,
		0xffffffffffffffff,
	};

	return odd[next_random() % ARRAY_SIZE(odd)];
}

/* Most of an image is pages: change rather what stands before them. */
static void change(uint8_t *p, size_t size)
{
	size_t at = next_random() % (next_random() % 4 ? 9000 : size - 8);
	uint64_t number = odd_number();

	switch (next_random() % 4) {
	case 0:
		p[at] ^= 1 << next_random() % 8;
		break;
	case 1:
		p[at] = next_random();
		break;
	case 2:
		memcpy(p + at / 4 * 4, &number, 4);
		break;
	default:
		memcpy(p + at / 8 * 8, &number, 8);
		break;
	}
}

static void run_random(long count)
{
	struct build b;
	uint8_t *data;
	int changes;

	build_sample(&b);
	data = malloc(b.len + 1);
	while (data && count-- > 0) {
		data[0] = next_random();
		memcpy(data + 1, b.data, b.len);
		for (changes = next_random() % 5 + 1; changes; changes--)
			change(data + 1, b.len);
		LLVMFuzzerTestOneInput(data, b.len + 1 -
				       (next_random() % 8 ? 0 : next_random() % b.len));
	}
	free(data);
	build_free(&b);
}

int main(int argc, char **argv)
{
	FILE *file;
	int i;

	if (!freopen("/dev/null", "w", stdout))
		return 1;
	if (argc == 4 && !strcmp(argv[1], "--random")) {
		state = strtoull(argv[3], NULL, 0) | 1;
		run_random(atol(argv[2]));
		return 0;
	}
	for (i = 1; i < argc; i++) {
		file = fopen(argv[i], "r");
		if (!file)
			return 1;
		run_file(file);
		fclose(file);
	}
	if (argc == 1)
		run_file(stdin);
	return 0;
}
