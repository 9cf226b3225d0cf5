// SPDX-License-Identifier: GPL-2.0
/*
 * Memory that can't be compressed and memory that can, under a sum: says whether
 * it is still right when the file "go" appears.
 */
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define BYTES	(4u << 20)	/* of each */
#define WORDS	(BYTES / sizeof(uint64_t))

static uint64_t noise[WORDS];
static uint64_t text[WORDS];

static uint64_t sum_of(const uint64_t *p)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < WORDS; i++)
		sum = (sum ^ p[i]) * 1099511628211u;
	return sum;
}

static void fill(void)
{
	FILE *file = fopen("/dev/urandom", "r");
	size_t i;

	if (!file || fread(noise, 1, BYTES, file) != BYTES)
		_exit(1);
	fclose(file);
	for (i = 0; i < WORDS; i++)
		text[i] = i / 16;
}

int main(void)
{
	uint64_t first, second;
	FILE *ready;

	fill();
	first = sum_of(noise);
	second = sum_of(text);
	ready = fopen("ready", "w");
	if (!ready || fclose(ready))
		return 1;
	while (access("go", F_OK))
		usleep(10000);
	puts(first == sum_of(noise) && second == sum_of(text) ? "right" : "wrong");
	return 0;
}
